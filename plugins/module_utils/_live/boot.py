# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words about audit on the kernel's boot line: of the running kernel, and where the host boots from next."""

import os
import re

from .._errors import NotAvailable
from .._host import boot_line
from .._rules.localise import machine_of

PROC_CMDLINE = "/proc/cmdline"
GRUB = "/etc/default/grub"
GRUB_D = "/etc/default/grub.d"  # Debian's and Ubuntu's grub-mkconfig reads *.cfg there after the file itself
# The boot loader specification: grub with BLSCFG, zipl and systemd-boot, with the boot or the EFI system partition
ENTRIES = ("/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries")
GRUB_ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/grub/grubenv")  # $kernelopts of the entries
GRUB_CONFIGURATIONS = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg")
EFI = "/boot/efi/EFI"  # EFI/VENDOR/grub.cfg: Red Hat up to 8
KERNEL_CMDLINE = "/etc/kernel/cmdline"  # kernel-install(8), where there is no grub
ZIPL = "/etc/zipl.conf"
ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?(GRUB_CMDLINE_LINUX|GRUB_CMDLINE_LINUX_DEFAULT|GRUB_ENABLE_BLSCFG)(\+?)=(.*)$", re.M)
STARTS_EFI = re.compile(r"^[ \t]*efi[ \t]", re.M)  # Boot Loader Specification, type 1
LINUX_LINE = re.compile(r"^\s*linux\S*\s+\S+\s+(.*)$", re.M)
WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')  # as next_arg() of the kernel (lib/cmdline.c) takes a line apart
OFF = ("0", "off")  # audit_enable() of kernel/audit.c
MASKS = ("auditd", "auditd.service", "audit-rules", "audit-rules.service")
RESCUE = re.compile(r"(?:^|\s)(?:single|recovery|rescue|emergency|[sS1]|-b|systemd\.unit=(?:rescue|emergency)\.target)(?:\s|$)")
NO_INIT = re.compile(r"(?:^|\s)init=(?!\S*(?:init|systemd)(?:\s|$))\S+")  # a shell or the like in the place of systemd


def read(reading) -> dict:
    """{source, audit, audit_backlog_limit, prevents, next}; a word that is not there is None. ``prevents``: the word that keeps auditd or
    the rules from being started.

    Of a running host the line that its kernel started with, and ``next`` {source, audit, audit_backlog_limit}: what the boot loader's files
    say, None where they say the same or cannot be read. Of a tree what it boots with.
    """
    host = reading.host
    coming = _next(host)
    if not host.is_live:
        if coming is None:
            raise NotAvailable("no boot line: there is neither %s, %s nor %s" % (GRUB, ENTRIES[0], KERNEL_CMDLINE))
        return dict(coming, next=None)
    line = host.text(PROC_CMDLINE)
    if line is None:
        raise NotAvailable("there is no %s" % PROC_CMDLINE)
    running = dict(_words(line), source=PROC_CMDLINE)
    differs = coming is not None and any(coming[word] != running[word] for word in ("audit", "audit_backlog_limit", "prevents"))
    return dict(running, next=coming if differs else None)


def next_words(host) -> dict:
    """{audit, audit_backlog_limit, prevents, source} of the next boot, {} where nothing says."""
    return _next(host) or {}


def _words(line):
    """One audit=0 is enough, whatever stands behind it: it takes the kernel's auditing away for good (audit_initialized). What
    stands behind a double dash is for init.
    """
    pairs = [word.replace('"', "").partition("=")[::2] for word in WORD.findall(line.partition(" -- ")[0])]
    words = {name.replace("-", "_"): value for name, value in pairs}
    switches = [value.lower() for name, value in pairs if name == "audit"]
    limit = words.get("audit_backlog_limit", "")
    return {
        "audit": next((value for value in switches if value in OFF), switches[-1] if switches else None),
        "audit_backlog_limit": int(limit) if limit.isdecimal() else None,
        "prevents": next(("%s=%s" % pair for pair in pairs if pair[0] == "systemd.mask" and pair[1] in MASKS), None)
        or next((found.group().strip() for found in (RESCUE.search(line), NO_INIT.search(line)) if found), None),
    }


def _next(host):
    """The words of the next boot, from the first of its sources that this host has; of several entries the worst, for any may be booted.
    An audit=0 of a later source counts as well: the next kernel that is installed takes its line from there.
    """
    first = None
    for source, lines in _sources(host):
        found = [dict(_words(line), source=source) for line in lines]
        worst = min(found, key=_goodness, default=None)
        if first is None:
            first = worst
        elif worst is not None and worst["audit"] in OFF and first["audit"] not in OFF:
            first = dict(first, audit=worst["audit"], source=source)
    return first


