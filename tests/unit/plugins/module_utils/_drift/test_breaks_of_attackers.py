# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Green is no lie where something outside of audit's own files undoes it: units, scripts of the boot, cron, mounts, the boot line."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host import mounts
from ansible_collections.auditops.auditd.plugins.module_utils._live import volume
from drift_tree import drift, replace
from test_breaks import DROP_IN, UNIT, WANTS, link, systemd, text

UNITS = "/etc/systemd/system/"


def drop_in(*lines):
    return systemd(text(DROP_IN, "\n".join(lines) + "\n"), text("/usr/lib/systemd/system/sysinit.target", "[Unit]\n"))


def other_unit(body, *, enabled=True):
    acts = [text(UNITS + "x.service", body)] + [link(WANTS + "x.service", UNITS + "x.service")] * enabled
    return systemd(*acts)


def timer(command):
    return lambda root: [text(UNITS + "x." + kind, body)(root) for kind, body in (
        ("timer", "[Timer]\nOnBootSec=1\n"), ("service", f"[Service]\nExecStart={command}\n"))]


def mount_unit(where, name, *, enabled=True, kind="none"):
    unit = text(UNITS + name, f"[Mount]\nWhat=/srv/x\nWhere={where}\nType={kind}\nOptions=bind\n")
    return systemd(unit, *[link(UNITS + "local-fs.target.wants/" + name, UNITS + name)] * enabled)


def boot_line(words):
    return replace("/etc/default/grub", "audit=1", "audit=1 " + words)


def start_script(path, line):
    return text(path, "#!/bin/sh\n" + line + "\n", 0o755)


