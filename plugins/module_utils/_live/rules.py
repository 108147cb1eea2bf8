# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a host: rules.d, audit.rules that augenrules makes of it, and what the kernel has loaded."""

from .. import _kernel
from .._errors import AuditError, NotAvailable, NotThere
from .._host import os_release
from .._host.units import requires_rules
from .._library.product import product
from .._rules import compiled as _compiled
from .._rules import files, loaded, localise, passing
from .._rules.rule import native_machine
from .system import file_facts


def read(reading) -> dict:
    """{disk, compiled, loaded, auditd_needs_rules, reads_rules_as}.

    Each set has count and rules, in one spelling per meaning, those of files also control and problems. disk has ``not_read``: the paths in
    rules.d that augenrules passes over. compiled has its ``text`` where augenrules would make another one of rules.d. ``reads_rules_as``:
    {machine, uid_min, awk, product}, with which the texts can be read elsewhere.
    """
    host, parsed, release = reading.host, reading.parsed, reading.live["version"]
    parsed.files = _compiled.read_rules_d(host)
    options = localise.run_options(host, [path for path, text in parsed.files.items() if files.managed(text)])
    options = passing.judging(options, passing.refused_by_kernel(host, parsed.files), parsed.files)
    parsed.disk = _compiled.compile_rules(parsed.files, release, _compiled.awk_of(host), **options)
    entries = {path: dict(file_facts(host, path), text=text) for path, text in parsed.files.items()}
    not_read = [path for path in sorted(_compiled.RULES_D + "/" + name for name in host.listdir(_compiled.RULES_D)) if path not in entries]
    found: dict = {"disk": dict(_set_of(parsed.disk), files=entries, not_read=not_read), "compiled": None, "loaded": None}
    found["auditd_needs_rules"] = requires_rules(host)
    found["reads_rules_as"] = {
        "machine": options.get("machine") or native_machine(), "uid_min": localise.uid_min(host), "awk": _compiled.awk_of(host),
        "product": _product(host)}
    try:
        text = host.text(_compiled.AUDIT_RULES)
        if text is None:
            raise NotThere("%s does not exist" % _compiled.AUDIT_RULES)
        parsed.compiled = parsed.disk if text == parsed.disk.text else _compiled.parse_rules_file(
            text, _compiled.AUDIT_RULES, release=release, **options)
        other_text = None if parsed.compiled is parsed.disk else text
        found["compiled"] = dict(_set_of(parsed.compiled), text=other_text, **file_facts(host, _compiled.AUDIT_RULES))
    except AuditError as error:
        reading.missing("rules.compiled", error)
    parsed.previous = _previous(host)
    try:
        found["loaded"] = _loaded(reading)
    except AuditError as error:
        reading.missing("rules.loaded", error)
    return found


def _product(host):
    """C(unknown) where os-release cannot be read: the rules are what they are, and the choice of benchmarks reports it."""
    try:
        return product(os_release.fields(host) or {})
    except AuditError:
        return product({})


def _previous(host):
    """The audit.rules that somebody wrote by hand and an earlier run of augenrules or of ours replaced; None where there is none."""
    try:
        text = host.text(_compiled.PREVIOUS)
    except AuditError:
        return None
    return None if text is None or text.startswith(_compiled.HEADER) else _compiled.parse_rules_file(text, _compiled.PREVIOUS)


def _set_of(compiled):
    rules = [rule.canonical for rule in compiled.rules]
    return {"count": len(rules), "rules": rules, "control": dict(compiled.control), "problems": compiled.problems}


def _loaded(reading):
    if reading.live["kernel"] is None:
        raise NotAvailable(reading.live["unavailable"]["kernel"])
    reading.parsed.loaded = [loaded.from_loaded(rule, reading.host.known) for rule in _kernel.loaded_rules(reading.host.run)]
    rules = [rule.canonical for rule in reading.parsed.loaded]
    return {"count": len(rules), "rules": rules}
