# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audit_rules and the drift check refuse or report about the policy's own lines, planted links and rules that switch auditing off."""

from __future__ import annotations

import errno
import os

import pytest
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.action.audit_drift import ActionModule
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules_files
from ansible_collections.auditops.auditd.plugins.module_utils._drift import kernel as drift_kernel
from ansible_collections.auditops.auditd.plugins.module_utils._drift import sides
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._live.reading import Parsed
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import silence
from ansible_collections.auditops.auditd.plugins.modules import audit_drift, audit_rotation, audit_rules
from rules_tree import Module, Tree
from test_audit_rules import MOUNT, WATCH, converge, put

SETS = {
    "-f 2": "audit_rules_failure",
    " -f2": "audit_rules_failure",
    "-e 2": "audit_rules_immutable",
    "-b 16": "audit_rules_backlog_limit",
    "-D": "leave it out",
    "-r 1": "control.rate_limit",
    "--backlog_wait_time 5": "audit_rules_backlog_wait_time",
    "--backlog_wait_time=5": "audit_rules_backlog_wait_time",
    "--loginuid-immutable": "control.loginuid_immutable",
    "-i": "audit_rules_on_error",
    "-c": "audit_rules_on_error",
}


@pytest.mark.parametrize("line, variable", SETS.items(), ids=SETS)
def test_control_options_are_no_rules(tmp_path, line, variable):
    tree = Tree(tmp_path)
    with pytest.raises(AuditError) as refused:
        tree.apply(rules=[WATCH, line])
    assert f'audit_rules_extra[1] "{line.strip()}"' in str(refused.value) and variable in str(refused.value)
    assert tree.rules_d() == {}
    assert variable in str(tree.drifted(rules=[WATCH, line])["disk.rules_d.policy"]["actual"])


def test_control_options_stand_in_files(tmp_path):
    Tree(tmp_path).apply(files={"80-own.rules": "-b 9000\n--backlog_wait_time 5\n"})
    assert "-b 9000" in (tmp_path / "etc/audit/audit.rules").read_text()


def test_a_refused_rule_is_named_as_the_user_wrote_it(tmp_path):
    line = "-a always,exit -F arch=b64 -S open -F auid>=@UID_MIN@ -F zz=1 -k scope"
    tree = Tree(tmp_path)
    with pytest.raises(AuditError) as refused:
        tree.apply(rules=[WATCH, line])
    assert f'audit_rules_extra[1] "{line}": ' in str(refused.value) and "70-auditops" not in str(refused.value)
    (reason,) = tree.drifted(rules=[WATCH, line])["disk.rules_d.policy"]["actual"]
    assert reason.startswith(f'audit_rules_extra[1] "{line}": ')


def test_a_text_is_no_list(tmp_path):
    with pytest.raises(AuditError, match="must be a list"):
        Tree(tmp_path).apply(rules=WATCH)


def test_a_text_is_no_list_for_the_controller(monkeypatch):
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: None)
    action = ActionModule.__new__(ActionModule)
    action._task = type("Task", (), {"args": {"audit_rules": {"rules": WATCH}}})()
    with pytest.raises(AnsibleActionFail, match="must be a list"):
        action.run(task_vars={"inventory_hostname": "host"})


@pytest.mark.parametrize("part, module", [("audit_rules", audit_rules), ("audit_rotation", audit_rotation)])
def test_a_policy_has_the_types_that_its_module_takes(part, module):
    compared = audit_drift.ARGUMENT_SPEC[part]["options"]
    assert {name: option for name, option in compared.items() if name != "state"} == {
        name: module.ARGUMENT_SPEC[name] for name in compared if name != "state"
    }


BAD_ROTATIONS = [
    ({"config": {"compress": "lz4"}}, "compress = lz4"),
    ({"schedule": "dayly"}, "schedule = dayly"),
    ({"config": {"kepp": 1}}, "did you mean keep"),
    ({"guard_minutes": 90}, "guard_minutes = 90"),
]


