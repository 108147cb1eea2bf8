# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next boot starts: auditd, with which options, and with or without the rules."""

import re

from .._host.units import AUDITD, PLACES, is_masked

UNITS = "/etc/systemd/system"
TARGET = UNITS + "/multi-user.target.wants"
ASSIGNMENT = re.compile(r"^(ExecStart|ExecStartPost)\s*=\s*(.*)$", re.M)
LOADS_A_FILE = re.compile(r"auditctl\s+(?:-\w+\s+)*-R\b")
LOADS = re.compile(r"augenrules|%s\s*/etc/audit/audit\.rules\b" % LOADS_A_FILE.pattern)
CONTINUED = re.compile(r"\\\n\s*")


def read(reading) -> dict:
    """{enabled, options, loads_rules}, each None where nothing says; masks are those of C(units).

    ``enabled``: whether something starts auditd; ``options``: what the unit gives it on its command line; ``loads_rules``: whether the unit
    loads the rules, by the augenrules that its package put there or by auditctl from audit.rules.
    """
    host = reading.host
    unit = _text_of(host, "auditd.service")
    started, after = _commands(host, unit) if unit is not None else ([], [])
    return {
        "enabled": enabled(host),
        "options": " ".join(started[-1].split()[1:]) if started else None,
        "loads_rules": _loads_rules(unit, after) if unit is not None else None,
    }


def _loads_rules(unit, after):
    """True where the unit loads what is made of rules.d, by augenrules or from audit.rules; False where it did, or loads another file."""
    if any(LOADS.search(line) for line in after):
        return True
    return False if LOADS.search(unit) or any(LOADS_A_FILE.search(line) for line in after) else None


def _text_of(host, unit):
    """The text of a unit as its package or the administrator wrote it, None where there is none."""
    texts = (host.text("%s/%s" % (directory, unit)) for directory in PLACES)
    return next((text for text in texts if text), None)


def _commands(host, unit):
    """([ExecStart], [ExecStartPost]) of the auditd unit with its drop-ins; an empty assignment takes back those before it."""
    texts = [unit]
    for directory in PLACES[::-1]:
        place = directory + "/auditd.service.d"
        texts += [host.text("%s/%s" % (place, name)) or "" for name in host.listdir(place) if name.endswith(".conf")]
    found = {"ExecStart": [], "ExecStartPost": []}
    for text in texts:
        for name, value in ASSIGNMENT.findall(CONTINUED.sub(" ", text)):
            if value.strip():
                found[name].append(value.strip())
            else:
                found[name] = []
    return found["ExecStart"], found["ExecStartPost"]


def enabled(host) -> "bool | None":
    """Whether something starts auditd at boot: a target of systemd wants it, or sysvinit has a start link. None where neither is used; a
    tree without what every installed system has there is none to judge by. None also for a masked unit, whose links say nothing.
    """
    if is_masked(host, AUDITD):
        return None
    if not host.is_live and (host.lstat(TARGET) is None or _text_of(host, "auditd.service") is None) and not _levels(host):
        return None
    targets = [name for name in host.listdir(UNITS) if name.endswith((".wants", ".requires"))]
    levels = _levels(host)
    if not targets and not levels:
        return None
    return any(host.lstat("%s/%s/auditd.service" % (UNITS, name)) is not None for name in targets) or any(
        re.match(r"S\d+auditd$", link) for name in levels for link in host.listdir("/etc/" + name))


def _levels(host):
    return [name for name in host.listdir("/etc") if re.match(r"rc[2-5]\.d$", name)]
