# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: what it works on, and what it has done so far."""

import os
import stat

from . import clock, methods, store
from ._utc import epoch
from .exits import Failure
from .names import Names, oldest_first

LIST_LIMIT = 200  # entries of one list in the status file; the counts beside them are whole


class Job(object):
    """Settings, the names in use, and the account of this run: lists of dicts and sentences that end in status.json.

    ``problems`` are (exit name, sentence): something is left undone and the run ends with that code. ``notes`` are only reported.
    """

    def __init__(self, settings, previous=None, *, dry_run=False, say=None):
        self.settings = settings
        self.previous = previous or {}
        self.dry_run = dry_run
        self.say = say or (lambda text: None)
        self.directory = settings.directory
        self.owner = checked_directory(self.directory, dry_run=dry_run)
        self.names = Names.beside(settings, self.previous)
        self.method = methods.chosen(settings.config["compress"], settings.root)
        self.clock = clock.Clock(_clock_note(self.previous))
        self.now = self.clock.now
        self.rotated = None
        self.resumed = None
        self.taken_over = []
        self.compressed = []
        self.deleted = []
        self.would_delete = []
        self.given_up = []  # of the deleted ones: those that the policy would have kept, had there been room
        self.flood = None  # who made the newest records, where archives were given up for them
        self.missing = []  # [{from, to, events}]: times of which events are in no log
        self.serials = self.previous.get("serials")  # where the last log that was looked through ended
        self.repaired = []
        self.waiting = []
        self.problems = []
        self.notes = []
        self.taken = set()  # names that no other file may get
        self.planned = []  # (name, bytes) that a dry run would have taken over
        self.judged = False  # retention has looked at every archive, or reported what it would delete
        self.fresh = set()  # stems that came up in this run
        self.doubtful = set()  # stems with a compressed twin that could not be read
        self.daemon_writes = False  # auditd is logging: its last room is not ours to use up

    def scan(self):
        """[Entry] of the log directory."""
        entries = self.names.scan(self.directory, self.owner)
        self.taken.update(entry.name for entry in entries)
        return entries

    def staged(self):
        """[Entry] of archives that wait on another filesystem until there is room beside the log."""
        entries = self.names.scan_staged(self.stage_directory, self.owner)
        self.taken.update(entry.name for entry in entries)
        return entries

    def archives(self):
        """[Entry] of all archives, oldest first."""
        return oldest_first(self.scan() + self.staged(), self.now)

    @property
    def stage_directory(self):
        """One directory for each log directory, so that what waits there finds its way back."""
        return self.settings.stage_directory

    def free(self, path=None):
        """Bytes that auditd, too, counts as free."""
        room = os.statvfs(path or self.directory)
        return room.f_bavail * room.f_frsize

    def live_identity(self):
        """What distinguishes the file that auditd writes from every other; None where there is none."""
        try:
            return store.identity(os.stat(self.settings.log_file))
        except OSError:
            return None

    def problem(self, name, sentence):
        """Note what is left undone; the rest of the run goes on."""
        self.problems.append((name, sentence))
        self.say(sentence)


def checked_directory(directory, *, dry_run):
    """The uid that owns it. Where others may create files there, no name in it can be trusted."""
    try:
        status = os.stat(directory)
    except OSError as error:
        raise Failure("unusable", "the log directory %s cannot be used: %s" % (directory, error.strerror))
    if not stat.S_ISDIR(status.st_mode):
        raise Failure("unusable", "%s is not a directory" % directory)
    if status.st_uid not in (0, os.geteuid()):
        raise Failure("unusable", "%s belongs to uid %d; it must belong to root" % (directory, status.st_uid))
    if status.st_mode & 0o022:
        raise Failure("unusable", "others than the owner may write in %s (mode %04o); make it 0750" % (
            directory, stat.S_IMODE(status.st_mode)))
    if os.statvfs(directory).f_flag & os.ST_RDONLY and not dry_run:
        raise Failure("unusable", "%s is on a read-only filesystem: nothing can be rotated or archived there" % directory)
    return status.st_uid


def _clock_note(previous):
    """What the last run noted of its clock; a release that noted none left its date alone."""
    note = previous.get("clock")
    if isinstance(note, dict):
        return note
    last = epoch(previous.get("last_run"))
    return {"now": last, "since_boot": 0, "boot": None} if last else {}
