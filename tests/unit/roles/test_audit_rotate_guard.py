# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size guard: what it acts on, and that asking costs little."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from audit_rotate._errors import AuditError
from rotate_tree import FILES, Tree


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
    found = guard.reason(settings.load(str(tree.conf), "/", config_is_ours=False))
    assert (found and found[0]) == word


def test_the_guard_tells_the_same_trouble_once_and_fails_each_time(tmp_path):
    tree = Tree(tmp_path, min_free_megabytes=10 ** 9).rotated(1)
    first, second = tree.run("--guard"), tree.run("--guard")
    assert first.returncode == second.returncode == 11
    assert "min_free_megabytes wants" in first.stderr and second.stderr == ""
    assert tree.serials() == tree.written


class Filesystem:
    f_frsize = 4096

    def __init__(self, megabytes, free):
        self.f_blocks, self.f_bavail = megabytes << 8, free << 8


@pytest.mark.parametrize("megabytes, free, growth, expected", [
    (100_000, 50_000, 0, 256), (64, 60, 0, 8), (64, 8, 0, 2), (64, 0, 0, 1), (100_000, 400, 0, 100),
    (100_000, 400, 5 << 20, 25),  # 5 MiB a second for a minute leave 100
    (64, 60, 4 << 20, 1),
])
def test_the_ceiling_follows_from_the_filesystem(tree, megabytes, free, growth, expected):
    from audit_rotate import settings

    found = settings.load(str(tree.conf), "/", config_is_ours=False)
    assert found.ceiling(Filesystem(megabytes, free), growth, 60) >> 20 == expected


def watcher(tree, **options):
    from audit_rotate import watch

    return watch.Watcher({"config": str(tree.conf), "program": "/nonexistent", "arguments": [], "verbose": False, **options}, 60)


def test_a_configuration_that_is_edited_while_the_guard_reads_it_is_read_again(tmp_path, monkeypatch):
    from audit_rotate import guard, settings

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    tree = Tree(tmp_path, ceiling_megabytes=1)
    tree.add("audit.log", mode=0o600)
    read = settings.load

    def read_and_edit(*arguments, **options):
        found = read(*arguments, **options)
        tree.conf.write_text(tree.conf.read_text().replace("ceiling_megabytes = 1", "ceiling_megabytes = 2"))
        return found
    monkeypatch.setattr(settings, "load", read_and_edit)
    eye = watcher(tree)
    eye.look()
    monkeypatch.setattr(settings, "load", read)
    eye._next_whole = 0.0
    eye.look()
    assert int(eye._settings.config["ceiling_megabytes"]) == 2


def test_the_guard_looks_as_often_as_the_room_demands(tmp_path, monkeypatch):
    from audit_rotate import guard

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    pauses = []
    for number, room in enumerate((Filesystem(64, 4), Filesystem(64, 60), Filesystem(100_000, 50_000))):
        tree = Tree(tmp_path / str(number))
        tree.add("audit.log", mode=0o600)
        eye = watcher(tree)
        monkeypatch.setattr("audit_rotate.watch.os.statvfs", lambda _path, _room=room: _room)
        pauses.append(eye.look())
        monkeypatch.undo()
    assert 0.5 <= pauses[0] < 1 < pauses[1] <= 7.5 and 50 < pauses[2] <= 60


def test_rotated_logs_that_wait_are_a_reason_and_are_tried_again_ever_more_rarely(tmp_path, monkeypatch):
    from audit_rotate import guard

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    tree = Tree(tmp_path, ceiling_megabytes=1)
    tree.add("audit.log", mode=0o600)
    eye = watcher(tree)
    eye.look()
    tree.add("audit.log.1")
    tried = []
    monkeypatch.setattr(eye, "_act", lambda why: tried.append(why[0]) or 0)
    now = [int(time.monotonic()) + 61]
    monkeypatch.setattr("audit_rotate.watch.time.monotonic", lambda: now[0])
    times = []
    for _minute in range(60):
        eye.look()
        if len(tried) > len(times):
            times.append(now[0])
        now[0] += 60
    assert set(tried) == {"waiting"}
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert gaps == sorted(gaps) and gaps[0] == 60 and gaps[-1] == 600


