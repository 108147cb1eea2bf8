# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_rotation_guard = exec: which hosts can rely on auditd's call, and what the others get."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import called
from ansible_collections.auditops.auditd.plugins.module_utils._paths import RESUME_PROGRAM
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.conf import CALLED

ENFORCING, PERMISSIVE = (
    {"etc/selinux/config": f"# SELinux\nSELINUX={word}\nSELINUXTYPE=targeted\n"} for word in ("enforcing", "permissive"))
# what the tree has, release, failure policy -> a word of the reason, None where the host can rely on the call
HOSTS = {
    "measured, the oldest": ({}, "3.0", "keep_running", None),
    "measured, the newest": ({}, "4.0.2", "suspend_auditing", None),
    "older": ({}, "2.8.5", "keep_running", "2.8.5 calls the program was never measured"),
    "newer": ({}, "4.1.0", "keep_running", "never measured"),
    "unknown": ({}, None, "keep_running", "an unknown release"),
    "stops": ({}, "3.0.9", "stop_host", "stop_host"),
    "enforces": (ENFORCING, "3.0.9", "keep_running", "SELinux enforces"),
    "enforces, and was called": ({**ENFORCING, CALLED[1:]: "2026-01-01T00:00:00Z\n"}, "3.0.9", "keep_running", None),
    "permits": (PERMISSIVE, "3.0.9", "keep_running", None),
}


def host_of(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Host(str(root))


@pytest.mark.parametrize("name", HOSTS)
def test_which_hosts_can_rely_on_the_call(tmp_path, name):
    files, release, policy, word = HOSTS[name]
    host = host_of(tmp_path, files)
    reason = called.refusal(host, release, policy)
    assert reason is None if word is None else word in reason
    settings, why = called.taken(host, {"space_left_action": called.CALL, "num_logs": 5}, "exec", release=release, failure_policy=policy)
    assert why == reason and settings == {"space_left_action": called.CALL if word is None else "SYSLOG", "num_logs": 5}
    assert called.own_keys(["num_logs", "space_left_action"], "exec", why) == (["num_logs"] + ["space_left_action"] * (word is None))


@pytest.mark.parametrize("settings, guard", [
    ({"space_left_action": called.CALL}, "timed"), ({"space_left_action": "EXEC /opt/mine"}, "exec"), ({"num_logs": 5}, "exec"),
    (None, "exec"),
])
def test_what_the_user_wrote_himself_is_not_judged_by_it(tmp_path, settings, guard):
    assert called.taken(host_of(tmp_path, ENFORCING), settings, guard, release="2.8.5") == (settings, None)


def test_a_program_that_is_not_there_yet_is_no_action_yet(tmp_path):
    settings = {"space_left_action": called.CALL}
    assert called.taken(host_of(tmp_path, {}), settings, "exec", release="3.0.9")[1] is None
    assert "not installed" in called.taken(host_of(tmp_path, {}), settings, "exec", release="3.0.9", program_counts=True)[1]
    host = host_of(tmp_path, {RESUME_PROGRAM[1:]: ""})
    assert called.taken(host, settings, "exec", release="3.0.9", program_counts=True) == (settings, None)
