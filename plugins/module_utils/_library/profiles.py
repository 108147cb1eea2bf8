# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark profiles in a policy for rules: what they come to on this host, as files that staging knows."""

import functools
from collections import OrderedDict

from .. import _utc
from .._errors import AuditError
from .._policy import locks
from .._rules import localise as _localise
from . import on_host as _library_host
from . import privileged as _privileged
from .bounds import Bounds
from .exceptions import ANNOUNCED, Exceptions
from .left_out import named
from .request import Choice

RESULT = ("profiles", "controls", "waivers", "auditd_conf", "expectations", "notes")
NO_LIBRARY = ("profiles: the benchmark library did not arrive; call auditops.auditd.audit_rules or audit_drift as a task, their action "
              "plugins send it along")


def expand(host, policy: dict, release: "str | None" = None, stated: "list[str | None] | tuple" = (), *, everywhere: bool = True):
    """(policy, resolved): the policy with the files and C(bounds) of its profiles in it, and what C(on_host.resolve) made of them.

    ``policy`` is that of C(_rules.staging.stage) with profiles, skip, filters, privileged, failure_policy, rotation_wanted and
    library. ``release``: of audit. ``stated``: texts of rules that the host has already. ``everywhere``: look for privileged programs in
    one walk over the local filesystems; False looks where ``stated`` names one and where programs usually live, which a check can afford
    each time. AuditError where the profiles cannot be had here.
    """
    if not policy.get("library"):
        raise AuditError(NO_LIBRARY)
    choice = Choice(
        policy.get("profiles") or [], skip=policy.get("skip") or (), filters=policy.get("filters") or (),
        exceptions=Exceptions(policy.get("exceptions"), _utc.day(), _utc.day(ANNOUNCED)),
        privileged=policy.get("privileged") or "discover", failure_policy=policy.get("failure_policy"),
        rotation_wanted=bool(policy.get("rotation_wanted")), immutable=locks(policy))
    resolved = _library_host.resolve(
        host, policy["library"], choice, audit_release=release, search=functools.partial(_search, stated=stated, everywhere=everywhere))
    files = OrderedDict(resolved["files"])
    for name, text in (policy.get("files") or {}).items():
        if name in files or name in resolved["verbatim"]:
            raise AuditError("files: %s is a file of the profiles %s; choose another name" % (name, ", ".join(resolved["profiles"])))
        files[name] = text
    unjudged = () if _localise.can_judge_paths(host) else tuple(resolved["files"])
    register = Exceptions(policy.get("exceptions"), _utc.day(), _utc.day(ANNOUNCED))
    bounds = Bounds(policy["library"]["benchmarks"], resolved["profiles"], register)
    return dict(policy, files=files, verbatim=resolved["verbatim"], unjudged=unjudged, bounds=bounds), resolved


def _search(host, stated, everywhere):
    """The privileged programs; a walk that was cut off keeps what an earlier one had found."""
    if not everywhere:
        return _privileged.beside(host, stated)
    found = _privileged.discover(host)
    if found.complete:
        return found
    return found._replace(paths=sorted(set(found.paths).union(_privileged.beside(host, stated).paths)))


def returned(resolved: dict) -> dict:
    """The part of expand()'s second answer that a module returns."""
    return {name: resolved[name] for name in RESULT}


def controls_of(resolved: dict) -> "dict[str, list[str]]":
    """{rule line: [control ids]} of all lines that the profiles put into files."""
    found: "dict[str, list[str]]" = {}
    for control in resolved["controls"]:
        for line in control["lines"] if control["status"] == "loaded" else ():
            ids = found.setdefault(line, [])
            ids.extend(number for number in control["ids"] if number not in ids)
    return found


def effects(library: dict, resolved: dict, register) -> "list[tuple[dict, list[str]]]":
    """[(exception, ids of the chosen benchmarks that it is about)], expired ones too."""
    names = resolved["profiles"]
    found = []
    for entry in register.entries:
        ids = {number for word, benchmark, _entry in register.words([entry])
               for _control, number in named(library, names, resolved["asked"], word, benchmark=benchmark)}
        for name in names:
            for number, keys in library["benchmarks"][name].get("auditd_conf", {}).items():
                if entry.get("setting", "").lower() in keys and entry.get("benchmark") in (None, name):
                    ids.add("%s:%s" % (name, number))
        found.append((entry, sorted(ids)))
    return found
