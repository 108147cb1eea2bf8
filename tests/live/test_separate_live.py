# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log moves to a volume of its own while a real auditd writes 5,000 records a second, and a run is killed behind each step.

The volume is a loop device here, which stands for a logical volume that an earlier run has made; tests/vm has LVM's own.
"""

from __future__ import annotations

import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from auditd_site import COLLECTION, kernel_status, wait_for

FSTAB = Path("/etc/fstab")
PROGRESS = Path("/var/lib/auditops/storage/separate.json")
MODULE = "ansible_collections.auditops.auditd.plugins.modules.audit_storage"
PER_SECOND = 5000
# What is killed: behind a step, or in the middle of the move
STEPS = ("format", "mount", "rotate", "fstab")
KILLER = """
import os, signal, sys
from ansible_collections.auditops.auditd.plugins.module_utils._apply import moving, separate
def die(*_unused, **_options):
    os.kill(os.getpid(), signal.SIGKILL)
where = sys.argv.pop()
if where in separate.ACTS:
    act = separate.ACTS[where]
    separate.ACTS[where] = lambda *arguments: (act(*arguments), die())
elif where == "mkfs":
    tool = separate.run_tool
    separate.run_tool = lambda host, argv, package: die() if argv[0].startswith("mkfs") else tool(host, argv, package)
elif where == "mount_over":
    separate._check_mounted = die
elif where == "copied":
    moving.os.link = die
elif where == "named":
    moving._io.fsync_directory = die
elif where == "moved":
    separate._io.remove = die
