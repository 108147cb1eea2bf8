# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container with systemd, asked over SSH: its rotation is scheduled and has run; the report says what cannot be known there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


@pytest.fixture(scope="module")
def run():
    """A function that runs a shell line in the container and returns what it printed."""
    host = json.loads((EPHEMERAL / "fleet" / "inventory.json").read_text())["all"]["hosts"]["container"]
    argv = ["ssh", "-i", host["ansible_ssh_private_key_file"], *shlex.split(host["ansible_ssh_common_args"]), "-p",
            str(host["ansible_port"]), "root@127.0.0.1"]

    def in_container(line: str) -> str:
        done = subprocess.run([*argv, line], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return in_container


def test_exactly_one_scheduler_will_run_it(run):
    found = run("ls /etc/cron.d/audit-rotate /etc/systemd/system/audit-rotate.timer 2>/dev/null || true").split()
    assert len(found) == 1, found
    if found[0].endswith(".timer"):
        assert "audit-rotate.timer" in run("systemctl list-timers --all --no-pager")
    else:
        assert run("systemctl is-active cron").strip() == "active"


def test_its_first_run_has_rotated_the_log_of_the_auditd_there(run):
    status = json.loads(run("cat /var/lib/audit-rotate/status.json"))
    assert status["result"] == "success" and status["rotated"], json.dumps(status, indent=1)
    assert run("systemctl is-active auditd").strip() == "active"


def test_what_cannot_be_seen_is_not_in_sync():
    document = json.loads((EPHEMERAL / "report" / "hosts" / "container.json").read_text())
    assert document["status"] != "in_sync", "the kernel's rules cannot be read from a container"
    unavailable = document["live"]["unavailable"]
    assert all("this is a container" in unavailable[fact] for fact in ("daemon", "kernel", "rules.loaded")), unavailable


def test_its_timer_compares_it_and_the_journal_has_one_line_for_a_change(run):
    """A timer of systemd, each minute; the document is that of the host's own comparison, and nobody called it."""
    document, end = "/var/lib/auditops/drift/container.json", time.monotonic() + 300
    said = "journalctl --no-pager -o cat -t audit-check"

    def moment() -> str:
        text = run(f"cat {document} 2>/dev/null || true")
        assert time.monotonic() < end, run("systemctl status audit-check.timer audit-check.service --no-pager -l 2>&1 || true") + run(said)
        return json.loads(text)["collected_at"] if text else ""

    first = moment()
    while not first:
        time.sleep(1)
        first = moment()
    while moment() == first:
        time.sleep(1)
    lines = run(said).splitlines()
    assert len(lines) == 1 and lines[0].startswith("audit settings are ") and "(were not compared yet)" in lines[0], lines
    assert run("systemctl show -p Result --value audit-check.service").strip() == "success"
    found = json.loads(run(f"cat {document}"))
    assert (found["host"], found["run"], found["status"]) == ("container", None, "drifted")
    assert run(f"stat -c %a:%U {document}").strip() == "600:root"


def test_the_units_reach_the_network_from_within_their_sandboxes(run):
    """audit-ship by its timer, and the shipped_command of the rotation: an archive goes to a receiver, and that is asked before pruning."""
    connect = "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 18417))'"
    shut_in = f"systemd-run -q --wait -p RestrictAddressFamilies=AF_UNIX {connect}"
    assert run(f"{shut_in} && echo reached || echo kept apart") == "kept apart\n", "systemd restricts nothing here: nothing would be shown"
    assert run("systemctl is-active audit-ship.timer || true").strip() == "active"
    end = time.monotonic() + 300
    archives = run("cd /var/log/audit && ls audit.log.20*").split()
    while not set(archives) <= set(run("ls /run/receiver").split()):
        assert time.monotonic() < end, run("systemctl status audit-ship.timer audit-ship.service --no-pager -l 2>&1 || true")
        time.sleep(1)
    for name in archives:
        run(f"cmp /var/log/audit/{name} /run/receiver/{name}")
    assert run("systemctl show -p Result --value audit-ship.service").strip() == "success"

    asked = len(run("cat /run/receiver/asked 2>/dev/null || true"))
    run("systemctl start audit-rotate.service")
    assert len(run("cat /run/receiver/asked")) > asked
    status = json.loads(run("cat /var/lib/audit-rotate/status.json"))
    assert status["result"] == "success" and not any("shipped_command" in note for note in status["notes"]), status


OLD = "/etc/systemd/system/old-audit-logs"


def old_timer(run) -> dict[str, str]:
    """What systemd says of the home-made timer, and the files that it consists of."""
    names = "ActiveState", "UnitFileState", "NextElapseUSecRealtime"
    found = dict(line.split("=", 1) for line in run(f"systemctl show old-audit-logs.timer -p {','.join(names)}").splitlines())
    found["files"] = run(f"ls {OLD}.* /etc/systemd/system/timers.target.wants/old-audit-logs.timer 2>/dev/null || true")
    return found


def test_a_timer_that_somebody_made_is_retired_and_put_back_running(run):
    """Behind our first proven run it neither runs nor waits nor comes back at a boot; what puts it back starts it as it was. The last test,
    as it changes what is compared."""
    retired = old_timer(run)
    assert (retired["ActiveState"], retired["UnitFileState"], retired["files"]) == ("inactive", "", ""), retired
    assert "old-audit-logs" not in run("systemctl list-timers --all --no-pager")
    manifest = json.loads(run("cat /var/lib/auditops/retired/MANIFEST.json"))
    assert {entry["from"] for entry in manifest} >= {f"{OLD}.timer", f"{OLD}.service"}
    run(f"systemctl is-active {'audit-rotate.timer' if run('ls /etc/systemd/system/audit-rotate.timer 2>/dev/null || true') else 'cron'}")

    play = EPHEMERAL / "restore.yml"
    play.write_text(json.dumps([{"hosts": "container", "gather_facts": False, "vars": {"audit_rotation_replace": "restore"},
                                 "roles": [{"role": "auditops.auditd.audit_rotation"}]}]))
    argv = [sys.executable, "-m", "ansible", "playbook", "-i", str(EPHEMERAL / "fleet/inventory.json"), str(play)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    back = old_timer(run)
    assert (back["ActiveState"], back["UnitFileState"]) == ("active", "enabled") and back["NextElapseUSecRealtime"], back
    assert len(back["files"].split()) == 3 and "gzip -f /var/log/audit/audit.log.[0-9]" in run(f"cat {OLD}.service")
