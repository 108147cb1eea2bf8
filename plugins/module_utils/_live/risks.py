# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this host stop itself, or stop auditing, by which path, and when?

risks() takes the document that _live.collect() returns and nothing else, so it can be asked about any host, also a made-up one.
Effects, worst first: stops_host, stops_auditing, loses_records, warns_nobody, runs_program, fills_partition.
"""

from .._paths import LOG_FILE, SENDMAIL
from .._severity import SEVERITIES
from . import storage as _storage

# What auditd does at each word, auditd.conf(5): effect and the half sentence that follows "<key> = <word>".
CONSEQUENCES = {
    "HALT": ("stops_host", "powers the host off"),
    "SINGLE": ("stops_host", "takes the host down to single user mode: no service, no network"),
    "SUSPEND": ("stops_auditing", "stops recording; nothing is audited until somebody frees room and tells auditd to resume"),
    "EXEC": ("runs_program", "runs %s as root"),
    "IGNORE": ("loses_records", "does nothing: records are lost without a word"),
    "SYSLOG": ("loses_records", "only writes a line to syslog: records are lost"),
    "ROTATE": ("loses_records", "deletes the oldest log to make room"),
}
# Below these a warning word is the purpose, not a loss.
WARNINGS = ("IGNORE", "SYSLOG", "EMAIL", "ROTATE")
SOON = 30  # days in which a person can still act
SPACE_KEYS = ("space_left_action", "admin_space_left_action", "disk_full_action")


def risks(live):
    """[dict]: id, effect, severity, key, actual, days (None: nobody knows), sentence; worst first."""
    facts = _Facts(live)
    found = []
    if facts.settings:
        for check in (_space, _never_pruned, _kept_exceeds, _disk_error, _log_size, _overflow, _mail):
            found.extend(check(facts))
    found.extend(_kernel_failure(facts))
    found.extend(_backlog(facts))
    return sorted(found, key=lambda risk: (SEVERITIES.index(risk["severity"]), risk["id"]))


class _Facts(object):
    """The figures that the checks share, each None where it is not known."""

    def __init__(self, live):
        conf = live.get("auditd_conf") or {}
        self.settings = conf.get("effective") or {}
        self.storage = live.get("storage") or {}
        room = self.storage.get("partition") or {}
        self.size = room.get("size_mb")
        self.free = room.get("free_mb")
        log_file = self.storage.get("log_file") or LOG_FILE
        self.directory = log_file.rsplit("/", 1)[0]
        self.own_partition = room.get("mount") == self.directory
        rate = self.storage.get("growth") or {}
        self.rate = rate.get("mb_per_day")
        rotation = live.get("rotation") or {}
        self.pruned = bool(rotation.get("active") and rotation.get("prunes"))
        self.kept = _storage.kept_mb(self.settings)
        self.bounded = self.pruned or self.kept is not None
        self.period = (rotation.get("period") or 0) / _storage.DAY if self.pruned else 0  # days between two rotations
        self.failure, self.backlog_limit, self.backlog_wait_time, self.lost = _kernel_figures(live)

    def full_in(self, threshold):
        """Days until only ``threshold`` MB are free: 0 now, None unknown or bounded by what is kept."""
        days = _storage.days_until(self.free, threshold, self.rate)
        if days is None or days == 0 or not self.bounded or self.rate is None:
            return days
        return days if self.period and self.free - threshold < self.rate * self.period else None


def _kernel_figures(live):
    """failure, backlog_limit, backlog_wait_time, lost: of the kernel, else of the rules that the next boot loads."""
    status = (live.get("kernel") or {}).get("status")
    if status:
        return [status.get(name) for name in ("failure", "backlog_limit", "backlog_wait_time", "lost")]
    rules = live.get("rules") or {}
    control = (rules.get("compiled") or rules.get("disk") or {}).get("control") or {}
    return [_int(control.get(option)) for option in ("-f", "-b", "--backlog_wait_time")] + [None]


def _int(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _risk(key, effect, severity, sentence, *, actual=None, days=None):
    return {
        "id": "storage." + key,
        "effect": effect,
        "severity": severity,
        "key": key,
        "actual": actual,
        "days": days,
        "sentence": sentence,
    }


def _consequence(settings, key):
    """(word, effect, what auditd does at it); the path of a program is said once, as what is run."""
    word, path = _storage.words(settings, key)
    effect, does = CONSEQUENCES.get(word, (None, ""))
    if word == "EXEC":
        return word, effect, "%s = %s %s" % (key, word, does % (path or "a program that is not named"))
    return word, effect, "%s = %s %s" % (key, settings.get(key), does)


def _space(facts):
    """The three steps of a filling partition: space_left, admin_space_left, full."""
    for key in SPACE_KEYS:
        word, effect, then = _consequence(facts.settings, key)
        limit_key = key[:-len("_action")]
        limit = 0 if key == "disk_full_action" else facts.storage.get(limit_key + "_mb")
        if effect is None or (limit_key != "disk_full" and word in WARNINGS):
            continue
        days = facts.full_in(limit)
        if effect == "runs_program" and (facts.storage.get("exec_resumes") or {}).get(key) is False:
            yield _never_resumed(facts, key, days)
            continue
        severity = _space_severity(facts, effect, days)
        if severity is None:
            continue
        sentence = "%s %s" % (_when(facts, limit_key, limit, days), then)
        yield _risk(key, effect, severity, sentence, actual=facts.settings[key], days=days)


def _never_resumed(facts, key, days):
    """auditd closes its log before it calls the program (seen with 3.0.9), and opens it again at SIGUSR2 alone."""
    value = facts.settings[key]
    sentence = (
        "%s = %s has auditd close its log and run that program, which never has auditd log again (no SIGUSR2, no \"auditctl --signal "
        "resume\" in it): from then on nothing is audited; end it with /usr/local/sbin/audit-resume, which role audit_rotation installs"
    ) % (key, value)
    return _risk(key, "stops_auditing", "high", sentence, actual=value, days=days)


def _space_severity(facts, effect, days):
    """None: not worth a word. A full partition of its own that auditd or the pruning bounds is no risk of the log's growth."""
    soon = days is not None and days <= SOON
    if effect == "stops_host":
        return "critical" if soon else "info" if facts.bounded and facts.own_partition else "high"
    if effect == "stops_auditing":
        return "high" if soon else "info" if facts.bounded else "medium"
    if effect == "runs_program":
        return "info"
    return "medium" if soon else None if facts.bounded else "low"


