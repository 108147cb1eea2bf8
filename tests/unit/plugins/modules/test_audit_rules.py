# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_rules with a kernel that is a fake: what is loaded, staged, refused and put back."""

from __future__ import annotations

import errno
import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules as _rule_policy
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules_files
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from ansible_collections.auditops.auditd.plugins.modules import audit_rules
from fake_kernel import FakeKernel

DEFAULTS = {name: option.get("default") for name, option in audit_rules.ARGUMENT_SPEC.items()}
WATCH, MOUNT, OTHER = (
    "-w /etc/passwd -p wa -k identity",
    "-a always,exit -F arch=b64 -S mount -F auid>=1000 -F key=mounts",
    "-w /etc/group -p wa -k g",
)


def tree_of(host):
    found = {}
    for directory, _names, files in os.walk(host.root):
        for name in files:
            path = os.path.join(directory, name)
            with open(path, "rb") as stream:
                found[path[len(host.root) :]] = (stream.read(), os.stat(path).st_mode)
    return found


def converge(host, check_mode=False, **params):
    params.setdefault("release", "3.0.9")
    return _rule_policy.converge(host, dict(DEFAULTS, **params), check_mode=check_mode)


def put(host, name, text):
    with open(host.path("/etc/audit/rules.d/" + name), "w") as stream:
        stream.write(text)


def test_from_nothing_and_again(kernel, host):
    params = {"rules": [WATCH, MOUNT], "control": {"backlog_limit": 8192, "failure": 1}}
    result = converge(host, **params)
    assert result["changed"]
    assert result["proven"] is True
    assert result["loaded"] == 2
    assert result["commands"] == [WATCH, MOUNT, "-b 8192"]
    assert sorted(kernel.lines()) == sorted([MOUNT, WATCH])
    assert kernel.status["backlog_limit"] == 8192
    written = tree_of(host)
    assert {path: oct(mode & 0o777) for path, (_data, mode) in written.items() if path.startswith("/etc/audit")} == dict.fromkeys(
        ["/etc/audit/audit.rules", "/etc/audit/rules.d/70-auditops-local.rules", "/etc/audit/rules.d/zz-auditops-finalize.rules"], "0o600"
    )
    kernel.log.clear()
    again = converge(host, **params)
    assert not again["changed"]
    assert again["proven"] is True
    assert (again["commands"], again["diff"], kernel.log) == ([], [], [])
    assert tree_of(host) == written


def test_only_the_difference_is_touched(kernel, host):
    converge(host, rules=[WATCH, MOUNT])
    kernel.log.clear()
    result = converge(host, rules=[MOUNT.replace("1000", "500"), WATCH.replace("-k identity", "-F key=identity").replace("-p wa", "-p aw")])
    assert [message for message, _payload in kernel.log] == [
        _kernel.AUDIT_ADD_RULE,
        _kernel.AUDIT_DEL_RULE,
    ]  # the new one before the old one goes
    assert len(result["missing"]) == len(result["extra"]) == 1
    assert result["proven"]


def test_check_mode_says_the_same_and_changes_nothing(kernel, host):
    put(host, "50-theirs.rules", OTHER + "\n")
    kernel.load("-w /old -p r")
    before = tree_of(host)
    params = {"rules": [WATCH], "control": {"failure": 0}, "immutable": True}
    foretold = converge(host, check_mode=True, **params)
    assert (tree_of(host), kernel.log, kernel.status["enabled"]) == (before, [], 1)
    done = converge(host, **params)
    for key in ("changed", "commands", "diff", "missing", "extra", "before", "after"):
        assert foretold[key] == done[key], key
    assert foretold["commands"][-1] == "-e 2"


def test_immutable_comes_last_and_later_runs_stage(kernel, host):
    result = converge(host, rules=[WATCH], immutable=True)
    assert result["commands"][-1] == "-e 2"
    assert kernel.status["enabled"] == 2
    assert not converge(host, rules=[WATCH], immutable=True)["changed"]
    kernel.log.clear()
    staged = converge(host, rules=[WATCH, MOUNT], immutable=True)
    assert (staged["changed"], staged["reboot_required"], staged["commands"]) == (True, True, [])
    assert staged["missing"] == [MOUNT]
    assert staged["after"]["at_boot"] == [WATCH, MOUNT]
    assert kernel.log == []
    assert "mounts" in host.text("/etc/audit/audit.rules")
    waiting = converge(host, rules=[WATCH, MOUNT], immutable=True)
    assert (waiting["changed"], waiting["reboot_required"]) == (False, True)


