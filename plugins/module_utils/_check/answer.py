# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One comparison from arguments to answer: the same for the module that is pushed and for the checker that lies on the host."""

import hashlib
import json

from .. import _arguments
from .._drift import document
from .._errors import AuditError
from .._host.host import Host, read_regular
from .._rotation import files as rotation_files
from .._utf8 import as_text

NO_BOOT = {"service": "keep", "line": []}


def answer(request: "dict", run_command, known=None) -> "dict":
    """{drift: document}, or {failed: True, msg: sentence, ...} where nothing could be compared.

    ``request``: C(_arguments.COMPARED) of the module audit_drift, as its specification makes them. ``run_command``: as
    C(_host.host.Host) calls it. ``known``: C(_rules.known.Known).
    """
    try:
        return {"drift": _compare(request, run_command, known)}
    except AuditError as error:
        return as_text(dict(error.details, failed=True, msg=str(error)))


def _compare(request, run_command, known):
    request = dict(dict.fromkeys(_arguments.COMPARED), **request)
    host = Host(request["root"] or "/", run_command)
    host.known = known if host.is_live else None
    if request["audit_rotation"]:
        _refuse_bad_rotation(request["audit_rotation"], host)
    host.arch = (request["audit_rules"] or {}).get("arch") or None
    wanted = {name: request.get(name) for name in _arguments.WANTED}
    if wanted["audit_boot"] == NO_BOOT:
        wanted["audit_boot"] = None  # it asks for nothing, so a boot line that was not seen leaves nothing unknown
    live, parsed = document.look(host, wanted, request["release"] or None)
    return document.compare(live, parsed, wanted)


def _refuse_bad_rotation(policy, host):
    """What the rotation could not be installed with is said before anything is compared, so before anything is remediated."""
    try:
        rotation_files.desired_files(policy, "systemd", 0)  # with systemd it looks at everything
        if policy["interpreter"]:
            rotation_files.interpreter_of(host, policy["interpreter"])
    except AuditError as error:
        raise AuditError("audit_rotation: %s; nothing was changed" % error, **error.details)


def library_of(path: str, wanted: str) -> dict:
    """The benchmark library in a file of this host. AuditError where its text has not the sha256 that is wanted."""
    try:
        data = read_regular(path)
        if hashlib.sha256(data).hexdigest() != wanted:
            raise AuditError("the benchmarks in %s are of another release" % path)
        return json.loads(data.decode("utf-8"))
    except OSError as error:
        raise AuditError("cannot read the benchmarks in %s: %s" % (path, error.strerror))
    except (ValueError, RecursionError) as error:
        raise AuditError("the benchmarks in %s are no JSON: %s" % (path, error))
