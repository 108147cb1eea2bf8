# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugins of drift and report: what they hand to the host, what they write here, when they fail."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible_collections.auditops.auditd.plugins.action import audit_drift, audit_report
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, drift_arguments, host_library, resident
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN

COLLECTIONS = Path(audit_drift.__file__).parents[5]


def item(severity):
    return {
        "id": f"disk.auditd_conf.{severity}", "layer": "disk", "severity": severity, "expected": "a", "actual": "b", "controls": [],
        "why": "Because.", "fix": "role auditd",
    }


def document(*severities):
    status = "drifted" if set(severities) - {"info"} else "in_sync"
    return {
        "schema": 2, "collected_at": "2026-01-01T00:00:00Z", "root": "/", "status": status, "summary": {},
        "items": [item(name) for name in severities], "live": {}, "waived": [],
    }


class Task:
    async_val = 0
    check_mode = diff = False

    def __init__(self, args):
        self.args = args


class Drift(audit_drift.ActionModule):
    """The action with the host replaced by what it answers."""

    def __init__(self, args, answer):
        self._task = Task(args)
        self.answer = answer
        self.launched = []

    def _execute_module(self, module_name=None, module_args=None, task_vars=None, **unused):
        self.launched.append((module_name, module_args))
        return self.answer

    def _ask_checker(self, arguments, options, policy, task_vars):
        raise resident.Unusable("it is not installed")

    def _send_code(self, arguments, policy, task_vars):
        raise resident.Unusable("the inventory names no Python for this host")

    def run(self, tmp=None, task_vars=None):
        return super().run(tmp, task_vars or {"inventory_hostname": "web1"})


@pytest.fixture(autouse=True)
def without_base_run(monkeypatch):
    monkeypatch.setattr(audit_drift.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})


def test_the_host_gets_the_policy_and_not_the_controllers_options(tmp_path):
    args = {"auditd": {"settings": {}}, "root": "/mnt", "report_dir": str(tmp_path), "phase": "before", "fail_on": "never"}
    action = Drift(args, {"changed": False, "drift": document()})
    action.run()
    sent = {"auditd": {"settings": {}}, "root": "/mnt", "benchmarks": drift_arguments.BENCHMARKS,
            "code": host_library.comparison()}
    assert action.launched == [("auditops.auditd.audit_drift", sent)]


class Sending(Drift):
    """The host has no checker, and answers what it is sent."""

    _send_code = audit_drift.ActionModule._send_code

    def __init__(self, args, answer, *, has_stdin=True, spoil=None, cannot_lay=None):
        super().__init__(args, {"changed": False, "drift": document()})
        self.has_stdin, self.said, self.spoil, self.cannot_lay = has_stdin, answer, spoil or {}, cannot_lay
        shell = SimpleNamespace(tmpdir="/home/ops/.ansible/tmp/ansible-tmp-1", join_path=lambda *parts: "/".join(parts))
        self._connection, self.laid = SimpleNamespace(_shell=shell), {}

    def _is_pipelining_enabled(self, module_style, wrap_async=False):
        return self.has_stdin

    def _compute_environment_string(self):
        return ""

    def _make_tmp_path(self):
        if self.cannot_lay:
            raise self.cannot_lay
        return self._connection._shell.tmpdir

    def _transfer_data(self, remote_path, data):
        self.laid[remote_path] = data

    def _fixup_perms2(self, paths, *, execute):
        assert not execute

    def _low_level_execute_command(self, command, in_data=None):
        self.command = command
        read = re.fullmatch(r"\{ .* \| head -c [0-9]+.*; \} < (\S+)", command)
        assert bool(read) is not self.has_stdin
        in_data = self.laid[read[1]] if read else in_data
        request = json.loads(in_data[in_data.index(b'{"id"'):])
        own = {"id": request["id"], "host": request["host"], "code": host_library.comparison_digest()}
        return {"stdout": json.dumps({**own, "interpreter": True, "drift": self.said, **self.spoil}), "stderr": ""}


WHOLE = {**document(), "summary": {"items": 0}, "controls": [], "exceptions": []}
NAMED = {"inventory_hostname": "web1", "ansible_python_interpreter": "/usr/bin/python3"}


@pytest.mark.parametrize(("options", "task_vars", "way", "warned"), [
    ({}, NAMED, "code", ""),
    ({"has_stdin": False}, NAMED, "code", ""),
    ({"has_stdin": False, "spoil": {"id": "1"}}, NAMED, "module", "another question"),
    ({"has_stdin": False, "cannot_lay": AnsibleError("no room")}, NAMED, "module", "cannot be laid on the host: no room"),
    ({}, {"inventory_hostname": "web1"}, "code", ""),
    ({}, {**NAMED, "ansible_python_interpreter": "auto_silent"}, "code", ""),
    ({}, {**NAMED, "ansible_python_interpreter": "~/python"}, "module", ""),
    ({"spoil": {"drift": {}}}, NAMED, "module", "not whole"),
    ({"spoil": {"host": "web2"}}, NAMED, "module", "another host"),
])
def test_the_code_alone_is_sent_where_a_host_takes_it(options, task_vars, way, warned):
    action = Sending({"auditd": {"settings": {}}, "use": "never"}, WHOLE, **options)
    result = action.run(task_vars=task_vars)
    assert (result["way"], bool(action.launched)) == (way, way == "module")
    assert result["why_pushed"] == "use is never" and result["drift"]["host"] == "web1"
    assert warned in " ".join(result["warnings"]) and bool(result["warnings"]) is bool(warned)


