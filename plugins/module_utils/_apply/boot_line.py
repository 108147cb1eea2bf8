# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words about audit in every place that a host really boots from, by the tools that own the place where there are any.

On a running host a generated menu is generated twice before it is replaced: as it is, to see that the generator would change nothing
else, and with the words, to see that it changes nothing but them. In a tree the files are edited, and what would have to be generated
is named.

grubby is not called: what it edits are the entries (grubby-bls of rhboot/grubby: the options of each file in /boot/loader/entries), by a
search for the key as a part of any word, which would take x.audit= for audit=. The entries are edited here. Of zipl and rpm-ostree neither
the program nor its manual page could be read: that zipl.conf has a line parameters=, and rpm-ostree kargs the options --append-if-missing
and --delete-if-present, is general knowledge, checked against no source. None of the three could be run by the tests. What
rpm-ostree made is read again by rpm-ostree kargs; zipl is taken at its exit status.
"""

import re

from .._errors import AuditError
from .._host import boot_line as _line
from .._host import files as _io
from .._live import boot as _boot
from .commands import checked

NAMES = ("audit", "audit_backlog_limit")
OSTREE = ("/run/ostree-booted", "/ostree/repo", "/sysroot/ostree/repo")
UNIFIED = ("/efi/EFI/Linux", "/boot/efi/EFI/Linux", "/boot/EFI/Linux")  # unified kernel images: the line is inside a signed file
GENERATORS = ("grub2-mkconfig", "grub-mkconfig")
ZIPL_PROGRAM = "zipl"
SHOWN = 3  # lines of a difference


class Plan(object):
    """``texts`` {path: (before, after)}; ``menu``: the grub.cfg that has to be generated, None for none; ``ostree``: the arguments of
    rpm-ostree kargs; ``notes``: what only the running system itself can do."""

    def __init__(self):
        self.texts: "dict[str, tuple[str, str]]" = {}
        self.menu = None
        self.ostree: "list[str]" = []
        self.notes: "list[str]" = []

    @property
    def changed(self):
        return bool(self.texts or self.menu or self.ostree)

    def diff(self):
        """What --diff shows."""
        return [{"before": before, "after": after, "before_header": path, "after_header": path}
                for path, (before, after) in self.texts.items()]


def wanted_words(words: "list[str]") -> "dict[str, str]":
    """{name: value} of audit_boot_line. AuditError for a word that is not audit=0, audit=1 or audit_backlog_limit=NUMBER."""
    found: "dict[str, str]" = {}
    for word in words:
        name, equals, value = str(word).partition("=")
        good = name == "audit" and value in ("0", "1") or name == "audit_backlog_limit" and value.isdecimal() and 0 < int(value) < 2 ** 32
        if not equals or not good:
            raise AuditError("line: %s is none of audit=1, audit=0 and audit_backlog_limit=NUMBER" % word)
        if found.get(name, value) != value:
            raise AuditError("line: %s is given twice with different values" % name)
        found[name] = value
    return found


def plan(host, wanted: "dict[str, str]") -> Plan:
    """What has to be done for these words. AuditError where this host's boot line is in no place that can be edited."""
    planned = Plan()
    if not wanted:
        return planned
    if any(host.lstat(path) is not None for path in OSTREE):
        return _ostree(host, wanted, planned)
    environment = next(((path, text) for path, text in ((path, host.text(path)) for path in _boot.GRUB_ENVIRONMENTS) if text
                        and _line.KERNELOPTS.search(text)), None)
    if environment:
        _edit(planned, environment[0], environment[1], _line.environment, wanted)
    for directory in _boot.ENTRIES:
        for path in _boot.entry_files(host, directory):
            _edit(planned, path, host.text(path), _line.entry, wanted, in_environment=environment is not None)
    for path, edit in ((_boot.KERNEL_CMDLINE, _line.kernel_cmdline), (_boot.ZIPL, _line.zipl)):
        text = host.text(path)
        if text is not None:
            _edit(planned, path, text, edit, wanted)
    defaults = _boot.grub_files(host)
    if defaults:
        _grub(planned, defaults, wanted)
    _menus(host, wanted, planned)
    if not _is_seen(host, defaults):
        raise AuditError("no boot line that can be edited was found: there is neither %s, an entry in %s, %s nor %s%s" % (
            _boot.GRUB, _boot.ENTRIES[0], _boot.KERNEL_CMDLINE, _boot.ZIPL, _unified(host)))
    if _unified(host):
        planned.notes.append("kernels are unified images (%s): run kernel-install add-all, which builds them with the new line"
                             % ", ".join(path for path in UNIFIED if host.listdir(path)))
    return planned


def apply(host, planned: Plan, wanted: "dict[str, str]") -> None:
    """Do what was planned. AuditError, with every file as it was, where it cannot be proven."""
    if planned.ostree:
        program = host.which("rpm-ostree")
        checked(host.run, [program, "kargs"] + planned.ostree)
        line = checked(host.run, [program, "kargs"]).strip()  # of the deployment that boots next
        if _line.changed(line, wanted) != line:
            raise AuditError("rpm-ostree kargs still shows %r after it was given %s" % (line, " ".join(planned.ostree)))
        return
    before_menu = _generated(host, planned.menu) if planned.menu and host.is_live else None
    written: "list[str]" = []
    try:
        for path, (_before, after) in planned.texts.items():
            written.append(path)
            _write(host, path, after)
        if before_menu is not None:
            _replace_menu(host, planned.menu, before_menu, wanted)
        if host.is_live and host.which(ZIPL_PROGRAM) and host.text(_boot.ZIPL) is not None and planned.texts:
            checked(host.run, [host.which(ZIPL_PROGRAM)])
    except AuditError as error:
        for path in written:
            _write(host, path, planned.texts[path][0])
        raise AuditError("%s; the files of the boot line are as they were" % error, **error.details)


