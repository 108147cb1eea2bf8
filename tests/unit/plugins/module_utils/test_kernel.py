# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import socket
import struct
import subprocess
import sys

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._errors import NotAvailable

STATUS = struct.pack("=11I", 0, 1, 1, 4242, 0, 8192, 3, 0, 0x7F, 15000, 7)


def message(kind, body=b"", sequence=1, flags=0):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def error(number, sequence=1):
    return message(2, struct.pack("=i", -number) + b"\0" * 16, sequence)


@pytest.fixture
def kernel(monkeypatch):
    """A socket of our own in the place of the kernel's: each datagram given is one answer."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setblocking(False)

    class Wire:
        def recvfrom(self, size):
            return ours.recv(size), (0, 0)

        def sendto(self, data, _address):
            return ours.send(data)

        def fileno(self):
            return ours.fileno()

        def close(self):
            pass

    def connect(self, timeout=0.3):
        self._timeout, self._sequence, self._socket = timeout, 0, Wire()

    monkeypatch.setattr(_kernel.Netlink, "__init__", connect)
    yield theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    "datagrams",
    [
        [error(0), message(1000, STATUS)],
        [message(1000, STATUS), error(0)],
        [error(0) + message(1000, STATUS)],
        [
            message(1000, b"\1" * 44, sequence=99),
            error(errno.EPERM, sequence=98),
            error(0),
            message(1300, b"audit(1:2)"),
            message(1000, STATUS),
        ],
        [b"", b"\0" * 7, message(1000, b"", sequence=5), error(0), message(1000, STATUS)],
    ],
    ids=["ack first", "answer first", "one datagram", "strangers between", "rubbish first"],
)
def test_status(kernel, datagrams):
    for datagram in datagrams:
        kernel.send(datagram)
    assert _kernel.status() == {
        "enabled": 1,
        "failure": 1,
        "pid": 4242,
        "rate_limit": 0,
        "backlog_limit": 8192,
        "lost": 3,
        "backlog": 0,
        "features": 127,
        "backlog_wait_time": 15000,
        "backlog_wait_time_actual": 7,
    }


@pytest.mark.parametrize(
    ("size", "missing"), [(40, {"backlog_wait_time_actual"}), (32, {"features", "backlog_wait_time", "backlog_wait_time_actual"})]
)
def test_status_of_an_old_kernel(kernel, size, missing):
    kernel.send(error(0) + message(1000, STATUS[:size]))
    assert {name for name, value in _kernel.status().items() if value is None} == missing


def test_rules_of_many_parts(kernel):
    kernel.send(error(0))
    kernel.send(message(1013, b"one", flags=2) + b"\0" + message(1013, b"four", flags=2))
    kernel.send(message(1013, b"other list", sequence=7))
    kernel.send(message(3, b"\0\0\0\0", flags=2))
    assert _kernel.rules() == [b"one", b"four"]


def test_no_answer_ends_in_time(kernel):
    kernel.send(error(0))
    with pytest.raises(NotAvailable, match="did not answer"):
        _kernel.status()


@pytest.mark.parametrize(
    ("number", "namespaces", "word"),
    [
        (errno.ECONNREFUSED, {"user": True}, "off in this kernel"),
        (errno.ECONNREFUSED, {"user": False}, "container"),
        (errno.EPERM, {"pid": False}, "container"),
        (errno.EPERM, {"pid": True}, "CAP_AUDIT_CONTROL"),
        (errno.EPERM, {"pid": None}, "CAP_AUDIT_CONTROL"),
    ],
)
def test_refused(kernel, monkeypatch, number, namespaces, word):
    monkeypatch.setattr(_kernel, "_in_initial_namespace", namespaces.get)
    kernel.send(error(number))
    with pytest.raises(NotAvailable, match=word):
        _kernel.status(run_command=lambda argv: pytest.fail("auditctl would be refused too"))


@pytest.mark.parametrize(("number", "word"), [(errno.EPROTONOSUPPORT, "no audit support"), (errno.EACCES, "cannot be opened")])
def test_no_socket(monkeypatch, number, word):
    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_kernel.socket, "socket", refuse)
    with pytest.raises(NotAvailable, match=word):
        _kernel.rules()
    text = "enabled 1\nfailure 1\npid 7\nrate_limit 0\nbacklog_limit 64\nlost 0\nbacklog 0\n"
    text += "backlog_wait_time 15000\nloginuid_immutable 1 locked\n"
    answers = {"-s": (0, text, ""), "-l": (0, "-w /x -p wa\n", "")}

    def run(argv):
        return answers[argv[1]]

    status = _kernel.status(run)
    assert (status["pid"], status["features"], status["backlog_wait_time_actual"]) == (7, None, None)
    assert _kernel.features(run) == {"loginuid_immutable": True, "loginuid_immutable_locked": True}
    assert _kernel.loaded_rules(run) == ["-w /x -p wa"]
    answers["-l"] = (4, "", "You must be root to run this program.\n")
    with pytest.raises(NotAvailable, match="must be root"):
        _kernel.loaded_rules(run)


def test_refused_change_keeps_the_reason(kernel):
    kernel.send(error(errno.EEXIST))
    with _kernel.Netlink() as netlink, pytest.raises(_kernel.KernelError) as refused:
        _kernel.add_rule(netlink, b"")
    assert refused.value.errno == errno.EEXIST


def test_set_status_sends_only_what_is_set(kernel):
    kernel.send(error(0))
    with _kernel.Netlink() as netlink:
        _kernel.set_status(netlink, backlog_limit=8192, failure=1)
    sent = kernel.recv(4096)
    assert struct.unpack("=IHHII", sent[:16])[:2] == (60, 1001)
    assert struct.unpack("=11I", sent[16:]) == (0x12, 0, 1, 0, 0, 8192, 0, 0, 0, 0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become nobody")
def test_not_root_is_one_sentence():
    code = "from ansible_collections.auditops.auditd.plugins.module_utils import _kernel; import os; os.setuid(65534); _kernel.status()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=":".join(sys.path))
    )
    assert "NotAvailable: not" in done.stderr


def test_import_is_cheap():
    code = "import sys; from ansible_collections.auditops.auditd.plugins.module_utils import _kernel; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ, PYTHONPATH=":".join(sys.path))
    )
    assert not [name for name in done.stdout.split() if name.endswith(("_rule", "_rule_tables", "_syscalls", "ansible"))]