BREAKS = {
    "a unit switches auditing off": other_unit("[Service]\nExecStart=/sbin/auditctl -e 0\n"),
    "a unit deletes the rules": other_unit("[Service]\nExecStart=/sbin/auditctl -D\n"),
    "a unit does it by a shell": other_unit("[Service]\nExecStart=/bin/sh -c 'auditctl -D'\n"),
    "a unit does it by a script": lambda root: (other_unit("[Service]\nExecStart=/opt/quiet\n")(root),
                                                start_script("/opt/quiet", "auditctl -e 0")(root)),
    "a unit conflicts with auditd": other_unit("[Unit]\nConflicts=auditd.service\n[Service]\nExecStart=/bin/true\n"),
    "a unit ends auditd": other_unit("[Service]\nExecStart=/usr/bin/pkill auditd\n"),
    "a unit of /usr/local": systemd(text("/usr/local/lib/systemd/system/x.service", "[Service]\nExecStart=/sbin/auditctl -e 0\n"),
                                    link(WANTS + "x.service", "/usr/local/lib/systemd/system/x.service")),
    "rc.local": start_script("/etc/rc.local", "auditctl -e 0"),
    "Red Hat's rc.local": start_script("/etc/rc.d/rc.local", "/sbin/auditctl -D"),
    "cron at boot": text("/etc/cron.d/x", "@reboot root /sbin/auditctl -e 0\n"),
    "cron daily": start_script("/etc/cron.daily/x", "auditctl -D"),
    "root's crontab": text("/var/spool/cron/root", "@reboot auditctl -D\n"),
    "cron stops auditd": text("/etc/cron.d/x", "0 * * * * root systemctl stop auditd\n"),
    "cron stops the service": text("/etc/cron.d/x", "0 * * * * root service auditd stop\n"),
    "cron kills auditd": text("/etc/cron.d/x", "0 * * * * root kill -9 `pidof auditd`\n"),
    "a timer": timer("/sbin/auditctl -e 0"),
    "tmpfiles deletes the rules": text("/etc/tmpfiles.d/x.conf", "r! /etc/audit/rules.d/*.rules\n"),
    "tmpfiles writes auditd.conf": text("/etc/tmpfiles.d/x.conf", "f+ /etc/audit/auditd.conf 0640 root root - disk_full_action = HALT\n"),
    "tmpfiles links auditd.conf": text("/etc/tmpfiles.d/x.conf", "L+ /etc/audit/auditd.conf - - - - /opt/x\n"),
    "the unit deletes its rules by a shell": drop_in("[Service]", "ExecStartPost=/bin/sh -c 'auditctl -D'"),
    "the unit switches auditing off by env": drop_in("[Service]", "ExecStartPost=/usr/bin/env auditctl -e 0"),
    "the unit adds never,task": drop_in("[Service]", "ExecStartPost=/sbin/auditctl -a never,task"),
    "a first command that fails": drop_in("[Service]", "ExecStartPre=/bin/false"),
    "a condition that fails": drop_in("[Service]", "ExecCondition=/usr/bin/false"),
    "requires what is not there": drop_in("[Unit]", "Requires=nonexistent.service"),
    "is bound to what is not there": drop_in("[Unit]", "BindsTo=nonexistent.target"),
    "needs what is masked": lambda root: (drop_in("[Unit]", "Requisite=x.service")(root), link(UNITS + "x.service", "/dev/null")(root)),
    "no netlink": drop_in("[Service]", "RestrictAddressFamilies=~AF_NETLINK"),
    "unix alone": drop_in("[Service]", "RestrictAddressFamilies=AF_UNIX AF_INET"),
    "a user namespace": drop_in("[Service]", "PrivateUsers=yes"),
    "a user for each start": drop_in("[Service]", "DynamicUser=yes"),
    "ended after a minute": drop_in("[Service]", "RuntimeMaxSec=60"),
    "files of no size": drop_in("[Service]", "LimitFSIZE=0"),
    "an empty log directory": drop_in("[Service]", "TemporaryFileSystem=/var/log/audit"),
    "an empty /var": drop_in("[Service]", "TemporaryFileSystem=/var:ro"),
    "another configuration": drop_in("[Service]", "BindReadOnlyPaths=/opt/audit:/etc/audit"),
    "another log": drop_in("[Service]", "BindPaths=-/opt/audit:/var/log/audit"),
    "a mount over /etc/audit": text("/etc/fstab", "/srv/audit /etc/audit none bind 0 0\n"),
    "a mount over rules.d": text("/etc/fstab", "/srv/rules /etc/audit/rules.d none bind 0 0\n"),
    "a mount unit over /etc/audit": mount_unit("/etc/audit", "etc-audit.mount"),
    "a mount unit of the log": mount_unit("/var/log/audit", "var-log-audit.mount"),
    "a shell in the place of init": boot_line("init=/bin/bash"),
    "emergency": boot_line("emergency"),
    "single user by its letter": boot_line("S"),
    "single user by its number": boot_line("1"),
}
HARMLESS = {
    "a unit that loads its own rules": other_unit("[Service]\nExecStart=/sbin/auditctl -s\n"),
    "a unit that no boot starts": other_unit("[Service]\nExecStart=/sbin/auditctl -e 0\n", enabled=False),
    "a unit that loads the rules again": other_unit("[Service]\nExecStart=/bin/sh -c 'auditctl -D; augenrules --load'\n"),
    "a unit that conflicts with another": other_unit("[Unit]\nConflicts=systemd-timesyncd.service\n[Service]\nExecStart=/bin/true\n"),
    "rc.local": start_script("/etc/rc.local", "exit 0"),
    "cron asks": text("/etc/cron.d/x", "0 * * * * root systemctl is-active auditd || logger auditd\n"),
    "cron restarts": start_script("/etc/cron.daily/x", "service auditd stop\nservice auditd start"),
    "tmpfiles of the package": text("/usr/lib/tmpfiles.d/audit.conf", "d /etc/audit 0750 root root -\nz /etc/audit/auditd.conf 0640\n"),
    "tmpfiles makes what is missing": text("/etc/tmpfiles.d/x.conf", "f /etc/audit/auditd.conf 0640 root root -\n"),
    "a first command": drop_in("[Service]", "ExecStartPre=/bin/mkdir -p /run/audit"),
    "one that may fail": drop_in("[Service]", "ExecStartPre=-/bin/false"),
    "requires what is there": drop_in("[Unit]", "Requires=sysinit.target dev-sda.device"),
    "netlink and unix": drop_in("[Service]", "RestrictAddressFamilies=AF_UNIX", "RestrictAddressFamilies=AF_NETLINK AF_INET"),
    "other families closed": drop_in("[Service]", "RestrictAddressFamilies=~AF_PACKET"),
    "no user namespace": drop_in("[Service]", "PrivateUsers=no", "DynamicUser=false", "RuntimeMaxSec=infinity", "LimitFSIZE=infinity"),
    "an empty /home": drop_in("[Service]", "TemporaryFileSystem=/home:ro", "BindReadOnlyPaths=/etc/audit", "BindPaths=/opt/x:/srv/x"),
    "a mount unit that no boot starts": mount_unit("/etc/audit", "etc-audit.mount", enabled=False),
    "a mount unit elsewhere": mount_unit("/srv/y", "srv-y.mount"),
    "init by its path": boot_line("init=/usr/lib/systemd/systemd"),
    "words that begin like others": boot_line("s=1 1x single_thread=1"),
}


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("live", [True, False], ids=["live", "tree"])
def test_a_break_is_never_in_sync(tree, name, live):
    assert drift(tree, live=live)["status"] == "in_sync"
    BREAKS[name](tree)
    document = drift(tree, live=live)
    assert document["status"] == "drifted"
    assert any(item["severity"] != "info" and item["why"] for item in document["items"])


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_difference_is_in_sync(tree, name):
    HARMLESS[name](tree)
    document = drift(tree, live=False)
    assert [item["id"] for item in document["items"] if item["severity"] != "info"] == []
    assert document["status"] == "in_sync"


@pytest.mark.parametrize(("kind", "severity"), [("tmpfs", "medium"), ("ext4", None)])
def test_a_log_in_memory(tree, tmp_path, monkeypatch, kind, severity):
    """A tree by its fstab; a running host by what is mounted."""
    text("/etc/fstab", f"x /var/log {kind} defaults 0 0\n")(tree)
    monkeypatch.setattr(volume, "is_mounted", lambda host, point: True)
    found = {item["id"]: item["severity"] for item in drift(tree, live=False)["items"]}
    assert found.get("storage.log_in_memory") == severity
    listed = tmp_path / "mountinfo"
    listed.write_text(f"25 1 252:1 / / rw - ext4 /dev/vda1 rw\n36 25 0:30 / {os.path.realpath('/var/log')} rw - {kind} x rw\n")
    monkeypatch.setattr(mounts, "MOUNTINFO", str(listed))

    class Running:
        is_live = True

    assert volume._in_memory(Running(), "/var/log/audit/audit.log") == ("/var/log" if severity else None)


def test_the_unit_of_the_tree_is_one_that_works(tree):
    systemd()(tree)
    assert (tree / UNIT.lstrip("/")).is_file() and drift(tree, live=False)["status"] == "in_sync"


def test_a_log_in_memory_by_a_mount_unit(tree):
    mount_unit("/var/log/audit", "var-log-audit.mount", kind="tmpfs")(tree)
    assert "storage.log_in_memory" in {item["id"] for item in drift(tree, live=False)["items"]}
