# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of new files in an offline tree, by the tree's own file contexts."""

from __future__ import annotations

import os
import stat

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
