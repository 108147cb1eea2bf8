# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audit-rotate does with what it finds in a log directory, by table; without a daemon."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rotate_tree import FILES, START, Tree, content, record

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")
PYTHON36 = next((str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.6.*/bin/python"))), None) or shutil.which("python3.6")


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def archives(tree):
    return [name for name in tree.names() if name.startswith("audit.log.")]


# names

@pytest.mark.parametrize("name_format, zone, expected", [
    ("%Y-%m-%dT%H:%M:%SZ", "utc", "audit.log.2025-10-09T08:56:40Z.gz"),
    ("%F_%T", "utc", "audit.log.2025-10-09_08:56:40.gz"),
    ("%F_%T", "local", "audit.log.2025-10-09_10:56:40.gz"),
    ("%Y%m%dT%H%M%S%z", "local", "audit.log.20251009T105640+0200.gz"),
    ("%Y%m%dT%H%M%S%z", "utc", "audit.log.20251009T085640+0000.gz"),
    ("e%s", "utc", "audit.log.e1760000200.gz"),
    ("%Y-%j", "utc", "audit.log.2025-282.gz"),
])
def test_name_formats_and_reading_them_back(tmp_path, name_format, zone, expected):
    tree = Tree(tmp_path, name_format=name_format, name_zone=zone).rotated(1)
    berlin = {"TZ": "Europe/Berlin"}
    assert tree.run(env=berlin).returncode == 0
    assert archives(tree) == [expected]
    tree.configure(name_format="%Y-%m-%dT%H:%M:%SZ", keep_days=1, adopt="prune")
    tree.add("audit.log.1", when=time.time() - 3600)
    assert tree.run(env=berlin).returncode == 0
    assert expected not in archives(tree), "an archive of an earlier format is still ours"
    assert len(archives(tree)) == 1


def test_the_hour_that_comes_twice(tmp_path):
    """2026-10-25 02:00 to 03:00 comes twice in Berlin; the second log has the earlier name."""
    tree = Tree(tmp_path, name_format="%F_%T", name_zone="local", keep=1, adopt="prune")
    first, second = 1792888200, 1792891200  # 02:30 CEST and 02:20 CET
    tree.add("audit.log.2", when=first - 200)
    tree.add("audit.log.1", when=second - 200)
    assert tree.run(env={"TZ": "Europe/Berlin"}).returncode == 0
    assert archives(tree) == ["audit.log.2026-10-25_02:20:00.gz"], "the newest one stays"


def test_clock_set_back(tree):
    tree.add("audit.log.2", when=START + 7200)
    tree.add("audit.log.1", when=START)
    tree.add("audit.log", when=START + 300, mode=0o600)
    assert tree.run().returncode == 0
    assert sorted(tree.serials()) == tree.written
    assert len(archives(tree)) == 2


def test_a_time_that_a_message_pretends_does_not_name_the_log(tree):
    path = tree.log / "audit.log.1"
    path.write_bytes(record(START, 1) + b"type=USER msg=audit(%d.000:2): msg='\" type=X msg=audit(9999999999.000:3): '\n" % (START + 5))
    assert tree.run().returncode == 0
    assert archives(tree) == ["audit.log.2025-10-09T08:53:25Z.gz"]


@pytest.mark.parametrize("text", [b"", b"no record at all\n", b"\x00\xff" * 5000, b"type=X msg=audit(99999999999999999999.0:1): \n"])
def test_a_log_without_a_usable_time_is_named_after_its_mtime(tree, text):
    path = tree.log / "audit.log.1"
    path.write_bytes(text)
    os.utime(path, (START, START))
    assert tree.run().returncode == 0
    assert archives(tree) == (["audit.log.2025-10-09T08:53:20Z.gz"] if text else [])
    assert not text or content(tree.log / archives(tree)[0]) == text


def test_a_torn_last_record_is_kept_and_the_whole_one_before_it_names_the_log(tree):
    tree.add("audit.log.1")
    os.chmod(tree.log / "audit.log.1", 0o600)
    with open(tree.log / "audit.log.1", "ab") as stream:
        stream.write(b"type=SYSCALL msg=aud")
    assert tree.run().returncode == 0
    assert archives(tree) == ["audit.log.2025-10-09T08:56:40Z.gz"]
    assert content(tree.log / archives(tree)[0]).endswith(b"msg=aud")


# what is not ours

def test_what_is_not_ours_stays(tree, tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    tree.rotated(1)
    (tree.log / "audit.log.2").symlink_to(outside)
    (tree.log / "audit.log.3").mkdir()
    os.mkfifo(tree.log / "audit.log.4")
    for name in ("audit.log.old", "audit.log.2025-10-09T08:53:20Z.bak", "other.log.1", "audit.log.1.gz.part", "a b", "audit.log.1 (copy)"):
        (tree.log / name).write_bytes(b"x")
    (tree.log / "audit.log.2025-10-09T00:00:00Z.gz").symlink_to(outside)
    before = set(tree.names())
    assert tree.run().returncode == 0
    assert before - set(tree.names()) == {"audit.log.1"}
    assert outside.read_bytes() == b"secret"
    assert tree.status()["foreign"]["count"] == 10


@needs_root
def test_a_file_of_another_owner_is_not_taken_over(tree):
    tree.rotated(2)
    os.chown(tree.log / "audit.log.1", 65534, 65534)
    assert tree.run().returncode == 0
    assert "audit.log.1" in tree.names()


def test_the_live_log_is_never_touched_whatever_it_is_linked_to(tree):
    live = tree.add("audit.log", mode=0o600)
    os.link(live, tree.log / "audit.log.1")
    os.link(live, tree.root / "elsewhere")
    before = live.stat().st_ino
    assert tree.run().returncode == 0
    assert live.stat().st_ino == before and live.stat().st_nlink == 3
    assert archives(tree) == ["audit.log.1"]


def test_a_rotated_log_with_a_second_name(tree):
    tree.rotated(1)
    os.link(tree.log / "audit.log.1", tree.log / "audit.log.2")
    os.link(tree.log / "audit.log.1", tree.root / "elsewhere")
    assert tree.run().returncode == 0
    assert tree.run().returncode == 0
    assert len((tree.root / "elsewhere").read_bytes()) > 0
    found = [name for name in archives(tree) if name.endswith(".gz")]
    assert found and content(tree.log / found[0]) == (tree.root / "elsewhere").read_bytes()


@pytest.mark.parametrize("mode, words", [(0o770, "others than the owner may write"), (0o777, "others than the owner may write")])
def test_a_directory_that_others_write_in(tree, mode, words):
    tree.rotated(1)
    tree.log.chmod(mode)
    done = tree.run()
    assert done.returncode == 12 and words in done.stderr
    tree.log.chmod(0o750)
    assert "audit.log.1" in tree.names()


def test_mode_owner_and_times_of_an_archive_are_those_of_the_log(tree):
    tree.rotated(1, mode=0o440)
    if os.geteuid() == 0:
        os.chown(tree.log / "audit.log.1", 0, 4)

    def attributes(name):
        status = (tree.log / name).stat()
        return status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime)

    before = attributes("audit.log.1")
    assert tree.run().returncode == 0
    assert attributes(archives(tree)[0]) == before


# migration

def test_leftovers_of_the_widely_copied_script_and_of_a_host_that_kept_all_logs(tree):
    whole = tree.add("audit.log.2015-02-26_15:43:46", when=1424965226.0)
    text = whole.read_bytes()
    (tree.log / (whole.name + ".gz")).write_bytes(gzip.compress(text))  # killed before the unlink
    cut = tree.add("audit.log.2015-02-27_15:43:46", records=20000, step=0.01)
    (tree.log / (cut.name + ".gz")).write_bytes(gzip.compress(cut.read_bytes())[:60000])  # killed on the way
    empty = tree.add("audit.log.2015-02-28_15:43:46")
    (tree.log / (empty.name + ".gz")).write_bytes(b"")
    tree.add("audit.log.2015-03-01_15:43:46")
    done = tree.add("audit.log.2015-03-02_15:43:46")
    packed = gzip.compress(done.read_bytes())
    done.unlink()
    (tree.log / (done.name + ".gz")).write_bytes(packed)
    tree.rotated(99, records=3)
    assert tree.run().returncode == 0
    tree.check()
    assert len(archives(tree)) == 5 + 99
    assert (tree.log / (done.name + ".gz")).read_bytes() == packed, "not compressed twice"
    assert all(name.endswith(".gz") for name in archives(tree))


def test_a_different_log_under_the_same_name_is_kept_too(tree):
    tree.add("audit.log.2015-02-26_15:43:46")
    other = tree.add("audit.log.2015-02-26_15:43:47")
    (tree.log / "audit.log.2015-02-26_15:43:46.gz").write_bytes(gzip.compress(other.read_bytes()))
    other.unlink()
    assert tree.run().returncode == 0
    assert sorted(tree.serials()) == tree.written
    assert len(archives(tree)) == 2


def test_logs_that_were_compressed_in_place(tree):
    path = tree.add("audit.log.2")
    (tree.log / "audit.log.2.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    path = tree.add("audit.log.1")
    (tree.log / "audit.log.1.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])
    assert tree.run().returncode == 0
    tree.check()
    assert archives(tree) == ["audit.log.2025-10-09T08:56:40Z.gz", "audit.log.2025-10-09T09:00:00Z.gz"]


def test_a_damaged_archive_is_told_and_never_deleted(tree):
    path = tree.add("audit.log.2")
    (tree.log / "audit.log.2.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])
    path.unlink()
    tree.written.clear()
    tree.rotated(1)
    assert tree.run().returncode == 0
    assert "audit.log.2.gz" in tree.names()
    assert any("audit.log.2.gz" in note for note in tree.status()["notes"])


# retention

def aged(tree, days):
    now = time.time()
    for number, age in enumerate(days):
        tree.add(f"audit.log.{len(days) - number}", records=50, when=now - age * 86400, step=0.001)
    return tree


@pytest.mark.parametrize("config, kept", [
    ({"keep": 2}, 2), ({"keep": 1}, 1), ({"keep": 0}, 5), ({"keep_days": 25}, 2), ({"keep_days": 1}, 1), ({"keep": 3, "keep_days": 35}, 3),
    ({"keep_megabytes": 1}, 5),
])
def test_retention(tmp_path, config, kept):
    tree = aged(Tree(tmp_path, adopt="prune", **config), (50, 40, 30, 20, 10))
    assert tree.run().returncode == 0
    found = archives(tree)
    assert len(found) == kept
    status = tree.status()
    assert status["deleted_count"] == 5 - kept
    for entry in status["deleted"]:
        assert entry["first"] and entry["last"] and entry["reason"].split(" = ")[0] in config
    assert found == sorted(found)[-kept:]


def test_retention_by_size(tmp_path):
    tree = Tree(tmp_path, adopt="prune", keep_megabytes=1, compress="none")
    tree.rotated(4, records=4000)
    assert tree.run().returncode == 0
    assert sum(path.stat().st_size for path in tree.log.glob("audit.log.*")) <= 1 << 20
    assert len(archives(tree)) in (1, 2, 3)


@needs_root
def test_retention_for_free_space_deletes_no_more_than_it_must(tmp_path):
    from rotate_tree import filesystem

    with filesystem(tmp_path / "log", 8 << 10):
        tree = Tree(tmp_path, compress="none", min_free_megabytes=2, adopt="prune")
        for number in range(6, 0, -1):
            tree.add(f"audit.log.{number}", records=10000)
        assert tree.run().returncode in (0, 11)
        room = os.statvfs(tree.log)
        assert room.f_bavail * room.f_frsize >= 2 << 20
        names = [entry["name"] for entry in tree.status()["deleted"]]
        assert names == sorted(names) and 0 < len(names) < 5
        assert tree.serials() == tree.written[-len(tree.serials()):]


def test_the_first_run_only_reports_and_the_second_deletes(tmp_path):
    tree = aged(Tree(tmp_path, keep=2), (50, 40, 30, 20, 10))
    for path in sorted(tree.log.iterdir()):
        path.rename(tree.log / f"audit.log.2020-01-0{path.suffix[1:]}T00:00:00Z")
    assert tree.run().returncode == 0
    assert len(archives(tree)) == 5 and tree.status()["would_delete_count"] == 3
    assert tree.run().returncode == 0
    assert len(archives(tree)) == 2 and tree.status()["deleted_count"] == 3


@pytest.mark.parametrize("stamp, kept", [(35, 3), (5, 1), (60, 5), ("rubbish", 5), (None, 5)])
@pytest.mark.parametrize("how", ["shipped_stamp", "shipped_command"])
def test_only_what_was_shipped_is_deleted(tmp_path, stamp, kept, how):
    path = tmp_path / "shipped"
    if stamp is not None:
        path.write_text(f"{time.time() - stamp * 86400:.0f}\n" if stamp != "rubbish" else "rubbish\n")
    config = {how: path if how == "shipped_stamp" else f"/bin/cat {path}"}
    tree = aged(Tree(tmp_path, adopt="prune", keep=1, **config), (50, 40, 30, 20, 10))
    done = tree.run()
    assert len(archives(tree)) == kept
    assert done.returncode == (14 if stamp is None and how == "shipped_command" else 0)


# settings, exit codes

@pytest.mark.parametrize("line, words", [
    ("keep_day = 3", ["line 1", "keep_day", "did you mean keep_days?"]),
    ("keep = many", ["line 1", "keep = many", "a whole number"]),
    ("keep = -1", ["a whole number"]),
    ("keep", ["line 1", "key = value"]),
    ("compress = rar", ["auto, none, gzip, bzip2, xz, zstd"]),
    ("level = 3", ["needs a method"]),
    ("compress = gzip\nlevel = 10", ["gzip takes 1 to 9"]),
    ("name_format = %H:%M", ["must tell the day"]),
    ("name_format = %Y%m%d", ["digits only"]),
    ("name_format = %Y-%m-%d/%H", ["between the directives"]),
    ("name_format = %F %T", ["between the directives"]),
    ("name_format = %F%", ["followed by one of the letters"]),
    ("name_format = %F.gz", ["compressed file"]),
    ("name_format = %F-%q", ["it takes the directives"]),
    ("name_zone = local", ["ends in Z"]),
    ("state_dir = relative", ["absolute path"]),
    ("state_dir = /a/../b", [".."]),
    ("shipped_command = cat x", ["absolute path of a program"]),
    ("$(touch /tmp/x) = 1", ["is not a key"]),
])
def test_a_bad_rotate_conf_is_one_clear_sentence(tree, line, words):
    tree.rotated(1)
    tree.conf.write_text(line + "\n")
    done = tree.run()
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1 and str(tree.conf) in done.stderr
    for word in words:
        assert word in done.stderr
    assert "audit.log.1" in tree.names()


@pytest.mark.parametrize("arguments, code", [
    (["--nonsense"], 2), (["--guard", "--status"], 2), (["--wait"], 2), (["--wait", "x"], 2), (["--root", "/nonexistent"], 2),
    (["--config", "/nonexistent"], 3), (["--help"], 0), (["--version"], 0),
])
def test_command_line(arguments, code):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-rotate"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert bool(done.stderr) == bool(code)


def test_help_names_every_key_and_exit_code():
    from audit_rotate import _rotate_conf, exits

    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-rotate"), "--help"], check=False, capture_output=True, text=True)
    for key, (*_unused, meaning) in _rotate_conf.KEYS.items():
        assert f"  {key} " in done.stdout and meaning and f" {meaning} (default: " in done.stdout
    for code, meaning in exits.EXITS.values():
        assert f"{code:5d}  {meaning}\n" in done.stdout
    assert len({code for code, _meaning in exits.EXITS.values()}) == len(exits.EXITS)


def test_a_method_that_is_not_installed(tree, monkeypatch):
    from audit_rotate import exits, methods

    monkeypatch.setattr(methods, "PROGRAM_DIRS", ())
    with pytest.raises(exits.Failure, match="zstd is not installed") as caught:
        methods.chosen("zstd")
    assert caught.value.code == 13
    assert methods.chosen("auto") == "xz"


def test_without_auditd_the_old_logs_are_archived_and_the_code_says_so(tree):
    tree.rotated(2)
    done = tree.run("--rotate")
    assert done.returncode == 6 and "auditd does not run" in done.stderr
    tree.check()
    assert len([name for name in tree.names() if name.endswith(".gz")]) == 2


def test_dry_run_changes_nothing(tree):
    tree.rotated(2)
    tree.add("audit.log.2015-02-26_15:43:46")
    before = {path: (path.read_bytes(), path.stat()) for path in tree.log.iterdir()}
    done = tree.run("--dry-run")
    assert done.returncode == 0
    for words in ("would rename audit.log.2", "would rename audit.log.1", "would compress audit.log.2015-02-26_15:43:46"):
        assert words in done.stdout
    assert {path: (path.read_bytes(), path.stat()) for path in tree.log.iterdir()} == before
    assert list(tree.state.iterdir()) == []


def test_status_file_textfile_and_the_status_option(tmp_path):
    tree = Tree(tmp_path, textfile=tmp_path / "audit.prom").rotated(2)
    assert tree.run("--status").returncode == 21
    assert tree.run().returncode == 0
    status = tree.status()
    assert (status["result"], status["exit_code"], status["last_run"]) == ("success", 0, status["last_success"])
    assert status["compressed_count"] == 2 and status["bytes_after"] < status["bytes_before"]
    assert [entry["from"] for entry in status["taken_over"]] == ["audit.log.2", "audit.log.1"]
    assert json.loads(tree.run("--status").stdout) == status
    assert (tree.state / "status.json").stat().st_mode & 0o777 == 0o600
    metrics = (tmp_path / "audit.prom").read_text()
    assert "audit_rotate_archives 2\n" in metrics and "# TYPE audit_rotate_exit_code gauge" in metrics
    tree.log.chmod(0o777)
    assert tree.run().returncode == 12
    assert tree.run("--status").returncode == 20
    assert tree.status()["last_success"] == status["last_success"] and tree.status()["error"]


def test_the_guard_asks_little_and_loads_little(tree):
    tree.add("audit.log", mode=0o600)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import cli; code = cli.main(sys.argv[2:]); "
        "print(code, [name for name in ('re', 'json', 'subprocess', 'argparse', 'lzma', 'collections') if name in sys.modules])")
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", program, str(FILES), "--guard", "--config", str(tree.conf)],
        check=False, capture_output=True, text=True)
    assert done.stdout == "0 []\n"
    assert list(tree.state.iterdir()) == []


@pytest.mark.parametrize("config, size, word", [
    ({"ceiling_megabytes": 1}, 1 << 20, "ceiling"),
    ({"ceiling_megabytes": 1}, (1 << 20) - 1, None),
    ({"ceiling_megabytes": 0}, 1 << 21, None),
    ({"min_free_megabytes": 10 ** 9}, 0, "free"),
])
def test_what_the_guard_acts_on(tmp_path, config, size, word, monkeypatch):
    from audit_rotate import guard, settings

    tree = Tree(tmp_path, **config)
    (tree.log / "audit.log").write_bytes(b"\0" * size)
    monkeypatch.setattr(guard, "_auditd", lambda: None)
    found = guard.reason(settings.load(str(tree.conf), "/", False))
    assert (found and found[0]) == word


def test_the_guard_tells_the_same_trouble_once_and_fails_each_time(tmp_path):
    tree = Tree(tmp_path, min_free_megabytes=10 ** 9).rotated(1)
    first, second = tree.run("--guard"), tree.run("--guard")
    assert first.returncode == second.returncode == 11
    assert "min_free_megabytes wants" in first.stderr and second.stderr == ""
    assert tree.serials() == tree.written


@pytest.mark.parametrize("auditd, total, expected", [
    ({}, 100 << 30, 128), ({}, 1 << 30, 51), ({"admin_space_left": "50", "admin_space_left_action": "SUSPEND"}, 100 << 30, 128),
    ({"admin_space_left": "500", "admin_space_left_action": "halt"}, 100 << 30, 564),
    ({"space_left": "10%", "space_left_action": "single"}, 100 << 30, 10304),
    ({"space_left": "25%", "space_left_action": "email"}, 100 << 30, 128),
])
def test_the_room_that_is_kept_free(tmp_path, auditd, total, expected):
    from audit_rotate import _rotate_conf, settings

    class Filesystem:
        f_frsize, f_blocks = 4096, total // 4096

    found = settings.Settings(_rotate_conf.complete({}), auditd, lambda path: path).min_free(Filesystem)
    assert found >> 20 == expected


def test_an_offline_tree(tmp_path):
    root = tmp_path / "image"
    (root / "etc/audit").mkdir(parents=True)
    (root / "etc/audit/auditd.conf").write_text("log_file = /data/audit/my.log\n")
    (root / "data").symlink_to("/srv")
    log = root / "srv/audit"
    log.mkdir(parents=True, mode=0o750)
    for number in (2, 1):
        (log / f"my.log.{number}").write_bytes(record(START - number * 100, number))
    argv = [sys.executable, "-IS", str(FILES / "audit-rotate"), "--root", str(root)]
    assert subprocess.run(argv, check=False).returncode == 0
    assert sorted(path.name for path in log.iterdir()) == ["my.log.2025-10-09T08:50:00Z.xz", "my.log.2025-10-09T08:51:40Z.xz"]
    assert json.loads((root / "var/lib/audit-rotate/status.json").read_text())["mode"] == "archive-only"
    assert subprocess.run([*argv, "--guard"], check=False, capture_output=True).returncode == 2


@pytest.mark.skipif(PYTHON36 is None, reason="no Python 3.6 here")
@pytest.mark.parametrize("method", ["auto", "gzip", "bzip2", "xz", "none"])
def test_python_36(tmp_path, method):
    tree = Tree(tmp_path, compress=method, keep=3, adopt="prune").rotated(5)
    done = tree.run(python=PYTHON36)
    assert done.returncode == 0, done.stderr
    assert len(archives(tree)) == 3
    assert tree.serials() == tree.written[2 * 200:]
    assert tree.archive("list").returncode == 0


# reading archives

def test_archives_and_live_logs_are_read_in_the_order_of_time(tmp_path):
    tree = Tree(tmp_path, compress="xz").rotated(3)
    assert tree.run().returncode == 0
    tree.configure(compress="gzip")
    (tree.log / "audit.log").rename(tree.log / "audit.log.1")
    tree.add("audit.log", mode=0o600)
    assert tree.run().returncode == 0
    (tree.log / "audit.log").rename(tree.log / "audit.log.1")
    tree.add("audit.log", mode=0o600)
    done = tree.archive("cat")
    assert done.returncode == 0, done.stderr
    numbers = [int(line.split(b" n=")[1].split()[0]) for line in done.stdout.splitlines()]
    assert numbers == tree.written
    listed = tree.archive("list").stdout.decode().splitlines()
    assert [line.split("\t")[0].rpartition(".")[2] for line in listed] == ["xz", "xz", "xz", "gz", "1", "log"]


@pytest.mark.parametrize("start, end, expected", [
    (None, None, [1, 2, 3, 4]), ("2025-10-09T08:58:00Z", None, [2, 3, 4]), (None, "2025-10-09T08:58:00Z", [1, 2]),
    ("@1760000250", "@1760000260", [2]), ("2025-10-10", None, [4]),
])
def test_archives_outside_the_time_are_not_read(tree, start, end, expected):
    tree.rotated(3)
    assert tree.run().returncode == 0
    options = [*(["--start", start] if start else []), *(["--end", end] if end else [])]
    listed = tree.archive("list", *options).stdout.decode().splitlines()
    numbers = {"08:56:40": 1, "09:00:00": 2, "09:03:20": 3}
    assert [numbers.get(line.split("\t")[3][11:19], 4) for line in listed] == expected


@pytest.mark.skipif(not shutil.which("ausearch"), reason="needs ausearch")
def test_search_and_report_with_the_programs_own_options_and_codes(tree):
    tree.rotated(3)
    assert tree.run().returncode == 0
    search = tree.archive("search", "--", "--raw")
    assert search.returncode == 0 and len(search.stdout.splitlines()) == len(tree.written)
    part = tree.archive("search", "--start", "2025-10-09T08:58:00Z", "--end", "2025-10-09T08:58:09Z", "--", "--raw")
    assert len(part.stdout.splitlines()) == 10
    assert tree.archive("search", "--", "-m", "LOGIN").returncode == 1
    report = tree.archive("report", "--", "--summary")
    assert report.returncode == 0 and f"Number of events: {len(tree.written)}".encode() in report.stdout


def test_a_damaged_archive_is_named_and_the_others_are_read(tree):
    tree.rotated(3)
    assert tree.run().returncode == 0
    damaged = tree.log / archives(tree)[1]
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-30])
    done = tree.archive("cat")
    assert done.returncode == 0 and damaged.name.encode() in done.stderr
    assert len(done.stdout.splitlines()) >= 600


@pytest.mark.parametrize("arguments, words", [
    (["frobnicate"], "is not a command"), (["list", "--start", "soon"], "is no date"), (["list", "--color"], "is not an option"),
    (["list", "--start"], "needs a value"),
])
def test_archive_command_line(tree, arguments, words):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-archive"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 2 and words in done.stderr
