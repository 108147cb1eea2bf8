# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks as a fleet meets them, on trees: nobody answers, only some do, batches, other strategies, failures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish

COLLECTION = Path(publish.__file__).resolve().parents[2]
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet as demo_fleet  # noqa: E402

TREES = ("debian-12", "rhel-9", "amazon-2023")
# nothing listens on port 1, so the connection is refused at once
AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "audit_root": "/"}
JSON_CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "only_json"

    def v2_playbook_on_stats(self, stats):
        print(json.dumps({host: stats.summarize(host) for host in sorted(stats.processed)}))
"""


class Site:
    """Trees of the demo under the names web1, web2, web3, hosts that do not answer, and one report directory."""

    def __init__(self, directory, away=()):
        self.directory = directory
        hosts = {}
        for number, name in enumerate(TREES, 1):
            root = directory / "trees" / f"web{number}"
            demo_fleet.build_tree(root, name, demo_fleet.FLEET[name])
            hosts[f"web{number}"] = {"audit_root": str(root), "auditd_release": demo_fleet.FLEET[name].release}
        hosts.update(dict.fromkeys(away, AWAY))
        self.variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_drift_report_dir": "report"}
        self.hosts = hosts
        self.write()

    def write(self, **variables):
        text = json.dumps({"all": {"hosts": self.hosts, "vars": {**self.variables, **variables}}})
        (self.directory / "hosts.json").write_text(text)

    def play(self, name, *options, **environment):
        return self.play_file(f"auditops.auditd.{name}", *options, **environment)

    def play_file(self, name, *options, **environment):
        settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "3"}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", name, *options]
        return subprocess.run(
            command, cwd=self.directory, env={**os.environ, **settings, **environment}, capture_output=True, text=True, check=False)

    def report(self, name="fleet.json"):
        text = (self.directory / "report" / name).read_text()
        return json.loads(text) if name.endswith(".json") else text

    def statuses(self):
        return {host["host"]: host["status"] for host in self.report()["hosts"]}

    def recap(self, run, host):
        (line,) = [line for line in run.stdout.splitlines() if line.startswith(f"{host} ") and "ok=" in line]
        return dict(word.split("=") for word in line.split() if "=" in word)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_who_does_not_answer_is_not_known_and_counts_as_unreachable(tmp_path):
    site = Site(tmp_path, away=["away1", "away2"])
    run = site.play("drift", "--limit", "away1,away2")
    assert run.returncode == 4, run.stdout + run.stderr
    assert site.statuses() == {"away1": "unknown", "away2": "unknown"}
    assert "Connection refused" in site.report()["hosts"][0]["error"] and "Connection refused" in site.report("index.html")
    assert site.recap(run, "away1")["unreachable"] == "1" and "0 of 2 compared in this run" in run.stdout
    run = site.play("remediate", "-e", "audit_drift_formats=json")
    assert run.returncode == 4, run.stdout + run.stderr
    assert site.statuses() == {"away1": "unknown", "away2": "unknown", "web1": "in_sync", "web2": "in_sync", "web3": "in_sync"}
    assert site.recap(run, "web1")["failed"] == "0" and site.recap(run, "away2")["unreachable"] == "1"
    assert "3 of 5 compared in this run" in run.stdout


def test_a_host_that_was_known_keeps_what_was_known(site):
    assert site.play("drift").returncode == 0
    site.hosts["web1"] = {**site.hosts["web1"], **AWAY}
    site.write()
    run = site.play("drift", "--limit", "web1,web2", "-e", "audit_drift_fail_on=critical")
    assert run.returncode == 4, run.stdout + run.stderr
    assert site.statuses() == {"web1": "unknown", "web2": "drifted", "web3": "drifted"}
    assert json.loads((site.directory / "report/last_good/web1.json").read_text())["status"] == "drifted"
    assert "1 of 3 compared in this run" in run.stdout


def test_fail_on_fails_after_the_report_with_one_line_a_host(site):
    run = site.play("drift", "-e", "audit_drift_fail_on=high")
    assert run.returncode == 2, run.stdout + run.stderr
    assert set(site.statuses().values()) == {"drifted"}
    fatal = [line for line in run.stdout.splitlines() if line.startswith("fatal: ")]
    assert len(fatal) == 3 and all("findings of severity high or above" in line and len(line) < 600 for line in fatal)
    assert run.stdout.index("Report: ") < run.stdout.index("fatal: ") and run.stdout.count("Audit drift of 3 hosts") == 1
    run = site.play("drift", "-e", "audit_drift_fail_on=new")
    assert run.returncode == 0, run.stdout
    (Path(site.hosts["web2"]["audit_root"]) / "etc/audit/auditd.conf").write_text("disk_full_action = HALT\n")
    run = site.play("drift", "-e", "audit_drift_fail_on=new")
    assert run.returncode == 2 and [line for line in run.stdout.splitlines() if line.startswith("fatal: ")][0].startswith("fatal: [web2]")


def test_canaries_stop_the_run_before_the_next_batch(site):
    conf = Path(site.hosts["web1"]["audit_root"]) / "etc/audit/auditd.conf"
    before = {name: (Path(host["audit_root"]) / "etc/audit/auditd.conf").read_bytes() for name, host in site.hosts.items()}
    site.hosts["web1"]["auditd_conf"] = {"num_logs": "many"}  # refused on this host alone
    site.write(audit_max_fail_percentage=10)
    run = site.play("remediate", "-e", json.dumps({"audit_serial": [1, "100%"]}))
    assert run.returncode != 0 and conf.read_bytes() == before["web1"]
    assert (Path(site.hosts["web2"]["audit_root"]) / "etc/audit/auditd.conf").read_bytes() == before["web2"], "the second batch began"
    assert "1 of 2 batches, stopped" in run.stdout and "1 of 2 batches" in site.report("index.html")
    assert site.report()["compared"]["stopped"].startswith("stopped: 1 of 1 host failed (web1)")


def test_a_canary_that_does_not_answer_ends_the_run_and_the_report_says_so(tmp_path):
    site = Site(tmp_path, away=["away1"])
    site.hosts = {name: site.hosts[name] for name in ("away1", "web1")}
    site.write()
    run = site.play("remediate", "-e", json.dumps({"audit_serial": [1, "100%"]}))
    assert run.returncode == 4 and site.recap(run, "away1")["unreachable"] == "1", run.stdout + run.stderr
    assert "1 of 2 batches, stopped at away1: Failed to connect" in run.stdout and "in progress" not in run.stdout
    assert site.report()["compared"]["stopped"].startswith("stopped at away1") and site.statuses() == {"away1": "unknown"}


@pytest.mark.parametrize("name", ["drift", "remediate", "harden"])
def test_a_refusal_of_many_hosts_gives_its_reason_once(site, name):
    before = {host: (Path(given["audit_root"]) / "etc/audit/auditd.conf").read_bytes() for host, given in site.hosts.items()}
    site.write(auditd_conf={"num_logs": "many"})
    run = site.play(name)
    assert run.returncode == 2, run.stdout + run.stderr
    fatal = [line for line in run.stdout.splitlines() if line.startswith("fatal: ")]
    assert sorted(line[:13] for line in fatal) == ["fatal: [web1]", "fatal: [web2]", "fatal: [web3]"], "one line a host"
    (reason,) = [line for line in fatal if "auditd takes digits only" in line]
    assert "3 hosts (web1, web2, web3): auditd_conf.num_logs = many" in reason
    assert all("refused as web1 was, for the same reason; nothing was changed" in line for line in fatal if line != reason)
    summary = run.stdout.partition("Audit drift of")[2].partition("Report: ")[0]
    assert "web1, web2, web3  not known (3 hosts): their variables were refused" in summary and "digits only" not in summary
    assert all("digits only" in host["error"] for host in site.report()["hosts"]) and site.recap(run, "web2")["failed"] == "1"
    assert before == {host: (Path(given["audit_root"]) / "etc/audit/auditd.conf").read_bytes() for host, given in site.hosts.items()}


def test_too_many_failures_end_the_run_and_who_was_not_reached_counts_as_that(tmp_path):
    site = Site(tmp_path, away=["away1"])
    site.hosts = {name: site.hosts[name] for name in ("web1", "away1", "web2")}
    site.write()
    run = site.play("remediate", "-e", json.dumps({"audit_serial": 2, "audit_max_fail_percentage": 40}))
    assert run.returncode != 0 and "1 of 2 batches, stopped: 1 of 2 hosts failed (away1), more than" in run.stdout, run.stdout
    assert site.recap(run, "away1")["unreachable"] == "1" and site.statuses() == {"away1": "unknown", "web1": "in_sync"}


def test_batches_that_are_well_go_on(site):
    run = site.play("remediate", "-e", "audit_serial=1")
    assert run.returncode == 0, run.stdout + run.stderr
    assert set(site.statuses().values()) == {"in_sync"} and "in progress: 1 of 3" in run.stdout
    assert "in progress" not in site.report("index.html")


def test_a_batch_size_that_a_play_does_not_see_is_refused(site):
    site.write(audit_serial=1)
    run = site.play("remediate")
    assert run.returncode == 2 and "audit_serial: set in the inventory or in group_vars" in run.stdout
    assert not (site.directory / "report").exists()


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_under_a_strategy_without_run_once_the_report_is_whole(site, strategy):
    run = site.play("remediate", "-e", "audit_drift_formats=json", ANSIBLE_STRATEGY=strategy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert set(site.statuses().values()) == {"in_sync"} and site.report()["compared"]["finished"] == 3
    assert "in progress" not in run.stdout.rpartition("Audit drift of")[2]


def test_a_failure_of_one_host_stops_nobodys_report(site):
    site.hosts["web2"]["auditd_conf"] = {"num_logs": "many"}
    site.write()
    run = site.play("remediate", ANSIBLE_ANY_ERRORS_FATAL="True")
    assert run.returncode == 2, run.stdout
    assert len(site.report()["hosts"]) == 3 and "Audit drift of 3 hosts" in run.stdout


def test_a_host_that_another_one_ended_says_so(tmp_path):
    site = Site(tmp_path, away=["away1"])
    site.hosts = {name: site.hosts[name] for name in ("away1", "web1")}
    site.write()
    run = site.play("remediate", ANSIBLE_ANY_ERRORS_FATAL="True")
    assert run.returncode == 4, run.stdout + run.stderr
    errors = {host["host"]: host["error"] for host in site.report()["hosts"]}
    assert "Connection refused" in errors["away1"] and errors["web1"] == "the run ended on this host because another one failed"


def test_the_output_of_another_callback_stays_its_own(site):
    (site.directory / "callbacks").mkdir()
    (site.directory / "callbacks/only_json.py").write_text(JSON_CALLBACK)
    run = site.play("drift", ANSIBLE_STDOUT_CALLBACK="only_json", ANSIBLE_CALLBACK_PLUGINS=str(site.directory / "callbacks"))
    assert set(json.loads(run.stdout)) == {"web1", "web2", "web3"}
    assert "Audit drift of 3 hosts: 3 drifted" in run.stderr


def test_slices_are_merged_into_one_report_that_fails_the_pipeline(site):
    for number, host in enumerate(("web1", "web2", "web3"), 1):
        assert site.play("drift", "--limit", host, "-e", f"audit_drift_report_dir=slice{number}").returncode == 0
    guide = (COLLECTION / "docs/docsite/rst/reports.rst").read_text()
    recipe = guide[guide.index("   - name: One report of all slices"):].partition("\n\nOf a host")[0]
    (site.directory / "merge.yml").write_text("\n".join(line[3:] for line in recipe.splitlines()) + "\n")
    run = site.play_file("merge.yml")
    assert run.returncode == 2, run.stdout + run.stderr
    assert (site.directory / "report/index.html").exists() and "**3 hosts**: 3 drifted" in site.report("summary.md")
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("fatal: ")]
    assert all(host in line for host in site.hosts) and len(line) < 2000


def test_what_a_play_has_behind_the_role_is_done(tmp_path):
    site = Site(tmp_path)
    task = {"name": "Go on", "ansible.builtin.debug": {"msg": "went on"}}
    play = {"hosts": "all", "gather_facts": False, "roles": ["auditops.auditd.audit_drift"], "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    run = site.play_file("play.yml")
    assert run.returncode == 0, run.stdout
    assert run.stdout.count('"msg": "went on"') == 3


@pytest.mark.parametrize("tags", ["all", "audit_stop"])
def test_a_difference_is_shown_once_and_by_the_file_of_the_tree(site, tags):
    conf = Path(site.hosts["web1"]["audit_root"]) / "etc/audit/auditd.conf"
    conf.write_text(conf.read_text().replace("disk_full_action = SUSPEND", "disk_full_action = HALT"))
    before = conf.read_bytes()
    run = site.play("remediate", "--check", "--diff", "--limit", "web1", "--tags", tags)
    assert run.returncode == 0 and conf.read_bytes() == before, run.stdout + run.stderr
    assert run.stdout.count("+disk_full_action = SYSLOG") == 1 and f"--- before: {conf}" in run.stdout
    assert "before: /etc/" not in run.stdout and "after: /usr/" not in run.stdout


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_new_findings_fail_each_host_under_any_strategy(site, strategy):
    assert site.play("drift").returncode == 0
    for host in ("web1", "web3"):
        conf = Path(site.hosts[host]["audit_root"]) / "etc/audit/auditd.conf"
        conf.write_text(conf.read_text().replace("num_logs = 5", "num_logs = 7") + "priority_boost = 9\ndisk_full_action = HALT\n")
    run = site.play("drift", "-e", "audit_drift_fail_on=new", ANSIBLE_STRATEGY=strategy, ANSIBLE_FORKS="1")
    assert run.returncode == 2, run.stdout + run.stderr
    fatal = sorted(line for line in run.stdout.splitlines() if line.startswith("fatal: "))
    assert [line[:13] for line in fatal] == ["fatal: [web1]", "fatal: [web3]"] and all("new since the last run" in line for line in fatal)


@pytest.fixture
def full_disk(tmp_path):
    """A file system of 64 KB with 4 KB left."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system that is full")
    directory = tmp_path / "full"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], check=True)
    try:
        (directory / "others").write_bytes(b"x" * 61440)
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


