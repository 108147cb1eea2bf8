# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an archive was shipped. audit-ship keeps a record of each archive, and only that counts where it ships: a time alone would count
an archive as shipped that came behind it and is older. Which targets need one is in audit-ship's configuration, which can have got another
target since its last run. Other senders say up to which time everything is shipped, by a file or a command.

The file of records, shipped.json: {archives: {stem: {target: record}}, targets: [name], run: {at, failed}}; a record has the archive's
``name``, ``bytes``, ``mtime`` (whole epoch seconds), what a target was given also its ``sha256``. It names no archive that has gone.
"""

import json
import os
import time

from . import bounded
from ._errors import AuditError
from ._host.host import read_regular
from ._rotation import ship_conf
from .exits import Failure

MANIFEST, STAMP = "shipped.json", "shipped.stamp"
LONGEST_COMMAND = 60  # seconds
PRUNE = "prune"  # "unseen" of an agent's target: an archive that it may not have sent counts as sent


class UpTo(object):
    """By another sender: everything up to a time, epoch seconds."""

    def __init__(self, until):
        self._until = until

    def has(self, entry):
        """Whether this archive (a names.Entry) was shipped."""
        return entry.time <= self._until


class Remembered(object):
    """By audit-ship: what each of these targets (as its configuration has them) has, by the file of records."""

    def __init__(self, document, targets):
        self._archives, self._targets = document["archives"], targets

    def has(self, entry):
        """Whether each target has this archive (a names.Entry)."""
        done = self._archives.get(entry.stem, {})
        return bool(self._targets) and all(
            is_of(record, entry) and counts(record, target) for target, record in ((one, done.get(one["name"])) for one in self._targets))


def record_of(entry):
    """What identifies an archive beside its stem."""
    return {"name": entry.name, "bytes": entry.status.st_size, "mtime": int(entry.status.st_mtime)}


def is_of(record, entry):
    """Whether a record is that of this archive, also where it was compressed since, which leaves its date as it is. After the clock was put
    back, another archive may get the name of one that has gone.
    """
    own = record_of(entry)
    return record is not None and record.get("mtime") == own["mtime"] and (
        record.get("name") != own["name"] or record.get("bytes") == own["bytes"])


def counts(record, target):
    """Whether a record shows that the target has the archive, or that the configuration gives up what nobody saw it sent."""
    return not record.get("unseen") or target.get("unseen") == PRUNE


def read(state_dir):
    """The file of records; what is not there or has another form is as nothing: shipped again at worst."""
    try:
        found = json.loads(read_regular(os.path.join(state_dir, MANIFEST)).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    document = {"archives": {}, "targets": [], "run": {}}
    for name, empty in document.items():
        if isinstance(found, dict) and isinstance(found.get(name), type(empty)):
            document[name] = found[name]
    document["archives"] = {
        stem: {target: record for target, record in done.items() if isinstance(record, dict)}
        for stem, done in document["archives"].items() if isinstance(done, dict)}
    return document


def configuration(path):
    """audit-ship's configuration. Failure where it is missing, another could have written it, or it is not one."""
    try:
        return ship_conf.read(path)
    except AuditError as error:
        raise Failure("bad_config", "%s; %s" % (error, ship_conf.CURE))


def by_audit_ship(chosen):
    """Whether audit-ship says what may be pruned by these settings."""
    return not chosen.config["shipped_command"] and chosen.shipped_stamp == os.path.join(chosen.state_dir, STAMP)


def trouble(chosen):
    """Why nothing is pruned until audit-ship's configuration is right, with the cure; None where it is, or is not asked."""
    if not by_audit_ship(chosen):
        return None
    try:
        configuration(chosen.ship_conf)
    except Failure as error:
        return "what audit-ship ships to is not known, so nothing is deleted: %s" % error
    return None


def of(job):
    """What says whether an archive of this job's host was shipped; everything was where nothing is shipped."""
    command, stamp = job.settings.config["shipped_command"], job.settings.shipped_stamp
    if command:
        if job.settings.root != "/":
            job.notes.append("shipped_command is not run for an offline tree: nothing is deleted")
            return UpTo(0)
        return UpTo(_epoch_of(_output_of(job, command), None))
    if by_audit_ship(job.settings):
        return _by_audit_ship(job)
    if stamp:
        try:
            text, mtime = bounded.call(_stamp, stamp).split(b"\0")
            return UpTo(_epoch_of(text.decode("ascii", "replace"), float(mtime)))
        except OSError as error:
            job.notes.append("shipped_stamp = %s: %s, so nothing is deleted" % (stamp, error.strerror))
            return UpTo(0)
    return UpTo(float("inf"))


def _by_audit_ship(job):
    document, targets = read(job.settings.state_dir), []
    try:
        targets = configuration(job.settings.ship_conf)["targets"]
    except Failure:
        job.notes.append("shipped_stamp = %s: %s" % (job.settings.shipped_stamp, trouble(job.settings)))
    else:
        if not document["targets"]:
            job.notes.append("shipped_stamp = %s: audit-ship has left no record of what it shipped, so nothing is deleted" % (
                job.settings.shipped_stamp,))
    return Remembered(document, targets)


def _stamp(path):
    return read_regular(path)[:64].replace(b"\0", b" ") + b"\0%f" % os.stat(path).st_mtime


def _output_of(job, command):
    import shlex
    import signal
    import subprocess
    try:
        done = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        try:
            out = done.communicate(timeout=LONGEST_COMMAND)[0]
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGKILL)  # what it started too: it holds the pipe that is read here
            done.communicate()
            raise OSError(0, "it did not end within %d seconds" % LONGEST_COMMAND)
    except (OSError, ValueError) as error:
        job.problem("partly", "shipped_command = %s: %s; nothing is deleted" % (command, getattr(error, "strerror", None) or error))
        return ""
    if done.returncode:
        job.problem("partly", "shipped_command = %s ended with %d; nothing is deleted" % (command, done.returncode))
        return ""
    return out[:64].decode("ascii", "replace")


def _epoch_of(text, default):
    """Epoch seconds of "1795410116" or "2026-11-23T05:00:00Z"; ``default`` for an empty text, 0 for anything else."""
    line = text.split("\n")[0].strip()
    if not line and default is not None:
        return default
    try:
        return float(line)
    except ValueError:
        pass
    try:
        import calendar
        return calendar.timegm(time.strptime(line[:19].replace(" ", "T"), "%Y-%m-%dT%H:%M:%S")) if line[19:] in ("", "Z") else 0
    except ValueError:
        return 0
