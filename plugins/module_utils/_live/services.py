# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next boot starts: auditd, with which options, and with or without the rules."""

import os
import re

from .._host import unit_limits, unit_text, units
from .._paths import AUDITD_CONF, LOG_FILE
from .._rules.compiled import AUDIT_RULES
from . import programs, undone

UNITS = "/etc/systemd/system"
TARGET = UNITS + "/multi-user.target.wants"
DEFAULT_TARGET = UNITS + "/default.target"
# targets that no boot to a working system reaches: systemd.special(7)
NO_BOOT = ("rescue", "emergency", "halt", "poweroff", "reboot", "kexec", "shutdown", "sleep", "suspend", "hibernate", "hybrid-sleep",
           "suspend-then-hibernate", "exit", "final", "umount")
ROOT = ("", "root", "0")
# settings of systemd.exec(5) that give auditd another system than this one
ELSEWHERE = ("RootDirectory", "RootImage")
READ_ONLY = ("ReadOnlyPaths", "ReadOnlyDirectories")
HIDDEN = ("InaccessiblePaths", "InaccessibleDirectories")
WRITABLE = ("ReadWritePaths", "ReadWriteDirectories")


def read(reading) -> dict:
    """{enabled, options, loads_rules, loader, prevented, undone}, each None where nothing says; masks are those of C(units).

    ``enabled``: whether something starts auditd; ``options``: what the unit gives it on its command line; ``loads_rules``: whether the
    rules are loaded, and ``loader`` by which program: augenrules, which makes audit.rules of rules.d first, or auditctl; ``prevented``:
    [what in the units or programs keeps auditd from starting, or from doing its work]; ``undone``: [what else undoes it, C(undone.look)].
    """
    host = reading.host
    pairs = unit_text.assignments(host, units.AUDITD)
    started = unit_text.commands(host, pairs, "ExecStart")
    of_rules = unit_text.assignments(host, units.RULES)
    run = started + [words for key in ("ExecStart", "ExecStartPost") for words in unit_text.commands(host, of_rules, key)]
    run += unit_text.commands(host, pairs, "ExecStartPost")
    directory = (reading.settings.get("log_file") or LOG_FILE).rpartition("/")[0]
    return {
        "enabled": enabled(host),
        "options": " ".join(started[-1][1:]) if started else None,
        "loads_rules": _loads_rules(host, pairs) if pairs else None,
        "loader": _loader(host, pairs),
        "prevented": programs.wrong(host, run) + (_prevented(host, pairs, started, directory) if pairs else [])
        + (unit_limits.in_the_way(host, of_rules, units.RULES, [AUDIT_RULES]) if of_rules else []),
        "undone": undone.look(host),
    }


def _prevented(host, pairs, started, directory):
    found = []
    if not started:
        found.append("auditd.service has no ExecStart left")
    elif os.path.basename(started[-1][0]) != "auditd":
        found.append("auditd.service runs %s instead of auditd" % started[-1][0])
    condition = unit_text.failed_condition(host, pairs)
    if condition:
        found.append("auditd.service has %s, which does not hold" % condition)
    user = unit_text.last(pairs, "User")
    if user not in ROOT:
        found.append("auditd.service has User=%s; auditd needs root" % user)
    found += ["auditd.service has %s=%s" % (key, unit_text.last(pairs, key)) for key in ELSEWHERE
              if unit_text.last(pairs, key) not in ("", "/")]
    hidden = _cover(pairs, HIDDEN, directory) or _cover(pairs, HIDDEN, AUDITD_CONF)
    if hidden:
        found.append("InaccessiblePaths of auditd.service has %s" % hidden)
    found += _read_only(pairs, directory)
    return found + unit_limits.in_the_way(host, pairs, units.AUDITD, [directory, AUDITD_CONF])


