# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of audit_rules that load nothing, offline trees, and input that is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from ansible_collections.auditops.auditd.plugins.modules import audit_rules
from test_audit_rules import MOUNT, OTHER, WATCH, converge


def test_states(kernel, host):
    converge(host, files={"20-a.rules": WATCH + "\n", "30-b.rules": MOUNT + "\n"}, control={"backlog_limit": 100})
    merged = converge(
        host,
        state="merged",
        files={"20-a.rules": "-a always,exit -F path=/etc/passwd -F perm=wa -k identity\n" + OTHER},
        control={"failure": 0},
    )
    assert merged["missing"] == [OTHER]
    assert (kernel.status["backlog_limit"], kernel.status["failure"]) == (100, 0)
    assert not converge(host, state="merged", files={"20-a.rules": OTHER}, control={"failure": 0})["changed"]
    replaced = converge(host, state="replaced", files={"20-a.rules": OTHER + "\n"})
    assert replaced["extra"] == [_rule.from_kernel(_rule_grammar.parse(WATCH).resolve(lambda path: False).to_kernel()).render()]
    overridden = converge(host, files={"30-b.rules": MOUNT + "\n"})
    assert host.listdir("/etc/audit/rules.d") == ["30-b.rules"]
    assert overridden["loaded"] == 1


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"files": {"../x.rules": ""}}, "files:"),
        ({"files": {"x": ""}}, "files:"),
        ({"rules": ["-w /a\n-w /b"]}, "more than one line"),
    ],
)
def test_bad_input(kernel, host, params, word):
    with pytest.raises(AuditError, match=word):
        converge(host, **params)
    assert host.listdir("/etc/audit/rules.d") == []


def module(**params):
    """The module as a host runs it."""
    code = audit_rules.__file__
    data = json.dumps({"ANSIBLE_MODULE_ARGS": params})
    environment = dict(os.environ, PYTHONPATH=":".join(path for path in sys.path if path))
    done = subprocess.run([sys.executable, code], input=data, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_parsed_needs_no_host():
    result = module(state="parsed", content="# x\n-b 8192\n%s\n-a always,exit -S nosuch\n-w relative\n-w /etc/passwd\n" % WATCH)
    assert result["rules"] == [WATCH, "-w /etc/passwd -p rwxa"]
    assert [(problem["line"], problem["token"]) for problem in result["problems"]] == [(4, "nosuch"), (5, "-w relative")]
    assert result["control"] == {"-b": "8192"}
    assert module(state="parsed", content="No rules\n")["rules"] == []


def test_offline_tree_gets_files_only(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nalice:x:1234:1234::/:/bin/sh\n")
    params = {
        "root": str(tmp_path),
        "rules": ["-a always,exit -F arch=b64 -S mount -F uid=alice -k x"],
        "control": {"failure": 1},
        "release": "3.0.9",
    }
    foretold = module(_ansible_check_mode=True, **params)
    assert not (tmp_path / "etc/audit").exists()
    result = module(**params)
    assert foretold["diff"] == result["diff"]
    assert (result["changed"], result["proven"], result["commands"]) == (True, None, [])
    assert "uid=alice" in (tmp_path / "etc/audit/audit.rules").read_text()  # a user of the tree, not of this machine
    assert not module(**params)["changed"]


def test_rendered_and_gathered(tmp_path):
    (tmp_path / "etc/audit/rules.d").mkdir(parents=True)
    (tmp_path / "etc/audit/rules.d/a.rules").write_text("-w /etc -p wa\n-w /etc -p wa\n")
    rendered = module(
        state="rendered", root=str(tmp_path), rules=["-a always,exit -F arch=b64 -S mount"], release="3.0.9", purge="quarantine"
    )
    assert list(rendered["rendered"]) == ["/etc/audit/rules.d/70-auditops-local.rules", "/etc/audit/audit.rules"]
    gathered = module(state="gathered", root=str(tmp_path), release="3.0.9")
    assert gathered["gathered"]["disk"] == ["-w /etc -p rwxa".replace("rwxa", "wa")]
    assert gathered["gathered"]["kernel"] is None
    assert "offline" in gathered["unavailable"]["kernel"]
    assert "Rule exists" in gathered["problems"][0]["reason"]


def test_documentation_is_the_argument_spec():
    options = yaml.safe_load(audit_rules.DOCUMENTATION)["options"]
    assert set(options) == set(audit_rules.ARGUMENT_SPEC)
    for name, option in audit_rules.ARGUMENT_SPEC.items():
        assert options[name].get("default") == option.get("default"), name
        assert options[name].get("choices") == option.get("choices"), name
