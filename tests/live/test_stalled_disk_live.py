# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filesystem of the log freezes while auditd.conf is replaced: auditd is never ended, and the file says what it runs with."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time

import pytest
from auditd_site import kernel_status, wait_for

CONF = "/etc/audit/auditd.conf"
NEW = {"max_log_file": 5, "space_left": 4, "admin_space_left": 2}
TIMEOUT = 2.0
# seconds from the start of the module to the freeze; "reload": just before the signal. A module takes half a second and more.
MOMENTS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, "reload", "reload"]

pytestmark = pytest.mark.skipif(not shutil.which("fsfreeze"), reason="needs fsfreeze (util-linux)")


def fsfreeze(site, option, check=True):
    return subprocess.run(["fsfreeze", option, str(site.log_dir)], check=check, capture_output=True)


def frozen_apply(site, moment):
    """The module's answer while the log's filesystem freezes at this moment, until the module has answered."""
    if moment == "reload":
        return site.module("auditd_conf", settings=NEW, timeout=TIMEOUT, inject="freeze_before_reload")
    timer = threading.Timer(moment, fsfreeze, (site, "--freeze"), {"check": False})
    timer.start()
    try:
        return site.module("auditd_conf", settings=NEW, timeout=TIMEOUT)
    finally:
        timer.join()


@pytest.mark.parametrize("filesystem", ["ext4", "xfs"])
def test_a_frozen_log_never_ends_auditd(audited, filesystem):
    site = audited
    if not shutil.which(f"mkfs.{filesystem}"):
        pytest.skip(f"needs mkfs.{filesystem}")
    site.small_partition(320 if filesystem == "xfs" else 16, filesystem)
    site.stack.callback(fsfreeze, site, "--unfreeze", check=False)
    site.start()
    pid, old, outcomes = site.pid, site.path(CONF).read_text(), set()
    for moment in MOMENTS if filesystem == "ext4" else MOMENTS[-3:]:
        began = time.monotonic()
        answer = frozen_apply(site, moment)
        assert time.monotonic() - began < 60
        now = site.path(CONF).read_text()
        if "error" in answer:
            assert now == old, "the old file is in place"
            assert "not answered" in answer["error"] or "wrote no state report" in answer["error"]
            if os.stat(f"/proc/{pid}/stat") and "state D" in answer["error"]:
                assert "frozen filesystem" in answer["error"]
                outcomes.add("named")
        else:
            assert now != old
        outcomes.add("error" if "error" in answer else "result")
        fsfreeze(site, "--unfreeze", check=False)
        wait_for(lambda: site.report()["logging_suspended"] is False, "auditd to go on")
        assert site.pid == pid and kernel_status()["pid"] == pid, "nobody ended it"
        result = site.module("auditd_conf", settings=NEW)["result"]
        assert result["proof"] and site.report()["max_log_file_mb"] == NEW["max_log_file"], "the next run goes on"
        back = site.module("auditd_conf", state="replaced", content=old)["result"]
        assert back["changed"] and site.report()["max_log_file_mb"] == 8
        site.send(5, f"after-{filesystem}-{moment}")
        wait_for(lambda tag=f"after-{filesystem}-{moment}": len(set(site.numbers(tag))) == 5, "the probes to be logged")
    assert outcomes >= {"error", "named"}