@pytest.mark.parametrize(("task_vars", "python"), [
    ({"ansible_python_interpreter": "/opt/my python"}, " '/opt/my python' -ISc "),
    ({"ansible_python_interpreter": "{{ elsewhere }}"}, " /opt/elsewhere -ISc "),
    ({"ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3.6"}}, " /usr/bin/python3.6 -ISc "),
    ({"ansible_interpreter_python_fallback": ["/usr/bin/python2.7", "python3.12", "/usr/bin/python3"]},
     " $(command -v python3.12 || command -v /usr/bin/python3 || command -v /usr/libexec/platform-python) -ISc "),
])
def test_the_python_is_the_one_that_ansible_takes(task_vars, python):
    action = Sending({"auditd": {"settings": {}}, "use": "never"}, WHOLE)
    action._templar = SimpleNamespace(template=lambda text: "/opt/elsewhere")
    assert action.run(task_vars={"inventory_hostname": "web1", **task_vars})["way"] == "code"
    assert python in action.command


def test_a_host_that_is_lost_while_the_request_is_laid_there_is_unreachable():
    action = Sending({"auditd": {"settings": {}}, "use": "never"}, WHOLE, has_stdin=False, cannot_lay=AnsibleConnectionFailure("gone"))
    with pytest.raises(AnsibleConnectionFailure, match="gone"):
        action.run(task_vars=NAMED)
    assert not action.launched


class Asking(Sending):
    """The host has a checker; its connection gives no stdin."""

    _ask_checker = audit_drift.ActionModule._ask_checker

    def __init__(self, args, *, no_log):
        super().__init__(args, WHOLE, has_stdin=False)
        self._task.no_log = no_log
        self.commands = []

    def _low_level_execute_command(self, command, in_data=None):
        self.commands.append(command)
        if command.startswith("printf"):
            encoded = command.split()[2]
            self.laid["line"], command = base64.b64decode(encoded), "{ x | head -c 1; } < line"
        return super()._low_level_execute_command(command, in_data)


@pytest.mark.parametrize(("settings", "no_log", "is_laid"), [
    ({}, False, False),
    ({}, True, True),  # a command line is there for everybody to read, in ps
    ({"admin_space_left": "x" * 100_000}, False, True),
])
def test_a_policy_is_on_the_command_line_where_it_may_and_fits(settings, no_log, is_laid):
    action = Asking({"auditd": {"settings": settings}}, no_log=no_log)
    assert action.run(task_vars=NAMED)["way"] == "audit-check" and not action.launched
    assert bool(action.laid.get("/home/ops/.ansible/tmp/ansible-tmp-1/request")) is is_laid
    assert action.commands[0].startswith("printf") is not is_laid and ("admin_space_left" in action.commands[0]) is False


def test_the_program_is_known_by_its_digests():
    action = Drift({"audit_rotation": {"schedule": "daily"}}, {"drift": document()})
    action.run()
    program = action.launched[0][1]["program"]
    assert "/usr/local/sbin/audit-rotate" in program and all(len(digest) == 64 for digest in program.values())


def test_the_library_goes_along_with_profiles_only():
    action = Drift({"audit_rules": {"rules": [], "profiles": []}}, {"drift": document()})
    action.run()
    assert "library" not in action.launched[0][1]["audit_rules"]
    action = Drift({"audit_rules": {"profiles": "auto, pci_dss", "skip": ["10.6.3"]}}, {"drift": document()})
    action.run()
    sent = action.launched[0][1]["audit_rules"]
    assert sent["profiles"] == ["auto", "pci_dss"] and "cis_debian_12" in sent["library"]["benchmarks"]
    with pytest.raises(AnsibleActionFail, match="did you mean.*pci_dss"):
        Drift({"audit_rules": {"profiles": ["pcidss"]}}, {"drift": document()}).run()


def test_without_profiles_no_rule_of_the_library_is_read():
    code = ("import sys; from ansible_collections.auditops.auditd.plugins.action import audit_drift;"
            "sys.exit(any(name.endswith(('plugin_utils.controls', '_library.words')) for name in sys.modules))")
    environment = dict(os.environ, PYTHONPATH=str(COLLECTIONS))
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0


@pytest.mark.parametrize("drift", [{**document(), "items": [1]}, {**document("high"), "status": "in_sync"}, [1], "no document"])
def test_a_document_of_a_module_that_is_none_fails_the_host(drift, tmp_path):
    result = Drift({"report_dir": str(tmp_path), "fail_on": "high"}, {"changed": False, "drift": drift}).run()
    assert result["failed"] and "a document that is not whole" in result["msg"]


