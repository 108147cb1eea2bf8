# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker of a host: installed beside the rotation, run from a directory of its own, damaged, and compared."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments, _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._check import answer, cli, kept
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as rotation
from ansible_collections.auditops.auditd.plugins.modules import audit_check, audit_rotation
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library

START = ("import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import comparison; "
         "sys.exit(comparison.main(sys.argv[1], sys.argv[2:]))")
EVERY_TEN_MINUTES = "*/10 * * * *"


class Module:
    """What run() uses of AnsibleModule."""

    def __init__(self, specification, root, check_mode=False, **params):
        defaults = {name: option.get("default") for name, option in specification.items()}
        self.params = {**defaults, "program": host_library.program(), "root": str(root), **params}
        self.check_mode = check_mode

    def warn(self, text):
        pass

    def run_command(self, argv, **_options):
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


def check(root, check_mode=False, **params):
    return audit_check.run(Module(audit_check.ARGUMENT_SPEC, root, check_mode, **params))


def rotate(root, **params):
    return audit_rotation.run(Module(audit_rotation.ARGUMENT_SPEC, root, **params))


@pytest.fixture
def root(tmp_path):
    tree = tmp_path / "image"
    for path in ("usr/sbin/cron", "usr/lib/systemd/systemd", "usr/bin/python3"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("")
        (tree / path).chmod(0o755)
    (tree / "etc/audit").mkdir(parents=True)
    (tree / "var/log/audit").mkdir(parents=True, mode=0o750)
    return tree


def files(root: Path) -> dict[str, tuple]:
    return {str(path.relative_to(root)): (path.lstat().st_mode, path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_system_that_compares_itself_has_a_policy_from_the_start(root):
    kept = root / "etc/audit/auditops-policy.json"
    check(root, policy="{}\n")
    assert not kept.exists(), "nobody asks for it without a schedule"
    for text in ("{}\n", '{"newer": 1}\n'):
        assert check(root, schedule="daily", policy=text)["changed"]
        assert kept.read_text() == text and stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert not check(root, schedule="daily", policy=text)["changed"]
    check(root, state="absent")
    assert not kept.exists()


@pytest.mark.parametrize("scheduler", ["cron", "systemd"])
def test_install_twice_and_remove(root, scheduler):
    before = files(root)
    wanted = {"schedule": EVERY_TEN_MINUTES, "scheduler": scheduler, "textfile": "/var/lib/node/audit.prom"}
    foreseen = check(root, check_mode=True, **wanted)
    assert foreseen["changed"] and files(root) == before
    first = check(root, **wanted)
    assert first["files"] == foreseen["files"] and first["scheduler"] == scheduler
    again = check(root, **wanted)
    assert not again["changed"] and again["diff"] == []
    program = root / "usr/local/sbin/audit-check"
    assert program.read_text().startswith("#!/usr/bin/python3 -IS\n") and stat.S_IMODE(program.stat().st_mode) == 0o755
    assert check(root, state="absent")["changed"] and not check(root, state="absent")["changed"]
    assert files(root) == before


def test_one_library_for_the_checker_and_the_rotation(root):
    check(root)
    own = files(root / "usr/local/lib")
    rotate(root, scheduler="cron", run=False)
    assert files(root / "usr/local/lib") == own and not check(root)["changed"]
    check(root, state="absent")
    assert files(root / "usr/local/lib") == own and (root / "usr/local/sbin/audit-rotate").exists()
    check(root)
    rotate(root, state="absent")
    assert files(root / "usr/local/lib") == own and not (root / "usr/local/sbin/audit-rotate").exists()
    check(root, state="absent")
    assert files(root / "usr/local") == {}


def test_a_schedule_that_is_no_longer_wanted_goes(root):
    check(root, schedule="hourly", scheduler="systemd")
    assert (root / "etc/systemd/system/timers.target.wants/audit-check.timer").is_symlink()
    assert "OnCalendar=hourly" in (root / "etc/systemd/system/audit-check.timer").read_text()
    check(root, schedule="hourly", scheduler="cron")
    assert [path.name for path in (root / "etc/systemd/system").rglob("audit-check*")] == []
    check(root)
    assert not (root / "etc/cron.d/audit-check").exists()


@pytest.mark.parametrize(("wanted", "reason"), [
    ({"schedule": "dayly"}, "audit_check_schedule = dayly"),
    ({"schedule": "daily", "textfile": "here.prom"}, "audit_check_textfile = here.prom"),
    ({"interpreter": "/opt/none"}, "audit_check_interpreter .* = /opt/none"),
    ({"program": None}, "action plugin"),
])
def test_what_cannot_be_had_is_one_sentence(root, wanted, reason):
    before = files(root)
    with pytest.raises(AuditError, match=reason):
        check(root, **wanted)
    assert files(root) == before


# what lies on the host, run

@pytest.fixture
def installed(root, monkeypatch):
    """The library on a host, and how to start what it holds, from its own directory."""
    check(root)
    library = root / rotation.LIBRARY.lstrip("/")

    def run(*arguments, request=None, interpreter=sys.executable, start=START):
        argv = [interpreter, "-IS", "-c", start, str(library), *arguments]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, input=json.dumps(request) if request is not None else "")
        assert "Traceback" not in done.stderr, done.stderr
        return done

    run.library = library
    return run


@pytest.mark.parametrize(("spoil", "reason"), [
    (shutil.rmtree, "{} does not exist"),
    (lambda library: shutil.rmtree(library / "audit_rotate"), "the code in {} cannot be used: No module named 'audit_rotate'"),
    (lambda library: (library / "audit_rotate/comparison.py").unlink(), "the code in {} cannot be used: cannot import name 'comparison'"),
    (lambda library: (library / "audit_rotate/comparison.py").write_text("def\n"), "the code in {} cannot be used: invalid syntax"),
    (lambda library: library.chmod(0o777), "{} must be a directory of root"),
    (lambda library: (library / "audit_rotate").chmod(0o777), "{}/audit_rotate must be a directory of root"),
    (lambda library: (library / "audit_rotate/comparison.py").chmod(0o666), "{}/audit_rotate/comparison.py must be a file of root"),
    (lambda library: (library / "comparison.parcel").chmod(0o620), "{}/comparison.parcel must be a file of root"),
    (lambda library: os.mkfifo(library / "audit_rotate/json.py"), "{}/audit_rotate/json.py must be a file of root"),
    (lambda library: (library / "audit_rotate/other.py").symlink_to("/etc/hostname"), "{}/audit_rotate/other.py must be a file of root"),
])
def test_a_library_that_cannot_be_used_is_an_error_and_no_drift(root, installed, spoil, reason):
    spoil(installed.library)
    program = root / "usr/local/sbin/audit-check"
    program.write_text(program.read_text().replace(f'"{rotation.LIBRARY}"', f'"{installed.library}"'))
    done = subprocess.run([sys.executable, "-IS", str(program), "--json"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"{program}: " + reason.format(installed.library)) and sentence.endswith("; install it again")


def question(root, **options):
    wanted = {**dict.fromkeys(_arguments.COMPARED), "root": str(root), **options}
    return {"id": "1", "host": "web1", "policy": {"digest": "0"}, "options": wanted}


WANTED = {"settings": {"disk_full_action": "SYSLOG"}, "state": "merged", "unsupported_keys": "fail"}


def test_the_answer_is_the_document_that_the_module_makes(root, installed):
    (root / "etc/audit/auditd.conf").write_text("disk_full_action = HALT\n")
    asked = question(root, auditd=WANTED, release="3.0.9")
    said = json.loads(installed("--request", request=asked).stdout)
    sent = answer.answer(asked["options"], None)
    for document in (said["drift"], sent["drift"]):
        document.pop("collected_at")
    assert said["drift"] == sent["drift"] and said["drift"]["status"] == "drifted"
    assert (said["id"], said["host"], said["code"]) == ("1", "web1", host_library.comparison_digest())


@pytest.mark.skipif(os.geteuid() != 0, reason="the compiled code is root's")
def test_each_python_gives_the_document_of_the_module_compiled_or_not(root, installed):
    (root / "etc/audit/auditd.conf").write_text("disk_full_action = HALT\nflush = h\u00f6chst\n", encoding="utf-8")
    (root / "etc/audit/rules.d").mkdir()
    (root / "etc/audit/rules.d/a.rules").write_text("-w /etc/passwd -p wa -k identity\n-a never,exit -F arch=b64 -S openat\n")
    asked = question(root, auditd=WANTED, audit_rules={"rules": ["-w /etc/passwd -p wa -k other"]}, release="3.0.9")
    sent = {**answer.answer(asked["options"], None)["drift"], "collected_at": ""}
    for interpreter in [sys.executable, *map(str, sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")))]:
        for _each in ("compiles", "is compiled"):
            said = json.loads(installed("--request", request=asked, interpreter=interpreter).stdout)
            assert {**said["drift"], "collected_at": ""} == sent, interpreter
        assert list(installed.library.glob("comparison.parcel.*")), interpreter


@pytest.mark.skipif(os.geteuid() != 0, reason="the compiled code is root's")
def test_compiled_it_imports_nothing_that_costs_more_than_it_gives(root, installed):
    """The modules are named with what they cost in those of ours that stand for them."""
    asked = question(root, auditd=WANTED, audit_rules={"rules": ["-w /etc/passwd -p wa -k other"]}, release="3.0.9")
    installed("--request", request=asked)
    done = installed("--request", request=asked, start=START.replace("sys.exit(", "(").replace("2:]))", "2:])); print(*sys.modules)"))
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "auditops_auditd._check.cli" in loaded
    assert loaded & {"re", "enum", "json", "hashlib", "datetime", "calendar", "argparse", "subprocess", "typing", "shlex", "glob"} == set()


def test_exit_codes_and_ten_lines_for_a_person(root, installed, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(question(root, auditd=WANTED, release="3.0.9")))
    policy.chmod(0o600)
    (root / "etc/audit/auditd.conf").write_text("disk_full_action = HALT\n")
    drifted = installed("--status", "--policy", str(policy))
    lines = drifted.stdout.splitlines()
    assert drifted.returncode == 1 and 2 <= len(lines) <= 10 and lines[0].startswith("web1 is drifted from the policy")
    assert json.loads(installed("--policy", str(policy)).stdout)["status"] == "drifted"
    textfile = tmp_path / "audit.prom"
    installed("--policy", str(policy), "--textfile", str(textfile))
    assert "auditops_check_in_sync 0\n" in textfile.read_text()
    assert installed("--policy", "-", request=question(root, auditd=WANTED)).returncode == 1


@pytest.mark.parametrize("damage", ["missing", "writable", "link", "no json", "no options", "directory"])
def test_a_policy_that_is_not_to_be_believed_is_one_line_and_code_3(root, installed, tmp_path, damage):
    policy = tmp_path / "policy.json"
    policy.write_text({"no json": "{", "no options": "{}"}.get(damage, json.dumps(question(root))))
    policy.chmod(0o666 if damage == "writable" else 0o600)
    if damage in ("missing", "directory"):
        policy.unlink()
    if damage == "directory":
        policy.mkdir()
    if damage == "link":
        policy.rename(tmp_path / "other")
        policy.symlink_to(tmp_path / "other")
    done = installed("--policy", str(policy))
    assert done.returncode == 3 and done.stdout == "" and len(done.stderr.splitlines()) == 1 and str(policy) in done.stderr


def test_a_full_disk_is_one_line_and_code_3(root, installed, tmp_path):
    """What has to be written cannot be (here: a limit of no bytes); what was there stays."""
    policy, textfile = tmp_path / "policy.json", tmp_path / "audit.prom"
    policy.write_text(json.dumps(question(root, auditd=WANTED, release="3.0.9")))
    policy.chmod(0o600)
    textfile.write_text("before\n")
    argv = ["sh", "-c", 'ulimit -f 0; exec "$0" "$@"', sys.executable, "-IS", "-c", START, str(installed.library)]
    argv += ["--policy", str(policy), "--textfile", str(textfile)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 1), done
    assert done.stderr.startswith(f"audit-check: cannot write {textfile}: ") and textfile.read_text() == "before\n"


class OfNoFile:
    """What cli.main() uses of the library that it comes from."""

    path, digest = "/nowhere/comparison.parcel", "0"

    def compiled_text(self, _patterns):
        return None


@pytest.fixture
def timer(root, tmp_path, monkeypatch):
    """Runs audit-check as a timer starts it, with all that it keeps below tmp_path: (exit code, lines for syslog)."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(question(root, auditd=WANTED, release="3.0.9")))
    policy.chmod(0o600)
    lines = []
    monkeypatch.setattr(cli.syslog, "openlog", lambda *_arguments: None)
    monkeypatch.setattr(cli.syslog, "syslog", lambda _priority, line: lines.append(line))
    monkeypatch.setattr(cli._Fixed, "policy", str(policy))
    monkeypatch.setattr(kept, "DOCUMENTS", str(tmp_path / "kept/drift"))
    monkeypatch.setattr(kept, "KNOWN", str(tmp_path / "kept/known"))

    def run():
        lines.clear()
        return cli.main(["--scheduled"], OfNoFile()), list(lines)

    run.policy, run.document = policy, tmp_path / "kept/drift/web1.json"
    return run


def test_the_timer_keeps_a_document_and_says_a_change_once(timer):
    code, (line,) = timer()
    assert code == 1 and line.startswith("audit settings are drifted (were not compared yet): ")
    assert json.loads(timer.document.read_text())["status"] == "drifted" and stat.S_IMODE(timer.document.stat().st_mode) == 0o600
    assert timer() == (1, [])


def no_room(monkeypatch, _timer):
    def full(path, *_arguments, **_options):
        raise AuditError(f"cannot write {path}: No space left on device")
    monkeypatch.setattr(kept._io, "write_atomic", full)


@pytest.mark.parametrize(("spoil", "said"), [
    (no_room, "cannot write {document}: No space left on device"),
    (lambda _monkeypatch, timer: timer.policy.unlink(), "{policy} does not exist"),
    (lambda _monkeypatch, timer: timer.policy.write_text("{"), "{policy} is no policy"),
    (lambda monkeypatch, _timer: monkeypatch.setattr(cli, "answer", None), "it ended unexpectedly: TypeError"),
], ids=["a full disk", "no policy", "half a policy", "what nobody thought of"])
def test_what_keeps_the_timer_from_it_is_one_line_for_syslog(timer, monkeypatch, spoil, said):
    timer()
    before = timer.document.read_text()
    spoil(monkeypatch, timer)
    code, lines = timer()
    said = said.format(document=timer.document, policy=timer.policy)
    assert code == 3 and len(lines) == 1 and lines[0].startswith("no comparison with the policy: " + said)
    assert timer.document.read_text() == before


@pytest.mark.parametrize("damage", ["half", "gone", "other", "empty"])
def test_code_that_is_not_whole_does_not_answer_as_ours(root, installed, damage):
    parcel = installed.library / "comparison.parcel"
    texts = _parcel.unpack(parcel.read_text())
    if damage == "half":
        parcel.write_text(parcel.read_text()[:5000])
    elif damage == "gone":
        parcel.unlink()
    elif damage == "empty":
        parcel.write_text("")
    else:
        parcel.write_text(_parcel.pack({**texts, "_severity.py": texts["_severity.py"] + "\n"}))
    done = installed("--request", request=question(root))
    assert done.returncode == 3 or json.loads(done.stdout)["code"] != host_library.comparison_digest()


@pytest.mark.skipif(os.geteuid() != 0, reason="the compiled code is root's")
@pytest.mark.parametrize("damage", ["older", "cut", "flipped", "writable", "link"])
def test_planted_compiled_code_is_not_run(root, installed, damage):
    first = installed("--request", request=question(root))
    (cache,) = installed.library.glob("comparison.parcel.*")
    right = cache.read_bytes()
    if damage == "older":
        texts = _parcel.unpack(host_library.comparison())
        lying = {name: text.replace('"in_sync"', '"unknown"').replace('"drifted"', '"unknown"') for name, text in texts.items()}
        (installed.library / "older").write_text(_parcel.pack(lying))
        cache.write_bytes(_parcel.Installed(str(installed.library / "older")).compiled_text()[1])
    elif damage == "cut":
        cache.write_bytes(right[:-100])
    elif damage == "flipped":
        cache.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    elif damage == "writable":
        cache.chmod(0o666)
    else:
        cache.rename(installed.library / "elsewhere")
        cache.symlink_to(installed.library / "elsewhere")
    again = installed("--request", request=question(root))
    one, other = json.loads(first.stdout), json.loads(again.stdout)
    assert one["drift"]["status"] == other["drift"]["status"] and other["code"] == host_library.comparison_digest()
    assert not cache.is_symlink() and stat.S_IMODE(cache.stat().st_mode) == 0o644 and cache.read_bytes() == right


def test_benchmarks_of_another_release_are_not_used(root, installed):
    rules = {"profiles": ["auto"], "library": {"sha256": "0" * 64}}
    said = json.loads(installed("--request", request=question(root, audit_rules=rules)).stdout)
    assert "another release" in said["unusable"] and "drift" not in said


def test_the_benchmarks_are_those_of_the_controller(root):
    check(root)
    assert answer.library_of(str(root / checker.BENCHMARKS.lstrip("/")), host_library.benchmarks_digest())["benchmarks"]
