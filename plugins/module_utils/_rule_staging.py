# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /etc/audit/rules.d becomes under a policy: one answer for the module that writes it and the check that compares it."""

import functools
from collections import OrderedDict

from . import _localise, _rule, _ruleset, _ruleset_files
from ._errors import AuditError

STATES = ("merged", "replaced", "overridden")
UNREADABLE = "the rules are not loadable as they are: %s; nothing was changed"


class Staged(object):
    """``files``: OrderedDict {path: text} of rules.d as it will be, in augenrules' order; ``compiled``: what augenrules makes of it.

    ``own``: paths of ours in it; ``removed``: our paths that go; ``quarantined``: foreign paths that are moved away; ``problems``: as in
    C(_ruleset.Compiled), own refused lines first; ``skipped``: rules left out, [dict file, line, token, reason].
    """

    def __init__(self):
        self.files, self.own, self.removed, self.quarantined = OrderedDict(), [], [], []
        self.problems, self.skipped, self.compiled = [], [], None


def stage(host, current, policy, state="overridden", release=None, awk=None):
    """The Staged of a host whose rules.d is ``current`` {path: text}.

    ``policy``: files {name: text}, rules [lines], content (text of the base file), control {word: value}, immutable, optimise (bools),
    purge (keep, quarantine), on_error (abort, skip), missing_paths (keep, skip); all may be absent. Raises AuditError, with the problems
    as details, where a line of ours is refused and on_error is abort.
    """
    result = Staged()
    wanted = own_texts(current, policy, state)
    options = dict(_localise.options(host), release=release)
    for path, text in current.items():
        if path in wanted:
            continue
        if _ruleset_files.managed(text):
            if state == "overridden":
                result.removed.append(path)
            else:
                wanted[path] = text
        elif policy.get("purge") == "quarantine" and state == "overridden":
            result.quarantined.append(path)
        else:
            result.files[path] = text
    awk = awk or _ruleset.awk_of(host)
    foreign = _ruleset.compile_rules(_in_order(result.files), release, awk, **_localise.options(host))
    stated = {rule.canonical: rule for rule in foreign.rules}
    missing = functools.partial(_localise.missing_path, host) if policy.get("missing_paths", "skip") == "skip" else None
    for path in _in_order(wanted):
        text = _ruleset_files.with_mark(_localise.text_for(host, wanted[path]))
        text = _without_notes_of_ours(text)
        if policy.get("optimise"):
            from . import _ruleset_lint
            text = _ruleset_lint.optimise_text(text, **options)
        text, refused, skipped = _ruleset_files.leave_out(text, path, stated, policy.get("on_error", "abort"), missing, **options)
        result.skipped += skipped
        (result.skipped if policy.get("on_error") == "skip" else result.problems).extend(refused)
        result.files[path] = text
        result.own.append(path)
    result.files = _in_order(result.files)
    result.compiled = _ruleset.compile_rules(result.files, release, awk, **_localise.options(host))
    if result.problems:
        first = result.problems[0]
        raise AuditError(UNREADABLE % ("%s line %s: %s" % (first["file"], first["line"], first["reason"])), problems=result.problems)
    result.problems = result.compiled.problems
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
        for line in lines:
            if "\n" in line:
                raise AuditError("rules: %r is more than one line; give each rule its own entry" % line)
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
    return wanted


def _merged_text(current, path, text):
    """The file with those lines added that nothing in it says already."""
    have = {rule.canonical for rule in _ruleset.parse_rules_file(current[path], path).rules}
    kept = {line.strip() for line in current[path].split("\n")}
    added = []
    for line in text.split("\n"):
        try:
            statement = _rule.parse(line)
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


_own_texts = own_texts
