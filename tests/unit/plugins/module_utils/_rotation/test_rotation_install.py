# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rotation on a host: installed whole or not at all, put right, taken away, and run."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation as _rotation_install
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _io
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.modules import audit_rotation
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library
from fake_host import FakeHost
from rotation_tree import Module, image, tree_of


def test_the_program_is_complete_and_its_digests_know_no_interpreter():
    sources = host_library.sources()
    assert {_rotation.PROGRAM, _rotation.ARCHIVE_PROGRAM} <= set(sources)
    names = {os.path.basename(path) for path in sources}
    assert {"cli.py", "conf.py", "control.py", "_errors.py", "files.py", "host.py"} <= names
    assert "text.py" not in names
    text = sources[_rotation.PROGRAM]
    assert _rotation.digest(_rotation.launcher(text, "/opt/python")) == host_library.digests()[_rotation.PROGRAM]
    assert _rotation.launcher(text, "/opt/python").startswith("#!/opt/python -IS\n# SPDX")


def test_every_module_of_the_installed_program_imports(tmp_path):
    for path, text in host_library.sources().items():
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    modules = [path[len(_rotation.PACKAGE) + 1:-3] for path in host_library.sources() if path.endswith(".py")]
    names = [module.replace("/", ".") for module in modules if module != "__init__"]
    program = f"import sys; sys.path.insert(0, {str(tmp_path) + _rotation.LIBRARY!r}); import importlib\n"
    program += f"for name in {names!r}: importlib.import_module('audit_rotate.' + name)"
    assert subprocess.run([sys.executable, "-ISB", "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("scheduler", ["cron", "systemd"])
def test_install_twice_and_remove(tmp_path, scheduler):
    root = image(tmp_path, systemd=True)
    (root / "var/log/audit/audit.log.1").write_text("type=A msg=audit(1760000000.000:1): x\n")
    empty = tree_of(root)
    check = audit_rotation.run(Module(root, True, scheduler=scheduler))
    assert tree_of(root) == empty
    first = audit_rotation.run(Module(root, scheduler=scheduler))
    assert first["changed"] and first["files"] == check["files"] and first["diff"] == check["diff"]
    assert first["scheduler"] == scheduler and first["ran"]["exit"] == 0
    assert first["ran"]["status"]["compressed_count"] == 1
    installed = tree_of(root)
    assert installed["usr/local/sbin/audit-rotate"][0].startswith(b"#!/usr/bin/python3 -IS\n")
    assert installed["etc/audit/rotate.conf"][1] == 0o600
    again = audit_rotation.run(Module(root, scheduler=scheduler))
    assert not again["changed"] and again["ran"] is None and again["diff"] == []
    assert tree_of(root) == installed
    gone = audit_rotation.run(Module(root, state="absent"))
    assert gone["changed"]
    left = {path for path in set(tree_of(root)) - set(empty) if not path.startswith(("var/lib/audit-rotate", "var/log/audit"))}
    assert left == set()
    assert not audit_rotation.run(Module(root, state="absent"))["changed"]


def test_changing_the_scheduler_removes_the_other_one(tmp_path):
    root = image(tmp_path, systemd=True)
    audit_rotation.run(Module(root, scheduler="systemd"))
    assert (root / "etc/systemd/system/timers.target.wants/audit-rotate.timer").is_symlink()
    result = audit_rotation.run(Module(root, scheduler="cron"))
    guard = ["audit-rotate-guard.service", "audit-rotate-guard.service"]  # the unit and its link: the guard stays where systemd is
    assert [path.name for path in (root / "etc/systemd/system").rglob("audit-rotate*")] == guard
    assert result["files"]["written"] == ["/etc/cron.d/audit-rotate"] and len(result["files"]["removed"]) == 3


@pytest.mark.parametrize("damage", ["edited", "mode", "link", "missing", "stray"])
def test_what_was_changed_by_hand_is_put_right(tmp_path, damage):
    root = image(tmp_path)
    audit_rotation.run(Module(root))
    installed = tree_of(root)
    path = root / "usr/local/lib/audit-rotate/audit_rotate/guard.py"
    if damage == "edited":
        path.write_text("raise SystemExit\n")
    elif damage == "mode":
        path.chmod(0o666)
    elif damage == "stray":
        path.with_name("old_module.py").write_text("")
    else:
        path.unlink()
        if damage == "link":
            path.symlink_to(tmp_path / "planted")
    result = audit_rotation.run(Module(root))
    assert result["changed"]
    now = tree_of(root)
    assert {name: now[name] for name in now if "status.json" not in name} == {n: installed[n] for n in installed if "status.json" not in n}
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize("at", range(0, len(host_library.sources()), 4))
def test_a_write_that_fails_puts_everything_back(tmp_path, monkeypatch, at):
    root = image(tmp_path)
    audit_rotation.run(Module(root, config={"keep": 3}))
    (root / "usr/local/lib/audit-rotate/audit_rotate/guard.py").unlink()
    before = tree_of(root)
    changed = {path: text + "# new\n" for path, text in host_library.sources().items()}
    real, calls = _io.write_atomic, []

    def failing(path, data, mode=0o600):
        calls.append(path)
        if len(calls) == at + 1:
            raise AuditError("cannot write %s: No space left on device; the file is as it was" % path)
        real(path, data, mode)

    monkeypatch.setattr(_io, "write_atomic", failing)
    with pytest.raises(AuditError, match="No space left on device.*all is as it was") as caught:
        audit_rotation.run(Module(root, config={"keep": 4}, program=_parcel.pack(changed)))
    assert caught.value.details["rolled_back"] is True
    assert tree_of(root) == before


def test_a_run_that_fails_fails_the_module_and_says_why(tmp_path):
    root = image(tmp_path)
    (root / "var/log/audit").rename(root / "elsewhere")
    (root / "elsewhere").chmod(0o777)
    (root / "var/log/audit").symlink_to("/elsewhere")  # where a link leads, no mode is changed
    with pytest.raises(AuditError, match="failed with code 12: others than the owner may write"):
        audit_rotation.run(Module(root))
    assert not audit_rotation.run(Module(root, run=False))["changed"]
    (root / "elsewhere").chmod(0o750)
    healed = audit_rotation.run(Module(root))
    assert healed["ran"]["exit"] == 0 and healed["changed"]


@pytest.mark.parametrize("params, words", [
    ({"config": {"compress": "zstd"}}, "audit_rotation_compress = zstd"), ({"config": {"compress": "gzip", "threads": 2}}, "pigz"),
    ({"guard_minutes": 60}, "guard_minutes = 60"), ({"schedule": "sometimes"}, "schedule = sometimes"),
    ({"program": None}, "action plugin"),
    ({"config": {"keep": "all"}}, "keep = all"), ({"interpreter": "/opt/python9"}, "/opt/python9"),
])
def test_what_cannot_be_had_is_refused_before_anything_is_written(tmp_path, params, words):
    root = image(tmp_path)
    before = tree_of(root)
    with pytest.raises(AuditError, match=words):
        audit_rotation.run(Module(root, **params))
    assert tree_of(root) == before


def test_plan_names_the_log_directory_of_auditd_conf_for_the_unit(tmp_path):
    root = image(tmp_path, systemd=True)
    (root / "etc/audit/auditd.conf").write_text("log_file = /srv/audit/my.log\n")
    (root / "srv/audit").mkdir(parents=True, mode=0o750)
    params = dict(Module(root, scheduler="systemd").params, program=host_library.sources())
    plan = _rotation_install.present(Host(str(root)), params, sys.executable)
    assert b"ReadWritePaths=-/srv/audit\n" in plan.written[_rotation.SERVICE][0]


@pytest.mark.parametrize("place", [
    "usr/local/sbin/audit_rotate/__init__.py", "usr/local/lib/audit-rotate/json.py", "usr/local/lib/audit-rotate/audit_rotate/zz.py",
    "usr/local/sbin/json.py", "usr/local/lib/audit-rotate/audit_rotate/__pycache__/cli.cpython-%d%d.pyc" % sys.version_info[:2],
])
def test_no_code_of_an_offline_tree_is_run(tmp_path, monkeypatch, place):
    root, mark = image(tmp_path), tmp_path / "run"
    evil = root / place
    evil.parent.mkdir(parents=True)
    text = f"open({str(mark)!r}, 'w').close()\ndef main(arguments):\n    return 0\n"
    evil.write_text(text)
    if evil.suffix == ".pyc":
        import py_compile
        (tmp_path / "evil.py").write_text(text)
        py_compile.compile(
            str(tmp_path / "evil.py"), str(evil), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    (root / "var/log/audit/audit.log.1").write_text("type=X msg=audit(1760000000.000:1): \n")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    result = audit_rotation.run(Module(root))
    assert result["ran"]["exit"] == 0 and result["ran"]["status"]["taken_over_count"] == 1
    assert not mark.exists()
    assert os.listdir(tmp_path / "tmp") == []
    assert not (root / place).exists() or "sbin" in place


def test_a_package_directory_that_others_may_write_to_is_put_right(tmp_path):
    root = image(tmp_path)
    audit_rotation.run(Module(root, run=False))
    package = root / "usr/local/lib/audit-rotate/audit_rotate"
    (package / "__pycache__").mkdir()
    package.chmod(0o777)
    assert audit_rotation.run(Module(root, run=False))["changed"]
    assert stat.S_IMODE(package.stat().st_mode) == 0o755 and not (package / "__pycache__").exists()
    assert not audit_rotation.run(Module(root, run=False))["changed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own a tree as a host does")
def test_logs_that_others_can_write_to_are_closed_before_the_program_runs(tmp_path):
    """The program works in no such directory, so what a later step would close kept the rotation from its first run."""
    root = image(tmp_path)
    (root / "etc/audit/auditd.conf").write_text("log_file = /var/log/audit/audit.log\nnum_logs = 5\n")
    logs = root / "var/log/audit"
    (logs / "audit.log").write_text("")
    (logs / "audit.log").chmod(0o640)
    (logs / "audit.log.1").write_text("type=X msg=audit(1760000000.000:1): a\n")
    os.chown(logs / "audit.log.1", 1000, -1)
    logs.chmod(0o777)
    root.chmod(0o755)
    closed = ["/var/log/audit", "/var/log/audit/audit.log.1"]
    checked = audit_rotation.run(Module(root, check_mode=True))
    assert checked["permissions"] == closed and stat.S_IMODE(logs.stat().st_mode) == 0o777
    assert [diff["before"] for diff in checked["diff"] if diff["before_header"] == "/var/log/audit"] == [{"owner": 0, "mode": "0777"}]
    done = audit_rotation.run(Module(root))
    assert done["changed"] and done["permissions"] == closed and done["ran"]["exit"] == 0
    assert stat.S_IMODE(logs.stat().st_mode) == 0o755 and stat.S_IMODE((logs / "audit.log").stat().st_mode) == 0o640
    again = audit_rotation.run(Module(root))
    assert not again["changed"] and again["permissions"] == []


def test_a_tree_whose_host_failed_to_rotate_is_done_once_it_is_archived(tmp_path):
    root = image(tmp_path)
    state = root / "var/lib/audit-rotate"
    state.mkdir(parents=True)
    refusal = {"exit": "daemon_dead", "error": "auditd does not run"}
    (state / "status.json").write_text(json.dumps({"schema": 1, "result": "failed", "unrotated": refusal, **refusal}))
    assert audit_rotation.run(Module(root))["ran"]["exit"] == 0
    assert audit_rotation.run(Module(root))["ran"] is None


@pytest.mark.parametrize("code", [0, 1, *_rotation_install.TOLERATED])
def test_check_mode_predicts_what_a_run_that_ended_so_last_time_says(tmp_path, monkeypatch, code):
    """A due run of an installed rotation: its tolerated end changes nothing, each time; after another end it is to be done."""
    plan = _rotation_install.Plan()
    plan.log_file = "/var/log/audit/audit.log"
    record = tmp_path / _rotation.STATUS.lstrip("/")
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"result": "failed", "exit_code": code}))
    ran = {"exit": code if code in _rotation_install.TOLERATED else 0, "error": "as last time", "status": None}
    monkeypatch.setattr(audit_rotation, "Host", lambda root, _run: FakeHost(tmp_path))
    monkeypatch.setattr(_rotation_install, "present", lambda *_arguments: plan)
    monkeypatch.setattr(_rotation_install, "run_once", lambda *_arguments: ran)
    predicted = audit_rotation.run(Module(tmp_path, check_mode=True))["changed"]
    assert predicted == audit_rotation.run(Module(tmp_path))["changed"] == (code not in _rotation_install.TOLERATED)
