# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel to refuse, to lie and to be immutable, which no test may make the real one do; and a tree that passes for a running system."""

from __future__ import annotations

import errno
import struct

from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule


class TreeAsLive(Host):
    """A tree that passes for the running system."""

    def __init__(self, root):
        super().__init__(str(root), lambda argv, **_options: (1, "", "no commands here"))
        self.is_live = True

    def path(self, path, follow=True):
        return self._resolve(path, follow)


class FakeKernel:
    """The part of kernel/audit.c that matters: identity, order, immutability, and refusals by a word in the rule."""

    def __init__(self):
        self.rules, self.refuse, self.log, self.lies = [], {}, [], []
        self.status = dict.fromkeys(_kernel.STATUS_WORDS, 0)
        self.status.update(enabled=1, failure=1, backlog_limit=64, backlog_wait_time=15000)
        self.features = 0

    def load(self, *lines):
        for line in lines:
            self.rules.append(_rule_grammar.parse(line, machine="x86_64").resolve(lambda path: False).to_kernel())

    def lines(self):
        return [_rule.from_kernel(data, "x86_64").canonical for data in self.rules]

    def connect(self, timeout=10.0):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        pass

    def request(self, message, payload=b"", reply=None, many=False):
        if message == _kernel.AUDIT_GET:
            return [struct.pack("=11I", *[self.status[word] or 0 for word in _kernel.STATUS_WORDS])]
        if message == _kernel.AUDIT_GET_FEATURE:
            return [struct.pack("=4I", 1, 0, self.features, 0)]
        if message == _kernel.AUDIT_LIST_RULES:
            return sorted((rule for rule in self.rules if rule not in self.lies), key=lambda data: data[0] & 7)
        self.log.append((message, payload))
        if self.status["enabled"] == 2:
            raise _kernel.KernelError("immutable", errno.EPERM)
        if message == _kernel.AUDIT_SET:
            words = struct.unpack("=11I", payload)
            for word, bit in _kernel.STATUS_BITS.items():
                if words[0] & bit:
                    self.status[word] = words[_kernel.STATUS_WORDS.index(word)]
        elif message == _kernel.AUDIT_SET_FEATURE:
            self.features |= 2
        elif message == _kernel.AUDIT_ADD_RULE:
            for word, number in self.refuse.items():
                if word.encode() in payload:
                    raise _kernel.KernelError("refused", number)
            flags = payload[0]
            data = bytes([flags & ~0x10]) + payload[1:]
            if data in self.rules and not flags & 0x10:
                raise _kernel.KernelError("exists", errno.EEXIST)
            self.rules.insert(0 if flags & 0x10 else len(self.rules), data)
        elif message == _kernel.AUDIT_DEL_RULE:
            if payload not in self.rules:
                raise _kernel.KernelError("none", errno.ENOENT)
            self.rules.remove(payload)
        return []
