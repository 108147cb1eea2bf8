# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers of a host's checker count, and what is said of those that do not."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments, host_library, resident

POLICY = {"digest": "0" * 64}
DOCUMENT = {
    "schema": 2, "collected_at": "2026-01-01T00:00:00Z", "root": "/", "status": "in_sync", "summary": {"items": 0}, "items": [],
    "controls": [], "exceptions": [], "live": {}, "waived": [],
}


def request(**arguments) -> resident.Request:
    return resident.Request({"auditd": {"settings": {"num_logs": "5"}}, **arguments}, "web1", POLICY)


FINDING = {"id": "disk.x", "layer": "disk", "severity": "high", "why": "Because.", "fix": "role auditd", "expected": 1, "actual": 2}


def answer(asked: resident.Request, **changes) -> str:
    own = {"id": asked.id, "host": asked.host, "code": host_library.comparison_digest(), "interpreter": True, "drift": DOCUMENT}
    return json.dumps({name: value for name, value in {**own, **changes}.items() if value is not None}) + "\n"


def test_a_whole_answer_counts():
    asked = request()
    assert resident.drift("Welcome to web1\n" + answer(asked), asked) == {"changed": False, "drift": DOCUMENT, "collected": False}
    assert resident.drift(answer(asked, collected=True), asked)["collected"] is True


def test_an_error_of_the_comparison_is_what_the_module_would_have_said():
    asked = request()
    said = resident.drift(answer(asked, drift=None, failed=True, msg="needs root"), asked)
    assert said == {"failed": True, "changed": False, "msg": "needs root"}


@pytest.mark.parametrize(("parts", "reason"), [
    ({"items": [1]}, "one of its entries is no object"),
    ({"items": [{**FINDING, "severity": "odd"}]}, "the severity of a finding is 'odd'"),
    ({"items": [{**FINDING, "severity": []}]}, r"the severity of a finding is \[\]"),
    ({"items": [{**FINDING, "controls": 3}]}, "one of its entries is of a wrong type"),
    ({"items": [{name: FINDING[name] for name in FINDING if name != "why"}]}, "a finding has no why"),
    ({"items": [{**FINDING, "id": ["a"]}]}, "a finding has no id"),
    ({"items": [FINDING], "status": "in_sync"}, "it is in sync, and has the finding disk.x"),
    ({"controls": [3]}, "one of its entries is no object"),
    ({"controls": [{"status": "fine"}]}, "the status of a control is 'fine'"),
    ({"exceptions": ["x"]}, "one of its entries is no object"),
    ({"waived": [[]]}, "one of its entries is no object"),
])
def test_a_document_with_entries_that_are_none_does_not_count(parts, reason):
    asked = request()
    document = {**DOCUMENT, "status": "drifted", **parts}
    document["summary"] = {**DOCUMENT["summary"], "items": len(document["items"])}
    with pytest.raises(resident.Unusable, match="its document is not whole: " + reason):
        resident.drift(answer(asked, drift=document), asked)


@pytest.mark.parametrize(("output", "reason", "is_odd"), [
    (lambda asked: "absent\n", "it is not installed", False),
    (lambda asked: "", "gave no answer within", True),
    (lambda asked: answer(asked)[:-40], "not whole", True),
    (lambda asked: "[1]\n", "not whole", True),
    (lambda asked: "{" * 100_000, "not whole", True),
    (lambda asked: "Traceback (most recent call last):\n", "not whole", True),
    (lambda asked: "x" * (resident.LARGEST_DOCUMENT + 1), "more than any document", True),
    (lambda asked: answer(asked, id="1"), "another question or another host", True),
    (lambda asked: answer(asked, host="web2"), "another question or another host", True),
    (lambda asked: answer(asked, code="0" * 64), "other code than this controller", False),
    (lambda asked: answer(asked, code=None), "other code than this controller", False),
    (lambda asked: answer(asked, interpreter=False), "another Python", False),
    (lambda asked: answer(asked, unusable="the benchmarks are of another release"), "benchmarks", False),
    (lambda asked: answer(asked, drift=None), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "root": "/mnt"}), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "schema": 3}), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "status": "fine"}), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "collected_at": "now"}), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "items": {}}), "document is not whole", True),
    (lambda asked: answer(asked, drift={**DOCUMENT, "summary": {"items": 3}}), "document is not whole", True),
    (lambda asked: answer(asked, drift={name: DOCUMENT[name] for name in DOCUMENT if name != "waived"}), "document is not whole", True),
])
def test_an_answer_that_does_not_count_says_why(output, reason, is_odd):
    asked = request()
    with pytest.raises(resident.Unusable, match=reason) as caught:
        resident.drift(output(asked), asked)
    assert caught.value.is_odd is is_odd


def test_the_reason_that_the_checker_gave_is_named():
    with pytest.raises(resident.Unusable, match="no answer: audit-check: /usr/local/lib/x must be a directory of root"):
        resident.drift("", request(), "Shared connection closed\naudit-check: /usr/local/lib/x must be a directory of root\n")


