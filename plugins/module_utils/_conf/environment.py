# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd's parser asks the host it runs on, answered for a live system or an offline tree."""

import os  # pylint: disable=unused-import # named in an annotation
import stat

from .._errors import AuditError

LOG_DIRECTORY = ["var", "log", "audit"]  # the package's own: it or tmpfiles.d creates it
AUDITD = ("/sbin/auditd", "/usr/sbin/auditd")
# The message with which a build says, at every key of a feature it was built without, that it ignores the key.
LEFT_OUT = {
    "listener": b"Listener support is not enabled",
    "gssapi": b"GSSAPI support is not enabled",
    "tls": b"TLS support is not enabled",
}
PRESENT = {"listener": b"tcp_listen_port", "gssapi": b"enable_krb5", "tls": b"tls_psk_file"}


class Environment(object):
    """Answers from a C(_host.Host). A test gives any object with these methods."""

    def __init__(self, host) -> None:
        self.host = host
        self._program: "bytes | None" = None

    def group_id(self, name: str) -> "int | None":
        """The number of a group, None where the host has no such group, -1 where a tree without /etc/group cannot say."""
        if self.host.is_live:
            import grp  # knows directories (LDAP, SSSD) too, as auditd does

            try:
                return grp.getgrnam(name).gr_gid
            except (KeyError, ValueError, UnicodeError):
                return None
        text = self.host.text("/etc/group")
        if text is None:
            return 0 if name == "root" else -1
        for line in text.split("\n"):
            fields = line.split(":")
            if len(fields) > 2 and fields[0] == name and fields[2].isdecimal():
                return int(fields[2])
        return None

    def directory(self, path: str) -> bool:
        """True where auditd can open the directory; the package's own log directory counts even before it exists."""
        if [name for name in path.split("/") if name] == LOG_DIRECTORY:
            return True
        found = self.stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def stat(self, path: str) -> "os.stat_result | None":
        """os.stat_result of what a path leads to, None where there is nothing; AuditError where nobody could open it."""
        try:
            return self.host.stat(path)
        except AuditError as error:
            if isinstance(error.__context__, PermissionError):
                return None  # auditd is root and may look
            raise

    def executable(self, path: str) -> bool:
        """True where root may execute the file."""
        found = self.stat(path)
        return found is not None and bool(found.st_mode & 0o111)

    @property
    def owners_count(self) -> bool:
        """As C(_host.host.Host.has_owners)."""
        return self.host.has_owners

    def build(self, feature: str) -> "bool | None":
        """Whether the host's auditd was built with "listener", "gssapi" or "tls"; None where there is no auditd to look into."""
        if self._program is None:
            self._program = self._read_program()
        if not self._program:
            return None
        return PRESENT[feature] in self._program and LEFT_OUT[feature] not in self._program

    def _read_program(self):
        for path in AUDITD:
            try:
                data = self.host.read(path)
            except AuditError:
                data = None
            if data:
                return data
        return b""