@pytest.mark.parametrize("wanted, told", BAD_ROTATIONS)
def test_a_rotation_that_could_not_be_installed_is_refused_first(tmp_path, wanted, told):
    Tree(tmp_path)
    policy = dict({"config": {}, "schedule": "daily", "scheduler": "auto", "guard_minutes": 10, "interpreter": None}, **wanted)
    params = dict.fromkeys(audit_drift.ARGUMENT_SPEC)
    answer = audit_drift.run(Module(dict(params, root=str(tmp_path), audit_rotation=policy)))
    assert answer["failed"] and told in answer["msg"]


NO_DIRECTORY = "-w /no/such/file -p wa -k gone"


def test_what_the_kernel_refuses_does_not_stop_the_boot(kernel, host):  # noqa: F811
    kernel.refuse = {"/no/such/file": errno.ENOENT}
    wanted = {"rules": [WATCH, NO_DIRECTORY, MOUNT], "on_error": "skip", "missing_paths": "keep"}
    result = converge(host, **wanted)
    assert result["proven"] is True and [entry["token"] for entry in result["left_out"]] == [NO_DIRECTORY]
    boot = _ruleset.parse_rules_file(host.text(_ruleset.AUDIT_RULES), machine="x86_64")
    assert sorted(rule.canonical for rule in boot.rules) == sorted(kernel.lines()) and len(boot.rules) == 2
    again = converge(host, **wanted)
    assert not again["changed"] and again["diff"] == [] and "the kernel refused it" in again["left_out"][0]["reason"]
    os.makedirs(host.path("/no/such"))
    kernel.refuse = {}
    assert converge(host, **wanted)["loaded"] == 3 and not converge(host, **wanted)["changed"]


def test_what_the_kernel_refuses_of_another_file_is_skipped_at_boot_too(kernel, host):  # noqa: F811
    kernel.refuse = {"/no/such/file": errno.ENOENT}
    put(host, "05-theirs.rules", NO_DIRECTORY + "\n")
    result = converge(host, rules=[WATCH])
    assert [(problem["file"], problem["line"]) for problem in result["left_out"]] == [("/etc/audit/rules.d/05-theirs.rules", 1)]
    text = host.text(_ruleset.AUDIT_RULES).split("\n")
    assert text.index("-c") < text.index(NO_DIRECTORY) and kernel.lines() == [WATCH]
    assert not converge(host, rules=[WATCH])["changed"]


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_a_rule_that_only_the_kernel_knows_to_be_bad_in_another_file(kernel, host, on_error):  # noqa: F811
    kernel.refuse = {"odd": errno.EINVAL}
    put(host, "05-theirs.rules", "-w /etc/odd -p wa\n")
    wanted = {"rules": [WATCH], "on_error": on_error}
    for changed in (True, False):  # the second run knows it from the first
        result = converge(host, **wanted)
        assert (result["changed"], result["proven"], result["problems"][1:]) == (changed, True, [])
        assert [(entry["file"], entry["line"]) for entry in result["left_out"]] == [("/etc/audit/rules.d/05-theirs.rules", 1)]
        assert "Invalid argument" in result["left_out"][0]["reason"] and kernel.lines() == [WATCH]
    text = host.text(_ruleset.AUDIT_RULES).split("\n")
    assert text.index("-c") < text.index("-w /etc/odd -p wa"), "the next boot goes on behind it"
    kernel.refuse = {}
    put(host, "05-theirs.rules", "-w /etc/odd -p w\n")
    assert converge(host, **wanted)["loaded"] == 2 and not converge(host, **wanted)["changed"]


