# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of somebody else's scripts and units undo auditing, and which only look like it."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._live import undone

UNDOES = [
    "auditctl -e 0", "/sbin/auditctl -e0", "auditctl -D", "auditctl -D -k mine", "if x; then auditctl -D; fi", "auditctl \\\n -e 0",
    "augenrules --load\nauditctl -D", "auditctl -a never,task", "auditctl -A task,never -F uid=0", "auditctl -R /opt/x\nauditctl -e 0",
    "systemctl stop auditd", "systemctl --now disable auditd.service", "/bin/systemctl mask auditd", "systemctl stop foo auditd",
    "service auditd stop", "/etc/init.d/auditd stop", "service auditd start\nservice auditd stop",
    "pkill auditd", "killall auditd", "pkill -9 -x auditd", "kill `pidof auditd`", "kill -TERM $(pidof auditd)",
    "kill $(cat /var/run/auditd.pid)", "kill -s KILL $(cat /run/audit/auditd.pid)",
    "[Unit]\nConflicts=auditd.service", "Conflicts=chronyd.service auditd.service",
]
DOES_NOT = [
    "", "auditctl -s", "auditctl -l", "auditctl -w /etc/x -p wa", "auditctl -e 1", "auditctl --signal rotate",
    "auditctl -D\naugenrules --load", "auditctl -D && auditctl -R /etc/audit/audit.rules", "auditctl -a always,exit -S open",
    "systemctl restart auditd", "systemctl status auditd", "systemctl stop auditd\nsystemctl start auditd",
    "systemctl stop audit-forwarder",
    "service auditd restart", "service auditd stop; service auditd start", "systemctl stop cups; systemctl status auditd",
    "pkill -HUP -x auditd", "killall -USR1 auditd", "kill -s USR2 $(pidof auditd)", "systemctl kill --signal=USR1 auditd",
    "pkill -0 auditd", "kill -SIGCONT `pidof auditd`", "pkill auditbeat", "pkill -f auditd-exporter", "kill $(pidof auditd_exporter)",
    "Conflicts=shutdown.target", "cat /etc/audit/auditd.conf", "echo auditd",
]


@pytest.mark.parametrize("text", UNDOES)
def test_a_line_that_undoes_auditing(text):
    assert undone.undoes(text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_a_line_that_does_not(text):
    assert undone.undoes(text) is None
