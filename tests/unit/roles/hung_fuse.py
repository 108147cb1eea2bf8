# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A FUSE filesystem with one file, whose server can be told to answer no more: what a dead network mount looks like.

Spoken by hand (linux/fuse.h, protocol 7.31), because neither libfuse nor a network server is needed for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import threading
from pathlib import Path

LOOKUP, GETATTR, SETATTR, OPEN, WRITE, STATFS, RELEASE, FLUSH, INIT, ACCESS, CREATE = 1, 3, 4, 14, 16, 17, 18, 25, 26, 34, 35
HEADER = struct.Struct("=IIQQIIII")
FILE = 2


class Server:
    """Answers one request after the other, until stop()."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._stopped = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopped = True

    def _serve(self):
        while True:
            try:
                data = os.read(self._descriptor, 1 << 20)
            except OSError:
                return  # unmounted
            if self._stopped:
                continue
            _length, code, unique, node = HEADER.unpack_from(data)[:4]
            answer = self._answer(code, node, data[HEADER.size:])
            error, body = (answer, b"") if isinstance(answer, int) else (0, answer)
            if code not in (2, 42):  # FORGET, BATCH_FORGET
                os.write(self._descriptor, struct.pack("=IiQ", 16 + len(body), error, unique) + body)

    def _answer(self, code, node, body):
        if code == INIT:
            return struct.pack("=IIIIHHIIHHI28x", 7, 31, 65536, 0, 12, 12, 65536, 1, 16, 0, 0)
        if code == LOOKUP:
            return struct.pack("=QQQQII", FILE, 0, 0, 0, 0, 0) + _attributes(FILE)
        if code in (GETATTR, SETATTR):
            return struct.pack("=QII", 0, 0, 0) + _attributes(node)
        if code == OPEN:
            return struct.pack("=QII", 1, 0, 0)
        if code == WRITE:
            return struct.pack("=II", struct.unpack_from("=QQI", body)[2], 0)
        return b"" if code in (RELEASE, FLUSH, ACCESS) else -38


def _attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    return struct.pack("=QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


@contextlib.contextmanager
def mounted(where: Path):
    """Mount it at ``where``; yields the Server."""
    where.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"hung", os.fsencode(where), b"fuse.hung", 0, options.encode()):
        os.close(descriptor)
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    server = Server(descriptor)
    try:
        yield server
    finally:
        libc.umount2(os.fsencode(where), 1)  # MNT_FORCE: what waits for an answer gets an error
        libc.umount2(os.fsencode(where), 2)  # MNT_DETACH
        os.close(descriptor)
