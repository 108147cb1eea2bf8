# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the auditd.conf parser of a release refuses, and why, in words that say what would be right.

The verdict is the real parser's: observed with 14 releases from 2.4 to 4.2.1. Where it depends on the host (groups, the
log directory, scripts, what the build left out) an environment is asked; without one the text alone is judged.
"""

import os  # pylint: disable=unused-import # named in an annotation
import stat

from .._policy import FAILURE_POLICIES
from . import odd as odd_characters
from . import reader, traps
from .checks import CHECKS, TAKEN_AS_SPACE, dirname, group_number
from .keys import ACTION_KEYS, BUILD_DEFAULT, KEYS, NEWEST, ConfError, at, known, lower, version
from .reader import Problem
from .text import Conf, as_conf

OR_AUTO = "; auto has it computed on each host"
LOG_GROUP_OUTSIDE_VAR_LOG_SINCE = (3, 0, 9)


class Judgement(object):
    """The file as a release takes it, and the problems found so far."""

    def __init__(self, conf: Conf, release: "str | None", environment, *, writing: bool) -> None:
        self.conf = conf
        self.release = version(release) if release is not None else NEWEST
        self.name = release or "%d.%d.%d" % NEWEST
        self.environment = environment
        self.writing = writing
        self.reading = reader.read([line.text for line in conf.lines], conf.ended, self.release)
        self.values = reader.effective(self.reading, self.release)
        self.set_at: "dict[str, int]" = {}  # key -> line number of the occurrence that counts
        self.words: "dict[str, list[str]]" = {}  # key -> its words after the equals sign
        self.refused: "set[str]" = set()  # keys with a fatal problem: no cross-check says more about them
        self.problems: "list[Problem]" = []
        self.verify_email = True

    def add(self, line: "int | None", key: "str | None", value: "str | None", reason: str, *, fatal: bool = True) -> None:
        """Note a problem; ``reason`` is one plain sentence."""
        if fatal and key:
            self.refused.add(key)
        self.problems.append(Problem(line, key, value, reason, fatal))

    def add_for(self, key: str, reason: str, *, fatal: bool = False) -> None:
        """Note a problem of a key's value, at the line that sets it."""
        self.add(self.set_at.get(key), key, " ".join(self.words[key]) if key in self.words else None, reason, fatal=fatal)

    def build(self, feature: str) -> "bool | None":
        """Whether the host's auditd has an optional part, None where nobody knows."""
        return self.environment.build(feature) if self.environment is not None else None

    def built_with(self, feature: str) -> bool:
        """As build(), an unknown one taken for upstream's default."""
        build = self.build(feature)
        return BUILD_DEFAULT[feature] if build is None else build


def validate(
        conf, release: "str | None", environment=None, *, rotation_wanted: bool = False, failure_policy: "str | None" = None,
        writing: bool = False, file_stat: "os.stat_result | None" = None) -> "list[Problem]":
    """[Problem] of a conf (Conf, text or settings) for a release (None: the newest, and a problem says so), in the order of the lines.

    Any fatal one: the parser of that release refuses the file. ``environment`` (C(environment.Environment)) answers what depends on the
    host; None judges the text alone. ``rotation_wanted``: what keeps SIGUSR1 from rotating is fatal. ``failure_policy``
    (a word of FAILURE_POLICIES): what it refuses is fatal. ``writing``: what the parser accepts and the host then suffers
    from (mail without sendmail, a user name format without a name, a setting on a line that is skipped) is fatal too.
    ``file_stat`` (os.lstat_result): the file itself is judged as well.
    """
    judgement = Judgement(as_conf(conf), release, environment, writing=writing)
    if failure_policy is not None and failure_policy not in FAILURE_POLICIES:
        raise ConfError("failure_policy: %r is none; give one of %s" % (failure_policy, ", ".join(sorted(FAILURE_POLICIES))))
    _release(judgement, release)
    if file_stat is not None:
        _file(judgement, file_stat)
    for entry in judgement.reading.entries:
        if reader.is_setting(entry.words):
            _entry(judgement, entry)
    if judgement.reading.cross_checked:
        _cross_checks(judgement)
    if failure_policy is not None:
        _failure_policy(judgement, failure_policy)
    traps.report(judgement, rotation_wanted=rotation_wanted)
    return sorted(_windows_lines_as_one(judgement.problems), key=lambda problem: problem.line or 0)


