# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A green is never a lie: a host in sync, one thing broken that changes what auditd or the kernel does now, at the next boot or at the next
full disk, and the status is not in_sync; and differences that change nothing, for which it is."""

from __future__ import annotations

import copy
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _compiled
from drift_tree import (
    AUDITD_CONF,
    BASE,
    COMPILED,
    CONF,
    FINALIZE,
    WANTED,
    daemon,
    drift,
    loaded,
    remove,
    replace,
    report,
    status,
    write,
)

UNIT = "/usr/lib/systemd/system/auditd.service"
DROP_IN = "/etc/systemd/system/auditd.service.d/x.conf"
UNIT_TEXT = "[Service]\nType=forking\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n"
WANTS = "/etc/systemd/system/multi-user.target.wants/"
RULES_D = _compiled.RULES_D + "/"
BY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="in a tree that is not root's nothing has its owner")


def text(path, content, mode=0o640):
    return lambda root: write(root, path, content, mode)


def append(path, content):
    return lambda root: write(root, path, (root / path.lstrip("/")).read_text() + content)


def mode(path, bits):
    return lambda root: (root / path.lstrip("/")).chmod(bits)


def owner(path, uid):
    return lambda root: os.chown(root / path.lstrip("/"), uid, 0)


def link(path, target):
    def act(root):
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(place):
            place.unlink()
        place.symlink_to(target)
    return act


def directory(path):
    def act(root):
        place = root / path.lstrip("/")
        if place.exists():
            place.unlink()
        place.mkdir(parents=True)
    return act


def recompiled(*acts):
    """The acts, and audit.rules as augenrules makes it afterwards: the next boot is what counts."""
    def act(root):
        for one in acts:
            one(root)
        host = Host(str(root))
        write(root, COMPILED, _compiled.compile_rules(_compiled.read_rules_d(host), "3.0.9", _compiled.awk_of(host)).text)
    return act


def systemd(*acts):
    """A tree with units: auditd's is enabled."""
    def act(root):
        write(root, UNIT, UNIT_TEXT)
        link(WANTS + "auditd.service", UNIT)(root)
        for one in acts:
            one(root)
    return act


def nothing(root):
    pass


def facts(**parts):
    return lambda live, parsed: [live[name].update(values) for name, values in parts.items()]


def unavailable(name):
    def change(live, parsed):
        live["unavailable"][name] = "permission denied"
    return change


