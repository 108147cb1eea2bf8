# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole file that auditd_conf_state: replaced writes is one that auditd takes, whatever YAML made of its values."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator

TEMPLATE = Path(__file__).resolve().parents[3] / "roles/auditd/templates/auditd.conf.j2"
BASE = {"space_left": "75", "admin_space_left": "50", "verify_email": "yes", "action_mail_acct": "root"}

CASES = [
    ({}, BASE),
    ({"verify_email": False}, {**BASE, "verify_email": "no"}),
    ({"write_logs": True, "num_logs": 5}, {**BASE, "write_logs": "yes", "num_logs": "5"}),
    ({"action_mail_acct": None}, {key: value for key, value in BASE.items() if key != "action_mail_acct"}),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_the_file_is_taken_and_says_what_was_set(changes, expected):
    # as Ansible sets it for the template lookup
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined, autoescape=False)
    text = environment.from_string(TEMPLATE.read_text()).render(__auditd_complete_settings=BASE | changes)
    conf = _conf.parse(text)
    assert dict(conf.settings) == expected
    assert [problem.reason for problem in validator.validate(conf, "3.0.9") if problem.fatal] == []
    assert text.endswith("\n")
