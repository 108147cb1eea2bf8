# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a host: files below a root, and the commands of a live system.

A host is the running system (root C(/)) or an offline tree: an image being baked, a mounted volume, a test fixture.
In an offline tree nothing is executed, and symbolic links are followed as the tree's own system would follow them.
"""

import errno
import os
import stat

from .._errors import AuditError, NotAvailable

PROGRAM_DIRS = ("/sbin", "/usr/sbin", "/usr/local/sbin", "/bin", "/usr/bin", "/usr/local/bin")
NULL_DEVICE = os.makedev(1, 3)  # /dev/null: systemd masks a unit by a link to it
SYSTEMD_RUNS = ("/run/systemd/system",)  # sd_booted(3)
SYSTEMD_INSTALLED = ("/lib/systemd/systemd", "/usr/lib/systemd/systemd")
MAX_LINKS = 40  # as the kernel's MAXSYMLINKS, include/linux/namei.h


class Host(object):
    """One host, reached through the directory ``root``.

    ``run_command`` is called as C(run_command(argv, **options)) and returns (rc, stdout, stderr); it may be None where
    nothing will be executed.
    """

    def __init__(self, root="/", run_command=None):
        if not root:
            raise AuditError("root is empty; give the top of a tree, or / for the running host")
        if not str(root).startswith("/"):
            raise AuditError("root = %s (audit_root): give an absolute path; the host reads it, in a directory of its own" % root)
        self.root = os.path.realpath(root)
        self.is_live = self.root == "/"
        self._run_command = run_command
        self.arch = None  # uname -m of an offline tree, where the caller knows it
        self.known = None  # _rules.known.Known, where the caller keeps it from run to run
        if not os.path.isdir(self.root):
            raise AuditError("root = %s (audit_root) is not a directory; give the top of a mounted or unpacked system, or /" % root)

    def path(self, path, follow=True):
        """The path on this machine of the host's absolute ``path``; links never lead out of the root."""
        if self.is_live:
            return path
        return self._resolve(path, follow)

    def _resolve(self, path, follow):
        todo = [part for part in path.split("/") if part]
        done: "list[str]" = []
        links = 0
        while todo:
            part = todo.pop(0)
            if part == ".":
                continue
            if part == "..":
                done = done[:-1]
                continue
            here = os.path.join(self.root, *(done + [part]))
            if os.path.islink(here) and (todo or follow):
                links += 1
                if links > MAX_LINKS:
                    raise AuditError("%s: too many levels of symbolic links below %s" % (path, self.root))
                target = os.readlink(here)
                if target.startswith("/"):
                    done = []
                todo = [step for step in target.split("/") if step] + todo
                continue
            done.append(part)
        return os.path.join(self.root, *done)

    def read(self, path, most=None):
        """The bytes of a file, the first ``most`` where that is given; None where there is no such file; AuditError where it cannot be
        read, or is a pipe or device.
        """
        try:
            return read_regular(self.path(path), most, below=None if self.is_live else self.root)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise AuditError("cannot read %s: %s" % (path, getattr(error, "strerror", None) or error))

    def text(self, path):
        """As read(), decoded; bytes that are not UTF-8 survive a round trip through C(encode(..., "surrogateescape"))."""
        data = self.read(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def text_if_readable(self, path):
        """As text(), None also where the file cannot be read."""
        try:
            return self.text(path)
        except AuditError:
            return None

    def stat(self, path):
        """os.stat_result of the file a path leads to, None where there is none."""
        return self._stat(os.stat, path, follow=True)

    def lstat(self, path):
        """os.stat_result of the path itself, None where there is none."""
        return self._stat(os.lstat, path, follow=False)

    def _stat(self, function, path, follow):
        try:
            return function(self.path(path, follow))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise AuditError("cannot look at %s: %s" % (path, getattr(error, "strerror", None) or error))

    def link_target(self, path):
        """What a link leads to, as it is written; None where the path is no link."""
        found = self.lstat(path)
        return os.readlink(self.path(path, follow=False)) if found is not None and stat.S_ISLNK(found.st_mode) else None

    def listdir(self, path):
        """The sorted names in a directory; none where the directory does not exist."""
        try:
            return sorted(os.listdir(self.path(path)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, ValueError) as error:
            raise AuditError("cannot list %s: %s" % (path, getattr(error, "strerror", None) or error))

    def statvfs(self, path):
        """os.statvfs_result of the filesystem of an existing path."""
        try:
            return os.statvfs(self.path(path))
        except OSError as error:
            raise NotAvailable("cannot measure the filesystem of %s: %s" % (path, error.strerror))

    def which(self, program):
        """The host's path of a program, None where it is not installed. PATH is not asked: cron's and sudo's differ."""
        for directory in PROGRAM_DIRS:
            path = directory + "/" + program
            found = self.stat(path)
            if found is not None and found.st_mode & 0o111:
                return path
        return None

    @property
    def has_owners(self) -> bool:
        """Whether files have their owners: not in a tree that was unpacked by somebody who is not root."""
        if self.is_live:
            return True
        top = self.stat("/")
        return top is not None and top.st_uid == 0

    @property
    def has_systemd(self) -> bool:
        """Whether systemd is the init of the running system, sd_booted(3); of an offline tree: whether it is installed."""
        paths = SYSTEMD_RUNS if self.is_live else SYSTEMD_INSTALLED
        return any(self.stat(path) is not None for path in paths)

    def run(self, argv, **options):
        """(rc, stdout, stderr) of a command on the live host, in the C locale; NotAvailable in an offline tree."""
        if not self.is_live or self._run_command is None:
            raise NotAvailable("%s is not run: %s is an offline tree" % (argv[0], self.root))
        return self._run_command(argv, environ_update={"LC_ALL": "C", "LANGUAGE": "C"}, **options)


def open_regular(path):
    """A stream of the bytes of a regular file on this machine, or of /dev/null. OSError for anything else: a named pipe would hold the
    caller for good.
    """
    return open(_open_regular(path), "rb")


def _open_regular(path, below=None):
    """A descriptor of a regular file; ``below``: the directory out of which no link may lead, the path being one without links.

    O_PATH first, open(2): opening a device for reading alone starts a watchdog or rewinds a tape, and a user may put a link to one there
    at any moment. What is read is then the very file that was looked at.
    """
    seen = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        status = os.fstat(seen)
        _refuse_others(path, status)
        return _open_seen(path, seen, status, below)
    finally:
        os.close(seen)


def _open_seen(path, seen, status, below):
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    link = "/proc/self/fd/%d" % seen
    try:
        place = os.readlink(link)
        if below is not None and not place.startswith(below.rstrip("/") + "/"):
            raise OSError(errno.ELOOP, "a link there leads out of the tree", path)
        return os.open(link, flags)
    except FileNotFoundError:  # no /proc here, as in a chroot that nobody set up
        descriptor = os.open(path, flags)
    found = os.fstat(descriptor)
    if (found.st_dev, found.st_ino) != (status.st_dev, status.st_ino):
        os.close(descriptor)
        raise OSError(errno.ESTALE, "it was replaced while it was opened", path)
    return descriptor


def _refuse_others(path, status):
    """OSError for what is neither a regular file nor /dev/null."""
    if stat.S_ISREG(status.st_mode) or (stat.S_ISCHR(status.st_mode) and status.st_rdev == NULL_DEVICE):
        return
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise OSError(errno.EINVAL, "it is not a regular file", path)


def read_regular(path, most=None, *, below=None):
    """The bytes of what C(open_regular) opens, the first ``most`` where that is given; ``below``: as C(_open_regular) has it."""
    descriptor = _open_regular(path, below)
    try:
        if most is not None:
            return os.read(descriptor, most)
        parts = []
        while True:  # without a stream around it, which costs more than the reading (measured: 2 ms of a comparison)
            part = os.read(descriptor, 1 << 16)
            if not part:
                return b"".join(parts)
            parts.append(part)
    finally:
        os.close(descriptor)
