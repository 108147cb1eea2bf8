# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container of the lab is gone when down returns, also where podman still cleans up behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[3] / "molecule/lab"


@pytest.fixture
def container(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(LAB))
    import container

    monkeypatch.setattr(container, "RUN", tmp_path / "run")
    return container


def cleanup(run: Path, seconds: float) -> subprocess.Popen:
    """What podman does once the container has ended: it makes its directory again."""
    code = "import os, sys, time; time.sleep(float(sys.argv[1])); os.makedirs(sys.argv[2] + '/overlay', exist_ok=True)"
    return subprocess.Popen([sys.executable, "-c", code, str(seconds), str(run)])


def test_down_waits_for_what_podman_does_afterwards(container, tmp_path):
    (tmp_path / "fleet").mkdir()
    with cleanup(container.RUN, 0.7):
        container.down(tmp_path / "fleet")
        assert not container.users_of(container.RUN)
    assert not container.RUN.exists() and not (tmp_path / "fleet").exists()


def test_what_never_ends_is_named(container, tmp_path, monkeypatch):
    monkeypatch.setattr(container, "CLEANUP", 0)
    with cleanup(container.RUN, 30) as stuck:
        try:
            with pytest.raises(container.lab.LabError, match=str(stuck.pid)):
                container.down(tmp_path / "fleet")
        finally:
            stuck.kill()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="a mount namespace needs root and unshare")
def test_what_sees_other_mounts_has_a_directory_of_its_own(container):
    waits = "import sys; print(flush=True); sys.stdin.read()"
    argv = ["unshare", "--mount", sys.executable, "-c", waits, str(container.RUN)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        assert not container.users_of(container.RUN)