def test_the_document_is_spooled_with_its_host(tmp_path):
    result = Drift({"report_dir": str(tmp_path)}, {"drift": document("low")}).run()
    spooled = json.loads((tmp_path / "hosts" / "web1.json").read_text())
    assert result["path"] == str(tmp_path / "hosts" / "web1.json")
    assert spooled == result["drift"] and spooled["host"] == "web1"
    assert not (tmp_path / "before").exists()


@pytest.mark.parametrize("phase", ["now", "before", "after"])
def test_a_document_that_cannot_be_written_fails_the_host_but_withholds_no_remediation(tmp_path, phase):
    (tmp_path / "file").write_text("")
    result = Drift({"report_dir": str(tmp_path / "file"), "phase": phase}, {"drift": document("low")}).run()
    sentence = result["warnings"][0] if phase == "before" else result["msg"]
    assert sentence.startswith("report_dir: cannot write the document of web1: ")
    assert "Errno" not in sentence and str(tmp_path / "file") in sentence
    assert bool(result.get("failed")) is (phase != "before") and ("drift" in result) is (phase == "before")


def test_a_relative_directory_counts_from_where_ansible_was_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Drift({"report_dir": "here"}, {"drift": document()}).run()
    assert (tmp_path / "here" / "hosts" / "web1.json").exists()


def test_a_failed_module_is_handed_on_and_spools_why(tmp_path):
    answer = {"failed": True, "msg": "needs root"}
    result = Drift({"report_dir": str(tmp_path)}, answer).run()
    assert {name: result[name] for name in answer} == answer
    spooled = json.loads((tmp_path / "hosts" / "web1.json").read_text())
    assert (spooled["status"], spooled["error"], spooled["unreachable"], spooled["run"]) == ("unknown", "needs root", False, RUN)


def test_a_host_that_is_not_reached_is_spooled_and_the_error_goes_on(tmp_path):
    class Away(Drift):
        def _execute_module(self, **unused):
            raise AnsibleConnectionFailure("no route to host")

    Drift({"report_dir": str(tmp_path)}, {"drift": document("low")}).run()
    with pytest.raises(AnsibleConnectionFailure, match="no route to host"):
        Away({"report_dir": str(tmp_path)}, None).run()
    spooled = json.loads((tmp_path / "hosts" / "web1.json").read_text())
    assert (spooled["status"], spooled["unreachable"]) == ("unknown", True) and "no route to host" in spooled["error"]
    assert "no route to host" in spooled["live"]["unavailable"]["host"]
    assert json.loads((tmp_path / "last_good" / "web1.json").read_text())["status"] == "drifted"
    Drift({"report_dir": str(tmp_path)}, {"drift": document()}).run()
    assert not (tmp_path / "last_good" / "web1.json").exists()


def test_the_document_names_its_run_and_the_digest_of_its_policy(tmp_path):
    first, same, other = [
        Drift({"auditd": {"settings": {"num_logs": number}}}, {"drift": document()}).run()["drift"] for number in (5, 5, 6)
    ]
    assert first["run"] == same["run"] == RUN and list(first)[:4] == ["schema", "host", "run", "policy"]
    assert first["policy"] == same["policy"] != other["policy"]


@pytest.mark.parametrize(
    ("fail_on", "severities", "fails"),
    [
        ("never", ["critical"], False), (None, ["critical"], False), ("critical", ["high"], False), ("critical", ["critical"], True),
        ("medium", ["high", "low"], True), ("medium", ["low", "info"], False), ("info", ["info"], True), ("low", [], False),
    ],
)
def test_fail_on(tmp_path, fail_on, severities, fails):
    result = Drift({"report_dir": str(tmp_path), "fail_on": fail_on}, {"drift": document(*severities)}).run()
    assert bool(result.get("failed")) is fails
    assert (tmp_path / "hosts" / "web1.json").exists(), "the document is written before the task fails"
    if fails:
        assert f"of severity {fail_on} or above" in result["msg"] and "Because." in result["msg"]
        assert "drift" not in result, "Ansible prints a failed result whole"


@pytest.mark.parametrize(("name", "value"), [("phase", "later"), ("fail_on", "everything")])
def test_a_wrong_word_is_refused_before_the_host_is_asked(name, value):
    action = Drift({name: value}, {"drift": document()})
    with pytest.raises(AnsibleActionFail, match=f"{name}: {value} is none of"):
        action.run()
    assert action.launched == []


def test_the_report_needs_no_connection():
    assert audit_report.ActionModule._requires_connection is False


def test_the_library_is_judged_once_for_all_hosts_and_named_by_its_digest(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    asked = {"audit_rules": {"profiles": "cis_debian_12", "rules": ["-w /etc/x -p wa"], "exceptions": []}}
    first = drift_arguments.for_host(asked)["audit_rules"]
    monkeypatch.setattr(controls, "with_library", None)
    second = drift_arguments.for_host(asked)["audit_rules"]
    assert first == second == {
        **asked["audit_rules"], "profiles": ["cis_debian_12"], "library": {"sha256": host_library.benchmarks_digest()}}
    assert drift_arguments.whole({"audit_rules": second})["audit_rules"]["library"] == controls.shipped()
