# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario leaves behind fails it, though all its steps passed."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tools/run_scenarios.py"


@pytest.fixture(scope="module")
def scenarios():
    spec = importlib.util.spec_from_file_location("run_scenarios", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path):
    for name in ("checkout", "etc"):
        (tmp_path / name).mkdir()
    (tmp_path / "etc/passwd").write_text("root\n")
    (tmp_path / "checkout/galaxy.yml").write_text("---\n")
    return tmp_path


def adds(place):
    (place / "etc/cron.d").write_text("forgotten\n")


def edits(place):
    (place / "etc/passwd").write_text("root\nauditops\n")


def removes(place):
    (place / "checkout/galaxy.yml").unlink()


def links(place):
    (place / "checkout/image").symlink_to("/nowhere")


def opens(place):
    (place / "etc").chmod(0o777)


@pytest.mark.parametrize("does, said", [
    (adds, "left behind: {}/etc/cron.d"), (edits, "changed: {}/etc/passwd"), (removes, "gone: {}/checkout/galaxy.yml"),
    (links, "left behind: {}/checkout/image"), (opens, "changed: {}/etc: directory 4"),
])
def test_what_differs_afterwards_fails_it(scenarios, place, does, said):
    def molecule(_argv, _seconds, **_options):
        does(place)
        return 0

    wrong = scenarios.run(place / "checkout", "any", molecule, (str(place / "etc"),))
    assert len(wrong) == 1 and wrong[0].startswith(said.format(place)), wrong


def test_a_process_that_goes_on_fails_it(scenarios, place):
    started = []

    def molecule(_argv, _seconds, env, **_options):
        started.append(subprocess.Popen([sys.executable, "-c", "import signal; print(flush=True); signal.pause()"], env=env,
                                        stdout=subprocess.PIPE))
        started[0].stdout.readline()
        return 0

    try:
        (wrong,) = scenarios.run(place / "checkout", "any", molecule, (str(place / "etc"),))
    finally:
        started[0].send_signal(signal.SIGKILL)
        started[0].communicate()
    assert wrong.startswith(f"left behind: process {started[0].pid} (") and "signal.pause" in wrong


def test_one_that_fails_and_one_that_leaves_nothing(scenarios, place):
    assert scenarios.run(place / "checkout", "any", lambda *_words, **_options: 0, (str(place / "etc"),)) == []
    wrong = scenarios.run(place / "checkout", "any", lambda *_words, **_options: 2, (str(place / "etc"),))
    assert wrong == ["molecule test returned 2"]


def test_what_a_machine_lacks_is_named(scenarios, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(scenarios.os, "geteuid", int)
    assert scenarios.obstacle("container") == "not installed here: podman, runc, ssh, mmdebstrap"
    assert scenarios.obstacle("remediate") is None
    for program in scenarios.NEEDS["container"]:
        (tmp_path / program).touch(0o755)
    monkeypatch.setattr(scenarios, "CONTAINER", tmp_path / "container.py")
    (tmp_path / "container.py").write_text("import sys\nsys.exit('podman run: no cgroups')")
    assert scenarios.obstacle("container") == "no container with systemd starts here: podman run: no cgroups"
    (tmp_path / "container.py").write_text("")
    assert scenarios.obstacle("container") is None
    monkeypatch.setattr(scenarios, "PATIENCE", 5)
    hangs = "import subprocess, sys\nif sys.argv[1] == 'up':\n    subprocess.call([sys.executable, '-c', 'import signal; signal.pause()'])"
    (tmp_path / "container.py").write_text(f"open({str(tmp_path / 'calls')!r}, 'a').write('+')\n{hangs}")
    assert scenarios.obstacle("container") == "a container with systemd did not come up within 5 s"
    assert (tmp_path / "calls").read_text() == "++", "down, too"
    monkeypatch.setattr(scenarios.os, "geteuid", lambda: 1000)
    assert scenarios.obstacle("fleet") == "it needs root"


HANGS = """#!/bin/sh
test "$1" = destroy && exec touch "$MARK"
sleep 1000 &
echo $! > "$CHILD"
wait
"""


def test_one_that_hangs_is_ended_and_destroyed(scenarios, place, monkeypatch):
    (place / "molecule").write_text(HANGS)
    (place / "molecule").chmod(0o755)
    for name, file in (("MARK", "destroyed"), ("CHILD", "child")):
        monkeypatch.setenv(name, str(place / file))
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    with pytest.raises(scenarios.TooSlow, match="molecule test did not end within 3 s here"):
        scenarios.run(place / "checkout", "any", outside=(str(place / "etc"),), seconds=3)
    assert (place / "destroyed").exists()
    status = Path(f"/proc/{(place / 'child').read_text().strip()}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z", "what it had started has ended, too"


@pytest.mark.parametrize("scenario, ended", [("container", "skipped: too slow"), ("remediate", "FAILED, 0 s\n  too slow")])
def test_a_slow_machine_fails_no_scenario_with_hosts_of_its_own(scenarios, place, monkeypatch, scenario, ended):
    def run(*_words):
        raise scenarios.TooSlow("too slow")

    monkeypatch.setattr(scenarios, "obstacle", lambda _name: None)
    monkeypatch.setattr(scenarios, "run", run)
    assert scenarios.result(place, scenario) == ended


def test_a_kernel_with_an_auditd_is_no_place_for_another(scenarios, monkeypatch):
    monkeypatch.setattr(scenarios.os, "geteuid", lambda: 0)
    monkeypatch.setattr(scenarios.shutil, "which", lambda program, path=None: f"/usr/bin/{program}")
    monkeypatch.setattr(scenarios.auditd_site, "kernel_status", lambda: {"enabled": 1, "pid": 812})
    assert scenarios.obstacle("chroot") == "an auditd runs here already (process 812): stop it first"
    monkeypatch.setattr(scenarios.auditd_site, "kernel_status", lambda: {"enabled": 1, "pid": 0})
    assert scenarios.obstacle("chroot") is None