def _read_only(pairs, directory):
    closed = _cover(pairs, READ_ONLY, directory)
    is_strict = unit_text.last(pairs, "ProtectSystem") == "strict" and "audit" not in unit_text.last(pairs, "LogsDirectory").split()
    if closed is None and is_strict:
        closed = "/"
    opened = _cover(pairs, WRITABLE, directory)
    if closed is None or opened is not None and len(opened) >= len(closed):
        return []
    return ["auditd.service makes %s read only, and auditd writes its log to %s" % (closed, directory)]


def _cover(pairs, keys, path):
    """The longest of the paths under these keys that is ``path`` or lies above it; None where there is none."""
    listed = [word.lstrip("-+").rstrip("/") or "/" for key in keys for line in unit_text.values(pairs, key) for word in line.split()]
    return max((one for one in listed if one == "/" or (path + "/").startswith(one + "/")), key=len, default=None)


def _loads_rules(host, pairs):
    """Whether auditd.service or audit-rules.service still loads audit.rules; None where neither ever said so."""
    of_rules = unit_text.assignments(host, units.RULES)
    after = unit_text.commands(host, pairs, "ExecStartPost")
    run = unit_text.commands(host, of_rules, "ExecStart") + unit_text.commands(host, of_rules, "ExecStartPost")
    named = any(units.RULES in value.split() for key in ("Wants", "Requires") for value in unit_text.values(pairs, key))
    meant = named or of_rules or any(_is_loader(line.split()) for key, line in pairs if key == "ExecStartPost") or any(map(_loads, after))
    if not meant:
        return None
    if any(map(_is_loader, after)):
        return not _undone(after)
    return any(map(_is_loader, run)) and not _undone(run) and unit_text.failed_condition(host, of_rules) is None


def _loader(host, pairs):
    of_rules = unit_text.assignments(host, units.RULES)
    run = unit_text.commands(host, pairs, "ExecStartPost") + unit_text.commands(host, of_rules, "ExecStart")
    programs = {os.path.basename(words[0]) for words in run if _is_loader(words)}
    return "augenrules" if "augenrules" in programs else next(iter(programs), None)


def _loads(words):
    """auditctl -R of any file."""
    return os.path.basename(words[0]) == "auditctl" and "-R" in words


def _is_loader(words):
    """augenrules --load, or auditctl -R of the file that it makes."""
    program = os.path.basename(words[0].lstrip(unit_text.PREFIXES)) if words else ""
    return program == "augenrules" and "--load" in words or program == "auditctl" and words[-2:] == ["-R", AUDIT_RULES]


def _undone(commands):
    """Whether a later auditctl deletes the rules again, or switches auditing off."""
    loaded = max(place for place, words in enumerate(commands) if _is_loader(words))
    return any(undone.deletes_rules(" ".join(words)) for words in commands[loaded + 1:])


def enabled(host) -> "bool | None":
    """Whether something starts auditd at boot: a target that a boot reaches wants it, or sysvinit has a start link. None where neither is
    used; a tree without what every installed system has there is none to judge by. None also for a masked unit, whose links say nothing.
    """
    if units.is_masked(host, units.AUDITD):
        return None
    levels = [name for name in host.listdir("/etc") if re.match(r"rc[2-5]\.d$", name)]
    if not host.is_live and (host.lstat(TARGET) is None or not units.places(host, units.AUDITD)) and not levels:
        return None
    targets = [name for name in host.listdir(UNITS) if name.endswith((".wants", ".requires"))]
    if not targets and not levels:
        return None
    if any(re.match(r"S\d+auditd$", link) for name in levels for link in host.listdir("/etc/" + name)):
        return True
    return not _is_no_boot(host.link_target(DEFAULT_TARGET) or "") and any(
        _is_wanted(host, "%s/%s/%s" % (place, name, units.AUDITD)) for place in units.PLACES for name in host.listdir(place)
        if name.endswith((".wants", ".requires")) and not _is_no_boot(name.rpartition(".")[0]))


def _is_wanted(host, path):
    """A link in a directory of wants counts by its name, but for one that leads to /dev/null."""
    return host.lstat(path) is not None and host.link_target(path) != os.devnull


def _is_no_boot(target):
    return os.path.basename(target).rpartition(".target")[0] in NO_BOOT
