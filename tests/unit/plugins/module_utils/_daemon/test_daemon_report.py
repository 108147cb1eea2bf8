# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""State reports as eight releases wrote them are one shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import process as _daemon_signal
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import report as _daemon_report
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

REPORTS = {path.stem: path.read_text() for path in sorted((Path(__file__).parents[1] / "fixtures/state_reports").glob("*.txt"))}
COMMON = {
    "writing_to_logs": True, "max_log_file_mb": 8, "current_log_size_kb": 0, "space_left_on_partition": True, "free_mb": 12052,
    "space_left_mb": 75, "admin_space_left_mb": 50, "logging_suspended": False, "space_action_performed": False,
    "admin_action_performed": False, "disk_error": False, "listening": False,
}
BEFORE_3 = dict.fromkeys(("process_priority", "active_plugins", "plugin_queue_depth", "plugin_queue_overflow", "logs_detected"))


@pytest.mark.parametrize("release", REPORTS)
def test_every_release_gives_the_same_keys_and_values(release):
    report = _daemon_report.parse_report(REPORTS[release])
    assert {key: report[key] for key in COMMON} == COMMON
    assert report["time"].startswith("11/22/26 12:2")
    assert report["version"] == (release if _daemon_signal.release_tuple(release) >= (3, 0, 6) else None)
    since_3 = dict(BEFORE_3, process_priority=0, active_plugins=0, plugin_queue_depth=0, plugin_queue_overflow=False, logs_detected=0)
    assert {key: report[key] for key in BEFORE_3} == (BEFORE_3 if release == "2.8.5" else since_3)
    assert set(report) == set(_daemon_report.KEYS)


@pytest.mark.parametrize("line, key, value", [
    ("logging suspended = yes", "logging_suspended", True),
    ("current log size = 1048800", "current_log_size_kb", 1024),
    ("current log size = 1024 KiB", "current_log_size_kb", 1024),
    ("max log size = 0 KB", "max_log_file_mb", 0),
    ("max log size = 51200 KiB", "max_log_file_mb", 50),
    ("Logging partition free space = 7 MiB", "free_mb", 7),
    ("admin_space_left setting 200000 MB", "admin_space_left_mb", 200000),
    ("process priority = -4", "process_priority", -4),
    ("a line of a later release = 5", "free_mb", None),
    ("space left on partition = perhaps", "space_left_on_partition", None),
    ("no equals sign at all", "free_mb", None),
])
def test_lines(line, key, value):
    assert _daemon_report.parse_report("writing to logs = yes\n" + line + "\n")[key] == value


def test_without_logs_the_sizes_are_unknown():
    report = _daemon_report.parse_report("audit version = 4.0.2\nwriting to logs = no\nNumber of active plugins = 2\n")
    assert report["writing_to_logs"] is False and report["max_log_file_mb"] is None and report["active_plugins"] == 2


@pytest.mark.parametrize("text", ["", "\n", "hello\nworld = 5\n"])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(AuditError, match="no state report of auditd"):
        _daemon_report.parse_report(text)


@pytest.mark.parametrize("release", REPORTS)
def test_a_report_cut_short_is_not_complete(release):
    text = REPORTS[release]
    assert _daemon_report.is_complete(text)
    assert not _daemon_report.is_complete("")
    assert not _daemon_report.is_complete(text[:len(text) // 2].rstrip("\n"))


@pytest.mark.parametrize("wanted, have, wrong", [
    ({"max_log_file_mb": 8}, {"max_log_file_mb": 8}, []),
    ({"max_log_file_mb": 8}, {"max_log_file_mb": 0}, [("max_log_file_mb", 8, 0)]),
    ({"max_log_file_mb": 8}, {"max_log_file_mb": 9}, [("max_log_file_mb", 8, 9)]),
    ({"space_left_mb": 75}, {"space_left_mb": 76}, [("space_left_mb", 75, 76)]),
    ({"space_left_mb": _daemon_report.Computed(75)}, {"space_left_mb": 76}, []),
    ({"space_left_mb": _daemon_report.Computed(75)}, {"space_left_mb": 77}, [("space_left_mb", 75, 77)]),
    ({"space_left_mb": 75}, {"space_left_mb": None}, []),
    ({"space_left_mb": None}, {"space_left_mb": 3}, []),
    (None, {"space_left_mb": 3}, []),
])
def test_differences(wanted, have, wrong):
    assert _daemon_report.differences(wanted, have) == wrong
