# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retiring other jobs that rotate the audit log, and taking that back: nothing is deleted, and a manifest says what lay where.

A file beside the old one would still run: run-parts(8) takes every name that it likes. So files move to a directory of their own, and
lines of a cron table become comments.
"""

import json
import os
import stat

from .._errors import AuditError
from .._host import files as _io
from .._rotation.found import RETIRED_MARK, jobs

DIRECTORY = "/var/lib/auditops/retired"
MANIFEST = DIRECTORY + "/MANIFEST.json"
MODE = 0o600


def manifest_of(host) -> "list[dict]":
    """[{from, to, mode, uid, gid} or {from, line, text} or {from, link} or {from, timer}] of what was retired; ``timer``: the name of one
    that ran. AuditError where it is not ours."""
    text = host.text(MANIFEST)
    if text is None:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(entry, dict) and isinstance(entry.get("from"), str) for entry in found):
        raise AuditError("%s is not the list that this collection writes: take it away; nothing was changed" % MANIFEST)
    return found


def would(host, replace: str, log_file: str) -> "list[str]":
    """What change() would do, in sentences."""
    if replace == "restore":
        return ["%s would be put back" % entry["from"] for entry in manifest_of(host)]
    return ["%s would be retired" % job.name for job in jobs(host, log_file)]


def change(host, replace: str, log_file: str) -> "list[str]":
    """Retire (``replace`` true) or put back (restore); the sentences that say what was done."""
    if replace == "restore":
        return undo(host)
    found = jobs(host, log_file)
    return retire(host, found) if found else []


def retire(host, found) -> "list[str]":
    """Move the files of these C(found.Job) away and comment their lines; the sentences that say so."""
    entries, said = manifest_of(host), []
    _io.make_directory(host.path(DIRECTORY), 0o700)
    for job in found:
        for timer in job.timers:
            _stop(host, timer, job.files[0], entries)
        for link in job.links:
            entries.append({"from": link, "link": os.readlink(host.path(link, follow=False))})
            _write_manifest(host, entries)
            os.unlink(host.path(link, follow=False))
        for path in job.files:
            entry = _moved(host, path, entries)
            said.append("%s was moved to %s" % (path, entry["to"]))
    lines = {}
    for job in found:
        for path, numbers in job.lines.items():
            lines.setdefault(path, []).extend(numbers)
    for path in sorted(lines):
        for number in sorted(lines[path]):
            said.append("%s line %d became a comment" % (path, number))
        _comment(host, path, lines[path], entries)
    _reload(host, any(job.timers for job in found))
    return said


def undo(host) -> "list[str]":
    """Put back what was retired, where nothing lies in its place; the sentences that say so."""
    said, left = [], []
    entries = manifest_of(host)
    for entry in reversed([entry for entry in entries if "timer" not in entry]):
        path = entry["from"]
        if "to" in entry:
            done = _move_back(host, entry)
        elif "link" in entry:
            done = host.lstat(path) is None
            if done:
                os.symlink(entry["link"], host.path(path, follow=False))
        else:
            done = _uncomment(host, entry)
        if done:
            said.append("%s is back" % path)
        else:
            left.insert(0, entry)
            said.append("%s was not put back: something else lies there" % path)
    if entries:
        timers = [entry["timer"] for entry in entries if "timer" in entry and "%s is back" % entry["from"] in said]
        _reload(host, any(path.endswith(".timer is back") for path in said))
        _start(host, timers)
        _write_manifest(host, left)
    return said


def _write_manifest(host, entries):
    text = json.dumps(entries, indent=1, sort_keys=True) + "\n"
    _io.write_atomic(host.path(MANIFEST, follow=False), text.encode("utf-8", "surrogateescape"), MODE)


def _moved(host, path, entries):
    status = host.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        raise AuditError("%s is no regular file any more: it was not retired" % path)
    target, number = DIRECTORY + "/" + path.strip("/").replace("/", "_"), 1
    free = target
    while host.lstat(free) is not None:
        number += 1
        free = "%s.%d" % (target, number)
    entry = {"from": path, "to": free, "mode": "%04o" % stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid}
    _io.write_atomic(host.path(free, follow=False), host.read(path), MODE)
    entries.append(entry)
    _write_manifest(host, entries)
    _io.remove(host.path(path, follow=False))
    return entry


def _move_back(host, entry):
    path, target = entry["from"], str(entry["to"])
    if host.lstat(path) is not None or os.path.dirname(target) != DIRECTORY or host.lstat(target) is None:
        return False
    _io.write_atomic(host.path(path, follow=False), host.read(target), int(str(entry["mode"]), 8), int(entry["gid"]),
                     uid=int(entry["uid"]))
    _io.remove(host.path(target, follow=False))
    return True


def _comment(host, path, numbers, entries):
    lines = host.text(path).split("\n")
    for number in sorted(numbers):
        entries.append({"from": path, "line": number, "text": lines[number - 1]})
        lines[number - 1] = RETIRED_MARK + lines[number - 1]
    _write_manifest(host, entries)
    _rewrite(host, path, lines)


def _uncomment(host, entry):
    text = host.text(entry["from"])
    lines = (text or "").split("\n")
    wanted = RETIRED_MARK + str(entry.get("text"))
    if wanted not in lines:
        return False
    lines[lines.index(wanted)] = str(entry["text"])
    _rewrite(host, entry["from"], lines)
    return True


def _rewrite(host, path, lines):
    status = host.stat(path)
    data = "\n".join(lines).encode("utf-8", "surrogateescape")
    _io.write_atomic(host.path(path), data, stat.S_IMODE(status.st_mode), status.st_gid, uid=status.st_uid)  # cron wants a table's user


def _stop(host, timer, path, entries):
    """Stop a timer that runs; a moved file alone would leave it in systemd's memory until the next boot."""
    systemctl = _systemctl(host)
    if systemctl is None or not _is_active(host, systemctl, timer):
        return
    entries.append({"from": path, "timer": timer})
    _write_manifest(host, entries)
    host.run([systemctl, "stop", timer])
    if _is_active(host, systemctl, timer):
        raise AuditError("%s still runs after systemctl stop: stop it by hand and run again; its files were left where they are" % timer)


def _start(host, timers):
    systemctl = _systemctl(host)
    for timer in timers if systemctl else ():
        code, out, error = host.run([systemctl, "start", timer])
        if code:
            raise AuditError("%s is back and cannot be started: %s" % (timer, (error or out).strip()))


def _is_active(host, systemctl, timer):
    return host.run([systemctl, "is-active", "--quiet", timer])[0] == 0


def _systemctl(host):
    return host.which("systemctl") if host.is_live and host.has_systemd else None


def _reload(host, needed):
    systemctl = _systemctl(host)
    if systemctl and needed:
        host.run([systemctl, "daemon-reload"])
