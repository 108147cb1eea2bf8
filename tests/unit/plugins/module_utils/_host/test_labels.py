# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of new files in an offline tree, by the tree's own file contexts."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host import labels
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

# The lines of the targeted policy of RHEL 8, 9 and 10 that speak of audit, in the policy's order (expressions first, exact paths last)
CONTEXTS = """/.*	system_u:object_r:default_t:s0
/etc/.*	system_u:object_r:etc_t:s0
/usr/.*	system_u:object_r:usr_t:s0
/var/.*	system_u:object_r:var_t:s0
/etc/audit(/.*)?	system_u:object_r:auditd_etc_t:s0
/var/log/audit(/.*)?	system_u:object_r:auditd_log_t:s0
/var/lib(/.*)?	system_u:object_r:var_lib_t:s0
/usr/lib/systemd/system(/.*)?	system_u:object_r:systemd_unit_file_t:s0
/etc/systemd/system(/.*)?	system_u:object_r:systemd_unit_file_t:s0
/etc/cron\\.d(/.*)?	system_u:object_r:system_cron_spool_t:s0
/var/run/.*	<<none>>
/usr/sbin/.*	--	system_u:object_r:bin_t:s0
/etc/fstab\\.d/.*	--	system_u:object_r:etc_runtime_t:s0
/etc/crontab	--	system_u:object_r:system_cron_spool_t:s0
/usr/sbin/auditd	--	system_u:object_r:auditd_exec_t:s0
"""


@pytest.fixture
def tree(tmp_path):
    base = tmp_path / "etc/selinux/targeted/contexts/files"
    base.mkdir(parents=True)
    (tmp_path / "etc/selinux/config").write_text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    (base / "file_contexts").write_text(CONTEXTS)
    (base / "file_contexts.subs_dist").write_text("/run /var/run\n/usr/local/lib/systemd/system /usr/lib/systemd/system\n")
    (base / "file_contexts.local").write_text("/etc/audit/rules\\.d/site.*    system_u:object_r:site_t:s0\n")
    return tmp_path


@pytest.mark.parametrize(("path", "kind", "label"), [
    ("/etc/audit/auditd.conf", stat.S_IFREG, "auditd_etc_t"),
    ("/etc/audit", stat.S_IFDIR, "auditd_etc_t"),
    ("/etc/audit/rules.d/site.rules", stat.S_IFREG, "site_t"),
    ("/var/log/audit/audit.log.2026.xz", stat.S_IFREG, "auditd_log_t"),
    ("/etc/systemd/system/auditd.service", stat.S_IFLNK, "systemd_unit_file_t"),
    ("/usr/local/lib/systemd/system/x.timer", stat.S_IFREG, "systemd_unit_file_t"),
    ("/etc/cron.d/audit-rotate", stat.S_IFREG, "system_cron_spool_t"),
    ("/etc/cronXd/audit-rotate", stat.S_IFREG, "etc_t"),
    ("/etc/crontab", stat.S_IFREG, "system_cron_spool_t"),
    ("/usr/sbin/auditd", stat.S_IFREG, "auditd_exec_t"),
    ("/usr/sbin/audit-rotate", stat.S_IFREG, "bin_t"),
    ("/usr/sbin/audit-rotate", stat.S_IFDIR, "usr_t"),
    ("/run/auditops.lock", stat.S_IFREG, None),
    ("/var/lib/auditops/rescue", stat.S_IFDIR, "var_lib_t"),
])
def test_the_label_of_a_path(tree, path, kind, label):
    found = labels.Labels(Host(str(tree))).of(path, kind)
    assert found == (label and f"system_u:object_r:{label}:s0")


@pytest.mark.parametrize("config", ["SELINUX=disabled\nSELINUXTYPE=targeted\n", "", "SELINUX=enforcing\nSELINUXTYPE=other\n"])
def test_where_there_is_no_policy_nothing_is_labelled(tree, config):
    (tree / "etc/selinux/config").write_text(config)
    assert not labels.Labels(Host(str(tree))).known


