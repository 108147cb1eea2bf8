# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of systemd that bring auditing up, as their files say: is one of them masked, and does auditd need it."""

import os
import re
import stat

AUDITD, RULES = "auditd.service", "audit-rules.service"
OF_ADMINISTRATOR, OF_PACKAGES = "/etc/systemd/system", ("/usr/lib/systemd/system", "/lib/systemd/system")
# systemd.unit(5), the first wins; /run is empty in a tree. What systemctl set-property writes, and what generators make early, comes first
PLACES = ("/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/run/systemd/generator.early",
          OF_ADMINISTRATOR, "/etc/systemd/system.attached", "/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
          "/usr/local/lib/systemd/system", *OF_PACKAGES, "/run/systemd/generator.late")
REQUIRES = re.compile(r"^\s*(?:Requires|BindsTo|Requisite)\s*=.*\baudit-rules\.service\b", re.M)
CONTINUED = re.compile(r"\\\n(?:\s*[#;].*\n)*")  # systemd.syntax(7): comments between the parts are passed over
BY_LINK = AUDITD + ".requires/" + RULES  # what RequiredBy= makes when audit-rules.service is enabled


def requires_rules(host) -> bool:
    """Whether auditd does not start without audit-rules.service: 4.0 to 4.0.2 ship Requires=, later releases Wants=; an administrator's own
    unit counts before that of the package. A mask of auditd.service says nothing about it.

    Drop-ins and links of auditd.service.requires add to it. None takes anything away: an empty Requires= resets no dependency,
    systemd.unit(5).
    """
    unit = next((path for path in places(host, AUDITD) if not is_mask(host, path)), None)
    if unit is None:
        return False
    if any(host.lstat("%s/%s" % (place, BY_LINK)) is not None for place in PLACES):
        return True
    texts = (CONTINUED.sub(" ", host.text(path) or "") for path in [unit, *drop_ins(host, AUDITD)])
    return any(REQUIRES.search(text) for text in texts)


def linked(host) -> "set[str]":
    """The names of the units that a boot starts because systemctl enable, or the administrator, made a link in a directory of wants or
    requires, systemd.unit(5)."""
    directories = [entry for entry in host.listdir(OF_ADMINISTRATOR) if entry.endswith((".wants", ".requires"))]
    return {name for directory in directories for name in host.listdir("%s/%s" % (OF_ADMINISTRATOR, directory))}


def drop_ins(host, name: str) -> "list[str]":
    """The paths of a unit's drop-ins, by their names as systemd reads them: of two with one name the one that systemd takes, that of the
    unit before that of its type, the administrator's before the vendor's; a mask takes away all of that name.
    """
    found = {}
    for directory in ("%s/%s" % (place, one) for one in (name + ".d", name.rpartition(".")[2] + ".d") for place in PLACES):
        for entry in host.listdir(directory):
            if entry.endswith(".conf"):
                found.setdefault(entry, "%s/%s" % (directory, entry))
    return [found[entry] for entry in sorted(found) if not is_mask(host, found[entry])]


def is_deleted(host) -> bool:
    """Whether somebody deleted the unit file of auditd's package: auditd and systemd are there, and no file says how it is started."""
    started = [path for path in places(host, AUDITD) if not is_mask(host, path)]
    return host.which("auditd") is not None and host.has_systemd and not started and not any(
        host.lstat("/etc/%s/auditd" % directory) is not None for directory in ("init.d", "rc.d/init.d"))


def places(host, name: str) -> "list[str]":
    """The files that this unit has, the one that systemd takes first."""
    return [path for path in ("%s/%s" % (place, name) for place in PLACES) if host.lstat(path) is not None]


def is_masked(host, name: str) -> bool:
    """Whether the file that systemd takes for this unit is a mask."""
    return any(is_mask(host, path) for path in places(host, name)[:1])


def is_mask(host, path: str) -> bool:
    """True where systemd would take /dev/null, or an empty file, for the unit: systemctl(1), mask."""
    entry = host.lstat(path)
    if stat.S_ISLNK(entry.st_mode):
        return os.readlink(host.path(path, follow=False)) == os.devnull
    return stat.S_ISREG(entry.st_mode) and entry.st_size == 0