def test_a_full_log_is_acted_on_at_each_look_and_a_failure_waits(tmp_path, monkeypatch):
    from audit_rotate import guard

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    tree = Tree(tmp_path, ceiling_megabytes=1)
    (tree.log / "audit.log").write_bytes(b"\0" * (2 << 20))
    eye, codes, tried = watcher(tree), [0, 0, 9, 9], []
    monkeypatch.setattr(eye, "_act", lambda why: tried.append(why[0]) or codes[len(tried) - 1])
    assert [eye.look(), eye.look()] == [1.0, 1.0]
    assert eye.look() == 60
    eye.look()
    assert tried == ["ceiling"] * 4
    eye.look()
    assert len(tried) == 4, "the same failure again is not tried before its time"


def test_the_guard_reads_its_settings_again_where_they_changed(tmp_path, monkeypatch):
    from audit_rotate import guard

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    tree = Tree(tmp_path, ceiling_megabytes=40)
    tree.add("audit.log", mode=0o600)
    eye = watcher(tree)
    eye.look()
    tree.configure(ceiling_megabytes=4000)
    eye._next_whole = 0
    eye.look()
    assert eye._settings.config["ceiling_megabytes"] == 4000


def test_the_guard_goes_on_with_the_program_that_replaced_it(tmp_path, monkeypatch):
    from audit_rotate import guard, watch

    monkeypatch.setattr(guard, "_auditd", lambda: None)
    tree = Tree(tmp_path)
    tree.add("audit.log", mode=0o600)
    eye = watcher(tree)
    started = []
    monkeypatch.setattr(watch, "SETTLED", -1)
    monkeypatch.setattr(watch.os, "execv", lambda path, argv: started.append(argv))
    eye.look()
    assert started == []
    eye._program = [(1, 2, 3), (4, 5, 6)]
    eye._next_whole = 0
    eye.look()
    assert started == [["/nonexistent"]]
    monkeypatch.setattr(watch, "MODULES", str(tmp_path / "gone"))
    eye._next_whole = 0
    with pytest.raises(SystemExit):
        eye.look()


def act_in_a_process_of_its_own(tree, monkeypatch, **replaced):
    """(exit code of one that has its guard act, pids that came back from it) with functions of attempt replaced."""
    from audit_rotate import attempt

    eye = watcher(tree)
    eye._load()
    for name, function in replaced.items():
        monkeypatch.setattr(attempt, name, function)
    came_back = tree.root / "came_back"
    pid = os.fork()
    if not pid:
        code = 99
        try:
            code = eye._act(("ceiling", "why"))
        finally:
            with came_back.open("a") as stream:
                stream.write("%d\n" % os.getpid())
            os._exit(code)
    _pid, status = os.waitpid(pid, 0)
    return os.WEXITSTATUS(status), [int(line) for line in came_back.read_text().split()], pid


@pytest.mark.parametrize("error", [AuditError("a fault"), OSError(12, "no memory"), ValueError("a fault")])
def test_a_child_of_the_guard_never_becomes_a_second_guard(tree, monkeypatch, error):
    def fails(*_arguments):
        raise error

    code, came_back, pid = act_in_a_process_of_its_own(tree, monkeypatch, guarded_run=fails, complain=lambda *_failure, **_to: None)
    assert (code, came_back) == (1, [pid])


def test_the_guard_outlives_what_the_system_refuses_for_a_while(tree, monkeypatch):
    from audit_rotate import attempt, watch

    class Enough(Exception):
        pass

    def no_memory(self):
        raise OSError(12, "Cannot allocate memory")

    def sleep(seconds):
        raise Enough(seconds)

    said = []
    monkeypatch.setattr(watch.Watcher, "look", no_memory)
    monkeypatch.setattr(watch.os, "nice", lambda step: 0)
    monkeypatch.setattr(watch.time, "sleep", sleep)
    monkeypatch.setattr(attempt, "complain", lambda failure, **_to: said.append(str(failure)))
    with pytest.raises(Enough):
        watch.watch({"config": str(tree.conf)}, 60, False)
    assert said == ["[Errno 12] Cannot allocate memory"]
