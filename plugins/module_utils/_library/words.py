# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words by which users name parts of the benchmark library: profiles, control ids of any benchmark, keys, files."""

import re
from collections import OrderedDict

from .._errors import AuditError
from . import product as _product
from .demands import NUMBERED

KEY = re.compile(r"(?:-k |key=)(\S+)")


def choose(library: dict, profiles: "list[str]", product: str) -> "list[str]":
    """The benchmark names of a list of profiles; auto is the CIS benchmark of the product, or the nearest one of its family, and nothing
    where there is none (C(without_benchmark) says so): a host that no benchmark was written for has its own rules all the same."""
    names = []
    for profile in profiles:
        name = own_benchmark(library, product) if profile == "auto" else profile
        if name is not None and name not in library["benchmarks"]:
            close = nearest(profile, list(library["benchmarks"]) + ["auto"])
            raise AuditError("audit_rules_profiles: %r is no profile; %s" % (profile, close))
        if name is not None and name not in names:
            names.append(name)
    return names


def of_the_family(library: dict, names: "list[str]", product: str) -> None:
    """AuditError for a benchmark of another family of systems than the product's: hardly a path of it exists there. A product of no known
    family takes each benchmark that is named for it."""
    own = _product.vendor_family(product)
    for name in names:
        written_for = library["benchmarks"][name].get("product")
        family = _product.vendor_family(written_for) if written_for else None
        if own and family and family != own:
            raise AuditError(
                "audit_rules_profiles: %s was written for %s, of the %s family, and this host is %s, of the %s family; name a benchmark of "
                "the host's family, or auto" % (name, written_for, family, product, own))


def own_benchmark(library: dict, product: str) -> "str | None":
    """The CIS benchmark of a product, or the nearest one of its family; None where its family has none."""
    known = _cis_products(library)
    near = _product.nearest(known, product)
    return known[near] if near else None


def without_benchmark(library: dict, profiles: "list[str]", product: str) -> "list[str]":
    """The sentence on auto where no benchmark applies to the product, in a list; an empty one else."""
    if "auto" not in profiles or own_benchmark(library, product) is not None:
        return []
    return ["audit_rules_profiles: auto takes the CIS benchmark of the host, and there is none for %s, only for %s: no benchmark applies "
            "here, and no rules of one are loaded; name a profile to have one" % (product, ", ".join(sorted(_cis_products(library))))]


def _cis_products(library):
    return {entry["product"]: name for name, entry in library["benchmarks"].items() if name.startswith("cis_")}


def asked(library: dict, names: "list[str]", product: "str | None" = None) -> "dict[str, list[str]]":
    """{control: ["benchmark:id", ...]} of the named benchmarks, without what they ask of other products only (C(only_on))."""
    wanted: "dict[str, list[str]]" = OrderedDict()
    for name in names:
        elsewhere = {control for control, products in library["benchmarks"][name].get("only_on", {}).items() if product not in products}
        for number, controls in library["benchmarks"][name]["rules"].items():
            for control in controls if product is None else [control for control in controls if control not in elsewhere]:
                wanted.setdefault(control, []).append("%s:%s" % (name, number))
    return wanted


def skipping(library: dict, names: "list[str]", skip) -> None:
    """AuditError for a word of audit_rules_skip that names nothing, with the nearest that does."""
    for word in skip:
        meant(library, names, str(word))


def meant(library: dict, names: "list[str]", word: str) -> "tuple[list[str], list[tuple[str, str]]]":
    """(controls, [(benchmark, number)]) that a word names: an id of each chosen benchmark that has it, or of the one in front of the colon.

    An id that only other benchmarks have names nothing here: a fleet has one list for all of its hosts.
    """
    kind, colon, rest = word.partition(":")
    controls = library["controls"]
    if colon and kind in NAMED_BY:
        values = {name: NAMED_BY[kind](name, control) for name, control in controls.items()}
        found = [name for name, have in values.items() if rest in have]
        known = sorted({value for have in values.values() for value in have})
        if not found:
            raise AuditError("audit_rules_skip: no control of the library has the %s %r; %s" % (kind, rest, nearest(rest, known)))
        return found, []
    if colon and kind not in library["benchmarks"]:
        raise AuditError("audit_rules_skip: %r: %r is no benchmark; %s" % (word, kind, nearest(kind, list(library["benchmarks"]))))
    rest, benchmarks = (rest, [kind]) if colon else (word, list(library["benchmarks"]))
    numbers = [(name, found) for name, found in ((name, _by_number(library["benchmarks"][name], rest)) for name in benchmarks) if found]
    if numbers:
        return [], [(name, number) for name, number in numbers if name in names]
    if not colon and word in controls:
        return [word], []
    known = [number for benchmark in benchmarks for number in _numbers(library["benchmarks"][benchmark])]
    raise AuditError("audit_rules_skip: %r is no control of %s; %s" % (word, kind if colon else "the library", nearest(rest, known)))


def _by_number(benchmark, number):
    """The benchmark's own spelling of a number, or of one that another release of it has; None for an unknown one."""
    known = _numbers(benchmark)
    for there, here in [("", "")] + list(benchmark.get("also_numbered", {}).items()):
        if there and number != there and not number.startswith(there + "."):
            continue
        candidate = here + number[len(there):] if there else number
        if candidate in known:
            return candidate
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