@pytest.mark.parametrize(("program", "reason"), [
    ("sleep 1000", "gave no answer within"), ("exec yes", "more than any document"), ("cat; echo", "other code than this controller"),
    ("echo hello; exec sleep 1000", "not whole"),
])
def test_a_program_that_hangs_or_writes_without_end_is_left_behind(tmp_path, monkeypatch, program, reason):
    """By the shell's own command, with a shorter time and a smaller document."""
    fake = tmp_path / "audit-check"
    fake.write_text(f"#!/bin/sh\n{program}\n")
    fake.chmod(0o755)
    command = resident.ASK.format("").replace(resident.PROGRAM, str(fake)).replace(f" {resident.LONGEST_RUN} ", " 1 ")
    monkeypatch.setattr(resident, "LARGEST_DOCUMENT", 1 << 16)
    command = re.sub(r"head -c [0-9]+", f"head -c {(1 << 16) + 1}", command)
    asked = request()
    done = subprocess.run(["sh", "-c", command], input=asked.text, capture_output=True, text=True, check=False)
    with pytest.raises(resident.Unusable, match=reason):
        resident.drift(done.stdout, asked, done.stderr)


def test_an_answer_of_yesterday_is_for_another_question():
    with pytest.raises(resident.Unusable, match="another question"):
        resident.drift(answer(request()), request())


@pytest.mark.parametrize(("arguments", "reason"), [
    ({"root": "/mnt/image"}, "an offline tree"),
    ({"auditd": {"unknown": 1}}, "unknown"),
    ({"audit_rotation": {"interpreter": "~/python"}}, "expanded on the host"),
])
def test_what_is_not_asked_of_a_checker(arguments, reason):
    with pytest.raises(resident.Unusable, match=reason):
        request(**arguments)


def test_the_host_gets_the_types_that_the_module_would_get():
    text = request(audit_rules={"optimise": "no", "control": {"failure": "1"}}).text
    rules = json.loads(text)["options"]["audit_rules"]
    assert (rules["optimise"], rules["control"]["failure"]) == (False, 1)


def test_the_library_is_named_and_not_carried():
    text = request(**drift_arguments.for_host({"audit_rules": {"profiles": ["auto"]}})).text
    assert len(text) < 10_000 and json.loads(text)["options"]["audit_rules"]["library"] == {"sha256": host_library.benchmarks_digest()}


def test_a_request_on_a_command_line():
    asked = request()
    (encoded,) = re.fullmatch(r"printf %s ([A-Za-z0-9+/=]+) \| base64 -d \| ", asked.on_command_line()).groups()
    assert base64.b64decode(encoded).decode() == asked.text
    assert request(audit_rules={"content": "x" * 100_000}).on_command_line() is None


def send(asked: resident.Request, data: bytes, *, interpreter: str = sys.executable) -> dict:
    command = resident.SEND.format("LANG=C ", shlex.quote(interpreter))
    done = subprocess.run(["sh", "-c", command], input=data, capture_output=True, check=False)
    return resident.drift(done.stdout.decode(), asked, done.stderr.decode())


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("num_logs = 4\n")
    library = {"controls": {}, "benchmarks": {}}
    policy = {"auditd": {"settings": {"num_logs": "5"}}, "audit_rules": {"library": library}}
    return resident.Request({**policy, "root": str(tmp_path), "release": "3.0.9"}, "web1", POLICY, sends_code=True)


def test_each_python_gives_the_same_document(tmp_path):
    """Byte for byte but for the moment, with the rules of a benchmark; those Pythons that are here."""
    (tmp_path / "etc/audit/rules.d").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("num_logs = 4\nflush = h\u00f6chst\n", encoding="utf-8")
    (tmp_path / "etc/audit/rules.d/a.rules").write_text("-w /etc/passwd -p wa -k identity\n-a never,exit -F arch=b64 -S openat\n")
    (tmp_path / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    asked = resident.Request(
        {**drift_arguments.for_host({"audit_rules": {"profiles": ["cis_debian_12"]}, "auditd": {"settings": {"num_logs": "5"}}}),
         "root": str(tmp_path), "release": "3.0.9"}, "web1", POLICY, sends_code=True)
    found = {}
    for interpreter in [sys.executable, *map(str, sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")))]:
        document = send(asked, asked.with_code(), interpreter=interpreter)["drift"]
        found.setdefault(json.dumps({**document, "collected_at": ""}), []).append(interpreter)
    assert len(found) == 1, list(found.values())
    text = next(iter(found))
    assert {"fail", "not_checked"} <= {control["status"] for control in json.loads(text)["controls"]}


@pytest.mark.parametrize("interpreter", [sys.executable, *(["/usr/bin/python3"] if os.path.exists("/usr/bin/python3") else [])])
def test_the_code_comes_by_stdin_and_its_answer_counts(tree, interpreter):
    assert json.loads(tree.text)["options"]["audit_rules"]["library"] == {"controls": {}, "benchmarks": {}}
    document = send(tree, tree.with_code(), interpreter=interpreter)["drift"]
    assert "disk.auditd_conf.num_logs" in [item["id"] for item in document["items"]] and document["root"] == tree.root


@pytest.mark.parametrize("damage", [
    lambda sent: b"",
    lambda sent: sent[:3000],
    lambda sent: sent[:-20],
    lambda sent: sent.replace(b"eJ", b"eK", 1),
    lambda sent: b"no number" + sent,
], ids=["nothing", "half of the code", "half of the request", "changed", "no length"])
def test_what_arrives_damaged_is_no_answer(tree, damage):
    with pytest.raises(resident.Unusable) as caught:
        send(tree, damage(tree.with_code()))
    assert caught.value.is_odd


def test_without_that_interpreter_there_is_no_answer(tree):
    with pytest.raises(resident.Unusable, match="no answer"):
        send(tree, tree.with_code(), interpreter="/no/such/python")