@pytest.mark.parametrize("gone", [errno.ENOENT, errno.ENOTDIR])
def test_a_path_that_is_there_by_now_is_tried_again(kernel, host, gone):  # noqa: F811
    kernel.refuse = {"/no/such/file": gone}
    put(host, "05-theirs.rules", NO_DIRECTORY + "\n")
    assert converge(host, rules=[WATCH], missing_paths="keep")["loaded"] == 1
    assert not converge(host, rules=[WATCH], missing_paths="keep")["changed"]
    os.makedirs(host.path("/no/such"))
    kernel.refuse = {}
    assert converge(host, rules=[WATCH], missing_paths="keep")["loaded"] == 2


@pytest.mark.parametrize("name", ["audit.rules", "rules.d/70-auditops-local.rules"])
def test_a_planted_link_is_replaced_not_followed(tmp_path, name):
    tree = Tree(tmp_path)
    tree.apply(rules=[WATCH])
    victim, link = tmp_path / "etc/passwd", tmp_path / "etc/audit" / name
    victim.write_text(link.read_text())  # the text is right, the link is not
    link.unlink()
    link.symlink_to("/etc/passwd")
    before = victim.read_text()
    layer = "compiled" if name == "audit.rules" else "disk"
    found = {item["id"] for item in tree.drift(rules=[WATCH])["items"]}
    assert f"{layer}.rules_link.{link.name}" in found
    result = tree.apply(rules=[WATCH, MOUNT])
    assert victim.read_text() == before and not link.is_symlink()
    assert [problem["token"] for problem in result["problems"] if "symbolic link" in problem["reason"]] == ["/etc/passwd"]
    assert not tree.apply(rules=[WATCH, MOUNT])["changed"]


def test_quarantine_moves_a_link_as_a_link(tmp_path):
    tree = Tree(tmp_path)
    tree.write("etc/shadow", "-w /etc/shadow -p wa\n")
    (tmp_path / "etc/audit/rules.d").mkdir()
    (tmp_path / "etc/audit/rules.d/50-x.rules").symlink_to("../../shadow")
    result = tree.apply(rules=[WATCH], purge="quarantine")
    assert result["quarantined"] == ["/etc/audit/rules.d/50-x.rules"]
    assert (tmp_path / "etc/shadow").read_text() == "-w /etc/shadow -p wa\n"
    assert os.readlink(tmp_path / "etc/audit/rules.d.quarantine/50-x.rules") == "../../shadow"
    assert not os.path.lexists(tmp_path / "etc/audit/rules.d/50-x.rules")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_in_the_place_of_rules_d_is_set_aside_and_kept(tmp_path, kind):
    tree = Tree(tmp_path)
    place = tmp_path / "etc/audit/rules.d"
    if kind == "file":
        tree.write("etc/audit/rules.d", "-w /etc/theirs -p wa\n")
    else:
        place.symlink_to("/nowhere")
    result = tree.apply(rules=[WATCH])
    assert result["changed"] and any("augenrules loaded nothing" in problem["reason"] for problem in result["problems"])
    (kept,) = tmp_path.glob("etc/audit/rules.d.2*")
    assert os.readlink(kept) == "/nowhere" if kind == "link" else kept.read_text() == "-w /etc/theirs -p wa\n"
    assert [path.name for path in place.iterdir()] and not tree.apply(rules=[WATCH])["changed"]
    assert not [item for item in tree.drift(rules=[WATCH])["items"] if item["id"].startswith("disk.rules_d_odd.")]


def test_what_was_in_the_place_of_rules_d_comes_back_where_a_later_step_fails(tmp_path, monkeypatch):
    tree = Tree(tmp_path)
    tree.write("etc/audit/rules.d", "theirs\n")

    def full(*_arguments, **_options):
        raise AuditError("No space left on device")

    monkeypatch.setattr(rules_files.Files, "_restore", full)
    with pytest.raises(AuditError):
        tree.apply(rules=[WATCH])
    assert (tmp_path / "etc/audit/rules.d").read_text() == "theirs\n" and not list(tmp_path.glob("etc/audit/rules.d.2*"))


