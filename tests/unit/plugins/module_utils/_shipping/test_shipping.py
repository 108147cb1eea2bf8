# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships the records: plugin files and audisp-remote.conf by release, what is refused, a disk that is full."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping as apply
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import plugins, remote_conf, wanted
from shipping_tree import REMOTE, SYSLOG, converged, planned, remote


# the files, by release
@pytest.mark.parametrize("release, path, lines", [
    ("2.8.5", "/etc/audisp/plugins.d/syslog.conf", ["path = builtin_syslog", "type = builtin"]),
    ("3.0", "/etc/audit/plugins.d/syslog.conf", ["path = /sbin/audisp-syslog", "type = always"]),
    ("4.2.1", "/etc/audit/plugins.d/syslog.conf", ["path = /sbin/audisp-syslog", "type = always"]),
])
def test_the_plugin_of_syslog_by_release(tree, release, path, lines):
    assert converged(tree, SYSLOG, release)
    text = (tree.root / path.lstrip("/")).read_text()
    assert text.startswith(plugins.HEADER) and set(lines) <= set(text.splitlines())
    assert "active = yes" in text and "args = LOG_INFO LOG_LOCAL6" in text
    assert (tree.root / path.lstrip("/")).stat().st_mode & 0o777 == 0o640
    assert not converged(tree, SYSLOG, release)


@pytest.mark.parametrize("release, path", [("2.8.5", "/etc/audisp/audisp-remote.conf"), ("3.0", "/etc/audit/audisp-remote.conf")])
def test_the_conf_of_audisp_remote_by_release(tree, release, path):
    converged(tree, REMOTE, release)
    conf = remote_conf.parse((tree.root / path.lstrip("/")).read_text())
    assert conf["remote_server"] == "logs.example.com" and conf["mode"] == "forward" and conf["network_failure_action"] == "warn_once"
    assert remote_conf.stopping(conf) == [] and not any(name.startswith("tls_") for name in conf)
    assert (tree.root / "var/spool/audit").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("release, key, mode, conf, lines, without", [
    ("4.2", "/etc/audit/tls/audit.psk", 0o600,
     {"transport": "tls", "tls_psk_file": "/etc/audit/tls/audit.psk", "tls_psk_identity": "web-1", "tls_require_pqc": True},
     ["transport = tls", "tls_psk_file = /etc/audit/tls/audit.psk", "tls_psk_identity = web-1", "tls_require_pqc = yes"],
     "krb5"),
    ("3.0", "/etc/audit/audisp-remote.key", 0o400,
     {"transport": "KRB5", "krb5_key_file": "/etc/audit/audisp-remote.key", "krb5_principal": "auditd", "krb5_client_name": "client"},
     ["transport = KRB5", "krb5_key_file = /etc/audit/audisp-remote.key", "krb5_principal = auditd", "krb5_client_name = client"], "tls"),
    ("2.8.5", "/etc/audisp/audisp-remote.key", 0o400, {"enable_krb5": True, "krb5_key_file": "/etc/audisp/audisp-remote.key"},
     ["enable_krb5 = yes", "krb5_key_file = /etc/audisp/audisp-remote.key"], "transport"),
])
def test_an_encrypted_connection_by_release(tree, release, key, mode, conf, lines, without):
    tree(key, "secret", mode)
    assert converged(tree, remote(**conf), release) and not converged(tree, remote(**conf), release)
    text = (tree.root / remote_conf.path_of(release).lstrip("/")).read_text()
    assert set(lines) <= set(text.splitlines()) and without not in text and "secret" not in text
    assert remote_conf.parse(text)["mode"] == "forward", "what it cannot send waits in its queue, as without encryption"


def test_auditd_conf_names_another_directory(tree):
    tree("/etc/audit/auditd.conf", "space_left = 75\nadmin_space_left = 50\nplugin_dir = /etc/audit/other\n", 0o640)
    assert list(planned(tree, SYSLOG).files) == ["/etc/audit/other/syslog.conf"]


def test_a_file_by_hand_that_says_the_same_is_left_as_it_is(tree):
    text = "# mine\nActive = YES\npath = /usr/sbin/audisp-syslog\ntype = always\nargs = LOG_INFO LOG_LOCAL6\nformat = string\n"
    tree("/etc/audit/plugins.d/syslog.conf", text, 0o640)
    assert planned(tree, SYSLOG).files == {}