def _goodness(words):
    return words["audit"] in ("1", "on"), words["audit"] is None, words["prevents"] is None, words["audit_backlog_limit"] or 0


def _sources(host):
    variables = _grub_variables(host)
    if uses_entries(host, variables):
        for directory in ENTRIES:
            yield directory, _to_work(_entries(host, directory))
    grub = list(_grub_menus(host))
    if variables is not None:
        grub.append((GRUB, [" ".join(variables.get(name, "") for name in ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"))]))
    zipl, by_zipl = host.text(ZIPL), boots_by_zipl(host)
    if zipl is not None and by_zipl is not False:
        lines = [found[2] for found in boot_line.PARAMETERS.findall(zipl)]
        # a tree of which nobody can tell the machine may be started by either, so both have to say it
        others = grub[:1] if by_zipl is None else []
        yield " or ".join([ZIPL] + [path for path, _lines in others]), lines + [line for _path, of_grub in others for line in of_grub]
    yield from grub
    line = host.text(KERNEL_CMDLINE)
    yield KERNEL_CMDLINE, [] if line is None else [line]


def _grub_menus(host):
    for path in GRUB_CONFIGURATIONS + tuple("%s/%s/grub.cfg" % (EFI, vendor) for vendor in host.listdir(EFI)):
        text = host.text(path)
        if text is not None:
            yield path, menu_lines(text)


def boots_by_zipl(host) -> "bool | None":
    """Whether zipl can be what starts the host: it is the boot loader of IBM Z alone, zipl(8), and a zipl.conf that lies elsewhere is
    read by nobody. None where the machine of a tree cannot be told."""
    machine = os.uname()[4] if host.is_live else machine_of(host)
    return None if machine is None else machine.startswith("s390")


def uses_entries(host, variables: "dict | None") -> bool:
    """Whether the entries of the boot loader specification are what is booted; ``variables`` of grub's defaults, None without grub."""
    wanted = variables is None or variables.get("GRUB_ENABLE_BLSCFG", "true") == "true"
    return wanted and any(host.listdir(directory) for directory in ENTRIES)


def menu_lines(text: str) -> "list[str]":
    """The boot lines of a grub.cfg, those of rescue systems left out where there are others."""
    return _to_work([line for line in LINUX_LINE.findall(text) if "root=" in line])


def _to_work(lines):
    return [line for line in lines if not RESCUE.search(line)] or lines


def entry_files(host, directory: str) -> "list[str]":
    """The entries of a directory that start Linux, but for rescue systems; others start an EFI program: Windows, a shell."""
    paths = ["%s/%s" % (directory, name) for name in host.listdir(directory) if name.endswith(".conf") and "rescue" not in name]
    return [path for path in paths if not _starts_another(host.text(path) or "")]


def _starts_another(entry):
    """Whether an entry names an EFI program and no kernel; one that names neither may be completed by what this does not read."""
    return STARTS_EFI.search(entry) is not None and boot_line.STARTS_LINUX.search(entry) is None


def _entries(host, directory):
    """The options of each entry, variables of the grub environment put in."""
    environment = {}
    for path in GRUB_ENVIRONMENTS:
        environment.update(re.findall(r"^(\w+)=(.*)$", host.text(path) or "", re.M))
    lines = []
    for path in entry_files(host, directory):
        text = host.text(path)
        if text is not None:
            line = " ".join(re.findall(r"^options\s+(.*)$", text, re.M))
            lines.append(_expanded(line, environment))
    return lines


def _grub_variables(host):
    """{variable: value} of grub's defaults, later assignments over earlier ones, with their own earlier value where they name it."""
    texts = grub_files(host)
    return grub_variables(texts) if texts else None


def grub_files(host) -> "dict[str, str]":
    """{path: text} of grub's defaults, in the order in which grub-mkconfig reads them."""
    paths = [GRUB] + ["%s/%s" % (GRUB_D, name) for name in host.listdir(GRUB_D) if name.endswith(".cfg")]
    return {path: text for path, text in ((path, host.text(path)) for path in paths) if text is not None}


def grub_variables(texts: "dict[str, str]") -> "dict[str, str]":
    """As the shell would have them behind these files."""
    found = {}
    for text in texts.values():
        for name, adds, value in ASSIGNMENT.findall(text):
            value = value.strip()
            quote = value[:1] if value[:1] in ("'", '"') else ""
            value = value[1:].partition(quote)[0] if quote else value.partition(" ")[0].partition("#")[0]
            found[name] = (found.get(name, "") if adds else "") + _expanded(value, found)
    return found


def _expanded(text, values):
    return re.sub(r"\$\{?(\w+)\}?", lambda name: values.get(name.group(1), ""), text)
