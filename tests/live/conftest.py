# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests against a real auditd on this machine's kernel.

``audited`` is this machine; ``site`` is this machine and, one after the other, the roots of other releases in the directory that
AUDITOPS_CHROOTS names (``make chroots`` builds them). Both skip where a real auditd cannot run and put everything back, also what a killed
run left: files (kept_places.PLACES), auditd, the kernel's rules and status. One test at a time has the kernel: AUDITOPS_LIVE_LOCK names
the lock file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

import auditd_site as sites
import kept_places
import kernel_state
import pytest

LOCK = os.environ.get("AUDITOPS_LIVE_LOCK", "/run/lock/auditops-live.lock")
ROOTS = sites.roots()


@contextlib.contextmanager
def alone():
    """No other test that holds this lock runs meanwhile."""
    os.makedirs(os.path.dirname(LOCK), exist_ok=True)
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session", autouse=True)
def what_a_killed_run_left():
    """Put back before the first test, so that no test meets what another run left."""
    if os.geteuid() == 0:
        with alone():
            kept_places.end_what_was_started()
            for root in ROOTS.values():
                kept_places.put_back_all(root)
            kernel_state.put_back_what_was_left()


@pytest.fixture
def kernel_audit(what_a_killed_run_left):
    """The kernel's audit for one test alone; its status and rules are put back."""
    with alone():
        reason = sites.why_not()
        if reason:
            pytest.skip(reason)
        with kernel_state.kept():
            yield


@pytest.fixture
def audited(kernel_audit):
    """This machine, with its own release of auditd; nothing runs yet. See tests/live/auditd_site.py for what it can do."""
    with sites.open_site(Path("/")) as site:
        yield site


@pytest.fixture(params=list(ROOTS))
def site(request, kernel_audit):
    """Each release of auditd within reach, one after the other."""
    root = ROOTS[request.param]
    if not (root / "etc/audit").is_dir():
        pytest.skip(f"no root {request.param} in AUDITOPS_CHROOTS={sites.CHROOTS}: make chroots")
    with sites.open_site(root.resolve()) as site:
        yield site


@pytest.fixture
def lost():
    """The kernel's count of lost records may not grow."""
    before = sites.kernel_status().get("lost")
    yield
    assert sites.kernel_status().get("lost") == before
