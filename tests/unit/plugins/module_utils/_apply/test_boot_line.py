# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot line in each place that a host boots from: what is edited, what is refused, and what the reader then sees."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import boot_line
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import boot_line as words
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import boot
from fake_host import FakeHost

WANTED = {"audit": "1", "audit_backlog_limit": "8192"}
ENTRY = "title Linux\nversion 5\nlinux /vmlinuz-5\ninitrd /initrd-5\noptions %s\ngrub_class rhel\n"
GRUBENV = "# GRUB Environment Block\nsaved_entry=x\nkernelopts=root=/dev/vda1 ro audit=0\n"
MENU = "### BEGIN ###\nmenuentry 'a' {{\n\tlinux\t/vmlinuz root=/dev/vda1 ro {line}\n}}\n" \
       "menuentry 'b' {{\n\tlinux\t/vmlinuz root=/dev/vda1 ro single\n}}\n"


def write(root, path, text):
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def read(root, path):
    return (root / path.lstrip("/")).read_text()


@pytest.mark.parametrize(("line", "expected"), [
    ("root=/dev/vda1 ro", "root=/dev/vda1 ro audit=1 audit_backlog_limit=8192"),
    ("", "audit=1 audit_backlog_limit=8192"),
    ("audit=0", "audit=1 audit_backlog_limit=8192"),
    ("ro audit=1 quiet audit_backlog_limit=8192", "ro audit=1 quiet audit_backlog_limit=8192"),
    ("audit=1 ro audit=0 audit_backlog_limit=8192", "ro audit=1 audit_backlog_limit=8192"),
    ("ro audit_backlog_limit=64 x.audit=0 noaudit", "ro x.audit=0 noaudit audit=1 audit_backlog_limit=8192"),
    ("ro audit=0 -- audit=0 3", "ro audit=1 audit_backlog_limit=8192 -- audit=0 3"),
    ('ro dyndbg="file a.c +p"  quiet', 'ro dyndbg="file a.c +p"  quiet audit=1 audit_backlog_limit=8192'),
])
def test_words_of_a_line(line, expected):
    assert words.changed(line, WANTED) == expected
    assert words.changed(expected, WANTED) == expected


