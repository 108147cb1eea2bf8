# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run works with: rotate.conf, and the few keys of auditd.conf that matter here.

The size guard takes this path every few minutes, so nothing heavy is imported.
"""

import os

from ._conf.words import settings_of, threshold
from ._errors import AuditError
from ._host.host import Host, read_regular
from ._paths import AUDITD_CONF, LOG_FILE
from ._rotation import conf as _rotate_conf
from ._rotation.conf import PATH, SHIP_CONF
from .exits import Failure

__all__ = ("MEGABYTE", "PATH", "Settings", "built_in", "load")

MEGABYTE = 1 << 20
STOPPING = ("suspend", "single", "halt")
SPACE_KEYS = (("space_left", "space_left_action"), ("admin_space_left", "admin_space_left_action"))
SMALLEST_FREE = 128  # MB, and no more than a twentieth of the filesystem
SMALLEST_CEILING, LARGEST_CEILING = MEGABYTE, 256 * MEGABYTE
MARGIN = 64  # MB above a threshold that would suspend auditd or stop the host


class Settings(object):
    """rotate.conf (``config``), auditd.conf (``auditd``), and what follows from both. Paths are those of this machine."""

    def __init__(self, config, auditd, resolve, root="/", *, ship_conf=SHIP_CONF):
        self.config = config
        self.ship_conf = ship_conf
        self.auditd = auditd
        self.root = root
        log_file = config["log_file"] or auditd.get("log_file", LOG_FILE)
        if not log_file.startswith("/"):
            raise Failure("bad_auditd_conf", "%s: log_file = %s is not an absolute path" % (config["auditd_conf"], log_file))
        self.log_file = resolve(log_file)
        self.directory = os.path.realpath(os.path.dirname(self.log_file)) if root == "/" else os.path.dirname(self.log_file)
        self.base = os.path.basename(log_file)
        self.state_dir = resolve(config["state_dir"])
        # one for each log directory, named as the host names it, so that what waits there finds its way back
        self.stage_directory = os.path.join(
            self.state_dir, "staging", os.path.dirname(log_file).replace("%", "%25").replace("/", "%2F"))
        self.textfile = resolve(config["textfile"]) if config["textfile"] else ""
        self.shipped_stamp = resolve(config["shipped_stamp"]) if config["shipped_stamp"] else ""
        self.keeps_logs = auditd.get("max_log_file_action", "ignore").lower() == "keep_logs"
        self.writes_logs = auditd.get("write_logs", "yes").lower() != "no" and auditd.get("log_format", "").lower() != "nolog"
        self.num_logs = _integer(auditd.get("num_logs", "0"))

    def is_written_by(self, pid):
        """True where this auditd works by the configuration that names our log; another's log and daemon are left alone."""
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as stream:
                words = stream.read().decode("utf-8", "surrogateescape").split("\0")
        except OSError:
            return False
        named = next((word[2:] or words[place + 1] for place, word in enumerate(words[:-1]) if place and word.startswith("-c")), None)
        conf = os.path.join(named, "auditd.conf") if named else AUDITD_CONF
        own = self.config["log_file"] in ("", self.auditd.get("log_file", LOG_FILE))
        return own and os.path.realpath(conf) == os.path.realpath(self.config["auditd_conf"])

    def ceiling(self, filesystem, growth=0.0, period=0.0):
        """Bytes of audit.log that make the guard rotate; 0: none.

        auto: 256 MB, and no more than an eighth of the filesystem or a quarter of the room that is left after the log has grown for one
        more ``period`` (seconds) at ``growth`` (bytes a second): what is rotated needs room beside it until it is compressed.
        """
        wanted = self.config["ceiling_megabytes"]
        if wanted != "auto":
            return wanted * MEGABYTE
        total, free = (count * filesystem.f_frsize for count in (filesystem.f_blocks, filesystem.f_bavail))
        return max(SMALLEST_CEILING, min(LARGEST_CEILING, total // 8, int(free - growth * period) // 4))

    def min_free(self, filesystem):
        """Bytes that are to stay free on ``filesystem`` (os.statvfs_result); 0: not looked at."""
        wanted = self.config["min_free_megabytes"]
        if wanted != "auto":
            return wanted * MEGABYTE
        return self.smallest_free(filesystem)

    def smallest_free(self, filesystem):
        """The bytes of ``auto``: a little room, and more than any threshold at which auditd would suspend or stop the host."""
        total = filesystem.f_blocks * filesystem.f_frsize
        threshold = self.stopping_threshold(total)
        return max(min(SMALLEST_FREE * MEGABYTE, total // 20), threshold and threshold + min(MARGIN * MEGABYTE, threshold // 2))

    def stopping_threshold(self, total):
        """Bytes free below which auditd suspends itself or stops the host; 0: never. ``total`` bytes of the filesystem give percentages."""
        found = 0
        for key, action in SPACE_KEYS:
            if self.auditd.get(action, "ignore").lower() in STOPPING:
                found = max(found, threshold(self.auditd.get(key), total, MEGABYTE) or 0)
        return found

    def keep_bytes(self, filesystem):
        """Bytes of archives to keep; 0: no limit."""
        wanted = self.config["keep_megabytes"]
        if wanted != "auto":
            return wanted * MEGABYTE
        return filesystem.f_blocks * filesystem.f_frsize // (10 if self.shares_filesystem else 2)

    @property
    def shares_filesystem(self):
        """True where the log has no filesystem of its own, so that others can fill it."""
        return os.stat(self.directory).st_dev == os.stat(os.path.dirname(self.directory) or "/").st_dev

    def share(self, filesystem):
        """Bytes of a shared filesystem that audit may take before it makes room by itself."""
        return self.keep_bytes(filesystem) or filesystem.f_blocks * filesystem.f_frsize // 10


def load(config_path, root="/", *, config_is_ours=True):
    """Settings for a host below ``root``. Raises Failure bad_config or bad_auditd_conf.

    A missing rotate.conf means every default; one that was asked for by name must be there.
    """
    resolve = _resolver(root)
    path = resolve(config_path) if config_is_ours else config_path
    text = _text(path, "bad_config")
    if text is None and not config_is_ours:
        raise Failure("bad_config", "%s: there is no such file" % config_path)
    try:
        config = _rotate_conf.parse(text or "", config_path)
    except AuditError as error:
        raise Failure("bad_config", str(error), **error.details)
    auditd_text = _text(resolve(config["auditd_conf"]), "bad_auditd_conf")
    beside = os.path.join(os.path.dirname(path), os.path.basename(SHIP_CONF))
    return Settings(config, settings_of(auditd_text or ""), resolve, root, ship_conf=beside)


def built_in(root="/"):
    """Settings for a reader who may read neither file, as ausearch does for members of log_group: the built-in paths and names."""
    return Settings(_rotate_conf.parse(""), {}, _resolver(root), root)


def _resolver(root):
    if root == "/":
        return lambda path: path
    return Host(root).path


def _text(path, failure):
    try:
        return read_regular(path).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Failure(failure, "cannot read %s: %s" % (path, error.strerror), errno=error.errno)


def _integer(value):
    try:
        return max(0, int(value))
    except ValueError:
        return 0
