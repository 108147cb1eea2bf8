# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships the records: plugin files and audisp-remote.conf by release, the queue in its file, limits of log daemons, findings."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping as apply
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_archives, shipping_cloudwatch
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import (
    archives,
    cloudwatch,
    plugins,
    queue_file,
    rate_limits,
    remote_conf,
    wanted,
)
from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso

SYSLOG = {"to": ["syslog"], "priority": "LOG_INFO", "facility": "LOG_LOCAL6", "failure_policy": "keep_running"}
REMOTE = {**SYSLOG, "to": ["remote"], "remote_server": "logs.example.com", "remote_conf": {}}


def remote(**conf):
    return {**REMOTE, "remote_conf": conf}


@pytest.fixture
def tree(tmp_path):
    """A tree of audit 3.0.9; write(path, text) adds to it."""
    def write(path, text="", mode=0o644):
        real = tmp_path / path.lstrip("/")
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(text if isinstance(text, bytes) else text.encode())
        real.chmod(mode)
        return real

    write("/etc/audit/auditd.conf", "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\nflush = INCREMENTAL_ASYNC\nfreq = 50\n", 0o640)
    write("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    for program in ("auditd", "auditctl", "audisp-syslog", "audisp-remote"):
        write(f"/sbin/{program}", "", 0o755)
    write.root = tmp_path
    return write


def planned(tree, policy, release="3.0.9", **options):
    return apply.plan(Host(str(tree.root)), policy, release, **options)


def converged(tree, policy, release="3.0.9"):
    return apply.converge(planned(tree, policy, release))[0]


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


# the queue
def queue(entries=10, first=0, waiting=0, size=8971, text=b"type=X msg=audit(1795410116.123:42): a"):
    head = queue_file.HEADER.pack(queue_file.MAGIC, 0, 0, entries, size, first, waiting)
    return head.ljust(size * (first + 1), b"\0") + text.ljust(size, b"\0") + b"\0" * size * (entries - first - 1)


@pytest.mark.parametrize("data, found", [
    (queue(), (10, 0, None)), (queue(waiting=3), (10, 3, (1795410116, 42))), (queue(first=4, waiting=9), (10, 9, (1795410116, 42))),
    (queue(waiting=1, text=b"nothing"), (10, 1, None)), (queue(waiting=11), None), (b"", None), (b"x" * 100, None), (queue(first=10), None),
])
def test_the_queue_is_read_from_its_file(tmp_path, data, found):
    path = tmp_path / "remote.log"
    path.write_bytes(data)
    assert queue_file.read(str(path)) == found


def test_a_link_or_nothing_is_no_queue(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert queue_file.read(str(tmp_path / "link")) is None and queue_file.read(str(tmp_path / "none")) is None


# limits of log daemons
@pytest.mark.parametrize("files, journald, rsyslog", [
    ({}, "10000 messages in 30s", None),
    ({"/etc/systemd/journald.conf": "[Journal]\nRateLimitBurst=0\n"}, None, None),
    ({"/etc/systemd/journald.conf": "#RateLimitBurst=0\n"}, "10000 messages in 30s", None),
    ({"/etc/systemd/journald.conf.d/a.conf": "RateLimitIntervalSec=0\n"}, None, None),
    ({"/etc/systemd/journald.conf": "RateLimitBurst=5\n", "/usr/lib/systemd/journald.conf.d/b.conf": "RateLimitBurst=7\n"},
     "7 messages in 30s", None),
    ({"/etc/rsyslog.conf": 'module(load="imjournal" StateFile="x")\n'}, "10000 messages in 30s", "imjournal: 20000 messages in 600 s"),
    ({"/etc/rsyslog.conf": 'module(load="imjournal" ratelimit.interval="0")\n'}, "10000 messages in 30s", None),
    ({"/etc/rsyslog.conf": 'module(load="imuxsock")\n'}, "10000 messages in 30s", None),
    ({"/etc/rsyslog.d/x.conf": "$ModLoad imuxsock\n$SystemLogRateLimitInterval 5\n$SystemLogRateLimitBurst 9\n"},
     "10000 messages in 30s", "imuxsock: 9 messages in 5 s"),
])
def test_limits_of_log_daemons(tree, files, journald, rsyslog):
    tree("/lib/systemd/systemd", "", 0o755)
    for path, text in files.items():
        tree(path, text)
    host = Host(str(tree.root))
    assert (rate_limits.journald(host), rate_limits.rsyslog(host)) == (journald, rsyslog)


# findings
def findings(tree, policy, **others):
    host = Host(str(tree.root))
    live, parsed = document.look(host, {"audit_shipping": policy, **others}, "3.0.9")
    found = document.compare(live, parsed, {"audit_shipping": policy, **others})
    return {item["id"]: item for item in found["items"] if item["layer"] == "shipping"}


def test_a_host_as_the_policy_says_has_no_finding(tree):
    policy = {**REMOTE, "to": ["syslog", "remote"]}
    assert sorted(findings(tree, policy)) == ["shipping.conf.remote", "shipping.plugin.remote", "shipping.plugin.syslog"]
    converged(tree, policy)
    assert findings(tree, policy) == {}


@pytest.mark.parametrize("break_it, expected", [
    (lambda tree: tree("/etc/audit/plugins.d/syslog.conf", "active = no\n"), {"shipping.plugin.syslog": "high"}),
    (lambda tree: (tree.root / "etc/audit/plugins.d/au-remote.conf").unlink(), {"shipping.plugin.remote": "high"}),
    (lambda tree: (tree.root / "sbin/audisp-remote").unlink(), {"shipping.program.remote": "high"}),
    (lambda tree: tree("/etc/audit/audisp-remote.conf", "remote_server = elsewhere\n"), {"shipping.conf.remote": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=9)), {"shipping.queue_full": "high", "shipping.lag": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=2, text=b"")), {"shipping.queue": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=1, text=b"")), {}),
])
def test_each_break_is_a_finding(tree, break_it, expected):
    policy = {**REMOTE, "to": ["syslog", "remote"]}
    converged(tree, policy)
    break_it(tree)
    found = findings(tree, policy)
    assert {ident: item["severity"] for ident, item in found.items()} == expected
    assert all(item["fix"] and item["why"].endswith(".") for item in found.values())


