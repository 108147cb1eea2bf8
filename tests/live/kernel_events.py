# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel records of one call, while it has the rules of a test and no others."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import sys

from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar, tables
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule

NETLINK_AUDIT, READ_LOG, BUFFER = 9, 1, 33  # AUDIT_NLGRP_READLOG, SO_RCVBUFFORCE
TYPES = {number: name for name, number in _rule.message_types()[0].items()}
NOTHING_MORE = frozenset(("PROCTITLE", "EOE"))  # say nothing that other records of an event do not say
MACHINES = {"x86_64": "c000003e", "i386": "40000003"}

# Makes each call in a process of its own. A line of JSON: auid (null: has not logged in), uid, call [number, arguments],
# is_i386, program (to run instead), forks (logs in, and makes another process that makes the call). Answers with the process that made it.
ACTOR = """
import ctypes, json, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
page = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40, prot=7)  # below 4 GB: MAP_32BIT of x86
page[:17] = bytes.fromhex("53 89f8 89f3 4189c8 89d1 4489c2 cd80 5b c3")  # int 0x80 with what the function is given
base = ctypes.addressof(ctypes.c_char.from_buffer(page))
interrupt = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 4)(base)

def low(arguments):
    place = 256
    for argument in arguments:
        if isinstance(argument, str):
            raw = argument.encode() + bytes(1)
            page[place:place + len(raw)] = raw
            yield base + place
            place += len(raw)
        else:
            yield argument & 0xFFFFFFFF

def make(job):
    if job["uid"]:
        os.setgroups([])
        os.setgid(job["uid"])
        os.setuid(job["uid"])
    if job.get("program"):
        os.execv(job["program"], [job["program"]])
    number, arguments = job["call"]
    if job.get("is_i386"):
        interrupt(number, *(list(low(arguments)) + [0] * 3)[:3])
    else:
        libc.syscall(number, *[one.encode() if isinstance(one, str) else ctypes.c_long(one) for one in arguments])

with open("/proc/self/loginuid", "w") as stream:
    stream.write("4294967295")  # as what the system starts
for line in sys.stdin:
    job, (read, write) = json.loads(line), os.pipe()
    child = os.fork()
    if child == 0:
        if job["auid"] is not None:
            with open("/proc/self/loginuid", "w") as stream:
                stream.write(str(job["auid"]))
        grandchild = os.fork() if job.get("forks") else 0
        if grandchild:
            os.waitpid(grandchild, 0)
        else:
            os.write(write, str(os.getpid()).encode())
            make(job)
        os._exit(0)
    os.waitpid(child, 0)
    print(os.read(read, 20).decode(), flush=True)
    os.close(read)
    os.close(write)
"""


class Events:
    """The kernel's rules and its records, for one test."""

    def __init__(self, netlink, actor, stream):
        self.netlink, self.actor, self.stream, self.turn = netlink, actor, stream, 0

    def recorded(self, lines: list[str], jobs: list[dict]) -> tuple[list, list[frozenset[str]]]:
        """(the rules as the kernel has them, for each job the types of the records of its call)"""
        self.turn += 1
        end = grammar.parse(f"-a always,exit -F arch=b64 -S mount -F a2={self.turn} -F a3=77 -k end{self.turn}", machine="x86_64")
        rules = [grammar.parse(line, machine="x86_64").resolve(os.path.isdir) for line in lines]
        added = []
        try:
            for rule in [*rules, end]:
                _kernel.add_rule(self.netlink, rule.to_kernel())
                added.append(rule)
            loaded = [rule for rule in map(_rule.from_kernel, _kernel.rules()) if rule.keys != end.keys]
            makers = [self._make(job) for job in jobs]
        finally:
            # the list exclude first: it could keep back the record of the end
            for rule in sorted(added, key=_is_no_exclusion):
                _kernel.delete_rule(self.netlink, rule.to_kernel())
        events = self._until(f'key="end{self.turn}"')
        return loaded, [_types_of(events, maker, job) for maker, job in zip(makers, jobs, strict=True)]

    def _make(self, job):
        self.actor.stdin.write(json.dumps(job) + "\n")
        self.actor.stdin.flush()
        return self.actor.stdout.readline().strip()

    def _until(self, end):
        events: dict[str, list[tuple[str, str]]] = {}
        while True:
            data = self.stream.recv(1 << 16)
            kind, text = struct.unpack("=H", data[4:6])[0], data[16:].decode("utf-8", "replace")
            if end in text and "op=remove_rule" in text:
                return events
            events.setdefault(re.search(r"audit\([\d.]+:(\d+)\)", text).group(1), []).append((TYPES.get(kind, str(kind)), text))


def _is_no_exclusion(rule):
    return rule.list != tables.LISTS["exclude"]


def _types_of(events, maker, job):
    number = 59 if job.get("program") else job["call"][0]
    call = re.compile(r"arch=%s syscall=%d .* pid=%s " % (MACHINES["i386" if job.get("is_i386") else "x86_64"], number, maker))
    found = [frozenset(kind for kind, _text in records) for records in events.values()
             if any(kind == "SYSCALL" and call.search(text) for kind, text in records)]
    return max(found, key=len, default=frozenset()) - NOTHING_MORE


@contextlib.contextmanager
def watched():
    """Events of this machine's kernel; its rules are gone before (kernel_audit)."""
    stream = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    stream.setsockopt(socket.SOL_SOCKET, BUFFER, 32 << 20)
    stream.bind((0, READ_LOG))
    stream.settimeout(60)
    actor = subprocess.Popen([sys.executable, "-c", ACTOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        with _kernel.Netlink() as netlink:
            _kernel.set_status(netlink, enabled=1)
            yield Events(netlink, actor, stream)
    finally:
        actor.stdin.close()
        actor.wait()
        stream.close()