def check(conf, release: "str | None", environment=None, *, settings: "dict | tuple" = (), **options) -> "list[Problem]":
    """As validate(), but raises ConfError (``details["problems"]``: dictionaries) where any is fatal; ``settings`` as for sentence()."""
    problems = validate(conf, release, environment, **options)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        more = "" if len(fatal) == 1 else " (and %d more, see problems)" % (len(fatal) - 1)
        raise ConfError(sentence(fatal[0], settings) + more, problems=[dict(problem._asdict()) for problem in problems])
    return problems


def sentence(problem: Problem, settings: "dict | tuple" = ()) -> str:
    """A problem as users read it: of the variable auditd_conf where its key is among ``settings``, else of a line of the file."""
    what = "%s" % problem.key if problem.value is None else "%s = %s" % (problem.key, problem.value)
    if problem.key in settings:
        return "auditd_conf.%s: %s" % (what, problem.reason + (OR_AUTO if problem.reason == TAKEN_AS_SPACE else ""))
    where = "auditd.conf" if problem.line is None else "auditd.conf line %d" % problem.line
    return "%s%s: %s" % (where, ", " + what if problem.key else "", problem.reason)


def _release(judgement, release):
    newest = "%d.%d.%d" % NEWEST
    if release is None:
        judgement.add(None, None, None, "the release of auditd is not known, so the file is judged as %s would; name it: auditd_release"
                      % newest, fatal=False)
    elif judgement.release > NEWEST:
        judgement.add(None, None, None, "auditd %s is newer than %s, the newest release whose rules are known here; they are used" % (
            release, newest), fatal=False)


def _file(judgement, found):
    if not stat.S_ISREG(found.st_mode):
        judgement.add(None, None, None, "auditd.conf is not a regular file, and auditd does not follow links; make it a plain file")
        return
    if found.st_mode & 0o002:
        judgement.add(None, None, None, "auditd.conf is writable by everybody (mode %04o); make it 0640" % stat.S_IMODE(found.st_mode))
    if found.st_uid != 0 and (judgement.environment is None or judgement.environment.owners_count):
        judgement.add(None, None, None, "auditd.conf belongs to user %d; make it root's" % found.st_uid)


def _entry(judgement, entry):
    words = entry.words
    line = judgement.conf.lines[entry.line - 1]
    if len(words) < 3 or words[1] != "=":
        judgement.add(entry.line, line.key, line.value, _grammar(entry, line))
        return
    key = lower(words[0])
    value = " ".join(words[2:])
    if not known(key, judgement.release):
        odd = odd_characters.first(words[0])
        meant = line.key if odd and line.key in KEYS else key
        judgement.add(entry.line, meant, value, _written_with(odd, line) if odd else _unknown(key, judgement))
        return
    kind = at(KEYS[key].kind, judgement.release)
    if len(words) > 3 and kind != "action":
        reason = "auditd takes one word here and refuses %r" % words[3]
        if words[3].startswith("#"):
            reason = "auditd has no comments behind a value; put the comment on a line of its own"
        judgement.add(entry.line, key, value, reason)
        return
    judgement.set_at[key] = entry.line
    judgement.words[key] = words[2:]
    judgement.refused.discard(key)
    reason = CHECKS[kind](judgement, KEYS[key], words[2:])
    if reason and KEYS[key].build and not judgement.built_with(KEYS[key].build):
        judgement.add(entry.line, key, value, "%s; only an auditd built without %s ignores the key" % (reason, KEYS[key].build),
                      fatal=judgement.writing and judgement.build(KEYS[key].build) is None)
    elif reason:
        judgement.add(entry.line, key, value, _invisible(value) or reason)
    if key == "verify_email" and not reason:
        judgement.verify_email = lower(words[2]) == "yes"


def _grammar(entry, line):
    text = entry.text
    if "\t" in text:
        return "auditd separates words at spaces only, not at tabs; write it with spaces: %s" % _example(line)
    odd = odd_characters.first(text.rstrip("\r"))
    if odd:
        return _written_with(odd, line)
    if "\r" in text:
        return odd_characters.CARRIAGE_RETURN
    if "=" not in text:
        return "there is no equals sign; write it as: key = value"
    if line.value:
        return "auditd wants a space on both sides of the equals sign; write it as: %s" % _example(line)
    return "there is no value behind the equals sign; give one, or remove the line"


def _written_with(odd, line):
    return "the line is written with %s, which auditd takes for a letter; write it as: %s" % (odd, _example(line))


