# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-rotate and a real auditd under load: every event exactly once, in order, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from auditd_site import CARRIED, COLLECTION, kernel_status, wait_for

sys.path.insert(0, str(COLLECTION / "tests" / "unit" / "roles"))
from rotate_tree import content  # noqa: E402

FILES = "roles/audit_rotation/files"
CONF = "/etc/audit/rotate.conf"
STATE = "/var/tmp/auditops-rotate-state"
PER_SECOND = int(os.environ.get("AUDITOPS_EVENTS_PER_SECOND", "5000"))
ROTATIONS = int(os.environ.get("AUDITOPS_ROTATIONS", "20"))
KILLS = int(os.environ.get("AUDITOPS_KILLS", "40"))
PYTHON36 = next((str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.6.*/bin/python"))), None) or shutil.which("python3.6")
ROOMY = {"max_log_file_action": "IGNORE", "num_logs": 5}


class Rotation:
    """audit-rotate in a site."""

    def __init__(self, site):
        self.site = site
        self.python = "/usr/bin/python3" if site.path("/usr/bin/python3").exists() else sys.executable
        self.program = str(COLLECTION / FILES)
        if site.root != Path("/"):
            self.program = f"/{CARRIED}/ansible_collections/auditops/auditd/{FILES}"
            shutil.copytree(COLLECTION / FILES, site.path(self.program), dirs_exist_ok=True)
        self.configure()

    def configure(self, **config):
        settings = {"state_dir": STATE, "min_free_megabytes": 0, "keep_megabytes": 0, **config}
        self.site.path(CONF).write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def argv(self, *arguments):
        where = [] if self.site.root == Path("/") else ["chroot", str(self.site.root)]
        return [*where, self.python, "-IS", f"{self.program}/audit-rotate", *arguments]

    def run(self, *arguments):
        return subprocess.run(self.argv(*arguments), check=False, capture_output=True, text=True)

    def status(self):
        return json.loads((self.site.path(STATE) / "status.json").read_text())

    def names(self):
        return sorted(path.name for path in self.site.log_dir.iterdir() if path.name not in ("blob", "lost+found"))

    def numbers(self, tag):
        """The numbers of send(tag) in all logs, the logs ordered by the serial number of their first record."""
        logs = []
        waiting = (self.site.path(STATE) / "staging").rglob("audit.log*")
        for path in [*self.site.log_dir.glob("audit.log*"), *waiting]:
            text = content(path)
            serials = re.search(rb"msg=audit\([0-9.]+:(\d+)\)", re.sub(rb"type=DAEMON_.*\n", b"", text))
            if serials:
                logs.append((int(serials.group(1)), [int(n) for n in re.findall(rf"op=auditops-{tag} n=(\d+)".encode(), text)]))
                assert text.endswith(b"\n"), f"{path.name} ends in a torn record"
        return [number for _first, numbers in sorted(logs) for number in numbers]

    def check(self, tag, sent, lost):
        """Exactly once and in order. What the kernel itself dropped while auditd stood still shows in its own count."""
        found = self.numbers(tag)
        assert found == sorted(set(found)), "doubled or out of order"
        missing = sorted(set(range(sent)) - set(found))
        if kernel_status()["lost"] > lost:
            assert len(missing) < sent / 2
        else:
            assert missing == [], f"{len(missing)} of {sent} are in no log, the first is {missing[0]}"
        assert [name for name in self.names() if name.startswith(".") or name[10:].isdigit()] == []


@pytest.fixture
def rotation(site):
    shutil.rmtree(site.path(STATE), ignore_errors=True)
    yield Rotation(site)
    shutil.rmtree(site.path(STATE), ignore_errors=True)


@pytest.fixture
def here(audited):
    shutil.rmtree(audited.path(STATE), ignore_errors=True)
    yield Rotation(audited)
    shutil.rmtree(audited.path(STATE), ignore_errors=True)


def drained(site, tag, number):
    last = f"op=auditops-{tag} n={number} ".encode()
    wait_for(lambda: last in (site.log_dir / "audit.log").read_bytes(), "the last event to be written", 60)


def test_rotates_with_proof_on_every_release(rotation):
    site = rotation.site
    site.start(**ROOMY)
    site.send(500, "a")
    wait_for(lambda: site.numbers("a")[-1:] == [499], "the events")
    before = (site.log_dir / "audit.log").stat().st_ino
    done = rotation.run()
    assert done.returncode == 0, done.stderr
    assert (site.log_dir / "audit.log").stat().st_ino != before
    status = rotation.status()
    assert status["rotated"]["inode_before"] == before
    assert status["compressed_count"] == 1 and status["result"] == "success"
    assert rotation.numbers("a") == list(range(500))
    assert [name for name in rotation.names() if name != "audit.log"][0].endswith((".zst", ".xz"))


@pytest.mark.parametrize("changes, code, words", [
    ({"num_logs": 1}, 7, "num_logs = 1"), ({"num_logs": 0}, 7, "num_logs = 0"), ({"write_logs": "no"}, 8, "write_logs = no"),
])
def test_what_keeps_auditd_from_rotating_is_told_apart(here, changes, code, words):
    here.site.start(**{**ROOMY, **changes})
    done = here.run()
    assert done.returncode == code and words in done.stderr
    assert here.status()["exit_code"] == code


def test_no_auditd(here):
    here.site.configure(**ROOMY)
    (here.site.log_dir / "audit.log.1").write_text("type=A msg=audit(1760000000.000:1): x\n")
    done = here.run()
    assert done.returncode == 6 and "auditd does not run" in done.stderr
    assert here.names() == ["audit.log.2025-10-09T08:53:20Z.zst" if shutil.which("zstd") else "audit.log.2025-10-09T08:53:20Z.xz"]


def test_keep_logs_rotates_whatever_num_logs_is(here):
    here.site.start(max_log_file_action="KEEP_LOGS", num_logs=0)
    here.site.send(10, "a")
    wait_for(lambda: here.site.numbers("a")[-1:] == [9], "the events")
    assert here.run().returncode == 0
    assert here.numbers("a") == list(range(10))


@pytest.mark.parametrize("mode", ["--rotate", "--guard"])
def test_an_auditd_that_writes_another_log_is_left_alone(here, tmp_path, mode):
    site = here.site
    site.start(**ROOMY)
    (tmp_path / "log").mkdir(mode=0o750)
    log = tmp_path / "log" / "audit.log"
    log.write_bytes(b"x" * (2 << 20))
    here.configure(log_file=log, ceiling_megabytes=1)
    before = (site.log_dir / "audit.log").stat().st_ino
    done = here.run(*(["--guard"] if mode == "--guard" else []))
    assert done.returncode == 6, done.stderr
    assert (site.log_dir / "audit.log").stat().st_ino == before and site.records("DAEMON_ROTATE") == []
    assert log.stat().st_size == 2 << 20


@pytest.mark.skipif(not PYTHON36, reason="no Python 3.6 here")
def test_python_36_rotates_and_wakes(here):
    site = here.site
    here.python = PYTHON36
    site.start(**{**ROOMY, **SUSPENDED["size"]})
    suspend(site, "size")
    done = here.run()
    assert done.returncode == 0, done.stderr
    assert site.report()["logging_suspended"] is False
    assert here.run().returncode == 0
    assert here.status()["rotated"]


def test_the_installed_program_runs_by_the_line_that_cron_gets(here):
    site = here.site
    sources = subprocess.run(
        [sys.executable, "-c", "import json; from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library as p; "
         "print(json.dumps(p.program()))"], capture_output=True, text=True, cwd=COLLECTION.parents[2], check=True)
    site.start(**ROOMY)
    site.send(10, "cron")
    wait_for(lambda: site.numbers("cron")[-1:] == [9], "the events")
    installed = ("/usr/local/sbin/audit-rotate", "/etc/cron.d/audit-rotate")
    if any(Path(path).exists() for path in installed):
        pytest.skip("the rotation is installed on this machine")
    try:
        options = {"scheduler": "cron", "program": json.loads(sources.stdout), "config": {"min_free_megabytes": 0}}
        check = site.module("audit_rotation", check=True, **options)
        assert check["result"]["changed"] and not any(Path(path).exists() for path in installed)
        answer = site.module("audit_rotation", **options)
        assert answer["result"]["ran"]["exit"] == 0, answer
        assert answer["result"]["files"] == check["result"]["files"]
        again = site.module("audit_rotation", **options)
        assert not again["result"]["changed"] and again["result"]["ran"] is None
        line = [line for line in Path(installed[1]).read_text().splitlines() if line.endswith("audit-rotate")][0]
        before = (site.log_dir / "audit.log").stat().st_ino
        subprocess.run(["/bin/sh", "-c", line.split(" root ")[1]], check=True, env={"PATH": "/usr/bin:/bin"})
        assert (site.log_dir / "audit.log").stat().st_ino != before
        assert here.numbers("cron") == list(range(10))
    finally:
        site.module("audit_rotation", state="absent")
        shutil.rmtree("/var/lib/audit-rotate", ignore_errors=True)
    assert not any(Path(path).exists() for path in (*installed, "/usr/local/lib/audit-rotate"))


def test_a_log_elsewhere(here):
    site = here.site
    directory = Path("/var/tmp/auditops-elsewhere")
    directory.mkdir(mode=0o700)
    try:
        site.start(**ROOMY, log_file=f"{directory}/my.log")
        site.send(10, "a")
        wait_for(lambda: b"op=auditops-a n=9 " in (directory / "my.log").read_bytes(), "the events")
        done = here.run()
        assert done.returncode == 0, done.stderr
        assert len([path for path in directory.iterdir() if path.name.startswith("my.log.2")]) == 1
    finally:
        site.kill()
        shutil.rmtree(directory)


def test_every_event_exactly_once_under_load(here):
    site = here.site
    site.start(**ROOMY)
    subprocess.run(["auditctl", "-b", "65536"], check=True, capture_output=True)
    lost = kernel_status()["lost"]
    with site.load("load", PER_SECOND) as sent:
        for _unused in range(ROTATIONS):
            done = here.run()
            assert done.returncode == 0, done.stderr
            time.sleep(0.2)
    drained(site, "load", sent[0] - 1)
    assert here.run().returncode == 0
    here.check("load", sent[0], lost)
    assert len(here.names()) >= ROTATIONS
    if kernel_status()["lost"] == lost:
        assert here.status()["missing"] == [], "the numbers of the kernel's events have no gap where none is missing"


def test_a_full_partition_that_nobody_saw_is_recorded_from_when_to_when(rotation):
    site = rotation.site
    site.small_partition(32)
    site.start(**ROOMY, space_left=2, admin_space_left=1)
    site.send(300, "before")
    wait_for(lambda: site.numbers("before")[-1:] == [299], "the events")
    start = time.time()
    blob = site.fill_partition()
    site.send(2000, "hidden")
    wait_for(lambda: kernel_status()["backlog"] == 0, "auditd to have taken them")
    blob.unlink()
    site.send(300, "after")
    wait_for(lambda: site.numbers("after")[-1:] == [299], "the events after it")
    missing = 2000 - len(site.numbers("hidden"))
    assert missing > 100, "a full partition keeps no record"
    done = rotation.run()
    assert done.returncode == 0, done.stderr
    (gap,) = rotation.status()["missing"]
    assert gap["events"] == pytest.approx(missing, abs=20) and start - 5 <= gap["from"] <= gap["to"] <= time.time()


def test_killed_at_random_points_under_load(here):
    site = here.site
    site.start(**ROOMY)
    subprocess.run(["auditctl", "-b", "65536"], check=True, capture_output=True)
    lost = kernel_status()["lost"]
    dice = random.Random(6)
    with site.load("kill", 1000) as sent:
        for _unused in range(KILLS):
            process = subprocess.Popen(here.argv(), stderr=subprocess.PIPE, text=True)
            try:
                process.wait(dice.uniform(0.02, 0.5))
            except subprocess.TimeoutExpired:
                process.kill()
            errors = process.communicate()[1]
            assert errors == "", errors
    drained(site, "kill", sent[0] - 1)
    assert here.run().returncode == 0
    here.check("kill", sent[0], lost)


def test_the_guard_rotates_at_the_ceiling_and_else_does_nothing(here):
    site = here.site
    here.configure(ceiling_megabytes=1)
    site.start(**ROOMY)
    assert here.run("--guard").returncode == 0
    assert here.names() == ["audit.log"]
    site.fill_log(1.2)
    wait_for(lambda: (site.log_dir / "audit.log").stat().st_size > 1 << 20, "the log to grow")
    assert here.run("--guard").returncode == 0
    assert here.status()["mode"] == "guard" and len(here.names()) == 2
    assert (site.log_dir / "audit.log").stat().st_size < 1 << 20


SUSPENDED = {
    "size": {"max_log_file": 1, "max_log_file_action": "SUSPEND"},
    "admin_space_left": {"admin_space_left": 24, "space_left": 25, "admin_space_left_action": "SUSPEND"},
    "space_left": {"admin_space_left": 2, "space_left": 24, "space_left_action": "SUSPEND"},
    "disk_full": {"disk_full_action": "SUSPEND", "admin_space_left": 1, "space_left": 2},
}


def suspend(site, reason):
    """Load until auditd suspends itself for this reason."""
    for round_ in range(400):
        site.send(400, "s%d" % round_, 400)
        if site.report()["logging_suspended"]:
            return
    pytest.fail(f"auditd did not suspend logging for {reason}")


@pytest.mark.parametrize("reason", sorted(SUSPENDED))
def test_a_suspended_auditd_is_woken(rotation, reason):
    site = rotation.site
    site.small_partition(48)
    site.start(**{**ROOMY, **SUSPENDED[reason]})
    if reason == "disk_full":
        site.fill_partition(leave_kilobytes=3000)
    suspend(site, reason)
    done = rotation.run()
    assert done.returncode == 0, done.stderr + json.dumps(rotation.status(), indent=1)
    assert site.report()["logging_suspended"] is False
    assert rotation.status()["resumed"]
    (gap,) = rotation.status()["missing"]
    assert gap["events"] is None and gap["from"] <= gap["to"] <= time.time(), "nobody counts what was not written, yet"
    site.send(5, "after")
    wait_for(lambda: b"op=auditops-after n=4 " in (site.log_dir / "audit.log").read_bytes(), "an event after the resume")
    everything = b"".join(content(path) for path in site.log_dir.glob("audit.log*"))
    assert everything.count(b"op=auditops-s0 ") == 400
    assert rotation.run("--guard").returncode == 0


def test_the_guard_wakes_a_suspended_auditd(here):
    site = here.site
    here.configure(ceiling_megabytes=1000)
    site.start(**{**ROOMY, **SUSPENDED["size"]})
    suspend(site, "size")
    done = here.run("--guard")
    assert done.returncode == 0, done.stderr
    assert site.report()["logging_suspended"] is False


def test_a_suspended_auditd_without_room_is_left_alone_and_told(here):
    site = here.site
    site.small_partition(48)
    site.start(**{**ROOMY, **SUSPENDED["admin_space_left"]})
    site.fill_partition(leave_kilobytes=20000)
    suspend(site, "admin_space_left")
    pid = site.pid
    done = here.run()
    assert done.returncode == 9 and "MB are free" in done.stderr and "more than 24 are needed" in done.stderr
    assert site.pid == pid
    assert site.report()["logging_suspended"] is True
    (site.log_dir / "blob").unlink()
    assert here.run().returncode == 0
    assert site.report()["logging_suspended"] is False


@pytest.mark.parametrize("filesystem, megabytes", [("ext4", 32), ("xfs", 320)])
def test_rotating_on_a_full_disk(here, filesystem, megabytes):
    if not shutil.which(f"mkfs.{filesystem}"):
        pytest.skip(f"needs mkfs.{filesystem}")
    site = here.site
    site.small_partition(megabytes, filesystem)
    site.start(**ROOMY)
    lost = kernel_status()["lost"]
    site.send(9000, "full", 400)
    wait_for(lambda: site.numbers("full")[-1:] == [8999], "the events")
    blob = site.fill_partition()
    done = here.run()
    assert "Traceback" not in done.stderr
    assert here.numbers("full") == list(range(9000))
    blob.unlink()
    done = here.run()
    assert done.returncode == 0, done.stderr
    here.check("full", 9000, lost)