def test_what_we_switched_on_is_switched_off_and_what_others_did_is_not(tree):
    converged(tree, {**REMOTE, "to": ["syslog", "remote"]})
    off = planned(tree, {**SYSLOG, "to": []})
    assert off.off == ["syslog", "remote"]
    apply.converge(off)
    assert not plugins.is_active((tree.root / "etc/audit/plugins.d/au-remote.conf").read_text())
    tree("/etc/audit/plugins.d/syslog.conf", "active = yes\n", 0o640)
    assert planned(tree, {**SYSLOG, "to": []}).files == {}


def test_what_is_missing_is_one_sentence_or_a_package(tree, monkeypatch):
    (tree.root / "sbin/audisp-remote").unlink()
    host = Host(str(tree.root))
    host.is_live = True
    monkeypatch.setattr(host, "path", lambda path, follow=True: str(tree.root) + path)
    with pytest.raises(AuditError, match="audisp-remote is not installed on this host: install the package audispd-plugins"):
        apply.plan(host, REMOTE, "3.0.9")
    assert apply.plan(host, REMOTE, "3.0.9", missing="report").missing == ["audispd-plugins"]
    tree("/etc/os-release", "ID=sles\nID_LIKE=suse\n")
    assert apply.plan(host, REMOTE, "3.0.9", missing="report").missing == ["audit-audispd-plugins"]
    with pytest.raises(AuditError, match="install the package audit-audispd-plugins, or set"):
        apply.plan(host, REMOTE, "3.0.9")


@pytest.mark.parametrize("program, policy", [("audisp-syslog", SYSLOG), ("audisp-remote", REMOTE)])
@pytest.mark.parametrize("missing", ["fail", "report"])
def test_a_tree_without_the_program_is_refused_before_anything_is_written(tree, program, policy, missing):
    (tree.root / "sbin" / program).unlink()
    before = sorted(tree.root.rglob("*"))
    with pytest.raises(AuditError) as refused:
        apply.converge(planned(tree, policy, missing=missing))
    assert str(refused.value) == (f"audit_shipping_to has {policy['to'][0]}, and {program} is not installed below {tree.root}: install the "
                                  "package audispd-plugins there first")
    assert sorted(tree.root.rglob("*")) == before
    assert planned(tree, SYSLOG, "2.8.5").targets, "builtin_syslog needs no program"


# what is refused, and nothing changed
@pytest.mark.parametrize("policy, release, said", [
    ({**SYSLOG, "facility": "local6"}, "3.0.9", "audit_shipping_syslog_facility = local6: give one of LOG_LOCAL0"),
    ({**SYSLOG, "priority": "LOUD"}, "3.0.9", "audit_shipping_syslog_priority = LOUD"),
    ({**SYSLOG, "to": ["syslog", "syslog"]}, "3.0.9", "names syslog twice"),
    ({**REMOTE, "remote_server": ""}, "3.0.9", "audit_shipping_remote_server is empty"),
    (remote(remote_sever="x"), "3.0.9", "no such key"),
    (remote(port=70000), "3.0.9", "port = 70000: give a whole number from 1 to 65535"),
    (remote(queue_depth="many"), "3.0.9", "give a whole number"),
    (remote(queue_file="remote.log"), "3.0.9", "absolute path"),
    (remote(mode="later"), "3.0.9", "give one of immediate, forward"),
    (remote(format="ascii"), "3.0.9", "mode = forward needs format = managed"),
    (remote(network_failure_action="halt"), "3.0.9", "auditd_failure_policy never stops a host"),
    (remote(disk_full_action="SINGLE"), "3.0.9", "auditd_failure_policy never stops a host"),
    (remote(overflow_action="suspend"), "3.0.9", "auditd_failure_policy never stops a host"),
    ({**remote(overflow_action="halt"), "failure_policy": "suspend_auditing"}, "3.0.9", "auditd_failure_policy never stops a host"),
    (remote(startup_failure_action="stop"), "3.0.9", "the word is unknown"),
    (remote(disk_low_action="reconnect"), "3.0.9", "the word is unknown"),
    (remote(network_failure_action="exec notify"), "3.0.9", "absolute path"),
    (remote(transport="tls"), "3.0.9", "tls came with audit 4.2"),
    (remote(tls_psk_file="/etc/audit/tls/psk"), "4.1.4", "does not know this key"),
    (remote(transport="tls"), "4.2.1", "TLS needs tls_psk_file too"),
    (remote(krb5_key_file="/etc/no.key", transport="krb5"), "3.0.9", "there is no such file on this host"),
    (remote(transport="krb5"), "2.8.5", "krb5 came with audit 3.0"),
    (remote(krb5_principal="a b"), "3.0.9", "takes one word here"),
    (remote(krb5_principal="a#b"), "3.0.9", "printable ASCII without a #"),
    (remote(krb5_principal="x" * 120), "3.0.9", "the line has more than 126 characters"),
    (remote(port=None), "3.0.9", "give one word, number or path"),
    (remote(network_failure_action="exec /sbin/nothing"), "3.0.9", "there is no such file"),
])
def test_what_is_wrong_is_refused_and_nothing_is_changed(tree, policy, release, said):
    before = sorted(path for path in tree.root.rglob("*"))
    with pytest.raises(AuditError, match=".") as refused:
        planned(tree, policy, release)
    assert said in str(refused.value)
    assert sorted(path for path in tree.root.rglob("*")) == before


