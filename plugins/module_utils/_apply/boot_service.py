# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd out of the boot, by masks and without its start links, and back into it by the reverse.

A unit of a package is never touched. What an administrator put into /etc is moved aside and moved back. The record of both is written
before anything is moved, so that a run that was killed is finished by the next one in either direction.
"""

import json
import os
import re
import stat

from .._errors import AuditError
from .._host import files as _io
from .._host import kept as _kept
from .._host import units
from .._live import expected_volumes
from . import panic

STORE = "/var/lib/auditops/boot"
INSTEAD = "/etc/auditops-boot"  # where /var is a volume that is not mounted: what is written there, the volume hides
RECORD = "service.json"
NAMES = (units.AUDITD, units.RULES)
LEVELS = re.compile(r"rc[0-6S]\.d$")
START_LINK = re.compile(r"S\d+auditd$")
WANTED_BY = re.compile(r"^\s*(WantedBy|RequiredBy)\s*=\s*(\S.*)$", re.M)
LINK_DIRECTORY = {"WantedBy": ".wants", "RequiredBy": ".requires"}
REINSTALL = (("apt-get", ["install", "--reinstall", "-y", "auditd"]), ("dnf", ["reinstall", "-y", "audit"]),
             ("yum", ["reinstall", "-y", "audit"]), ("zypper", ["--non-interactive", "install", "--force", "audit"]))
BY_HAND = "reinstall the package (apt-get install --reinstall auditd, or dnf reinstall audit)"
FLOODS = ("with audit=1 on the boot line and no auditd the kernel writes every record to its own log (printk), which floods the console "
          "and the journal: take audit=1 off, or set audit_boot_line to audit=0")


def plan(host, service: str) -> "list[tuple[str, str, str | None]]":
    """[(action, path, detail)] that brings the boot to C(disabled) or C(enabled); empty where it is there, or for C(keep)."""
    if service == "disabled":
        return _out(host)
    if service == "enabled":
        return _in(host)
    return []


def _out(host):
    steps: "list[tuple[str, str, str | None]]" = []
    for name in NAMES if _has_units(host) else ():
        own = "%s/%s" % (units.OF_ADMINISTRATOR, name)
        found = host.lstat(own)
        if found is not None and not units.is_mask(host, own):
            steps.append(("move", own, "%s/%s" % (_store(host), name)))
        steps += [("unlink", path, _target(host, path)) for path in _wants(host, name)]
        if (units.places(host, name) or name == units.AUDITD) and not (found is not None and units.is_mask(host, own)):
            steps.append(("mask", own, None))
    return steps + [("unlink", path, _target(host, path)) for path in _start_links(host)]


def _in(host):
    recorded = _recorded(host)
    steps: "list[tuple[str, str, str | None]]" = []
    if units.is_deleted(host) and units.AUDITD not in [os.path.basename(path) for path in recorded["moved"]]:
        steps.append(("reinstall", units.AUDITD, None))
    for name in NAMES if _has_units(host) else ():
        for directory in (place for place in units.PLACES if place.startswith(("/etc/", "/run/"))):
            path = "%s/%s" % (directory, name)
            if host.lstat(path) is not None and units.is_mask(host, path):
                steps.append(("unmask", path, None))
    for path, aside in sorted(recorded["moved"].items()):
        if host.lstat(aside) is not None and (host.lstat(path) is None or units.is_mask(host, path)):
            steps.append(("move back", aside, path))
    links = {path: target for path, target in recorded["links"].items() if host.lstat(path) is None}
    for name in NAMES if _has_units(host) else ():
        if not _wants(host, name) and not any(path.endswith("/" + name) for path in recorded["links"]):
            links.update(_links_of(host, name))
    return steps + [("link", path, target) for path, target in sorted(links.items())]


def _store(host):
    return INSTEAD if any(one.holds(STORE) for one in expected_volumes.missing(host)) else STORE


def _has_units(host):
    """Whether masks count: systemd is there, or at least a unit of auditd (in a tree of little more than configuration)."""
    return host.has_systemd or bool(units.places(host, units.AUDITD))


def apply(host, steps) -> None:
    """Take the steps, and prove them by what systemd and sysvinit would read."""
    record = _recorded(host)
    for action, path, detail in steps:
        if action == "move":
            record["moved"][path] = detail
        elif action == "unlink":
            record["links"][path] = detail
    if any(action in ("move", "unlink") for action, _path, _detail in steps):
        _write_record(host, record)
    try:
        for action, path, detail in steps:
            ACTIONS[action](host, path, detail)
    except OSError as error:
        raise AuditError("cannot %s %s: %s; run again once that is cured" % (action, path, error.strerror), path=path)
    if steps and host.is_live and host.which("systemctl") and host.has_systemd:
        code, out, complaint = host.run([host.which("systemctl"), "daemon-reload"])
        if code:
            raise AuditError("the units are in place, and systemctl daemon-reload failed: %s" % (complaint or out).strip())
    goal = "enabled" if any(action in ("unmask", "move back", "link", "reinstall") for action, _path, _detail in steps) else "disabled"
    left = plan(host, goal) if steps else []
    if left:
        raise AuditError("the boot is still not as asked: %s" % ", ".join("%s %s" % step[:2] for step in left))
    if goal == "enabled" and steps:
        _write_record(host, {"moved": {}, "links": {}})


def converge(host, service: str, *, release: "str | None" = None, check_mode: bool = False) -> dict:
    """{changed, steps, panic}: the boot brought to ``service``; out of it without C(-f 2), with which an unread queue panics."""
    steps = plan(host, service)
    if any(action == "reinstall" for action, _path, _detail in steps) and not host.is_live:
        raise AuditError("the unit file of auditd was deleted in %s, and no package is installed in a tree: %s on the running host" % (
            host.root, BY_HAND))
    result: dict = {"steps": ["%s %s" % (action, path) for action, path, _detail in steps], "panic": None}
    if service == "disabled":
        result["panic"] = panic.converge(host, None, release=release, check_mode=check_mode)
    if not check_mode:
        apply(host, steps)
    result["changed"] = bool(steps) or bool((result["panic"] or {}).get("changed"))
    return result


def _wants(host, name):
    """The links by which a target starts this unit, as systemctl enable makes them."""
    directories = [entry for entry in host.listdir(units.OF_ADMINISTRATOR) if entry.endswith((".wants", ".requires"))]
    paths = ["%s/%s/%s" % (units.OF_ADMINISTRATOR, directory, name) for directory in directories]
    return [path for path in paths if _is_link(host, path)]


def _start_links(host):
    levels = [name for name in host.listdir("/etc") if LEVELS.match(name)]
    paths = ["/etc/%s/%s" % (level, name) for level in levels for name in host.listdir("/etc/" + level) if START_LINK.match(name)]
    return [path for path in paths if _is_link(host, path)]


def _is_link(host, path):
    found = host.lstat(path)
    return found is not None and stat.S_ISLNK(found.st_mode)


def _links_of(host, name):
    """{link: target} that systemctl enable would make, by the [Install] section of the unit."""
    path = next((path for path in units.places(host, name) if not units.is_mask(host, path)), None)
    found = {}
    for kind, targets in WANTED_BY.findall(host.text(path) or "" if path else ""):
        for target in targets.split():
            found["%s/%s%s/%s" % (units.OF_ADMINISTRATOR, target, LINK_DIRECTORY[kind], name)] = path
    return found


def _target(host, path):
    return os.readlink(host.path(path, follow=False))


def _recorded(host):
    record: "dict[str, dict]" = {"moved": {}, "links": {}}
    for store in (STORE, INSTEAD):
        path = "%s/%s" % (store, RECORD)
        text = host.text(path)
        try:
            found = json.loads(text) if text else {}
        except ValueError as error:
            raise AuditError("%s is no JSON: %s; it says which units were moved aside to %s: move them back by hand" % (path, error, store))
        for kind, entries in record.items():
            entries.update(found.get(kind, {}))
    return record


def _write_record(host, record):
    for store in (STORE, INSTEAD):
        path = "%s/%s" % (store, RECORD)
        if store == _store(host) or host.lstat(path) is not None:
            _write(host, path, record)


def _write(host, path, record):
    real = host.path(path, follow=False)
    _io.make_directory(os.path.dirname(real), 0o700)
    _io.write_atomic(real, (json.dumps(record, sort_keys=True, indent=1) + "\n").encode("utf-8"), 0o600)


def _move(host, path, other):
    source, target = host.path(path, follow=False), host.path(other, follow=False)
    _io.make_directory(os.path.dirname(target), 0o755)
    if os.path.lexists(target) and path.startswith(units.OF_ADMINISTRATOR):
        os.rename(target, target + ".older")
    _transfer(source, target)


def _transfer(source, target):
    """A rename, also from one filesystem to another: /var may be one of its own."""
    if os.path.islink(source):
        _kept.make_link(target, os.readlink(source))
    else:
        found = os.lstat(source)
        with open(source, "rb") as stream:
            _io.write_atomic(target, stream.read(), stat.S_IMODE(found.st_mode), found.st_gid)
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    _io.remove(source)


def _unlink(host, path, _detail):
    _io.remove(host.path(path, follow=False))


def _link(host, path, target):
    real = host.path(path, follow=False)
    _io.make_directory(os.path.dirname(real), 0o755)
    _kept.make_link(real, target)


def _mask(host, path, _detail):
    _link(host, path, os.devnull)


def _reinstall(host, _unit, _detail):
    for program, arguments in REINSTALL:
        path = host.which(program)
        if path is None:
            continue
        code, out, error = host.run([path] + arguments)
        if code:
            raise AuditError("the unit file of auditd was deleted, and %s failed: %s" % (
                " ".join([program] + arguments), (error or out).strip()))
        return
    raise AuditError("the unit file of auditd was deleted, and no known package manager is here: %s" % BY_HAND)


ACTIONS = {"move": _move, "move back": _move, "unlink": _unlink, "mask": _mask, "unmask": _unlink, "link": _link, "reinstall": _reinstall}
