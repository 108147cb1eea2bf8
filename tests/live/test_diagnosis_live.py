# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real auditd of each release writes when it runs out of room, and what the diagnosis makes of it.

No action here stops a machine: SUSPEND, SYSLOG and EXEC stand where a host would have HALT, whose own words are compared with the binaries
by the unit tests. AUDITOPS_RECORD names a directory that gets the transcripts.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import diagnosis
from auditd_site import wait_for

LOW = {"space_left": 14, "admin_space_left": 13, "space_left_action": "SYSLOG"}
# The program would power off behind its first line, which ends it.
SCRIPT = "#!/bin/sh\nexit 0\n/sbin/poweroff\n"
SHUTDOWN = ("systemd[1]: Reached target Shutdown.", "systemd[1]: Reached target Power-Off.")


def stamped(*texts: str) -> str:
    return "".join(time.strftime("%b %d %H:%M:%S", time.gmtime()) + f" host {text}\n" for text in texts)


def by_low_space(site, path):
    site.small_partition(16)
    site.start(**LOW, admin_space_left_action="SUSPEND")
    site.fill_partition(leave_kilobytes=2048)
    site.fill_log(0.1)
    wait_for(lambda: "suspending logging due to low disk space" in path.read_text(), "auditd to suspend logging")


def by_a_full_disk(site, path):
    site.small_partition(16)
    site.start(space_left=2, admin_space_left=1, disk_full_action="SUSPEND", flush="SYNC", freq=0)
    site.fill_partition()
    site.fill_log(0.1)
    wait_for(lambda: "no space left on logging partition" in path.read_text(), "auditd to meet the full disk")


def by_the_size_of_the_log(site, path):
    site.start(max_log_file=1, max_log_file_action="SUSPEND")
    site.fill_log(1.5)
    wait_for(lambda: "suspending logging due to logfile size" in path.read_text(), "auditd to suspend logging")


def by_a_program(site, path):
    program = site.path("/usr/local/sbin/auditops-full")
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(SCRIPT)
    program.chmod(0o750)
    site.stack.callback(program.unlink)
    site.small_partition(16)
    site.start(**LOW, admin_space_left_action="EXEC /usr/local/sbin/auditops-full")
    site.fill_partition(leave_kilobytes=2048)
    site.fill_log(0.1)
    wait_for(lambda: "low on disk space" in path.read_text(), "auditd to notice it")


def killed(site, path):
    site.start()
    site.send(20, "story")
    site.kill(signal.SIGKILL)


def ended_in_order(site, path):
    site.start()
    site.send(20, "story")
    site.kill(signal.SIGTERM)


# story: (whether the host then shuts down in order, stopped_by, key, confidence, suspended)
STORIES = {
    by_low_space: (False, "not_auditd", None, "medium", True),
    by_a_full_disk: (False, "not_auditd", None, "medium", True),
    by_the_size_of_the_log: (False, "not_auditd", None, "medium", True),
    by_a_program: (True, "auditd", "admin_space_left_action", "medium", False),
    killed: (False, "not_auditd", None, "medium", False),
    ended_in_order: (True, "not_auditd", None, "medium", False),
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_a_real_auditd_left_behind(site, tmp_path, story):
    with site.syslog() as path:
        path.write_text("")
        story(site, path)
        spoken = path.read_text()
    orderly, by, key, confidence, suspended = STORIES[story]
    end = stamped(*SHUTDOWN) if orderly else stamped("cron[9]: (root) CMD (true)")
    tree = tmp_path / "tree"
    keep(site, tree, stamped("kernel: [    0.000000] Linux version 6.1") + spoken + end)
    record(tree, f"{site.release}-{story.__name__}")
    found = diagnosis.diagnose(Host(str(tree)), lambda argv: (1, "", ""))["diagnosis"]
    assert (found["stopped_by"], found["key"], found["confidence"]) == (by, key, confidence), (found, spoken)
    assert (found["suspended"] is not None) == suspended, (found, spoken)


def keep(site, tree: Path, spoken: str) -> None:
    """What a rescuer finds: configuration, programs, log and syslog."""
    (tree / "var/log/audit").mkdir(parents=True)
    (tree / "etc/audit").mkdir(parents=True)
    shutil.copy(site.path("/etc/audit/auditd.conf"), tree / "etc/audit/auditd.conf")
    (tree / "etc/audit/audit.rules").write_text("-D\n-b 8192\n-f 1\n")
    (tree / "var/log/syslog").write_text(spoken)
    with open(site.path("/var/log/audit/audit.log"), "rb") as stream:
        (tree / "var/log/audit/audit.log").write_bytes(stream.read(4096))
    if site.path("/usr/local/sbin/auditops-full").exists():
        (tree / "usr/local/sbin").mkdir(parents=True)
        shutil.copy(site.path("/usr/local/sbin/auditops-full"), tree / "usr/local/sbin/auditops-full")


def record(tree: Path, name: str) -> None:
    where = os.environ.get("AUDITOPS_RECORD")
    if where:
        shutil.copytree(tree, Path(where) / name, dirs_exist_ok=True)
