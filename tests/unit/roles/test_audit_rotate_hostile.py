# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bad file, a wrong clock, a run that failed: the rest of the work is done all the same, and nobody is told that all is well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from rotate_tree import FILES, START, Tree, record

needs_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="needs zstd")
WITHOUT_ZSTD = (
    "import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import methods, cli; methods.PROGRAM_DIRS = (); "
    "sys.exit(cli.main(sys.argv[2:]))")


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def run(tree, *arguments):
    """As Tree.run(), but a run that hangs fails the test."""
    return subprocess.run(
        [sys.executable, "-IS", str(FILES / "audit-rotate"), "--config", str(tree.conf), *(arguments or ("--archive-only",))],
        check=False, capture_output=True, text=True, timeout=20)


def without_zstd(tree):
    argv = [sys.executable, "-B", "-c", WITHOUT_ZSTD, str(FILES), "--config", str(tree.conf), "--archive-only"]
    return subprocess.run(argv, check=False, capture_output=True, text=True)


@needs_zstd
def test_one_archive_that_cannot_be_read_here_stops_no_other(tree):
    tree.rotated(3)
    subprocess.run(["zstd", "-q", "--rm", str(tree.add("audit.log.9"))], check=True)
    done = without_zstd(tree)
    assert done.returncode == 14 and "audit.log.9.zst could not be taken over" in done.stderr
    assert [name for name in tree.names() if name.startswith("audit.log.")][-1] == "audit.log.9.zst"
    assert len([name for name in tree.names() if name.endswith("Z.gz")]) == 3
    assert run(tree).returncode == 0
    assert sorted(tree.serials()) == tree.written


@needs_zstd
def test_a_twin_that_cannot_be_read_here_stays_beside_its_original(tree):
    tree.rotated(1)
    assert run(tree).returncode == 0
    packed = next(path for path in tree.log.iterdir() if path.suffix == ".gz")
    subprocess.run(["gzip", "-d", str(packed)], check=True)
    subprocess.run(["zstd", "-q", "-k", str(packed.with_suffix(""))], check=True)
    tree.add("audit.log.1")
    done = without_zstd(tree)
    assert done.returncode == 14 and "could not be compared, and both stay" in done.stderr
    assert "audit.log.1" not in tree.names() and packed.stem in tree.names()
    assert run(tree).returncode == 0
    tree.check()


@pytest.mark.parametrize("name", ["audit.log.²", "audit.log.１", "audit.log.1\n", "audit.log.2025-11-23T05:00:00Z.gz\n"])
def test_names_that_only_look_like_ours_are_left_alone(tree, name):
    tree.rotated(2)
    (tree.log / name).write_bytes(record(START, 999))
    assert run(tree).returncode == 0
    assert name in tree.names()
    assert len([name for name in tree.names() if name.endswith("Z.gz")]) == 2


@pytest.mark.parametrize("status", [
    '{"schema": 1, "name_formats": 5}', '{"schema": 1, "name_formats": [[1, 2]]}', '{"schema": 1, "exit": "partly", "reported_at": "x"}',
    '{"schema": 1, "adopted_at": "yes"}', '{"schema": 1, "unrotated": {"exit": "x"}}', '{"schema": 1, "last_success": 5}',
    "[" * 100000, "{", "[]",
])
def test_a_status_that_we_never_wrote_counts_as_absent_and_is_noted(tree, status):
    tree.rotated(1)
    (tree.state / "status.json").write_text(status)
    assert run(tree).returncode == 0
    assert tree.status()["result"] == "success"
    assert "absent" in tree.status()["notes"][0]


def test_a_reported_at_that_is_no_date_hides_no_error(tree):
    (tree.state / "status.json").write_text('{"schema": 1, "exit": "daemon_dead", "reported_at": "nonsense"}')
    tree.rotated(1)
    assert "Traceback" not in run(tree, "--verbose").stderr


@pytest.mark.parametrize("which", ["status", "auditd_conf", "conf"])
def test_a_named_pipe_is_not_waited_for(tree, which):
    tree.rotated(1)
    path = {"status": tree.state / "status.json", "auditd_conf": tree.auditd_conf, "conf": tree.conf}[which]
    if path.exists():
        path.unlink()
    os.mkfifo(path)
    done = run(tree)
    assert done.returncode == {"status": 0, "auditd_conf": 4, "conf": 3}[which]
    assert which == "status" or "it is not a regular file" in done.stderr


def test_a_modification_time_beyond_all_dates(tree, tmp_path):
    tree.rotated(1)
    (tree.log / "audit.log.5").write_bytes(b"no record\n")
    try:
        os.utime(tree.log / "audit.log.5", (1, 1 << 55))
    except OSError:
        pytest.skip("this filesystem takes no such time")
    if (tree.log / "audit.log.5").stat().st_mtime < 1 << 40:
        pytest.skip("this filesystem takes no such time")
    assert run(tree).returncode == 0
    assert "audit.log.5" not in tree.names()


