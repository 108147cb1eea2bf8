# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with one auditd and one kernel, all fake, in the place of the real ones."""

from __future__ import annotations

import errno
import os
import signal

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence, process, report, syslog
from fake_auditd import CONF, FakeAuditd
from fake_host import FakeClock, FakeHost
from fake_kernel import FakeKernel


class FakeSystem:
    """A host with one auditd: ``host``, ``auditd``, ``clock``, ``kernel``; programs auditd and auditctl are installed, systemctl is not."""

    def __init__(self, root, monkeypatch, release):
        for directory in ("etc/audit/rules.d", "var/log/audit", "run", "proc"):
            (root / directory).mkdir(parents=True, exist_ok=True)
        for name in ("passwd", "group"):
            (root / "etc" / name).write_text("root:x:0:0:\n")
        self.root, self.conf = root, root / "etc/audit/auditd.conf"
        self.log = root / "var/log/audit/audit.log"
        self.conf.write_text(CONF)
        self.clock, self.kernel, self.host = FakeClock(), FakeKernel(), FakeHost(root)
        monkeypatch.setattr(process, "PROC", str(root / "proc"))
        (root / "proc/stat").write_text("btime %d\n" % self.clock.booted)
        (root / "proc/sys/kernel/random").mkdir(parents=True)
        (root / "proc/sys/kernel/random/boot_id").write_text("0c1d2e3f\n")
        for kind in ("mnt", "pid", "user"):
            (root / "proc/self/ns").mkdir(parents=True, exist_ok=True)
            os.symlink("%s:[4026531840]" % kind, root / "proc/self/ns" / kind)
        self.auditd = FakeAuditd(self.host, self.clock, self.kernel, release)
        self.host.install("auditd", lambda *_arguments: (self.auditd.start() or 0, "", ""))
        self.host.install("auditctl", self._auditctl)
        for module in (process, report, evidence, syslog):
            monkeypatch.setattr(module, "time", self.clock)
        monkeypatch.setattr(process, "_pidfd", lambda pid: None)
        monkeypatch.setattr(_kernel, "Netlink", self.kernel.connect)
        self._kill = os.kill
        monkeypatch.setattr(os, "kill", self.kill)

    def kill(self, pid, number):
        """kill(2): of the processes in the fake /proc only auditd gets it; nothing here reaches a real process but this one's own."""
        if pid == self.auditd.pid:
            self.auditd.signal(number)
        elif pid == os.getpid():
            self._kill(pid, number)
        else:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))

    def _auditctl(self, option, word=None):
        numbers = {"reload": signal.SIGHUP, "rotate": signal.SIGUSR1, "resume": signal.SIGUSR2, "stop": signal.SIGTERM}
        if option != "--signal" or not self.kernel.status["pid"]:
            return 1, "", ""
        number = numbers.get(word) or getattr(signal, "SIG" + word.upper())
        self.kill(self.kernel.status["pid"], number)
        return 0, "", ""


@pytest.fixture
def fake(tmp_path, monkeypatch, request):
    """A FakeSystem; @pytest.mark.parametrize("fake", [release], indirect=True) chooses the release."""
    return FakeSystem(tmp_path, monkeypatch, getattr(request, "param", "3.0.9"))