@pytest.mark.parametrize("failure_policy, stops", [("keep_running", True), ("suspend_auditing", True), ("stop_host", False)])
def test_a_plugin_that_stops_the_host_is_found_without_a_policy_for_shipping(tree, failure_policy, stops):
    tree("/etc/audit/plugins.d/au-remote.conf", "active = yes\npath = /sbin/audisp-remote\ntype = always\n")
    tree("/etc/audit/audisp-remote.conf", "remote_server = x\nnetwork_failure_action = HALT\ndisk_full_action = single\n")
    found = findings(tree, None, auditd={"settings": {}, "failure_policy": failure_policy})
    assert sorted(found) == (["shipping.stops.disk_full_action", "shipping.stops.network_failure_action"] if stops else [])
    assert all(item["severity"] == "critical" for item in found.values())


def test_a_policy_that_the_host_cannot_take_is_a_finding_that_remediate_refuses(tree):
    found = findings(tree, remote(transport="tls", tls_psk_file="/etc/psk", tls_psk_identity="me"))
    assert list(found) == ["shipping.policy"] and "tls came with audit 4.2" in found["shipping.policy"]["actual"]


# archives
S3 = {**SYSLOG, "to": ["s3"], "schedule": "hourly", "scheduler": "cron", "s3_bucket": "logs", "s3_prefix": "audit/web-1", "command": []}


@pytest.fixture
def rotating(tree):
    for program in ("usr/local/sbin/audit-ship", "usr/sbin/cron", "usr/bin/aws"):
        tree("/" + program, "", 0o755)
    return tree


def install(tree, policy):
    planned = shipping_archives.plan(Host(str(tree.root)), policy)
    shipping_archives.apply(Host(str(tree.root)), planned)
    return planned.changed


def test_archives_get_a_configuration_and_a_schedule_and_lose_them(rotating):
    assert install(rotating, S3) and not install(rotating, S3) and findings(rotating, S3) == {}
    conf = rotating.root / "etc/audit/ship.json"
    assert conf.stat().st_mode & 0o777 == 0o600
    target = json.loads(conf.read_text())["targets"][0]
    assert (target["bucket"], target["prefix"], target["program"]) == ("logs", "audit/web-1", "/usr/bin/aws")
    assert "/usr/local/sbin/audit-ship" in (rotating.root / "etc/cron.d/audit-ship").read_text()
    assert install(rotating, {**S3, "to": []}) and not conf.exists() and not (rotating.root / "etc/cron.d/audit-ship").exists()