def _when(facts, limit_key, limit, days):
    """The first half of the sentence: when and why the step is reached."""
    where = facts.directory
    if limit_key == "disk_full":
        step = "%s is full" % where
    elif limit is not None and facts.size is not None and limit >= facts.size:
        return "%s = %s asks for more room than the whole partition of %s has (%d MB), so it is reached at once:" % (
            limit_key, facts.settings.get(limit_key), where, facts.size)
    else:
        step = "%s has less than %s free (%s)" % (where, facts.settings.get(limit_key) if limit is None else "%d MB" % limit, limit_key)
    if days == 0:
        return step + " now:"
    if days is not None:
        return "%s %s at %s MB/day; then" % (step, _storage.in_words(days), _storage.figure(facts.rate))
    if facts.pruned:
        return "The log is rotated and pruned; once %s all the same," % step
    if facts.kept is not None:
        return "auditd keeps at most %d MB of logs; once %s all the same," % (facts.kept, step)
    if facts.rate is not None:
        return "Nothing bounds the log, which grows by %s MB/day; once %s," % (_storage.figure(facts.rate), step)
    return "Nothing bounds the log, and how fast it grows is not known; once %s," % step


def _never_pruned(facts):
    """KEEP_LOGS ignores num_logs; IGNORE and SYSLOG rotate nothing; ROTATE needs num_logs of 2."""
    if facts.bounded:
        return
    word = _storage.words(facts.settings, "max_log_file_action")[0] or "IGNORE"
    days = facts.full_in(0)
    if word == "KEEP_LOGS":
        cause = "max_log_file_action = KEEP_LOGS never deletes a log, whatever num_logs says, and nothing else on this host does"
    elif word == "ROTATE":
        cause = "max_log_file_action = ROTATE does nothing with num_logs below 2"
    else:
        cause = "max_log_file_action = %s never rotates, and no time-based rotation with pruning is active" % word
    if days == 0:
        end = "%s is full now" % facts.directory
    elif days is not None:
        end = "%s is full %s at %s MB/day" % (facts.directory, _storage.in_words(days), _storage.figure(facts.rate))
    else:
        rate = "" if facts.rate is None else ", at %s MB/day" % _storage.figure(facts.rate)
        end = "%s fills up sooner or later%s" % (facts.directory, rate)
    severity = "high" if days is not None and days <= SOON else "medium"
    yield _risk("max_log_file_action", "fills_partition", severity, cause + ": " + end, actual=facts.settings.get("max_log_file_action"),
                days=days)


