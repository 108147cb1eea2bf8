# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a unit that keep auditd from starting, from the kernel or from its files, or that end it: systemd.unit(5), systemd.exec(5),
systemd.service(5)."""

import re

from . import unit_filters, unit_text
from .units import AUDITD, is_masked, places

NETLINK = "AF_NETLINK"
DEPENDENCIES = ("Requires", "Requisite", "BindsTo")
ALWAYS_THERE = "sysinit.target"  # a tree without it has no units to judge by
OF_FILES = (".service", ".target", ".socket", ".path", ".timer")  # devices, mounts, slices and scopes are made by systemd itself
FAILS = re.compile(r"[@:+!]*(?:/usr)?/bin/false\b")
OFF = ("", "0", "no", "false", "off", "infinity")
CLOSED = (
    ("PrivateUsers", "the kernel lets nobody of another user namespace at its audit"),
    ("PrivatePIDs", "the kernel lets nobody of another process namespace at its audit"), ("DynamicUser", "auditd needs root"),
)
# of a daemon alone: what ends it, or keeps it from its threads and files
ENDS = (
    ("RuntimeMaxSec", "systemd ends auditd then"), ("LimitFSIZE", "auditd is ended when its log reaches that size"),
    ("LimitCPU", "auditd is ended when it has used that much"),
    ("WatchdogSec", "systemd ends auditd, which never answers its watchdog"),
)
LEAST = (("TasksMax", 4), ("LimitNOFILE", 16))  # threads and files, without which auditd does not start
FOREGROUND = re.compile(r"^-[lf]*n")  # auditd(8)
STAYS, FORKS = ("simple", "exec", "idle"), ("forking",)  # kinds of services by whether their first process is the one that goes on
TEMPORARY, BOUND = ("TemporaryFileSystem",), ("BindPaths", "BindReadOnlyPaths")


def in_the_way(host, pairs: "list[tuple[str, str]]", name: str, paths: "list[str]") -> "list[str]":
    """A sentence for each; ``pairs`` of C(unit_text.assignments), ``paths`` that the program needs."""
    found = _dependencies(host, pairs, name) + _first_commands(pairs, name) + _closed(pairs, name) + _covered(pairs, name, paths)
    found += unit_filters.closed(pairs, name, is_daemon=name == AUDITD)
    return found + (_ended(pairs, name) + _kind(host, pairs, name) if name == AUDITD else [])


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
    return found + ["%s has %s=%s: %s" % (name, key, unit_text.last(pairs, key), why) for key, why in CLOSED
                    if unit_text.last(pairs, key).lower() not in OFF]


def _ended(pairs, name):
    found = []
    for key, why in ENDS:
        value = unit_text.last(pairs, key)
        if value.lower() not in OFF or (key, value) in (("LimitFSIZE", "0"), ("LimitCPU", "0")):
            found.append("%s has %s=%s: %s" % (name, key, value, why))
    for key, least in LEAST:
        value = unit_text.last(pairs, key).partition(":")[0]
        if value.isdecimal() and int(value) < least:
            found.append("%s has %s=%s: auditd needs more" % (name, key, value))
    return found


def _kind(host, pairs, name):
    """A kind of service that does not fit: systemd waits in vain for auditd, or ends what it leaves in the background."""
    kind = unit_text.last(pairs, "Type")
    started = unit_text.commands(host, pairs, "ExecStart")
    if not started or not kind:
        return []
    stays = any(FOREGROUND.match(word) for word in started[-1][1:])
    if kind in STAYS and not stays and unit_text.last(pairs, "RemainAfterExit").lower() in OFF:
        return ["%s has Type=%s, and auditd without -n goes into the background: systemd ends it there" % (name, kind)]
    if kind in FORKS and stays or kind in ("notify", "notify-reload", "dbus"):
        return ["%s has Type=%s, and auditd%s never says that it has started: systemd ends it" % (name, kind, " -n" if stays else "")]
    return []


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
