# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""rotate.conf: one table of keys that parses, checks and renders it, for the module on one side and audit-rotate on the other.

The file is C(key = value) by line, never sourced. This module is on the path of the size guard, which runs every few minutes:
it imports nothing but the error class and names of files.
"""

from .._errors import AuditError
from .._paths import AUDITD_CONF

PATH = "/etc/audit/rotate.conf"
SHIP_CONF = "/etc/audit/ship.json"  # of audit-ship; the rotation reads there which targets there are
STATE_DIR = "/var/lib/audit-rotate"
CALLED = STATE_DIR + "/called"  # audit-resume's note of a call by auditd after which it logs again
NAME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
METHODS = ("gzip", "bzip2", "xz", "zstd")
LEVELS = {"gzip": (1, 9, 6), "bzip2": (1, 9, 9), "xz": (0, 9, 0), "zstd": (1, 19, 3)}  # method: lowest, highest, default
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
DIRECTIVES = "YmdHMSFTjsz"  # of strftime(3): those whose width is known, so that a name can be read back
HEADER = "# Managed by Ansible (auditops.auditd.audit_rotation): changes here are lost. Keys: audit-rotate --help\n"
COUNT_LIMIT = 10 ** 12

# key -> (kind, a function of READERS; default; words it takes besides; what --help says of it), in the order of the file
KEYS = {
    "compress": ("word", "auto", ("auto", "none") + METHODS,
                 "auto: zstd where its program is installed, else xz; or gzip, bzip2, xz, zstd, none"),
    "level": ("level", "default", ("default",),
              "the level of that method (gzip, bzip2 1-9, xz 0-9, zstd 1-19), or default: 6, 9, 0, 3"),
    "threads": ("count", 1, (), "1; more start pigz for gzip, or give zstd that many"),
    "name_format": ("name_format", NAME_FORMAT, (),
                    "strftime(3) name of the time of a log's last record: audit.log.<name>; directives %Y %m %d %H %M %S %F %T %j %s %z"),
    "name_zone": ("word", "utc", ("utc", "local"), "utc or local: the zone of that name"),
    "keep": ("count", 0, (), "archives to keep; 0: no limit by count"),
    "keep_days": ("count", 0, (), "days since its last record that an archive is kept; 0: no limit by age"),
    "keep_megabytes": ("count", "auto", ("auto",),
                       "MB of archives to keep; 0: no limit; auto: half of a filesystem of its own, a tenth of a shared one"),
    "min_free_megabytes": ("count", "auto", ("auto",),
                           "MB that stay free: the oldest archives go first; 0: not looked at; auto: a little above the "
                           "threshold at which auditd would suspend logging or stop the host"),
    "keep_days_min": ("count", 1, (), "days since its last record in which an archive is never pruned, for whatever reason; 0: none"),
    "when_full": ("word", "new_records", ("new_records", "archives"),
                  "what is kept where there is no room for both: new_records (the oldest archives are given up), or archives"),
    "ceiling_megabytes": ("count", "auto", ("auto",),
                          "MB of audit.log that make the guard rotate before its time; 0: no ceiling; auto: 256, less on a small or full "
                          "filesystem"),
    "adopt": ("word", "keep", ("keep", "prune"),
              "keep: the first run only reports what retention would delete; prune: it deletes at once"),
    "shipped_stamp": ("path", "", (),
                      "file that says up to which time logs were shipped (first line epoch seconds or ISO 8601, else its mtime): "
                      "nothing newer is deleted"),
    "shipped_command": ("command", "", (), "command, without a shell, that prints that time; its failure means: nothing was shipped"),
    "ship_or_keep": ("word", "keep", ("keep", "prune"),
                     "keep: what was not shipped is never pruned; prune: it may be given up for new records"),
    "textfile": ("path", "", (), "file for the Prometheus node exporter, *.prom"),
    "auditd_conf": ("path", AUDITD_CONF, (), "where log_file, num_logs, write_logs and space_left are read"),
    "log_file": ("path", "", (), "the audit log, where not as auditd.conf says"),
    "state_dir": ("path", STATE_DIR, (), "directory of status.json, the lock and archives that wait for room"),
    "timeout": ("count", 30, (), "seconds that auditd gets to do what it is asked for"),
}


class ConfigError(AuditError):
    """rotate.conf is not as it must be. Details: line (None outside a file), key, value."""


def parse(text: str, path: str = PATH) -> dict:
    """Text as {key: value} with every key of the table, defaults where the text names none; the last of two lines wins.

    Raises ConfigError with the line for what is not of the table.
    """
    settings = {key: KEYS[key][1] for key in KEYS}
    number = 0
    for line in text.split("\n"):
        number += 1
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, sign, value = line.partition("=")
        key, value = key.strip(), value.strip()
        where = "%s line %d: " % (path, number)
        if not sign:
            raise ConfigError("%s\"%s\" is not of the form key = value" % (where, line), line=number, key=key, value=None)
        settings[key] = read(key, value, where, number)
    check(settings, path + ": ")
    return settings


def complete(config: "dict | None") -> dict:
    """A dict of a playbook (values as text or numbers, None: the default) as parse() returns them."""
    settings = {key: KEYS[key][1] for key in KEYS}
    config = config or {}
    for key in sorted(config):
        if config[key] is not None:
            settings[key] = read(key, str(config[key]).strip(), "")
    check(settings, "")
    return settings


def render(settings: dict) -> str:
    """The text that parse() reads as ``settings``; keys at their default are left to the program."""
    lines = ["%s = %s\n" % (key, settings[key]) for key in KEYS if settings.get(key, KEYS[key][1]) != KEYS[key][1]]
    return HEADER + "".join(lines)


def read(key: str, value: str, where: str = "", line: "int | None" = None) -> "str | int":
    """One value of one key, checked."""
    if key not in KEYS:
        raise ConfigError("%s%s is not a key of rotate.conf%s" % (where, key or "(nothing)", _meant(key)), line=line, key=key, value=value)
    kind, _default, words, _meaning = KEYS[key]
    if "\n" in value or "\r" in value or "\0" in value:
        reason = "it must be one line"
    else:
        result, reason = READERS[kind](value, words)
    if reason:
        raise ConfigError("%s%s = %s: %s" % (where, key, value, reason), line=line, key=key, value=value)
    return result


def check(settings: dict, where: str = "") -> None:
    """What two keys say together."""
    name_format = settings["name_format"]
    if settings["name_zone"] == "local" and name_format.endswith("Z"):
        raise ConfigError(
            "%sname_zone = local: a name that ends in Z is read as UTC; set name_format too, as in %s" % (where, "%Y-%m-%dT%H:%M:%S%z"),
            line=None, key="name_zone", value="local")
    level, method = settings["level"], settings["compress"]
    if level == "default":
        return
    if method not in LEVELS:
        raise ConfigError(
            "%slevel = %s needs a method: compress is %s; name one of %s" % (where, level, method, ", ".join(METHODS)),
            line=None, key="level", value=level)
    lowest, highest, unused = LEVELS[method]
    if not lowest <= level <= highest:
        raise ConfigError("%slevel = %s: %s takes %d to %d" % (where, level, method, lowest, highest), line=None, key="level", value=level)


def _read_word(value, words):
    word = value.lower()
    return word, None if word in words else "it is one of " + ", ".join(words)


def _read_count(value, words):
    if value.lower() in words:
        return value.lower(), None
    if not (value.isdecimal() and value.isalnum() and len(value) < 13):
        return None, "it is a whole number from 0 to %d%s" % (COUNT_LIMIT, "".join(" or " + word for word in words))
    return int(value), None


def _read_path(value, unused):
    if not value:
        return "", None
    if not value.startswith("/"):
        return None, "it is an absolute path"
    if ".." in value.split("/"):
        return None, "a path with \"..\" is not taken"
    return value, None


def _read_command(value, unused):
    if value and not value.startswith("/"):
        return None, "it starts with the absolute path of a program"
    return value, None


def _read_name_format(value, unused):
    pieces = value.split("%")
    if "" in pieces[1:]:
        return None, "a % is followed by one of the letters " + DIRECTIVES
    named = "".join(piece[:1] for piece in pieces[1:])
    literal = pieces[0] + "".join(piece[1:] for piece in pieces[1:])
    for letter in named or "?":
        if letter not in DIRECTIVES:
            return None, "it takes the directives %%%s" % " %".join(DIRECTIVES)
    if any(not (letter.isalnum() and ord(letter) < 128) and letter not in "_:+-." for letter in literal):
        return None, "between the directives it takes letters, digits and _ : + - ."
    if value.startswith(".") or value.endswith((".",) + SUFFIXES):
        return None, "it neither starts nor ends with a dot, and does not end as a compressed file does"
    whole = "s" in named or ("F" in named or ("Y" in named and ("j" in named or ("m" in named and "d" in named))))
    if not whole:
        return None, "it must name the day: %F, %Y with %m and %d, %Y with %j, or %s"
    if not literal and not set(named) & set("FTz"):
        return None, "a name of digits only looks like a number that auditd gave; add a letter or a sign, as in %Y%m%dT%H%M%S"
    return value, None


READERS = {
    "word": _read_word, "count": _read_count, "level": _read_count, "path": _read_path, "command": _read_command,
    "name_format": _read_name_format,
}


def _meant(key):
    """": did you mean ...?" for a key that is nearly one of ours."""
    import difflib  # only on the way to an error
    near = difflib.get_close_matches(key, KEYS, 1)
    return "; did you mean %s?" % near[0] if near else "; the keys are " + ", ".join(KEYS)
