# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a host that decide whether auditd takes a file, read from real trees."""

from __future__ import annotations

import os
import tempfile

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

FINE = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\n"


@pytest.fixture
def tree(tmp_path):
    for name in ("etc", "sbin", "usr/lib", "usr/local/sbin", "var/log"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/group").write_text("root:x:0:\nadm:x:4:syslog\nbroken\nodd:x:four:\n")
    program = tmp_path / "usr/local/sbin/run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o750)
    return tmp_path


@pytest.fixture
def environment(tree):
    return Environment(Host(str(tree)))


def fatal(text, environment, release="3.0.9", **options):
    return [problem.reason for problem in validator.validate(FINE + text, release, environment, **options) if problem.fatal]


def test_groups_are_those_of_the_tree(environment):
    assert environment.group_id("root") == 0
    assert environment.group_id("adm") == 4
    for name in ("nosuchgroup", "broken", "odd", "", "adm:x"):
        assert environment.group_id(name) is None


def test_a_tree_without_groups(tree, environment):
    (tree / "etc/group").unlink()
    assert [environment.group_id(name) for name in ("root", "adm")] == [0, -1]


def test_groups_of_the_live_host():
    live = Environment(Host("/"))
    assert live.group_id("root") == 0
    for name in ("nosuchgroup", "a\udce9", "a\0b"):
        assert live.group_id(name) is None


def test_the_packages_log_directory_needs_not_exist_yet(tree, environment):
    assert not (tree / "var/log/audit").exists()
    assert environment.directory("/var/log/audit")
    assert environment.directory("/var/log//audit/")
    assert environment.directory("/var/log")
    assert not environment.directory("/var/log/other")
    assert not environment.directory("/etc/group")
    assert not fatal("log_file = /var/log/audit/audit.log\n", environment)
    assert fatal("log_file = /var/log/other/audit.log\n", environment)


def test_links_stay_inside_the_tree(tree, environment):
    (tree / "var/log/link").symlink_to("/usr/local")
    assert environment.directory("/var/log/link/sbin")
    (tree / "sbin/run").symlink_to("/usr/local/sbin/run")
    assert not fatal("disk_error_action = exec /sbin/run\n", environment)


def test_links_in_a_circle(tree, environment):
    (tree / "var/log/a").symlink_to("/var/log/b")
    (tree / "var/log/b").symlink_to("/var/log/a")
    with pytest.raises(AuditError, match="links"):
        environment.stat("/var/log/a")
    assert "links" in fatal("log_file = /var/log/a/audit.log\n", environment)[0]
    assert "links" in fatal("disk_error_action = exec /var/log/a\n", environment)[0]


def test_mode_and_kind_of_programs(tree, environment):
    run = tree / "usr/local/sbin/run"
    text = "disk_error_action = exec /usr/local/sbin/run\n"
    assert not fatal(text, environment)
    run.chmod(0o700)
    assert "mode 0700" in fatal(text, environment)[0]
    run.unlink()
    run.mkdir()
    assert "regular" in fatal(text, environment)[0]


def test_log_file_that_is_there(tree, environment):
    (tree / "var/log/audit").mkdir()
    log = tree / "var/log/audit/audit.log"
    log.write_text("")
    log.chmod(0o600)
    text = "log_file = /var/log/audit/audit.log\n"
    assert validator.validate(FINE + text, "3.0.9", environment) == []
    assert fatal(text.replace("audit.log\n", "audit.log/\n"), environment), "a regular file with a slash behind it cannot be opened"
    log.unlink()
    os.mkfifo(log)
    assert "regular" in fatal(text, environment)[0]


def test_mail(tree, environment):
    text = "space_left_action = email\n"
    assert not fatal(text, environment)
    assert "sendmail" in fatal(text, environment, writing=True)[0]
    sendmail = tree / "usr/lib/sendmail"
    sendmail.write_text("")
    sendmail.chmod(0o644)
    assert fatal(text, environment, writing=True)
    sendmail.chmod(0o755)
    assert not fatal(text, environment, writing=True)


BUILDS = (
    (b"tcp_listen_port enable_krb5", {"listener": True, "gssapi": True, "tls": False}),
    (b"tcp_listen_port enable_krb5 tls_psk_file Listener support is not enabled, ignoring value",
     {"listener": False, "gssapi": True, "tls": True}),
    (b"tcp_listen_port enable_krb5 tls_psk_file GSSAPI support is not enabled TLS support is not enabled",
     {"listener": True, "gssapi": False, "tls": False}),
)


@pytest.mark.parametrize(("program", "builds"), BUILDS)
def test_the_program_says_what_it_was_built_without(tree, environment, program, builds):
    (tree / "sbin/auditd").write_bytes(b"\x7fELF\0" + program + b"\0")
    assert {feature: environment.build(feature) for feature in builds} == builds


def test_no_program_to_look_into(environment):
    assert environment.build("gssapi") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
def test_owners(tree, environment):
    text = "disk_error_action = exec /usr/local/sbin/run\n"
    os.chown(tree / "usr/local/sbin/run", 1000, 0)
    assert "user 1000" in fatal(text, environment)[0]
    os.chown(tree, 1000, 0)
    assert not environment.owners_count
    assert not fatal(text, environment)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_directory_that_only_auditd_may_look_into():
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        os.makedirs(top + "/var/log/audit", mode=0o700)
        os.chmod(top + "/var/log/audit", 0o700)
        environment = Environment(Host(top))
        os.seteuid(65534)
        try:
            with pytest.raises(PermissionError):
                os.stat(top + "/var/log/audit/audit.log")
            assert environment.stat("/var/log/audit/audit.log") is None
            assert not fatal("log_file = /var/log/audit/audit.log\n", environment)
        finally:
            os.seteuid(0)


@pytest.mark.parametrize("group", ["root", "adm"])
def test_a_group_that_cannot_be_looked_up_is_not_refused(tmp_path, group):
    conf = _conf.parse("log_group = %s\nspace_left = 75\nadmin_space_left = 50\n" % group)
    assert [problem for problem in validator.validate(conf, "3.0.9", Environment(Host(str(tmp_path)))) if problem.fatal] == []
