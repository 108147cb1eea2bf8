# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of auditd.conf(5): every key, what it takes, since which release, and whether HUP applies it.

Source: auditd.conf(5) and the behaviour of the releases 2.4 to 4.2.1 of audit-userspace. A value that differs between
releases is a dict: the release it holds from (C("") is the beginning) -> value, in ascending order.
"""

import re
from collections import OrderedDict, namedtuple

from .._errors import AuditError
from .._release import release_tuple

NEWEST = (4, 2, 1)
OLDEST_SUPPORTED = (2, 8, 5)

INT_MAX = 2 ** 31 - 1
ULONG_MAX = 2 ** 64 - 1  # auditd.conf numbers are C unsigned long; 64-bit hosts

EXEC_MODES = {"": (0o750, 0o755), "3.0": (0o750, 0o755, 0o555), "4.1.4": (0o750, 0o755, 0o555, 0o550)}
PERCENT_SINCE = (2, 8, 5)

# What a build of auditd can leave out, as ./configure leaves it: a feature that is out makes its keys accepted and ignored.
BUILD_DEFAULT = {"listener": True, "gssapi": False, "tls": False}

_WORD = re.compile(r"([A-Za-z0-9_]+)(?:>=([0-9.]+))?(?:<([0-9.]+))?(?:\?([a-z]+))?")


class ConfError(AuditError):
    """auditd.conf, or a setting meant for it, is wrong; ``details["problems"]`` lists what, where the whole file was checked."""


Word = namedtuple("Word", "since until build")
Key = namedtuple("Key", "name kind since default apply shipped takes build")


def version(release: str) -> "tuple[int, ...]":
    """A release as a tuple: "3.0.9", "1:3.0.9-1" and "3.0.9-1.el9" are (3, 0, 9). ConfError where it is none."""
    found = release_tuple(release)
    if not found:
        raise ConfError("release: %r is not a release of audit; give it like 3.0.9" % (release,))
    return found


def at(value, release: "tuple[int, ...]"):
    """What a table entry is at a release (tuple): an entry that never changed is itself."""
    if not isinstance(value, dict):
        return value
    chosen = None
    for since, candidate in value.items():
        if since == "" or release >= version(since):
            chosen = candidate
    return chosen


def lower(text: str) -> str:
    """Lower case as strcasecmp(3) sees it in the C locale: only A to Z."""
    try:
        text.encode("ascii")  # str.isascii came with Python 3.7
    except UnicodeEncodeError:
        return "".join(char.lower() if char < "\x80" else char for char in text)
    return text.lower()


def _words(specification):
    words = OrderedDict()
    for name, since, until, build in _WORD.findall(specification):
        words[name] = Word(version(since) if since else (0,), version(until) if until else None, build or None)
    return words


YES_NO = _words("yes no")
FAILURE_WORDS = "IGNORE SYSLOG ROTATE>=2.4.1 EMAIL EXEC SUSPEND SINGLE HALT"
INT = (0, INT_MAX)
ULONG = (0, ULONG_MAX)
PORT = (1, 65535)

# name, kind, since, value when absent, what HUP does, value in the file upstream ships, words or range, part of the build
_ROWS = (
    ("local_events", "word", "2.5.2", "yes", "restart", "yes", YES_NO, None),
    ("write_logs", "word", "2.5.2", "yes", "reload", "yes", YES_NO, None),
    ("log_file", "log_file", "", "/var/log/audit/audit.log", "reload", "/var/log/audit/audit.log", None, None),
    ("log_group", "group", "", "root", "reload", "root", None, None),
    ("log_format", "word", "", {"": "RAW", "3.0": "ENRICHED"}, "reload", {"": "RAW", "3.0": "ENRICHED"},
     _words("RAW NOLOG ENRICHED>=2.6"), None),
    ("flush", "word", "", "NONE", "reload", {"": "INCREMENTAL", "2.5": "INCREMENTAL_ASYNC"},
     _words("NONE INCREMENTAL INCREMENTAL_ASYNC>=2.5 DATA SYNC"), None),
    ("freq", "number", "", "0", "reload", "50", INT, None),
    ("max_log_file", "number", "", "0", "reload", "8", ULONG, None),
    ("num_logs", "number", "", "0", "reload", "5", {"": (0, 99), "2.6.5": (0, 999)}, None),
    ("priority_boost", "number", "", "4", "cumulative", "4", INT, None),
    ("disp_qos", {"": "word", "3.0": "ignored"}, "", "lossy", "reload", {"": "lossy", "3.0": None}, _words("lossy lossless"), None),
    ("dispatcher", {"": "program", "3.0": "ignored"}, "", None, "reload", {"": "/sbin/audispd", "3.0": None}, None, None),
    ("name_format", "word", "", "NONE", "restart", "NONE", _words("NONE HOSTNAME FQD NUMERIC USER"), None),
    ("name", "text", "", None, "reload", None, None, None),
    ("max_log_file_action", "word", "", "IGNORE", "reload", "ROTATE", _words("IGNORE SYSLOG SUSPEND ROTATE KEEP_LOGS"), None),
    ("space_left", "space", "", "0", "reload", "75", ULONG, None),
    ("space_left_action", "action", "", "IGNORE", "reload", "SYSLOG", _words(FAILURE_WORDS + "<4.0.4"), None),
    ("verify_email", "word", "2.7.8", "yes", "reload", "yes", YES_NO, None),
    ("action_mail_acct", "account", "", "root", "reload", "root", None, None),
    ("admin_space_left", "space", "", "0", "reload", "50", ULONG, None),
    ("admin_space_left_action", "action", "", "IGNORE", "reload", "SUSPEND", _words(FAILURE_WORDS), None),
    ("disk_full_action", "action", "", "IGNORE", "reload", "SUSPEND",
     _words("IGNORE SYSLOG ROTATE>=2.4.1 EXEC SUSPEND SINGLE HALT"), None),
    ("disk_error_action", "action", "", "SYSLOG", "reload", "SUSPEND", _words("IGNORE SYSLOG EXEC SUSPEND SINGLE HALT"), None),
    ("report_interval", "duration", "4.0.5", "0", "reload", "0", (0, 40 * 86400), None),
    ("use_libwrap", "word", "", "yes", "reload", "yes", YES_NO, None),
    ("tcp_listen_port", "number", "", None, {"": "restart", "4.1": "enable"}, None, PORT, "listener"),
    ("tcp_listen_queue", "number", "", "5", {"": "restart", "4.1": "reload"}, "5", PORT, "listener"),
    ("tcp_max_per_addr", "number", "", "1", "reload", "1", (1, 1024), "listener"),
    ("tcp_client_ports", "ports", "", "0-65535", "reload", None, (0, 65535), "listener"),
    ("tcp_client_max_idle", "number", "", "0", "reload", "0", INT, "listener"),
    ("transport", "word", "3.0", "TCP", "restart", "TCP", _words("TCP TLS>=4.2?tls KRB5?gssapi"), None),
    ("enable_krb5", "word", "", "no", "restart", {"": "no", "3.0": None}, YES_NO, "gssapi"),
    ("krb5_principal", "text", "", None, "restart", "auditd", None, "gssapi"),
    ("krb5_key_file", "text", "", None, "restart", None, None, "gssapi"),
    ("tls_psk_file", "absolute", "4.2", None, "restart", None, None, "tls"),
    ("tls_psk_identity", "text", "4.2", None, "restart", None, None, "tls"),
    ("tls_cipher_suites", "text", "4.2", None, "restart", None, None, "tls"),
    ("tls_key_exchange", "text", "4.2", None, "restart", None, None, "tls"),
    ("tls_require_pqc", "word", "4.2", "no", "restart", None, YES_NO, "tls"),
    ("tls_auth", "word", "4.2", "psk", "restart", None, _words("psk"), "tls"),
    ("tls_crypto_profile", "word", "4.2", "compatible", "restart", None, _words("compatible system pqc"), "tls"),
    ("tls_allowed_clients", "absolute", "4.2", None, "reload", None, None, "tls"),
    ("distribute_network", "word", "2.5.1", "no", "reload", "no", YES_NO, None),
    ("q_depth", "number", "3.0", {"": "400", "3.0.3": "1200", "3.0.9": "2000"}, "grow",
     {"": "400", "3.0.3": "1200", "3.0.9": "2000"}, {"": (0, 99999), "4.2": (1, 99999)}, None),
    ("overflow_action", "word", "3.0", "SYSLOG", "reload", "SYSLOG", _words("IGNORE SYSLOG SUSPEND SINGLE HALT"), None),
    ("max_restarts", "number", "3.0", "10", "reload", "10", INT, None),
    ("plugin_dir", "text", "3.0", "/etc/audit/plugins.d", "reload", "/etc/audit/plugins.d", None, None),
    ("end_of_event_timeout", "number", "3.0.1", "2", "restart", "2", ULONG, None),
)


def _key(row):
    key = Key(*row)
    return key._replace(since=version(key.since) if key.since else (0,))


KEYS: "dict[str, Key]" = OrderedDict((row[0], _key(row)) for row in _ROWS)
# What auditd does when something goes wrong: the keys that can stop a host.
ACTION_KEYS = tuple(name for name, key in KEYS.items() if key.takes and "HALT" in key.takes)
RESOLVED_AT_START = ("HOSTNAME", "FQD", "NUMERIC")  # of name_format: auditd asks for the node's name when it starts, and only then

# A word that changes another key too, in the order of the lines.
SIDE_EFFECTS = {
    ("log_format", "NOLOG"): ("write_logs", "no"),
    ("enable_krb5", "yes"): ("transport", "KRB5"),
    ("tls_require_pqc", "yes"): ("tls_crypto_profile", "pqc"),
}


def known(name: str, release: "tuple[int, ...]") -> bool:
    """True where the parser of this release (tuple) has the keyword."""
    return name in KEYS and release >= KEYS[name].since


def is_ignored(name: str, release: "str | None") -> bool:
    """True where the parser of this release (text, None for the newest) takes the key and does nothing with it."""
    return name in KEYS and at(KEYS[name].kind, NEWEST if release is None else version(release)) == "ignored"


def word_for(key: Key, text: str) -> "str | None":
    """The table's spelling of a word, None where the key never takes it."""
    wanted = lower(text)
    for word in key.takes:
        if lower(word) == wanted:
            return word
    return None
