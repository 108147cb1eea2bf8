# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host looks like after the remediation, read from its files: nothing here asks the collection's own code."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
from pathlib import Path

import pytest

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
HOSTS = sorted(path.name for path in (EPHEMERAL / "fleet" / "hosts").iterdir())
RECORDS_PER_LOG = 2000
FAILURE_ACTIONS = ("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action")
OPENERS = {".gz": gzip.open, ".xz": lzma.open}


@pytest.fixture(params=HOSTS)
def root(request) -> Path:
    return EPHEMERAL / "fleet" / "hosts" / request.param


def settings(root: Path) -> dict[str, str]:
    lines = (root / "etc/audit/auditd.conf").read_text().splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return {key: value.lower() for key, value in pairs}


def read_log(path: Path) -> list[str]:
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True, text=True).stdout.splitlines()
    with OPENERS.get(path.suffix, open)(path, "rt") as stream:
        return stream.read().splitlines()


def test_no_setting_stops_the_host(root):
    have = settings(root)
    actions = {key: value for key, value in have.items() if key.endswith("_action")}
    assert not {"halt", "single"} & set(actions.values()), actions
    assert {actions[key] for key in FAILURE_ACTIONS} == {"syslog"}, "audited and up: nothing suspends"
    assert have["max_log_file_action"] == "ignore"
    assert int(have["num_logs"]) >= 2


def test_kernel_does_not_panic_at_the_next_boot(root):
    compiled = (root / "etc/audit/audit.rules").read_text().splitlines()
    assert [line for line in compiled if line.startswith("-f")] == ["-f 1"]


def test_rotation_is_scheduled_by_exactly_one_scheduler(root):
    cron = (root / "etc/cron.d/audit-rotate").exists()
    timer = (root / "etc/systemd/system/audit-rotate.timer").exists()
    assert cron != timer
    assert os.access(root / "usr/local/sbin/audit-rotate", os.X_OK)


def test_every_record_is_still_there_exactly_once(root):
    logs = [path for path in (root / "var/log/audit").iterdir() if path.name.startswith("audit.log")]
    serials = sorted(int(line.split(":", 1)[1].split(")", 1)[0]) for path in logs for line in read_log(path))
    assert serials == list(range(1, len(serials) + 1))
    assert len(serials) % RECORDS_PER_LOG == 0
    assert len(serials) > 0


def test_rotated_logs_are_compressed_under_the_time_of_their_last_record(root):
    names = {path.name for path in (root / "var/log/audit").iterdir()} - {"audit.log"}
    assert not {name for name in names if name.rsplit(".", 1)[1].isdigit()}, "plain rotated logs are left"
    assert all(name.startswith("audit.log.2026-") for name in names)


def test_report_says_in_sync(root):
    document = json.loads((EPHEMERAL / "report" / "hosts" / (root.name + ".json")).read_text())
    assert document["status"] == "in_sync"
