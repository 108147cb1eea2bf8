# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a rule set on a host: what differs, writing it, and putting all back where a later step fails."""

import functools
import os
import stat
from collections import OrderedDict

from .._errors import AuditError
from .._host import files as _io
from .._rules import compiled as _compiled
from .._rules import files as _files
from .._rules import quarantine
from .._utc import iso

IN_THE_WAY = "it was no directory, so that augenrules loaded nothing: it is kept beside it, under its name with the time"
LINK = "it was a symbolic link to %s: the link is replaced or moved, what it leads to is not touched"


class Files(object):
    """The difference between what is on the disk and C(staging.Staged): ``write`` paths, ``modes`` paths whose mode is too open,
    ``links`` {path: target} of symbolic links in their place, ``previous`` whether audit.rules has rules that stand nowhere else,
    ``restored``: as C(quarantine.restorable), what goes back to rules.d."""

    def __init__(self, host, staged, current, restored=None):
        self.host, self.staged, self.current, self.restored = host, staged, current, restored or {}
        self.compiled_before = host.text(_compiled.AUDIT_RULES)
        self.texts = OrderedDict((path, staged.files[path]) for path in staged.own)
        self.texts[_compiled.AUDIT_RULES] = staged.compiled.text
        self.links = {path: target for path, target in ((path, self.host.link_target(path)) for path in [*self.texts, *current]) if target}
        self.write = [path for path, text in self.texts.items() if self.before(path) != text or path in self.links]
        self.modes = [path for path in self.texts if path not in self.write and self._too_open(path)]
        top = host.stat(_compiled.RULES_D)
        self.in_the_way = host.lstat(_compiled.RULES_D) is not None and (top is None or not stat.S_ISDIR(top.st_mode))
        self.previous = _compiled.AUDIT_RULES in self.write and bool(only_compiled(self.compiled_before, current))
        self._planned = {path: self.before(path) for path in [*self.texts, *staged.removed]}
        self.backups, self._undo, self._aside = [], [], None

    @property
    def differ(self):
        return bool(self.in_the_way or self.write or self.modes or self.staged.removed or self.staged.quarantined or self.restored)

    @property
    def kept(self):
        """The paths that lie there before and after and are not replaced."""
        gone = set(self.write) | set(self.modes) | set(self.staged.removed) | set(self.staged.quarantined)
        return [path for path in [_compiled.AUDIT_RULES, *self.current] if path not in gone]

    def before(self, path):
        return self.compiled_before if path == _compiled.AUDIT_RULES else self.current.get(path)

    def _real(self, path):
        """Where to write, remove or move: a link itself, never what it leads to."""
        return self.host.path(path, follow=False)

    def _too_open(self, path):
        found = self.host.stat(path)
        return found is not None and bool(stat.S_IMODE(found.st_mode) & ~_compiled.FILE_MODE)

    def problems(self):
        """A link in the place of a file that is written, removed or moved: [dict file, line, token, reason]."""
        touched = set(self.write) | set(self.staged.removed) | set(self.staged.quarantined)
        way = [{"file": _compiled.RULES_D, "line": None, "token": None, "reason": IN_THE_WAY}] if self.in_the_way else []
        links = [{"file": path, "line": None, "token": target, "reason": LINK % target}
                 for path, target in sorted(self.links.items()) if path in touched]
        return way + links

    def diffs(self):
        """What --diff shows of the files."""
        found = []
        for path in self.write:
            found.append({"before": self.before(path) or "", "after": self.texts[path], "before_header": path, "after_header": path})
        for path in self.staged.removed:
            found.append({"before": self.current[path], "after": "", "before_header": path, "after_header": path + " (removed)"})
        for path in self.staged.quarantined:
            found.append({"before": self.current[path], "after": "", "before_header": path, "after_header": quarantine.path_of(path)})
        for path, (_name, text) in self.restored.items():
            found.append({"before": "", "after": text, "before_header": quarantine.path_of(path), "after_header": path})
        for path in self.modes:
            mode = "%04o" % stat.S_IMODE(self.host.stat(path).st_mode)
            found.append({
                "before": {"mode": mode}, "after": {"mode": "%04o" % _compiled.FILE_MODE}, "before_header": path, "after_header": path})
        return found

    def apply(self, *, backup=False):
        """Write, in an order in which a load at any moment has no fewer rules than before: our files, what goes, the compiled one."""
        if self.in_the_way:
            self._aside = _io.set_aside(self._real(_compiled.RULES_D))
        _io.make_directory(self.host.path(_compiled.RULES_D), _compiled.DIRECTORY_MODE)
        for path in self.write:
            if path != _compiled.AUDIT_RULES:
                self._replace(path, self.texts[path].encode("utf-8", "surrogateescape"), backup=backup)
        self._restore()
        self._quarantine(backup=backup)
        for path in self.staged.removed:
            self._check_unchanged(path)
            self._remember(path, backup=backup)
            _io.remove(self._real(path))
        if self.previous:
            self._replace(_compiled.PREVIOUS, self.compiled_before.encode("utf-8", "surrogateescape"))
        if _compiled.AUDIT_RULES in self.write:
            self._replace(_compiled.AUDIT_RULES, self.texts[_compiled.AUDIT_RULES].encode("utf-8", "surrogateescape"), backup=backup)
        for path in self.modes:
            self._replace(path, self.host.read(path))

    def put_back(self):
        """All as it was before apply(), as far as that is possible: the paths of which it is not."""
        failed = []
        for path, data, mode in reversed(self._undo):
            try:
                self._put_back_one(path, data, mode)
            except (AuditError, OSError):
                failed.append(path)
        if self._aside:
            try:
                os.rmdir(self._real(_compiled.RULES_D))
                os.rename(self._aside, self._real(_compiled.RULES_D))
            except OSError:
                failed.append(_compiled.RULES_D)
        return failed

    def _put_back_one(self, path, data, mode):
        real = self._real(path)
        if data is None:
            _io.remove(real)
        elif path in self.links:
            _io.remove(real)
            os.symlink(self.links[path], real)
        else:
            _io.write_atomic(real, data, mode)

    def rewrite(self, path, text):
        """Write a file again whose earlier text apply() remembers."""
        _io.write_atomic(self._real(path), text.encode("utf-8", "surrogateescape"), _compiled.FILE_MODE)

    def replace(self, path, text):
        """Write a file that apply() had nothing to do with; put_back() takes it back too."""
        self._replace(path, text.encode("utf-8", "surrogateescape"))

    def _replace(self, path, data, *, backup=False):
        self._check_unchanged(path)
        self._remember(path, backup=backup)
        try:
            _io.write_atomic(self._real(path), data, _compiled.FILE_MODE, before_rename=functools.partial(self._check_unchanged, path))
        except _io.ChangedMeanwhile:
            self._undo.pop()  # what stands there is not ours to take back
            raise
        self._planned.pop(path, None)

    def _check_unchanged(self, path):
        """ChangedMeanwhile where somebody else has written a file since the plan was made: an augenrules that runs, an editor."""
        if path in self._planned and path not in self.links and self.host.text(path) != self._planned[path]:
            raise _io.ChangedMeanwhile(path)

    def _remember(self, path, *, backup=False):
        found = self.host.stat(path)
        data = b"" if path in self.links else self.host.read(path)
        self._undo.append((path, data, None if found is None else stat.S_IMODE(found.st_mode)))
        if backup and found is not None and path not in self.links:
            self.backups.append(_io.backup(self._real(path)))

    def _quarantine(self, *, backup):
        """Move foreign files out of rules.d; a manifest says from where, when, and what stands in them."""
        if not self.staged.quarantined:
            return
        _io.make_directory(self.host.path(quarantine.DIRECTORY), _compiled.DIRECTORY_MODE)
        manifest = quarantine.manifest_of(self.host)
        for path in self.staged.quarantined:
            target = _free_name(self.host, quarantine.path_of(path))
            self._remember(path, backup=backup)
            self._undo.append((target, None, None))
            if path in self.links:
                os.symlink(self.links[path], self._real(target))
            else:
                _io.write_atomic(self._real(target), self.host.read(path), _compiled.FILE_MODE)
            manifest[os.path.basename(target)] = {"from": path, "at": iso(), "sha256": _files.digest(self.current[path]),
                                                  "mode": "%04o" % stat.S_IMODE(self.host.lstat(path).st_mode)}
            _io.remove(self._real(path))
        self._replace(quarantine.MANIFEST, quarantine.manifest_text(manifest).encode())

    def _restore(self):
        """Move files back from the quarantine, and take them out of its manifest."""
        manifest = quarantine.manifest_of(self.host)
        for path, (name, text) in self.restored.items():
            self._replace(path, text.encode("utf-8", "surrogateescape"))
            self._remember(quarantine.DIRECTORY + "/" + name)
            _io.remove(self._real(quarantine.DIRECTORY + "/" + name))
            del manifest[name]
        if self.restored:
            self._replace(quarantine.MANIFEST, quarantine.manifest_text(manifest).encode())


def only_compiled(text, current):
    """[Rule] of audit.rules that stand in no file of rules.d: somebody wrote them there, or removed their file since."""
    if not text or not text.strip():
        return []
    known = {rule.canonical for path, written in current.items() for rule in _compiled.parse_rules_file(written, path).statements}
    return [rule for rule in _compiled.parse_rules_file(text).rules if rule.canonical not in known]


def _free_name(host, path):
    name, number = path, 1
    while host.lstat(name) is not None:
        name, number = "%s.%d" % (path, number), number + 1
    return name