# name: what is done to the tree
ON_DISK = {
    # settings: what auditd does at its next start, reload, full disk
    "no auditd.conf": remove(AUDITD_CONF),
    "auditd.conf is a directory": directory(AUDITD_CONF),
    "auditd.conf is a link": link(AUDITD_CONF, "/etc/group"),
    "auditd.conf is empty": text(AUDITD_CONF, ""),
    "an unknown key": append(AUDITD_CONF, "nonsense = 1\n"),
    "no blanks around =": replace(AUDITD_CONF, "num_logs = 5", "num_logs=5"),
    "CRLF": lambda root: write(root, AUDITD_CONF, CONF.replace("\n", "\r\n")),
    "thresholds the wrong way round": replace(AUDITD_CONF, "space_left = 75", "space_left = 40"),
    "HALT when full": replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = HALT"),
    "SINGLE at admin_space_left": replace(AUDITD_CONF, "admin_space_left_action = SYSLOG", "admin_space_left_action = SINGLE"),
    "SUSPEND on errors": replace(AUDITD_CONF, "disk_error_action = SYSLOG", "disk_error_action = SUSPEND"),
    "KEEP_LOGS": replace(AUDITD_CONF, "_action = IGNORE", "_action = KEEP_LOGS"),
    "num_logs 1": replace(AUDITD_CONF, "num_logs = 5", "num_logs = 1"),
    "a later key wins": append(AUDITD_CONF, "disk_full_action = SUSPEND\n"),
    "write_logs no": append(AUDITD_CONF, "write_logs = no\n"),
    "local_events no": append(AUDITD_CONF, "local_events = no\n"),
    "log_group unknown": replace(AUDITD_CONF, "log_group = root", "log_group = wazuh"),
    # modes and owners
    "everybody writes auditd.conf": mode(AUDITD_CONF, 0o666),
    "a group writes auditd.conf": mode(AUDITD_CONF, 0o660),
    "everybody writes audit.rules": mode(COMPILED, 0o666),
    "everybody writes a rules file": mode(BASE, 0o646),
    "a group writes a rules file": mode(BASE, 0o660),
    "everybody writes rules.d": mode(_compiled.RULES_D, 0o777),
    "a group writes /etc/audit": mode("/etc/audit", 0o770),
    "audit.rules of a user": owner(COMPILED, 1000),
    "a rules file of a user": owner(BASE, 1000),
    "rules.d of a user": owner(_compiled.RULES_D, 1000),
    "auditd.conf of a user": owner(AUDITD_CONF, 1000),
    "a user's log directory": lambda root: (write(root, "/var/log/audit/audit.log", ""), owner("/var/log/audit", 1000)(root)),
    "everybody writes the log": lambda root: write(root, "/var/log/audit/audit.log", "", 0o606),
    "everybody writes auditd": mode("/sbin/auditd", 0o777),
    # rules: what the next boot loads
    "a rule is gone": recompiled(replace(BASE, "-w /etc/sudoers -p wa -k scope\n", "")),
    "no rules file": recompiled(remove(BASE)),
    "no audit.rules": remove(COMPILED),
    "audit.rules without a rule": replace(COMPILED, "-w /etc/sudoers -p wa -k scope\n", ""),
    "audit.rules stops": replace(COMPILED, "-w /etc/sudoers", "-z\n-w /etc/sudoers"),
    "audit.rules is a link": link(COMPILED, "/etc/sudoers"),
    "a rules file is a link": lambda root: ((root / BASE.lstrip("/")).rename(root / "etc/other"), link(BASE, "/etc/other")(root)),
    "a foreign typo": recompiled(text(RULES_D + "00-theirs.rules", "-w /etc/x -p zz\n")),
    "a foreign tab": recompiled(text(RULES_D + "00-theirs.rules", "-w\t/etc/x -p wa\n")),
    "a foreign duplicate": recompiled(text(RULES_D + "00-theirs.rules", "-w /etc/x -p wa\n-w /etc/x -p wa\n")),
    "a foreign unknown user": recompiled(text(RULES_D + "00-theirs.rules", "-a always,exit -F arch=b64 -S open -F uid=nobody-here\n")),
    "never,task": recompiled(text(RULES_D + "00-theirs.rules", "-a never,task\n")),
    "never,exit for all": recompiled(text(RULES_D + "00-theirs.rules", "-a never,exit -S all\n")),
    "exclude system calls": recompiled(text(RULES_D + "00-theirs.rules", "-a always,exclude -F msgtype=SYSCALL\n")),
    "a -D behind ours": recompiled(text(RULES_D + "zzz-theirs.rules", "-D -k scope\n")),
    "an indented -D under mawk": recompiled(
        text("/usr/bin/mawk", ""), link("/usr/bin/awk", "mawk"), text(RULES_D + "zzz-theirs.rules", " -D\n")),
    "-f 2 in ours": recompiled(replace(FINALIZE, "-f 1", "-f 2")),
    "no control words": recompiled(remove(FINALIZE)),
    # units and boot words
    "auditd masked": systemd(link("/etc/systemd/system/auditd.service", "/dev/null")),
    "audit-rules masked": systemd(link("/etc/systemd/system/audit-rules.service", "/dev/null")),
    "auditd not enabled": systemd(remove(WANTS + "auditd.service")),
    "auditd -c elsewhere": systemd(text(DROP_IN, "[Service]\nExecStart=\nExecStart=/sbin/auditd -c /opt\n")),
    "auditd -s disable": systemd(text(UNIT, UNIT_TEXT.replace("sbin/auditd", "sbin/auditd -s disable"))),
    "no augenrules": systemd(text(DROP_IN, "[Service]\nExecStartPost=\n")),
    "audit=0": replace("/etc/default/grub", "audit=1", "audit=0"),
    "audit=off": replace("/etc/default/grub", "audit=1", "audit=off"),
    "audit=0 in grub.d": text("/etc/default/grub.d/50-cloud.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0 audit=0"\n'),
    "audit=0 in an entry": lambda root: [write(root, f"/boot/loader/entries/{name}.conf", f"title x\noptions root=/dev/vda ro {word}\n")
                                         for name, word in (("a", "audit=1 audit_backlog_limit=8192"), ("b", "audit=0"))],
    "audit=0 in grub.cfg": text("/boot/grub/grub.cfg", "menuentry 'x' {\n linux /vmlinuz root=/dev/sda1 ro audit=0\n}\n"),
    # rotation
    "no cron file": remove(_rotation.CRON),
    "another schedule": replace(_rotation.CRON, "* * *", "* * 1"),
    "keeps less": replace(_rotation.CONF, "keep_days = 30", "keep_days = 3"),
    "no interpreter": remove("/usr/bin/python3"),
    "everybody writes rotate.conf": mode(_rotation.CONF, 0o666),
    "no cron daemon": remove("/usr/sbin/cron"),
    "a timer too": text(_rotation.TIMER, "x"),
    "logrotate by a glob": text("/etc/logrotate.d/all", "/var/log/*/*.log {\n daily\n}\n"),
    "a crontab line": text("/etc/crontab", "0 0 * * * root pkill -USR1 -x auditd\n"),
    "a daily gzip": text("/etc/cron.daily/x", "#!/bin/sh\ngzip /var/log/audit/audit.log.*\n"),
    "the last run failed": text(_rotation.STATUS, '{"schema": 1, "result": "failed", "error": "no room"}'),
    # volume
    "the log's volume is not mounted": text("/etc/fstab", "/dev/vdb1 /var/log/audit xfs defaults 0 0\n"),
}
OWNERS = ("of a user", "writes", "a user's")
SAYS_MORE = {"everybody writes rotate.conf", "everybody writes auditd.conf"}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[BY_ROOT] if any(word in name for word in OWNERS) and name not in SAYS_MORE else []) for name in ON_DISK])
@pytest.mark.parametrize("live", [True, False], ids=["live", "tree"])
def test_a_break_on_disk_is_never_in_sync(tree, name, live):
    assert drift(tree, live=live)["status"] == "in_sync"
    ON_DISK[name](tree)
    document = drift(tree, live=live)
    assert document["status"] != "in_sync"
    assert document["status"] == "unknown" or any(item["severity"] != "info" and item["why"] for item in document["items"])


