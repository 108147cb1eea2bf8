# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process is this host's auditd: nothing else is signalled, nothing else passes for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control, process
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError


def relink(path: Path, target: str):
    path.unlink()
    path.symlink_to(target)


def of_a_container(home, root):
    (root / "container").mkdir()
    relink(home / "root", str(root / "container"))


def in_a_pid_namespace(home, _root):
    relink(home / "ns/pid", "pid:[4026532999]")


def in_a_user_namespace(home, _root):
    relink(home / "ns/user", "user:[4026532998]")


def of_a_user(home, _root):
    (home / "status").write_text("Name:\tauditd\nState:\tt\nUid:\t1000\t1000\t1000\t1000\n")


def a_copy(home, _root):
    relink(home / "exe", "/home/mallory/auditd")


def another_program(home, _root):
    relink(home / "exe", "/usr/sbin/auditctl")


def renamed(home, _root):
    (home / "comm").write_text("audispd\n")


def a_zombie(home, _root):
    text = (home / "stat").read_text()
    (home / "stat").write_text(text.replace(") S ", ") Z "))


@pytest.mark.parametrize("disguise", [
    of_a_container, in_a_pid_namespace, in_a_user_namespace, of_a_user, a_copy, another_program, renamed, a_zombie])
def test_what_only_looks_like_auditd(fake, disguise):
    fake.auditd.start()
    assert process.find(fake.host) == fake.auditd.pid
    disguise(Path(process.proc(fake.auditd.pid)), fake.root)
    assert not process.is_auditd(fake.auditd.pid)
    assert process.find(fake.host) is None
    with pytest.raises(AuditError, match="no signal is sent"):
        process.send(fake.host, fake.auditd.pid, "reload")
    assert fake.auditd.got == []


def test_one_whose_program_was_upgraded_under_it_is_auditd(fake):
    fake.auditd.start()
    relink(Path(process.proc(fake.auditd.pid, "exe")), "/usr/sbin/auditd (deleted)")
    assert process.is_auditd(fake.auditd.pid)


@pytest.mark.parametrize("program, is_one", [("/usr/sbin/auditd", True), ("/home/mallory/auditd", False)])
def test_one_whose_mounts_show_the_root_elsewhere(fake, program, is_one):
    """In a container that was started without pivot_root, where systemd gives auditd mounts of its own."""
    fake.auditd.start()
    elsewhere = fake.root / "elsewhere"
    elsewhere.symlink_to(os.readlink(process.proc(fake.auditd.pid, "root")))
    relink(Path(process.proc(fake.auditd.pid, "root")), str(elsewhere))
    relink(Path(process.proc(fake.auditd.pid, "exe")), f"{elsewhere}{program}")
    assert process.is_auditd(fake.auditd.pid) is is_one


def test_of_two_the_kernel_has_one(fake, monkeypatch):
    fake.auditd.start()
    Path(fake.auditd.pid_file).unlink()
    other = Path(process.proc(77))
    other.parent.mkdir(exist_ok=True)
    home = Path(process.proc(fake.auditd.pid))
    other.mkdir()
    for name in ("comm", "status", "stat"):
        (other / name).write_text((home / name).read_text())
    for name in ("exe", "root"):
        (other / name).symlink_to((home / name).readlink())
    (other / "ns").mkdir()
    for name in ("user", "pid"):
        (other / "ns" / name).symlink_to((home / "ns" / name).readlink())
    assert process.find(fake.host) == fake.auditd.pid


def test_a_users_stopped_copy_blocks_no_start(fake):
    fake.auditd.start()
    of_a_user(Path(process.proc(fake.auditd.pid)), fake.root)
    real = fake.auditd.start
    fake.auditd.start = lambda: (Path(process.proc(fake.auditd.pid)).rename(fake.root / "copy"), fake.auditd.end(), real())[2]
    assert control.start(fake.host)["record"].startswith("type=DAEMON_START")


@pytest.mark.parametrize(("state", "waits_in", "said"), [
    ("S", "ep_poll", "before 2.8.4"), ("T", "do_signal_stop", "SIGCONT"), ("t", "ptrace_stop", "debugger"),
    ("D", "percpu_rwsem_wait", "frozen filesystem"), ("D", "io_schedule", "does not answer")])
def test_why_there_is_no_answer_is_named(fake, state, waits_in, said):
    fake.auditd.start()
    fake.auditd.deaf = {signal.SIGCONT}
    if state != "S":
        fake.auditd.hang(state)
    Path(process.proc(fake.auditd.pid, "wchan")).write_text(waits_in)
    with pytest.raises(control.NoAnswer, match=said):
        control.report(fake.host, fake.auditd.pid, 2, "3.0.9")
