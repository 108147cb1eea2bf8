# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /etc/audit/rules.d becomes under a policy: one answer for the module that writes it and the check that compares it."""

import errno
import functools
import os
import re
from collections import OrderedDict

from .._errors import AuditError
from .._policy import FAILURE_POLICIES
from . import compiled as _ruleset
from . import files as _ruleset_files
from . import grammar as _rule_grammar
from . import lines as _rule_lines
from . import localise as _localise
from . import rule as _rule

PANIC = "2"  # -f: the kernel panics when it cannot record
PANIC_LINE = re.compile(r"^(?!\s*#).*(?:^| )-[a-zA-Z]*f *2(?: |$)")
PANIC_WANTED = ("control.failure (audit_rules_failure) is 2, with which the kernel panics when it cannot record, and auditd_failure_policy "
                "is %s: take audit_rules_failure 1, or auditd_failure_policy stop_host; nothing was changed")
PANIC_STATED = ("%s line %d: %r lets the kernel panic when it cannot record, and auditd_failure_policy is %s: take the line out "
                "(audit_rules_failure sets this), or take auditd_failure_policy stop_host; nothing was changed")
NO_PATH = (os.strerror(errno.ENOENT), os.strerror(errno.ENOTDIR))
UNREADABLE = "the rules are not loadable as they are: %s; nothing was changed"


class Staged(object):
    """``files``: OrderedDict {path: text} of rules.d as it will be, in augenrules' order; ``compiled``: what augenrules makes of it.

    ``own``: paths of ours in it; ``removed``: our paths that go; ``quarantined``: foreign paths that are moved away; ``problems``: as in
    C(_ruleset.Compiled), own refused lines first; ``skipped``: rules left out, [dict file, line, token, reason].
    ``compile``: makes the Compiled of such files anew.
    """

    def __init__(self):
        self.files, self.own, self.removed, self.quarantined = OrderedDict(), [], [], []
        self.problems, self.skipped, self.compiled, self.compile = [], [], None, None


def stage(host, current, policy, state="overridden", release=None, awk=None):
    """The Staged of a host whose rules.d is ``current`` {path: text}.

    ``policy``: files {name: text}, rules [lines], content (text of the base file), control {word: value}, immutable, optimise (bools),
    purge (keep, quarantine), on_error (abort, skip), missing_paths (keep, skip), failure_policy; all may be absent. What
    C(_rule_profiles.expand) adds: verbatim {name: text}, files of the audit package that checkers compare byte for byte, and unjudged
    [name], whose missing paths say nothing. Raises AuditError, with the problems as details, where a line of ours is refused and
    on_error is abort, and where -f 2 contradicts the failure policy.
    """
    result = Staged()
    wanted, verbatim = own_texts(current, policy, state), verbatim_texts(policy)
    copies = _ruleset_files.copies_of(current)
    unjudged = {_path(name) for name in policy.get("unjudged") or ()}
    options = dict(_localise.options(host), release=release)
    for path, text in current.items():
        if path in wanted or path in verbatim:
            continue
        if _ruleset_files.managed(text) or copies.get(path) == _ruleset_files.digest(text):
            if state == "overridden":
                result.removed.append(path)
            else:
                (wanted if _ruleset_files.managed(text) else result.files)[path] = text
        elif policy.get("purge") == "quarantine" and state == "overridden":
            result.quarantined.append(path)
        else:
            result.files[path] = text
    awk = awk or _ruleset.awk_of(host)
    theirs = list(result.files.items())
    result.files.update(verbatim)
    foreign = _ruleset.compile_rules(_in_order(result.files), release, awk, **_localise.options(host))
    stated = {rule.canonical: rule for rule in foreign.rules}
    missing = functools.partial(_localise.missing_path, host) if policy.get("missing_paths", "skip") == "skip" else None
    for path in _in_order(wanted):
        text = _ruleset_files.with_mark(_localise.text_for(host, wanted[path]))
        text = _without_notes_of_ours(text)
        if policy.get("optimise"):
            from . import merge as _ruleset_merge
            text = _ruleset_merge.optimise_text(text, **options)
        gone = None if path in unjudged else missing
        again = _still_refused(host, current.get(path, "")) if policy.get("on_error") == "skip" else None
        text, refused, skipped = _ruleset_files.leave_out(text, path, stated, policy.get("on_error", "abort"), gone, again, **options)
        result.skipped += skipped
        if policy.get("on_error") == "skip":
            result.skipped.extend(refused)
        else:
            written = _ruleset_files.with_mark(wanted[path]).split("\n")
            result.problems.extend(dict(problem, rule=written[problem["line"] - 1]) for problem in refused)
        result.files[path] = text
        result.own.append(path)
    result.own += verbatim
    result.files = _in_order(result.files)
    result.compile = functools.partial(_ruleset.compile_rules, release=release, awk=awk, **_localise.options(host))
    result.compiled = result.compile(result.files)
    if result.problems:
        first = result.problems[0]
        raise AuditError(UNREADABLE % ("%s: %s" % (_rule_lines.where(first, policy, first.get("rule")), first["reason"])),
                         problems=result.problems)
    result.problems = result.compiled.problems
    if result.compiled.control.get("-f") == PANIC:
        _refuse_panic(policy, theirs)
    return result


