# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of audit-check as they lie on a host, for the comparison with what a policy installs."""

from .._errors import AuditError
from .._rotation import checker as _checker
from .._rotation.schedule import minute_of, scheduler_of
from .schedule import FileFacts, digest_of, interpreter_trouble


class Checker(object):
    """``scheduler``: cron or systemd, None where nothing is scheduled or ``scheduler_refused`` says why it cannot be. ``minute``: the
    host's own. ``program``: {path: digest}, ``files``: {path: FileFacts}, ``links``: [path] of those that are there. ``interpreter``: why
    the program does not start. ``installed_at`` and ``compared_at``: epoch seconds, None for never.
    """

    def __init__(self):
        self.scheduler = self.scheduler_refused = self.minute = self.interpreter = self.installed_at = self.compared_at = None
        self.program, self.files, self.links = {}, {}, []


def read_policy(reading) -> None:
    """Fills ``checker`` of Parsed."""
    policy, host = reading.wanted.get("audit_check"), reading.host
    if not policy:
        return
    found = reading.parsed.checker = Checker()
    if _checker.is_scheduled(policy):
        try:
            found.scheduler = scheduler_of(host, policy.get("scheduler") or "auto")
        except AuditError as error:
            found.scheduler_refused = str(error).replace("audit_rotation_scheduler", "audit_check_scheduler")
    found.minute = minute_of(host)
    paths = [_checker.PROGRAM, _checker.COMPARISON]
    found.program = {path: digest_of(reading, path) for path in paths}
    found.files = {path: FileFacts(host, path, read=False) for path in paths}
    found.files.update((path, FileFacts(host, path)) for path in _checker.SCHEDULED)
    found.files[_checker.POLICY] = FileFacts(host, _checker.POLICY, read=False)
    found.links = [path for path in (_checker.TIMER_LINK,) if host.lstat(path) is not None]
    status = host.stat(_checker.PROGRAM)
    if status is not None:
        found.installed_at = status.st_mtime
        found.interpreter = interpreter_trouble(host, _checker.PROGRAM, policy.get("interpreter"))
    documents = (host.stat(_checker.DOCUMENTS + "/" + name) for name in host.listdir(_checker.DOCUMENTS) if name.endswith(".json"))
    found.compared_at = max([int(document.st_mtime) for document in documents if document] or [0]) or None
