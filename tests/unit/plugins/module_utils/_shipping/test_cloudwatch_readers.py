# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the agent's user can read the log: an ACL lets it in where it is not in the group of the logs, and goes again with the policy."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_cloudwatch as apply
from ansible_collections.auditops.auditd.plugins.module_utils._drift import shipping_cloudwatch as drift
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._live import shipping_cloudwatch as live
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import cloudwatch, log_readers
from cloudwatch_agent import POLICY, converge

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")
NOBODY = pwd.getpwnam("nobody")
OTHER_GROUP = grp.getgrnam("adm").gr_gid  # one that nobody is not in


@pytest.fixture
def logs(tmp_path):
    """A directory of logs that everybody can reach; logs(gid) gives it what auditd gives it, and makes the log as auditd does."""
    for path in (tmp_path, *tmp_path.parents):
        if os.stat(path).st_uid == 0 and str(path) not in ("/", "/tmp"):
            path.chmod(0o755)
    directory = tmp_path / "log"
    directory.mkdir()

    def rotated(gid):
        os.chown(directory, 0, gid)
        directory.chmod(0o750 if gid else 0o700)
        log = directory / "audit.log"
        if log.exists():
            log.rename(directory / "audit.log.1")
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        os.fchmod(descriptor, 0o640 if gid else 0o600)
        os.fchown(descriptor, 0, gid)
        os.write(descriptor, b"type=A msg=audit(1795410116.1:7): x")
        os.close(descriptor)
        return log

    return rotated


