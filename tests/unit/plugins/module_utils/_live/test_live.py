# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader on offline trees made of real files: what is there is read, what is not is named with its reason."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import collect as _live
from ansible_collections.auditops.auditd.plugins.module_utils._live import services as _services

CONF = """\
log_file = /var/log/audit/audit.log
log_group = root
max_log_file = 8
max_log_file_action = KEEP_LOGS
num_logs = 5
space_left = 75
space_left_action = SYSLOG
admin_space_left = 50
admin_space_left_action = HALT
disk_full_action = HALT
disk_error_action = SUSPEND
"""
START = 1_700_000_000


def write(root, path, text, mode=0o640):
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    place.chmod(mode)
    return place


@pytest.fixture
def tree(tmp_path):
    write(tmp_path, "/etc/os-release", 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2023"\n')
    write(tmp_path, "/etc/audit/auditd.conf", CONF)
    write(tmp_path, "/etc/audit/rules.d/audit.rules", "-D\n-b 8192\n-f 1\n")
    write(tmp_path, "/etc/audit/rules.d/50-own.rules", "-w /etc/sudoers -p wa -k scope\n-a always,exit -F arch=b64 -S execve -k exec\n")
    write(tmp_path, "/etc/audit/audit.rules", "-D\n-b 8192\n-f 2\n-w /etc/sudoers -p wa -k scope\n")
    lines = 'GRUB_CMDLINE_LINUX="quiet audit=1"', 'GRUB_CMDLINE_LINUX_DEFAULT="audit_backlog_limit=8192"', "GRUB_TIMEOUT=5"
    write(tmp_path, "/etc/default/grub", "\n".join(lines) + "\n")
    return tmp_path


def collect(root, release="3.0.9", parsed=None):
    return _live.collect(Host(str(root)), release, parsed)


def test_a_whole_tree(tree):
    parsed = _live.Parsed()
    live = collect(tree, parsed=parsed)
    assert live["root"] == str(tree) and live["version"] == "3.0.9"
    assert live["distribution"] == {"id": "amzn", "name": "Amazon Linux", "version": "2023", "family": "redhat"}
    assert live["auditd_conf"]["settings"]["disk_full_action"] == "HALT"
    assert live["auditd_conf"]["effective"]["overflow_action"] == "SYSLOG"
    assert live["auditd_conf"]["mode"] == "0640"
    assert live["rules"]["disk"]["count"] == 2 and live["rules"]["compiled"]["count"] == 1
    assert live["rules"]["disk"]["control"]["-f"] == "1" and live["rules"]["compiled"]["control"]["-f"] == "2"
    assert live["rules"]["loaded"] is None
    assert live["rotation"]["installed"] is False and live["rotation"]["active"] is False
    assert live["storage"]["space_left_mb"] == 75
    assert live["boot"] == {"source": "/etc/default/grub", "audit": "1", "audit_backlog_limit": 8192, "prevents": None, "next": None}
    assert parsed.conf.settings == live["auditd_conf"]["settings"]
    assert [rule.canonical for rule in parsed.disk.rules] == live["rules"]["disk"]["rules"]


def test_daemon_and_kernel_of_a_tree_are_not_available(tree):
    live = collect(tree)
    assert live["daemon"] is None and live["kernel"] is None
    assert "offline tree" in live["unavailable"]["daemon"] and "offline tree" in live["unavailable"]["kernel"]
    assert "offline tree" in live["unavailable"]["rules.loaded"]


def test_the_document_is_plain_json_and_the_same_twice(tree):
    first, second = collect(tree), collect(tree)
    for live in (first, second):
        live.pop("collected_at")
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def test_an_empty_tree_is_named_piece_by_piece(tmp_path):
    live = collect(tmp_path, release=None)
    assert live["version"] is None and live["auditd_conf"] is None and live["distribution"] is None and live["boot"] is None
    assert {"version", "distribution", "auditd_conf", "daemon", "kernel", "boot", "storage.partition"} <= set(live["unavailable"])
    assert live["unavailable"]["auditd_conf"] == "/etc/audit/auditd.conf does not exist: audit is not installed"


@pytest.mark.parametrize(
    ("path", "missing"),
    [("/etc/os-release", "distribution"), ("/etc/audit/auditd.conf", "auditd_conf"), ("/etc/audit/audit.rules", "rules.compiled"),
     ("/etc/default/grub", "boot")],
)
def test_each_missing_file_costs_only_its_own_part(tree, path, missing):
    complete = set(collect(tree)["unavailable"])
    (tree / path.lstrip("/")).unlink()
    assert set(collect(tree)["unavailable"]) == complete | {missing}


@pytest.mark.parametrize(
    "path", ["/etc/audit/auditd.conf", "/etc/audit/audit.rules", "/etc/os-release", "/etc/default/grub", "/etc/audit/rotate.conf"])
def test_a_directory_where_a_file_should_be_is_no_crash(tree, path):
    place = tree / path.lstrip("/")
    if place.exists():
        place.unlink()
    place.mkdir()
    assert any("directory" in reason.lower() for reason in collect(tree)["unavailable"].values())


def test_links_do_not_lead_out_of_the_tree(tree):
    place = tree / "etc/audit/auditd.conf"
    place.unlink()
    place.symlink_to("/etc/passwd")
    live = collect(tree)
    assert live["auditd_conf"] is None


def test_bytes_that_are_no_text(tree):
    write(tree, "/etc/audit/auditd.conf", CONF.encode() + b"name = caf\xe9\n")
    write(tree, "/etc/audit/rules.d/99-x.rules", b"-w /caf\xe9 -p wa -k x\n")
    live = collect(tree)
    json.dumps(live, ensure_ascii=False).encode("utf-8")
    assert live["auditd_conf"]["settings"]["name"] == "caf\N{REPLACEMENT CHARACTER}"
    assert live["rules"]["disk"]["count"] == 3


def test_rotation_as_installed_by_cron(tree):
    write(tree, "/usr/local/sbin/audit-rotate", "#!/usr/bin/python3 -IS\n", 0o755)
    program = "root /usr/local/sbin/audit-rotate"
    write(tree, "/etc/cron.d/audit-rotate", f"# x\nSHELL=/bin/sh\n17 0 * * * {program}\n*/10 * * * * {program} --guard\n")
    write(tree, "/etc/audit/rotate.conf", "keep_days = 30\n")
    write(tree, "/var/lib/audit-rotate/status.json", json.dumps({"schema": 1, "result": "success", "last_success": "2026-01-01T00:00:00Z"}))
    rotation = collect(tree)["rotation"]
    assert rotation["installed"] and rotation["active"] and rotation["prunes"] and rotation["schedulers"] == ["cron"]
    assert rotation["period"] == 86400 and rotation["config"]["keep_days"] == 30
    assert rotation["last"]["last_success"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(("status", "config"), [("{", "x"), ("[]", "keep = many\n"), ('"text"', "= 1\n"), ("\0", "\0")])
def test_broken_state_of_the_rotation_is_named(tree, status, config):
    write(tree, "/usr/local/sbin/audit-rotate", "#!/usr/bin/python3 -IS\n", 0o755)
    write(tree, "/var/lib/audit-rotate/status.json", status)
    write(tree, "/etc/audit/rotate.conf", config)
    live = collect(tree)
    assert live["rotation"]["last"] is None and live["rotation"]["config"] is None
    assert {"rotation.last", "rotation.config"} <= set(live["unavailable"])


def test_growth_of_the_trees_own_logs(tree):
    for number, day in ((3, 0), (2, 1), (1, 2)):
        place = write(tree, f"/var/log/audit/audit.log.{number}", b"x" * (4 << 20), 0o400)
        os.utime(place, (START + day * 86400, START + day * 86400))
    storage = collect(tree)["storage"]
    assert storage["growth"]["mb_per_day"] == 4 and storage["rotated_logs"] == ["audit.log.3", "audit.log.2", "audit.log.1"]


def test_a_live_host_needs_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AuditError, match="reading the live audit state needs root: run with become"):
        _live.collect(Host("/"))


def test_a_tree_needs_no_root(tree, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert collect(tree)["auditd_conf"] is not None


UNIT = "usr/lib/systemd/system/auditd.service"
ENABLED = [
    # links of the tree, whether auditd is started at boot
    ([], None),
    (["etc/systemd/system/multi-user.target.wants/auditd.service", UNIT], True),
    (["etc/systemd/system/multi-user.target.wants/cron.service", UNIT], False),
    (["etc/systemd/system/multi-user.target.wants/cron.service"], None),
    (["etc/systemd/system/timers.target.wants/audit-rotate.timer", UNIT], None),
    (["etc/rc2.d/S01auditd", "etc/rc0.d/K01auditd"], True),
    (["etc/rc2.d/S01cron", "etc/rc2.d/K01auditd"], False),
]


@pytest.mark.parametrize(("links", "enabled"), ENABLED)
def test_what_starts_auditd_at_boot(tmp_path, links, enabled):
    for link in links:
        (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
        if link == UNIT:
            (tmp_path / link).write_text("[Service]\nExecStart=/sbin/auditd\n")
        else:
            (tmp_path / link).symlink_to("/lib/systemd/system/unit")
    assert _services.enabled(Host(str(tmp_path))) is enabled