@pytest.mark.parametrize("policy", [
    {**S3, "s3_copy_options": ["--sse-customer-key", "TOKEN"]}, {**S3, "to": ["command"], "command": ["/usr/bin/aws", "TOKEN"]},
])
def test_what_may_hold_a_token_is_in_no_diff_and_no_finding(rotating, policy):
    def shown(policy):
        one = next(one for one in shipping_archives.plan(Host(str(rotating.root)), policy).diff() if one["after_header"] == archives.CONF)
        assert "TOKEN" not in one["before"] + one["after"]
        return bool(one["before"]), bool(one["after"]), one["before"] != one["after"]

    assert shown(policy) == (False, True, True)
    assert install(rotating, policy)
    other = json.loads(json.dumps(policy).replace("TOKEN", "new-TOKEN"))
    assert shown(other) == (True, True, True) and shown({**policy, "to": []}) == (True, False, True)
    found = findings(rotating, other)
    assert list(found) == ["shipping.archives.file.ship.json"] and "TOKEN" not in json.dumps(found)
    (rotating.root / "etc/audit/ship.json").chmod(0o644)
    assert shown(policy) == (True, True, False), "its mode alone"


def test_the_unit_of_systemd_has_the_network_and_nothing_to_write_but_its_state(rotating):
    rotating("/lib/systemd/systemd", "", 0o755)
    install(rotating, {**S3, "scheduler": "systemd"})
    text = (rotating.root / "etc/systemd/system/audit-ship.service").read_text()
    assert "AF_INET AF_INET6" in text and "ProtectSystem=strict" in text and "StateDirectory=audit-rotate" in text
    assert (rotating.root / "etc/systemd/system/timers.target.wants/audit-ship.timer").is_symlink()
    assert findings(rotating, {**S3, "scheduler": "systemd"}) == {}
    assert "shipping.archives.stale" in findings(rotating, S3)
    command = {**S3, "scheduler": "systemd", "to": ["command"], "command": ["/usr/bin/aws", "{path}"]}
    install(rotating, command)
    text = (rotating.root / "etc/systemd/system/audit-ship.service").read_text()
    assert "ProtectSystem=full" in text and "ExecStart=/usr/local/sbin/audit-ship\n" in text, "it may copy to a directory of this host"


@pytest.mark.parametrize("policy, said", [
    ({**S3, "s3_bucket": ""}, "audit_shipping_s3_bucket = : give the name of a bucket"),
    ({**S3, "s3_bucket": "My_Bucket"}, "give the name of a bucket"),
    ({**S3, "s3_prefix": "a b"}, "printable ASCII without blanks"),
    ({**S3, "s3_program": "aws"}, "give an absolute path"),
    ({**S3, "schedule": "hourli"}, "audit_shipping_schedule = hourli"),
    ({**S3, "to": ["command"]}, "give a list of words"),
    ({**S3, "to": ["command"], "command": ["cp", "{path}"]}, "the absolute path of a program"),
    ({**S3, "to": ["command"], "command": ["/bin/cp", "a\nb"]}, "more than one line"),
])
def test_what_is_wrong_with_archives_is_one_sentence(policy, said):
    with pytest.raises(AuditError, match=".") as refused:
        wanted.check(policy)
    assert said in str(refused.value)


@pytest.mark.parametrize("break_it, said", [
    (lambda tree: (tree.root / "usr/bin/aws").unlink(), "AWS command line program is not installed"),
    (lambda tree: (tree.root / "usr/bin/aws").chmod(0o777), "root must not run it"),
    (lambda tree: (tree.root / "usr/local/sbin/audit-ship").unlink(), "the role audit_rotation makes the archives"),
    (lambda tree: (tree.root / "usr/sbin/cron").unlink(), "no cron daemon is installed"),
])
def test_what_the_host_lacks_for_archives_is_one_sentence(rotating, break_it, said):
    break_it(rotating)
    with pytest.raises(AuditError, match=said):
        shipping_archives.plan(Host(str(rotating.root)), S3)
    assert not (rotating.root / "etc/audit/ship.json").exists()


@pytest.mark.parametrize("break_it, expected", [
    (lambda tree: (tree.root / "etc/audit/ship.json").write_text("{}"), "shipping.archives.file.ship.json"),
    (lambda tree: (tree.root / "etc/cron.d/audit-ship").unlink(), "shipping.archives.file.audit-ship"),
    (lambda tree: (tree.root / "usr/local/sbin/audit-ship").unlink(), "shipping.archives.program"),
])
def test_each_break_of_archives_is_a_finding(rotating, break_it, expected):
    install(rotating, S3)
    break_it(rotating)
    assert list(findings(rotating, S3)) == [expected]


