# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of audisp-remote.conf(5): every key, what it takes, since which release, and what this collection sets where nobody says.

Source: audisp-remote.conf(5) and remote-config.c of the releases 2.8.5 to 4.2.1.
"""

import re
from collections import OrderedDict, namedtuple

from .._errors import AuditError
from .._policy import FAILURE_POLICIES
from .._release import release_tuple
from .key_values import key_values
from .plugins import HEADER, is_before_move

PATH, PATH_BEFORE = "/etc/audit/audisp-remote.conf", "/etc/audisp/audisp-remote.conf"
MODE = 0o640
QUEUE_FILE = "/var/spool/audit/remote.log"
LONGEST_LINE = 126  # of the parser's buffer of 128 characters, newline and NUL not counted
INT_MAX = 2 ** 31 - 1

# word: the release that has it first
ACTIONS = dict.fromkeys(["ignore", "syslog", "exec", "warn_once_continue", "warn_once", "suspend", "single", "halt", "stop"], "")
ENDING = dict(ACTIONS, reconnect="")
OVERFLOW = dict.fromkeys(["ignore", "syslog", "suspend", "single", "halt"], "")
STARTUP = dict.fromkeys(["ignore", "syslog", "exec", "warn_once", "warn_once_continue"], "")
TRANSPORTS = {"tcp": "", "krb5": "3.0", "tls": "4.2"}
YES_NO = {"yes": "", "no": ""}

Key = namedtuple("Key", "kind since ours takes")
# name, kind, since, what we set, words or range
_ROWS = (
    ("remote_server", "word", "", None, None),
    ("port", "number", "", "60", (1, 65535)),
    ("local_port", "number", "", None, (0, 65535)),
    ("transport", "choice", "", "tcp", TRANSPORTS),
    ("mode", "choice", "", "forward", {"immediate": "", "forward": ""}),
    ("queue_file", "path", "", QUEUE_FILE, None),
    ("queue_depth", "number", "", "10240", (1, INT_MAX)),
    ("format", "choice", "", "managed", {"ascii": "", "managed": ""}),
    ("network_retry_time", "number", "", "1", (1, INT_MAX)),
    ("max_tries_per_record", "number", "", "3", (1, INT_MAX)),
    ("max_time_per_record", "number", "", "5", (1, INT_MAX)),
    # 0 asks nobody whether the other end lives: a cut network is then noticed after many minutes
    ("heartbeat_timeout", "number", "", "30", (0, INT_MAX)),
    # syslog and ignore take the record out of the queue unsent; warn_once keeps it and tries again
    ("network_failure_action", "action", "", "warn_once", ACTIONS),
    ("disk_low_action", "action", "", "syslog", ACTIONS),
    ("disk_full_action", "action", "", "warn_once", ACTIONS),
    ("disk_error_action", "action", "", "warn_once", ACTIONS),
    ("remote_ending_action", "action", "", "reconnect", ENDING),
    ("generic_error_action", "action", "", "syslog", ACTIONS),
    ("generic_warning_action", "action", "", "syslog", ACTIONS),
    ("queue_error_action", "action", "", "syslog", ACTIONS),
    ("overflow_action", "action", "", "syslog", OVERFLOW),
    ("startup_failure_action", "action", "", "warn_once_continue", STARTUP),
    ("enable_krb5", "choice", "", None, YES_NO),
    ("krb5_principal", "word", "", None, None),
    ("krb5_client_name", "word", "", None, None),
    ("krb5_key_file", "path", "", None, None),
    ("tls_auth", "choice", "4.2", None, {"psk": "4.2"}),
    ("tls_crypto_profile", "choice", "4.2", None, dict.fromkeys(("compatible", "system", "pqc"), "4.2")),
    ("tls_psk_file", "path", "4.2", None, None),
    ("tls_psk_identity", "word", "4.2", None, None),
    ("tls_cipher_suites", "word", "4.2", None, None),
    ("tls_key_exchange", "word", "4.2", None, None),
    ("tls_require_pqc", "choice", "4.2", None, YES_NO),
)
KEYS = OrderedDict((name, Key(*rest)) for name, *rest in _ROWS)
ACTION_KEYS = tuple(name for name, key in KEYS.items() if key.kind == "action")
STOPPING_WORDS = ("halt", "single")
STOPPING = re.compile(r"^( *(%s) +=  *)(?:%s)(?= |\r?$)" % ("|".join(ACTION_KEYS), "|".join(STOPPING_WORDS)), re.I | re.M)
SECRETS = {"krb5_key_file": 0o400, "tls_psk_file": 0o600}  # key: the widest mode of the file that it names


def path_of(release: "str | None") -> str:
    """Where audisp-remote of this release reads its configuration."""
    return PATH_BEFORE if is_before_move(release) else PATH


def refused_words(failure_policy: "str | None") -> "tuple[str, ...]":
    """The actions that a failure policy never has here, in small letters. Under keep_running none that stops sending for good either."""
    policy = failure_policy or "keep_running"
    words = tuple(word.lower() for word in FAILURE_POLICIES[policy]["refused"])
    return words + (("suspend",) if policy == "keep_running" else ())


def complete(server: str, conf: "dict | None") -> "OrderedDict[str, str]":
    """{key: value} of the whole file: what the user wrote (``conf``, keys in any case) over what we set. AuditError for a key that no
    release has, or one that is given twice.
    """
    given = {}
    for name, value in (conf or {}).items():
        key = str(name).lower()
        if key not in KEYS:
            raise AuditError("audit_shipping_remote_conf.%s: audisp-remote.conf(5) has no such key; it has %s" % (name, ", ".join(KEYS)))
        if key in given:
            raise AuditError("audit_shipping_remote_conf.%s is given twice" % key)
        given[key] = _text(name, value)
    given.setdefault("remote_server", server or "")
    if given.get("enable_krb5") == "yes":
        given.setdefault("transport", "")
    found = ((name, given.get(name, key.ours)) for name, key in KEYS.items())
    return OrderedDict((name, value) for name, value in found if value)


def _text(name, value):
    if value is True or value is False:
        return "yes" if value else "no"
    if value is None or isinstance(value, (dict, list)):
        raise AuditError("audit_shipping_remote_conf.%s = %s: give one word, number or path" % (name, value))
    return str(value).strip()


def check(conf: "dict[str, str]", release: "str | None", failure_policy: "str | None") -> None:
    """AuditError with the first thing in a complete() configuration that audisp-remote, or the failure policy, refuses."""
    if not conf.get("remote_server"):
        raise AuditError("audit_shipping_remote_server is empty, and audit_shipping_to has remote: name the host that collects")
    for name, value in conf.items():
        reason = _wrong(KEYS[name], value, release_tuple(release), refused_words(failure_policy))
        if not reason and len("%s = %s" % (name, value)) > LONGEST_LINE:
            reason = "the line has more than %d characters, and audisp-remote reads no more" % LONGEST_LINE
        if reason:
            raise AuditError("audit_shipping_remote_conf.%s = %s: %s" % (name, value, reason))
    for name, value, reason in _together(conf):
        raise AuditError("audit_shipping_remote_conf.%s = %s: %s" % (name, value, reason))


def _wrong(key, value, release, refused):
    """Why a value cannot stand there, None where it can."""
    word, _blank, rest = value.partition(" ")
    if any(char < " " or char > "~" for char in value) or "#" in value:
        return "give printable ASCII without a #"
    if release and release < release_tuple(key.since or "0"):
        return "audisp-remote %s does not know this key (it came with %s) and refuses the whole file" % (
            ".".join(map(str, release)), key.since)
    if rest and not (key.kind == "action" and word.lower() == "exec"):
        return "audisp-remote takes one word here"
    if key.kind == "number":
        lowest, highest = key.takes
        return None if value.isdigit() and lowest <= int(value) <= highest else "give a whole number from %d to %d" % key.takes
    if key.kind == "path":
        return None if value.startswith("/") else "give an absolute path"
    return _wrong_word(key, word.lower(), rest, release, refused) if key.takes else None


def _wrong_word(key, word, rest, release, refused):
    if word not in key.takes:
        return "the word is unknown; give one of %s" % ", ".join(key.takes)
    if release and release < release_tuple(key.takes[word] or "0"):
        return "%s came with audit %s" % (word, key.takes[word])
    if key.kind == "action" and word in refused:
        return "auditd_failure_policy never stops a host or its shipping by this; give one of %s" % ", ".join(
            one for one in key.takes if one not in refused)
    if word == "exec" and not rest.startswith("/"):
        return "the program must be given by its absolute path"
    return None


def _together(conf):
    """(key, value, reason) of values that do not go together."""
    transport = conf.get("transport", "tcp").lower()
    if conf.get("mode") == "forward" and conf.get("format") == "ascii":
        yield "format", "ascii", "mode = forward needs format = managed"
    if transport == "krb5" and conf.get("format") == "ascii":
        yield "format", "ascii", "an encrypted connection needs format = managed"
    if transport == "tls":
        for name in ("tls_psk_file", "tls_psk_identity"):
            if not conf.get(name):
                yield "transport", "tls", "TLS needs %s too" % name


def programs(conf: "dict[str, str]") -> "list[tuple[str, str]]":
    """[(key, path)] of the programs that actions start."""
    return [(name, conf[name].partition(" ")[2].strip()) for name in ACTION_KEYS if conf.get(name, "").lower().startswith("exec ")]


def render(conf: "dict[str, str]") -> str:
    """The text of the file."""
    return HEADER + "".join("%s = %s\n" % pair for pair in conf.items())


def parse(text: "str | None") -> "dict[str, str]":
    """{key: value} as audisp-remote reads a file."""
    return key_values(text or "", KEYS)


def stopping(conf: "dict[str, str]") -> "list[str]":
    """["key = word"] of the actions by which audisp-remote takes the host down."""
    return ["%s = %s" % (name, conf[name]) for name in ACTION_KEYS if conf.get(name, "").lower().partition(" ")[0] in STOPPING_WORDS]


def without_stops(text: str, instead: "dict[str, str]") -> str:
    """The text of a file with ``instead`` {key: word} for each action that takes the host down; every other byte stays."""
    return STOPPING.sub(lambda found: found.group(1) + instead[found.group(2).lower()], text)


def permitted(key: str, conf: "dict | None", release: "str | None", failure_policy: "str | None") -> "str | None":
    """What the user wants for an action, by ``conf`` as complete() takes it; None where nothing, or what release or policy refuses."""
    word = next((str(value).strip() for name, value in (conf or {}).items() if str(name).lower() == key), "")
    refused = _wrong(KEYS[key], word, release_tuple(release), refused_words(failure_policy))
    return None if refused or len("%s = %s" % (key, word)) > LONGEST_LINE else word
