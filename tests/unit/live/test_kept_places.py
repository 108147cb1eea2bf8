# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a live test may change is put back, also where its run was killed: by the next run, before its first test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

LIVE = Path(__file__).resolve().parents[2] / "live"
sys.path.insert(0, str(LIVE))
import kept_places  # noqa: E402 # pylint: disable=wrong-import-position

TABLE = "var/spool/cron/crontabs/root"
KILLED = """
import os, signal, subprocess, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import kept_places
root = Path(sys.argv[2])
kept_places.save(root)
(root / "{table}").write_text("17 3 * * * find /var/log/audit -delete\\n")
daemon = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
kept_places.STARTED = root / "started"
kept_places.note_started(daemon.pid)
print(daemon.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def root(tmp_path):
    for place, text in {"etc/audit/auditd.conf": "freq = 50\n", "etc/fstab": "# none\n", TABLE: "# somebody's\n",
                        "var/log/audit/audit.log": "type=\n", "etc/cron.d/e2scrub_all": "# theirs\n"}.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    (tmp_path / TABLE).chmod(0o600)
    (tmp_path / "var/spool/cron/crontabs").chmod(0o1730)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/syslog.service").symlink_to("/lib/systemd/system/rsyslog.service")
    return tmp_path


def everything(root: Path) -> dict[str, tuple]:
    paths = [path for path in root.rglob("*") if path.is_symlink() or not path.is_dir() or list(path.iterdir())]
    return {str(path.relative_to(root)): (path.lstat().st_mode, path.lstat().st_uid, "" if path.is_dir() else os.readlink(path)
            if path.is_symlink() else path.read_bytes() if path.is_file() else "socket") for path in paths}


def writes(root):
    (root / TABLE).write_text("0 0 1 1 * /bin/true\n")


def adds(root):
    (root / "etc/cron.daily").mkdir()
    (root / "etc/cron.daily/old-audit-rotation").write_text("#!/bin/sh\n")
    (root / "var/lib/auditops/retired").mkdir(parents=True)


def removes(root):
    (root / "etc/fstab").unlink()
    (root / "etc/systemd/system/syslog.service").unlink()


def replaces_a_directory(root):
    shutil.rmtree(root / "etc/audit")
    (root / "etc/audit").symlink_to("/nonexistent")


def opens_modes(root):
    (root / "etc/audit/auditd.conf").chmod(0o666)
    (root / "var/spool/cron/crontabs").chmod(0o777)


def listens(root):
    (root / "dev").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(os.path.relpath(root / "dev/log"))  # a name of a socket has 108 bytes


CHANGES = [writes, adds, removes, replaces_a_directory, opens_modes, listens]


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_a_change_is_put_back(root, change):
    before = everything(root)
    kept_places.save(root)
    change(root)
    assert everything(root) != before
    kept_places.put_back(root)
    assert everything(root) == before


def test_what_did_not_change_is_not_touched(root):
    inode = (root / TABLE).stat().st_ino
    kept_places.save(root)
    kept_places.put_back(root)
    assert (root / TABLE).stat().st_ino == inode


def test_a_killed_run_is_put_back_by_the_next(root, monkeypatch):
    before = everything(root)
    monkeypatch.setattr(kept_places, "STARTED", root / "started")
    killed = subprocess.Popen([sys.executable, "-c", KILLED.format(table=TABLE), LIVE, root], stdout=subprocess.PIPE, text=True)
    daemon = int(killed.stdout.readline())
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL and everything(root) != before
    kept_places.end_what_was_started()
    kept_places.put_back_all(root)
    assert everything(root) == before
    state = Path(f"/proc/{daemon}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z", "what it started has ended"


def test_another_process_of_the_same_number_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_places, "STARTED", tmp_path / "started")
    with subprocess.Popen(["sleep", "600"]) as other:
        (tmp_path / "started").write_text(f"{other.pid} 1\n")
        kept_places.end_what_was_started()
        assert other.poll() is None
        other.kill()


def test_an_incomplete_copy_puts_nothing_back(root):
    kept_places.save(root)
    (root / kept_places.SAVED / "test" / kept_places.COMPLETE).unlink()
    writes(root)
    kept_places.put_back(root)
    assert (root / TABLE).read_text() == "0 0 1 1 * /bin/true\n"


def test_what_a_module_changed_goes_back_behind_what_its_test_changed(root):
    before = everything(root)
    kept_places.save(root, "module")
    adds(root)
    kept_places.save(root)
    writes(root)
    kept_places.put_back_all(root)
    assert everything(root) == before


def test_a_program_that_still_writes_does_not_keep_a_place_from_going(root):
    before = everything(root)
    kept_places.save(root)
    script = "import os, sys, time\nend = time.monotonic() + 1\nwhile time.monotonic() < end:\n" \
             "    os.makedirs(sys.argv[1], exist_ok=True)\n    open(sys.argv[1] + '/%f' % time.monotonic(), 'w').close()\n"
    with subprocess.Popen([sys.executable, "-c", script, root / "var/lib/audit-rotate/staging"], stderr=subprocess.DEVNULL) as program:
        while not (root / "var/lib/audit-rotate/staging").exists():
            assert program.poll() is None
        kept_places.put_back(root)
        program.wait()
    kept_places._remove(root / "var/lib/audit-rotate")
    assert everything(root) == before


def test_what_chattr_has_locked_goes_back_too(root):
    locked = root / "etc/audit/auditd.conf"
    before = everything(root)
    kept_places.save(root)
    locked.write_text("freq = 1\n")
    if subprocess.run(["chattr", "+i", str(locked)], check=False, capture_output=True).returncode:
        pytest.skip("no file can be locked here")
    kept_places.put_back(root)
    assert everything(root) == before
