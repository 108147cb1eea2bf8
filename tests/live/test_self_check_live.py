# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-check on this machine: asked by drift, with the document of code that is sent; run by itself; attacked, then code is sent."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import auditd_site as sites
import kept_places
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel

COLLECTION = Path(__file__).resolve().parents[2]
PROGRAM, LIBRARY = Path("/usr/local/sbin/audit-check"), Path("/usr/local/lib/audit-rotate")
KEPT, DOCUMENTS = Path("/etc/audit/auditops-policy.json"), Path("/var/lib/auditops/drift")
KNOWN = Path("/var/lib/auditops/audit-check.known")
SCHEDULED = {"audit_check_install": True, "audit_check_schedule": "*/10 * * * *"}
COMPARE = [{"hosts": "all", "gather_facts": False, "tasks": [
    {"ansible.builtin.import_role": {"name": "auditops.auditd.audit_drift", "tasks_from": "compare"}},
    {"ansible.builtin.copy": {"dest": "{{ result }}", "content": "{{ audit_drift_result | to_json }}"}, "delegate_to": "localhost"},
]}]

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("auditd"), reason="needs root and auditd")


@pytest.fixture(scope="module")
def playbook(tmp_path_factory):
    """Run plays over this machine as the host ``me``."""
    directory = tmp_path_factory.mktemp("check")
    hosts = {"me": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}}
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))

    def run(plays, pipelining="0", **variables):
        (directory / "play.yml").write_text(json.dumps(plays))
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_PIPELINING=pipelining)
        own = {"result": str(directory / "result.json"), "audit_drift_report_dir": str(directory / "report")}
        argv = [sys.executable, "-m", "ansible", "playbook", "-i", str(directory / "inventory.json"), str(directory / "play.yml"),
                "-e", json.dumps({**own, **variables})]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
        assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done.stdout + done.stderr

    def compare(**variables):
        said = run(COMPARE, **variables)
        return {**json.loads((directory / "result.json").read_text()), "said": said}

    compare.run = run
    return compare


@pytest.fixture(scope="module")
def installed(playbook):
    if PROGRAM.exists() or LIBRARY.exists():
        pytest.skip("audit-check or the rotation is installed on this machine")
    with kept_places.kept(Path("/"), "module"):
        yield from _installed(playbook)


def _installed(playbook):
    task = [{"hosts": "all", "gather_facts": False, "tasks": [{"auditops.auditd.audit_check": {}}]}]
    playbook.run(task)
    try:
        yield
    finally:
        task[0]["tasks"] = [{"auditops.auditd.audit_check": {"state": "absent"}}]
        playbook.run(task)
        shutil.rmtree(DOCUMENTS, ignore_errors=True)
        assert not any(path.exists() for path in (PROGRAM, LIBRARY, KEPT, KNOWN))


def without_time(result: dict) -> dict:
    """The document without what two comparisons of the same host may differ in: when they were, and the room that others took meanwhile."""
    kept = {name: value for name, value in result["drift"].items() if name not in ("collected_at", "run")}
    partition = kept["live"]["storage"]["partition"]
    partition["free_mb"] = type(partition["free_mb"]).__name__
    return kept


@pytest.mark.parametrize("pipelining", ["0", "1"])
@pytest.mark.parametrize("profiles", [[], ["auto"]])
def test_the_same_document_by_both_ways(installed, playbook, pipelining, profiles):
    variables = {"pipelining": pipelining, "audit_rules_profiles": profiles}
    own = playbook(audit_check_use="always", **variables)
    sent = playbook(audit_check_use="never", **variables)
    assert (own["way"], sent["way"]) == ("audit-check", "code")
    assert without_time(own) == without_time(sent)


def test_without_it_the_code_is_sent(playbook):
    if PROGRAM.exists():
        PROGRAM.rename(PROGRAM.with_suffix(".away"))
    try:
        result = playbook()
    finally:
        if PROGRAM.with_suffix(".away").exists():
            PROGRAM.with_suffix(".away").rename(PROGRAM)
    assert result["way"] == "code" and "not installed" in result["why_pushed"]


def script(text):
    return lambda: PROGRAM.write_text("#!/bin/sh\n" + text)


def append(path, text):
    def change():
        with (LIBRARY / path).open("a") as stream:
            stream.write(text)
    return change


def other_release():
    parcel = LIBRARY / "comparison.parcel"
    texts = _parcel.unpack(parcel.read_text())
    parcel.write_text(_parcel.pack({**texts, "_severity.py": texts["_severity.py"] + "\n"}))


