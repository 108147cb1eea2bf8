# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare rules by meaning: the policy's with rules.d, with audit.rules, and with what the kernel has loaded.

A file that is written differently but means the same is no drift; so neither comments nor the order of files count, but what
augenrules makes of them does.
"""

from . import _drift, _localise, _rule_staging, _ruleset_delta, _ruleset_files
from ._errors import AuditError

MOST_RULES = 100  # of one finding; the count is in its other value
# option -> word of struct audit_status
STATUS_WORDS = (("-f", "failure"), ("-b", "backlog_limit"), ("--backlog_wait_time", "backlog_wait_time"))


def items(live, parsed, policy, family, controls=None):
    """The findings of the layers disk (rules.d), compiled (audit.rules) and kernel. ``controls``: {rule line: ids of benchmarks}."""
    if live["rules"] is None:
        return []
    modes = list(_modes(live, family))
    try:
        if _is_as_written(parsed, policy):
            parsed.disk.controls = controls or {}
            found = _layers(live, parsed, parsed.disk, family)
            if all(finding["severity"] == "info" for finding in found):
                return modes + found
        staged = _rule_staging.stage(parsed.host, parsed.files, policy, policy.get("state") or "overridden", live["version"])
    except AuditError as error:
        problems = error.details.get("problems", ())
        reasons = ["%s line %s: %s" % (problem["file"], problem["line"], problem["reason"]) for problem in problems]
        return [_drift.item("disk.rules_d.policy", "rules that this host can load", reasons or str(error), family)]
    staged.compiled.controls = controls or {}
    return modes + list(_disk(parsed, staged, family)) + _layers(live, parsed, staged.compiled, family)


def _is_as_written(parsed, policy):
    """The files are byte for byte those that the policy writes, and load to their end. Then a host in sync can be told so
    without putting together anew, rule by rule, what would be written; that doubles the time."""
    if parsed.disk.aborts_at is not None or policy.get("optimise") or (policy.get("state") or "overridden") != "overridden":
        return False
    if parsed.disk.control.get("-f") == _rule_staging.PANIC and _rule_staging.may_not_panic(policy):
        return False
    wanted, verbatim = _rule_staging.own_texts(parsed.files, policy, "overridden"), _rule_staging.verbatim_texts(policy)
    for path, text in parsed.files.items():
        if path not in wanted and path not in verbatim and (_ruleset_files.managed(text) or policy.get("purge") == "quarantine"):
            return False
    wanted = {path: _ruleset_files.with_mark(_localise.text_for(parsed.host, text)) for path, text in wanted.items()}
    wanted.update(verbatim)
    return all(parsed.files.get(path) == text for path, text in wanted.items())


def _layers(live, parsed, wanted, family):
    return list(_compiled(live, parsed, wanted, family)) + list(_kernel(live, parsed, wanted, family))


def _disk(parsed, staged, family):
    for path in staged.quarantined + staged.removed:
        yield _drift.item("disk.rules_d_foreign." + path.rpartition("/")[2], "not there", "there", family)
    if staged.files != parsed.files:
        yield from _differences("disk.rules_d", staged.compiled, parsed.disk, family)


def _modes(live, family):
    for path, entry in sorted(live["rules"]["disk"]["files"].items()):
        if int(entry["mode"], 8) & ~0o640:
            yield _drift.item("disk.rules_d_mode." + path.rpartition("/")[2], "0640 or stricter", entry["mode"], family)


def _compiled(live, parsed, wanted, family):
    if live["rules"]["compiled"] is None:
        if wanted.rules or wanted.control:
            yield _drift.item("compiled.audit_rules", "present", live["unavailable"]["rules.compiled"], family)
        return
    aborts = parsed.compiled.aborts_at
    if aborts is not None:
        where = "line %s: %s" % (aborts["line"], aborts["token"])
        why = "auditctl stops at this line, and nothing after it is loaded: %s" % aborts["reason"]
        yield _drift.item("compiled.audit_rules.aborts", "loads to its end", where, family, why=why)
    yield from _differences("compiled.audit_rules", wanted, parsed.compiled, family)


def _differences(prefix, wanted, have, family):
    comparison = _ruleset_delta.compare(wanted.rules, have.rules)
    for kind, rules, count in (("missing", comparison.missing, len(wanted.rules)), ("extra", comparison.extra, len(have.rules))):
        if rules:
            yield _rules_item("%s.%s" % (prefix, kind), kind, rules, count, family, wanted.controls)
    for option in sorted(set(wanted.control) | set(have.control)):
        if option in ("-D", "-c", "-i"):
            continue
        if str(wanted.control.get(option)) != str(have.control.get(option)):
            yield _drift.item(
                "%s.control.%s" % (prefix, option.lstrip("-")), _option(option, wanted.control), _option(option, have.control), family,
                severity="high" if option == "-f" and str(have.control.get(option)) == "2" else None)


def _option(option, control):
    if option not in control:
        return "no " + option
    return option if control[option] is True else "%s %s" % (option, control[option])


def _rules_item(ident, kind, rules, count, family, controls):
    """What is missing stands under expected, with its controls, what is too much under actual; the other side tells how many there are."""
    lines = sorted(rule.render() for rule in rules)
    shown = lines[:MOST_RULES] + (["and %d more" % (len(lines) - MOST_RULES)] if len(lines) > MOST_RULES else [])
    if kind == "missing":
        finding = _drift.item(ident, shown, "%d of %d rules missing" % (len(lines), count), family)
        ids = {number for rule in rules for number in controls.get((rule.text or "").strip(), ())}
        return dict(finding, controls=finding["controls"] + sorted(ids))
    return _drift.item(ident, "none of these", shown, family)


def _kernel(live, parsed, wanted, family):
    status = (live["kernel"] or {}).get("status")
    if status is None:
        return
    yield from _kernel_status(status, wanted.control, family)
    if parsed.loaded is None:
        return
    locked = status.get("enabled") == 2
    comparison = _ruleset_delta.compare(wanted.rules, parsed.loaded)
    found = [
        _rules_item("kernel.rules." + kind, kind, rules, len(wanted.rules), family, wanted.controls)
        for kind, rules in (("missing", comparison.missing), ("extra", comparison.extra)) if rules
    ]
    if comparison.out_of_order:
        lines = [rule.render() for rule in comparison.out_of_order]
        found.append(_drift.item("kernel.rules.order", "the order of rules.d", lines, family))
    if not (found and locked):
        yield from found
        return
    staged = parsed.compiled is not None and not any(_ruleset_delta.compare(wanted.rules, parsed.compiled.rules)[:2])
    if staged:
        expected, actual = "%d rules after the next boot" % len(wanted.rules), "%d rules, locked" % len(parsed.loaded)
        yield _drift.item("kernel.reboot_required", expected, actual, family)
    else:
        for finding in found:
            yield dict(finding, fix=finding["fix"] + ", then reboot: the rules are locked (-e 2)")


def _kernel_status(status, control, family):
    enabled, wanted_enabled = status.get("enabled"), str(control.get("-e", ""))
    if enabled == 0 and wanted_enabled != "0":
        yield _drift.item("kernel.enabled", "1 or 2", 0, family)
    elif enabled == 1 and wanted_enabled == "2":
        yield _drift.item("kernel.immutable", 2, 1, family)
    elif enabled == 2 and wanted_enabled in ("0", "1"):
        yield _drift.item("kernel.locked", int(wanted_enabled), 2, family)
    for option, word in STATUS_WORDS:
        value = str(control.get(option, ""))
        if not value.isdigit() or status.get(word) is None or int(value) == status[word]:
            continue
        severity = why = None
        if word == "failure" and status[word] == 2:
            severity = "critical"
            why = "Today the kernel panics, which stops the host at once, when it cannot queue a record; the policy chose otherwise."
        elif word == "backlog_limit" and status[word] > int(value):
            severity = "low"
        yield _drift.item("kernel." + word, int(value), status[word], family, severity=severity, why=why)
    if status.get("lost"):
        yield _drift.item("kernel.lost", 0, status["lost"], family)
