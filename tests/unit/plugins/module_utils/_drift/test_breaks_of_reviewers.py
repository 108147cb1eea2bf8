# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More breaks and more harmless differences, as reviewers thought of them: units and their drop-ins, boot words, rules that silence others,
owners further up or further down, jobs that delete the log, words in the wrong order, and several at once."""

from __future__ import annotations

import os

import drift_tree
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _files
from drift_tree import (
    AUDITD_CONF,
    BASE,
    COMPILED,
    FINALIZE,
    WANTED,
    remove,
    replace,
    write,
)
from test_breaks import (
    BY_ROOT,
    DROP_IN,
    RULES_D,
    UNIT,
    UNIT_TEXT,
    WANTS,
    append,
    link,
    mode,
    owner,
    recompiled,
    systemd,
    text,
)

THEIRS = RULES_D + "00-theirs.rules"
LATER = RULES_D + "zz-zzz.rules"  # behind our own last file
RULES_UNIT = "/usr/lib/systemd/system/audit-rules.service"
GRUB = "/etc/default/grub"
LOG = "/var/log/audit/audit.log"


def all_of(*acts):
    def act(root):
        for one in acts:
            one(root)
    return act


def theirs(*lines, path=THEIRS):
    return recompiled(text(path, "".join(line + "\n" for line in lines)))


def drop_in(*lines):
    return systemd(text(DROP_IN, "\n".join(lines) + "\n"))


def words(line):
    return replace(GRUB, "audit=1", line)


def renamed(path, to):
    return lambda root: (root / path.lstrip("/")).rename(root / to.lstrip("/"))


def rules_unit(*acts, unit="[Service]\nType=oneshot\nExecStart=/sbin/augenrules --load\n"):
    """A host of audit 4.0: the rules have a unit of their own."""
    return systemd(text(UNIT, "[Unit]\nWants=audit-rules.service\n[Service]\nType=forking\nExecStart=/sbin/auditd\n"),
                   text(RULES_UNIT, unit), *acts)


def labelled(but=None):
    """A tree that boots with SELinux, with real labels (security.selinux) on directories and files of audit, ``but`` one."""
    def act(root):
        write(root, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
        patterns = ("etc/audit", "etc/audit/**/*", "etc/cron*", "etc/cron*/*", "usr/local/**/*")
        places = [path for pattern in patterns for path in root.glob(pattern)]
        for path in places:
            try:
                if but is None or path != root / but.lstrip("/"):
                    os.setxattr(path, "security.selinux", b"system_u:object_r:auditd_etc_t:s0\0", follow_symlinks=False)
            except OSError as error:
                pytest.skip(f"no labels can be set here: {error.strerror}")
    return act


BREAKS = {
    "auditd.conf without a label": labelled(but=AUDITD_CONF),
    "audit.rules without a label": labelled(but=COMPILED),
    "a rules file without a label": labelled(but=BASE),
    "rotate.conf without a label": labelled(but=_rotation.CONF),
    # units
    "auditd replaced by another program": drop_in("[Service]", "ExecStart=", "ExecStart=/bin/true"),
    "no program at all": drop_in("[Service]", "ExecStart="),
    "a condition that does not hold": drop_in("[Unit]", "ConditionPathExists=/etc/audit/enabled"),
    "a negated condition": drop_in("[Unit]", "ConditionPathExists=!/etc/audit/auditd.conf"),
    "an assertion that does not hold": drop_in("[Unit]", "AssertPathExists=/etc/audit/enabled"),
    "a drop-in of our own name before the vendor's": systemd(
        text("/etc/systemd/system/auditd.service.d/10-a.conf", "[Service]\nExecStart=\nExecStart=/sbin/auditd\n"),
        text("/usr/lib/systemd/system/auditd.service.d/90-b.conf", "[Service]\nExecStart=\nExecStart=/sbin/auditd -s disable\n")),
    "a drop-in for all services": systemd(text("/etc/systemd/system/service.d/x.conf", "[Unit]\nConditionPathExists=/nowhere\n")),
    "only the rescue target wants it": systemd(remove(WANTS + "auditd.service"),
                                               link("/etc/systemd/system/rescue.target.wants/auditd.service", UNIT)),
    "the link in wants is a mask": systemd(link(WANTS + "auditd.service", "/dev/null")),
    "the host boots into rescue": systemd(link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/rescue.target")),
    "the host boots into emergency": systemd(link("/etc/systemd/system/default.target", "/lib/systemd/system/emergency.target")),
    "options by the environment": drop_in("[Service]", "Environment=OPTIONS='-s disable'", "ExecStart=", "ExecStart=/sbin/auditd $OPTIONS"),
    "options by a file": all_of(text("/etc/sysconfig/auditd", "EXTRAOPTIONS=\"-c /opt\"\n"), drop_in(
        "[Service]", "EnvironmentFile=-/etc/sysconfig/auditd", "ExecStart=", "ExecStart=/sbin/auditd $EXTRAOPTIONS")),
    "auditd as another user": drop_in("[Service]", "User=nobody"),
    "auditd in another root": drop_in("[Service]", "RootDirectory=/srv/jail"),
    "the log is read only to auditd": drop_in("[Service]", "ReadOnlyPaths=/var/log"),
    "the log is hidden from auditd": drop_in("[Service]", "InaccessiblePaths=-/var/log/audit"),
    "everything is read only to auditd": drop_in("[Service]", "ProtectSystem=strict"),
    "no capabilities": drop_in("[Service]", "CapabilityBoundingSet="),
    "auditctl loads another file": drop_in("[Service]", "ExecStartPost=", "ExecStartPost=/sbin/auditctl -R /etc/other.rules"),
    "auditctl -D after the rules": drop_in("[Service]", "ExecStartPost=/sbin/auditctl -D"),
    "auditctl -e 0 after the rules": drop_in("[Service]", "ExecStartPost=-/sbin/auditctl -e 0"),
    "a rules unit that does nothing": rules_unit(unit="[Service]\nExecStart=/bin/true\n"),
    "a rules unit without a command": rules_unit(text(
        "/etc/systemd/system/audit-rules.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n")),
    "no rules unit": rules_unit(remove(RULES_UNIT)),
    "a rules unit with a condition": rules_unit(text(
        "/etc/systemd/system/audit-rules.service.d/x.conf", "[Unit]\nConditionPathExists=/nowhere\n")),
    "auditd masked by an empty file": systemd(text("/etc/systemd/system/auditd.service", "")),
    "auditd cannot be executed": mode("/sbin/auditd", 0o644),
    "augenrules cannot be executed": systemd(text("/sbin/augenrules", "#!/bin/sh\n", 0o644)),
    # boot words
    "audit=0 before audit=1": words("audit=0 audit=1"),
    "audit=OFF": words("audit=OFF"),
    "audit=0 in quotes": all_of(text(GRUB, "GRUB_CMDLINE_LINUX='\"audit=0\"'\n")),
    "audit=0 in an entry of the EFI partition": text("/boot/efi/loader/entries/a.conf", "title x\noptions root=/dev/vda ro audit=0\n"),
    "audit=0 in grub.cfg of the EFI partition": text(
        "/boot/efi/EFI/redhat/grub.cfg", "menuentry 'x' {\n linuxefi /vmlinuz root=/dev/sda1 ro audit=0\n}\n"),
    "audit=0 for the next kernel": all_of(
        text("/boot/grub/grub.cfg", "menuentry 'x' {\n linux /vmlinuz root=/dev/sda1 ro audit=1 audit_backlog_limit=8192\n}\n"),
        words("audit=0")),
    "audit=0 in /etc/kernel/cmdline": all_of(remove(GRUB), text("/etc/kernel/cmdline", "root=/dev/vda audit=0\n")),
    "audit=0 in kernelopts": all_of(text("/boot/grub2/grubenv", "kernelopts=root=/dev/vda audit=0\n"),
                                    text("/boot/loader/entries/a.conf", "options $kernelopts\n")),
    "auditd masked on the boot line": words("audit=1 systemd.mask=auditd.service"),
    "the boot line says rescue": words("audit=1 systemd.unit=rescue.target"),
    # control words of foreign files
    "a later -e 0": theirs("-e 0", path=LATER),
    "a later -f 2": theirs("-f 2", path=LATER),
    "a later -f 0": theirs("-f 0", path=LATER),
    "a later -b 64": theirs("-b 64", path=LATER),
    "a later rate limit": theirs("-r 10", path=LATER),
    "an earlier rate limit": theirs("-r 10"),
    "a later wait of 0": theirs("--backlog_wait_time 0", path=LATER),
    "-f 2 behind a rule": theirs("-w /etc/x -p wa -f 2", path=LATER),
    "-e 0 under another name that sorts last": theirs("-e 0", path=RULES_D + "{.rules"),
    "a rule of ours is deleted later": theirs("-d always,exit -F arch=b64 -S execve -F key=exec", path=LATER),
    "a watch of ours is deleted later": theirs("-W /etc/sudoers -p wa -k scope", path=LATER),
    "-f 2 in audit.rules only": replace(COMPILED, "-f 1", "-f 2"),
    "-e 0 in audit.rules only": append(COMPILED, "-e 0\n"),
    "-D at the end of audit.rules": append(COMPILED, "-D\n"),
    # rules that silence
    "never for what a rule of ours asks": theirs("-a never,exit -F arch=b64 -S execve"),
    "never for more than that": theirs("-a never,exit -F arch=b64 -S open,execve,openat"),
    "never without arch": theirs("-a never,exit -S execve"),
    "never for a watch of ours": theirs("-a never,exit -F path=/etc/sudoers"),
    "never for a watch and more letters": theirs("-a never,exit -F path=/etc/sudoers -F perm=rwxa"),
    "never for its directory": theirs("-a never,exit -F dir=/etc"),
    "never for everything below /": theirs("-a never,exit -F dir=/ -F perm=rwxa"),
    "never for all writes": theirs("-a never,exit -F perm=rwxa"),
    "never by pers": theirs("-a never,exit -F pers=0"),
    "never for all users but one": theirs("-a never,exit -F uid!=12345"),
    "never for people": theirs("-a never,exit -F auid>=1000"),
    "never for people in two parts": theirs("-a never,task -F uid>=1000", "-a never,task -F uid<1000"),
    "exclude for people": theirs("-a always,exclude -F auid>=1000"),
    "exclude from a type on": theirs("-a always,exclude -F msgtype>=1000"),
    "exclude by two types": theirs("-a always,exclude -F msgtype<1300", "-a always,exclude -F msgtype>=1300"),
    "never by success": theirs("-a never,exit -F success=1", "-a never,exit -F success=0"),
    "never for all that succeeds": theirs("-a never,exit -F success=1"),
    "never for all programs": theirs("-a never,exit -F exe!=/usr/bin/nothing"),
    "never for one program and all others": theirs("-a never,exit -F exe=/usr/bin/a", "-a never,exit -F exe!=/usr/bin/a"),
    "never for a whole filesystem": theirs("-a never,filesystem -F fstype=0xef53"),
    "never for all kernel threads and others": theirs("-a never,exit -F ppid>=0"),
    "never in both architectures": theirs("-a never,exit -F arch=b64", "-a never,exit -F arch=b32"),
    "never by gid": theirs("-a never,task -F gid>=0"),
    "never for root and for others": theirs("-a never,exit -F uid=0", "-a never,exit -F uid!=0"),
    "prepended later": theirs("-A never,exit -F arch=b64 -S execve", path=LATER),
    # files and directories
    "the log is a directory": lambda root: (root / LOG.lstrip("/")).mkdir(parents=True),
    "the log is a link": all_of(text("/srv/other", ""), link(LOG, "/srv/other")),
    "the log is a pipe": lambda root: ((root / "var/log/audit").mkdir(parents=True), os.mkfifo(root / LOG.lstrip("/"))),
    "the log's directory is a file": text("/var/log/audit", ""),
    "the log's directory is a dead link": link("/var/log/audit", "/srv/gone"),
    "the log of a user": all_of(text(LOG, "", 0o600), owner(LOG, 1000)),
    "an old log of a user": all_of(text(LOG, "", 0o600), text(LOG + ".1", "", 0o400), owner(LOG + ".1", 1000)),
    "an archive of a user": all_of(text("/var/log/audit/audit-2026-01-01.log.gz", "", 0o400),
                                   owner("/var/log/audit/audit-2026-01-01.log.gz", 1000)),
    "a user's /etc": owner("/etc", 1000),
    "everybody writes /var/log": all_of(text(LOG, "", 0o600), mode("/var/log", 0o777)),
    "a user's /var": all_of(text(LOG, "", 0o600), owner("/var", 1000)),
    "everybody writes /": mode("/", 0o777),
    "a user's directory of programs": owner("/sbin", 1000),
    "everybody writes a directory of programs": mode("/sbin", 0o777),
    "a plugin that everybody writes": text("/etc/audit/plugins.d/x.conf", "active = yes\npath = /usr/sbin/x\n", 0o666),
    "plugins.d that everybody writes": all_of(text("/etc/audit/plugins.d/x.conf", "active = no\n"), mode("/etc/audit/plugins.d", 0o777)),
    "a plugin's program that everybody writes": all_of(
        text("/usr/sbin/x", "", 0o777), text("/etc/audit/plugins.d/x.conf", "active = yes\npath = /usr/sbin/x\n")),
    "audit-stop.rules of a user": all_of(text("/etc/audit/audit-stop.rules", "-D\n"), owner("/etc/audit/audit-stop.rules", 1000)),
    "rules.d is a link to a user's": all_of(renamed(RULES_D.rstrip("/"), "/srv-rules"), link(RULES_D.rstrip("/"), "/srv-rules"),
                                            owner("/srv-rules", 1000)),
    "/etc/audit is a link to a user's": all_of(renamed("/etc/audit", "/srv-audit"), link("/etc/audit", "/srv-audit"),
                                               owner("/srv-audit", 1000)),
    "a unit that everybody writes": systemd(mode(UNIT, 0o666)),
    "the program of a user": owner(_rotation.PROGRAM, 1000),
    "rotate.conf of a user": owner(_rotation.CONF, 1000),
    "the cron table of a user": owner(_rotation.CRON, 1000),
    "the program cannot be executed": mode(_rotation.PROGRAM, 0o644),
    "the cron table is writable": mode(_rotation.CRON, 0o666),
    "the interpreter of a user": owner("/usr/bin/python3", 1000),
    "a file of the rotation is a link": all_of(renamed(_rotation.CONF, "/srv-rotate.conf"), link(_rotation.CONF, "/srv-rotate.conf")),
    # who else touches the log
    "find in /var/log": text("/etc/cron.daily/clean", "#!/bin/sh\nfind /var/log -name '*.gz' -mtime +7 -delete\n", 0o755),
    "find with rm": text("/etc/cron.d/clean", "0 1 * * * root find /var/log -type f -mtime +7 -exec rm {} +\n"),
    "cd and gzip": text("/etc/cron.weekly/x", "#!/bin/sh\ncd /var/log/audit\ngzip *.1\n", 0o755),
    "a variable and rm": text("/etc/cron.weekly/x", "#!/bin/sh\nDIR=/var/log/audit\nrm -f $DIR/*.gz\n", 0o755),
    "tmpfiles by age": text("/etc/tmpfiles.d/x.conf", "d /var/log/audit 0700 root root 7d\n"),
    "tmpfiles that empties": text("/etc/tmpfiles.d/x.conf", "r! /var/log/audit/*.gz\n"),
    "tmpfiles further up": text("/etc/tmpfiles.d/x.conf", "e /var/log - - - 10d\n"),
    "logrotate includes": all_of(text("/etc/logrotate.conf", "weekly\ninclude /opt/rotate\n"),
                                 text("/opt/rotate/a", "/var/log/audit/*.log {\n daily\n}\n")),
    "a timer with another unit": all_of(
        text("/etc/systemd/system/x.timer", "[Timer]\nOnCalendar=daily\nUnit=clean.service\n"),
        text("/etc/systemd/system/clean.service", "[Service]\nExecStart=/bin/sh -c 'rm /var/log/audit/audit.log.*'\n")),
    "root's own crontab": text("/var/spool/cron/crontabs/root", "0 0 * * * /usr/bin/killall -USR1 auditd\n"),
    "logrotate by letters": text("/etc/logrotate.d/x", "/var/log/a?dit/audit.lo[g] {\n daily\n}\n"),
    "truncate in anacrontab": text("/etc/anacrontab", "1 5 x truncate -s 0 /var/log/audit/audit.log\n"),
    # several at once: one that is harmless hides none
    "a harmless comment and a HALT": all_of(
        append(AUDITD_CONF, "# quiet\n"), replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = halt")),
    "a later -b 16384 and a later -f 2": theirs("-b 16384", "-f 2", path=LATER),
    "auditd.conf of a link to itself": link(AUDITD_CONF, AUDITD_CONF),
}
PROGRAM = {"program": {_rotation.PROGRAM: _rotation.digest("#!/usr/bin/python3 -IS\n")}}


def drift(root, **options):
    """With the program's digest, as the action plugin adds it."""
    return drift_tree.drift(root, wanted=dict(WANTED, **PROGRAM), **options)


