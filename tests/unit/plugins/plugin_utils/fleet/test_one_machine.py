# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two names of the inventory for one machine are noticed: the report counts both, and says so."""

from __future__ import annotations

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.action import audit_report
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import reader, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.history import Changes
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.model import Fleet
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report

BOOT = "6cb8f3f4-5bd7-4dc1-8b0e-0f1f6a1f8a3b"


@pytest.mark.parametrize(("boots", "names"), [
    ({"web1": BOOT, "10.0.0.5": BOOT, "db1": "x"}, [["10.0.0.5", "web1"]]),
    ({"web1": BOOT, "db1": "x"}, []),
    ({"web1": None, "db1": None}, []),
    ({"web1": "", "db1": ""}, []),
    ({"web1": ["x"], "db1": ["x"]}, []),
    ({"a": "y", "b": "y", "c": "x", "d": "x"}, [["a", "b"], ["c", "d"]]),
])
def test_one_boot_id_is_one_machine(tmp_path, boots, names):
    for host, boot in boots.items():
        document = documents.document(host)
        Spool(tmp_path).write({**document, "live": {**document["live"], "kernel": {"boot": boot}}}, phase="now")
    fleet = reader.load([str(tmp_path)])
    assert fleet.of_one_machine == names
    shown = [summary.summary(fleet), *(table.text(Report(fleet), kind) for kind in ("html", "markdown"))]
    for text in shown:
        assert text.count("one machine (one boot id) under 2 names") == len(names)
    assert all(", ".join(group) in shown[0] for group in names)


def test_the_lists_of_a_result_are_bounded():
    fleet = Fleet([], [(f"hosts/{number}.json", "it is no JSON object") for number in range(4000)])
    result = audit_report._result(publish.Published(fleet, Changes(), "", {}, []), "x")
    assert (len(result["left_out"]), result["left_out_count"], result["stopping"], result["stopping_count"]) == (100, 4000, [], 0)
