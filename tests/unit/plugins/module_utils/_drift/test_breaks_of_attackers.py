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
    "a generator masks auditd": start_script("/etc/systemd/system-generators/x", 'ln -s /dev/null "$2/auditd.service"'),
    "a generator of /usr/local": start_script("/usr/local/lib/systemd/system-generators/x", "auditctl -D"),
    "what set-property keeps": systemd(text("/etc/systemd/system.control/auditd.service.d/50-x.conf", "[Service]\nExecStart=\n")),
    "a mask of system.control": systemd(link("/etc/systemd/system.control/auditd.service", "/dev/null")),
    "an attached unit": systemd(text("/etc/systemd/system.attached/auditd.service.d/x.conf", "[Service]\nUser=nobody\n")),
    "no network calls": drop_in("[Service]", "SystemCallFilter=~@network-io"),
    "calls without the network": drop_in("[Service]", "SystemCallFilter=@basic-io @file-system @process"),
    "calls of another architecture": drop_in("[Service]", "SystemCallArchitectures=x86"),
    "a process namespace": drop_in("[Service]", "PrivatePIDs=yes"),
    "a watchdog": drop_in("[Service]", "WatchdogSec=30"),
    "a little CPU": drop_in("[Service]", "LimitCPU=60"),
    "one task": drop_in("[Service]", "TasksMax=1"),
    "no files": drop_in("[Service]", "LimitNOFILE=3:3"),
    "a service that says when it has started": drop_in("[Service]", "Type=notify"),
    "a service that goes into the background": drop_in("[Service]", "Type=simple"),
    "a service that does not": drop_in("[Service]", "ExecStart=", "ExecStart=/sbin/auditd -n"),
    "rules without the capability": systemd(
        text("/usr/lib/systemd/system/audit-rules.service", "[Service]\nExecStart=/sbin/augenrules --load\nCapabilityBoundingSet=\n")),
    "rules without netlink": systemd(text(
        "/usr/lib/systemd/system/audit-rules.service", "[Service]\nExecStart=/sbin/augenrules --load\nSystemCallFilter=~socket\n")),
    "auditctl is a script": start_script("/sbin/auditctl", "exit 0"),
    "auditd is a script": start_script("/sbin/auditd", "sleep 1"),
    "augenrules does nothing": start_script("/sbin/augenrules", "exit 0"),
    "another auditd": drop_in("[Service]", "ExecStart=", "ExecStart=/opt/x/auditd"),
    "another augenrules": drop_in("[Service]", "ExecStartPost=", "ExecStartPost=/opt/x/augenrules --load"),
    "an auditd that is not there": drop_in("[Service]", "ExecStart=", "ExecStart=/usr/local/bin/auditd"),
    "the unit copies over auditd.conf": drop_in("[Service]", "ExecStartPre=/bin/cp /opt/x /etc/audit/auditd.conf"),
    "the unit runs a script that deletes the rules": lambda root: (
        drop_in("[Service]", "ExecStartPost=/opt/x")(root), start_script("/opt/x", "auditctl -D")(root)),
    "cron copies over auditd.conf": text("/etc/cron.d/x", "0 3 * * * root cp /opt/auditd.conf /etc/audit/auditd.conf\n"),
    "cron copies over the rules": start_script("/etc/cron.daily/x", "rsync -a --delete /srv/rules/ /etc/audit/rules.d/"),
    "cron empties audit.rules": start_script("/etc/cron.hourly/x", ": > /etc/audit/audit.rules"),
    "a timer edits auditd.conf": timer("/bin/sed -i s/SYSLOG/HALT/ /etc/audit/auditd.conf"),
    "rc.local deletes rules": start_script("/etc/rc.local", "cd /etc/audit/rules.d && rm -f *"),
    "a script of sysvinit": systemd(
        start_script("/etc/init.d/quiet", "auditctl -e 0"), link("/etc/rc3.d/S99quiet", "../init.d/quiet"),
        link("/etc/rc3.d/S01auditd", "../init.d/auditd")),
    "a dispatcher of the network": start_script("/etc/NetworkManager/dispatcher.d/99-x", "auditctl -D"),
    "a rule of udev": text("/etc/udev/rules.d/99-x.rules", 'ACTION=="add", RUN+="/sbin/auditctl -e 0"\n'),
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
    "a generator of something else": start_script("/etc/systemd/system-generators/x", 'ln -s /dev/null "$2/cups.service"'),
    "a generator that nobody can execute": text("/etc/systemd/system-generators/x", 'ln -s /dev/null "$2/auditd.service"\n', 0o644),
    "a masked generator": link("/etc/systemd/system-generators/x", "/dev/null"),
    "what set-property keeps of memory": systemd(
        text("/etc/systemd/system.control/auditd.service.d/50-MemoryMax.conf", "[Service]\nMemoryMax=1073741824\n")),
    "calls of a service": drop_in("[Service]", "SystemCallFilter=@system-service", "SystemCallArchitectures=native"),
    "no calls of mounts": drop_in("[Service]", "SystemCallFilter=~@mount @swap", "TasksMax=64", "LimitNOFILE=1024:4096"),
    "a network namespace": drop_in("[Service]", "PrivateNetwork=yes"),  # the kernel asks for the user's and the process's alone
    "no watchdog": drop_in("[Service]", "WatchdogSec=0", "LimitCPU=infinity", "PrivatePIDs=no"),
    "in the foreground": drop_in("[Service]", "Type=simple", "ExecStart=", "ExecStart=/sbin/auditd -n"),
    "the other directory of programs": drop_in("[Service]", "ExecStart=", "ExecStart=/usr/sbin/auditd"),
    "programs as packages have them": lambda root: (
        text("/sbin/auditctl", "\x7fELF", 0o755)(root),
        start_script("/sbin/augenrules", "cat /etc/audit/rules.d/*.rules\nauditctl -R /etc/audit/audit.rules")(root)),
    "cron keeps a copy": text("/etc/cron.d/x", "0 3 * * * root cp -a /etc/audit /var/backups/\n"),
    "cron writes beside": start_script("/etc/cron.daily/x", "cp /etc/audit/auditd.conf /etc/audit/auditd.conf.bak"),
    "the unit runs a script that asks": lambda root: (
        drop_in("[Service]", "ExecStartPost=/opt/x")(root), start_script("/opt/x", "auditctl -s > /run/x")(root)),
    "a rule of udev": text("/etc/udev/rules.d/99-x.rules", 'ACTION=="add", RUN+="/bin/logger disk"\n'),
    "a script of sysvinit": systemd(
        start_script("/etc/init.d/loud", "auditctl -s"), link("/etc/rc3.d/S99loud", "../init.d/loud"),
        link("/etc/rc3.d/S01auditd", "../init.d/auditd")),
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