def test_archives_of_a_clock_that_was_ahead_go_first(tmp_path):
    tree = Tree(tmp_path, keep=3, adopt="prune", keep_days_min=0)
    for number in (3, 2, 1):
        tree.add(f"audit.log.{number}", when=2082758400 + (4 - number) * 86400)
    tree.add("audit.log")
    assert run(tree).returncode == 0
    day, newest = time.time() - 5 * 86400, []
    for number in range(4):
        tree.add("audit.log.1", when=day + number * 86400)
        newest.append(tree.serial)
        assert run(tree).returncode == 0
        assert set(newest[-3:]) <= set(tree.serials())
    assert len([name for name in tree.names() if name.startswith("audit.log.2")]) == 3
    assert not [name for name in tree.names() if name.startswith("audit.log.2036")]


def test_what_was_written_last_stays_whatever_its_date(tmp_path):
    tree = Tree(tmp_path, keep=2, adopt="prune")
    for number in (3, 2):
        tree.add(f"audit.log.{number}", when=START + (4 - number) * 86400)
    tree.add("audit.log.1", when=START - 30 * 86400)
    newest = tree.serial
    assert run(tree).returncode == 0
    assert newest in tree.serials()


def test_only_a_rotation_ends_what_a_rotation_failed_at(tree):
    tree.rotated(1)
    assert run(tree, "--verbose").returncode == 6
    failed = tree.status()
    assert (failed["result"], failed["exit"]) == ("failed", "daemon_dead")
    tree.add("audit.log.1")
    assert run(tree).returncode == 0
    status = tree.status()
    assert [status[key] for key in ("result", "exit", "error", "last_success")] == ["failed", "daemon_dead", failed["error"], None]
    assert (status["run_exit"], status["taken_over_count"]) == ("ok", 1)


def test_a_rotation_ends_it(tree):
    sys.path.insert(0, str(FILES))
    from audit_rotate import status

    class Job:
        rotated = {"inode_before": 1}
        resumed = None
        previous = {"unrotated": {"exit": "daemon_dead", "error": "x"}}
    assert status._unrotated(Job, "rotate", None) is None
    Job.rotated = None
    assert status._unrotated(Job, "guard", None) == Job.previous["unrotated"]


def installed(tmp_path):
    """A launcher that believes it is the installed one, in a place of the test's own."""
    home = tmp_path / "lib"
    shutil.copytree(FILES / "audit_rotate", home / "audit_rotate", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        FILES / "../../../plugins/module_utils", home / "audit_rotate", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    launcher = tmp_path / "sbin/audit-rotate"
    launcher.parent.mkdir()
    launcher.write_text((FILES / "audit-rotate").read_text().replace("/usr/local/lib/audit-rotate", str(home)).replace(
        '"/usr/local/sbin"', repr(str(launcher.parent))))
    for place in (home, *(path for path in home.rglob("*") if path.is_dir())):
        place.chmod(0o755)
    return home, launcher


def start(launcher):
    return subprocess.run([sys.executable, "-IS", str(launcher), "--version"], check=False, capture_output=True, text=True)


def test_the_installed_launcher_takes_nothing_but_its_package(tmp_path):
    home, launcher = installed(tmp_path)
    for place in (home / "json.py", home / "stat.py", launcher.parent / "json.py"):
        place.write_text("raise SystemExit('taken')\n")
    (launcher.parent / "audit_rotate").mkdir()
    (launcher.parent / "audit_rotate/__init__.py").write_text("raise SystemExit('taken')\n")
    done = start(launcher)
    assert done.returncode == 0 and done.stdout.startswith("audit-rotate "), done.stderr


@pytest.mark.parametrize("where", [".", "audit_rotate", "audit_rotate/__pycache__", "audit_rotate/_host", "audit_rotate/_host/__pycache__"])
def test_a_package_that_others_may_write_to_is_not_run(tmp_path, where):
    home, launcher = installed(tmp_path)
    (home / where).mkdir(exist_ok=True)
    (home / where).chmod(0o775)
    done = start(launcher)
    assert done.returncode == 1
    assert "must be a directory of root that nobody else may write to" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")
def test_a_package_of_somebody_else_is_not_run(tmp_path):
    home, launcher = installed(tmp_path)
    os.chown(home / "audit_rotate", 1000, 0)
    assert start(launcher).returncode == 1


def test_status_json_keeps_its_form(tree):
    """What the program writes must pass its own test of what it reads."""
    tree.rotated(1)
    assert run(tree).returncode == 0
    assert run(tree).returncode == 0
    assert not [note for note in json.loads((tree.state / "status.json").read_text())["notes"] if "absent" in note]