from ansible_collections.auditops.auditd.plugins.modules import audit_storage
audit_storage.main()
"""

pytestmark = [
    pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="needs loop devices"),
    pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="needs mkfs.ext4 (package e2fsprogs)"),
]


class Volume:
    """A blank loop device that an earlier run is said to have made for the log of a site."""

    def __init__(self, site, home: Path, megabytes: int = 256):
        self.site = site
        image = home / "volume"
        image.write_bytes(b"")
        os.truncate(image, megabytes << 20)
        self.device = subprocess.run(["losetup", "-f", "--show", str(image)], check=True, capture_output=True, text=True).stdout.strip()
        site.stack.callback(subprocess.run, ["losetup", "-d", self.device], check=False)
        fstab = FSTAB.read_bytes() if FSTAB.exists() else None
        site.stack.callback(self._restore, fstab)
        PROGRESS.parent.mkdir(parents=True, exist_ok=True)
        PROGRESS.write_text(json.dumps({"device": self.device, "stage": "blank"}))

    def _restore(self, fstab):
        self.site.kill()
        for point in (str(self.site.log_dir), str(PROGRESS.parent / "below"), str(PROGRESS.parent / "new")):
            while os.path.ismount(point):
                subprocess.run(["umount", point], check=True)
        PROGRESS.unlink(missing_ok=True)
        if fstab is None:
            FSTAB.unlink(missing_ok=True)
        else:
            FSTAB.write_bytes(fstab)

    def module(self, kill: str | None = None, **arguments) -> dict:
        """What the module returns, {} where it was killed."""
        payload = json.dumps({"ANSIBLE_MODULE_ARGS": {"separate": True, "size": "max", **arguments}})
        argv = [sys.executable, *(["-c", KILLER, kill] if kill else ["-m", MODULE])]
        done = subprocess.run(argv, input=payload, capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(COLLECTION.parents[2])})
        if kill:
            assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
            return {}
        return json.loads(done.stdout)

    def is_used(self) -> bool:
        """auditd has its log open there."""
        return os.stat(self.site.log_dir).st_dev == os.stat(self.device).st_rdev and any(
            os.stat(f"/proc/{self.site.pid}/fd/{number}").st_ino == os.stat(self.site.log_dir / "audit.log").st_ino
            for number in os.listdir(f"/proc/{self.site.pid}/fd") if os.path.exists(f"/proc/{self.site.pid}/fd/{number}"))


@pytest.fixture
def volume(audited, tmp_path):
    return Volume(audited, tmp_path)


def counted(site, tag: str) -> collections.Counter:
    """How often each number of a load is in the files of the log."""
    text = "".join(path.read_text(errors="replace") for path in site.log_dir.iterdir() if path.is_file())
    return collections.Counter(int(number) for number in re.findall(rf"op=auditops-{tag} n=(\d+)", text))


def all_there(site, tag: str, sent: list[int]):
    wait_for(lambda: (sent[0] - 1) in counted(site, tag), "the last record", 60)
    found = counted(site, tag)
    assert set(found) == set(range(sent[0])), f"{sent[0] - len(found)} of {sent[0]} are lost"
    assert set(found.values()) == {1}, "and none is there twice"


@pytest.mark.parametrize("action", ["ROTATE", "KEEP_LOGS", "IGNORE"])
def test_the_log_moves_under_load_and_every_record_is_there(volume, action):
    """max_log_file = 1: under this load auditd also rotates by itself each second, before, in and behind the move."""
    site = volume.site
    site.start(max_log_file=1, max_log_file_action=action, num_logs=900, space_left=2, admin_space_left=1)
    site.fill_log(3, "before")
    shown = volume.module(_ansible_check_mode=True)
    assert shown["changed"] and not os.path.ismount(site.log_dir) and len(shown["steps"]) == 5
    lost = kernel_status()["lost"]
    with site.load("move", PER_SECOND) as sent:
        wait_for(lambda: counted(site, "move"), "a first record")
        done = volume.module()
        assert done.get("changed"), done
        so_far = len(counted(site, "move"))
        wait_for(lambda: len(counted(site, "move")) > so_far + 1000, "a thousand records behind the move")
    assert volume.is_used() and done["after"]["filesystem"]["mount"] == "/var/log/audit"
    all_there(site, "move", sent)
    assert counted(site, "before"), "what was written before is there too"
    assert kernel_status()["lost"] == lost and not PROGRESS.exists()
    words = next(line.split() for line in FSTAB.read_text().splitlines() if " /var/log/audit " in line)
    assert words[0].startswith("UUID=") and {"nodev", "nosuid", "noexec", "nofail"} <= set(words[3].split(","))
    assert {"nodev", "nosuid", "noexec"} <= set(done["after"]["filesystem"].get("options", ())) | set(
        next(line.split()[5] for line in Path("/proc/self/mountinfo").read_text().splitlines() if " /var/log/audit " in line).split(","))
    subprocess.run(["umount", "-l", site.log_dir], check=True)
    assert os.listdir(site.log_dir) == [], "nothing is left below"


@pytest.mark.parametrize("kill", ["mkfs", *STEPS, "mount_over", "copied", "named", "moved"])
def test_a_run_that_was_killed_is_continued_and_nothing_is_lost(volume, kill):
    site = volume.site
    site.start(num_logs=5, max_log_file_action="IGNORE", space_left=2, admin_space_left=1)
    mode, owner = os.stat(site.log_dir).st_mode, os.stat(site.log_dir).st_gid
    with site.load("killed", 1000) as sent:
        wait_for(lambda: counted(site, "killed"), "a first record")
        volume.module(kill=kill)
        assert site.pid, "auditd lives"
        done = volume.module()
        assert done.get("changed"), done
    assert volume.is_used()
    all_there(site, "killed", sent)
    assert (os.stat(site.log_dir).st_mode, os.stat(site.log_dir).st_gid) == (mode, owner)
    assert len([line for line in FSTAB.read_text().splitlines() if " /var/log/audit " in line]) == 1
    assert sorted(path.name for path in site.log_dir.iterdir() if path.name.startswith(".")) == [], "no half copy is left"


def test_a_power_cut_before_fstab_is_continued(volume):
    """After the boot the log lies below again, and the volume has records of its own."""
    site = volume.site
    site.start(num_logs=5, max_log_file_action="IGNORE", space_left=2, admin_space_left=1)
    site.send(50, "first")
    wait_for(lambda: len(counted(site, "first")) == 50, "the first records")
    volume.module(kill="rotate")
    site.send(50, "second")
    wait_for(lambda: len(counted(site, "second")) == 50, "the second records")
    site.kill()
    subprocess.run(["umount", site.log_dir], check=True)
    site.start(num_logs=5, max_log_file_action="IGNORE", space_left=2, admin_space_left=1)
    site.send(50, "third")
    wait_for(lambda: len(counted(site, "third")) == 50, "the third records")
    assert volume.module()["changed"] and volume.is_used()
    for tag in ("first", "second", "third"):
        all_there(site, tag, [50])


@pytest.mark.parametrize("changes, said", [
    ({"num_logs": 1}, "does not rotate with num_logs = 1"),
    ({"write_logs": "no"}, "auditd writes no log"),
])
def test_what_is_refused_before_anything_is_done(volume, changes, said):
    site = volume.site
    site.start(**{"max_log_file_action": "IGNORE", "space_left": 2, "admin_space_left": 1, "num_logs": 5, **changes})
    refused = volume.module()
    assert refused["failed"] and said in refused["msg"], refused
    assert not os.path.ismount(site.log_dir) and PROGRESS.exists()


def test_without_a_volume_group_there_is_nothing_to_take(volume):
    PROGRESS.unlink()
    refused = volume.module()
    assert refused["failed"] and "no logical volume" in refused["msg"], refused


def test_traces_of_something_older_are_never_formatted(volume):
    subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "somebody", volume.device], check=True)
    PROGRESS.write_text(json.dumps({"device": volume.device, "stage": "made"}))
    refused = volume.module()
    assert refused["failed"] and "traces of something older" in refused["msg"] and "ext4" in refused["msg"], refused
    label = subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", volume.device], check=True, capture_output=True, text=True).stdout
    assert label.strip() == "somebody" and not os.path.ismount(volume.site.log_dir)