RUNNING = {
    "not running": daemon(running=False, report=None, pid=None),
    "older settings": daemon(older_settings=True),
    "nobody knows the settings": daemon(older_settings=None),
    "the last reload failed": daemon(last_record={"res": "failed"}),
    "another configuration": daemon(directory="/opt/audit"),
    "the log was deleted": daemon(log_held=False),
    "the kernel sends elsewhere": status(pid=8),
    "the kernel sends nowhere": status(pid=0),
    "suspended": report(logging_suspended=True),
    "a disk error": report(disk_error=True),
    "writes nothing": report(writing_to_logs=False),
    "another size in force": report(max_log_file_mb=0),
    "another threshold in force": report(space_left_mb=1),
    "waits for a restart": daemon(waiting={"local_events": "no"}),
    "auditing off": status(enabled=0),
    "panics": status(failure=2),
    "silent failure": status(failure=0),
    "a short queue": status(backlog_limit=64),
    "a rate limit": status(rate_limit=10),
    "a rule not loaded": loaded(lambda rules: rules.pop()),
    "no rules loaded": loaded(lambda rules: rules.clear()),
    "a foreign rule loaded": lambda live, parsed: parsed.loaded.extend(_compiled.parse_rules_file("-w /etc/x -p wa\n").rules),
    "never,task loaded": lambda live, parsed: parsed.loaded.extend(_compiled.parse_rules_file("-a never,task\n").rules),
    "not enabled at boot": facts(services={"enabled": False}),
    "audit=0 at the next boot": facts(boot={"next": {"source": "/boot", "audit": "0", "audit_backlog_limit": 8192}}),
    "no cron runs": lambda live, parsed: setattr(parsed.rotation, "cron_runs", False),
    "no label": facts(volume={"unlabelled": ["/etc/audit/auditd.conf"]}),
    "no report": unavailable("daemon.report"),
    "no kernel": unavailable("kernel"),
    "no rules to see": unavailable("rules.loaded"),
    "audit.rules unseen": unavailable("rules.compiled"),
    "no units to see": unavailable("services"),
    "permissions unseen": unavailable("permissions"),
    "rotation unseen": unavailable("rotation"),
    "the policy could not be tried": unavailable("rotation.policy"),
}