@pytest.mark.parametrize("policy, word", [("suspend_auditing", "suspend"), ("stop_host", "halt"), ("stop_host", "single")])
def test_what_the_failure_policy_allows_is_taken(policy, word):
    wanted.check({**remote(network_failure_action=word), "failure_policy": policy})


def test_every_action_word_that_stops_a_host_is_refused_under_keep_running():
    for key in remote_conf.ACTION_KEYS:
        for word in ("halt", "single", "suspend", "HALT"):
            with pytest.raises(AuditError):
                wanted.check(remote(**{key: word}))


def test_root_runs_nothing_that_others_can_write(tree):
    tree("/opt/notify", "", 0o777)
    with pytest.raises(AuditError, match="root must not run it"):
        planned(tree, remote(network_failure_action="exec /opt/notify"))


def test_a_key_that_others_can_read_is_refused(tree):
    tree("/etc/audit/remote.key", "secret", 0o644)
    with pytest.raises(AuditError, match="mode 0400 or stricter"):
        planned(tree, remote(transport="krb5", krb5_key_file="/etc/audit/remote.key"))


def test_a_host_does_not_ship_to_itself(tree):
    tree("/etc/audit/auditd.conf", "space_left = 75\nadmin_space_left = 50\ntcp_listen_port = 60\n", 0o640)
    with pytest.raises(AuditError, match="would get each of its records again"):
        planned(tree, {**REMOTE, "remote_server": "localhost"})
    assert planned(tree, {**REMOTE, "remote_server": "localhost", "remote_conf": {"port": 61}}).files


# a write that fails
def facts(root):
    """{path: where it leads, or content, mode and owners}."""
    files = {path: path.lstat() for path in root.rglob("*") if path.is_symlink() or not path.is_dir()}
    return {path: os.readlink(path) if path.is_symlink() else (path.read_bytes(), found.st_mode, found.st_uid, found.st_gid)
            for path, found in files.items()}


@pytest.mark.parametrize("prepare", [
    lambda tree: None,
    lambda tree: tree("/etc/audit/audisp-remote.conf", "remote_server = old\n", 0o666),
    lambda tree: os.chown(tree("/etc/audit/audisp-remote.conf", "remote_server = old\n", 0o600), *[os.geteuid() and -1 or 65534] * 2),
    lambda tree: (tree.root / "etc/audit/audisp-remote.conf").symlink_to("elsewhere"),
], ids=["new", "loose", "of another", "a link"])
def test_a_disk_that_is_full_at_a_later_file_puts_everything_back(tree, monkeypatch, prepare):
    prepare(tree)
    before, write, written = facts(tree.root), apply._io.write_atomic, []

    def fills_up(path, *args, **options):
        if path.endswith("syslog.conf"):
            raise AuditError("cannot write %s: No space left on device" % path)
        written.append(path)
        write(path, *args, **options)

    monkeypatch.setattr(apply._io, "write_atomic", fills_up)
    with pytest.raises(AuditError, match="No space left on device; the files are as they were$"):
        converged(tree, {**REMOTE, "to": ["syslog", "remote"]})
    assert written and facts(tree.root) == before


def test_what_cannot_be_put_back_is_said(tree, monkeypatch):
    def fills_up(path, *args, **options):
        if not path.endswith("audisp-remote.conf") or written:
            raise AuditError("No space left on device")
        written.append(path)
        write(path, *args, **options)

    write, written = apply._io.write_atomic, []
    tree("/etc/audit/audisp-remote.conf", "remote_server = old\n")
    monkeypatch.setattr(apply._io, "write_atomic", fills_up)
    with pytest.raises(AuditError, match="audisp-remote.conf is not as it was: No space left"):
        converged(tree, REMOTE)
