# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of cure, by the playbook as a user runs it, over trees that are hardened until they stop and in which one step cannot work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

COLLECTION = Path(controls.__file__).parents[2]
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet  # noqa: E402

BASE = "rhel-9"
FIXTURE = COLLECTION / "demo/fixtures" / BASE
STOPS = {"space_left_action": "SINGLE", "admin_space_left_action": "HALT", "disk_full_action": "HALT", "disk_error_action": "HALT"}


def put(root: Path, path: str, text: str | bytes, mode: int = 0o640) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    target.chmod(mode)


def hardened_to_halt(root: Path) -> None:
    fleet.build_tree(root, BASE, fleet.FLEET[BASE])
    lines = []
    for line in (FIXTURE / "etc/audit/auditd.conf").read_text().splitlines():
        key = line.split(" = ")[0]
        lines.append(f"{key} = {STOPS[key]}" if key in STOPS else line.replace("action = ROTATE", "action = KEEP_LOGS"))
    put(root, "etc/audit/auditd.conf", "\n".join(lines) + "\n")
    rules = (FIXTURE / "etc/audit/rules.d/audit.rules").read_text()
    put(root, "etc/audit/rules.d/audit.rules", rules.replace("-f 1", "-f 2"))
    put(root, "etc/audit/audit.rules", "-D\n-b 8192\n-f 2\n")


def gone(*paths: str):
    def change(root: Path) -> None:
        for path in paths:
            shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()
    return change


def odd_name(root: Path) -> None:
    put(root / "var/log/audit", os.fsdecode(b"audit.log.\xff"), "x", 0o600)


def halts_at_overflow(root: Path) -> None:
    with open(root / "etc/audit/auditd.conf", "a") as stream:
        stream.write("overflow_action = HALT\n")


# name: (what is wrong with the tree, host variables, what the failure says in the end; None: the host ends in sync)
CASES = {
    "in-order": (lambda root: None, {}, None),
    "no-zstd": (lambda root: None, {"audit_rotation_compress": "zstd"}, "the program zstd is not installed"),
    "no-log-dir": (gone("var/log/audit"), {}, "the log directory .* cannot be used"),
    "no-var": (gone("var"), {}, "the log directory .* cannot be used"),
    "no-scheduler": (gone("usr/sbin/crond"), {}, "neither a cron daemon nor systemd"),
    "no-textfile-dir": (lambda root: None, {"audit_rotation_textfile": "/var/lib/node_exporter/audit.prom"}, None),
    "odd-name": (odd_name, {}, None),
    "panic-last": (lambda root: put(root, "etc/audit/rules.d/zz-last.rules", "-f 2\n"), {}, None),
    "bad-rule": (lambda root: put(root, "etc/audit/rules.d/50-x.rules", "-a nonsense\n"), {}, None),
    "overflow-halts": (halts_at_overflow, {}, None),
    "no-directory-of-rules": (gone("etc/audit/rules.d"), {}, None),
}


def build(directory: Path, names) -> Path:
    hosts = {}
    for name in names:
        change, variables, _says = CASES[name]
        hardened_to_halt(directory / "hosts" / name)
        change(directory / "hosts" / name)
        hosts[name] = {"audit_root": str(directory / "hosts" / name), "auditd_release": fleet.FLEET[BASE].release, **variables}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    common["audit_drift_report_dir"] = str(directory / "report")
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    return directory


def play(directory: Path, *options: str) -> subprocess.CompletedProcess:
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", directory / "hosts.json", "auditops.auditd.remediate", *options]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=directory)


def failures(output: str, host: str) -> str:
    """What the last failure of a host says."""
    return next((line for line in reversed(output.splitlines()) if line.startswith(f"fatal: [{host}]")), "")


def recap(output: str) -> dict[str, dict[str, int]]:
    lines = (line.partition(" : ") for line in output.partition("PLAY RECAP")[2].splitlines() if " : ok=" in line)
    return {host.strip(): {word.split("=")[0]: int(word.split("=")[1]) for word in words.split()} for host, _colon, words in lines}


def settings(root: Path) -> dict[str, str]:
    text = (root / "etc/audit/auditd.conf").read_text()
    return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)