def test_a_full_disk_here_fails_the_run_and_withholds_no_cure(site, full_disk):
    run = site.play("drift", "-e", f"audit_drift_report_dir={full_disk}/report")
    assert run.returncode == 2 and "Audit drift of " in run.stdout, run.stdout
    fatal = [line for line in run.stdout.splitlines() if line.startswith("fatal: ")]
    assert all("No space left on device" in line for line in fatal) and {line[7:13] for line in fatal} == {"[web1]", "[web2]", "[web3]"}
    assert "Traceback" not in run.stdout + run.stderr and "Errno" not in run.stdout
    run = site.play("remediate", "-e", f"audit_drift_report_dir={full_disk}/report")
    assert run.returncode == 2 and "the remediation goes on" in run.stdout + run.stderr
    assert site.play("drift").returncode == 0 and set(site.statuses().values()) == {"in_sync"}, "cured all the same"


LOST_AFTER = """
DOCUMENTATION = '''
name: lost
short_description: the local connection, until this host has been asked LOST_AFTER times
description: As it says.
options: {}
'''
import os
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = "lost"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        asked = Path(os.environ["ASKED"]) / self._play_context.remote_addr
        with open(asked, "a") as stream:
            stream.write("x" * bool(in_data or "AnsiballZ" in cmd))
        if asked.stat().st_size > int(os.environ["LOST_AFTER"]):
            raise AnsibleConnectionFailure("the wire was cut")
        return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
"""


@pytest.mark.parametrize("asked", [1, 3])
def test_where_all_hosts_are_lost_on_the_way_the_report_says_so(site, asked):
    assert site.play("drift").returncode == 0
    (site.directory / "plugins").mkdir()
    (site.directory / "plugins/lost.py").write_text(LOST_AFTER)
    (site.directory / "asked").mkdir()
    site.variables["ansible_connection"] = "lost"
    site.write()
    run = site.play("remediate", ANSIBLE_CONNECTION_PLUGINS=str(site.directory / "plugins"), ASKED=str(site.directory / "asked"),
                    LOST_AFTER=str(asked), ANSIBLE_PIPELINING="True")
    assert run.returncode == 4, run.stdout + run.stderr
    assert set(site.statuses().values()) == {"unknown"} and "Audit drift of 3 hosts: 3 not known (before: 3 drifted)" in run.stdout
    assert all("the wire was cut" in host["error"] for host in site.report()["hosts"])
    assert {site.recap(run, host)["unreachable"] for host in site.hosts} == {"1"}
    counts = {path.read_text().count("x") for path in (site.directory / "asked").iterdir()}
    assert counts == {asked + 2}, "the step that did not reach the host, and the comparison after"
