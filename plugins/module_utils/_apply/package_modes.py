# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling the package manager of modes that a benchmark made stricter than its package has them.

On Debian dpkg-statoverride(1) keeps the mode over an upgrade. rpm has nothing of the kind: rpm -V reports the file from then on, and what
it says is returned, to be on record.
"""

from .._errors import NotAvailable


def tell(host, modes: "dict[str, int]") -> "list[str]":
    """A sentence for each path of ``modes`` {path: mode} that a package brings; none in an offline tree."""
    try:
        if host.which("dpkg-statoverride"):
            return [sentence for path, mode in modes.items() for sentence in _override(host, path, mode)]
        if host.which("rpm"):
            return _verified(host, modes)
    except NotAvailable:
        pass
    return []


def _override(host, path, mode):
    code, owner, _error = host.run(["dpkg-query", "-S", path])
    if code != 0:
        return
    if host.run(["dpkg-statoverride", "--list", path])[0] == 0:
        yield "%s: an override of dpkg-statoverride is there already and was left alone" % path
        return
    code, _out, error = host.run(["dpkg-statoverride", "--add", "root", "root", "%04o" % mode, path])
    if code == 0:
        yield "%s: dpkg-statoverride keeps mode %04o over an upgrade of %s" % (path, mode, owner.partition(":")[0])
    else:
        yield "%s: dpkg-statoverride did not take mode %04o, an upgrade may set another one: %s" % (path, mode, error.strip())


def _verified(host, modes):
    packages = sorted({out.strip() for code, out, _error in (host.run(["rpm", "-qf", path]) for path in modes) if code == 0})
    said = []
    for package in packages:
        for line in host.run(["rpm", "-V", package])[1].splitlines():
            path = line.rpartition(" ")[2]
            if path in modes:
                flags = line.split(" ")[0]
                said.append("%s: rpm -V %s says %s, because a benchmark asks for mode %04o" % (path, package, flags, modes[path]))
    return said
