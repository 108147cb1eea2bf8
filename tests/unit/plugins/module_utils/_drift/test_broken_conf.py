# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An auditd.conf that auditd refuses: the finding says by which variable it is cured, and that variable does cure it."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

FINE = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\n"
REPLACED = "auditd_conf_state: replaced"


def findings(root, text, settings, state="merged"):
    """{id: finding} about auditd.conf; the policy's own among them."""
    path = root / "etc/audit/auditd.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    wanted = {"auditd": {"settings": settings, "state": state, "rotation_wanted": False}}
    live, parsed = document.look(Host(str(root)), wanted, "3.0.9")
    items = document.compare(live, parsed, wanted)["items"]
    return {item["id"]: item for item in items if item["id"].startswith("disk.auditd_conf.")}


@pytest.mark.parametrize(("text", "ident", "cure"), [
    (FINE + "max_log_file_age = 30\n", "max_log_file_age", "auditd_conf.max_log_file_age (null takes the line out)"),
    (FINE + "max_log_file 6\n", "max_log_file", "auditd_conf.max_log_file (null takes the line out)"),
    (FINE + "\tflush = NONE\n", "flush", "auditd_conf.flush (null"),
    (FINE.replace("\n", "\r\n"), "line_1", REPLACED),
])
def test_the_finding_names_its_cure(tmp_path, text, ident, cure):
    found = findings(tmp_path, text, {})
    finding = found["disk.auditd_conf.refused." + ident]
    assert cure in finding["fix"] and finding["severity"] == "critical"
    assert [name for name in found if ".refused." in name] == ["disk.auditd_conf.refused." + ident]
    if ident.startswith("line_"):
        cured = conf_text.merge(conf_text.base(None, "3.0.9"), {}, "3.0.9")
    else:
        cured = conf_text.merge(conf_text.parse(text), {ident: None}, "3.0.9")
    assert not [problem for problem in validator.validate(cured, "3.0.9") if problem.fatal]


@pytest.mark.parametrize(("text", "state", "is_taken"), [
    ("", "merged", True), ("", "replaced", True), ("hello world\n", "replaced", True),
    ("num_logs = 5\n", "merged", True),  # what the file has wrong already is the file's finding, not the policy's
])
def test_a_policy_that_cures_the_file_is_not_refused(tmp_path, text, state, is_taken):
    assert ("disk.auditd_conf.policy" not in findings(tmp_path, text, {"num_logs": 5}, state)) is is_taken


@pytest.mark.parametrize(("key", "release_ignores"), [("disp_qos", True), ("dispatcher", True), ("num_logs", False)])
def test_a_key_that_the_release_ignores_converges(tmp_path, key, release_ignores):
    value = {"disp_qos": "lossy", "dispatcher": "/sbin/audispd", "num_logs": "7"}[key]
    ident = "disk.auditd_conf." + key
    assert ident in findings(tmp_path, FINE, {key: value})
    text = conf_text.merge(conf_text.parse(FINE), {key: value}, "3.0.9").text
    assert ident not in findings(tmp_path, text, {key: value})
    assert ident not in findings(tmp_path, FINE, {key: None}) or not release_ignores


@pytest.mark.parametrize("key", ["max_log_file", "space_left", "admin_space_left", "num_logs", "priority_boost", "freq"])
def test_a_digit_that_is_no_decimal_one_is_a_finding_and_no_fault(tmp_path, key):
    """str.isdigit() is true of a superscript, which int() does not take."""
    lines = [line for line in FINE.splitlines() if not line.startswith(key + " ")]
    assert "disk.auditd_conf.refused." + key in findings(tmp_path, "\n".join([*lines, key + " = \u00b2", ""]), {})
