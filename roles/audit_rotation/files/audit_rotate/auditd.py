# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking auditd: is it there, does it log, rotate, go on. Each refusal has its own error, each success is proven."""

import os
import subprocess
import time

from . import obstacles, pack, retention, takeover
from ._daemon import control as _daemon
from ._errors import AuditError
from ._host.host import Host
from .exits import Failure
from .open_files import written_by_others
from .settings import MEGABYTE, PATH

SMALLEST_ROOM = MEGABYTE  # for a while of logging, whatever the thresholds are
SETTLE = 0.3  # seconds for the record of the resume to reach the disk and the space check behind it


class Auditd(object):
    """The auditd of this host, found once. ``pid`` is None where none runs."""

    def __init__(self, settings):
        self.settings = settings
        self.timeout = float(max(1, settings.config["timeout"]))
        self.host = Host("/", run_command)
        found = _daemon.find(self.host)
        self.pid = found if found and settings.is_written_by(found) else None
        self.stranger = None if found == self.pid else found  # the pid of an auditd that writes another log
        self.release = _daemon.release(self.host)[0] if self.pid else None
        self._report = None

    def report(self):
        """Its state report, fresh."""
        try:
            self._report = _daemon.report(self.host, self.pid, self.timeout, self.release)
        except AuditError as error:
            raise Failure("not_proven", str(error), **error.details)
        return self._report

    def is_suspended(self):
        """True where it has stopped logging: it says so, or it holds no open log although it is to write one."""
        return bool(self.report()["logging_suspended"])

    def check_is_there(self, purpose):
        """Raise the Failure that says why there is nobody to ``purpose``: none runs, or one that works by another file."""
        if self.stranger is not None:
            raise Failure("daemon_dead", "auditd (pid %d) runs with %s, and %s is for the auditd of %s: there is nobody to %s. Restart "
                          "auditd without -c, or name its file and log in rotate.conf (auditd_conf, log_file)" % (
                              self.stranger, _daemon.conf_read_by(self.stranger) or "another auditd.conf", PATH,
                              self.settings.config["auditd_conf"], purpose))
        if self.pid is None:
            raise Failure("daemon_dead", "auditd does not run: there is nobody to %s" % purpose)

    def check(self):
        """Raise the Failure that stands in the way of a rotation."""
        settings = self.settings
        self.check_is_there("rotate %s" % settings.log_file)
        if not settings.writes_logs or self._said("writing_to_logs") is False:
            raise Failure("write_logs", "auditd writes no log (write_logs = no): there is nothing to rotate")
        if not settings.keeps_logs and settings.num_logs < 2:
            raise Failure("num_logs", "num_logs = %d in %s: auditd rotates only with 2 or more" % (
                settings.num_logs, settings.config["auditd_conf"]))

    def rotate(self, job):
        """{inode_before, inode_after, sent, ...}: the log's name leads to a new file."""
        obstacles.check(job, self.pid)
        number = None if self.settings.keeps_logs else self.settings.num_logs
        try:
            return _daemon.rotate(self.host, self.pid, self.release, self.settings.log_file, num_logs=number, timeout=self.timeout)
        except AuditError as error:
            raise Failure("not_proven" if _daemon.is_auditd(self.pid) else "daemon_dead", str(error), **error.details)

    def resume(self, job):
        """Wake a suspended auditd after what was rotated has made room; what it says afterwards counts.

        Where that was not enough, or the log itself has reached max_log_file under max_log_file_action = SUSPEND, the log is taken over
        and compressed too. Since 3.0.7 auditd has closed it by then; an older one keeps it open, and only USR1 gives it another.
        """
        before = self._report or self.report()
        obstacles.check(job, self.pid)
        moved = None
        if self._is_oversized(before) or self._lacks_room(job):
            if written_by_others({job.live_identity()} - {None}, job.directory):
                self._rotate_while_suspended(job)
            else:
                moved = takeover.aside(job)
            pack.pack(job)
            retention.prune(job)
        self._check_room(job)
        try:
            proof = _daemon.resume(self.host, self.pid, self.release, self.timeout)
        except AuditError as error:
            raise Failure("suspended", "%s (%d MB free in %s)" % (error, job.free() // MEGABYTE, job.directory), **error.details)
        time.sleep(SETTLE)
        if self.is_suspended():
            raise Failure("suspended", "auditd went on and suspended itself again (%d MB free in %s)" % (
                job.free() // MEGABYTE, job.directory))
        if _daemon.wait_for(lambda: os.path.exists(self.settings.log_file), self.timeout) is None:
            raise Failure("suspended", "auditd says that it logs again, but there is no %s" % self.settings.log_file)
        return {"sent": proof["sent"], "moved_aside": moved, "free_megabytes": job.free() // MEGABYTE}

    def _rotate_while_suspended(self, job):
        try:
            job.rotated = self.rotate(job)
        except Failure as error:
            if error.name == "obstacle":
                raise
            job.notes.append("auditd keeps the suspended log open: %s" % error)
        takeover.take_over(job)

    def _needed(self, job):
        """Bytes: below a threshold that suspends or stops, the first record after a resume would do just that."""
        room = os.statvfs(job.directory)
        return self.settings.stopping_threshold(room.f_blocks * room.f_frsize)

    def _lacks_room(self, job):
        return job.free() <= max(self._needed(job), SMALLEST_ROOM)

    def _check_room(self, job):
        needed = self._needed(job)
        if job.free() <= needed:
            raise Failure(
                "suspended", "auditd has suspended logging and stays so: %d MB are free in %s and more than %d are needed%s" % (
                    job.free() // MEGABYTE, job.directory, needed // MEGABYTE, _what_would_help(job)))

    def _said(self, key):
        return (self._report or {}).get(key)

    def _is_oversized(self, report):
        limit = report.get("max_log_file_mb")
        if self.settings.auditd.get("max_log_file_action", "ignore").lower() != "suspend" or limit is None:
            return False
        try:
            return os.stat(self.settings.log_file).st_size >= limit * MEGABYTE
        except OSError:
            return False


def _what_would_help(job):
    if job.would_delete:
        return "; retention would delete %d archives: run again, or set adopt = prune" % len(job.would_delete)
    return "; nothing may be deleted by the policy in rotate.conf"


def run_command(argv, environ_update=None, data=None, cwd=None, **unused):
    """As AnsibleModule.run_command: (rc, stdout, stderr)."""
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE if data else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
        env=dict(os.environ, **(environ_update or {})))
    out, err = process.communicate(data.encode("utf-8") if data else None)
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
