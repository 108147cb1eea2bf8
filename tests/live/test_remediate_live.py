# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks end to end, against a real auditd on this machine's kernel: what the README promises."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import kept_places
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker, files
from auditd_site import COLLECTION, kernel_status, wait_for

STOCK = (COLLECTION / "demo/fixtures/debian-12/etc/audit/auditd.conf").read_text()
INSTALLED = (*files.LAUNCHERS, checker.PROGRAM, files.LIBRARY, "/var/lib/audit-rotate", *files.SCHEDULE_FILES, *files.LINKS)
ACTIONS = ("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action")


@pytest.fixture
def cron():
    """A real cron daemon, which this machine may not run by itself: what it starts at its minute is the installed rotation."""
    if {"cron", "crond"} & set(running()):
        yield
        return
    program = shutil.which("cron", path="/usr/sbin:/usr/bin") or shutil.which("crond", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("needs a cron daemon")
    daemon = subprocess.Popen([program, "-f"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept_places.note_started(daemon.pid)
    try:
        yield
    finally:
        daemon.terminate()
        daemon.wait()


def running():
    """The names of the processes that have this one's files: the cron of a container serves nobody here."""
    own = os.readlink("/proc/self/ns/mnt")
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = path.read_text().strip()
            if os.readlink(path.parent / "ns/mnt") == own:
                yield name
        except OSError:
            continue  # it has just ended


@pytest.fixture
def host(audited, cron, tmp_path):
    """This machine as a stock Debian 12 host with auditd running, and the playbooks to run on it."""
    remove_installed()
    rules = audited.path("/etc/audit/rules.d")
    shutil.rmtree(rules)
    shutil.copytree(COLLECTION / "demo/fixtures/debian-12/etc/audit/rules.d", rules)
    yield Playbooks(audited, tmp_path)
    remove_installed()


def stock(**changes) -> str:
    """Debian's auditd.conf with these values instead of its own."""
    text = STOCK
    for key, value in changes.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1
    return text


def remove_installed():
    for name in INSTALLED:
        path = Path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


class Playbooks:
    def __init__(self, site, directory: Path):
        self.site = site
        self.directory = directory
        self.report = directory / "report"

    def run(self, name: str, *arguments: str, expect: int = 0) -> Run:
        environment = dict(
            os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_FORCE_COLOR="0",
            ANSIBLE_DIFF_ALWAYS="1",
        )
        argv = [
            str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "-i", "here,", "-c", "local",
            "-e", f"ansible_python_interpreter=/usr/bin/python3 audit_drift_report_dir={self.report}", *arguments,
            f"auditops.auditd.{name}",
        ]
        with subprocess.Popen(argv, cwd=self.directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as play:
            kept_places.note_started(play.pid)
            said, errors = play.communicate()
        assert play.returncode == expect, said + errors
        return Run(said)

    def document(self) -> dict:
        return json.loads((self.report / "hosts/here.json").read_text())


class Run:
    def __init__(self, output: str):
        self.output = output
        by_command = re.findall(r'"way": "(?:code|audit-check)"', output)  # what audit_drift sends or asks is no module
        self.remote_tasks = re.findall(r"Using module file \S+/(\w+)\.py", output) + ["audit_drift"] * len(by_command)
        self.changed = int(re.search(r"changed=(\d+)", output).group(1))
        self.diff = re.findall(r"^[-+](?![-+]).*$", output, re.MULTILINE)


def settings(site) -> dict[str, str]:
    lines = site.path("/etc/audit/auditd.conf").read_text().splitlines()
    return {key: value.upper() for key, value in (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))}


def age(path: Path) -> tuple[str, int]:
    """Archives of one second are told apart by a number, the oldest has none."""
    stamp, sequence = re.fullmatch(r"audit\.log\.([^.]+)(?:\.(\d+))?\.\w+", path.name).groups()
    return stamp, int(sequence or 0)


def read_archives(site) -> str:
    """Every byte of the log directory, oldest first, whatever the compression."""
    text = ""
    for path in sorted(site.log_dir.glob("audit.log.*"), key=age):
        if path.suffix == ".zst":
            text += subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True, text=True).stdout
        else:
            with {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)(path, "rt") as stream:
                text += stream.read()
    return text + (site.log_dir / "audit.log").read_text()


def snapshot(*roots: Path) -> dict[str, tuple]:
    """What a comparison of trees byte for byte needs; the live log grows by itself and is left out."""
    found = {}
    for root in roots:
        for path in [root, *root.rglob("*")]:
            status = path.lstat()
            if path.name == "audit.log":
                continue
            found[str(path)] = (status.st_mode, status.st_uid, status.st_gid, status.st_ino, _content(path))
    return found


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.readlink(path).encode()  # /etc/mtab leads to the mounts of the moment, which other programs change
    return path.read_bytes() if path.is_file() else b""


def test_remediate_a_stock_host_then_find_it_in_sync(host):
    site = host.site
    site.start(STOCK)
    with site.load("before", 200) as sent:
        for _round in range(3):
            wait_for(lambda: (site.log_dir / "audit.log").stat().st_size > 20000, "records to rotate")
            inode = (site.log_dir / "audit.log").stat().st_ino
            os.kill(site.pid, 10)
            wait_for(lambda old=inode: (site.log_dir / "audit.log").stat().st_ino != old, "a rotation")
    pid = site.pid
    started = time.time()
    run = host.run("remediate")
    assert run.changed > 0
    assert host.document()["status"] == "in_sync"
    assert json.loads((host.report / "before/here.json").read_text())["status"] == "drifted"

    assert site.pid == pid, "reloaded, not restarted"
    have = settings(site)
    assert have["max_log_file_action"] == "IGNORE"
    assert {have[key] for key in ACTIONS} == {"SYSLOG"}
    reloads = [line for line in site_records(site, "DAEMON_CONFIG") if "op=reconfigure" in line and "res=success" in line]
    assert float(re.search(r"audit\(([\d.]+):", reloads[-1]).group(1)) >= int(started), "the record is newer than the request"
    assert site.path("/etc/audit/auditd.conf").stat().st_mode & 0o777 == 0o600

    with site.load("after", 50):
        wait_for(lambda: "op=auditops-after" in (site.log_dir / "audit.log").read_text(), "an event written after the reload")

    names = [path.name for path in site.log_dir.glob("audit.log.*")]
    assert names and all(re.fullmatch(r"audit\.log\.\d{4}-\d\d-\d\dT[^.]+Z(\.\d+)?\.(zst|xz|gz)", name) for name in names), names
    numbers = [int(number) for number in re.findall(r"op=auditops-before n=(\d+)", read_archives(site))]
    assert numbers == list(range(sent[0])), "every record once, in order"

    second = host.run("remediate")
    assert second.changed == 0
    assert second.remote_tasks == ["audit_drift"]


def site_records(site, kind: str) -> list[str]:
    return [line for line in read_archives(site).splitlines() if f"type={kind} " in line]


def test_the_scheduled_command_line_rotates(host):
    host.site.start(STOCK)
    host.run("remediate")
    cron = Path("/etc/cron.d/audit-rotate").read_text()
    lines = [line for line in cron.splitlines() if re.match(r"[\d*@]", line)]
    command = next(line.split(None, 6)[6] for line in lines if "--guard" not in line)
    before = (host.site.log_dir / "audit.log").stat().st_ino
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"PATH": "/usr/bin:/bin", "HOME": "/root"}, capture_output=True)
    assert (host.site.log_dir / "audit.log").stat().st_ino != before


