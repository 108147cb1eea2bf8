# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of somebody else's scripts and units undo auditing, and which only look like it."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import undone

UNDOES = [
    "auditctl -e 0", "/sbin/auditctl -e0", "auditctl -D", "auditctl -D -k mine", "if x; then auditctl -D; fi", "auditctl \\\n -e 0",
    "augenrules --load\nauditctl -D", "auditctl -a never,task", "auditctl -A task,never -F uid=0", "auditctl -R /opt/x\nauditctl -e 0",
    "systemctl stop auditd", "systemctl --now disable auditd.service", "/bin/systemctl mask auditd", "systemctl stop foo auditd",
    "service auditd stop", "/etc/init.d/auditd stop", "service auditd start\nservice auditd stop",
    "pkill auditd", "killall auditd", "pkill -9 -x auditd", "kill `pidof auditd`", "kill -TERM $(pidof auditd)",
    "kill $(cat /var/run/auditd.pid)", "kill -s KILL $(cat /run/audit/auditd.pid)",
    "systemctl kill auditd.service", "systemctl stop auditd\nsystemctl start cups",
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
    "systemctl kill auditd.service --signal=USR1", "systemctl kill -s USR1 auditd.service",
    "Conflicts=shutdown.target", "cat /etc/audit/auditd.conf", "echo auditd",
]


@pytest.mark.parametrize("text", UNDOES)
def test_a_line_that_undoes_auditing(text):
    assert undone.undoes(text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_a_line_that_does_not(text):
    assert undone.undoes(text) is None


# a user's cron table, and a script of that user; whether root does what is in them
OF_USERS = {
    "without root": ("* * * * * systemctl stop auditd\n", "#!/bin/sh\n", False),
    "without root, by a script": ("* * * * * /home/joe/x\n", "#!/bin/sh\nauditctl -D\n", False),
    "by sudo": ("* * * * * sudo -n systemctl stop auditd\n", "#!/bin/sh\n", True),
    "by sudo, a script": ("* * * * * sudo /home/joe/x\n", "#!/bin/sh\nauditctl -D\n", True),
    "by sudo in a script": ("* * * * * /home/joe/x\n", "#!/bin/sh\nsudo auditctl -D\n", True),
}


@pytest.mark.parametrize("name", OF_USERS)
@pytest.mark.parametrize("user", ["joe", "root"])
def test_what_a_user_cannot_do_is_not_reported(tmp_path, name, user):
    table, script, is_done = OF_USERS[name]
    for path, text in ((f"var/spool/cron/crontabs/{user}", table), ("home/joe/x", script)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert bool(undone.look(Host(str(tmp_path)))) is (is_done or user == "root")