def own_texts(current, policy, state="overridden"):
    """{path: text} of the files that the policy speaks of, before the host has its say."""
    wanted = OrderedDict()
    files = policy.get("files") or {}
    _ruleset_files.check_names(files)
    base = _path(_ruleset_files.LOCAL_FILE)
    for name, text in files.items():
        wanted[_path(name)] = text
    lines = policy.get("rules")
    if policy.get("content") is not None:
        wanted[base] = policy["content"]
    elif lines is not None:
        _rule_lines.check(lines)
        wanted[base] = "".join(line + "\n" for line in lines)
    finalize = _path(_ruleset_files.FINALIZE_FILE)
    control, immutable = policy.get("control"), policy.get("immutable")
    if finalize not in wanted and (control or immutable is not None):
        if state == "merged" and finalize in current:
            control, immutable = _merged_control(current[finalize], control, immutable)
        wanted[finalize] = _ruleset_files.finalize_text(control, immutable)
    if state == "merged":
        for path in list(wanted):
            if path != finalize and path in current:
                wanted[path] = _merged_text(current, path, wanted[path])
    if policy.get("verbatim"):
        wanted[_path(_ruleset_files.COPIES_FILE)] = _ruleset_files.copies_text(policy["verbatim"])
    if str((policy.get("control") or {}).get("failure")) == PANIC and may_not_panic(policy):
        raise AuditError(PANIC_WANTED % policy["failure_policy"])
    _refuse_panic(policy, wanted.items())
    return wanted


def verbatim_texts(policy):
    """{path: text} of the files that are written as they are, without our mark."""
    return OrderedDict((_path(name), text) for name, text in (policy.get("verbatim") or {}).items())


def may_not_panic(policy):
    """Whether the failure policy keeps the host up when it cannot audit."""
    answer = FAILURE_POLICIES.get(policy.get("failure_policy"))
    return answer is not None and str(answer["failure"]) != PANIC


def _refuse_panic(policy, texts):
    if not may_not_panic(policy):
        return
    for path, text in texts:
        for number, line in enumerate(text.split("\n"), 1):
            if PANIC_LINE.search(line):
                raise AuditError(PANIC_STATED % (path, number, line.strip(), policy["failure_policy"]))


def _still_refused(host, text):
    """(rule, line) -> why the kernel refused this line of our file ``text`` in an earlier run; None where its path is there by now."""
    refused = _ruleset_files.refused_by_kernel(text)

    def why(rule, line):
        reason = refused.get(line)
        return None if reason in NO_PATH and _localise.missing_path(host, rule) is None else reason
    return why


def _merged_text(current, path, text):
    """The file with those lines added that nothing in it says already."""
    have = {rule.canonical for rule in _ruleset.parse_rules_file(current[path], path).rules}
    kept = {line.strip() for line in current[path].split("\n")}
    kept.update(line.strip() for line in _ruleset_files.refused_by_kernel(current[path]))
    added = []
    for line in text.split("\n"):
        try:
            statement = _rule_grammar.parse(line)
        except _rule.RuleError:
            statement = None
        if line.strip() and line.strip() not in kept and not (isinstance(statement, _rule.Rule) and statement.canonical in have):
            added.append(line)
    if not added:
        return current[path]
    return _ruleset_files.with_mark(current[path]) + "\n".join(added) + "\n"


def _merged_control(text, control, immutable):
    have = _ruleset.parse_rules_file(text).control
    merged = {word: int(have[option]) for word, option in _ruleset.CONTROL_OPTIONS.items() if option in have}
    if have.get("--loginuid-immutable"):
        merged["loginuid_immutable"] = True
    merged.update((word, value) for word, value in (control or {}).items() if value is not None)
    if immutable is None and "-e" in have:
        immutable = have["-e"] == "2"
    return merged, immutable


def _without_notes_of_ours(text):
    """What an earlier run left out is looked at anew: its reason may be gone."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith(("## also in ", "## twice in this file, left out here: ", "## refused by auditctl (", "## left out, ")):
            lines[place] = line.partition("): " if line.startswith("## refused") else "here: ")[2]
    return "\n".join(lines)


def _path(name):
    return _ruleset.RULES_D + "/" + name


def _in_order(files):
    names = sorted(files, key=lambda path: _ruleset.natural_key(path.rpartition("/")[2]))
    return OrderedDict((path, files[path]) for path in names)
