# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rescue of a mounted volume, by the playbook as a user runs it: HALT is gone whatever else fails, and undo brings everything back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import test_remediation_steps as hardened

FSTAB = "UUID=1111 / xfs defaults 0 0\nUUID=2222 /var xfs defaults 0 0\n"


def separate_var(root: Path) -> None:
    """/var is a volume of its own, and here only its empty directory."""
    shutil.rmtree(root / "var")
    (root / "var").mkdir()
    hardened.put(root, "etc/fstab", FSTAB)


# name: (what is wrong with the tree, host variables, what the failure says in the end; None: it ends in sync)
CASES = {
    "in-order": (lambda root: None, {}, None),
    "no-zstd": (lambda root: None, {"audit_rotation_compress": "zstd"}, "the program zstd is not installed"),
    "no-log-dir": (hardened.gone("var/log/audit"), {}, "the log directory .* cannot be used"),
    "separate-var": (separate_var, {}, "/var is a volume of its own (UUID=2222) and is not mounted"),
    "no-textfile-dir": (lambda root: None, {"audit_rotation_textfile": "/var/lib/node_exporter/audit.prom"}, None),
    "bad-rule": (lambda root: hardened.put(root, "etc/audit/rules.d/50-x.rules", "-a nonsense\n"), {}, None),
    "ships": (hardened.halts_when_it_cannot_ship, {}, None),
}
STATE_OF_ROTATION = "var/lib/audit-rotate/"


def build(directory: Path, names=tuple(CASES)) -> Path:
    hosts = {}
    for name in names:
        change, variables, _says = CASES[name]
        root = directory / "hosts" / name
        hardened.hardened_to_halt(root)
        change(root)
        hosts[name] = {"audit_root": str(root), "auditd_release": "3.1.5", **variables}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    common["audit_drift_report_dir"] = str(directory / "report")
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    return directory


def command(directory: Path, *options: str) -> list:
    return [sys.executable, "-m", "ansible", "playbook", "-i", directory / "hosts.json", "auditops.auditd.rescue", *options]