@pytest.mark.parametrize("name", RUNNING)
def test_a_break_of_what_runs_is_never_in_sync(tree, name):
    assert drift(tree)["status"] == "in_sync"
    assert drift(tree, change=RUNNING[name])["status"] != "in_sync"


NOT_SEEN_IN_A_TREE = ("auditd_conf", "rules", "rules.compiled", "rotation", "services", "permissions", "volume")


@pytest.mark.parametrize("name", NOT_SEEN_IN_A_TREE)
def test_what_a_tree_has_and_was_not_seen_is_unknown(tree, name):
    assert drift(tree, live=False, change=unavailable(name))["status"] == "unknown"
    assert drift(tree, wanted={}, live=False, change=unavailable(name))["status"] == "in_sync", "nobody wants it"


def in_rules(act):
    return recompiled(act)


HARMLESS = {
    "a comment in auditd.conf": append(AUDITD_CONF, "# a comment\n"),
    "an empty line in auditd.conf": append(AUDITD_CONF, "\n"),
    "words in small letters": replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = syslog"),
    "a key in capitals": replace(AUDITD_CONF, "num_logs", "NUM_LOGS"),
    "more blanks": replace(AUDITD_CONF, "num_logs = 5", "num_logs   =   5"),
    "a leading zero": replace(AUDITD_CONF, "num_logs = 5", "num_logs = 05"),
    "another order of keys": lambda root: write(root, AUDITD_CONF, "".join(sorted(CONF.splitlines(True), reverse=True))),
    "the same key twice": append(AUDITD_CONF, "num_logs = 5\n"),
    "a key that no policy names": append(AUDITD_CONF, "q_depth = 4000\n"),
    "a vendor's flush": append(AUDITD_CONF, "flush = INCREMENTAL_ASYNC\nfreq = 50\n"),
    "a vendor's priority": append(AUDITD_CONF, "priority_boost = 4\n"),
    "a vendor's tcp keys": append(AUDITD_CONF, "tcp_listen_queue = 5\ntcp_max_per_addr = 1\n"),
    "a vendor's krb5 keys": append(AUDITD_CONF, "krb5_principal = auditd\n"),
    "a stricter mode": mode(AUDITD_CONF, 0o600),
    "the strictest mode": mode(AUDITD_CONF, 0o400),
    "a readable auditd.conf": mode(AUDITD_CONF, 0o644),
    "stricter rules": mode(BASE, 0o400),
    "a readable audit.rules": mode(COMPILED, 0o644),
    "a comment in a rules file": in_rules(append(BASE, "# a comment\n")),
    "an empty line in a rules file": in_rules(append(BASE, "\n\n")),
    "a foreign comment file": in_rules(text(RULES_D + "50-note.rules", "# nothing here\n")),
    "an empty foreign file": in_rules(text(RULES_D + "50-note.rules", "")),
    "a foreign rule that is kept": in_rules(text(RULES_D + "60-other.rules", "-w /etc/other -p wa -k other\n")),
    "another spelling of a rule": in_rules(replace(BASE, "-a always,exit", "-a exit,always")),
    "perm letters in another order": in_rules(replace(BASE, "-p wa", "-p aw")),
    "-k for -F key=": in_rules(replace(BASE, "-F key=exec", "-k exec")),
    "a system call by number": in_rules(replace(BASE, "-S execve", "-S 59")),
    "not a rules file": text(RULES_D + "README", "hello\n"),
    "an old copy": text(RULES_D + "50-x.rules.bak", "-a never,task\n"),
    "augenrules' own copy": text(COMPILED + ".prev", _compiled.HEADER + "\n-a never,task\n"),
    "a header of another augenrules": replace(COMPILED, "## This file is automatically", "## This file was automatically"),
    "comments in audit.rules": append(COMPILED, "# end\n"),
    "another language": text("/etc/locale.conf", "LANG=de_DE.UTF-8\n"),
    "quiet on the boot line": replace("/etc/default/grub", "audit=1", "quiet audit=1"),
    "a longer queue at boot": replace("/etc/default/grub", "=8192", "=16384"),
    "no words on the boot line": replace("/etc/default/grub", "audit=1 audit_backlog_limit=8192", ""),
    "a recovery entry": text(
        "/boot/grub/grub.cfg", "linux /v root=/dev/sda1 ro audit=1 audit_backlog_limit=8192\nlinux /v root=/dev/sda1 single\n"),
    "a unit that is enabled": systemd(),
    "a drop-in that limits memory": systemd(text(DROP_IN, "[Service]\nMemoryMax=1G\n")),
    "another service masked": link("/etc/systemd/system/cups.service", "/dev/null"),
    "logrotate of other logs": text("/etc/logrotate.d/syslog", "/var/log/messages /var/log/*.log {\n daily\n}\n"),
    "a report by cron": text("/etc/cron.daily/report", "#!/bin/sh\naureport -i | mail root\n"),
    "a comment about logrotate": text("/etc/logrotate.d/x", "# /var/log/audit/*.log {\n"),
    "a volume that is not mounted at boot": text("/etc/fstab", "/dev/vdb1 /var/log/audit xfs noauto 0 0\n"),
    "another volume": text("/etc/fstab", "/dev/vdb1 /srv xfs defaults 0 0\n"),
    "an ACL-like group read": lambda root: write(root, "/var/log/audit/audit.log", "", 0o640),
    "a log": lambda root: write(root, "/var/log/audit/audit.log", "x\n", 0o600),
    "an archive": lambda root: write(root, "/var/log/audit/audit-2026-01-01.log.gz", "", 0o400),
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("live", [True, False], ids=["live", "tree"])
def test_a_harmless_difference_is_in_sync(tree, name, live):
    HARMLESS[name](tree)

    def everything_loaded(document, parsed):
        parsed.loaded = list(parsed.disk.rules)

    document = drift(tree, live=live, change=everything_loaded if live else None)
    assert [item["id"] for item in document["items"] if item["severity"] != "info"] == []
    assert document["status"] == "in_sync"


def test_there_are_enough_of_both():
    assert len(ON_DISK) + len(RUNNING) >= 60 and len(HARMLESS) >= 40


def test_a_file_that_does_not_exist_is_the_only_one_that_is_missing(tree):
    def finding():
        return next(item for item in drift(tree, live=False)["items"] if item["id"].startswith("disk.auditd_conf"))

    directory(AUDITD_CONF)(tree)
    assert (finding()["id"], finding()["severity"]) == ("disk.auditd_conf_unread", "critical")
    assert "missing" not in finding()["why"]
    (tree / AUDITD_CONF.lstrip("/")).rmdir()
    assert finding()["id"] == "disk.auditd_conf" and "missing" in finding()["why"]


def test_a_container_says_what_to_do(tree, monkeypatch):
    from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
    from ansible_collections.auditops.auditd.plugins.module_utils._live import daemon as reader
    from ansible_collections.auditops.auditd.plugins.module_utils._live import kernel
    from ansible_collections.auditops.auditd.plugins.module_utils._live.reading import Parsed, Reading

    host = Host(str(tree))
    host.is_live = True
    monkeypatch.setattr(_kernel, "_in_initial_namespace", lambda kind: kind != "pid")
    for read in (reader.read, kernel.read):
        with pytest.raises(_kernel.NotAvailable, match="container.*check and remediate that host.*audit_hosts"):
            read(Reading(host, None, {}, Parsed()))

    def change(live, parsed):
        live.update(daemon=None, kernel=None)
        parsed.loaded = None
        live["unavailable"].update(dict.fromkeys(("daemon", "kernel", "rules.loaded"), _kernel.IN_CONTAINER))

    document = drift(tree, change=change)
    assert document["status"] == "unknown" and not [item for item in document["items"] if item["severity"] != "info"]


def test_the_policy_is_not_changed_by_comparing(tree):
    wanted = copy.deepcopy(WANTED)
    _drift.compare(*_drift.look(Host(str(tree)), wanted), wanted)
    assert wanted == WANTED
