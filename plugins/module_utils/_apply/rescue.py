# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rescue of an offline tree does around the cure: volumes, room, a store of what is replaced, labels; and the undoing of it all."""

import hashlib
import json
import os
import stat

from .._conf.words import settings_of
from .._errors import AuditError
from .._host import files as _io
from .._host import labels
from .._host.kept import Kept, stores
from .._live import boot, expected_volumes, storage
from .._paths import AUDITD_CONF, LOG_FILE
from .._rotation import conf as _rotate_conf
from .._rotation import files as _rotation
from .._rules.compiled import RULES_D
from .._shipping import remote_conf
from .._utc import iso
from . import boot_service, rescue_room

PARENT = "/var/lib/auditops/rescue"
INSTEAD = "/etc/auditops-rescue"  # where /var is a volume that is not mounted
WATCHED, ENDED = "watched", "ended"
UNITS = "/etc/systemd/system"
# What a cure may write into, with what is in it; a directory of the next list only by the names that come in
WHOLE = ("/etc/audit", RULES_D)
DIRECTORIES = WHOLE + ("/etc/cron.d", UNITS, UNITS + "/multi-user.target.wants", UNITS + "/timers.target.wants", "/usr/local/sbin",
                       "/usr/local/lib", _rotate_conf.STATE_DIR)
RELABEL = "/.autorelabel"


def log_file_of(host) -> str:
    """Where the tree's auditd writes; LOG_FILE where auditd.conf does not say so or cannot be read."""
    return _settings(host).get("log_file") or LOG_FILE


def _settings(host):
    try:
        return settings_of(host.text(AUDITD_CONF) or "")
    except AuditError:
        return {}  # each step that needs the file says so, and the others are taken


def begin(host, *, check_mode: bool) -> dict:
    """{store, room, in_place, problems}: room where there is none, then everything that a cure may replace is kept."""
    log_file = log_file_of(host)
    result: dict = {"store": None, "room": [], "in_place": [], "problems": []}
    if check_mode:
        return result
    try:
        if rescue_room.is_short(host, "/etc"):
            result["room"] = rescue_room.make(host, log_file)
        if rescue_room.is_short(host, "/etc", least=65536):
            result["in_place"] = rescue_room.without_stops_in_place(host, host.listdir(RULES_D))
    except AuditError as error:
        result["problems"].append(str(error))
    try:
        result["store"] = _keep(host, log_file)
    except AuditError as error:
        result["problems"].append("what is replaced could not be kept, so undo will not bring it back: %s" % error)
    return result


def end(host, store: "str | None", *, autorelabel: bool, check_mode: bool) -> dict:
    """{labelled, unlabelled, relabel, still_short}: labels for what is new, and the store closed."""
    log_file = log_file_of(host)
    result: dict = {"labelled": [], "unlabelled": {}, "relabel": False, "still_short": None}
    if not check_mode and store:
        _close(host, Kept(host, store), store)
    result["labelled"], result["unlabelled"] = labels.label_new(host, _with_parents(_written(host, log_file, store)), write=not check_mode)
    if autorelabel and result["unlabelled"] and host.lstat(RELABEL) is None:
        result["relabel"] = True
        if not check_mode:
            _io.write_atomic(host.path(RELABEL, follow=False), b"", 0o644)
    result["still_short"] = _still_short(host, log_file)
    return result


def undo(host, *, check_mode: bool) -> dict:
    """{store, restored}: everything of the newest store that was not put back. AuditError where no rescue is known."""
    open_stores = [path for parent in (PARENT, INSTEAD) for path in stores(host, parent)]
    if not open_stores:
        done = [name for parent in (PARENT, INSTEAD) for name in host.listdir(parent)]
        if done:
            return {"store": None, "restored": []}
        raise AuditError("nothing to undo: there is no %s below %s, so no rescue kept anything there" % (PARENT, host.root))
    store = open_stores[-1]
    kept = Kept(host, store)
    if not check_mode:
        _note_new(host, kept, store)
    return {"store": store, "restored": kept.differing() if check_mode else kept.put_back()}


def _keep(host, log_file):
    parent = INSTEAD if any(one.holds(PARENT) for one in expected_volumes.missing(host, log_file)) else PARENT
    store = _open_store(host, parent) or "%s/%s" % (parent, _free_name(host, parent))
    kept = Kept(host, store)
    watched = "%s/%s" % (store, WATCHED)
    if host.lstat(watched) is None:
        names = {path: host.listdir(path) for path in DIRECTORIES}
        _io.make_directory(host.path(store, follow=False), 0o700)
        for path in [os.path.dirname(log_file)] + list(_candidates(host)):
            kept.keep(path)
        # Last: a run that was killed before has not kept everything, and the next one goes on where it stopped
        _io.write_atomic(host.path(watched, follow=False), json.dumps(names, sort_keys=True).encode("utf-8"), 0o600)
    return store


