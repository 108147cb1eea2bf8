# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words by which users name parts of the benchmark library: profiles, control ids of any benchmark, keys, files."""

import re
from collections import OrderedDict

from .._errors import AuditError

KEY = re.compile(r"(?:-k |key=)(\S+)")
# The parts of a benchmark whose words are its controls: rules, settings, switches, files, the host, and what others than auditd check
NUMBERED = ("rules", "auditd_conf", "status", "sample_files", "host", "elsewhere")


def choose(library: dict, profiles: "list[str]", product: str) -> "list[str]":
    """The benchmark names of a list of profiles; auto is the CIS benchmark of the product, or the nearest one of its family."""
    names = []
    for profile in profiles:
        name = "cis_" + nearest_product(library, product) if profile == "auto" else profile
        if name not in library["benchmarks"]:
            if profile == "auto":
                have = [other[4:] for other in sorted(library["benchmarks"]) if other.startswith("cis_")]
                raise AuditError("audit_rules_profiles: auto takes the CIS benchmark of the host, and there is none for %s, only for %s; "
                                 "name a profile" % (product, ", ".join(have)))
            close = nearest(profile, list(library["benchmarks"]) + ["auto"])
            raise AuditError("audit_rules_profiles: %r is no profile; %s" % (profile, close))
        if name not in names:
            names.append(name)
    return names


def nearest_product(library: dict, product: str) -> str:
    """The product itself where it has a CIS benchmark, else the nearest release of its family that has one, newer before older: a fleet
    has Debian 11 and Amazon Linux 2 for years after their benchmarks have gone. The product itself where there is none."""
    family, version = _parted(product)
    known = [_parted(name[4:]) + (name[4:],) for name in library["benchmarks"] if name.startswith("cis_")]
    near = sorted((abs(have[0] - version[0]), have < version, name) for other, have, name in known if other == family and have and version)
    return product if "cis_%s" % product in library["benchmarks"] or not near else near[0][2]


def _parted(product):
    """("ubuntu", (22, 4)) of ubuntu_22_04."""
    words = str(product).split("_")
    return words[0], tuple(int(word) for word in words[1:] if word.isdecimal())


def asked(library: dict, names: "list[str]") -> "dict[str, list[str]]":
    """{control: ["benchmark:id", ...]} of the named benchmarks."""
    wanted: "dict[str, list[str]]" = OrderedDict()
    for name in names:
        for number, controls in library["benchmarks"][name]["rules"].items():
            for control in controls:
                wanted.setdefault(control, []).append("%s:%s" % (name, number))
    return wanted


def skipping(library: dict, names: "list[str]", skip) -> "dict[str, str]":
    """{control: the word that leaves it out}; AuditError for a word that names nothing, with the nearest that does."""
    result: "dict[str, str]" = {}
    for word in skip:
        for control in _named_by(library, names, str(word)):
            result.setdefault(control, str(word))
    return result


def _named_by(library, names, word):
    kind, colon, rest = word.partition(":")
    controls = library["controls"]
    if colon and kind in NAMED_BY:
        values = {name: NAMED_BY[kind](name, control) for name, control in controls.items()}
        found = [name for name, have in values.items() if rest in have]
        known = sorted({value for have in values.values() for value in have})
        if not found:
            raise AuditError("audit_rules_skip: no control of the library has the %s %r; %s" % (kind, rest, nearest(rest, known)))
        return found
    if colon:
        if kind not in library["benchmarks"]:
            raise AuditError("audit_rules_skip: %r: %r is no benchmark; %s" % (word, kind, nearest(kind, list(library["benchmarks"]))))
        benchmarks = [kind]
    else:
        rest, benchmarks = word, list(names) + [name for name in library["benchmarks"] if name not in names]
    for benchmark in benchmarks:
        found = _by_number(library["benchmarks"][benchmark], rest)
        if found is not None:
            return found
    if not colon and word in controls:
        return [word]
    known = [number for benchmark in benchmarks for number in _numbers(library["benchmarks"][benchmark])]
    raise AuditError("audit_rules_skip: %r is no control of %s; %s" % (word, kind if colon else "the library", nearest(rest, known)))


def _by_number(benchmark, number):
    """The controls behind a number, [] for one that is about auditd.conf or a switch, None for an unknown one."""
    for there, here in [("", "")] + list(benchmark.get("also_numbered", {}).items()):
        if there and not number.startswith(there + "."):
            continue
        candidate = here + number[len(there):] if there else number
        if candidate in benchmark["rules"]:
            return benchmark["rules"][candidate]
        if candidate in _numbers(benchmark):
            return []
    return None


def _numbers(benchmark):
    return [number for part in NUMBERED for number in benchmark.get(part, {})]


def _keys(control):
    """Every key that a control may log under, in any variant."""
    lines = list(control.get("lines", []))
    for variant in control.get("variants", []):
        lines += variant.get("lines", []) + variant.get("modern", [])
    keys = {match.group(1) for match in map(KEY.search, lines) if match}
    if control.get("key"):
        keys.add(control["key"])
    return keys


# What a word with this in front of its colon is looked for in: (name, control) -> the words that name the control.
NAMED_BY = {
    "key": lambda name, control: _keys(control),
    "file": lambda name, control: [control["file"]],
    "control": lambda name, control: [name],
}


def nearest(word: str, known) -> str:
    """The words that were probably meant, in a sentence."""
    import difflib  # only an error needs it
    found = difflib.get_close_matches(word, sorted(set(known)), 3, 0.4)
    return "did you mean %s?" % " or ".join(found) if found else "known are %s" % ", ".join(sorted(set(known)))
