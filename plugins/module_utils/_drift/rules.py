# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare rules by meaning: the policy's with rules.d, with audit.rules, and with what the kernel has loaded.

A file that is written differently but means the same is no drift; so neither comments nor the order of files count, but what
augenrules makes of them does.
"""

import operator
import os
import stat

from .._errors import AuditError
from .._rules import compiled as _ruleset
from .._rules import delta as _ruleset_delta
from .._rules import files as _ruleset_files
from .._rules import lines as _rule_lines
from .._rules import localise as _localise
from .._rules import staging as _rule_staging
from .._rules import tables
from .finding import item

NEVER = 0  # the action
SYSCALL = 1300  # the record of a system call, linux/audit.h: without it no rule of the exit list is told
SILENT = "These rules switch auditing off: every rule of the policy may be loaded, and nothing is recorded."
SILENT_FIX = "delete them from their file in rules.d, or audit_rules_purge: quarantine (role audit_rules)"
LINK = "Whoever can change what the link leads to decides what is audited; the role replaces the link and leaves its target alone."
COMPARE = {"=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
RATE_FIX = "auditctl -r 0, and take -r out of rules.d; control.rate_limit: 0 (module audit_rules) keeps it so"
RATE = "The kernel drops records above this number a second, unseen by the daemon; the policy sets no limit."
MOST_RULES = 100  # of one finding; the count is in its other value
# option -> word of struct audit_status
STATUS_WORDS = (("-f", "failure"), ("-b", "backlog_limit"), ("--backlog_wait_time", "backlog_wait_time"))


def items(live, parsed, policy, family, controls=None):
    """The findings of the layers disk (rules.d), compiled (audit.rules) and kernel. ``controls``: {rule line: ids of benchmarks}."""
    if live["rules"] is None:
        return []
    modes = list(_modes(live, family)) + list(_links(live, parsed, family)) + list(_silent(live, parsed, policy, family))
    try:
        if _is_as_written(parsed, policy):
            parsed.disk.controls = controls or {}
            found = _layers(live, parsed, parsed.disk, family)
            if all(finding["severity"] == "info" for finding in found):
                return modes + found
        staged = _rule_staging.stage(parsed.host, parsed.files, policy, policy.get("state") or "overridden", live["version"])
    except AuditError as error:
        problems = error.details.get("problems", ())
        reasons = ["%s: %s" % (_rule_lines.where(problem, policy, problem.get("rule"), _rule_lines.VARIABLE), problem["reason"])
                   for problem in problems]
        return [item("disk.rules_d.policy", "rules that this host can load", reasons or str(error), family)]
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
        yield item("disk.rules_d_foreign." + path.rpartition("/")[2], "not there", "there", family)
    if staged.files != parsed.files:
        yield from _differences("disk.rules_d", staged.compiled, parsed.disk, family)


def _modes(live, family):
    for path, entry in sorted(live["rules"]["disk"]["files"].items()):
        if int(entry["mode"], 8) & ~0o640:
            yield item("disk.rules_d_mode." + path.rpartition("/")[2], "0640 or stricter", entry["mode"], family)


def _links(live, parsed, family):
    paths = [path for path, text in sorted(parsed.files.items()) if _ruleset_files.managed(text)] + [_ruleset.AUDIT_RULES]
    for path in paths:
        found = parsed.host.lstat(path)
        if found is not None and stat.S_ISLNK(found.st_mode):
            layer = "compiled" if path == _ruleset.AUDIT_RULES else "disk"
            target = os.readlink(parsed.host.path(path, follow=False))
            yield item("%s.rules_link.%s" % (layer, path.rpartition("/")[2]), "a file", "a symbolic link to " + target, family,
                       severity="medium", why=LINK, fix="role audit_rules")


def _silent(live, parsed, policy, family):
    """What is not the policy's own and leaves the kernel with little or nothing to record."""
    limit = ((live["kernel"] or {}).get("status") or {}).get("rate_limit")
    if limit and not _wants_rate_limit(policy):
        yield item("kernel.rate_limit", 0, limit, family, severity="high", why=RATE, fix=RATE_FIX)
    loaded = [rule for rule in parsed.loaded or () if is_silencing(rule)]
    staged = [rule for rule in parsed.disk.rules if is_silencing(rule)]
    ours = {rule.canonical for rule in staged if _ruleset_files.managed(parsed.files.get(rule.file, ""))}
    for ident, rules in (("disk.rules_d_silent", staged), ("kernel.rules.silent", loaded)):
        found = ["%s%s" % (rule.render(), " (%s line %s)" % (rule.file, rule.line) if rule.file else "")
                 for rule in rules if rule.canonical not in ours]
        if found:
            yield item(ident, "no rule that switches auditing off", found, family, severity="high", why=SILENT, fix=SILENT_FIX)