def state(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def test_no_step_keeps_another_from_being_done(tmp_path):
    """All cases at once, then once more: what stops a host is cured whatever else fails, and the end says what could not be done."""
    directory = build(tmp_path, CASES)
    first, second = play(directory), play(directory)
    for name, (_change, _variables, says) in CASES.items():
        root = directory / "hosts" / name
        bounded = name in ("no-zstd", "no-log-dir", "no-var", "no-scheduler")
        assert settings(root)["max_log_file_action"] == ("KEEP_LOGS" if bounded else "IGNORE"), name
        stops = {value for key, value in settings(root).items() if key.endswith("_action") and key != "max_log_file_action"}
        assert stops == {"SYSLOG"}, (name, first.stdout)
        assert "\n-f 1\n" in (root / "etc/audit/audit.rules").read_text(), name
        assert recap(first.stdout)[name]["failed"] == (says is not None), (name, first.stdout)
        if says:
            last = failures(first.stdout, name)
            assert "Could not be done:" in last and re.search(says, last), (name, last)
        else:
            assert (recap(second.stdout)[name]["changed"], recap(second.stdout)[name]["failed"]) == (0, 0), (name, second.stdout)


def test_a_host_of_which_no_step_cures_what_is_left_costs_one_task(tmp_path):
    """A refused line of another file is passed over and reported; a second run has nothing to do, and says so by doing nothing. Where the
    policy asks for what cures it, the step is taken."""
    directory = build(tmp_path, ["bad-rule"])
    play(directory)
    again = play(directory)
    document = json.loads((directory / "report/hosts/bad-rule.json").read_text())
    assert (document["status"], [item["id"] for item in document["items"]]) == ("drifted", ["disk.rules_d.skipped"])
    assert document["steps"] == [] and "Apply the rules" not in again.stdout
    counted = recap(again.stdout)["bad-rule"]
    assert (counted["changed"], counted["failed"]) == (0, 0) and counted["ok"] <= 3, again.stdout
    asked = play(directory, "-e", "audit_rules_purge=quarantine")
    assert recap(asked.stdout)["bad-rule"]["changed"] > 0, asked.stdout
    assert not (directory / "hosts/bad-rule/etc/audit/rules.d/50-x.rules").exists()


def test_a_step_that_has_nothing_to_do_does_not_forget_the_failure_of_another(tmp_path):
    directory = build(tmp_path, ["in-order"])
    conf = directory / "hosts/in-order/etc/audit/auditd.conf"
    if subprocess.run(["chattr", "+i", conf], check=False, capture_output=True).returncode:
        pytest.skip("this filesystem or user cannot make a file immutable")
    try:
        done = play(directory)
    finally:
        subprocess.run(["chattr", "-i", conf], check=True)
    last = failures(done.stdout, "in-order")
    assert "Could not be done:" in last and "Operation not permitted" in last and "chattr -i" in last, last


def test_audit_stop_takes_the_stops_out_and_nothing_else(tmp_path):
    directory = build(tmp_path, ["in-order", "no-log-dir"])
    before = {name: state(directory / "hosts" / name) for name in ("in-order", "no-log-dir")}
    checked = play(directory, "--tags", "audit_stop", "--check")
    assert checked.returncode == 0, checked.stdout
    assert {name: state(directory / "hosts" / name) for name in before} == before
    done = play(directory, "--tags", "audit_stop")
    assert done.returncode == 0, done.stdout
    for name in before:
        root = directory / "hosts" / name
        changed = {path for path, data in state(root).items() if before[name].get(path) != data}
        assert changed == {"etc/audit/auditd.conf", "etc/audit/audit.rules", "etc/audit/rules.d/zz-auditops-finalize.rules"}
        assert (root / "etc/audit/audit.rules").read_text() == "-D\n-b 8192\n-f 1\n"
        assert {key: value for key, value in settings(root).items() if key not in STOPS}["max_log_file_action"] == "KEEP_LOGS"
        assert {settings(root)[key] for key in STOPS} == {"SYSLOG"}
    again = play(directory, "--tags", "audit_stop")
    assert again.returncode == 0 and {host["changed"] for host in recap(again.stdout).values()} == {0}


@pytest.mark.parametrize("options", [["--tags", "audit_stop"], []], ids=["audit_stop", "all"])
def test_a_tree_without_the_programs_of_audit_is_cured_of_its_stops(tmp_path, monkeypatch, options):
    """Nobody knows which release it will have; the words that stop no host are those of all."""
    without = gone("sbin/auditd")
    monkeypatch.setitem(CASES, "no-programs", (without, {"auditd_release": None}, None))
    directory = build(tmp_path, ["no-programs"])
    root = directory / "hosts/no-programs"
    checked = play(directory, *options, "--check", "--diff")
    assert "+disk_full_action = SYSLOG" in checked.stdout and settings(root)["disk_full_action"] == "HALT", checked.stdout
    done = play(directory, *options)
    assert {settings(root)[key] for key in STOPS} == {"SYSLOG"} and "\n-f 1\n" in (root / "etc/audit/audit.rules").read_text(), done.stdout
    if options:
        assert done.returncode == 0 and recap(play(directory, *options).stdout)["no-programs"]["changed"] == 0, done.stdout
    else:
        assert "name the release that it will have (auditd_release" in failures(done.stdout, "no-programs"), done.stdout


REMOTE = "# ours\nremote_server = logs.example.com\nnetwork_failure_action = HALT\ndisk_full_action = single\noverflow_action = suspend\n"


def halts_when_it_cannot_ship(root: Path) -> None:
    put(root, "etc/audit/plugins.d/au-remote.conf", "active = yes\ndirection = out\npath = /sbin/audisp-remote\ntype = always\n")
    put(root, "etc/audit/audisp-remote.conf", REMOTE)


@pytest.mark.parametrize("tags", [["--tags", "audit_stop"], []], ids=["audit_stop", "all"])
def test_what_audisp_remote_stops_the_host_by_is_taken_out(tmp_path, monkeypatch, tags):
    """Whoever ships or does not by this collection; of a host that is to stop it is left."""
    monkeypatch.setitem(CASES, "ships", (halts_when_it_cannot_ship, {}, None))
    words = {"network_failure_action": "stop", "overflow_action": "ignore"}
    monkeypatch.setitem(CASES, "says", (halts_when_it_cannot_ship, {"audit_shipping_remote_conf": words}, None))
    monkeypatch.setitem(CASES, "may-stop", (halts_when_it_cannot_ship, {"auditd_failure_policy": "stop_host"}, None))
    directory = build(tmp_path, ["ships", "says", "may-stop"])
    path = "etc/audit/audisp-remote.conf"
    before = state(directory / "hosts")
    checked = play(directory, *tags, "--check", "--diff")
    assert state(directory / "hosts") == before and "+network_failure_action = warn_once" in checked.stdout, checked.stdout
    done = play(directory, *tags)
    found = {name: (directory / "hosts" / name / path).read_text() for name in ("ships", "says", "may-stop")}
    ours = REMOTE.replace("= HALT", "= warn_once").replace("= single", "= warn_once")
    assert found == {"ships": ours, "says": ours.replace("warn_once", "stop", 1), "may-stop": REMOTE}, done.stdout
    for name in ("ships", "says"):
        assert recap(done.stdout)[name]["failed"] == 0, done.stdout
        assert "shipping.stops" not in (directory / f"report/hosts/{name}.json").read_text()
    again = play(directory, *tags)
    assert [recap(again.stdout)[name]["changed"] for name in found] == [0, 0, 0], again.stdout


def mails_when_room_gets_short(root: Path) -> None:
    path = root / "etc/audit/auditd.conf"
    path.write_text(path.read_text().replace("space_left_action = SINGLE", "space_left_action = EMAIL", 1))


def says_nothing_of_failures(root: Path) -> None:
    for name in ("etc/audit/audit.rules", "etc/audit/rules.d/audit.rules"):
        path = root / name
        path.write_text(path.read_text().replace("-f 2\n", ""))


# name: (what else differs, host variables): nothing of it stops a host, so none of it fails or withholds the cure
BESIDE_THE_STOPS = {
    "mails": (mails_when_room_gets_short, {}),
    "no-failure-flag": (says_nothing_of_failures, {}),
    "a-profile-it-cannot-have": (lambda root: None, {"audit_rules_profiles": ["ospp"]}),
}


def test_audit_stop_succeeds_where_only_other_things_are_left(tmp_path, monkeypatch):
    for name, (change, variables) in BESIDE_THE_STOPS.items():
        monkeypatch.setitem(CASES, name, (change, variables, None))
    directory = build(tmp_path, list(BESIDE_THE_STOPS))
    done = play(directory, "--tags", "audit_stop")
    assert done.returncode == 0, done.stdout
    for name in BESIDE_THE_STOPS:
        root = directory / "hosts" / name
        assert not {settings(root)[key] for key in STOPS} & {"HALT", "SINGLE"}, name
        assert "-f 2" not in (root / "etc/audit/audit.rules").read_text(), name


def test_a_program_that_the_same_run_installs_is_no_reason_to_refuse_the_policy(tmp_path, monkeypatch):
    """space_left_action = EXEC of audit-resume on a host without it: SYSLOG first, which needs nothing, then the program, then EXEC."""
    resume = "EXEC /usr/local/sbin/audit-resume"
    monkeypatch.setitem(CASES, "exec", (lambda root: None, {"auditd_conf": {"space_left_action": resume}}, None))
    directory = build(tmp_path, ["exec"])
    done = play(directory)
    assert done.returncode == 0, done.stdout
    assert settings(directory / "hosts/exec")["space_left_action"] == resume
    again = play(directory)
    assert (again.returncode, recap(again.stdout)["exec"]["changed"]) == (0, 0), again.stdout


def enforce(root):
    (root / "etc/selinux").mkdir(parents=True, exist_ok=True)
    (root / "etc/selinux/config").write_text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")


GUARDED = {
    "exec": (lambda root: None, {}, "EXEC /usr/local/sbin/audit-resume"),
    "replaced": (lambda root: None, {"auditd_conf_state": "replaced"}, "EXEC /usr/local/sbin/audit-resume"),
    "enforcing": (enforce, {}, "SYSLOG"),
    "enforcing-replaced": (enforce, {"auditd_conf_state": "replaced"}, "SYSLOG"),
    "newer": (lambda root: None, {"auditd_release": "4.1.0"}, "SYSLOG"),
}


def test_auditd_calls_for_room_where_it_can_be_relied_on_and_everything_else_is_done_where_not(tmp_path, monkeypatch):
    """audit_rotation_guard: exec, then timed again."""
    for name, (change, variables, _action) in GUARDED.items():
        monkeypatch.setitem(CASES, name, (change, {"audit_rotation_guard": "exec", **variables}, None))
    directory = build(tmp_path, list(GUARDED))
    done = play(directory)
    assert done.returncode == 0, done.stdout
    for name, (_change, _variables, action) in GUARDED.items():
        found = settings(directory / "hosts" / name)
        assert (found["space_left_action"], found["disk_full_action"]) == (action, "SYSLOG"), name
        document = (directory / f"report/hosts/{name}.json").read_text()
        assert ("untaken.guard" in document) == (action == "SYSLOG"), name
    said = done.stdout + done.stderr
    assert "SELinux enforces here" in said and "was never measured" in said
    again = play(directory)
    assert [(again.returncode, recap(again.stdout)[name]["changed"]) for name in GUARDED] == [(0, 0)] * len(GUARDED), again.stdout
    back = play(directory, "-e", "audit_rotation_guard=timed")
    assert back.returncode == 0 and {settings(directory / "hosts" / name)["space_left_action"] for name in GUARDED} == {"SYSLOG"}


@pytest.mark.parametrize(("options", "steps"), [
    (["--tags", "audit_rules"], {"Apply the rules"}),
    (["--skip-tags", "audit_rotation,audit_conf"], {"Set the disk actions", "Apply the rules"}),
], ids=["tags", "skip-tags"])
def test_tags_choose_the_steps_and_the_gate_judges_only_those(tmp_path, options, steps):
    directory = build(tmp_path, ["in-order"])
    done = play(directory, *options)
    assert done.returncode == 0, done.stdout
    names = ("Set the disk actions", "Install the rotation", "Apply auditd.conf", "Apply the rules")
    assert {name for name in names if f"TASK [{name}]" in done.stdout} == steps
    document = (directory / "report/hosts/in-order.json").read_text()
    assert "disk.auditd_conf.max_log_file_action" in document, "the comparison sees everything"


def test_check_mode_changes_nothing_and_names_what_a_real_run_cannot_do(tmp_path):
    directory = build(tmp_path, ["in-order", "no-zstd"])
    before = state(directory / "hosts")
    checked = play(directory, "--check")
    assert state(directory / "hosts") == before
    counts = recap(checked.stdout)
    assert (counts["in-order"]["failed"], counts["no-zstd"]["failed"]) == (0, 1) and counts["in-order"]["changed"] >= 3
    assert "the program zstd is not installed" in failures(checked.stdout, "no-zstd")