def findings(host) -> list[str]:
    return [item["id"] for item in host.document()["items"] if item["severity"] != "info"]


def test_a_suspended_host_is_saved_not_killed(host):
    """The published recipe (change max_log_file*, then HUP) ends this auditd with a segmentation fault."""
    site = host.site
    site.small_partition(24)
    site.start(stock(max_log_file_action="IGNORE", space_left=3, admin_space_left=2))
    site.fill_log(4)
    os.kill(site.pid, 10)
    blob = site.fill_partition(leave_kilobytes=512)
    site.fill_log(2, "overflow")
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")
    blob.unlink()  # what an operator would do first; the host stays suspended until somebody wakes auditd
    pid = site.pid
    host.run("remediate", "-e", json.dumps({"auditd_conf": {"space_left": 3, "admin_space_left": 2}}))
    assert site.pid == pid, "alive, the same process"
    assert site.report()["logging_suspended"] is False
    with site.load("after", 50):
        wait_for(lambda: "op=auditops-after" in (site.log_dir / "audit.log").read_text(), "logging again")
    assert {settings(site)[key] for key in ACTIONS} == {"SYSLOG"}
    # Named once. Where an event of whatever else runs here came between the resume and the rotation, its number also shows how many are
    # missing, which is named for 30 days.
    counted = {"schedule.missing_events"} & set(findings(host))
    assert set(findings(host)) == {"daemon.was_suspended"} | counted, "the records of that time are gone"
    host.run("drift")
    assert set(findings(host)) == counted