def test_an_archive_that_could_not_be_shipped_is_a_finding(rotating, monkeypatch):
    install(rotating, S3)
    rotating(archives.MANIFEST, json.dumps({"run": {"at": "2026-11-25T00:00:00Z", "failed": {"s3": "audit.log.x: no route"}}}))
    rotating(archives.STAMP, "1795410116\n")
    host = Host(str(rotating.root))
    live, parsed = document.look(host, {"audit_shipping": S3}, "3.0.9")
    live["root"], live["collected_at"] = "/", "2026-11-26T00:00:00Z"
    found = {item["id"]: item for item in document.compare(live, parsed, {"audit_shipping": S3})["items"] if item["layer"] == "shipping"}
    assert set(found) >= {"shipping.archives.failed.s3", "shipping.archives.age"}
    assert "no route" in found["shipping.archives.failed.s3"]["actual"]
    assert "shipped up to 2026-11-23" in found["shipping.archives.age"]["actual"]


@pytest.mark.parametrize("run, days, is_late", [
    ({}, 1, True), ({"at": "soon", "failed": ["s3"]}, 30, True), ({"at": [1]}, 30, True), ({}, 0, False),
])
def test_a_program_that_never_ran_is_a_finding_once_its_run_was_due(rotating, run, days, is_late):
    install(rotating, S3)
    rotating(archives.MANIFEST, json.dumps({"run": run}))
    configured = os.stat(rotating.root / "etc/audit/ship.json").st_mtime
    live, parsed = document.look(Host(str(rotating.root)), {"audit_shipping": S3}, "3.0.9")
    live["root"], live["collected_at"] = "/", iso(configured + days * 86400 + 60)
    found = {item["id"]: item for item in document.compare(live, parsed, {"audit_shipping": S3})["items"]}
    assert ("shipping.archives.age" in found) == is_late
    assert not is_late or found["shipping.archives.age"]["actual"].startswith("never; ")


# shipping that nobody asks for any more
OFF = {**S3, "to": []}
WAYS = {
    "syslog": (SYSLOG, plugins.path_of("syslog", "3.0.9")),
    "remote": (REMOTE, plugins.path_of("remote", "3.0.9")),
    "archives": (S3, archives.CRON),
    "cloudwatch": ({**S3, "to": ["cloudwatch"], "cloudwatch_log_group": "audit", "cloudwatch_log_stream": "x"}, cloudwatch.SOURCE),
}


def set_up(tree, policy):
    """All that the module does."""
    host = Host(str(tree.root))
    apply.converge(apply.plan(host, policy, "3.0.9"))
    shipping_archives.apply(host, shipping_archives.plan(host, policy))
    agent = shipping_cloudwatch.plan(host, policy, "3.0.9")
    if agent.changed:
        shipping_cloudwatch.apply(host, agent, "auto")


@pytest.mark.parametrize("way, others", [(way, others) for way in WAYS for others in ([], ["syslog"]) if way not in others])
def test_what_ships_although_nobody_names_it_any_more_is_a_finding_and_goes(rotating, way, others):
    policy, path = WAYS[way]
    set_up(rotating, {**policy, "to": policy["to"] + others})
    left = {**OFF, "to": others}
    found = findings(rotating, left)
    if way == "cloudwatch":  # audit-ship runs for it too
        assert found.pop("shipping.left.archives")["actual"]
    assert {ident: item["severity"] for ident, item in found.items()} == {"shipping.left." + way: "medium"}
    assert path in found["shipping.left." + way]["actual"]
    set_up(rotating, left)
    assert findings(rotating, left) == {}
    text = (rotating.root / path.lstrip("/")).read_text() if (rotating.root / path.lstrip("/")).exists() else ""
    assert not text or not plugins.is_active(text)


@pytest.mark.parametrize("path, text", [
    ("/etc/cron.d/audit-ship", "0 * * * * root /opt/site/audit-ship\n"), ("/etc/systemd/system/audit-ship.service", "[Service]\n"),
    ("/etc/audit/ship.json", '{"mine": 1}'), ("/etc/audit/ship.json", "7"), ("/etc/audit/ship.json", "x"),
    ("/etc/audit/plugins.d/syslog.conf", "active = yes\n"),
])
def test_what_others_made_is_neither_found_nor_taken_away(rotating, path, text):
    real = rotating(path, text)
    assert findings(rotating, OFF) == {}
    set_up(rotating, OFF)
    assert real.read_text() == text


def test_a_comparison_without_a_policy_for_shipping_says_nothing_of_what_ships(rotating):
    set_up(rotating, SYSLOG)
    assert findings(rotating, None, auditd={"settings": {}}) == {}
