# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any user of a host may write a cron table, and root reads it: what that costs grows with its length, not with the square of it."""

from __future__ import annotations

import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import undone
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conflicts, found

LOG = "/var/log/audit/audit.log"
SHORT, TIMES = 6000, 8  # bytes, and how much longer the other table is; still one that is read
LARGEST_RATIO = 30  # in proportion it is 8, by the square 64
LEAST = 0.005  # seconds: below, the clock measures other things
UNITS = {
    "systemctl stop": "systemctl stop ", "find": "find /x xargs ", "kill": "kill ", "auditctl": "auditctl -e ", "blank lines": "\n",
    "blanks": " ", "letters": "a", "shell": "sh -a ", "redirections": " >", "functions": "f ( ",
}


def seconds(root, text):
    table = root / "var/spool/cron/crontabs/deploy"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(text)
    host, taken = Host(str(root)), []
    for _again in range(2):
        start = time.process_time()
        undone.undoes(conflicts.text_of(host, "/var/spool/cron/crontabs/deploy"))
        conflicts.conflicts(host, LOG)
        found.jobs(host, LOG)
        taken.append(time.process_time() - start)
    return max(min(taken), LEAST)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("start", ["* * * * * sudo /var/log/audit ", "PATH=/bin\n* * * * * /var/log/audit\n"])
def test_a_long_table_takes_time_in_proportion(tmp_path, name, start):
    unit = UNITS[name]
    short, long = (start + unit * (length // len(unit)) for length in (SHORT, SHORT * TIMES))
    assert len(long) <= conflicts.LARGEST_SCRIPT
    assert seconds(tmp_path, long) < LARGEST_RATIO * seconds(tmp_path, short)


def test_a_table_that_names_many_scripts_is_not_followed_to_all(tmp_path, monkeypatch):
    table = "/var/spool/cron/crontabs/deploy"
    (tmp_path / table[1:]).parent.mkdir(parents=True)
    (tmp_path / table[1:]).write_text("".join(f"* * * * * sudo /home/deploy/{number}\n" for number in range(1000)))
    host, asked = Host(str(tmp_path)), []
    monkeypatch.setattr(host, "stat", lambda path, stat=host.stat: asked.append(path) or stat(path))
    assert [path for path, _text in conflicts.scripts(host, table)] == [table]
    assert len(asked) == conflicts.MOST_SCRIPTS + 1
    asked.clear()
    assert found.jobs(host, LOG) == [] and len([path for path in asked if path.startswith("/home")]) == conflicts.MOST_SCRIPTS