SILENCING = {
    "-a never,task": True,
    "-a never,exit -S all": True,
    "-a never,exit -F arch=b64 -S all -k x": True,
    "-a always,exclude -F msgtype>=1": True,
    "-a never,exclude -F msgtype=SYSCALL": True,
    "-a always,exclude -F msgtype!=USER_LOGIN": True,
    "-a always,exclude -F msgtype=CWD": False,
    "-a always,exclude -F msgtype>=1400 -F msgtype<=1500": False,
    "-a never,exit -F exe=/usr/sbin/chronyd": False,
    "-a never,exit -F arch=b64 -S adjtimex": False,
    "-a always,exit -F arch=b64 -S all": False,
    "-a always,exclude -F uid>=0": True,
    "-a always,exclude -F auid>=0 -F pid>=0": True,
    "-a always,exclude -F uid>=0 -F msgtype=SYSCALL": True,
    "-a always,exclude -F uid>=0 -F msgtype=PATH": False,
    "-a always,exclude -F uid>=1": True,
    "-a never,task -F uid>=0": True,
    "-a never,task -F uid!=0\n-a never,task -F uid=0": True,
    "-a never,task -F uid!=0\n-a never,task -F gid=0": True,
    "-a never,exit -S all -F auid=unset\n-a never,exit -S all -F auid!=unset": True,
    "-a never,exit -S all -F auid<1000\n-a never,exit -S all -F auid>1000": True,
    "-a never,exit -S all -F auid<1000\n-a never,exit -S all -F auid>=1000": True,
    "-a never,exit -S all -F success=0\n-a never,exit -S all -F success=1": True,
    "-a never,exit -S all -C uid=euid\n-a never,exit -S all -C uid!=euid": True,
    "-a never,exit -S all -F uid>=0 -F exe=/usr/bin/su": False,
    "-a never,exit -S all -F uid>=0 -F pid>=0": True,
    "-a always,exclude -F msgtype<AVC\n-a always,exclude -F msgtype>=AVC": True,
    "-a always,exclude -F msgtype=CWD\n-a always,exclude -F msgtype=PATH": False,
    "-a never,user": True,
    "-a always,exit -S all\n-a never,exit -S all": False,
    "-a never,exit -S all\n-a always,exit -S all": True,
}


@pytest.mark.parametrize("line, silencing", SILENCING.items(), ids=[line.replace("\n", " and ") for line in SILENCING])
def test_rules_that_switch_auditing_off(tmp_path, line, silencing):
    assert bool(silence.silencing([_rule_grammar.parse(part, machine="x86_64") for part in line.split("\n")])) == silencing
    tree = Tree(tmp_path)
    tree.write("etc/audit/rules.d/10-theirs.rules", line + "\n")
    tree.apply(rules=[WATCH])
    found = tree.drifted(rules=[WATCH]).get("disk.rules_d_silent")
    if line.startswith("-a always,exit"):
        return  # the watch of the policy stands behind it
    assert (found and (found["severity"], "10-theirs.rules line 1" in found["actual"][0])) == (("high", True) if silencing else None)


def test_an_exception_of_the_policy_itself_is_no_finding(tmp_path):
    tree = Tree(tmp_path)
    tree.apply(rules=["-a never,task"])
    assert tree.drifted(rules=["-a never,task"]) == {}


RATE_LIMITS = [(0, {}, False), (1, {}, True), (1, {"rate_limit": 0}, True), (5, {"rate_limit": 5}, False)]


@pytest.mark.parametrize("limit, control, found", RATE_LIMITS)
def test_a_rate_limit_of_the_kernel_is_told_unless_it_is_wanted(limit, control, found):
    live = {"kernel": {"status": {"rate_limit": limit}}, "rules": {}, "distribution": None, "root": "/"}
    parsed = Parsed()
    parsed.disk = _ruleset.Compiled()
    items = list(drift_kernel.compare(sides.Sides(live, parsed, {"audit_rules": {"control": control}}, [])))
    assert [(item["id"], item["severity"]) for item in items] == ([("kernel.rate_limit", "high")] if found else [])