def test_a_full_log_partition_is_freed_without_help(host):
    """As above, and nobody frees room by hand: the rotated logs are all there is to make room from."""
    site = host.site
    site.small_partition(24)
    site.start(stock(max_log_file_action="KEEP_LOGS", max_log_file=3, space_left=3, admin_space_left=2))
    for _round in range(60):
        site.fill_log(1, "fill")
        if site.report()["logging_suspended"]:
            break
        time.sleep(0.3)
    assert site.report()["logging_suspended"]
    pid = site.pid
    host.run("remediate", "-e", json.dumps({"auditd_conf": {"space_left": 3, "admin_space_left": 2}}))
    assert site.pid == pid
    assert site.report()["logging_suspended"] is False
    with site.load("after", 50):
        wait_for(lambda: "op=auditops-after" in (site.log_dir / "audit.log").read_text(), "logging again")


def test_check_mode_changes_nothing_and_predicts_the_diff(host):
    site = host.site
    site.start(STOCK)
    etc, log, local = Path("/etc"), site.log_dir, Path("/usr/local")
    before = snapshot(etc, log, local)
    kernel = kernel_status()
    predicted = host.run("remediate", "--check", "--diff")
    assert snapshot(etc, log, local) == before
    assert {key: value for key, value in kernel_status().items() if key not in ("lost", "backlog")} == {
        key: value for key, value in kernel.items() if key not in ("lost", "backlog")}
    real = host.run("remediate", "--diff")
    expected, done = ([line for line in run.diff if "status.json" not in line] for run in (predicted, real))
    # what stops a host is set first and alone: where nothing is written, the step that sets all of auditd.conf shows it again
    assert set(expected) == set(done) and not Counter(done) - Counter(expected)


def test_two_looks_at_an_unchanged_host_are_the_same_document(host):
    host.site.start(STOCK)
    documents = []
    for _round in range(2):
        host.run("drift")
        documents.append({key: value for key, value in host.document().items() if key not in ("collected_at", "run")})
    assert documents[0] == documents[1]
    assert documents[0]["status"] == "drifted"


def test_a_policy_auditd_would_refuse_is_refused_before_anything_is_written(host):
    site = host.site
    site.start(STOCK)
    before = snapshot(Path("/etc/audit"))
    run = host.run("remediate", "-e", json.dumps({"auditd_conf": {"num_logs": 1}}), expect=2)
    assert "num_logs" in run.output
    after = snapshot(Path("/etc/audit"))
    assert {path: seen for path, seen in after.items() if "rotate.conf" not in path and path != "/etc/audit"} == {
        path: seen for path, seen in before.items() if path != "/etc/audit"}


def test_a_dead_daemon_is_started_and_audits(host):
    site = host.site
    site.configure(STOCK)
    host.run("remediate")
    assert site.pid is not None
    assert kernel_status()["pid"] == site.pid
    assert host.document()["status"] == "in_sync"