def test_a_foreign_e_2_is_not_carried_out(kernel, host):
    put(host, "99-theirs.rules", "-e 2\n")
    assert converge(host, rules=[WATCH])["proven"]
    assert kernel.status["enabled"] == 1
    assert host.text("/etc/audit/audit.rules").endswith("-e 2\n")


@pytest.mark.parametrize("already", [[], ["-w /keep -p r -k a", "-a never,exit -S all -F auid=7"]])
def test_a_refused_rule_leaves_all_as_it_was(kernel, host, already):
    kernel.load(*already)
    kernel.refuse = {"/etc/group": errno.ENOENT}
    before, rules = tree_of(host), list(kernel.rules)
    with pytest.raises(AuditError) as refused:
        converge(host, rules=[WATCH, OTHER], control={"backlog_limit": 9})
    assert "70-auditops-local.rules line 4" in str(refused.value)
    assert OTHER in str(refused.value)
    assert "previous set of %d rules is in force" % len(already) in str(refused.value)
    assert (tree_of(host), kernel.rules, kernel.status["backlog_limit"]) == (before, rules, 64)


def test_a_refused_rule_is_left_out_where_asked(kernel, host):
    kernel.refuse = {"/etc/group": errno.ENOENT}
    result = converge(host, rules=[WATCH, OTHER, MOUNT], on_error="skip")
    assert [entry["token"] for entry in result["left_out"]] == [OTHER]
    assert (result["loaded"], result["proven"]) == (2, True)


def test_a_kernel_that_takes_no_twin_asks_and_says_how_long(host, monkeypatch):
    class TakesNoTwin(FakeKernel):
        def request(self, message, payload=b"", **how):
            if message == _kernel.AUDIT_ADD_RULE and any(field[0] == 0 for field in _rule.from_kernel(payload).fields):
                raise _kernel.KernelError("refused", errno.EINVAL)
            return super().request(message, payload, **how)

    fake = TakesNoTwin()
    monkeypatch.setattr(_kernel, "Netlink", fake.connect)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda *_arguments: None)
    never = "-a never,exit -F arch=b64 -S all -F auid=77"
    converge(host, rules=[WATCH, MOUNT])
    before, rules = tree_of(host), list(fake.rules)
    with pytest.raises(AuditError, match=r"2 rules away for about 0\.03 seconds, which allow_gap \(audit_rules_allow_gap: true\) accepts"):
        converge(host, rules=[WATCH, never, MOUNT])
    assert (tree_of(host), fake.rules) == (before, rules)
    result = converge(host, rules=[WATCH, never, MOUNT], allow_gap=True)
    assert result["proven"] and "deleted and loaded again" in result["reloaded"]
    assert [_rule.from_kernel(data).action for data in fake.rules] == [2, 0, 2]
    assert not converge(host, rules=[WATCH, never, MOUNT])["changed"]


def test_a_kernel_that_lies_is_found_out(kernel, host):
    converge(host, rules=[WATCH])
    before, rules = tree_of(host), list(kernel.rules)
    kernel.lies = [_rule_grammar.parse(MOUNT, machine="x86_64").to_kernel()]
    with pytest.raises(AuditError, match="not proven: the kernel lacks -a always,exit -F arch=b64 -S mount"):
        converge(host, rules=[WATCH, MOUNT])
    assert (tree_of(host), kernel.rules) == (before, rules)


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_a_bad_line(kernel, host, on_error):
    params = {"rules": [WATCH, "-a always,exit -F arch=b64 -S nosuch -k x", MOUNT], "on_error": on_error}
    if on_error == "abort":
        with pytest.raises(AuditError, match=r'audit_rules_extra\[1\] "-a .* -k x": Syscall name unknown: nosuch') as refused:
            converge(host, **params)
        assert refused.value.details["problems"][0]["token"] == "nosuch"
        assert (kernel.rules, os.listdir(host.path("/etc/audit/rules.d"))) == ([], [])
        return
    result = converge(host, **params)
    assert result["loaded"] == 2
    assert [entry["token"] for entry in result["left_out"]] == ["nosuch"]
    assert "## refused by auditctl (Syscall name unknown" in host.text("/etc/audit/rules.d/70-auditops-local.rules")
    assert not converge(host, **params)["changed"]


