# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running auditd: what it is, what it runs with, and signals whose effect is proven before they count as done.

A return code of 0 proves nothing here: kill(1) and auditctl report that a signal was sent, not what auditd made of it. A reload is
proven by auditd's own record and a state report with the wanted values, a rotation by the new inode, a resume by the
report, a start by DAEMON_START.
"""

import os
import time
from collections import namedtuple

from .._errors import AuditError, NotAvailable
from .._host import units
from .._host.audit_release import release
from .._paths import AUDITD_CONF, LOG_FILE
from .process import conf_read_by, find, is_auditd, kernel_status, proc, release_tuple, send, wait_for
from .records import Follow, last_record, parse_record
from .report import NoAnswer, differences, parse_report, report
from .syslog import Syslog

__all__ = (
    "Follow", "NoAnswer", "NotAnswered", "Refused", "ReloadError", "conf_path", "conf_read_by", "differences", "find", "is_auditd",
    "kernel_status", "last_record", "log_is_open", "parse_record", "parse_report", "release", "release_tuple", "reload", "report",
    "restart", "resume", "rotate", "send", "start", "stop", "wait_for",
)

conf_path = AUDITD_CONF
# A reload that changes one of them kills an auditd that has suspended logging and closed its log: log_is_open()
UNSAFE_KEYS = ("max_log_file", "max_log_file_action")
SYSTEMD_NOTICES = 3.0  # seconds
LAST_QUESTION = 5.0  # seconds for a state report after a reload that was not confirmed in time
UNWRITTEN_SETTLE = 1.0  # seconds for a reload to take effect where no record can show it; it takes 10 to 500 ms


class ReloadError(AuditError):
    """auditd did not take the configuration over, or did not say so. Details: record, report, messages (syslog)."""

    def __init__(self, message, *, record=None, report=None, messages=()):
        super(ReloadError, self).__init__(message + _quoted(messages), record=record, report=report, messages=list(messages))


class Refused(ReloadError):
    """auditd says that it refuses the configuration, and runs on with what it had."""


class NotAnswered(ReloadError):
    """auditd lives and answers neither the reload nor the question after its state: whenever it goes on, it will answer both."""


def reload(host, pid: int, release: "str | None", log_file: str, *, wanted: "dict | None" = None, timeout: float = 10.0,
           new_log_file: "str | None" = None, unsafe_keys_change: bool = True) -> dict:
    """Send HUP and return the proof {how, sent, record, report}: the record of success and a report with the ``wanted`` values.

    ``wanted`` are report keys (max_log_file_mb, space_left_mb, ...). ``new_log_file`` is where the log will be if the new configuration
    moves it. ``unsafe_keys_change`` says that max_log_file or max_log_file_action may differ from what runs: then nothing is sent to a
    suspended auditd, which would die of it. Raises ReloadError where the reload is refused, ignored, untrue, deadly or not answered.
    """
    before = report(host, pid, timeout, release)
    if before["logging_suspended"] and unsafe_keys_change and not log_is_open(host, pid, log_file):
        raise ReloadError(
            "auditd has suspended logging, and a reload that changes max_log_file or max_log_file_action would kill it: free room in %s, "
            "resume logging (SIGUSR2) and reload then" % os.path.dirname(log_file), report=before)
    syslog = Syslog(host)
    writes = before["writing_to_logs"] and not before["logging_suspended"]
    with Follow(host, sorted({log_file, new_log_file or log_file})) as follow:
        sent = send(host, pid, "reload", release)
        record = wait_for(lambda: _answer(pid, follow), timeout if writes else min(timeout, UNWRITTEN_SETTLE))
    good = record and record["res"] == "success"
    messages = syslog.messages(pid) if good else syslog.reasons(pid)
    if not is_auditd(pid):
        raise ReloadError("auditd (process %d) died of the reload" % pid, messages=messages)
    if record and not good:
        raise Refused("auditd refused the configuration", record=record["text"], report=before, messages=messages)
    try:
        after = report(host, pid, timeout if record else min(timeout, LAST_QUESTION), release)
    except NoAnswer as error:
        raise NotAnswered("not answered: auditd did not confirm the reload within %g seconds, and %s" % (timeout, error), messages=messages)
    _check_reload(host, log_file, wanted, Answer(record, before, after, timeout), messages)
    how = "record and report" if record else "report only: auditd does not write its log at the moment"
    return {"how": how, "sent": sent, "record": record["text"] if record else None, "report": after}


Answer = namedtuple("Answer", "record before after timeout")
Answer.__doc__ = "What auditd made of a reload: its record (None: none within ``timeout`` seconds), its state reports before and after."


def _check_reload(host, log_file, wanted, answer, messages):
    """ReloadError where the answer does not prove the reload."""
    record, after = answer.record, answer.after
    wrong = differences(wanted, after)
    if record and wrong:
        values = ", ".join("%s %s instead of %s" % (key, running, value) for key, value, running in wrong)
        raise ReloadError("auditd says it reloaded, but it runs with " + values, record=record["text"], report=after, messages=messages)
    writes = answer.before["writing_to_logs"] and not answer.before["logging_suspended"]
    if not record and (wrong or (writes and not _proven_without_record(host, log_file, wanted, answer))):
        raise ReloadError("auditd did not confirm the reload within %g seconds" % answer.timeout, report=after, messages=messages)


def log_is_open(host, pid: int, log_file: str) -> bool:
    """True where auditd holds its log open, under whatever name that file has by now.

    From 3.0.7 on it closes the log when it suspends logging. Then (to 4.2.1 at least) a reload that changes max_log_file or
    max_log_file_action makes it write to the closed file and die; and only then SIGUSR2 opens a new file.
    """
    directory, name = os.path.split(log_file)
    beginning = os.path.join(os.path.realpath(host.path(directory)), name)
    files = proc(pid, "fd")
    try:
        return any(os.readlink("%s/%s" % (files, number)).startswith(beginning) for number in os.listdir(files))
    except OSError:
        return False


def _answer(pid, follow):
    """The record that answers a reload; one without a result where auditd has died of it."""
    for record in follow.records(("DAEMON_CONFIG",)):
        if record["op"] == "reconfigure":
            return record
    if not is_auditd(pid):
        return {"res": None, "text": None}
    return None


def _proven_without_record(host, log_file, wanted, answer):
    """A full disk keeps the record out of the log; then values that changed to the wanted ones are the proof."""
    after = answer.after
    room = host.statvfs(os.path.dirname(log_file))
    full = after["logging_suspended"] or after["space_left_on_partition"] is False or room.f_bfree == 0
    return bool(full and differences(wanted, answer.before) and not differences(wanted, after))


def rotate(host, pid: int, release: "str | None", log_file: str, *, num_logs: "int | None" = None, timeout: float = 10.0) -> dict:
    """Send USR1 and return {inode_before, inode_after, sent, record}: proven when the path leads to a new file.

    ``num_logs`` is what auditd runs with (None: max_log_file_action is KEEP_LOGS, which does not ask): below 2 it would do nothing.
    """
    if num_logs is not None and num_logs < 2:
        raise AuditError("auditd does not rotate with num_logs = %d; set num_logs to 2 or more" % num_logs)
    before = report(host, pid, timeout, release)
    if not before["writing_to_logs"]:
        raise AuditError("auditd writes no log (write_logs = no): there is nothing to rotate")
    inode = _inode(host, log_file)
    with Follow(host, [log_file]) as follow:
        sent = send(host, pid, "rotate", release)
        new = wait_for(lambda: _new_inode(host, log_file, inode) or not is_auditd(pid), timeout)
        if not is_auditd(pid):
            raise AuditError("auditd (process %d) died when it was asked to rotate its log" % pid)
        if not new:
            raise AuditError(
                "auditd did not rotate %s within %g seconds; it needs num_logs >= 2 and room for a new file" % (log_file, timeout))
        records = wait_for(lambda: follow.records(("DAEMON_ROTATE",)), min(timeout, UNWRITTEN_SETTLE))
    return {"inode_before": inode, "inode_after": new, "sent": sent, "record": records[-1]["text"] if records else None}


def _inode(host, path):
    status = host.stat(path)
    return status.st_ino if status else None


def _new_inode(host, path, before):
    inode = _inode(host, path)
    return inode if inode is not None and inode != before else None


def resume(host, pid: int, release: "str | None", timeout: float = 5.0) -> dict:
    """Send USR2 and return {sent, report}: proven when the report says that logging is not suspended.

    AuditError where it stays suspended, with the report among the details.
    """
    sent = send(host, pid, "resume", release)
    state = {}

    def resumed():
        state.update(report(host, pid, timeout, release))
        return state["logging_suspended"] is not True
    if not wait_for(resumed, timeout, first=0.05):
        raise AuditError(
            "auditd stays suspended: the log has reached max_log_file, or the partition is below a space_left limit; free room there first",
            report=state)
    return {"sent": sent, "report": state}


def start(host, log_file: str = LOG_FILE, timeout: float = 30.0) -> dict:
    """Start auditd, by systemd where that runs, and return {pid, how, record, report}. A running auditd is returned as it is."""
    if not host.is_live:
        raise NotAvailable("auditd is not started: %s is an offline tree" % host.root)
    pid = find(host)
    if pid is not None:
        return {"pid": pid, "how": "it was running", "record": None, "report": report(host, pid, timeout)}
    program = host.which("auditd")
    if program is None:
        raise AuditError("auditd is not installed: install the package audit (auditd on Debian and Ubuntu)")
    syslog, began = Syslog(host), time.time()
    with Follow(host, [log_file]) as follow:
        argv = _start_argv(host, program)
        rc, _unused, err = host.run(argv)
        pid = wait_for(lambda: find(host), min(timeout, SYSTEMD_NOTICES)) if rc == 0 else None
        if rc == 0 and pid is None and len(argv) > 1:
            # systemd may not have noticed yet that the one before ended, and then has nothing to start
            rc, _unused, err = host.run(argv)
            pid = wait_for(lambda: find(host), timeout) if rc == 0 else None
        if pid is None:
            messages = _why_units_failed(host, began) if len(argv) > 1 else []
            messages += syslog.reasons() or ([] if messages else [err.strip()])
            raise AuditError("auditd does not start: %s returned %d%s" % (" ".join(argv), rc, _quoted(messages)), rc=rc, messages=messages)
        state = report(host, pid, timeout)
        writes = state["writing_to_logs"] and not state["logging_suspended"] and not _is_full(host, log_file)
        records = wait_for(lambda: follow.records(("DAEMON_START",)), timeout if writes else UNWRITTEN_SETTLE)
    if not is_auditd(pid):
        raise AuditError("auditd started and ended at once%s" % _quoted(syslog.reasons()))
    if writes and not records:
        raise AuditError("auditd runs (process %d) but its record DAEMON_START is not in %s" % (pid, log_file))
    return {"pid": pid, "how": " ".join(argv), "record": records[-1]["text"] if records else None, "report": state}


def _is_full(host, log_file):
    return host.statvfs(os.path.dirname(log_file)).f_bfree == 0


def _start_argv(host, program):
    systemctl = host.which("systemctl")
    if systemctl is None or not host.has_systemd:
        return [program]
    host.run([systemctl, "reset-failed", units.AUDITD])  # a start limit reached by earlier failures would refuse this start
    return [systemctl, "start", units.AUDITD]


def _why_units_failed(host, began):
    """What the unit that auditd.service requires says of its own failure; for auditd systemctl says only that a dependency failed.

    Where auditd.service only wants it (not requires_rules()), auditd starts without it, and the reason is another one.
    """
    if not units.requires_rules(host):
        return []
    rc, out, _unused = host.run([host.which("systemctl"), "show", "-p", "LoadState,ActiveState,Result", units.RULES])
    state = dict(line.partition("=")[::2] for line in out.splitlines()) if rc == 0 else {}
    if state.get("LoadState") == "masked":
        return ["%s is masked, and auditd.service requires it: systemctl unmask %s" % (units.RULES, units.RULES)]
    if state.get("ActiveState") == "failed":
        said = _journal(host, units.RULES, began) or [state.get("Result") or "no reason in the journal"]
        return ["%s, which loads the rules before auditd starts, failed (%s): mend the rules first" % (units.RULES, "; ".join(said))]
    return []


def _journal(host, unit, began):
    journalctl = host.which("journalctl")
    if journalctl is None:
        return []
    argv = [journalctl, "-q", "-o", "cat", "--no-pager", "-n", "20", "--since", "@%d" % began, "_SYSTEMD_UNIT=" + unit]
    rc, out, _unused = host.run(argv)
    return [line.strip() for line in out.splitlines() if line.strip()] if rc == 0 else []


def stop(host, pid: "int | None" = None, release: "str | None" = None, timeout: float = 30.0) -> "str | None":
    """End auditd with SIGTERM (systemd refuses to: RefuseManualStop) and return the way the signal went; None where none runs.

    One that does not answer is not ended (NoAnswer): it would take the signal when it goes on, with nobody there to start it again.
    """
    pid = pid or find(host)
    if pid is None:
        return None
    report(host, pid, timeout, release)
    sent = send(host, pid, "stop", release)
    if not wait_for(lambda: not is_auditd(pid), timeout):
        raise AuditError("auditd (process %d) did not end within %g seconds after SIGTERM" % (pid, timeout))
    return sent


def restart(host, log_file: str = LOG_FILE, release: "str | None" = None, timeout: float = 30.0) -> dict:
    """Stop auditd, start it and return start()'s proof with C(lost_before) and C(lost_after), the kernel's count of lost records."""
    lost = kernel_status(host).get("lost")
    stop(host, None, release, timeout)
    proof = start(host, log_file, timeout)
    proof.update(lost_before=lost, lost_after=kernel_status(host).get("lost"))
    return proof


def _quoted(messages):
    return ": " + "; ".join(messages) if any(messages) else ""
