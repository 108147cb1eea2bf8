# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the log's own volume is mounted, whatever its path is spelled with."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host import mounts
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import volume


def not_mounted(tmp_path, monkeypatch, point, listing):
    """What is read where fstab names the log's directory ``point`` and the kernel has the ``listing``, {} for the tree."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/fstab").write_text(f"/dev/vdb1 {point} xfs defaults 0 0\n")
    listed = tmp_path / "mountinfo"
    if listing is not None:
        listed.write_bytes(listing.replace("{}", str(root)).encode())
    monkeypatch.setattr(mounts, "MOUNTINFO", str(listed))
    directory = point.replace("\\040", " ").replace("\\134", "\\")
    host = Host(str(root))
    return volume._not_mounted(host, volume._mounted_at_boot(host), directory + "/audit.log")


@pytest.mark.parametrize("point", ["/var/log/audit", "/srv/protok\u00f6ll", "/srv/audit\\040log", "/srv/back\\134slash"])
def test_a_mount_point_is_recognised_by_its_bytes(tmp_path, monkeypatch, point):
    assert not_mounted(tmp_path, monkeypatch, point, f"36 25 252:17 / {{}}{point} rw,noatime - xfs /dev/vdb1 rw\n") is None


def test_one_that_is_not_mounted_is_named_as_it_is(tmp_path, monkeypatch):
    assert not_mounted(tmp_path, monkeypatch, "/srv/audit\\040log", "25 1 252:1 / / rw - ext4 /dev/vda1 rw\n") == "/srv/audit log"


def test_a_list_of_mounts_that_cannot_be_read_is_not_available(tmp_path, monkeypatch):
    with pytest.raises(NotAvailable, match="mountinfo: No such file"):
        not_mounted(tmp_path, monkeypatch, "/var/log/audit", None)