@pytest.mark.parametrize(("name", "theirs"), [
    ("audit.rules", "-D\n-w /etc/theirs -p wa\n"), ("rules.d/70-auditops-local.rules", "-w /etc/theirs -p wa\n"),
])
def test_another_tools_edit_is_not_overwritten(kernel, host, monkeypatch, name, theirs):
    """An augenrules that runs meanwhile, an editor: what it wrote after the plan was made stays, and all else is as it was."""
    converge(host, rules=[WATCH])
    before, loaded = tree_of(host), list(kernel.rules)
    edited = host.path("/etc/audit/" + name)
    plan = rules_files.Files.apply

    def edit_and_apply(self, **options):
        with open(edited, "w") as stream:
            stream.write(theirs)
        plan(self, **options)
    monkeypatch.setattr(rules_files.Files, "apply", edit_and_apply)
    with pytest.raises(AuditError, match="changed by another process"):
        converge(host, rules=[WATCH, MOUNT])
    with open(edited) as stream:
        assert stream.read() == theirs
        assert kernel.rules == loaded
    after = tree_of(host)
    assert [path for path in before if after.get(path) != before[path]] == [path for path in before if edited.endswith(path)]
    assert set(after) == set(before)


# name and text of a foreign file -> the name of ours that is read before it
FOREIGN = [
    ("05-theirs.rules", "-w /a -p q\n", "00-auditops-continue.rules"),
    ("00-a.rules", "-w /a -p q\n", "~auditops-continue.rules"),
    ("~a.rules", "-w /a -p q\n", "~~auditops-continue.rules"),
    ("zz-theirs.rules", "-c\n-w /a -p q\n", None),
]


@pytest.mark.parametrize(("name", "text", "ours"), FOREIGN)
def test_a_foreign_bad_line_keeps_none_of_ours_away(kernel, host, name, text, ours):
    put(host, name, text)
    result = converge(host, rules=[WATCH])
    assert [(entry["file"], entry["token"]) for entry in result["left_out"]] == [("/etc/audit/rules.d/" + name, "-p q")]
    boot = _ruleset.parse_rules_file(host.text(_ruleset.AUDIT_RULES), machine="x86_64")
    assert [rule.canonical for rule in boot.rules] == kernel.lines() == [WATCH] and boot.aborts_at is None
    written = [entry for entry in os.listdir(host.path("/etc/audit/rules.d")) if entry.endswith("continue.rules")]
    assert written == ([ours] if ours else [])
    assert not converge(host, rules=[WATCH])["changed"]
    put(host, name, "-w /a -p r\n")
    converge(host, rules=[WATCH])
    assert not [entry for entry in os.listdir(host.path("/etc/audit/rules.d")) if entry.endswith("continue.rules")]


def test_a_foreign_bad_line_that_no_file_of_ours_can_come_before(kernel, host):
    put(host, "~~~~.rules", "-w /a -p q\n")
    with pytest.raises(AuditError, match="~~~~.rules line 1.*no file of ours that is read before it.*nothing was changed"):
        converge(host, rules=[WATCH])
    assert kernel.rules == []


def test_a_bad_line_of_ours_is_an_error_beside_a_foreign_one(kernel, host):
    kernel.refuse = {"/no/such": errno.ENOENT}
    put(host, "05-theirs.rules", "-w /a -p q\n")
    with pytest.raises(AuditError, match="70-auditops-local.rules line .*No such file"):
        converge(host, rules=[WATCH, "-w /no/such -p wa"], missing_paths="keep")
    assert kernel.rules == [] and os.listdir(host.path("/etc/audit/rules.d")) == ["05-theirs.rules"]


def test_a_foreign_bad_line_can_be_quarantined(kernel, host):
    put(host, "05-theirs.rules", "-w /a -p q\n")
    assert converge(host, rules=[WATCH], purge="quarantine")["quarantined"] == ["/etc/audit/rules.d/05-theirs.rules"]