def reboot_required(host, wanted: "dict[str, str]") -> bool:
    """Whether the running kernel started with other words."""
    if not host.is_live or not wanted:
        return False
    running = {name: value for name, _equals, value in (word.partition("=") for word in (host.text(_boot.PROC_CMDLINE) or "").split())}
    return any(running.get(name) != value for name, value in wanted.items())


def _is_seen(host, defaults):
    entries = any(_boot.entry_files(host, directory) for directory in _boot.ENTRIES)
    return bool(defaults or entries) or any(host.lstat(path) is not None for path in (_boot.KERNEL_CMDLINE, _boot.ZIPL))


def _unified(host):
    images = [path for path in UNIFIED if any(name.endswith(".efi") for name in host.listdir(path))]
    return "; its kernels are unified images in %s: put the words into %s and run kernel-install add-all" % (
        ", ".join(images), _boot.KERNEL_CMDLINE) if images else ""


def _ostree(host, wanted, planned):
    """rpm-ostree owns the boot line of such a host, and edits of its files are lost at the next deployment."""
    program = host.which("rpm-ostree")
    words = " ".join("--append-if-missing=%s=%s" % pair for pair in sorted(wanted.items()))
    if not host.is_live or program is None:
        raise AuditError("rpm-ostree owns the boot line of this host and does not run here: on the running host, rpm-ostree kargs " + words)
    line = checked(host.run, [program, "kargs"]).strip()
    if _line.changed(line, wanted) == line:
        return planned
    for word in line.split():
        name, _equals, value = word.partition("=")
        if name in wanted and value != wanted[name]:
            planned.ostree.append("--delete-if-present=" + word)
    planned.ostree += ["--append-if-missing=%s=%s" % pair for pair in sorted(wanted.items())]
    return planned


def _edit(planned, path, text, function, *args, **options):
    try:
        after = function(text, *args, **options)
    except AuditError as error:
        raise AuditError("%s: %s; nothing was changed" % (path, error), path=path)
    if after != text:
        planned.texts[path] = (text, after)


def _grub(planned, defaults, wanted):
    try:
        edited = _line.grub_defaults(defaults, wanted)
    except AuditError as error:
        raise AuditError("grub's defaults: %s; nothing was changed" % error)
    variables = _boot.grub_variables(edited)
    line = " ".join(variables.get(name, "") for name in ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"))
    if _line.changed(line, wanted) != line:
        raise AuditError("grub's defaults would still say %r: set the words by hand in %s; nothing was changed" % (
            line, ", ".join(defaults)))
    planned.texts.update((path, (defaults[path], text)) for path, text in edited.items() if text != defaults[path])


def _menus(host, wanted, planned):
    """Whether a menu has lines of its own that lack the words."""
    for path in _boot.GRUB_CONFIGURATIONS:
        lines = _boot.menu_lines(host.text(path) or "")
        if any(_line.changed(line, wanted) != line for line in lines):
            planned.menu = path
            if not host.is_live:
                program = "grub2-mkconfig" if "grub2" in path else "grub-mkconfig"
                planned.notes.append("%s still has the old line: the tree's own system has to run %s -o %s once; until then the next boot "
                                     "has the old words" % (path, program, path))
                planned.menu = None


def _generated(host, menu):
    """The menu as the generator makes it from the files as they are; AuditError where it would change anything in the one in use."""
    text, current = _generate(host), host.text(menu)
    differs = _first_differences(current, text, ())
    if differs:
        raise AuditError("%s would be changed in more than our words, because somebody edited grub's defaults and did not generate it: %s; "
                         "generate it yourself first, or take those edits back; nothing was changed" % (menu, differs))
    return text


def _generate(host):
    program = next((path for path in map(host.which, GENERATORS) if path), None)
    if program is None:
        raise AuditError("neither %s is installed, so the boot menu cannot be generated" % " nor ".join(GENERATORS))
    return checked(host.run, [program])


def _replace_menu(host, menu, before, wanted):
    text = _generate(host)
    differs = _first_differences(before, text, wanted)
    if differs:
        raise AuditError("generating %s would change more than our words: %s" % (menu, differs))
    if any(_line.changed(line, wanted) != line for line in _boot.menu_lines(text)) or not _boot.menu_lines(text):
        raise AuditError("%s would not have the words after it is generated: something else makes the boot line of this host" % menu)
    _io.backup(host.path(menu))
    _write(host, menu, text)


def _first_differences(before, after, names):
    """The first lines that differ once our words and comments are left out; an empty text for none."""
    one, other = (_normalised(text, names) for text in (before or "", after))
    if one == other:
        return ""
    gone = [line for line in one if line not in other][:SHOWN]
    new = [line for line in other if line not in one][:SHOWN]
    return "; ".join(["- " + line for line in gone] + ["+ " + line for line in new]) or "the same lines in another order"


def _normalised(text, names):
    lines = (re.sub(r"\s+", " ", _line.without(line, names) if names else line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _write(host, path, text):
    real = host.path(path)
    status = host.stat(path)
    _io.write_atomic(real, text.encode("utf-8", "surrogateescape"), status.st_mode & 0o7777, status.st_gid)
