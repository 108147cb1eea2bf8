# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_boot with everything set, read from the files of the hosts."""

from __future__ import annotations

import os

import hosts
import pytest


@pytest.fixture(params=("debian-12", "rhel-8"))
def root(request):
    return hosts.roots()[request.param]


def test_auditd_is_masked_and_no_target_wants_it(root):
    assert os.readlink(root / "etc/systemd/system/auditd.service") == "/dev/null"
    assert not (root / "etc/systemd/system/multi-user.target.wants/auditd.service").is_symlink()


def test_the_unit_of_the_package_is_untouched(root):
    assert (root / "usr/lib/systemd/system/auditd.service").read_text().startswith("[Service]")


def test_nothing_panics_while_nobody_reads_the_records(root):
    assert "-f 2" not in hosts.compiled(root)


def test_the_boot_line_has_the_words(root):
    assert 'GRUB_CMDLINE_LINUX="quiet audit=0 audit_backlog_limit=8192"' in (root / "etc/default/grub").read_text()