def test_foreign_files_are_kept_or_quarantined(kernel, host):
    put(host, "audit.rules", "-D\n-b 1\n-w /etc/passwd -p wa -k identity")
    converge(host, rules=[WATCH, MOUNT], control={"backlog_limit": 8192})
    assert "left out here: " + WATCH in host.text("/etc/audit/rules.d/70-auditops-local.rules")
    assert sorted(kernel.lines()) == sorted([MOUNT, WATCH])
    assert kernel.status["backlog_limit"] == 8192
    result = converge(host, rules=[WATCH, MOUNT], control={"backlog_limit": 8192}, purge="quarantine")
    assert (result["commands"], result["changed"]) == ([], True)
    assert host.listdir("/etc/audit/rules.d.quarantine") == ["MANIFEST.json", "audit.rules"]
    entry = json.loads(host.text("/etc/audit/rules.d.quarantine/MANIFEST.json"))["audit.rules"]
    assert (entry["from"], entry["mode"]) == ("/etc/audit/rules.d/audit.rules", "0644")
    assert result["quarantined_rules"] == [WATCH]
    assert host.listdir("/etc/audit/rules.d") == ["70-auditops-local.rules", "zz-auditops-finalize.rules"]
    assert not converge(host, rules=[WATCH, MOUNT], control={"backlog_limit": 8192}, purge="quarantine")["changed"]


def test_uid_min_and_missing_paths(kernel, host):
    with open(host.path("/etc/") + "/login.defs", "w") as stream:
        stream.write("# UID_MIN 7\nUID_MIN\t\t  500\n")
    lines = [
        "-a always,exit -F arch=b64 -S mount -F auid>=@UID_MIN@ -F key=m",
        "-w /no/such/file -p wa -k gone",
        "-w /etc/none -p wa -k may_come",
    ]
    result = converge(host, rules=lines)
    assert [rule for rule in kernel.lines() if "auid>=500" in rule]
    assert [entry["token"] for entry in result["left_out"]] == ["/no/such/file"]
    assert result["loaded"] == 2
    os.makedirs(host.path("/no/such"))
    assert converge(host, rules=lines)["missing"] == ["-w /no/such/file -p wa -k gone"]


def test_optimise_merges_and_keeps_the_meaning(kernel, host):
    line = "-a always,exit -F arch=b64 -S %s -F auid>=1000 -F key=perm"
    converge(host, rules=[line % "chmod", line % "fchmod,fchmodat", "-a never,exit -F arch=b64 -S chown", line % "chown"], optimise=True)
    assert kernel.lines() == [
        _rule_grammar.parse(line % "chmod,fchmod,fchmodat").canonical,
        "-a never,exit -F arch=b64 -S chown",
        _rule_grammar.parse(line % "chown").canonical,
    ]


def test_modes_are_put_right(kernel, host):
    converge(host, rules=[WATCH])
    os.chmod(host.path("/etc/audit/audit.rules"), 0o640)
    assert converge(host, rules=[WATCH])["changed"]
    assert not converge(host, rules=[WATCH])["changed"]


def test_backups(kernel, host):
    converge(host, rules=[WATCH])
    result = converge(host, rules=[OTHER], backup=True)
    assert len(result["backups"]) == 2
    assert all(os.path.exists(path) for path in result["backups"])
    assert list(_ruleset.read_rules_d(host)) == ["/etc/audit/rules.d/70-auditops-local.rules"]


def test_a_container_hears_one_sentence(kernel, host, monkeypatch):
    def refuse(self=None):
        raise NotAvailable("not readable from this container")

    monkeypatch.setattr(_kernel, "status", refuse)
    before = tree_of(host)
    with pytest.raises(AuditError, match="cannot be loaded: not readable from this container. With load: false only the files are written"):
        converge(host, rules=[WATCH])
    assert tree_of(host) == before
    assert converge(host, check_mode=True, rules=[WATCH])["problems"][-1]["reason"] == "not readable from this container"
    result = converge(host, rules=[WATCH], load=False)
    assert (result["changed"], result["proven"], result["loaded"]) == (True, None, None)


def test_not_root_hears_one_sentence(host, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AuditError, match="only root may write"):
        converge(host, rules=[WATCH])
