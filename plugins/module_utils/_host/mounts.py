# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where, from mountinfo, proc(5); and what fstab(5) wants to be mounted, which spells paths in the same way."""

import re
from collections import namedtuple

from .._errors import NotAvailable
from . import unit_text
from .host import read_regular

MOUNTINFO = "/proc/self/mountinfo"
ENCODING = ("utf-8", "surrogateescape")  # as Host.text() decodes, whatever the locale
ESCAPED = re.compile(br"\\([0-7]{3})")
FSTAB = "/etc/fstab"
LOST_AND_FOUND = "lost+found"  # fsck's own, on each volume

# ``number``: C(major:minor); ``options``: of the mount and of its filesystem, a list
Mount = namedtuple("Mount", "point source kind number options")
# A line of fstab(5)
Entry = namedtuple("Entry", "source point kind options")


def unescaped(word: str) -> str:
    """A path of mountinfo or fstab: blanks, tabs, line ends and backslashes are three octal digits there."""
    return ESCAPED.sub(_byte, word.encode(*ENCODING)).decode(*ENCODING)


def escaped(path: str) -> str:
    """A path as fstab(5) spells it."""
    return re.sub(r"[\\\s#]", _octal, path)


def _byte(found):
    return bytes((int(found.group(1), 8) & 0xff,))


def _octal(found):
    return "\\%03o" % ord(found.group(0))


def parse(text: str) -> "list[Mount]":
    """The lines of mountinfo, in the order of mounting."""
    found = []
    for line in text.splitlines():
        words = line.split(" ")
        if "-" not in words[6:]:
            continue
        dash = words.index("-", 6)
        options = words[5].split(",") + (words[dash + 3].split(",") if len(words) > dash + 3 else [])
        found.append(Mount(unescaped(words[4]), unescaped(words[dash + 2]), words[dash + 1], words[2], options))
    return found


def of_machine() -> "list[Mount]":
    """What is mounted on the machine that reads, whichever root it looks at. NotAvailable where proc is not mounted."""
    try:
        return parse(read_regular(MOUNTINFO).decode(*ENCODING))
    except OSError as error:
        raise NotAvailable("cannot read %s: %s" % (MOUNTINFO, error.strerror))


def holding(mounted: "list[Mount]", path: str) -> "Mount | None":
    """The one with the longest mount point above ``path``, which has no links; of two there, the last one hides the first."""
    best = None
    for one in mounted:
        above = path == one.point or path.startswith(one.point.rstrip("/") + "/")
        if above and (best is None or len(one.point) >= len(best.point)):
            best = one
    return best


def wanted(host) -> "list[Entry]":
    """What the host's fstab mounts at boot; swap has no mount point, and lines with noauto are left out."""
    found = []
    for line in (host.text(FSTAB) or "").splitlines():
        words = line.split()
        if len(words) > 3 and not words[0].startswith("#") and "noauto" not in words[3].split(","):
            found.append(Entry(words[0], unescaped(words[1]).rstrip("/") or "/", words[2], words[3].split(",")))
    return found


def of_directory(host, directory: str) -> "Mount | Entry":
    """What holds a directory: of a running host the Mount there is, of a tree the Entry of its fstab or of a unit systemd.mount(5), which
    is mounted at boot. NotAvailable where neither names one."""
    if host.is_live:
        found = holding(of_machine(), directory)
    else:
        entries = sorted(wanted(host), key=_length_of_point) + _unit_entries(host, directory)
        found = next((entry for entry in reversed(entries) if (directory + "/").startswith(entry.point.rstrip("/") + "/")), None)
    if found is None:
        raise NotAvailable("%s names no filesystem that holds %s" % (MOUNTINFO if host.is_live else FSTAB, directory))
    return found


def _length_of_point(entry):
    return len(entry.point)


def _unit_entries(host, directory):
    """The Entry of the unit of a mount point, named after it (systemd-escape(1)), in a list; an empty one without it."""
    name = directory.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount"
    pairs = unit_text.assignments(host, name)
    if not pairs:
        return []
    options = [word for text in unit_text.values(pairs, "Options") for word in text.split(",")]
    return [Entry("".join(unit_text.values(pairs, "What")[-1:]), directory, "".join(unit_text.values(pairs, "Type")[-1:]), options)]