ATTACKS = {
    "prints without end": (script("cat > /dev/null; exec yes\n"), "more than any document"),
    "truncated": (script("echo '{\"id\": 1'\n"), "not whole"),
    "silent": (script("exit 0\n"), "no answer"),
    "another host": (script("echo '{\"id\": \"1\", \"host\": \"other\"}'\n"), "another question or another host"),
    "not executable": (lambda: PROGRAM.chmod(0o644), "not installed"),
    "library of another": (lambda: os.chown(LIBRARY, 1000, 1000), "must be a directory of root"),
    "library writable": (lambda: (LIBRARY / "audit_rotate").chmod(0o777), "must be a directory of root"),
    "a file of it writable": (lambda: (LIBRARY / "audit_rotate/comparison.py").chmod(0o666), "must be a file of root"),
    "half written": (lambda: (LIBRARY / "comparison.parcel").write_text((LIBRARY / "comparison.parcel").read_text()[:5000]), "no answer"),
    "gone": ((LIBRARY / "comparison.parcel").unlink, "no answer"),
    "of another controller's release": (other_release, "other code than this controller"),
    "package broken": (append("audit_rotate/comparison.py", "\nnonsense(\n"), "no answer"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_wrong_with_it_is_said_and_the_code_is_sent(installed, playbook, tmp_path, attack):
    change, reason = ATTACKS[attack]
    shutil.copytree(LIBRARY, tmp_path / "library")
    shutil.copy2(PROGRAM, tmp_path / "program")
    try:
        change()
        result = playbook()
    finally:
        shutil.rmtree(LIBRARY)
        shutil.copytree(tmp_path / "library", LIBRARY)
        shutil.copy2(tmp_path / "program", PROGRAM)
    assert result["way"] == "code" and reason in result["why_pushed"], result["why_pushed"]
    assert result["drift"]["status"] in ("in_sync", "drifted", "unknown")


def by_the_timer():
    """A run as cron or a timer starts it, and its process."""
    process = subprocess.Popen([str(PROGRAM), "--scheduled"], env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL)
    assert process.wait() in (0, 1, 2)
    return process.pid


def own_document():
    return json.loads((DOCUMENTS / "me.json").read_text())


def test_a_dead_auditd_is_in_the_document_of_the_timer(audited, installed, playbook):
    audited.start()
    playbook(**SCHEDULED)
    by_the_timer()
    assert "daemon.running" not in {item["id"] for item in own_document()["items"]}
    audited.kill(9)
    by_the_timer()
    assert {item["id"]: item["severity"] for item in own_document()["items"]}["daemon.running"] == "critical"


# What hardening guides watch, of all that a check touches; the others only make them two hundred
WATCHED = ["-w /etc/audit/ -p wa -k auditconfig", "-w /sbin/auditctl -p x -k audittools", "-w /usr/sbin/auditctl -p x -k audittools",
           "-w /sbin/auditd -p x -k audittools", "-w /var/log/audit/ -p wa -k auditlog", "-w /etc/passwd -p wa -k identity",
           "-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0 -k setuid",
           "-a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat -F auid>=1000 -F auid!=unset -k delete"]
TWO_HUNDRED = WATCHED + [f"-a always,exit -F arch=b64 -S mount -F a0={number} -k filler" for number in range(200 - len(WATCHED))]


def test_a_run_leaves_no_record_of_its_own_at_200_rules(audited, installed, playbook, tmp_path):
    """The session of cron, and SERVICE_START of a timer, are records of the scheduler; here nothing but the run itself is looked for."""
    audited.start()
    (tmp_path / "all.rules").write_text("".join(rule + "\n" for rule in TWO_HUNDRED))
    done = audited.command("auditctl", "-R", str(tmp_path / "all.rules"))
    assert done.returncode == 0, done.stderr
    playbook(**SCHEDULED, audit_rules_extra=TWO_HUNDRED)
    by_the_timer()  # asks auditctl for its release, and knows it from then on
    runs = [by_the_timer() for _each in range(3)]
    assert own_document()["live"]["rules"]["loaded"] == 200
    audited.command("/sbin/auditctl", "-s")
    sites.wait_for(lambda: 'key="audittools"' in audited.log(), "the rules to record what they watch")
    records = [line for line in audited.log().splitlines() if re.search(rf"\bp?pid=({'|'.join(map(str, runs))})\b", line)]
    assert records == [] and stat.S_IMODE(KNOWN.stat().st_mode) == 0o600


def test_a_host_compares_itself_and_drift_collects(installed, playbook):
    def scheduled():
        return subprocess.run([str(PROGRAM), "--scheduled"], check=False, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})

    KEPT.unlink(missing_ok=True)
    missing = scheduled()
    assert missing.returncode == 3 and str(KEPT) in missing.stderr
    playbook(**SCHEDULED)
    assert KEPT.stat().st_mode & 0o777 == 0o600
    assert scheduled().returncode in (0, 1, 2)
    made = json.loads((DOCUMENTS / "me.json").read_text())
    collected = playbook(**SCHEDULED, audit_check_collect=True)
    assert collected["collected"] is True and collected["drift"]["collected_at"] == made["collected_at"]
    time.sleep(1.1)  # stamps have seconds
    assert playbook(**SCHEDULED, audit_check_collect=True, audit_check_max_age=0)["collected"] is False
    KEPT.chmod(0o666)
    refused = scheduled()
    assert refused.returncode == 3 and "nobody else may write" in refused.stderr
