# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake kernel and a host that is a tree, for tests of modules."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from fake_kernel import FakeKernel, TreeAsLive


@pytest.fixture
def kernel(monkeypatch):
    fake = FakeKernel()
    monkeypatch.setattr(_kernel, "Netlink", fake.connect)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda *_arguments: None)
    return fake


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc/audit/rules.d").mkdir(parents=True)
    for name in ("passwd", "group"):
        (tmp_path / "etc" / name).write_text("root:x:0:0:\n")
    return TreeAsLive(tmp_path)
