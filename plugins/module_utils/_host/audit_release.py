# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release of audit a host has: asked of auditctl where the host is live, read from its files where it is a tree."""

import re

from .._errors import AuditError, NotAvailable

VERSION = r"(\d+\.\d+(?:\.\d+){0,2})"
PACKAGES = ("auditd", "audit")  # Debian's and everybody else's name
# the binary carries its version beside the format string that "auditctl -v" prints it with
NEAR_FORMAT = 4096
DOCUMENTATION = re.compile(r"^audit-" + VERSION + "$")


def release(host) -> "tuple[str | None, str | None]":
    """("3.0.9", None), or (None, why nobody knows)."""
    if host.which("auditctl") is None and host.which("auditd") is None:
        return None, "audit is not installed below %s: there is neither auditctl nor auditd" % host.root
    for source in (_from_command, _from_dpkg, _from_documentation, _from_binary):
        found = source(host)
        if found:
            return found, None
    return None, "neither auditctl nor the package database below %s names the release of audit" % host.root


def _from_command(host):
    program = host.which("auditctl")
    if program is None or not host.is_live:
        return None
    known, key = host.known, _identity(host.stat(program))
    if known is not None and key in known.releases:
        return known.add_release(key, known.releases[key])
    try:
        _unused, out, _unused = host.run([program, "-v"])
    except NotAvailable:
        return None
    match = re.search("version " + VERSION, out)
    if match and known is not None:
        known.add_release(key, match.group(1))
    return match.group(1) if match else None


def _identity(status):
    """What is another where a file was replaced or written to; root cannot set the time of the last change of an inode."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _from_dpkg(host):
    text = host.text("/var/lib/dpkg/status") or ""
    for paragraph in re.finditer(r"^Package: (\S+)\n(?:.+\n)*", text, re.MULTILINE):
        if paragraph.group(1) in PACKAGES and "\nStatus: install ok installed\n" in paragraph.group():
            match = re.search(r"^Version: (?:\d+:)?" + VERSION, paragraph.group(), re.MULTILINE)
            return match.group(1) if match else None
    return None


def _from_documentation(host):
    for name in host.listdir("/usr/share/doc"):
        match = DOCUMENTATION.match(name)
        if match:
            return match.group(1)
    return None


def _from_binary(host):
    program = host.which("auditctl")
    try:
        data = host.read(program) if program else None
    except AuditError:
        return None
    place = data.find(b"auditctl version ") if data else -1
    if not data or place < 0:
        return None
    near = data[max(0, place - NEAR_FORMAT):place + NEAR_FORMAT]
    found = re.findall(br"(?<=\x00)" + VERSION.encode("ascii") + br"(?=\x00)", near)
    return found[0].decode("ascii") if len(set(found)) == 1 else None
