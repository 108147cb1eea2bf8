# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policy's rules come to on this host: the files of rules.d as they would be written here."""

from .._errors import AuditError
from .._rules import compiled, finalize, localise, quarantine, staging
from .._rules import files as _files
from .._rules import lines as _lines


def read_policy(reading) -> None:
    """Fills ``staged`` of Parsed, or ``rules_refused``. Where the host has and loads just what the policy writes, nothing is put together
    again: that doubles the time of a check.
    """
    parsed = reading.parsed
    policy = parsed.chosen.policy if parsed.chosen else reading.wanted.get("audit_rules")
    if not policy or parsed.profiles_refused or reading.live["rules"] is None:
        return
    if policy.get("purge") == "restore":
        parsed.restorable = quarantine.restorable(reading.host, parsed.files)
    try:
        if parsed.restorable or not (_is_as_written(reading, policy) and _is_loaded(reading)):
            state = policy.get("state") or "overridden"
            files = dict(parsed.files, **{path: text for path, (_name, text) in parsed.restorable.items()})
            parsed.staged = staging.stage(reading.host, files, policy, state=state, release=reading.live["version"])
    except AuditError as error:
        reasons = ["%s: %s" % (_lines.where(problem, policy, problem.get("rule")), problem["reason"])
                   for problem in error.details.get("problems", ())]
        parsed.rules_refused = reasons or str(error)


def _is_as_written(reading, policy):
    """The files are byte for byte those that the policy writes, and load to their end."""
    parsed = reading.parsed
    if parsed.disk.aborts_at is not None or policy.get("optimise") or (policy.get("state") or "overridden") != "overridden":
        return False
    if parsed.disk.control.get("-f") == finalize.PANIC and finalize.may_not_panic(policy):
        return False
    awk = compiled.awk_of(reading.host)
    wanted, verbatim = staging.own_texts(parsed.files, policy, release=reading.live["version"], awk=awk), staging.verbatim_texts(policy)
    for path, text in parsed.files.items():
        if path not in wanted and path not in verbatim and (_files.managed(text) or policy.get("purge") == "quarantine"):
            return False
    written = {path: _files.with_mark(localise.text_for(reading.host, text)) for path, text in wanted.items()}
    written.update(verbatim)
    return all(parsed.files.get(path) == text for path, text in written.items())


def _is_loaded(reading):
    """audit.rules, and the kernel where it can be asked, have the rules of rules.d and no others."""
    rules = reading.live["rules"]
    have = sorted(rules["disk"]["rules"])
    return all(rules[layer] is None or sorted(rules[layer]["rules"]) == have for layer in ("compiled", "loaded"))
