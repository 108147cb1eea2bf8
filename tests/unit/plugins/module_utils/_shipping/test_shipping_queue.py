# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where records wait or are dropped on their way: the queue of audisp-remote in its file, and limits of log daemons."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import queue_file, rate_limits
from shipping_tree import queue


@pytest.mark.parametrize("data, found", [
    (queue(), (10, 0, None)), (queue(waiting=3), (10, 3, (1795410116, 42))), (queue(first=4, waiting=9), (10, 9, (1795410116, 42))),
    (queue(waiting=1, text=b"nothing"), (10, 1, None)), (queue(waiting=11), None), (b"", None), (b"x" * 100, None), (queue(first=10), None),
])
def test_the_queue_is_read_from_its_file(tmp_path, data, found):
    path = tmp_path / "remote.log"
    path.write_bytes(data)
    assert queue_file.read(str(path)) == found


def test_a_link_or_nothing_is_no_queue(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert queue_file.read(str(tmp_path / "link")) is None and queue_file.read(str(tmp_path / "none")) is None


@pytest.mark.parametrize("files, journald, rsyslog", [
    ({}, "10000 messages in 30s", None),
    ({"/etc/systemd/journald.conf": "[Journal]\nRateLimitBurst=0\n"}, None, None),
    ({"/etc/systemd/journald.conf": "#RateLimitBurst=0\n"}, "10000 messages in 30s", None),
    ({"/etc/systemd/journald.conf.d/a.conf": "RateLimitIntervalSec=0\n"}, None, None),
    ({"/etc/systemd/journald.conf": "RateLimitBurst=5\n", "/usr/lib/systemd/journald.conf.d/b.conf": "RateLimitBurst=7\n"},
     "7 messages in 30s", None),
    ({"/etc/rsyslog.conf": 'module(load="imjournal" StateFile="x")\n'}, "10000 messages in 30s", "imjournal: 20000 messages in 600 s"),
    ({"/etc/rsyslog.conf": 'module(load="imjournal" ratelimit.interval="0")\n'}, "10000 messages in 30s", None),
    ({"/etc/rsyslog.conf": 'module(load="imuxsock")\n'}, "10000 messages in 30s", None),
    ({"/etc/rsyslog.d/x.conf": "$ModLoad imuxsock\n$SystemLogRateLimitInterval 5\n$SystemLogRateLimitBurst 9\n"},
     "10000 messages in 30s", "imuxsock: 9 messages in 5 s"),
])
def test_limits_of_log_daemons(tree, files, journald, rsyslog):
    tree("/lib/systemd/systemd", "", 0o755)
    for path, text in files.items():
        tree(path, text)
    host = Host(str(tree.root))
    assert (rate_limits.journald(host), rate_limits.rsyslog(host)) == (journald, rsyslog)
