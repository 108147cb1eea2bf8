# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the checker of a host, or a Python there that is sent its code, instead of sending a module: request, command, and what counts.

An answer counts where it is of the code of this controller, for this request, and whole. Whatever else comes, Unusable says why, and the
module is sent. What a host that lies could do by this way it could do to a module as well: both run on the host.
"""

from __future__ import annotations

import base64
import json
import shlex
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments
from ansible_collections.auditops.auditd.plugins.module_utils._drift.tables import SCHEMA
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.checker import PROGRAM
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.files import PLATFORM_PYTHON

from . import drift_arguments, host_library
from .fleet.document import LARGEST_DOCUMENT, MOMENT, STATUSES, refuse_malformed

LONGEST_RUN = 60  # seconds; a comparison takes less than one
LONGEST_COMMAND = 96 << 10  # bytes of a request on a command line: Linux takes 128 KB in one word, execve(2)
LONGEST_REASON = 300  # characters
ABSENT = "absent"
VALIDATOR = ArgumentSpecValidator(_arguments.DRIFT)
PARTS = {"summary": dict, "items": list, "controls": list, "exceptions": list, "live": dict, "waived": list}
# The checker may hang or write without end: it gets its time, and no more of its output is read than a document can have.
ASK = f"[ -x {PROGRAM} ] && {{}}timeout -k 5 {LONGEST_RUN} {PROGRAM} --request | head -c {LARGEST_DOCUMENT + 1} || echo {ABSENT}"

# Unpacks what C(sent) gives, and starts C(_check.from_stdin) of it. -IS as for the installed program: no other code of the host is run.
UNPACK = ('import sys,json,zlib,base64;b=sys.stdin.buffer;p=b.read(int(b.readline()));t=json.loads(zlib.decompress(base64.b64decode(p))'
          '.decode());g=dict();exec(t["_check/from_stdin.py"],g);sys.exit(g["main"](p.decode(),t))')
SEND = f"{{}}timeout -k 5 {LONGEST_RUN} {{}} -ISc {shlex.quote(UNPACK)} | head -c {LARGEST_DOCUMENT + 1}"


def first_of(pythons: Sequence[str]) -> str:
    """For SEND: whichever of these a host has first, and that of RHEL 8, for which newer Ansibles do not look; no Python 2."""
    names = [name for name in (*pythons, PLATFORM_PYTHON) if "python3" in name or name == PLATFORM_PYTHON]
    return "$(" + " || ".join(f"command -v {shlex.quote(name)}" for name in names) + ")"


class Unusable(Exception):
    """Why the answer of a host does not count; ``is_odd``: somebody should look at it."""

    def __init__(self, reason: str, *, is_odd: bool = False) -> None:
        super().__init__(reason)
        self.is_odd = is_odd


class Request:
    """One question to one host.

    ``sends_code``: whether the code goes along; then nothing that lies on the host is relied on.
    ``host``: its name in the inventory. ``policy``: what identifies the policy in a document. ``keep``: the host is to compare itself with
    it from now on. ``max_age``: seconds that a document may be old which the host made by itself, None to compare now.
    """

    def __init__(
        self, arguments: Mapping[str, Any], host: str, policy: dict, *, keep: bool = False, max_age: int | None = None,
        interpreter: str | None = None, sends_code: bool = False,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.host = host
        options = _as_specified(arguments, names_library=not sends_code)
        self.root = options["root"]
        if self.root != "/" and not sends_code:
            raise Unusable("it compares the running host, not an offline tree")
        whole = {"id": self.id, "host": host, "policy": policy, "keep": keep, "max_age": max_age, "interpreter": interpreter}
        self.whole = {**whole, "options": options}
        self.text = json.dumps(self.whole)

    def with_code(self) -> bytes:
        """For the stdin of SEND."""
        code = host_library.comparison().encode()
        return b"%d\n%b%b" % (len(code), code, self.text.encode())

    def on_command_line(self) -> str | None:
        """A command that writes the request to its stdout, for a connection that gives a command no stdin; None where it is too long."""
        command = f"printf %s {base64.b64encode(self.text.encode()).decode()} | base64 -d | "
        return command if len(command) <= LONGEST_COMMAND else None


def _as_specified(arguments: Mapping[str, Any], *, names_library: bool) -> dict[str, Any]:
    """The options as the module's own specification makes them: before ansible-core 2.19 templated numbers arrive as text.

    ``names_library``: whether the host has the benchmark library, and its digest is enough.
    """
    result = VALIDATOR.validate(dict(arguments))
    if result.error_messages:
        raise Unusable("; ".join(result.error_messages))  # the module says it, as it always did
    options = {name: result.validated_parameters[name] for name in _arguments.COMPARED}
    paths = [arguments.get("root"), (arguments.get("audit_rotation") or {}).get("interpreter")]
    if any("~" in str(path) or "$" in str(path) for path in paths):
        raise Unusable("a path of the policy has to be expanded on the host")
    return options if names_library else drift_arguments.whole(options)


def drift(output: str, request: Request, errors: str = "") -> dict:
    """The result that the module would have given, from what the command wrote; Unusable where it does not count.

    ``errors``: what it wrote to stderr, for the reason.
    """
    if len(output) > LARGEST_DOCUMENT:
        raise Unusable("it wrote more than any document has", is_odd=True)
    lines = [line for line in output.splitlines() if line.strip()]
    if lines and lines[-1] == ABSENT:
        raise Unusable("it is not installed")
    answer = _parsed(lines, errors)
    if answer.get("id") != request.id or answer.get("host") != request.host:
        raise Unusable("its answer is for another question or another host", is_odd=True)
    if answer.get("code") != host_library.comparison_digest():
        raise Unusable("it has other code than this controller: another release, or changed")
    if answer.get("interpreter") is not True:
        raise Unusable("it runs by another Python than ansible_python_interpreter names")
    if "unusable" in answer:
        raise Unusable(str(answer["unusable"]))
    if answer.get("failed"):
        return {"failed": True, "changed": False, "msg": str(answer.get("msg") or "the comparison failed without a reason")}
    _refuse_part(answer.get("drift"), request)
    return {"changed": False, "drift": answer["drift"], "collected": answer.get("collected") is True}


def _parsed(lines: list[str], errors: str) -> dict:
    if not lines:
        own = [line for line in errors.splitlines() if PROGRAM.rpartition("/")[2] in line]
        reason = f": {own[-1][:LONGEST_REASON]}" if own else f" within {LONGEST_RUN} seconds, or was not allowed to run"
        raise Unusable("it gave no answer" + reason, is_odd=True)
    try:
        answer = json.loads(next((line for line in reversed(lines) if line.startswith("{")), ""))
    except (ValueError, RecursionError):
        raise Unusable("its answer is not whole", is_odd=True) from None
    return answer


def _refuse_part(document: object, request: Request) -> None:
    whole = (
        isinstance(document, dict) and document.get("schema") == SCHEMA and document.get("status") in STATUSES
        and document.get("root") == request.root and isinstance(document.get("collected_at"), str)
        and MOMENT.fullmatch(document["collected_at"])
        and all(isinstance(document.get(name), kind) for name, kind in PARTS.items())
        and document["summary"].get("items") == len(document["items"]))
    if not whole or not isinstance(document, dict):  # a dict it is, which mypy does not see in C(whole)
        raise Unusable("its document is not whole", is_odd=True)
    try:
        refuse_malformed(document)
    except ValueError as error:
        raise Unusable(f"its document is not whole: {error}", is_odd=True) from None
