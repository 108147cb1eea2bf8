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
    return _last_above(mounted, path)


def _last_above(points, path):
    """Of Mounts or Entries, in the order of mounting."""
    best = None
    for one in points:
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


def of_unit(host, name: str) -> "Entry | None":
    """What the mount unit ``name`` mounts, systemd.mount(5); None where there is no such unit, or it does not say where (Where=)."""
    pairs = unit_text.assignments(host, name)
    point = unit_text.last(pairs, "Where").rstrip("/")
    if not point:
        return None
    options = [word for text in unit_text.values(pairs, "Options") for word in text.split(",")]
    return Entry(unit_text.last(pairs, "What"), point, unit_text.last(pairs, "Type"), options)


def of_directory(host, directory: str) -> "Mount | Entry":
    """What holds a directory: on a running host the Mount that is there now, in a tree the Entry of C(at_boot). NotAvailable where nothing
    names one.
    """
    found = holding(of_machine(), directory) if host.is_live else at_boot(host, directory)
    if found is None:
        raise NotAvailable("%s names no filesystem that holds %s" % (MOUNTINFO if host.is_live else FSTAB, directory))
    return found


def at_boot(host, directory: str) -> "Entry | None":
    """What holds a directory after the next boot: a mount unit of that directory, which systemd names after it (systemd-escape(1)), else
    the line of fstab with the longest mount point above it; of two with the same, the last one. None where neither says.
    """
    unit = of_unit(host, directory.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount")
    return unit or _last_above(wanted(host), directory)