# 250 contexts each, as the targeted policy has them: read in fedora-selinux/selinux-policy (files.fc, logging.fc, cron.fc, init.fc,
# systemd.fc, corecommands.fc, bootloader.fc), in the order in which libsemanage writes them. RHEL 10 has /run, the others /var/run.
POLICIES = Path(__file__).parents[1] / "fixtures/selinux"
# path: its kind, its type under the targeted policy of RHEL 8, and of 9 and 10 where it differs
PATHS = {
    "/etc/audit/rotate.conf": ("file", "auditd_etc_t"),
    "/etc/audit/rules.d": ("dir", "auditd_etc_t"),
    "/var/log/audit/audit-2026-11-26T000000Z.log.xz": ("file", "auditd_log_t"),
    "/var/log/audit": ("dir", "auditd_log_t"),
    "/var/log": ("dir", "var_log_t"),
    "/var/lib/auditops/rescue/2026-11-26T00:00:00Z/watched": ("file", "var_lib_t"),
    "/var/lib/systemd/timers/stamp-audit-rotate.timer": ("file", "init_var_lib_t"),
    "/usr/local/sbin/audit-rotate": ("file", "bin_t"),
    "/usr/local/lib/audit-rotate/audit_rotate.pyz": ("file", "lib_t"),
    "/etc/systemd/system/audit-rotate.timer": ("file", "systemd_unit_file_t"),
    "/etc/systemd/system/auditd.service": ("link", "systemd_unit_file_t"),
    "/etc/systemd/system/multi-user.target.wants/auditd.service": ("link", "systemd_unit_file_t"),
    "/etc/systemd/system/auditd.service.d": ("dir", "systemd_unit_file_t"),
    "/etc/systemd/system/audit-rules.service": ("file", "systemd_unit_file_t", "systemd_unit_file_t", "auditd_unit_file_t"),
    "/usr/lib/systemd/system/auditd.service": ("file", "auditd_unit_file_t"),
    "/etc/cron.d/audit-rotate": ("file", "system_cron_spool_t"),
    "/etc/crontab": ("file", "system_cron_spool_t"),
    "/etc/cron.daily/audit-rotate": ("file", "bin_t"),
    "/etc/init.d/auditd": ("file", "auditd_initrc_exec_t"),
    "/etc/init.d/audit-rotate": ("file", "initrc_exec_t"),
    "/etc/cron.dailyx/y": ("file", "etc_t"),
    "/etc/passwd-": ("file", "passwd_file_t"),
    "/etc/systemd/journald.conf.d": ("dir", "systemd_conf_t"),
    "/usr/sbin/auditctl": ("file", "auditctl_exec_t"),
    "/usr/sbin/auditctl.old": ("file", "bin_t"),
    "/usr/sbin/grub2-mkconfig": ("file", "bootloader_exec_t"),
    "/usr/lib/systemd/system/auditd.service.d": ("dir", "systemd_unit_file_t"),
    "/usr/lib/systemd/system/systemd-poweroff.service": ("file", "power_unit_file_t"),
    "/usr/local/bin/x": ("file", "bin_t"),
    "/opt/agent/sbin/ship": ("file", "bin_t"),
    "/opt/agent/var/log/x": ("file", "var_log_t"),
    "/var/log/audit/lost+found": ("dir", "lost_found_t"),
    "/var/log/audit/lost+found/x": ("file", None),
    "/var/log/audit.log.1": ("file", "auditd_log_t"),
    "/var/log/cron-2026": ("file", "cron_log_t"),
    "/var/lib/rpm/x": ("file", "rpm_var_lib_t"),
    "/var/spool/cron/crontabs/root": ("file", None),
    "/var/tmp": ("link", "tmp_t"),
    "/boot/loader/entries/x.conf": ("file", "boot_t"),
    "/boot/System.map-5.14": ("file", "system_map_t"),
    "/etc/zipl.conf": ("file", "bootloader_etc_t"),
    "/lib/systemd/system/auditd.service": ("file", "auditd_unit_file_t"),
    "/var/run/crond.pid": ("file", "crond_var_run_t"),
    "/run/other.pid": ("file", None),
    "/var/spool/cron/deploy": ("file", "user_cron_spool_t"),
    "/run/auditops.lock": ("file", "var_run_t"),
    "/run/auditd.pid": ("file", "auditd_var_run_t"),
    "/run/lock/x": ("file", None, None, "var_lock_t"),
    "/sbin/auditd": ("file", "auditd_exec_t"),
    "/sbin/x": ("file", "bin_t"),
    "/.autorelabel": ("file", "etc_runtime_t"),
    "/etc/default/grub": ("file", "bootloader_etc_t"),
    "/etc/auditops-rescue/x/list.json": ("file", "etc_t"),
    "/tmp/x": ("file", None),
    "/etc": ("dir", "etc_t"),
    "/": ("dir", "root_t"),
}
KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK}
RELEASES = ("rhel-8", "rhel-9", "rhel-10")


def wanted_type(path, release):
    types = PATHS[path][1:]
    return types[min(RELEASES.index(release), len(types) - 1)]


