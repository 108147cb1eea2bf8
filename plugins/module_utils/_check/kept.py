# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host keeps of its own comparisons: the policy that it was last compared with, and the newest document."""

import hashlib
import json
import marshal
import os
import stat
import sys
import time
import zlib

from .. import _utc
from .._errors import AuditError
from .._host import files as _io
from .._host.host import read_regular
from .._rotation.checker import DOCUMENTS, KNOWN, POLICY
from .._rules.known import Known

LARGEST_KNOWN = 16 << 20  # bytes; a rule takes two thousand
LONGEST_NAME = 200  # bytes, as in the spool of the controller
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")  # RFC 3986, 2.3


def document_path(host: str) -> str:
    """Where the document of this inventory name lies; what a file name cannot hold is percent-encoded, as in a spool on a controller."""
    name = "".join(chr(byte) if byte in UNRESERVED else "%%%02X" % byte for byte in host.encode("utf-8"))  # urllib takes 3 ms
    name = "%2E" + name[1:] if name.startswith(".") else name or "%00"
    if len(name) > LONGEST_NAME:
        name = "%s-%s" % (name[:LONGEST_NAME - 17], hashlib.sha256(name.encode("ascii")).hexdigest()[:16])
    return os.path.join(DOCUMENTS, name + ".json")


def read_policy(path: str = POLICY) -> "dict":
    """The request that was kept. AuditError where there is none, or others than root could have written it."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
            raise AuditError("%s is not used: it must be a regular file of root that nobody else may write to" % path)
        request = json.loads(read_regular(path).decode("utf-8"))
    except FileNotFoundError:
        raise AuditError("%s does not exist: run the playbook drift, or harden, with audit_check_schedule set; it is kept then" % path)
    except OSError as error:
        raise AuditError("cannot read %s: %s" % (path, error.strerror))
    except (ValueError, RecursionError) as error:
        raise AuditError("%s is no policy: %s; run the playbook drift, it is written again" % (path, error))
    if not isinstance(request, dict) or not isinstance(request.get("options"), dict):
        raise AuditError("%s is no policy: it has no options; run the playbook drift, it is written again" % path)
    return request


def text_of(request: "dict") -> str:
    """The text of a request as it is kept: without what belongs to one call."""
    return json.dumps({name: request.get(name) for name in ("host", "policy", "options")}, sort_keys=True) + "\n"


def keep_policy(request: "dict") -> None:
    """Keep a request; nothing is written where it is kept already."""
    data = text_of(request).encode("utf-8")
    try:
        if os.lstat(POLICY).st_mode & 0o7777 == 0o600 and read_regular(POLICY) == data:
            return
    except OSError:
        pass  # it is written below
    _io.write_atomic(POLICY, data, 0o600)


def keep_document(document: "dict") -> "dict | None":
    """Keep a document as the host's newest one; returns the one before it, None where there was none that can be read."""
    path = document_path(document["host"])
    before = read_document(path)
    _io.make_directory(DOCUMENTS, 0o750)
    text = json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"
    _io.write_atomic(path, text.encode("utf-8"), 0o600)
    return before


def read_document(path: str) -> "dict | None":
    """A document that was kept, None where there is none that can be read."""
    try:
        found = json.loads(read_regular(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def newest(host: str, policy: "dict", max_age: int) -> "dict | None":
    """The newest document of this host, where it is of this policy and younger than ``max_age`` seconds."""
    found = read_document(document_path(host))
    if found is None or found.get("policy") != policy or found.get("host") != host:
        return None
    try:
        age = time.time() - _utc.epoch(found.get("collected_at") or "never")
    except (TypeError, ValueError):
        return None
    return found if 0 <= age <= max_age else None


def known(code: str) -> Known:
    """What this code (``code``: its digest) made of the rules in an earlier run; empty where others than root could have written it."""
    head = _head(code)
    try:
        descriptor = os.open(KNOWN, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            ours = stat.S_ISREG(status.st_mode) and status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o077
            data = stream.read(LARGEST_KNOWN) if ours else b""
    except OSError:
        return Known()
    start = len(head) + 8
    body = memoryview(data)[start:]
    whole = data.startswith(head) and data[start - 8:start] == b"%08x" % zlib.crc32(body)
    return Known(marshal.loads(body) if whole else None)


def keep_known(code: str, now: Known) -> None:
    """For known() of the next run. Where it cannot be written, that one reads the rules again."""
    states = now.states()
    if states is None:
        return
    body = marshal.dumps(states)
    try:
        _io.make_directory(os.path.dirname(KNOWN), 0o750)
        _io.write_atomic(KNOWN, _head(code) + b"%08x" % zlib.crc32(body) + body, 0o600)
    except (AuditError, OSError):
        pass


def _head(code):
    return ("%s %x %s\n" % (sys.implementation.cache_tag, sys.hexversion, code)).encode("ascii")