def acl(*options):
    done = subprocess.run(["setfacl", *map(str, options)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no ACL here: {done.stderr}")


@NEEDS_ROOT
@pytest.mark.parametrize("gid, let_in, now, next_one", [
    (0, (), False, False),
    (OTHER_GROUP, (), False, False),
    (NOBODY.pw_gid, (), True, True),
    (OTHER_GROUP, ("log",), False, False),  # the directory cannot be searched
    (OTHER_GROUP, ("log", "directory"), True, False),  # until it rotates
    (OTHER_GROUP, ("log", "directory", "default"), True, True),
    (0, ("log", "directory", "default"), True, False),  # auditd's chmod takes it away
])
def test_whether_a_user_reads_the_log_now_and_after_it_rotated(logs, gid, let_in, now, next_one):
    log = logs(gid)
    for what in let_in:
        acl(*{"log": ("-m", "u:nobody:r", log), "directory": ("-m", "u:nobody:rx", log.parent),
              "default": ("-d", "-m", "u:nobody:r", log.parent)}[what])
    assert log_readers.reads(NOBODY, str(log)) == now
    assert log_readers.gets_the_next(NOBODY, str(log.parent), gid) == next_one
    if gid:
        assert log_readers.reads_the_next(NOBODY, str(log), gid) == next_one
    assert log_readers.reads(NOBODY, str(logs(gid))) == next_one, "the log that auditd made meanwhile"
    assert sorted(path.name for path in log.parent.iterdir()) == ["audit.log", "audit.log.1"], "nothing is left of the trial"


@pytest.fixture
def agent_of_nobody(host, root, logs):
    """agent_of_nobody(group) gives (host, log): auditd's log_group is that, and the agent runs as nobody."""
    main = root / cloudwatch.AGENT_CONF[0].lstrip("/")
    main.parent.mkdir(parents=True, exist_ok=True)
    main.write_text('{"agent": {"run_as_user": "nobody"}}')

    def prepare(group):
        log = logs(log_readers.number_of(group))
        (root / "etc/audit/auditd.conf").write_text(f"space_left = 75\nadmin_space_left = 50\nlog_file = {log}\nlog_group = {group}\n")
        return log

    return prepare


@pytest.fixture
def real_log(host, monkeypatch):
    """The log and its directory are where they are; everything else lies below the root."""
    below = host.path
    monkeypatch.setattr(host, "path", lambda path, follow=True: path if "/log" in path and "/var/log" not in path and "/opt/" not in path
                        else below(path, follow))
    run = host.run

    def run_here(argv, **options):
        if "setfacl" not in argv[0]:
            return run(argv, **options)
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    monkeypatch.setattr(host, "run", run_here)
    monkeypatch.setattr(host, "which", shutil.which)
    return host


@NEEDS_ROOT
def test_an_agent_whose_user_is_not_in_the_group_is_let_in_by_an_acl_and_out_again(real_log, agent_of_nobody, logs):
    log = agent_of_nobody("adm")
    acl("-b", log)
    assert not log_readers.reads(NOBODY, str(log))
    assert converge(real_log, POLICY) == "append"
    assert log_readers.reads(NOBODY, str(log)) and log_readers.reads(NOBODY, str(logs(OTHER_GROUP))), "also after it rotated"
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert not planned.changed and planned.diff() == []
    acl("-x", "u:nobody", log.parent)
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert planned.changed and "nobody reads the logs" in planned.diff()[0]["after"]
    apply.apply(real_log, planned, "auto")
    assert log_readers.reads(NOBODY, str(log))
    assert converge(real_log, {"to": []}) == "remove" and not log_readers.reads(NOBODY, str(logs(OTHER_GROUP)))
    assert not any(real_log.lstat(path) for path in cloudwatch.FILES)


def let_in(log):
    """The names of the logs, and of their directory, whose ACL has an entry of nobody's."""
    return sorted(path.name for path in (log.parent, *log.parent.iterdir()) if any(
        log_readers.granted(str(path), name, NOBODY.pw_uid) for name in (log_readers.ACL, log_readers.DEFAULT_ACL)))


@NEEDS_ROOT
def test_nothing_of_the_acl_stays_on_the_logs(real_log, agent_of_nobody, logs):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    logs(OTHER_GROUP)
    assert let_in(log) == sorted([log.parent.name, "audit.log", "audit.log.1"])
    converge(real_log, {"to": []})
    assert let_in(log) == []


@NEEDS_ROOT
@pytest.mark.parametrize("fault", ["refuses", "unreadable"])
def test_a_user_who_was_let_in_for_nothing_is_let_out_again(real_log, root, agent_of_nobody, monkeypatch, fault):
    log = agent_of_nobody("adm")
    acl("-b", log)
    if fault == "refuses":
        (root / "refuses").write_text("")
    else:
        monkeypatch.setattr(log_readers, "reads_the_next", lambda *_of: False)
    with pytest.raises(AuditError):
        converge(real_log, POLICY)
    assert let_in(log) == [] and real_log.lstat(cloudwatch.READER) is None


@NEEDS_ROOT
def test_a_user_whom_the_agent_no_longer_runs_as_is_let_out(real_log, root, agent_of_nobody):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    (root / cloudwatch.AGENT_CONF[0].lstrip("/")).write_text('{"agent": {"run_as_user": "root"}}')
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert planned.changed and "nobody reads" not in str(planned.diff())
    apply.apply(real_log, planned, "auto")
    assert let_in(log) == [] and not apply.plan(real_log, POLICY, "3.0.9").changed


def stale(host, log):
    """The finding of drift about an ACL that lets somebody else in; None for none."""
    host.is_live = True
    reading = SimpleNamespace(host=host, settings={"log_file": str(log), "log_group": "adm"})
    sides = SimpleNamespace(is_live=True, parsed=SimpleNamespace(shipping_cloudwatch=live.read(reading)), item=lambda *words: words)
    return {item[0]: item[2] for item in drift.compare(sides, POLICY)}.get("shipping.cloudwatch.let_in")


@NEEDS_ROOT
@pytest.mark.parametrize("change", ["root", "another user", "the log moves"])
def test_an_acl_of_an_earlier_policy_is_a_finding_that_a_run_takes_away(real_log, root, agent_of_nobody, logs, change):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    assert stale(real_log, log) is None, "the agent's own user"
    if change == "the log moves":
        note = root / cloudwatch.READER.lstrip("/")
        note.write_text(json.dumps({**json.loads(note.read_text()), "directory": "/gone"}))
    else:
        user = {"root": "root", "another user": "daemon"}[change]
        (root / cloudwatch.AGENT_CONF[0].lstrip("/")).write_text(json.dumps({"agent": {"run_as_user": user}}))
    assert stale(real_log, log) == f"user {NOBODY.pw_uid} reads the logs in {'/gone' if change == 'the log moves' else log.parent}"
    converge(real_log, POLICY)
    assert stale(real_log, log) is None


@NEEDS_ROOT
@pytest.mark.parametrize("note", [
    "{", "[]", "7", '{"uid": "x", "directory": "/"}', '{"uid": 65534}', '{"uid": 65534, "directory": "/gone"}'])
def test_a_note_of_who_was_let_in_that_helps_nobody_goes(real_log, agent_of_nobody, note):
    """Also where the filesystem has no ACL, so that nobody was let in."""
    path = Path(real_log.path(cloudwatch.READER))
    path.parent.mkdir(parents=True)
    path.write_text(note)
    assert converge(real_log, {"to": []}) == "remove" and not path.exists()


@NEEDS_ROOT
def test_an_agent_whose_user_is_in_the_group_needs_no_acl(real_log, agent_of_nobody):
    agent_of_nobody(grp.getgrgid(NOBODY.pw_gid).gr_name)
    assert converge(real_log, POLICY) == "append" and real_log.lstat(cloudwatch.READER) is None


@NEEDS_ROOT
@pytest.mark.parametrize("group, change, said", [
    ("root", lambda host: None, "runs as nobody, who cannot read .*audit.log: set auditd_conf.log_group to a group of that user"),
    ("adm", lambda host: setattr(host, "which", lambda program: None), "who is not in the group adm of log_group: put the user into it"),
])
def test_an_agent_whose_user_cannot_be_let_in_is_refused(real_log, agent_of_nobody, group, change, said):
    agent_of_nobody(group)
    change(real_log)
    with pytest.raises(AuditError, match=said):
        apply.plan(real_log, POLICY, "3.0.9")
    assert real_log.text(cloudwatch.SOURCE) is None


@NEEDS_ROOT
def test_a_directory_above_that_shuts_the_user_out_is_seen_by_reading(real_log, agent_of_nobody):
    log = agent_of_nobody("adm")
    log.parent.parent.chmod(0o700)
    with pytest.raises(AuditError, match="look at the modes of the directories above it"):
        converge(real_log, POLICY)
    assert real_log.text(cloudwatch.SOURCE) is None