def policy(root, release, **more):
    """The policy of a release in a tree; ``more``: {suffix: text} of files beside it."""
    base = root / "etc/selinux/targeted/contexts/files"
    shutil.copytree(POLICIES / release, base)
    for suffix, text in more.items():
        (base / f"file_contexts.{suffix}").write_text(text)
    (root / "etc/selinux/config").write_text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    return base / "file_contexts"


@pytest.mark.parametrize("release", RELEASES)
def test_the_labels_of_each_release(tmp_path, release):
    policy(tmp_path, release)
    found = labels.Labels(Host(str(tmp_path)))
    have = {path: found.of(path, KINDS[row[0]]) for path, row in PATHS.items()}
    assert have == {path: (kind := wanted_type(path, release)) and f"system_u:object_r:{kind}:s0" for path in PATHS}


# what stands beside the policy; libselinux says what comes of it, as the last line and the administrator's files win in their own ways
BESIDE = {
    "nothing": {},
    "local": {"local": "/etc/audit/rotate.*\tsystem_u:object_r:site_t:s0\n"
                       "/etc/cron\\.d/audit-rotate\t--\tsystem_u:object_r:site_t:s0\n"
                       "/opt/logs(/.*)?\tsystem_u:object_r:auditd_log_t:s0\n"},
    "local_exact": {"local": "/usr/local/sbin/audit-rotate\tsystem_u:object_r:site_t:s0\n"
                             "/usr/sbin/audit-rotate\t--\tsystem_u:object_r:own_t:s0\n"},
    "local_none": {"local": "/etc/audit/rotate\\.conf\t<<none>>\n"},
    "subs": {"subs": "/srv/audit /var/log/audit\n/etc/auditops-rescue /etc/audit\n"},
    "subs_upon_subs_dist": {"subs": "/srv /run/lock\n/var/lib/auditops /usr/local\n"},
    "subs_twice": {"subs": "/etc/audit /opt\n/etc/audit /var/log\n"},
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("release", RELEASES)
def test_libselinux_says_the_same(tmp_path, release, beside):
    if not shutil.which("selabel_lookup"):
        pytest.skip("selabel_lookup is not installed (Debian: selinux-utils)")
    contexts = policy(tmp_path, release, **BESIDE[beside])
    found = labels.Labels(Host(str(tmp_path)))
    for path in [*PATHS, "/srv/audit/x", "/srv/x", "/opt/logs", "/opt/logsx"]:
        kind = PATHS[path][0] if path in PATHS else "file"
        done = subprocess.run(["selabel_lookup", "-r", "-b", "file", "-f", contexts, "-k", path, "-t", str(KINDS[kind])], check=False,
                              capture_output=True, text=True)
        said = done.stdout.rpartition(": ")[2].strip() if done.returncode == 0 else None
        assert found.of(path, KINDS[kind]) == said, (path, kind, done.stdout, done.stderr)


class Xattrs:
    """The labels of files on a filesystem that keeps them; ``refused``: paths whose label cannot be set."""

    def __init__(self, monkeypatch, refused=()):
        self.have, self.refused = {}, refused
        monkeypatch.setattr(labels.os, "getxattr", self.get)
        monkeypatch.setattr(labels.os, "setxattr", self.set)

    def get(self, path, name, **_options):
        if path not in self.have:
            raise OSError(61, "No data available")
        return self.have[path]

    def set(self, path, name, value, **_options):
        if os.path.basename(path) in self.refused:
            raise OSError(1, "Operation not permitted")
        self.have[path] = value


def test_only_what_is_new_is_labelled_and_a_refusal_is_said(tree, monkeypatch):
    for path in ("etc/audit/auditd.conf", "etc/audit/rotate.conf", "etc/cron.d/audit-rotate"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("")
    xattrs = Xattrs(monkeypatch, refused=("audit-rotate",))
    xattrs.have[str(tree / "etc/audit/auditd.conf")] = b"kept"
    paths = ["/etc/audit/auditd.conf", "/etc/audit/rotate.conf", "/etc/cron.d/audit-rotate", "/etc/audit/gone"]
    done, refused = labels.label_new(Host(str(tree)), paths)
    assert done == ["/etc/audit/rotate.conf"] and list(refused) == ["/etc/cron.d/audit-rotate"]
    assert "cannot be set here: Operation not permitted" in refused["/etc/cron.d/audit-rotate"]
    assert xattrs.have[str(tree / "etc/audit/rotate.conf")] == b"system_u:object_r:auditd_etc_t:s0\0"
    assert xattrs.have[str(tree / "etc/audit/auditd.conf")] == b"kept"
    assert labels.label_new(Host(str(tree)), paths)[0] == []
