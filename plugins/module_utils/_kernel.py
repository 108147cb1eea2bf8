# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit state over netlink: status, features, the loaded rules, and changing them.

Numbers and structures: include/uapi/linux/audit.h and kernel/audit.c. Only a process with CAP_AUDIT_CONTROL in the initial
user and pid namespaces is answered. Where it is not, NotAvailable says why; a container's host is not "disabled".
"""

import _socket as socket  # what the module socket wraps; that one takes 3 ms to import, of 60 for a whole comparison
import errno
import os
import re
import select
import struct
import time

from ._errors import AuditError, NotAvailable

NETLINK_AUDIT = 9
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK = 1, 4
AUDIT_GET, AUDIT_SET = 1000, 1001
AUDIT_ADD_RULE, AUDIT_DEL_RULE, AUDIT_LIST_RULES = 1011, 1012, 1013
AUDIT_SET_FEATURE, AUDIT_GET_FEATURE = 1018, 1019

HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
ERROR = struct.Struct("=i")
FEATURES = struct.Struct("=4I")  # struct audit_features: vers, mask, features, lock

IMMUTABLE = 2  # the status word enabled after -e 2: until the next boot nothing can be changed
STATUS_WORDS = (
    "mask", "enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog", "features",
    "backlog_wait_time", "backlog_wait_time_actual",
)
STATUS_BITS = {  # AUDIT_STATUS_*
    "enabled": 0x01, "failure": 0x02, "rate_limit": 0x08, "backlog_limit": 0x10, "backlog_wait_time": 0x20, "lost": 0x40,
}
FEATURE_NAMES = ("only_unset_loginuid", "loginuid_immutable")  # bit 0 and 1 of struct audit_features

TIMEOUT = 10.0  # seconds, for one whole request
RECEIVE_BUFFER = 8 << 20  # bytes: the kernel's list of a few thousand rules fits, so its sending thread never waits for us
INITIAL_NAMESPACES = {"user": 0xEFFFFFFD, "pid": 0xEFFFFFFC}  # include/linux/proc_ns.h


class KernelError(AuditError):
    """The kernel was asked and refused; ``errno`` is its reason."""

    def __init__(self, message, number, **details):
        super(KernelError, self).__init__(message, **details)
        self.errno = number


class NoSocket(NotAvailable):
    """No audit socket can be had here; auditctl may still be asked."""


class Netlink(object):
    """One audit socket; use it as a context manager. ``timeout`` (seconds) bounds each request as a whole."""

    def __init__(self, timeout=TIMEOUT):
        self._timeout = timeout
        self._sequence = 0
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_AUDIT)
        except (OSError, AttributeError) as error:
            raise NoSocket(_why_no_socket(error))
        try:
            self._socket.bind((0, 0))
            for option in (getattr(socket, "SO_RCVBUFFORCE", 33), socket.SO_RCVBUF):
                try:
                    self._socket.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
                    break
                except OSError:
                    continue  # the forced size needs CAP_NET_ADMIN
            self._socket.setblocking(False)
        except OSError as error:
            self._socket.close()
            raise NoSocket(_why_no_socket(error))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._socket.close()

    def request(self, message, payload=b"", reply=None, many=False):
        """The payloads of the answers of type ``reply`` (none wanted: the kernel's acknowledgement is waited for).

        ``many``: answers come until NLMSG_DONE. Whatever else arrives (other sequence numbers, records) is passed over.
        Raises KernelError with the kernel's errno, NotAvailable where no answer comes in time.
        """
        self._sequence += 1
        data = HEADER.pack(HEADER.size + len(payload), message, NLM_F_REQUEST | NLM_F_ACK, self._sequence, 0) + payload
        deadline = time.monotonic() + self._timeout
        self._send(data, deadline)
        answers = []
        acknowledged = False
        while True:
            for kind, body in self._receive(deadline):
                if kind == NLMSG_ERROR:
                    number = -ERROR.unpack_from(body)[0] if len(body) >= ERROR.size else errno.EPROTO
                    if number:
                        raise KernelError("the kernel refused the audit request %d: %s" % (message, os.strerror(number)), number)
                    acknowledged = True
                    if reply is None:
                        return answers
                elif kind == NLMSG_DONE:
                    if many:
                        return answers
                elif kind == reply:
                    answers.append(body)
                    if not many:
                        return answers
            if acknowledged and answers and not many:
                return answers

    def _send(self, data, deadline):
        while True:
            try:
                self._socket.sendto(data, (0, 0))
                return
            except BlockingIOError:
                self._wait(deadline, writing=True)
            except OSError as error:
                raise KernelError("the kernel refused the audit request: %s" % error.strerror, error.errno)

    def _receive(self, deadline):
        """The (type, payload) pairs of one datagram that answer the current request."""
        while True:
            try:
                data, sender = self._socket.recvfrom(1 << 16)
            except BlockingIOError:
                self._wait(deadline)
                continue
            except OSError as error:
                raise NotAvailable("the kernel's audit answer was lost (%s); try again" % error.strerror)
            if sender[0] == 0:  # only port 0 is the kernel
                return list(_messages(data, self._sequence))

    def _wait(self, deadline, writing=False):
        left = deadline - time.monotonic()
        sockets = [self._socket]
        if left <= 0 or not any(select.select([] if writing else sockets, sockets if writing else [], [], left)):
            raise NotAvailable("the kernel did not answer on the audit netlink within %g seconds" % self._timeout)


def _messages(data, sequence):
    """The parts of a datagram with our sequence number; a part whose length is nonsense ends it."""
    offset = 0
    while offset + HEADER.size <= len(data):
        length, kind, _flags, number, _port = HEADER.unpack_from(data, offset)
        if length < HEADER.size:
            return
        end = offset + length
        if number == sequence:
            yield kind, data[offset + HEADER.size:end]
        # audit_list_rules_send() and the reply threads count their length with the header, padded to four bytes
        offset += (length + 3) & ~3


def status(run_command=None) -> "dict[str, int | None]":
    """struct audit_status as a dict of ints, ``backlog_wait_time_actual`` None on kernels before 5.9; NotAvailable otherwise.

    ``backlog_wait_time`` is in jiffies, ``pid`` as the caller's pid namespace numbers it. ``run_command`` lets C(auditctl -s)
    answer where no netlink socket can be opened; ``features`` is None then.
    """
    try:
        with Netlink() as netlink:
            return netlink_status(netlink)
    except KernelError as error:
        raise NotAvailable(_why_refused(error.errno), errno=error.errno)
    except NoSocket:
        if run_command is None:
            raise
        return _auditctl_status(run_command)[0]


def netlink_status(netlink: Netlink) -> "dict[str, int | None]":
    """As status(), over an open socket; KernelError where the kernel refuses."""
    data = netlink.request(AUDIT_GET, reply=AUDIT_GET)[0]
    words = struct.unpack_from("=%dI" % min(len(STATUS_WORDS), len(data) // 4), data)
    values = {name: words[place] if place < len(words) else None for place, name in enumerate(STATUS_WORDS)}
    del values["mask"]
    return values


def features(run_command=None) -> "dict[str, bool]":
    """{only_unset_loginuid, loginuid_immutable: bool, and NAME_locked: bool} (kernel 3.13 and later); NotAvailable otherwise."""
    try:
        with Netlink() as netlink:
            _vers, _mask, bits, lock = FEATURES.unpack_from(netlink.request(AUDIT_GET_FEATURE, reply=AUDIT_GET_FEATURE)[0])
    except KernelError as error:
        raise NotAvailable(_why_refused(error.errno), errno=error.errno)
    except NoSocket:
        if run_command is None:
            raise
        return _auditctl_status(run_command)[1]
    result = {}
    for number, name in enumerate(FEATURE_NAMES):
        result[name] = bool(bits >> number & 1)
        result[name + "_locked"] = bool(lock >> number & 1)
    return result


def rules() -> "list[bytes]":
    """The loaded rules, each the bytes of a struct audit_rule_data, in the kernel's order; NotAvailable otherwise."""
    try:
        with Netlink() as netlink:
            return netlink.request(AUDIT_LIST_RULES, reply=AUDIT_LIST_RULES, many=True)
    except KernelError as error:
        raise NotAvailable(_why_refused(error.errno), errno=error.errno)


def loaded_rules(run_command=None) -> "list[bytes] | list[str]":
    """What C(loaded.from_loaded) takes, one per loaded rule: bytes from netlink, or a line of C(auditctl -l) where no socket opens."""
    try:
        return rules()
    except NoSocket:
        if run_command is None:
            raise
        rc, out, err = run_command(["auditctl", "-l"])
        if rc != 0:
            raise NotAvailable("auditctl -l: %s" % (err.strip() or "failed with return code %d" % rc))
        return [line for line in out.splitlines() if line.strip() and line.strip() != "No rules"]


def add_rule(netlink: Netlink, data: bytes) -> None:
    """Load one struct audit_rule_data (bytes); KernelError EEXIST where the kernel has the very same one."""
    netlink.request(AUDIT_ADD_RULE, data)


def delete_rule(netlink: Netlink, data: bytes) -> None:
    """Delete one struct audit_rule_data (bytes); KernelError ENOENT where there is none."""
    netlink.request(AUDIT_DEL_RULE, data)


def set_status(netlink: Netlink, **values: int) -> None:
    """Set words of the status, each a keyword out of STATUS_BITS. KernelError EPERM where the set is immutable (enabled 2)."""
    words = [0] * len(STATUS_WORDS)
    for name, value in values.items():
        words[0] |= STATUS_BITS[name]
        words[STATUS_WORDS.index(name)] = value
    netlink.request(AUDIT_SET, struct.pack("=%dI" % len(words), *words))


def set_loginuid_immutable(netlink: Netlink) -> None:
    """Make the login uid of processes unchangeable once set, and lock that, as C(auditctl --loginuid-immutable)."""
    bit = 1 << FEATURE_NAMES.index("loginuid_immutable")
    netlink.request(AUDIT_SET_FEATURE, FEATURES.pack(1, bit, bit, bit))


def _why_no_socket(error):
    number = getattr(error, "errno", None)
    if number in (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT):
        return "this kernel has no audit support: the audit netlink socket cannot be opened (%s)" % os.strerror(number)
    return "the audit netlink socket cannot be opened: %s" % (getattr(error, "strerror", None) or error)


def _why_refused(number):
    if number == errno.ECONNREFUSED:
        if _in_initial_namespace("user") is False:
            return "not readable from this container: its user namespace is not the host's, and the kernel answers only there"
        return "the audit system is off in this kernel (audit=0 on the boot line)"
    if number == errno.EPERM:
        if _in_initial_namespace("pid") is False:
            return "not readable from this container: its pid namespace is not the host's, and the kernel answers only there"
        if os.geteuid() != 0:
            return "not permitted: reading the kernel's audit state needs root (CAP_AUDIT_CONTROL)"
        return "not permitted: this process lacks CAP_AUDIT_CONTROL"
    return "the kernel refused to give its audit state: %s" % os.strerror(number)


IN_CONTAINER = ("this is a container: the kernel's auditing and auditd belong to the host that runs it; check and remediate that host, and "
                "leave this name out of audit_hosts")


def in_container() -> bool:
    """Whether the kernel answers nobody here, because the user or pid namespace is not the host's."""
    return False in (_in_initial_namespace("user"), _in_initial_namespace("pid"))


def _in_initial_namespace(kind):
    """True or False; None where /proc does not say."""
    try:
        return os.stat("/proc/self/ns/" + kind).st_ino == INITIAL_NAMESPACES[kind]
    except OSError:
        return None


def _auditctl_status(run_command):
    """(status, features) out of C(auditctl -s); the words are those of the netlink structures."""
    rc, out, err = run_command(["auditctl", "-s"])
    found = dict(re.findall(r"^(\w+) (\d+)", out, re.M))
    if rc != 0 or "enabled" not in found:
        raise NotAvailable("auditctl -s: %s" % (err.strip() or "failed with return code %d" % rc))
    values = {name: int(found[name]) if name in found else None for name in STATUS_WORDS if name not in ("mask", "features")}
    values["features"] = None
    words = {}
    for name in FEATURE_NAMES:
        if name in found:
            words[name] = found[name] == "1"
            words[name + "_locked"] = bool(re.search(r"^%s \d+ locked" % name, out, re.M))
    return values, words
