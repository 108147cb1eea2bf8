# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipping and the thresholds of the volume, switched on and off by variables alone, by the playbooks as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from test_remediation_steps import recap, settings

COLLECTION = Path(controls.__file__).parents[2]
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet  # noqa: E402

BASE = "debian-12"
SHIPS = {"audit_shipping_to": ["syslog", "command", "cloudwatch"], "audit_shipping_command": ["/usr/bin/vault", "{path}"],
         "audit_shipping_cloudwatch_log_group": "/example/audit"}
OURS = ("etc/audit/ship.json", "etc/cron.d/audit-ship", "etc/audit/auditops-cloudwatch.json")


class Site:
    """One host that is a directory tree."""

    def __init__(self, directory: Path):
        self.directory, self.root = directory, directory / "host"
        fleet.build_tree(self.root, BASE, fleet.FLEET[BASE])
        for program in ("sbin/audisp-syslog", "usr/bin/vault"):
            fleet.write(self.root / program, "", 0o755)

    def play(self, name: str, variables: dict, *options: str) -> subprocess.CompletedProcess:
        hosts = {"web-1": {"audit_root": str(self.root), "auditd_release": fleet.FLEET[BASE].release, "ansible_connection": "local",
                           "ansible_python_interpreter": sys.executable,
                           "audit_drift_report_dir": str(self.directory / "report"), **variables}}
        (self.directory / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
        command = [sys.executable, "-m", "ansible", "playbook", "-i", self.directory / "hosts.json", f"auditops.auditd.{name}", *options]
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=self.directory)

    def done(self, name: str, variables: dict, *options: str) -> int:
        """Run it, and return how many tasks changed something."""
        run = self.play(name, variables, *options)
        assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]
        return recap(run.stdout)["web-1"]["changed"]

    @property
    def document(self) -> dict:
        return json.loads((self.directory / "report/hosts/web-1.json").read_text())

    def findings(self, layer: str) -> set[str]:
        return {item["id"] for item in self.document["items"] if item["layer"] == layer}

    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.root)): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.mark.parametrize("playbook", ["remediate", "harden"])
def test_shipping_that_is_switched_off_by_its_variable_is_found_and_taken_away(site, playbook):
    site.done("harden", SHIPS)
    assert all((site.root / path).exists() for path in OURS) and site.findings("shipping") == set()

    site.done("drift", {})
    assert site.findings("shipping") == {"shipping.left.syslog", "shipping.left.archives", "shipping.left.cloudwatch"}
    before = site.files()
    site.done(playbook, {}, "--check")
    assert site.files() == before, "check mode changes nothing"
    assert site.done(playbook, {}) > 0
    assert not any((site.root / path).exists() for path in OURS)
    assert "active = no" in (site.root / "etc/audit/plugins.d/syslog.conf").read_text()
    assert site.document["status"] == "in_sync" and site.findings("shipping") == set()
    assert site.done(playbook, {}) == 0


def test_a_host_that_never_shipped_takes_no_step_for_it(site):
    site.done("harden", {})
    run = site.play("harden", {})
    assert run.returncode == 0 and "Ship the records" not in run.stdout and "Set up the plugins" not in run.stdout
    run = site.play("remediate", {})
    assert recap(run.stdout)["web-1"]["ok"] <= 3, run.stdout


def test_a_host_in_sync_that_ships_takes_no_more_tasks_than_one_that_does_not(site):
    site.done("harden", {})
    plain = {name: recap(site.play(name, {}).stdout)["web-1"]["ok"] for name in ("remediate", "drift")}
    site.done("harden", SHIPS)
    for name, tasks in plain.items():
        run = site.play(name, SHIPS)
        found = recap(run.stdout)["web-1"]
        assert (run.returncode, found["ok"], found["changed"]) == (0, tasks, 0), run.stdout
        assert "Set up the plugins" not in run.stdout


@pytest.mark.parametrize("playbook", ["remediate", "harden"])
def test_a_host_without_the_program_is_refused_by_the_role_before_its_files_are_written(site, playbook):
    (site.root / "sbin/audisp-syslog").unlink()
    site.done("harden", {})
    before = site.files()
    run = site.play(playbook, {"audit_shipping_to": ["syslog"]}, "--tags", "audit_shipping")
    assert run.returncode != 0 and "audisp-syslog is not installed below" in run.stdout and "package audispd-plugins" in run.stdout
    assert {path: text for path, text in site.files().items() if path.startswith("etc/")} == {
        path: text for path, text in before.items() if path.startswith("etc/")}


DAY = 86400
AUTO = {"auditd_conf": {"space_left": "auto", "admin_space_left": "auto"}, "audit_rotation_compress": "none",
        "audit_rotation_keep_days": 30}
NOW = time.time()


def archive(site, days_ago: int, megabytes: int) -> None:
    """A log of one day, without its text: what counts is how large it is and when it ended."""
    end = int(NOW - days_ago * DAY)
    path = site.root / "var/log/audit" / time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    with open(path, "wb") as stream:
        stream.write(b"type=A msg=audit(%d.000:1): x\n" % (end - DAY))
        stream.truncate(megabytes << 20)
    path.chmod(0o400)
    os.utime(path, (end, end))


def left(site) -> tuple[int, int]:
    """space_left and admin_space_left as auditd.conf has them."""
    return int(settings(site.root)["space_left"]), int(settings(site.root)["admin_space_left"])


def test_thresholds_follow_the_log_and_stay_while_it_grows_as_it_did(site):
    for path in (site.root / "var/log/audit").glob("audit.log.*"):
        path.unlink()
    for days_ago in (9, 8):
        archive(site, days_ago, 100)
    site.done("harden", AUTO)
    advice = site.document["audit_storage_recommend"]
    assert left(site) == (advice["space_left"], advice["admin_space_left"]) and 100 < left(site)[0] < 200 and left(site)[1] < left(site)[0]
    assert advice["needed_mb"] > 30 * 100 and str(advice["needed_mb"]) in (site.directory / "report/index.html").read_text()

    first = left(site)
    site.done("drift", AUTO)
    assert site.document["status"] == "in_sync" and site.done("harden", AUTO) == 0
    archive(site, 7, 115)  # a busier day: near enough
    site.done("drift", AUTO)
    assert site.document["status"] == "in_sync" and site.document["audit_storage_recommend"]["space_left"] > first[0]
    assert site.done("harden", AUTO) == 0 and left(site) == first

    archive(site, 6, 400)
    site.done("drift", AUTO)
    assert {"disk.auditd_conf.space_left", "disk.auditd_conf.admin_space_left"} & site.findings("disk")
    assert site.done("remediate", AUTO) > 0 and left(site)[0] >= 400
    second = left(site)
    assert site.document["status"] == "in_sync" and site.done("remediate", AUTO) == 0 and left(site) == second
