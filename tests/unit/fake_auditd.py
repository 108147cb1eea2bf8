# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An auditd that a test can make lie, hang, die and suspend, on a host that is a directory.

FakeHost (fake_host.py) is a live host below a directory: its own /proc, /etc, /run and /var, programs that act on the fake, a clock that a
sleep moves on. FakeAuditd answers signals as the releases 2.8.5 to 4.2.1 of audit do: it writes records into the real log file and state
reports into the real state file, rotates, suspends, resumes and ends. It reads auditd.conf with the parser of the collection, which is
held to the real ones by recorded verdicts. Its texts are held to recorded ones by test_fake_auditd.py.

    def test_something(fake):              # fixture of fake_system.py: fake.host, fake.auditd, fake.clock, fake.kernel
        fake.auditd.start()
        fake.auditd.mute = True            # takes a new configuration over, writes no record of it
"""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import process
from ansible_collections.auditops.auditd.plugins.module_utils._release import release_tuple

CONF = "num_logs = 5\nmax_log_file = 8\nmax_log_file_action = ROTATE\nspace_left = 75\nadmin_space_left = 50\nlog_format = RAW\n"
MEBIBYTE = 1 << 20
NAMED = ("HOSTNAME", "FQD", "NUMERIC")


class FakeAuditd:
    """One auditd process on a FakeHost. Attributes a test sets:

    ``deaf``: signals it does not answer. ``dies_of``: signals that end it. ``lies``: it records success and keeps its values. ``mute``: it
    writes no record of a reload. ``refuses``: what it says to every reload. ``delay``: seconds until it acts on a signal.
    """

    def __init__(self, host, clock, kernel, release="3.0.9", pid=4242):
        self.host, self.clock, self.kernel, self.pid = host, clock, kernel, pid
        self.version, self.release = release, release_tuple(release)
        self.deaf, self.dies_of, self.lies, self.mute, self.refuses, self.delay = set(), set(), False, False, None, 0.01
        self.conf_file = "/etc/audit/auditd.conf"
        self.alive, self.state, self.pending, self.got = False, "S", [], []
        self.running, self.suspended, self.acted, self.spoiled = {}, False, set(), False
        self.priority, self.node, self.log, self.serial, self.starts, self.ticks = 0, "", None, 100, 0, 0

    # what a release does

    @property
    def closes_on_suspend(self):
        return self.release >= (3, 0, 7)

    @property
    def state_file(self):
        return self.host.path("/run/audit/auditd.state" if self.release >= (4, 1, 2) else "/run/auditd.state")

    @property
    def pid_file(self):
        return self.host.path("/run/audit/auditd.pid" if self.release >= (4, 1, 2) else "/run/auditd.pid")

    @property
    def log_file(self):
        return self.host.path(self.running["log_file"])

    # life

    def start(self):
        """As the program does: None, or the exit code with which it ends at once."""
        time.sleep(process.CLOCK_TICK * 1.5)  # as a program does that has to be loaded first: it starts after its files were stamped
        self.spoiled = False
        effective, problem = self._load()
        if problem:
            self.say(problem)
            return 6
        if effective["name_format"] == "USER" and not effective["name"] or not os.path.isdir(os.path.dirname(
                self.host.path(effective["log_file"]))):
            return 1
        self.starts += 1
        self.pid += self.starts > 1
        self.ticks = int((self.clock.time() - self.clock.booted) * os.sysconf("SC_CLK_TCK"))
        self.alive, self.state, self.suspended, self.acted = True, "S", False, set()
        self.running, self.priority = effective, -int(effective["priority_boost"])
        self.node = self._name(effective)
        self.kernel.status["pid"] = self.pid
        os.makedirs(os.path.dirname(self.pid_file), exist_ok=True)
        Path(self.pid_file).write_text("%d\n" % self.pid)
        self._stamp(self.pid_file)
        self.show()
        self._open()
        self._record("DAEMON_START", "op=start ver=%s format=raw kernel=6.1.0 auid=4294967295 pid=%d uid=0 ses=4294967295 res=success"
                     % (self.version, self.pid))
        self.say("Init complete, auditd %s listening for events (startup state enable)" % self.version)
        return None

    def end(self):
        self.alive = False
        self._close()
        if self.kernel.status["pid"] == self.pid:
            self.kernel.status["pid"] = 0
        for path in (self.pid_file, self.state_file):
            if os.path.exists(path):
                os.unlink(path)
        self.show()

    def hang(self, state="D"):
        """It does nothing until thaw(): in D on a frozen filesystem, in T stopped. Signals wait, SIGKILL too in D."""
        self.state = state
        self.show()

    def thaw(self):
        self.state = "S"
        pending, self.pending = self.pending, []
        self.show()
        for number in pending:
            self._act(number)

    def signal(self, number):
        """What kill(2) delivers."""
        if not self.alive:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        self.got.append(signal.Signals(number).name)
        self.clock.after(self.delay, lambda: self._act(number))

    def _act(self, number):
        if not self.alive:
            return
        if self.state != "S" and not (number == signal.SIGKILL and self.state != "D"):
            self.pending.append(number)
        elif number in self.dies_of or number == signal.SIGKILL:
            self.end()
        elif number not in self.deaf:
            ACTS[number](self)
            self.show()

    # its files

    def show(self):
        """/proc as it is now; called after each change, and by tests that move files under it."""
        home = Path(process.proc(self.pid))
        if not self.alive:
            self._gone(home)
            return
        (home / "fd").mkdir(parents=True, exist_ok=True)
        (home / "comm").write_text("auditd\n")
        (home / "cmdline").write_bytes(b"/usr/sbin/auditd\0")
        (home / "status").write_text("Name:\tauditd\nState:\t%s\nUid:\t0\t0\t0\t0\n" % self.state)
        fields = ["1", *["0"] * 17, str(self.ticks), "0"]
        (home / "stat").write_text("%d (auditd) %s %s\n" % (self.pid, self.state, " ".join(fields)))
        self._link(home / "exe", "/usr/sbin/auditd")
        self._link(home / "root", "/")
        (home / "ns").mkdir(exist_ok=True)
        for kind in ("mnt", "pid", "user"):
            self._link(home / "ns" / kind, "%s:[4026531840]" % kind)
        for link in (home / "fd").iterdir():
            link.unlink()
        if self.log is not None:
            self._link(home / "fd" / "5", os.readlink("/proc/self/fd/%d" % self.log.fileno()))

    @staticmethod
    def _link(path, target):
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)

    @staticmethod
    def _gone(home):
        if home.exists():
            home.rename("%s-was-%d" % (home, time.monotonic_ns()))

    def _stamp(self, path):
        now = int(self.clock.time() * 1e9)
        os.utime(path, ns=(now, now))

    def say(self, message):
        path = Path(self.host.path("/var/log/syslog"))
        with open(path, "a") as stream:
            stream.write("Nov 26 12:00:00 host auditd[%d]: %s\n" % (self.pid, message))

    def _open(self):
        self._close()
        if self.running["write_logs"] == "yes":
            self.log = Path(self.log_file).open("ab", buffering=0)  # noqa: SIM115 - held open, as auditd does
            os.chmod(self.log_file, 0o600)
        self.show()

    def _close(self):
        if self.log is not None:
            self.log.close()
            self.log = None

    def _record(self, kind, rest, colon=":"):
        if self.suspended or self.log is None or self.host.free_mb == 0:
            return
        self.serial += 1
        node = "node=%s " % self.node if self.node else ""
        line = "%stype=%s msg=audit(%.3f:%d)%s %s" % (node, kind, self.clock.time(), self.serial, colon, rest)
        self.log.write(line.encode() + b"\n")
        self._check()

    def event(self, kind="USER", rest="pid=1 uid=0"):
        """A record from the kernel, and the checks that follow each."""
        self._record(kind, rest)

    def _check(self):
        """check_log_file_size() and check_space_left() of auditd-event.c, in short."""
        running, action = self.running, self.running["max_log_file_action"].upper()
        if self.log is not None and os.fstat(self.log.fileno()).st_size >= int(running["max_log_file"]) * MEBIBYTE:
            if action == "SUSPEND":
                self._suspend("size")
            elif action in ("ROTATE", "KEEP_LOGS") and int(running["max_log_file"]):
                self._rotate()
        for key in ("space_left", "admin_space_left"):
            low = self.host.free_mb < self._megabytes(key)
            if low and key not in self.acted:
                self.acted.add(key)
                if running[key + "_action"].upper().startswith(("SUSPEND", "EXEC")):
                    self._suspend(key)
            elif not low:
                self.acted.discard(key)

    def _megabytes(self, key):
        value = str(self.running[key] or 0)
        return self.host.size_mb * int(value[:-1]) // 100 if value.endswith("%") else int(value)

    def fill(self):
        """The disk is full, and auditd has noticed."""
        self.host.free_mb = 0
        if self.running["disk_full_action"].upper() == "SUSPEND":
            self._suspend("full")
        self.show()

    def _suspend(self, why):
        self.suspended = True
        self.say("Audit daemon is suspending logging due to %s." % why)
        if self.closes_on_suspend:
            self._close()

    # configuration

    def _load(self):
        """(effective settings, the parser's complaint)."""
        text = None
        if not self.spoiled:
            text = self.host.text(self.conf_file)
        if text is None:
            return dict(conf_text.effective(conf_text.parse(None), self.version)), None
        conf = conf_text.parse(text)
        problems = [each for each in validator.validate(conf, self.version, Environment(self.host)) if each.fatal]
        if problems:
            return None, "%s - line %s" % (problems[0].reason, problems[0].line)
        return dict(conf_text.effective(conf, self.version)), None

    @staticmethod
    def _name(effective):
        kind = effective["name_format"].upper()
        return {"NONE": "", "USER": effective["name"]}.get(kind, "host.example")

    def _hup(self):
        loaded, problem = self._load()
        if problem is None and self.refuses:
            problem = self.refuses
        if problem is not None:
            self.say(problem)
            self.spoiled = self.release < (3, 0, 1)
            if self.release >= (4, 1, 2):
                self._record("DAEMON_CONFIG", "op=reconfigure state=no-change auid=1000 uid=0 ses=1 pid=1 subj=unconfined res=failed")
            return
        self.say("config change requested by pid=1 auid=1000 subj=unconfined")
        if not self.lies:
            self._reconfigure(loaded)
        if self.alive and not self.mute:
            self._record("DAEMON_CONFIG", "op=reconfigure state=changed auid=1000 pid=1 subj=unconfined res=success",
                         colon=":" if self.release >= (3, 0, 0) else "")

    def _reconfigure(self, loaded):
        old = self.running
        size_keys = any(old[key] != loaded[key] for key in ("max_log_file", "max_log_file_action"))
        if self.suspended and size_keys and self.closes_on_suspend:
            self.end()  # it writes into the log that it has closed
            return
        self.running = dict(loaded, local_events=old["local_events"])
        self.priority -= int(loaded["priority_boost"]) if loaded["priority_boost"] != old["priority_boost"] else 0
        new_kind = loaded["name_format"].upper()
        if new_kind in NAMED and (new_kind != old["name_format"].upper() or self.release >= (4, 2)):
            self.node = "(null)"
        elif new_kind not in NAMED:
            self.node = self._name(loaded)
        if old["log_file"] != loaded["log_file"] or old["write_logs"] != loaded["write_logs"] or old["flush"] != loaded["flush"]:
            self._open()
        if size_keys:
            self.suspended = False
        self._check()

    # the other signals

    def _usr1(self):
        if self.running["write_logs"] != "yes":
            return
        if self.running["max_log_file_action"].upper() != "KEEP_LOGS" and int(self.running["num_logs"]) < 2:
            self.say("Log rotation disabled (num_logs < 2), skipping")
            return
        self._rotate()
        result = " res=success" if self.release >= (3, 0) else ""
        self._record("DAEMON_ROTATE", "op=rotate-logs auid=1000 pid=1 subj=unconfined" + result)

    def _rotate(self):
        path, keeps = self.log_file, self.running["max_log_file_action"].upper() == "KEEP_LOGS"
        last = int(self.running["num_logs"]) - 1
        if keeps:
            last = next(number for number in range(1, 1 << 16) if not os.path.exists("%s.%d" % (path, number)))
        self._close()
        for number in range(last, 1, -1):
            if os.path.exists("%s.%d" % (path, number - 1)):
                os.rename("%s.%d" % (path, number - 1), "%s.%d" % (path, number))
        if os.path.exists(path):
            os.chmod(path, 0o400)
            os.rename(path, path + ".1")
        self._open()

    def _usr2(self):
        self.say("Audit daemon is attempting to resume logging.")
        self.suspended = False
        self.acted = set()
        if self.log is None:
            self._open()
        if self.host.free_mb == 0 and self.running["disk_full_action"].upper() == "SUSPEND":
            self._suspend("full")
        self._record("DAEMON_RESUME", "op=resume-logging auid=1000 uid=0 ses=1 pid=1 subj=unconfined res=success")
        self._check()

    def _cont(self):
        os.makedirs(os.path.dirname(self.state_file), exist_ok=True)
        with open(self.state_file, "w") as stream:
            stream.write(self.report())
        self._stamp(self.state_file)

    def _term(self):
        self._record("DAEMON_END", "op=terminate auid=1000 uid=0 ses=1 pid=1 subj=unconfined res=success")
        self.say("The audit daemon is exiting.")
        self.end()

    def report(self):
        """The state report in this release's words."""
        unit, gap = ("KiB", "MiB") if self.release >= (4, 1) else ("KB", "MB"), " = " if self.release >= (4, 0, 2) else " "
        old = self.release < (3, 0)
        size = os.fstat(self.log.fileno()).st_size if self.log is not None else 0
        lines = ["audit version = " + self.version] if self.release >= (3, 0, 6) else []
        lines += ["%s = %s" % ("time" if old else "current time", time.strftime("%m/%d/%y %H:%M:%S"))]
        lines += [] if old else ["process priority = %d" % self.priority]
        lines += ["writing to logs = %s" % self.running["write_logs"]]
        if self.running["write_logs"] == "yes":
            lines += ["current log size = %s" % (size if old else "%d %s" % (size // 1024, unit[0]))]
            lines += ["max log size = %d %s" % (int(self.running["max_log_file"]) * 1024, unit[0])]
            lines += [] if old else ["logs detected last rotate/shift = 0"]
            lines += ["space left on partition = %s" % _word(self.host.free_mb > 0)]
            for label, value in (("Logging partition free space", self.host.free_mb), ("space_left setting", self._megabytes("space_left")),
                                 ("admin_space_left setting", self._megabytes("admin_space_left"))):
                lines += ["%s%s%d %s" % (label, gap, value, unit[1])]
            lines += ["logging suspended = %s" % _word(self.suspended)]
            done = "warning sent" if old else "action performed"
            lines += ["file system space %s = %s" % (done, _word("space_left" in self.acted)),
                      "admin space %s = %s" % (done, _word("admin_space_left" in self.acted)), "disk error detected = no"]
        if old:
            lines += ["dispatcher pid = 0"]
        else:
            lines += ["Number of active plugins = 0", "current plugin queue depth = 0", "max plugin queue depth used = 0",
                      "plugin queue size = 0", "plugin queue overflow detected = no", "plugin queueing suspended = no"]
        return "\n".join([*lines, "listening for network connections = no", ""])


ACTS = {
    signal.SIGHUP: FakeAuditd._hup, signal.SIGUSR1: FakeAuditd._usr1, signal.SIGUSR2: FakeAuditd._usr2, signal.SIGCONT: FakeAuditd._cont,
    signal.SIGTERM: FakeAuditd._term,
}


def _word(value):
    return "yes" if value else "no"
