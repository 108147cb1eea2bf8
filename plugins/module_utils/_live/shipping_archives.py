# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the archives of a host are shipped: the files of that as they lie there, and what the last run came to."""

import json

from .._errors import AuditError
from .._rotation.files import SHIP_PROGRAM
from .._rotation.schedule import minute_of, scheduler_of
from .._shipping import archives
from .schedule import FileFacts


class Archives(object):
    """How it lies there: ``scheduler``: cron or systemd, None where there is none, for ``refused``; ``minute``: the host's own;
    ``installed``: whether the program is there; ``aws``: the path of the AWS program that the configuration would get; ``files``: {path:
    FileFacts}; ``links``: [path]; ``stale``: [path] of ours that must not be there; ``since``: when it was configured, epoch seconds or
    None; ``run``: {at, failed} of the last run, {} for none; ``until``: up to when everything is shipped, epoch seconds or None.
    """

    def __init__(self):
        self.scheduler = self.refused = self.minute = self.until = self.since = None
        self.installed, self.aws, self.files, self.links, self.stale, self.run = False, "", {}, [], [], {}


def read(host, policy: dict) -> Archives:
    """What lies there, for the comparison with what the policy installs."""
    found = Archives()
    try:
        found.scheduler = scheduler_of(host, policy.get("scheduler") or "auto")
    except AuditError as error:
        found.refused = str(error)
    found.minute, found.installed = minute_of(host), host.lstat(SHIP_PROGRAM) is not None
    found.aws = policy.get("s3_program") or host.which(archives.AWS) or ""
    found.files = {path: FileFacts(host, path, hidden=path in archives.HIDDEN) for path in archives.FILES}
    found.links = [path for path in (archives.TIMER_LINK,) if host.lstat(path) is not None]
    found.stale = archives.stale_files(host, policy, found.scheduler)
    found.run, found.until = _run(host), _until(host)
    configured = host.lstat(archives.CONF)
    found.since = configured.st_mtime if configured else None
    return found


def _run(host):
    try:
        found = json.loads(host.text(archives.MANIFEST) or "{}").get("run")
        return found if isinstance(found, dict) else {}
    except (AuditError, ValueError, AttributeError):
        return {}


def _until(host):
    try:
        return int(float((host.text(archives.STAMP) or "").strip()))
    except (AuditError, ValueError, OverflowError):
        return None