WITH_OWNERS = ("user", "everybody", "writable")


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[BY_ROOT] if any(word in name for word in WITH_OWNERS) else []) for name in BREAKS])
@pytest.mark.parametrize("live", [True, False], ids=["live", "tree"])
def test_a_break_is_never_in_sync(tree, name, live):
    assert drift(tree, live=live)["status"] == "in_sync"
    BREAKS[name](tree)
    document = drift(tree, live=live)
    assert document["status"] != "in_sync"
    assert document["status"] == "unknown" or any(item["severity"] != "info" and item["why"] for item in document["items"])


HARMLESS = {
    "everything has its label": labelled(),
    "words that ours beat": theirs("-e 0", "-f 2", "-b 64", "--backlog_wait_time 0"),
    "a name that only seems to sort last": theirs("-e 0", path=RULES_D + "zzz.rules"),
    "a drop-in with a description": drop_in("[Unit]", "Description=Audit"),
    "a condition that holds": drop_in("[Unit]", "ConditionPathExists=/etc/audit/auditd.conf"),
    "the vendor's condition": systemd(text(UNIT, "[Unit]\nConditionKernelCommandLine=!audit=0\n" + UNIT_TEXT)),
    "a triggering condition, one of which holds": drop_in("[Unit]", "ConditionPathExists=|/nowhere", "ConditionPathExists=|/etc/audit"),
    "the same command again": drop_in("[Service]", "ExecStart=", "ExecStart=/sbin/auditd"),
    "a command with a prefix": drop_in("[Service]", "ExecStart=", "ExecStart=-/sbin/auditd"),
    "auditd -c with its own directory": drop_in("[Service]", "ExecStart=", "ExecStart=/sbin/auditd -c /etc/audit/"),
    "a drop-in that is a mask of another": systemd(
        text("/usr/lib/systemd/system/auditd.service.d/x.conf", "[Service]\nExecStart=\n"), link(DROP_IN, "/dev/null")),
    "restart on failure": drop_in("[Service]", "Restart=always"),
    "protected home": drop_in("[Service]", "ProtectHome=true", "ProtectSystem=full", "ReadOnlyPaths=/usr"),
    "strict, and the log can be written": drop_in("[Service]", "ProtectSystem=strict", "ReadWritePaths=/var/log/audit /run"),
    "auditctl loads audit.rules": drop_in("[Service]", "ExecStartPost=", "ExecStartPost=/sbin/auditctl -R /etc/audit/audit.rules"),
    "the graphical target": systemd(link("/etc/systemd/system/default.target", "/lib/systemd/system/graphical.target")),
    "a rules unit": rules_unit(text("/sbin/augenrules", "#!/bin/sh\ncat /etc/audit/rules.d/*\nauditctl -R x\n", 0o755)),
    "audit=on": words("audit=on"),
    "audit=1 twice": words("audit=1 audit=1"),
    "another word that ends in audit=0": words("audit=1 xaudit=0"),
    "audit=0 in the rescue entry": all_of(
        text("/boot/loader/entries/a-0-rescue.conf", "options root=/dev/vda audit=0\n"),
        text("/boot/loader/entries/b.conf", "options root=/dev/vda audit=1 audit_backlog_limit=8192\n")),
    "never for another watch": theirs("-a never,exit -F path=/etc/other"),
    "never for another system call": theirs("-a never,exit -F arch=b64 -S adjtimex"),
    "never for one program": theirs("-a never,exit -F arch=b64 -S execve -F exe=/usr/bin/vmtoolsd"),
    "never behind ours": theirs("-a never,exit -F arch=b64 -S execve", path=LATER),
    "never for the daemons": theirs("-a never,exit -F arch=b64 -S adjtimex -F auid=unset"),
    "never for one user": theirs("-a never,exit -F uid=123 -F arch=b64 -S execve"),
    "exclude for CWD": theirs("-a always,exclude -F msgtype=CWD"),
    "never for debugfs": theirs("-a never,filesystem -F fstype=0x64626720"),
    "logrotate's own leavings": text("/etc/logrotate.d/audit.rpmsave", "/var/log/audit/*.log {\n daily\n}\n"),
    "a logrotate backup": text("/etc/logrotate.d/audit~", "/var/log/audit/*.log {\n daily\n}\n"),
    "find elsewhere": text("/etc/cron.daily/clean", "#!/bin/sh\nfind /var/tmp -mtime +7 -delete\n", 0o755),
    "find of other names": text("/etc/cron.daily/clean", "#!/bin/sh\nfind /var/log -name 'syslog.*' -mtime +7 -delete\n", 0o755),
    "a report that cleans up": text("/etc/cron.daily/x", "#!/bin/sh\naureport --start today > /tmp/x\nrm /tmp/x\n", 0o755),
    "tmpfiles without an age": text("/usr/lib/tmpfiles.d/audit.conf", "d /var/log/audit 0700 root root -\nd /run/audit 0700\n"),
    "tmpfiles of others": text("/usr/lib/tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\nd /var/log/other - - - 3d\n"),
    "a sticky /tmp": lambda root: ((root / "tmp").mkdir(), (root / "tmp").chmod(0o1777)),
    "a group of syslog's writes /var/log": all_of(text(LOG, "", 0o600), mode("/var/log", 0o775)),
    "a plugin": text("/etc/audit/plugins.d/syslog.conf", "active = no\ndirection = out\npath = /sbin/audisp-syslog\n", 0o640),
    "audit-stop.rules": text("/etc/audit/audit-stop.rules", "-e 0\n-D\n", 0o640),
    "a directory in rules.d": lambda root: (root / (RULES_D + "old").lstrip("/")).mkdir(),
    "a foreign -b that is larger": theirs("-b 16384"),
    "ours last in another order of words": recompiled(replace(FINALIZE, "-f 1\n", ""), append(FINALIZE, "-f 1\n")),
    "two spaces in a rule": recompiled(replace(BASE, "-p wa", " -p  wa")),
    "-e 0 behind a rule, which our -e 1 takes back": theirs("-w /etc/x -p wa -e 0", path=LATER),
    "a final newline less": recompiled(text(RULES_D + "zzz-note.rules", "# no newline")),
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("live", [True, False], ids=["live", "tree"])
def test_a_harmless_difference_is_in_sync(tree, name, live):
    HARMLESS[name](tree)

    def everything_loaded(document, parsed):
        parsed.loaded = list(parsed.disk.rules)
        if parsed.disk.control.get("-b"):
            document["kernel"]["status"]["backlog_limit"] = int(parsed.disk.control["-b"])

    document = drift(tree, live=live, change=everything_loaded if live else None)
    assert [item["id"] for item in document["items"] if item["severity"] != "info"] == []
    assert document["status"] == "in_sync"


def partition(free_mb):
    return {"device": "/dev/vdb1", "mount": "/var/log/audit", "filesystem": "ext4", "size_mb": 1000, "free_mb": free_mb}


@pytest.mark.parametrize(("free_mb", "severity"), [(0, "high"), (900, None)])
def test_a_full_partition_is_no_choice_of_the_policy(tree, free_mb, severity):
    """Under SYSLOG auditd goes on and writes nothing: what the policy chose for a full disk is what loses records now."""
    document = drift(tree, change=lambda live, parsed: live["storage"].update(partition=partition(free_mb)))
    found = {item["id"]: item for item in document["items"]}
    if severity is None:
        assert document["status"] == "in_sync"
    else:
        item = found["storage.disk_full_action"]
        assert (item["severity"], document["status"]) == (severity, "drifted") and "partition" in item["fix"]


NEVER, ALWAYS = "-a never,exit -F arch=b64 -S execve -F exe=/usr/bin/x", "-a always,exit -F arch=b64 -S execve -F key=exec"


@pytest.mark.parametrize(("lines", "swapped", "status"), [
    ([NEVER, ALWAYS], True, "drifted"), ([NEVER, ALWAYS], False, "in_sync"),
    ([ALWAYS, "-w /etc/sudoers -p wa -k scope"], True, "in_sync"),  # between two always rules the order decides nothing
])
def test_the_order_on_disk_counts_where_it_decides(tree, lines, swapped, status):
    wanted = dict(WANTED, audit_rules=dict(WANTED["audit_rules"], rules=lines), **PROGRAM)
    have = lines[::-1] if swapped else lines
    recompiled(text(BASE, _files.with_mark("".join(line + "\n" for line in have))))(tree)
    document = drift_tree.drift(tree, wanted=wanted, live=False)
    assert document["status"] == status
    if status == "drifted":
        assert {"disk.rules_d.order", "compiled.audit_rules.order"} <= {item["id"] for item in document["items"]}


def test_a_number_of_each():
    assert len(BREAKS) >= 100 and len(HARMLESS) >= 40
