# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One check for each kind of value in auditd.conf: what the parser of a release refuses, in words that say what would be right.

A check is called as C(check(judgement, key, words)) with the words after the equals sign, and returns what is wrong with
them, None where the parser takes them.
"""

import stat

from .._errors import AuditError
from . import reader
from .keys import EXEC_MODES, INT_MAX, ULONG_MAX, at, lower, word_for

SHORTEST_LOG_DIRECTORY = 4  # "/var"
LONGEST_NAME = 255  # NAME_MAX of Linux
PLUS_IN_ACCOUNT_SINCE = (4, 0, 5)
ACCOUNT_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@.-_"
GID_MAX = 2 ** 32
TAKEN_AS_SPACE = "auditd takes a whole number of MB or a percentage like 25%"


def _word(judgement, key, words):
    word = word_for(key, words[0])
    if word is not None and _available(judgement, key.takes[word]):
        return None
    # only now: what a build can do is read from its binary
    allowed = [name for name in key.takes if _available(judgement, key.takes[name])]
    choice = "give one of %s" % ", ".join(allowed)
    if word is None:
        if key.name == "max_log_file_action" and lower(words[0]) == "exec":
            return "auditd refuses exec here in every release, although the manual of 4.1 and later lists it; %s" % choice
        return "the word is unknown; %s" % choice
    entry = key.takes[word]
    if entry.until and judgement.release >= entry.until:
        return "auditd refuses %s here from %s on; %s" % (word, ".".join(str(part) for part in entry.until), choice)
    if judgement.release < entry.since:
        return "%s came with auditd %s; %s" % (word, ".".join(str(part) for part in entry.since), choice)
    return "%s needs an auditd that was built with %s; %s" % (word, entry.build, choice)


def _available(judgement, word):
    since_fits = judgement.release >= word.since and not (word.until and judgement.release >= word.until)
    return since_fits and (word.build is None or judgement.built_with(word.build))


def _action(judgement, key, words):
    reason = _word(judgement, key, words)
    if reason is None and lower(words[0]) == "exec":
        return _program(judgement, words[1:], at(EXEC_MODES, judgement.release))
    return reason


def _program(judgement, words, modes):
    if not words:
        return "EXEC needs the path of a program behind it, like EXEC /usr/local/sbin/audit-space"
    path = words[0]
    if not path.startswith("/"):
        return "the program must be given by its absolute path, like /usr/local/sbin/%s" % path
    if judgement.environment is None:
        return None
    return _executable(judgement.environment, path, modes)


def _executable(environment, path, modes):
    try:
        found = environment.stat(path)
    except AuditError as error:
        return "%s; auditd must be able to look at it" % error
    if found is None:
        return "%s does not exist; install it first" % path
    if not stat.S_ISREG(found.st_mode):
        return "%s is not a regular file" % path
    if found.st_uid != 0 and environment.owners_count:
        return "%s belongs to user %d; make it root's" % (path, found.st_uid)
    mode = stat.S_IMODE(found.st_mode) & 0o777
    if mode not in modes:
        return "%s has mode %04o; this auditd runs only programs of mode %s" % (path, mode, " or ".join("%04o" % fit for fit in modes))
    return None


def _dispatcher(judgement, key, words):
    directory = dirname(words[0])
    if len(reader.encode(directory)) < SHORTEST_LOG_DIRECTORY:
        return "its directory %s is too short for auditd; give a path like /sbin/audispd" % directory
    if judgement.environment is None:
        return None
    return _executable(judgement.environment, words[0], at(EXEC_MODES, (0,)))


def _number(judgement, key, words):
    low, high = at(key.takes, judgement.release)
    value = reader.number(words[0])
    if value is None:
        return "auditd takes digits only; give a whole number from %d%s" % (low, "" if high >= INT_MAX else " to %d" % high)
    if not low <= value <= high:
        if key.name == "tcp_listen_port" and not value:
            return "0 is refused; remove the key to keep the port closed"
        return "the number is out of range; give one from %d to %d" % (low, high)
    return None


def _space(judgement, key, words):
    value = reader.space(words[0], judgement.release)
    if value is None:
        if "%" in words[0] and judgement.release < reader.PERCENT_SINCE:
            return "percentages came with auditd 2.8.5; give MB as a whole number"
        return TAKEN_AS_SPACE
    if value[0] > ULONG_MAX:
        return "the number is too large; give MB, or a percentage like 25%"
    if value[1] and value[0] > 99:
        return "the percentage must be below 100; give 1% to 99%"
    return None


def _ports(judgement, key, words):
    value = reader.ports(words[0], judgement.release)
    low, high = key.takes
    if value is None:
        return "auditd takes one port or two with a dash between them, like 1024-65535"
    if max(value) > high:
        return "a port is out of range; give ports from %d to %d" % (low, high)
    if value[0] > value[1]:
        return "the range is reversed; give the lower port first"
    return None


def _duration(judgement, key, words):
    value = reader.duration(words[0], judgement.release)
    if value is None:
        return "auditd takes a whole number of seconds, or one with a single m, h, d or M behind it, like 5m"
    if value > key.takes[1]:
        return "the interval is too long; give at most 40d"
    return None


def _group(judgement, key, words):
    if words[0][0] in "0123456789":
        digits = leading_digits(words[0])
        return "the group number is too large" if digits > ULONG_MAX else None
    if judgement.environment is not None and judgement.environment.group_id(words[0]) is None:
        return "the host has no group of this name; create it first, or give root"
    return None


def _account(judgement, key, words):
    account = words[0]
    if not judgement.verify_email:
        return None
    if len(reader.encode(account)) < 2:
        return "the account is too short; give at least two characters"
    allowed = ACCOUNT_CHARACTERS + ("+" if judgement.release >= PLUS_IN_ACCOUNT_SINCE else "")
    wrong = [char for char in account if char not in allowed]
    if wrong:
        return "%r is not allowed in an account; give a user name or one mail address" % wrong[0]
    if "@" in account and account.rfind(".") < account.find("@"):
        return "a mail address needs a dot behind the @; give user@host.domain"
    return None


def _log_file(judgement, key, words):
    path = words[0]
    directory = dirname(path)
    if len(reader.encode(directory)) < SHORTEST_LOG_DIRECTORY:
        return "its directory %s is too short for auditd; give an absolute path like /var/log/audit/audit.log" % directory
    if any(len(reader.encode(name)) > LONGEST_NAME for name in path.split("/")):
        return "a part of the path is longer than %d bytes; give a shorter name" % LONGEST_NAME
    environment = judgement.environment
    if environment is None:
        return None
    here = path if path.startswith("/") else "/" + path  # auditd is started in /
    try:
        if not environment.directory(dirname(here)):
            return "the directory %s does not exist; create it first" % directory
        found = environment.stat(here.rstrip("/"))
    except AuditError as error:
        return "%s; give a path that auditd can open" % error
    if found is None:
        return None
    if not stat.S_ISREG(found.st_mode) or here.endswith("/"):
        return "%s is not a regular file; give the path of a file" % path
    if found.st_uid != 0 and environment.owners_count:
        return "%s belongs to user %d; make it root's" % (path, found.st_uid)
    return None


def _absolute(judgement, key, words):
    if not words[0].startswith("/"):
        return "auditd wants an absolute path; begin it with a slash"
    return None


def _anything(judgement, key, words):
    return None


CHECKS = {
    "word": _word, "action": _action, "program": _dispatcher, "number": _number, "space": _space, "ports": _ports, "duration": _duration,
    "group": _group, "account": _account, "log_file": _log_file, "absolute": _absolute, "text": _anything, "ignored": _anything,
}


def dirname(path):
    """dirname(3) of libgen: "/var/log" of "/var/log//audit/", "." of a bare name."""
    path = path.rstrip("/")
    if not path:
        return "/"
    head, slash, unused = path.rpartition("/")
    return (head.rstrip("/") or "/") if slash else "."


def leading_digits(text):
    """The number a text begins with, as strtoul(3) reads it."""
    end = 0
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return int(text[:min(end, 600)] or 0)


def group_number(judgement):
    """The number of log_group; -1, which is no group's, where nobody can say."""
    name = judgement.values["log_group"]
    if name[0] in "0123456789":
        return leading_digits(name) % GID_MAX
    if name == "root":
        return 0
    return judgement.environment.group_id(name) if judgement.environment is not None else -1
