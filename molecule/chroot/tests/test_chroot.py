# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each release of auditd, started with what the remediation left on its host: asked by signals and by the kernel, not by the collection."""

from __future__ import annotations

import json
import lzma
import os
import re
import signal
import subprocess
from pathlib import Path

import chroot_hosts
import lab
import pytest
from auditd_site import Site, kernel_status, wait_for

DIRECTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "fleet"
EVENTS = 2000
STATE = ("run/auditd.state", "run/audit/auditd.state")


@pytest.fixture(scope="module", params=chroot_hosts.HOSTS)
def host(request):
    """A host that has just booted; the end of its log is shown where a test fails."""
    root = chroot_hosts.root_of(DIRECTORY, request.param)
    chroot_hosts.boot(DIRECTORY, request.param)
    yield Site(root)
    print("\n".join((root / "var/log/audit/audit.log").read_text(errors="replace").splitlines()[-10:]))
    chroot_hosts.halt(DIRECTORY, request.param)


def name_of(host: Site) -> str:
    return host.root.parent.name


def test_its_auditd_is_of_its_own_release(host):
    assert host.release == lab.SUITES[chroot_hosts.HOSTS[name_of(host)]]
    started = host.records("DAEMON_START")
    assert started and f"ver={host.release}" in started[-1], started


def test_it_runs_with_the_policy_and_suspends_at_nothing(host):
    host.path("/" + STATE[0]).unlink(missing_ok=True)
    os.kill(kernel_status()["pid"], signal.SIGCONT)
    report = wait_for(lambda: "".join(path.read_text() for state in STATE if (path := host.path("/" + state)).exists()), "its state report")
    for setting, megabytes in (("space_left", 100), ("admin_space_left", 50)):
        assert re.search(rf"^{setting} setting (= )?{megabytes} M", report, re.MULTILINE), report
    assert "suspend" not in host.path("/etc/audit/auditd.conf").read_text().lower()


def test_the_kernel_has_the_rule_of_its_files(host):
    loaded = subprocess.run(["auditctl", "-l"], check=True, capture_output=True, text=True).stdout
    assert "-S adjtimex" in loaded and "lab_chroot" in loaded, loaded
    assert kernel_status()["failure"] == 1


def test_its_rotation_keeps_each_record_once(host):
    pid = kernel_status()["pid"]
    lost = kernel_status()["lost"]
    host.send(EVENTS, "chroot", 100)
    wait_for(lambda: EVENTS - 1 in host.numbers("chroot"), "the last event")
    done = host.command("/usr/local/sbin/audit-rotate")
    assert done.returncode == 0, done.stdout + done.stderr
    host.send(1, "after")
    wait_for(lambda: 0 in host.numbers("after"), "an event in the new log")

    archives = [path for path in host.log_dir.iterdir() if path.suffix in (".xz", ".gz", ".zst")]
    packed = "".join(text_of(path) for path in archives)
    found = [int(number) for number in re.findall(r"op=auditops-chroot n=(\d+)", packed + host.log())]
    assert sorted(found) == list(range(EVENTS))
    assert "op=auditops-chroot" in packed, "they were rotated and packed"
    assert kernel_status()["pid"] == pid and kernel_status()["lost"] == lost


def text_of(archive: Path) -> str:
    if archive.suffix == ".xz":
        return lzma.decompress(archive.read_bytes()).decode()
    program = "zstd" if archive.suffix == ".zst" else "gzip"
    return subprocess.run([program, "-dc", archive], check=True, capture_output=True, text=True).stdout


def test_its_cron_will_rotate_it(host):
    assert host.path("/etc/cron.d/audit-rotate").exists()
    names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in chroot_hosts.processes(host.root)}
    assert {"auditd", "cron"} <= names, names


def test_the_report_finds_nothing_else(host):
    """The records that are missing between two boots of a host are those of the others: one kernel numbers them for all."""
    document = json.loads((DIRECTORY.parent / "report/hosts" / f"{name_of(host)}.json").read_text())
    found = {item["id"] for item in document["items"] if item["severity"] != "info"}
    assert found <= {"schedule.missing_events"}, found
