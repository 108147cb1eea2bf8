# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux labels of an offline tree, by the tree's own policy: file_contexts(5), as libselinux reads it (label_file.c).

A path has the label of the specification without regular expression characters that equals it, else of the last regular expression that
matches all of it. Only an expression's own file type counts, C(<<none>>) is no label, ``.local`` comes behind the policy's own, and
``.subs_dist`` and ``.subs`` say which path stands for which other one.
"""

import errno
import os
import re
import stat

from . import files as _io

CONFIG = "/etc/selinux/config"
CONTEXTS = "/etc/selinux/%s/contexts/files/file_contexts"
IN_FORCE = ("enforcing", "permissive")
TYPES = {"--": stat.S_IFREG, "-d": stat.S_IFDIR, "-l": stat.S_IFLNK, "-b": stat.S_IFBLK, "-c": stat.S_IFCHR, "-p": stat.S_IFIFO,
         "-s": stat.S_IFSOCK}
NONE = "<<none>>"
META = set(".^$?*+|[({")  # label_file.h: a specification with one of them, not behind a backslash, is an expression
NO_LABELS = (errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.EROFS, errno.EINVAL)


class Labels(object):
    """The file contexts of a host's policy; empty where SELinux is off or no policy is installed."""

    def __init__(self, host):
        self.host = host
        self.exact, self.expressions = {}, []
        self.substitutes = []  # the administrator's own first, then the policy's, each over the other's result
        mode, policy = settings(host)
        if mode not in IN_FORCE:
            return
        base = CONTEXTS % policy
        self.substitutes = [_pairs(host.text(base + suffix)) for suffix in (".subs", ".subs_dist")]
        for suffix in ("", ".homedirs", ".local"):
            for line in (host.text(base + suffix) or "").splitlines():
                self._add(line.split())

    def _add(self, words):
        if len(words) not in (2, 3) or words[0].startswith("#") or len(words) == 3 and words[1] not in TYPES:
            return
        kind = TYPES[words[1]] if len(words) == 3 else None
        literal = _literal(words[0])
        if literal is not None:
            self.exact[literal, kind] = words[-1]
            return
        try:
            self.expressions.append((re.compile(words[0]), kind, words[-1]))
        except re.error:
            return  # an expression that only PCRE knows labels none of the paths that are asked for here

    @property
    def known(self) -> bool:
        """Whether the tree has a policy that labels anything."""
        return bool(self.exact or self.expressions)

    def of(self, path: str, kind: int) -> "str | None":
        """The label of a path of this kind (C(stat.S_IFREG), ...); None where the policy gives it none."""
        path = self._substituted(path)
        found = self.exact.get((path, kind), self.exact.get((path, None)))
        if found is None:
            matching = (label for regex, wanted, label in reversed(self.expressions) if wanted in (None, kind) and regex.fullmatch(path))
            found = next(matching, None)
        return None if found == NONE else found

    def _substituted(self, path):
        for pairs in self.substitutes:
            path = next((target + path[len(source):] for source, target in pairs if (path + "/").startswith(source + "/")), path)
        return path


def settings(host) -> "tuple[str, str]":
    """(SELINUX, SELINUXTYPE) of /etc/selinux/config; ("disabled", "") where there is none."""
    found = {"SELINUX": "disabled", "SELINUXTYPE": "targeted"}
    for line in (host.text(CONFIG) or "").splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() in found:
            found[key.strip()] = value.strip()
    return found["SELINUX"].lower(), found["SELINUXTYPE"]


def label_new(host, paths, *, write: bool = True) -> "tuple[list[str], dict[str, str]]":
    """Give each of these paths that has no label the one of the tree's policy: ([path that got or would get one], {path: why it has none}).

    What has a label keeps it, and of a filesystem that keeps none nothing is said: there is no label to miss.
    """
    labels = Labels(host)
    done, refused = [], {}
    for path in paths if labels.known else ():
        found = host.lstat(path)
        real = host.path(path, follow=False)
        if found is None or _has(real) is not False:
            continue
        label = labels.of(path, stat.S_IFMT(found.st_mode))
        if label is None:
            refused[path] = "the policy of the tree has no label for it"
            continue
        try:
            if write:
                os.setxattr(real, _io.SELINUX_XATTR, label.encode("utf-8") + b"\0", follow_symlinks=False)
            done.append(path)
        except OSError as error:
            refused[path] = "the label %s cannot be set here: %s" % (label, error.strerror)
    return done, refused


def _has(real):
    """None where this filesystem keeps no labels."""
    try:
        return bool(os.getxattr(real, _io.SELINUX_XATTR, follow_symlinks=False))
    except OSError as error:
        return None if error.errno in NO_LABELS else False


def _literal(text):
    """The path that an expression without special characters stands for; None for a real expression."""
    path, escaped = [], False
    for letter in text:
        if not escaped and letter == "\\":
            escaped = True
            continue
        if not escaped and letter in META:
            return None
        path.append(letter)
        escaped = False
    return "".join(path)


def _pairs(text):
    """[(path, what it stands for)], the last line first: libselinux takes that one."""
    words = [line.split() for line in (text or "").splitlines()]
    pairs = [pair for pair in words if len(pair) == 2 and not pair[0].startswith("#")]
    return [(source.rstrip("/"), target.rstrip("/")) for source, target in reversed(pairs)]
