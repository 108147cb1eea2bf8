# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot line by Debian's own grub-mkconfig and its scripts, in a copy of this machine's root (an overlay), which alone is changed.

Only grub-probe is a stand-in: it would look for the device of an overlay.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import boot_line
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

WANTED = {"audit": "1", "audit_backlog_limit": "8192"}
PROBE = """#!/bin/sh
for word in "$@"; do
  case $last$word in
    *--target=device | -tdevice) echo /dev/vda1 ;;
    *--target=fs_uuid | -tfs_uuid) echo 0b5e0c4e-0d6e-4b5b-8f0a-1d2c3b4a5f60 ;;
    *--target=fs | -tfs) echo ext2 ;;
    *--target=partmap | -tpartmap) echo gpt ;;
    *--target=compatibility_hint | -tcompatibility_hint) echo hd0,gpt1 ;;
  esac
  [ "$word" = -t ] && last=-t || last=
done
"""
DEFAULTS = 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="console=ttyS0"\n'

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not shutil.which("grub-mkconfig"), reason="needs grub-mkconfig (Debian: grub-common)"),
]


class Machine:
    """A running host over a root of its own."""

    def __init__(self, root):
        self.root, self.host = root, Host(str(root), self.run)
        self.host.is_live, self.host.path = True, lambda path, follow=True: str(root) + path

    def run(self, argv, **_options):
        done = subprocess.run(["chroot", str(self.root), *argv], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def write(self, path, text, mode=0o644):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def generate(self):
        code, out, error = self.run(["grub-mkconfig"])
        assert code == 0, error
        self.write("boot/grub/grub.cfg", out, 0o600)

    @property
    def lines(self):
        """The kernels' lines of the menu."""
        return [line.split() for line in (self.root / "boot/grub/grub.cfg").read_text().splitlines() if line.strip().startswith("linux")]

    def state(self):
        files = [self.root / "etc/default/grub", self.root / "boot/grub/grub.cfg", *(self.root / "etc/default").glob("grub.d/*")]
        return {path: (path.read_text(), path.stat().st_mode) for path in files}

    def apply(self, wanted):
        planned = boot_line.plan(self.host, wanted)
        boot_line.apply(self.host, planned, wanted)
        return planned


@pytest.fixture
def machine(tmp_path):
    parts = {name: tmp_path / name for name in ("upper", "work", "root")}
    for path in parts.values():
        path.mkdir()
    options = f"lowerdir=/,upperdir={parts['upper']},workdir={parts['work']}"
    if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, parts["root"]], check=False, capture_output=True).returncode:
        pytest.skip("no overlay can be mounted here")
    try:
        one = Machine(parts["root"])
        one.write("usr/sbin/grub-probe", PROBE, 0o755)
        one.write("etc/default/grub", DEFAULTS)
        shutil.rmtree(one.root / "etc/default/grub.d", ignore_errors=True)
        for name in ("vmlinuz-6.1.0-9-test", "initrd.img-6.1.0-9-test", "vmlinuz-5.10.0-1-test"):
            one.write(f"boot/{name}", "")
        (one.root / "boot/grub").mkdir(exist_ok=True)
        one.generate()
        yield one
    finally:
        subprocess.run(["umount", parts["root"]], check=True)


def test_the_words_come_into_each_line_of_the_menu_and_nothing_else_does(machine):
    before, menu = machine.lines, (machine.root / "boot/grub/grub.cfg").read_text()
    assert len(before) >= 4 and any("single" in words for words in before)
    machine.apply(WANTED)
    assert [[word for word in words if not word.startswith("audit")] for words in machine.lines] == before
    assert all({"audit=1", "audit_backlog_limit=8192"} <= set(words) for words in machine.lines), "recovery too"
    kept = [path for path in (machine.root / "boot/grub").iterdir() if path.name.startswith("grub.cfg.")]
    assert [path.read_text() for path in kept] == [menu]
    assert not boot_line.plan(machine.host, WANTED).changed
    machine.apply({"audit": "0"})
    assert all("audit=0" in words and "audit=1" not in words for words in machine.lines)


def test_what_grub_d_says_last_is_found_there(machine):
    machine.write("etc/default/grub.d/50-cloud.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1 audit=0"\n')
    machine.generate()
    assert any("audit=0" in words for words in machine.lines)
    machine.apply(WANTED)
    assert all("audit=1" in words and "audit=0" not in words for words in machine.lines)


@pytest.mark.parametrize("path, text", [
    ("etc/default/grub", DEFAULTS.replace("console=ttyS0", "console=ttyS0 init=/bin/sh")),
    ("etc/default/grub", DEFAULTS.replace("TIMEOUT=5", "TIMEOUT=0")),
    ("etc/default/grub.d/60-mine.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="quiet nosmt"\n'),
    ("etc/grub.d/40_custom", "#!/bin/sh\necho \"menuentry 'mine' {\"\necho ' linux /mine'\necho '}'\n"),
    ("boot/vmlinuz-6.9.0-1-test", ""),
])
def test_somebodys_half_made_edit_is_not_carried_in(machine, path, text):
    """An edit of the defaults, a script or a kernel that the menu does not have yet."""
    machine.write(path, text, 0o755 if "grub.d/40" in path else 0o644)
    before = machine.state()
    with pytest.raises(AuditError, match="would be changed in more than our words"):
        machine.apply(WANTED)
    assert machine.state() == before


def test_a_generator_that_fails_leaves_everything_as_it_was(machine):
    before = machine.state()
    machine.write("etc/grub.d/06_broken", "#!/bin/sh\nexit 3\n", 0o755)
    with pytest.raises(AuditError, match="grub-mkconfig failed"):
        machine.apply(WANTED)
    assert machine.state() == before
