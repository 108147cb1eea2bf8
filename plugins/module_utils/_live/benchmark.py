# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark profiles of a policy on this host: their rules as files, and their ids by rule line."""

from .. import _utc
from .._arguments import OF_LIBRARY
from .._errors import AuditError
from .._host import os_release
from .._library.demands import Demands
from .._library.exceptions import ANNOUNCED, Exceptions
from .._library.product import product
from .._rules import boxes, grammar, localise, tables
from .._rules.compiled import AUDIT_RULES
from .._rules.rule import Rule, RuleError
from . import package_modes

WATCH = frozenset((tables.PATH, tables.DIR, tables.PERM, tables.KEY))


class Chosen(object):
    """The profiles of a policy on one host: ``policy`` for the rules with their files in it, ``controls`` {rule line: ids}, ``foreign``
    sentences on benchmarks of other systems, ``names`` of the benchmarks.

    For the verdicts: ``benchmarks`` and ``titles`` of the library, ``asked``, ``demanded`` and ``left`` as C(_library.resolve) has them,
    ``statements`` {line: Rule or Directive}, ``meant`` {line: the Rule that has all it demands, where that is another one}, ``absent``
    {line: why it cannot be loaded here}, ``effects`` [(exception, ids)].
    """

    def __init__(self, policy, controls, resolved):
        self.policy, self.controls = policy, controls
        self.foreign, self.names = resolved["foreign"], resolved["profiles"]
        library = policy["library"]
        self.benchmarks = {name: library["benchmarks"][name] for name in self.names}
        self.titles = {name: control["title"] for name, control in library["controls"].items()}
        self.asked, self.demanded, self.left = resolved["asked"], resolved["demanded"], resolved["left"]
        self.filters = list(policy.get("filters") or ())
        self.statements, self.meant, self.absent, self.effects = {}, {}, {}, []


def read_policy(reading) -> None:
    """Fills ``product`` and ``chosen`` of Parsed, or ``profiles_refused``."""
    policy, parsed = reading.wanted.get("audit_rules"), reading.parsed
    names_profiles = bool(policy) and any(policy.get(name) for name in OF_LIBRARY)
    try:
        parsed.product = product(os_release.fields(reading.host) or {})
        _choose(reading)
        if names_profiles:
            parsed.chosen = _chosen(reading, policy)
            parsed.links = localise.links_at_the_top(reading.host)
            parsed.package_modes = package_modes.read(reading.host)
    except AuditError as error:
        if not names_profiles:
            raise
        parsed.profiles_refused = str(error)  # without it the policy would be compared without their rules


def _choose(reading):
    """The benchmarks by name and the register, for what is not rules: a policy may name them for auditd.conf alone."""
    parsed, parts = reading.parsed, [reading.wanted.get(name) or {} for name in ("audit_rules", "auditd")]
    register = next((part["exceptions"] for part in parts if part.get("exceptions")), ())
    skip = next((part["skip"] for part in parts if part.get("skip")), ())
    parsed.exceptions = Exceptions(register, _utc.day(), _utc.day(ANNOUNCED), skip)
    profiles = next((part["profiles"] for part in parts if part.get("profiles")), ())
    if profiles and reading.wanted.get("benchmarks"):
        from .._library import words  # 2 ms of compiling that a policy without profiles does not need (measured)
        library = Demands(reading.wanted["benchmarks"], parsed.product).library
        names = words.choose(library, profiles, parsed.product)
        words.of_the_family(library, names, parsed.product)
        parsed.benchmarks = names


def _chosen(reading, policy):
    from .._library import profiles  # 8 ms of compiling at each check of a policy that names no profile (measured)
    stated = list(reading.parsed.files.values()) + [reading.host.text(AUDIT_RULES)]
    whole, resolved = profiles.expand(reading.host, policy, reading.live["version"], stated, everywhere=False)
    chosen = Chosen(whole, profiles.controls_of(resolved), resolved)
    chosen.effects = profiles.effects(policy["library"], resolved, reading.parsed.exceptions)
    _understand(reading, chosen)
    return chosen


def _understand(reading, chosen):
    """The lines that the controls demand, parsed; those that the host has in its files are parsed already."""
    parsed = reading.parsed
    known = {(rule.text or "").strip(): rule for rule in (parsed.disk.statements if parsed.disk else ())}
    options = localise.options(reading.host)
    judged = localise.can_judge_paths(reading.host)
    for line in {line for lines in chosen.demanded.values() for line in lines}:
        statement = known.get(line)
        if statement is None:
            try:
                statement = grammar.parse(line, release=reading.live["version"], **options)
            except RuleError as error:
                chosen.absent[line] = error.reason
                continue
            why = localise.missing_path(reading.host, statement) if judged and isinstance(statement, Rule) else None
            if why:
                chosen.absent[line] = why
        chosen.statements[line] = statement
    for lines in chosen.demanded.values():
        chosen.meant.update(_meant({line: chosen.statements[line] for line in lines if isinstance(chosen.statements.get(line), Rule)}))


def _meant(rules):
    """Of two watches of one place the narrower says what is demanded: the wider one stands beside it for checkers that want the path
    spelled in another way, because the kernel takes the same watch once."""
    watches = {line: rule for line, rule in rules.items()
               if rule.permissions and {number for number, _operator, _value in rule.fields} <= WATCH}
    return {line: other for line, rule in watches.items() for other in watches.values()
            if other.permissions != rule.permissions and not other.permissions & ~rule.permissions
            and boxes.relation(boxes.place_of(rule), boxes.place_of(other)) == "whole"
            and boxes.relation(boxes.place_of(other), boxes.place_of(rule)) == "whole"}
