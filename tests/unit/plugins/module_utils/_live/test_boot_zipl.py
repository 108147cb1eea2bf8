# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree with files of grub and of zipl: what counts is the boot loader of its machine."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import boot

GRUB, ZIPL = 'GRUB_CMDLINE_LINUX="%s"\n', '[linux]\nparameters = "root=/dev/dasda1 %s"\n'
MENU = "menuentry x {\n linux /vmlinuz root=/dev/vda1 %s\n}\n"
GOOD, BARE = "audit=1 audit_backlog_limit=8192", "quiet"


@pytest.mark.parametrize(("machine", "grub", "menu", "zipl", "audit", "source"), [
    ("x86_64", GOOD, None, BARE, "1", "/etc/default/grub"),
    ("x86_64", BARE, None, GOOD, None, "/etc/default/grub"),
    ("aarch64", BARE, GOOD, BARE, "1", "/boot/grub/grub.cfg"),
    ("x86_64", None, None, GOOD, None, None),
    ("s390x", GOOD, None, BARE, None, "/etc/zipl.conf"),
    ("s390x", BARE, None, GOOD, "1", "/etc/zipl.conf"),
    ("s390x", GOOD, None, "audit=0", "0", "/etc/zipl.conf"),
    (None, GOOD, None, GOOD, "1", "/etc/zipl.conf or /etc/default/grub"),
    (None, GOOD, None, BARE, None, "/etc/zipl.conf or /etc/default/grub"),
    (None, BARE, None, GOOD, None, "/etc/zipl.conf or /etc/default/grub"),
    (None, BARE, GOOD, GOOD, "1", "/etc/zipl.conf or /boot/grub/grub.cfg"),
    (None, None, None, GOOD, "1", "/etc/zipl.conf"),
])
def test_the_boot_loader_of_the_machine_counts(tmp_path, machine, grub, menu, zipl, audit, source):
    for path, text, line in (("etc/default/grub", GRUB, grub), ("boot/grub/grub.cfg", MENU, menu), ("etc/zipl.conf", ZIPL, zipl)):
        if line is not None:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text % line)
    host = Host(str(tmp_path))
    host.arch = machine
    found = boot.next_words(host)
    assert (found.get("audit"), found.get("source")) == (audit, source)
