# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks allow of the files of audit at most: their modes, and that root and its group have them."""

from collections import namedtuple

PARTS = ("mode", "owner", "group")
CONFIGURATION = ("configuration_mode", "configuration_owner", "configuration_group")
SUBJECTS = {  # kind of C(_live.permissions): what benchmarks call its mode, owner and group
    "settings": CONFIGURATION, "rules": CONFIGURATION, "compiled": CONFIGURATION,
    "log": ("log_mode", "log_owner", "log_group"),
    "log_directory": ("log_directory_mode", "log_directory_owner", "log_directory_group"),
    "tool": ("tools_mode", "tools_owner", "tools_group"),
}
FOR_LOG_GROUP = {"log": 0o040, "log_directory": 0o050}  # what auditd itself gives the group that log_group names, auditd-event.c

Bound = namedtuple("Bound", "most ids")  # most: bits that the mode may have, None where no mode is demanded; ids {part: [benchmark:id]}


class Bounds(object):
    """The bounds of the named benchmarks; ``benchmarks`` {name: its parts host and modes}. ``exceptions``: C(exceptions.Exceptions)."""

    def __init__(self, benchmarks: dict, names: "list[str]", exceptions=None) -> None:
        self._benchmarks, self._exceptions = benchmarks, exceptions
        self.names = [name for name in names if name in benchmarks]

    def of(self, path: str, kind: str, log_group: "str | None" = None) -> "Bound | None":
        """The Bound of a file; None where no benchmark speaks of its kind. With a ``log_group`` other than root its readers are let in."""
        most, ids = None, {part: [] for part in PARTS}
        for name in self.names:
            if self._exceptions is not None and self._exceptions.of_file(name, path) is not None:
                continue
            entry = self._benchmarks[name]
            for place, subject in enumerate(SUBJECTS.get(kind, ())):
                part = PARTS[place]
                numbers = ["%s:%s" % (name, number) for number, subjects in sorted(entry.get("host", {}).items()) if subject in subjects]
                if part == "mode":
                    numbers = numbers if kind in entry.get("modes", {}) else []
                    own = int(entry["modes"][kind], 8) if numbers else None
                    most = own if most is None else most if own is None else most & own
                ids[part] += numbers
        if most is not None and log_group not in (None, "root"):
            most |= FOR_LOG_GROUP.get(kind, 0)
        return Bound(most, ids) if any(ids.values()) else None