def _example(line):
    return "%s = %s" % (line.key or "key", line.value or "value")


def _invisible(value):
    if "\r" in value:
        return odd_characters.CARRIAGE_RETURN
    odd = odd_characters.first(value)
    return "the value contains %s, which auditd takes for a part of it; write it without" % odd if odd else None


def _windows_lines_as_one(problems):
    """A file that was saved with Windows line endings has one thing wrong, not one in each line."""
    same = [problem for problem in problems if problem.reason == odd_characters.CARRIAGE_RETURN]
    if len(same) < 2:
        return problems
    reason = "%d lines end in a carriage return (a Windows line ending), which auditd takes for part of the value; save the file with " \
             "plain newlines" % len(same)
    refused = [problem for problem in same if problem.fatal]
    one = Problem((refused or same)[0].line, None, None, reason, bool(refused))
    return [one] + [problem for problem in problems if problem.reason != odd_characters.CARRIAGE_RETURN]


def _unknown(key, judgement):
    if key in KEYS:
        since = "%d.%d.%d" % KEYS[key].since
        return "auditd %s does not know this key (it came with %s) and refuses the whole file; leave it out" % (judgement.name, since)
    from difflib import get_close_matches  # for a mistyped key alone

    names = [name for name in KEYS if known(name, judgement.release)]
    guess = get_close_matches(key, names, 1)
    hint = "did you mean %s?" % guess[0] if guess else "leave it out"
    return "auditd %s does not know this key and refuses the whole file; %s" % (judgement.name, hint)


def _cross_checks(judgement):
    values, refused = judgement.values, judgement.refused
    if not refused & {"space_left", "admin_space_left"}:
        _thresholds(judgement)
    if not refused & {"flush", "freq"} and values["flush"].startswith("INCREMENTAL") and values["freq"] == "0":
        reason = "flush = %s needs freq, the number of records between two flushes; set freq = 50" % values["flush"]
        judgement.add_for("freq" if "freq" in judgement.set_at else "flush", reason, fatal=True)
    shares_var_log = not refused & {"log_group", "log_file"} and dirname(values["log_file"]) == "/var/log" and group_number(judgement) != 0
    if shares_var_log and judgement.release >= LOG_GROUP_OUTSIDE_VAR_LOG_SINCE:
        reason = "auditd would give /var/log itself to this group and refuses; put log_file into a directory of its own"
        judgement.add_for("log_group", reason, fatal=True)
    if values.get("transport") == "TLS" and "transport" not in refused and judgement.built_with("tls"):
        _tls(judgement)


def _thresholds(judgement):
    space, admin = [reader.space(judgement.values[key], judgement.release) for key in ("space_left", "admin_space_left")]
    if space is None or admin is None or space[1] or admin[1] or space[0] > admin[0]:
        return
    if "space_left" not in judgement.set_at:
        reason = "space_left is missing and counts as 0, but must be larger than admin_space_left (%d); set space_left" % admin[0]
        judgement.add(None, "space_left", None, reason)
        return
    reason = "space_left (%d) must be larger than admin_space_left (%d), which comes into play later" % (space[0], admin[0])
    judgement.add_for("space_left", reason, fatal=True)


def _tls(judgement):
    values = judgement.values
    if not values["tls_psk_file"] and not values["tls_allowed_clients"]:
        judgement.add_for("transport", "TLS needs tls_psk_file or tls_allowed_clients; set one of them", fatal=True)
    elif values["tls_psk_file"] and not values["tls_psk_identity"] and not values["tls_allowed_clients"]:
        reason = "tls_psk_file needs tls_psk_identity or tls_allowed_clients beside it; set one of them"
        judgement.add_for("tls_psk_file", reason, fatal=True)
    elif values["tls_require_pqc"] == "yes" and values["tls_crypto_profile"] != "pqc":
        reason = "tls_require_pqc = yes allows only the profile pqc; set tls_crypto_profile = pqc"
        judgement.add_for("tls_crypto_profile", reason, fatal=True)


def _failure_policy(judgement, policy):
    refused = FAILURE_POLICIES[policy]["refused"]
    for key in ACTION_KEYS:
        if judgement.values.get(key) in refused and key not in judgement.refused:
            reason = "auditd_failure_policy is %s and never stops a host; give SYSLOG, or set auditd_failure_policy: stop_host" % policy
            judgement.add_for(key, reason, fatal=True)