def _kept_exceeds(facts):
    if facts.size is None or facts.kept is None or facts.kept < facts.size:
        return
    words = "auditd keeps num_logs = %s files of max_log_file = %s MB, %d MB together, more than the whole partition of %s (%d MB)"
    sentence = words % (
        facts.settings.get("num_logs"), facts.settings.get("max_log_file"), facts.kept, facts.directory, facts.size)
    yield _risk("num_logs", "fills_partition", "medium", sentence, actual=facts.settings.get("num_logs"))


def _disk_error(facts):
    _word, effect, then = _consequence(facts.settings, "disk_error_action")
    severity = {"stops_host": "high", "stops_auditing": "medium", "runs_program": "info"}.get(effect)
    if severity:
        value = facts.settings["disk_error_action"]
        sentence = "One failing write to %s is enough: %s" % (facts.directory, then)
        yield _risk("disk_error_action", effect, severity, sentence, actual=value)


def _log_size(facts):
    if _storage.words(facts.settings, "max_log_file_action")[0] != "SUSPEND":
        return
    size = facts.settings.get("max_log_file")
    sentence = "When audit.log reaches max_log_file = %s MB, max_log_file_action = SUSPEND stops recording until somebody intervenes" % size
    days = None
    if facts.rate and _storage.number(facts.settings, "max_log_file") is not None:
        days = max(1, int(int(size) / float(facts.rate) + 0.5))
        sentence += "; at %s MB/day an empty log gets there %s" % (_storage.figure(facts.rate), _storage.in_words(days))
    yield _risk("max_log_file_action", "stops_auditing", "high", sentence, actual=facts.settings.get("max_log_file_action"), days=days)


def _overflow(facts):
    _word, effect, then = _consequence(facts.settings, "overflow_action")
    severity = {"stops_host": "high", "stops_auditing": "medium"}.get(effect)
    if severity:
        word = facts.settings["overflow_action"]
        sentence = "A plugin that falls behind is enough: when its queue is full, %s" % then
        yield _risk("overflow_action", effect, severity, sentence, actual=word)


def _mail(facts):
    if facts.storage.get("sendmail") is not False:
        return
    for key in ("space_left_action", "admin_space_left_action"):
        if _storage.words(facts.settings, key)[0] == "EMAIL":
            sentence = "%s = %s cannot warn anybody: %s is not there or cannot be executed" % (key, facts.settings[key], SENDMAIL)
            yield _risk(key + "_mail", "warns_nobody", "medium", sentence, actual=facts.settings[key])


def _kernel_failure(facts):
    if facts.failure != 2:
        return
    tight = facts.backlog_wait_time == 0 or bool(facts.lost) or (facts.backlog_limit is not None and facts.backlog_limit < 1024)
    why = "the kernel panics, which stops the host at once, as soon as it cannot queue a record"
    detail = "" if facts.backlog_limit is None else " (backlog_limit %d)" % facts.backlog_limit
    lost = "; it has lost %d already" % facts.lost if facts.lost else ""
    yield _risk("kernel_failure", "stops_host", "critical" if tight else "high", "Failure flag -f 2: %s%s%s" % (why, detail, lost),
                actual=2)


def _backlog(facts):
    """What arrives while auditd is stalled at a rotation has to fit; an average understates a burst, so this errs towards silence."""
    if not facts.rate or not facts.backlog_limit:
        return
    per_second = facts.rate * _storage.MEGABYTE / _storage.DAY / _storage.RECORD_BYTES
    needed = int(per_second * _storage.STALL_SECONDS)
    if needed > facts.backlog_limit:
        words = "About %s records arrive in %d seconds, as long as auditd may need to rotate; past backlog_limit %d they are lost or wait"
        sentence = words % (
            _storage.significant(needed, 2), _storage.STALL_SECONDS, facts.backlog_limit)
        yield _risk("backlog_limit", "loses_records", "medium", sentence, actual=facts.backlog_limit)
