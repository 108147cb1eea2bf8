# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers of differences name the file that is looked at."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._diff import rooted


def one(path):
    return {"before": "a", "after": "b", "before_header": path, "after_header": path}


@pytest.mark.parametrize(("root", "path", "shown"), [
    ("/", "/etc/audit/auditd.conf", "/etc/audit/auditd.conf"), ("/mnt", "/etc/audit/auditd.conf", "/mnt/etc/audit/auditd.conf"),
    ("/mnt/", "/etc/x", "/mnt/etc/x"), ("/mnt", "the kernel", "the kernel"),
])
def test_headers_are_below_the_root(root, path, shown):
    assert rooted({"diff": one(path)}, root)["diff"] == one(shown)
    assert rooted({"diff": [one(path), {"prepared": "x"}]}, root)["diff"] == [one(shown), {"prepared": "x"}]
    assert rooted({"changed": False}, root) == {"changed": False}