def _wants_rate_limit(policy):
    if (policy.get("control") or {}).get("rate_limit"):
        return True
    return any(line.startswith("-r ") for text in (policy.get("files") or {}).values() for line in text.split("\n"))


def is_silencing(rule):
    """Whether a rule leaves nothing to record: never on all of a list, or an exclude that takes the records of system calls."""
    fields = [field for field in rule.fields if field[0] not in (tables.ARCH, tables.KEY)]
    if rule.list == tables.LISTS["exclude"]:
        return bool(fields) and all(number == tables.MSGTYPE and COMPARE.get(_word(compare), operator.ne)(SYSCALL, value)
                                    for number, compare, value in fields)
    if rule.action != NEVER or fields:
        return False
    return rule.list == tables.LISTS["task"] or rule.list == tables.LISTS["exit"] and rule.is_all


def _word(compare):
    return tables.OPERATOR_NAMES.get(compare, compare)


def _compiled(live, parsed, wanted, family):
    if live["rules"]["compiled"] is None:
        if wanted.rules or wanted.control:
            yield item("compiled.audit_rules", "present", live["unavailable"]["rules.compiled"], family)
        return
    aborts = parsed.compiled.aborts_at
    if aborts is not None:
        where = "line %s: %s" % (aborts["line"], aborts["token"])
        why = "auditctl stops at this line, and nothing after it is loaded: %s" % aborts["reason"]
        yield item("compiled.audit_rules.aborts", "loads to its end", where, family, why=why)
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
            yield item(
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
        finding = item(ident, shown, "%d of %d rules missing" % (len(lines), count), family)
        ids = {number for rule in rules for number in controls.get((rule.text or "").strip(), ())}
        return dict(finding, controls=finding["controls"] + sorted(ids))
    return item(ident, "none of these", shown, family)


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
        found.append(item("kernel.rules.order", "the order of rules.d", lines, family))
    if not (found and locked):
        yield from found
        return
    staged = parsed.compiled is not None and not any(_ruleset_delta.compare(wanted.rules, parsed.compiled.rules)[:2])
    if staged:
        expected, actual = "%d rules after the next boot" % len(wanted.rules), "%d rules, locked" % len(parsed.loaded)
        yield item("kernel.reboot_required", expected, actual, family)
    else:
        for finding in found:
            yield dict(finding, fix=finding["fix"] + ", then reboot: the rules are locked (-e 2)")


def _kernel_status(status, control, family):
    enabled, wanted_enabled = status.get("enabled"), str(control.get("-e", ""))
    if enabled == 0 and wanted_enabled != "0":
        yield item("kernel.enabled", "1 or 2", 0, family)
    elif enabled == 1 and wanted_enabled == "2":
        yield item("kernel.immutable", 2, 1, family)
    elif enabled == 2 and wanted_enabled in ("0", "1"):
        yield item("kernel.locked", int(wanted_enabled), 2, family)
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
        yield item("kernel." + word, int(value), status[word], family, severity=severity, why=why)
    if status.get("lost"):
        yield item("kernel.lost", 0, status["lost"], family)
