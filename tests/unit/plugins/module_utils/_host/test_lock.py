# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change at a time."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock as _lock


class Live:
    is_live = True

    def __init__(self, directory):
        self.directory = directory

    def path(self, path, follow=True):
        return str(self.directory / path.lstrip("/"))


@pytest.fixture
def host(tmp_path):
    (tmp_path / "run").mkdir()
    return Live(tmp_path)


def test_the_second_waits_in_vain_and_is_told_for_whom(host):
    with _lock.held(host):
        assert os.stat(host.path(_lock.LOCK)).st_mode & 0o777 == 0o600
        with pytest.raises(AuditError, match="process %d is changing" % os.getpid()), _lock.held(host, 0):
            pass
        with _lock.held(host, 0, wanted=False):
            pass
    with _lock.held(host, 0):
        pass


def test_no_link_is_followed(host, tmp_path):
    os.symlink(tmp_path / "elsewhere", host.path(_lock.LOCK))
    with pytest.raises(AuditError, match="cannot open the lock"), _lock.held(host, 0):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_tree_has_no_lock(host, tmp_path):
    host.is_live = False
    with _lock.held(host), _lock.held(host, 0):
        assert not os.path.exists(host.path(_lock.LOCK))
