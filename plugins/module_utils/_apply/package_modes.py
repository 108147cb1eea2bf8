# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling the package manager of modes that a benchmark made stricter than its package has them, and keeping on record what it says.

On Debian dpkg-statoverride(1) keeps the mode over an upgrade, and dpkg --verify compares what is in the file. rpm has nothing of the first
kind: rpm -V reports the file from then on.
"""

import json
import os

from .._errors import NotAvailable
from .._host import files as _io
from .._live import package_modes as _recorded


def tell(host, modes: "dict[str, int]") -> "list[str]":
    """A sentence for each path of ``modes`` {path: mode} that a package brings, kept for the drift document; none in an offline tree."""
    said: "dict[str, list[str]]" = {}
    try:
        ask = _override if host.which("dpkg-statoverride") else _verified if host.which("rpm") else None
        for path, sentence in ask(host, modes) if ask else ():
            said.setdefault(path, []).append(sentence)
    except NotAvailable:
        return []
    if said:
        known = dict(_recorded.read(host), **{path: "; ".join(sentences) for path, sentences in said.items()})
        real = host.path(_recorded.PATH)
        _io.make_directory(os.path.dirname(real), 0o700)
        _io.write_atomic(real, json.dumps(known, indent=1, sort_keys=True).encode("utf-8"))
    return [sentence for sentences in said.values() for sentence in sentences]


def _override(host, modes):
    for path, mode in modes.items():
        code, owner, _error = host.run(["dpkg-query", "-S", path])
        if code == 0:
            package = owner.partition(":")[0]
            yield path, _overridden(host, path, mode, package)
            flags = [line.split(" ")[0] for line in host.run(["dpkg", "--verify", package])[1].splitlines() if line.endswith(" " + path)]
            if flags:
                yield path, "%s: dpkg --verify %s says %s" % (path, package, flags[0])


def _overridden(host, path, mode, package):
    if host.run(["dpkg-statoverride", "--list", path])[0] == 0:
        return "%s: an override of dpkg-statoverride is there already and was left alone" % path
    code, _out, error = host.run(["dpkg-statoverride", "--add", "root", "root", "%04o" % mode, path])
    if code == 0:
        return "%s: dpkg-statoverride keeps mode %04o over an upgrade of %s" % (path, mode, package)
    return "%s: dpkg-statoverride did not take mode %04o, an upgrade may set another one: %s" % (path, mode, error.strip())


def _verified(host, modes):
    packages = sorted({out.strip() for code, out, _error in (host.run(["rpm", "-qf", path]) for path in modes) if code == 0})
    for package in packages:
        for line in host.run(["rpm", "-V", package])[1].splitlines():
            path = line.rpartition(" ")[2]
            if path in modes:
                flags = line.split(" ")[0]
                yield path, "%s: rpm -V %s says %s, because a benchmark asks for mode %04o" % (path, package, flags, modes[path])
