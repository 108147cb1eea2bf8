# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audit-ship's configuration (ship.json) has to be, for the programs that work by it and for who looks whether they can."""

import json
import os

from .._errors import AuditError
from .._host.host import read_regular

AGENT = "agent"
# kind of a target: what it has to have besides its name
KINDS: "dict[str, dict[str, type]]" = {
    "s3": {"program": str, "bucket": str}, "command": {"argv": list}, AGENT: {"process": str, "log": str, "state": str}}
CURE = "the role audit_shipping, or the playbook remediate, writes it again; what was shipped is remembered, and nothing is sent twice"


def read(path: str, name: "str | None" = None, *, owners_count: bool = True) -> dict:
    """The configuration, each of its targets with what its kind needs. AuditError, one clause, for what cannot be worked by.

    ``name``: what messages call it; ``owners_count``: false for a tree whose files are those of whoever made it.
    """
    name = name or path
    try:
        found = os.lstat(path)
        if owners_count and found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022:
            raise AuditError("%s must be root's, and nobody else may write it" % name)  # it names programs that root runs
        text = read_regular(path)
    except OSError as error:
        raise AuditError("%s: %s" % (name, error.strerror))
    if not text.strip():
        raise AuditError("%s is empty" % name)
    try:
        configuration = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise AuditError("%s is no JSON: %s" % (name, error))
    targets = configuration.get("targets") if isinstance(configuration, dict) else None
    if not isinstance(targets, list) or not targets or not all(isinstance(target, dict) for target in targets):
        raise AuditError("%s names no targets" % name)
    for target in targets:
        _check(target, name)
    return configuration


def _check(target, name):
    needed = KINDS.get(str(target.get("kind")))
    if needed is None:
        raise AuditError("%s has a target of the kind %s; known are %s" % (name, target.get("kind"), ", ".join(sorted(KINDS))))
    for key, kind in [("name", str)] + sorted(needed.items()):
        if not isinstance(target.get(key), kind) or not target[key]:
            raise AuditError("%s has a target without its %s" % (name, key))