def _open_store(host, parent):
    """The newest store, where the tree is as its rescue left it, or where that rescue never came to its end."""
    newest = next(iter(stores(host, parent)[::-1]), None)
    if newest is None:
        return None
    ended = host.text("%s/%s" % (newest, ENDED))
    return newest if ended is None or ended.strip() == _digest(host, Kept(host, newest)) else None


def _free_name(host, parent):
    name, number = iso(), 1
    while host.lstat("%s/%s" % (parent, name)) is not None:
        number += 1
        name = "%s.%d" % (name.partition(".")[0], number)
    return name


def _candidates(host):
    """The paths that a cure may replace: what is there is copied, what is not is noted."""
    yield from DIRECTORIES
    for directory in WHOLE:
        for name in host.listdir(directory):
            found = host.lstat("%s/%s" % (directory, name))
            if stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
                yield "%s/%s" % (directory, name)
    yield remote_conf.PATH_BEFORE
    yield from _rotation.SCHEDULE_FILES + _rotation.LINKS + _rotation.LAUNCHERS
    yield from _below(host, _rotation.LIBRARY)
    yield from _below(host, _rotate_conf.STATE_DIR)
    for unit in ("auditd.service", "audit-rules.service"):
        yield "%s/%s" % (UNITS, unit)
        yield "%s/multi-user.target.wants/%s" % (UNITS, unit)
    yield from list(boot.grub_files(host)) + [boot.KERNEL_CMDLINE, boot.ZIPL] + list(boot.GRUB_ENVIRONMENTS)
    for directory in boot.ENTRIES:
        yield from boot.entry_files(host, directory)


def _note_new(host, kept, store):
    """Note what came into the watched directories since the rescue began: undo takes it away."""
    names = json.loads(host.text("%s/%s" % (store, WATCHED)) or "{}")
    for directory in sorted(names):
        for name in host.listdir(directory):
            path = "%s/%s" % (directory, name)
            if name not in names[directory] and path not in names and not stat.S_ISDIR(host.lstat(path).st_mode):
                kept.note_absent(path)
    for path in list(_below(host, _rotation.LIBRARY)) + list(_below(host, _rotate_conf.STATE_DIR)):
        kept.note_absent(path)


def _close(host, kept, store):
    """Write down how the rescue left the tree; nothing where that is written already."""
    _note_new(host, kept, store)
    digest = _digest(host, kept) + "\n"
    path = "%s/%s" % (store, ENDED)
    if host.text(path) != digest:
        _io.write_atomic(host.path(path, follow=False), digest.encode("ascii"), 0o600)


def _digest(host, kept):
    """One figure for how everything lies there that the store knows; the rotation's own state moves by itself and is left out."""
    total = hashlib.sha256()
    for entry in kept.entries:
        path = entry["path"]
        if path.startswith(_rotate_conf.STATE_DIR) or path in _rotation.STAMPS:
            continue
        found = host.lstat(path)
        total.update(("%s %s\n" % (path, found and found.st_mode)).encode("utf-8", "surrogateescape"))
        if found is not None and stat.S_ISREG(found.st_mode):
            total.update(host.read(path))
    return total.hexdigest()


def _written(host, log_file, store):
    """Every path that a rescue may have made."""
    for directory in ("/var/lib/auditops", boot_service.INSTEAD, _rotation.LIBRARY, _rotate_conf.STATE_DIR):
        yield from _below(host, directory)
    if store:
        yield from _below(host, store)
    for directory in DIRECTORIES:
        yield directory
        for name in host.listdir(directory):
            yield "%s/%s" % (directory, name)
    directory = os.path.dirname(log_file)
    for name in host.listdir(directory):
        yield "%s/%s" % (directory, name)


def _with_parents(paths):
    """The paths and the directories on the way to them, each once, from the top: a bare tree may have lacked those too."""
    found = set()
    for path in paths:
        while path != "/" and path not in found:
            found.add(path)
            path = os.path.dirname(path)
    return sorted(found)


def _below(host, directory):
    if host.lstat(directory) is None:
        return
    yield directory
    for name in host.listdir(directory):
        path = "%s/%s" % (directory, name)
        if stat.S_ISDIR(host.lstat(path).st_mode):
            yield from _below(host, path)
        else:
            yield path


def _still_short(host, log_file):
    """Why the tree's auditd would meet a full disk at its first record; None where it would not, or where nobody can see."""
    settings = _settings(host)
    try:
        room = storage.partition(host, os.path.dirname(log_file))
    except AuditError:
        return None
    least = storage.thresholds(settings, room["size_mb"])["admin_space_left"] or 0
    if room["free_mb"] > least:
        return None
    return ("%s has %d MB free and admin_space_left is %d: make room (du -x below it shows who filled it), or the log is full again at "
            "once" % (room["mount"], room["free_mb"], least))
