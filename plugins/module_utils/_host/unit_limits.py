# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a unit that keep auditd from starting, from the kernel or from its files: systemd.unit(5), systemd.exec(5)."""

import re

from . import unit_text
from .units import is_masked, places

NETLINK = "AF_NETLINK"
DEPENDENCIES = ("Requires", "Requisite", "BindsTo")
ALWAYS_THERE = "sysinit.target"  # a tree without it has no units to judge by
OF_FILES = (".service", ".target", ".socket", ".path", ".timer")  # devices, mounts, slices and scopes are made by systemd itself
FAILS = re.compile(r"[@:+!]*(?:/usr)?/bin/false\b")
OFF = ("", "0", "no", "false", "off", "infinity")
TEMPORARY, BOUND = ("TemporaryFileSystem",), ("BindPaths", "BindReadOnlyPaths")


def in_the_way(host, pairs: "list[tuple[str, str]]", name: str, paths: "list[str]") -> "list[str]":
    """A sentence for each; ``pairs`` of C(unit_text.assignments), ``paths`` that the program needs."""
    return _dependencies(host, pairs, name) + _first_commands(pairs, name) + _closed(pairs, name) + _covered(pairs, name, paths)


def _dependencies(host, pairs, name):
    if not places(host, ALWAYS_THERE):
        return []
    found = []
    for key in DEPENDENCIES:
        for unit in " ".join(unit_text.values(pairs, key)).split():
            template = re.sub(r"@.+(?=\.)", "@", unit)
            if not unit.endswith(OF_FILES) or "%" in unit:
                continue
            if not places(host, unit) and not places(host, template):
                found.append("%s has %s=%s, which does not exist" % (name, key, unit))
            elif is_masked(host, unit) and unit != "audit-rules.service":  # that one has a finding of its own
                found.append("%s has %s=%s, which is masked" % (name, key, unit))
    return found


def _first_commands(pairs, name):
    return ["%s has %s=%s, which fails" % (name, key, line) for key in ("ExecStartPre", "ExecCondition")
            for line in unit_text.values(pairs, key) if FAILS.match(line)]


def _closed(pairs, name):
    found = []
    families = unit_text.values(pairs, "RestrictAddressFamilies")  # a list of those that are let in, or with ~ of those that are not
    if families and (NETLINK in " ".join(families).replace("~", "").split()) == families[0].startswith("~"):
        found.append("%s has RestrictAddressFamilies=%s; auditd speaks to the kernel by %s" % (name, families[0], NETLINK))
    for key, why in (("PrivateUsers", "the kernel lets nobody of another user namespace at its audit"),
                     ("DynamicUser", "auditd needs root"), ("RuntimeMaxSec", "systemd ends auditd then"),
                     ("LimitFSIZE", "auditd is ended when its log reaches that size")):
        value = unit_text.last(pairs, key)
        if value.lower() not in OFF or (key, value) == ("LimitFSIZE", "0"):
            found.append("%s has %s=%s: %s" % (name, key, value, why))
    return found


def _covered(pairs, name, paths):
    """What the unit puts over the files: an empty filesystem, or other files."""
    found = []
    for key in TEMPORARY + BOUND:
        for word in " ".join(unit_text.values(pairs, key)).split():
            parts = word.lstrip("-").split(":")
            place = (parts[1] if key in BOUND and len(parts) > 1 else parts[0]).rstrip("/") or "/"
            if key in BOUND and parts[0].rstrip("/") == place.rstrip("/"):
                continue
            if any(place == "/" or (path + "/").startswith(place + "/") for path in paths):
                found.append("%s has %s=%s: auditd does not see the files of this host there" % (name, key, word))
    return found