@pytest.mark.parametrize(("texts", "expected"), [
    ({"a": 'GRUB_CMDLINE_LINUX="ro"\n'}, {"a": 'GRUB_CMDLINE_LINUX="ro audit=1 audit_backlog_limit=8192"\n'}),
    ({"a": "GRUB_CMDLINE_LINUX=\nGRUB_TIMEOUT=1"}, {"a": 'GRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\nGRUB_TIMEOUT=1'}),
    ({"a": "GRUB_TIMEOUT=1"}, {"a": 'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\n'}),
    ({"a": 'GRUB_CMDLINE_LINUX="ro audit=0" # by hand\n', "b": "GRUB_CMDLINE_LINUX='$GRUB_CMDLINE_LINUX nosmt'\n"},
     {"a": 'GRUB_CMDLINE_LINUX="ro" # by hand\n',
      "b": "GRUB_CMDLINE_LINUX='$GRUB_CMDLINE_LINUX nosmt audit=1 audit_backlog_limit=8192'\n"}),
    ({"a": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet audit=0"\nGRUB_CMDLINE_LINUX=""\n'},
     {"a": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\n'}),
    ({"a": 'GRUB_CMDLINE_LINUX="ro"\nGRUB_CMDLINE_LINUX+=" audit=0"\n', "b": 'GRUB_CMDLINE_LINUX+=" nosmt audit=0"\n'},
     {"a": 'GRUB_CMDLINE_LINUX="ro audit=1 audit_backlog_limit=8192"\nGRUB_CMDLINE_LINUX+=""\n', "b": 'GRUB_CMDLINE_LINUX+=" nosmt"\n'}),
    ({"a": 'GRUB_CMDLINE_LINUX+="audit=0"\n'}, {"a": 'GRUB_CMDLINE_LINUX+=" audit=1 audit_backlog_limit=8192"\n'}),
    ({"a": 'if [ "$X" = "" ]; then\n  echo x\nfi\nGRUB_CMDLINE_LINUX="ro"\n# && GRUB_CMDLINE_LINUX=x\n'},
     {"a": 'if [ "$X" = "" ]; then\n  echo x\nfi\nGRUB_CMDLINE_LINUX="ro audit=1 audit_backlog_limit=8192"\n# && GRUB_CMDLINE_LINUX=x\n'}),
])
def test_grub_defaults(texts, expected):
    assert words.grub_defaults(texts, WANTED) == expected
    assert words.grub_defaults(expected, WANTED) == expected


@pytest.mark.parametrize("line", [
    'GRUB_CMDLINE_LINUX="a"b', 'GRUB_CMDLINE_LINUX=$(cat x)', 'GRUB_CMDLINE_LINUX="a\\"b"', 'GRUB_CMDLINE_LINUX="a',
])
def test_what_only_a_shell_reads_is_refused(line):
    with pytest.raises(AuditError, match="the assignment"):
        words.grub_defaults({"/etc/default/grub": line + "\n"}, WANTED)


@pytest.mark.parametrize(("text", "reason"), [
    ('GRUB_TIMEOUT=1; GRUB_CMDLINE_LINUX="root=/dev/vda1 audit=0"\n', "line 1 of /etc/default/grub sets GRUB_CMDLINE_LINUX"),
    ('GRUB_CMDLINE_LINUX="ro"\n[ -f /x ] && GRUB_CMDLINE_LINUX="audit=0"\n', "line 2 of"),
    ('GRUB_CMDLINE_LINUX="ro"\nif [ -f /x ]; then\n  GRUB_CMDLINE_LINUX="audit=0"\nfi\n', "line 3 of"),
    ('GRUB_CMDLINE_LINUX="ro"; GRUB_CMDLINE_LINUX="audit=0"\n', "line 1 of"),
    ('GRUB_TIMEOUT=5\r\nGRUB_CMDLINE_LINUX="ro"\r\n', "line 2 of /etc/default/grub ends in a carriage return"),
])
def test_what_hides_an_assignment_is_refused(text, reason):
    """Edited all the same, the words would land where nothing reads them, or the line that was there would be lost."""
    with pytest.raises(AuditError, match=reason):
        words.grub_defaults({"/etc/default/grub": text}, WANTED)


PLACES = {
    "entries": ({"/boot/loader/entries/a.conf": ENTRY % "root=/dev/vda1 ro",
                 "/boot/loader/entries/b.conf": ENTRY % "root=/dev/vda1 audit=0"},
                ["/boot/loader/entries/a.conf", "/boot/loader/entries/b.conf"]),
    "entries and environment": (
        {"/boot/loader/entries/a.conf": ENTRY % "$kernelopts $tuned_params", "/boot/grub2/grubenv": GRUBENV.ljust(1024, "#"),
         "/etc/default/grub": 'GRUB_CMDLINE_LINUX="ro"\nGRUB_ENABLE_BLSCFG=true\n'},
        ["/boot/grub2/grubenv", "/etc/default/grub"]),
    "grub's defaults": ({"/etc/default/grub": 'GRUB_CMDLINE_LINUX="ro"\n'}, ["/etc/default/grub"]),
    "grub.d": ({"/etc/default/grub": 'GRUB_CMDLINE_LINUX="ro"\n',
                "/etc/default/grub.d/50-cloud.cfg": 'GRUB_CMDLINE_LINUX="console=ttyS0 audit=0"\n'},
               ["/etc/default/grub.d/50-cloud.cfg"]),
    "systemd-boot": ({"/efi/loader/entries/a.conf": ENTRY % "root=/dev/vda1 ro", "/etc/kernel/cmdline": "root=/dev/vda1 ro\n"},
                     ["/efi/loader/entries/a.conf", "/etc/kernel/cmdline"]),
    "an entry of Windows beside": (
        {"/efi/loader/entries/a.conf": ENTRY % "root=/dev/vda1 ro",
         "/efi/loader/entries/windows.conf": "title Windows\nefi /EFI/Microsoft/Boot/bootmgfw.efi\n"}, ["/efi/loader/entries/a.conf"]),
    "an entry without options": (
        {"/efi/loader/entries/a.conf": "title Linux\nlinux /vmlinuz-5\n"}, ["/efi/loader/entries/a.conf"]),
    "grub's defaults that are added to": (
        {"/etc/default/grub": 'GRUB_CMDLINE_LINUX="ro"\nGRUB_CMDLINE_LINUX+=" quiet"\n'}, ["/etc/default/grub"]),
    "zipl": ({"/etc/zipl.conf": '[linux]\ntarget = /boot\nparameters = "root=/dev/dasda1 audit=0"\n'}, ["/etc/zipl.conf"]),
}


@pytest.mark.parametrize("name", PLACES)
def test_each_place_of_a_tree(tmp_path, name):
    files, changed = PLACES[name]
    for path, text in files.items():
        write(tmp_path, path, text)
    host = Host(str(tmp_path))
    planned = boot_line.plan(host, WANTED)
    assert sorted(planned.texts) == changed and not planned.notes
    boot_line.apply(host, planned, WANTED)
    found = boot.next_words(host)
    assert (found["audit"], found["audit_backlog_limit"]) == ("1", 8192)
    assert not boot_line.plan(host, WANTED).changed
    for path, text in files.items():
        if path.endswith("grubenv"):
            assert len(read(tmp_path, path)) == 1024
        if path not in changed:
            assert read(tmp_path, path) == text


def test_a_rescue_entry_is_left_alone(tmp_path):
    path = write(tmp_path, "/boot/loader/entries/0-rescue.conf", ENTRY % "ro")
    write(tmp_path, "/boot/loader/entries/a.conf", ENTRY % "ro")
    host = Host(str(tmp_path))
    boot_line.apply(host, boot_line.plan(host, WANTED), WANTED)
    assert path.read_text() == ENTRY % "ro"


def test_a_generated_menu_of_a_tree_is_named_until_its_own_system_made_it(tmp_path):
    write(tmp_path, "/etc/default/grub", 'GRUB_CMDLINE_LINUX=""\n')
    menu = write(tmp_path, "/boot/grub/grub.cfg", MENU.format(line="quiet"))
    host = Host(str(tmp_path))
    for files in (["/etc/default/grub"], []):
        planned = boot_line.plan(host, WANTED)
        assert sorted(planned.texts) == files and len(planned.notes) == 1
        assert "until then the next boot has the old words" in planned.notes[0]
        boot_line.apply(host, planned, WANTED)
    assert menu.read_text() == MENU.format(line="quiet")


@pytest.mark.parametrize(("files", "reason"), [
    ({"/etc/hostname": "x"}, "no boot line that can be edited was found"),
    ({"/ostree/repo/config": ""}, "rpm-ostree kargs --append-if-missing=audit=1"),
    ({"/boot/efi/EFI/Linux/a.efi": ""}, "kernel-install add-all"),
    ({"/efi/loader/entries/windows.conf": "title Windows\nefi /EFI/Microsoft/Boot/bootmgfw.efi\n"}, "no boot line that can be edited"),
    ({"/etc/zipl.conf": "[linux]\nparmfile = /etc/parm\n"}, "parmfile = /etc/parm: put audit=1 audit_backlog_limit=8192 there"),
])
def test_what_is_refused_says_what_would_be_right(tmp_path, files, reason):
    for path, text in files.items():
        write(tmp_path, path, text)
    with pytest.raises(AuditError, match=reason):
        boot_line.plan(Host(str(tmp_path)), WANTED)


@pytest.mark.parametrize(("given", "reason"), [
    (["audit=2"], "audit=2 is none of"), (["quiet"], "quiet is none of"), (["audit_backlog_limit=x"], "is none of"),
    (["audit_backlog_limit=0"], "is none of"), (["audit=1", "audit=0"], "twice"),
])
def test_words_that_are_refused(given, reason):
    with pytest.raises(AuditError, match=reason):
        boot_line.wanted_words(given)


class Debian:
    """A running Debian: grub-mkconfig makes the menu out of grub's defaults, and of whatever else it is told."""

    def __init__(self, root, extra=""):
        self.host, self.extra = FakeHost(str(root)), extra
        write(root, "/proc/cmdline", "root=/dev/vda1 ro quiet\n")
        write(root, "/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet"\n')
        self.menu = write(root, "/boot/grub/grub.cfg", self.generated())
        self.host.install("grub-mkconfig", lambda *_options: (0, self.generated(), ""))

    def generated(self):
        variables = boot.grub_variables(boot.grub_files(self.host))
        return MENU.format(line=variables["GRUB_CMDLINE_LINUX"]) + self.extra


def test_a_menu_is_generated_and_compared(tmp_path):
    system = Debian(tmp_path)
    planned = boot_line.plan(system.host, WANTED)
    assert planned.menu == "/boot/grub/grub.cfg"
    boot_line.apply(system.host, planned, WANTED)
    assert "ro quiet audit=1 audit_backlog_limit=8192\n" in system.menu.read_text()
    assert len(list(system.menu.parent.glob("grub.cfg.*"))) == 1, "the old menu is kept"
    assert not boot_line.plan(system.host, WANTED).changed and boot_line.reboot_required(system.host, WANTED)


def test_somebodys_half_made_edit_is_not_carried_in(tmp_path):
    system = Debian(tmp_path)
    write(tmp_path, "/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet init=/bin/sh"\n')
    before = system.menu.read_text()
    with pytest.raises(AuditError, match="init=/bin/sh"):
        boot_line.apply(system.host, boot_line.plan(system.host, WANTED), WANTED)
    assert system.menu.read_text() == before and "audit" not in read(tmp_path, "/etc/default/grub")


@pytest.mark.parametrize(("generator", "reason"), [
    (lambda system: (1, "", "no space left on device"), "no space left"),
    (lambda system: (0, system.generated().replace("quiet audit=1", "quiet nosmt audit=1"), ""), "more than our words"),
    (lambda system: (0, MENU.format(line="quiet"), ""), "would not have the words"),
])
def test_a_generator_that_does_not_do_it_leaves_everything_as_it_was(tmp_path, generator, reason):
    system = Debian(tmp_path)
    before = system.menu.read_text()
    calls = []
    system.host.commands["grub-mkconfig"] = lambda *_options: calls.append(1) or ((0, before, "") if len(calls) == 1 else generator(system))
    with pytest.raises(AuditError, match=reason):
        boot_line.apply(system.host, boot_line.plan(system.host, WANTED), WANTED)
    assert system.menu.read_text() == before and read(tmp_path, "/etc/default/grub") == 'GRUB_CMDLINE_LINUX="quiet"\n'


class RpmOstree:
    """rpm-ostree kargs as its manual page has it: without options it prints the arguments of the deployment that boots next;
    --delete-if-present and --append-if-missing take KEY=VALUE. ``deaf``: it returns 0 and does nothing."""

    def __init__(self, root, line, *, deaf=False):
        self.host, self.words, self.deaf, self.given = FakeHost(str(root)), line.split(), deaf, None
        write(root, "/run/ostree-booted", "")
        self.host.install("rpm-ostree", self.run)

    def run(self, command, *options):
        assert command == "kargs"
        if not options:
            return 0, " ".join(self.words) + "\n", ""
        self.given = list(options)
        for option in () if self.deaf else options:
            name, _equals, word = option.partition("=")
            assert name in ("--delete-if-present", "--append-if-missing")
            if name == "--delete-if-present":
                self.words = [one for one in self.words if one != word]
            elif word not in self.words:
                self.words.append(word)
        return 0, "Staging deployment... done\nKernel arguments updated.\n", ""


APPENDED = ["--append-if-missing=audit=1", "--append-if-missing=audit_backlog_limit=8192"]


@pytest.mark.parametrize(("line", "expected"), [
    ("root=x audit=0", ["--delete-if-present=audit=0", *APPENDED]),
    ("root=x audit=0 audit=1", ["--delete-if-present=audit=0", *APPENDED]),
    ("root=x audit=1 audit_backlog_limit=8192", None),
])
def test_rpm_ostree_owns_its_line(tmp_path, line, expected):
    system = RpmOstree(tmp_path, line)
    planned = boot_line.plan(system.host, WANTED)
    assert planned.changed == (expected is not None)
    if planned.changed:
        boot_line.apply(system.host, planned, WANTED)
    assert system.given == expected and sorted(system.words) == ["audit=1", "audit_backlog_limit=8192", "root=x"]
    assert not boot_line.plan(system.host, WANTED).changed


def test_rpm_ostree_that_does_nothing_is_no_success(tmp_path):
    system = RpmOstree(tmp_path, "root=x audit=0", deaf=True)
    with pytest.raises(AuditError, match="still shows 'root=x audit=0' after it was given"):
        boot_line.apply(system.host, boot_line.plan(system.host, WANTED), WANTED)


ZIPL = "[defaultboot]\ndefault = linux\n[linux]\ntarget = /boot\nimage = /boot/vmlinuz\nparameters = \"root=/dev/dasda1 audit=0\"\n"


@pytest.mark.parametrize("fails", [False, True])
def test_zipl_writes_the_boot_record_of_what_its_file_says(tmp_path, fails):
    """zipl(8) reads /etc/zipl.conf and writes the record that the machine boots from: edited alone, the file says nothing."""
    host, records = FakeHost(str(tmp_path)), []
    write(tmp_path, "/proc/cmdline", "root=/dev/dasda1 audit=0\n")
    write(tmp_path, "/etc/zipl.conf", ZIPL)

    def zipl():
        records.append(read(tmp_path, "/etc/zipl.conf"))
        return (1, "", "Error: Could not write") if fails else (0, "Done.", "")

    host.install("zipl", zipl)
    planned = boot_line.plan(host, WANTED)
    if fails:
        with pytest.raises(AuditError, match="Could not write.*the files of the boot line are as they were"):
            boot_line.apply(host, planned, WANTED)
        assert read(tmp_path, "/etc/zipl.conf") == ZIPL
    else:
        boot_line.apply(host, planned, WANTED)
    assert len(records) == 1 and 'parameters = "root=/dev/dasda1 audit=1 audit_backlog_limit=8192"' in records[0]