def environment() -> dict:
    return dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(hardened.COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")


def play(directory: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(directory, *options), check=False, env=environment(), capture_output=True, text=True, cwd=directory)


def system(root: Path) -> dict:
    """Every file and link of the system but the logs and what the rescue keeps for itself."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith(("var/log/audit", "var/lib/auditops", "etc/auditops-rescue")) or path.is_dir() and not path.is_symlink():
            continue
        found[name] = os.readlink(path) if path.is_symlink() else (path.read_bytes(), oct(path.stat().st_mode), path.stat().st_mtime_ns)
    return found


def texts(root: Path) -> dict:
    """The same without times and without the rotation's own state, which says when it ran."""
    return {name: value if isinstance(value, str) else value[:2] for name, value in system(root).items()
            if not name.startswith(STATE_OF_ROTATION) and "stamp-audit-rotate" not in name}


def stops(root: Path) -> set:
    actions = {value for key, value in hardened.settings(root).items() if key.endswith("_action") and key != "max_log_file_action"}
    return actions - {"SYSLOG"}


def paths_are_shown(stdout, hosts):
    """An undo names at most twelve paths of each host, and the number of the others."""
    assert stdout.count("Put back, of /") == hosts and "  /etc/audit/auditd.conf" in stdout
    for shown in stdout.split("Put back, of /")[1:]:
        named = [line for line in shown.partition("]")[0].splitlines() if line.strip().startswith('"  /')]
        assert len(named) <= 12 and ("more; -v shows each" in shown) == (len(named) < int(shown.partition(": ")[2].split()[0])), shown


def test_halt_is_gone_whatever_else_fails_and_undo_brings_it_back(tmp_path):
    directory = build(tmp_path)
    roots = {name: directory / "hosts" / name for name in CASES}
    before = {name: system(root) for name, root in roots.items()}

    first = play(directory)
    for name, (_change, _variables, says) in CASES.items():
        assert stops(roots[name]) == set(), (name, first.stdout)
        assert "-f 2" not in (roots[name] / "etc/audit/audit.rules").read_text(), name
        failed = hardened.recap(first.stdout)[name]["failed"] == 1
        assert failed == (says is not None), (name, first.stdout)
        if says:
            assert hardened.re.search(says.replace("(", r"\(").replace(")", r"\)"), hardened.failures(first.stdout, name)), name
    ships = (roots["ships"] / "etc/audit/audisp-remote.conf").read_text()
    assert ships == hardened.REMOTE.replace("= HALT", "= warn_once").replace("= single", "= warn_once"), first.stdout
    assert not (roots["separate-var"] / "var/lib").exists(), "nothing is written where the volume will be mounted"
    assert json.loads((directory / "report/hosts/separate-var.json").read_text())["status"] != "in_sync"

    once, rescued = ({name: look(root) for name, root in roots.items()} for look in (system, texts))
    second = play(directory)
    for name, root in roots.items():
        assert hardened.recap(second.stdout)[name]["changed"] == 0, (name, second.stdout)
        moving = {key for key in once[name] if key.startswith(STATE_OF_ROTATION)}
        assert {key: value for key, value in system(root).items() if key not in moving} == {
            key: value for key, value in once[name].items() if key not in moving}, name

    undone = play(directory, "-e", "audit_rescue=undo")
    assert undone.returncode == 0, undone.stdout
    for name, root in roots.items():
        assert system(root) == before[name], name
        document = json.loads((directory / f"report/hosts/{name}.json").read_text())
        assert (document["phase"], document["status"] != "in_sync") == ("now", True), "the report is of what lies there again"
    paths_are_shown(undone.stdout, len(roots))
    assert f"Audit drift of {len(roots)} hosts" in undone.stdout and "Hosts that can stop themselves:" in undone.stdout
    again = play(directory, "-e", "audit_rescue=undo")
    assert again.returncode == 0 and again.stdout.count("Nothing to put back") == len(roots), "a second undo has nothing to do"

    play(directory)
    for name, root in roots.items():
        assert texts(root) == rescued[name], name
        assert stops(root) == set(), name


def test_killed_in_between_files_are_whole_and_the_next_run_finishes(tmp_path):
    whole = build(tmp_path / "whole", ["in-order"])
    play(whole)
    expected = texts(whole / "hosts/in-order")
    killed = build(tmp_path / "killed", ["in-order"])
    root = killed / "hosts/in-order"
    before = system(root)
    with subprocess.Popen(command(killed), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=killed,
                          start_new_session=True) as running:
        while stops(root) and running.poll() is None:
            time.sleep(0.05)
        assert running.poll() is None, "it was not killed in between"
        os.killpg(running.pid, signal.SIGKILL)
    assert stops(root) == set()
    assert play(killed).returncode == 0
    assert texts(root) == expected
    assert play(killed, "-e", "audit_rescue=undo").returncode == 0 and system(root) == before


@pytest.mark.parametrize(("variables", "says"), [
    ({"audit_root": "/"}, "audit_root = / is the machine that helps"),
    ({"audit_root": "//"}, "is the machine that helps"),
    ({"audit_rescue": "uncure"}, "value of audit_rescue must be one of: cure, undo"),
    ({"audit_rescue_mount": "perhaps"}, "audit_rescue_mount"),
])
def test_what_is_refused(tmp_path, variables, says):
    directory = build(tmp_path, ["in-order"])
    before = system(directory / "hosts/in-order")
    done = play(directory, "-e", json.dumps(variables))
    assert done.returncode != 0 and says in done.stdout and system(directory / "hosts/in-order") == before


def test_a_root_that_is_not_there_is_named_by_one_task(tmp_path):
    directory = build(tmp_path, ["in-order"])
    done = play(directory, "-e", "audit_root=/nonexistent")
    assert done.returncode != 0
    tasks = [task for task in hardened.re.split(r"^TASK ", done.stdout, flags=hardened.re.M) if "FAILED! =>" in task]
    assert [task.partition("]")[0] for task in tasks] == [
        "[Look for the volumes of the log",
        "[auditops.auditd.audit_drift : Fail the hosts that failed, were not reached, or have what audit_drift_fail_on names"], done.stdout


CONTEXTS = """/.*	system_u:object_r:default_t:s0
/etc/.*	system_u:object_r:etc_t:s0
/usr/.*	system_u:object_r:usr_t:s0
/var/.*	system_u:object_r:var_t:s0
/etc/audit(/.*)?	system_u:object_r:auditd_etc_t:s0
/var/log/audit(/.*)?	system_u:object_r:auditd_log_t:s0
/etc/cron\\.d(/.*)?	system_u:object_r:system_cron_spool_t:s0
/usr/local/sbin/.*	--	system_u:object_r:bin_t:s0
"""


def label_of(path: Path) -> bytes | None:
    try:
        return os.getxattr(path, "security.selinux", follow_symlinks=False)
    except OSError:
        return None


def test_no_file_of_a_labelled_tree_is_without_a_label_afterwards(tmp_path):
    """A tree as RHEL 8 labels it: what is replaced keeps its label, what is new gets the one of the tree's own policy."""
    directory = build(tmp_path, ["in-order"])
    root = directory / "hosts/in-order"
    hardened.put(root, "etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    hardened.put(root, "etc/selinux/targeted/contexts/files/file_contexts", CONTEXTS)
    try:
        for path in [root, *root.rglob("*")]:
            os.setxattr(path, "security.selinux", b"system_u:object_r:before_t:s0\0", follow_symlinks=False)
    except OSError as error:
        pytest.skip(f"no labels can be set here: {error.strerror}")
    assert play(directory).returncode == 0
    labels = {str(path.relative_to(root)): label_of(path) for path in root.rglob("*")}
    assert [name for name, label in labels.items() if not label] == []
    assert labels["etc/audit/auditd.conf"] == b"system_u:object_r:before_t:s0\0", "what is replaced keeps its label"
    assert labels["etc/audit/rotate.conf"] == b"system_u:object_r:auditd_etc_t:s0\0"
    assert labels["usr/local/sbin/audit-rotate"] == b"system_u:object_r:bin_t:s0\0"
    assert labels["etc/cron.d/audit-rotate"] == b"system_u:object_r:system_cron_spool_t:s0\0"
