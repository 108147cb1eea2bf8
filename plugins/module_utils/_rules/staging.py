# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /etc/audit/rules.d becomes under a policy: one answer for the module that writes it and the check that compares it."""

import functools
import re
from collections import OrderedDict

from .._errors import AuditError
from .._policy import locks
from .._release import release_tuple
from . import compiled as _compiled
from . import files as _files
from . import finalize as _finalize
from . import grammar as _grammar
from . import kept as _kept
from . import lines as _lines
from . import localise as _localise
from . import merge as _merge
from . import passing as _passing
from . import rule as _rule

PANIC_LINE = re.compile(r"^(?!\s*#).*(?:^| )-[a-zA-Z]*f *2(?: |$)")
PANIC_WANTED = ("control.failure (audit_rules_failure) is 2, with which the kernel panics when it cannot record, and auditd_failure_policy "
                "is %s: take audit_rules_failure 1, or auditd_failure_policy stop_host; nothing was changed")
PANIC_STATED = ("%s line %d: %r lets the kernel panic when it cannot record, and auditd_failure_policy is %s: take the line out "
                "(audit_rules_failure sets this), or take auditd_failure_policy stop_host; nothing was changed")
NOT_BEATEN = ("%s line %s: %r wins over %s of the policy, and no rules file of ours can come behind it: take the line out; nothing was "
              "changed")
UNREADABLE = "the rules are not loadable as they are: %s; nothing was changed"
OURS, REMOVED, QUARANTINED, KEPT = "ours", "removed", "quarantined", "kept"


class Staged(object):
    """``files``: OrderedDict {path: text} of rules.d as it will be, in augenrules' order; ``compiled``: what augenrules makes of it.

    ``own``: paths of ours in it; ``removed``: our paths that go; ``quarantined``: foreign paths that are moved away; ``problems``: as in
    C(compiled.Compiled), own refused lines first; ``skipped``: rules left out, [dict file, line, token, reason]. ``taken_over``: the path
    of ``own`` that keeps what stood in audit.rules alone, None where there is none.
    ``compile``: makes the Compiled of such files again, for ``release`` of audit. ``passes_over``: {line: reason} of other files' lines
    that only the kernel knows to be bad; compile() takes them for refused.
    """

    def __init__(self):
        self.files, self.own, self.removed, self.quarantined = OrderedDict(), [], [], []
        self.problems, self.skipped, self.release, self.passes_over, self.taken_over = [], [], None, {}, None
        # stage() sets both before it returns
        self.compiled: "_compiled.Compiled" = None  # type: ignore[assignment]
        self.compile: "functools.partial" = None  # type: ignore[assignment]


def stage(host, current: dict, policy: dict, *, state: str = "overridden", release=None, awk=None) -> Staged:
    """The Staged of a host whose rules.d is ``current`` {path: text}.

    ``policy``: files {name: text}, rules [lines], content (text of the base file), control {word: value}, control_defaults {word: value
    where no other file has one}, immutable, optimise (bools), purge (keep, quarantine), on_error (abort, skip), missing_paths (keep,
    skip), failure_policy; all may be absent. What C(_library.profiles.expand) adds: verbatim {name: text}, files of the audit package
    that checkers compare byte for byte, and unjudged [name], whose missing paths say nothing. Raises AuditError, with the problems as
    details, where a line of ours is refused and on_error is abort, and where -f 2 contradicts the failure policy.
    """
    awk = awk or _compiled.awk_of(host)
    result = Staged()
    wanted, verbatim = own_texts(current, policy, state=state, release=release, awk=awk), verbatim_texts(policy)
    kept = _kept_texts(host, (current, wanted), policy, release)
    if kept:  # its words count as those of any other file
        current = _in_order(dict(current, **kept))
        wanted = own_texts(current, policy, state=state, release=release, awk=awk)
        result.taken_over = next(iter(kept))
    _settle(result, current, policy, wanted, verbatim=verbatim, state=state)
    result.files.update(verbatim)
    result.release = release
    skips = policy.get("missing_paths", "skip") == "skip"
    options = _localise.run_options(host, [*wanted, *verbatim]) if skips else _localise.options(host)
    result.passes_over = _passing.refused_by_kernel(host, current)
    options = _passing.judging(options, result.passes_over, current)
    result.compile = functools.partial(_compiled.compile_rules, release=release, awk=awk, **options)
    stated = {rule.canonical: rule for rule in result.compile(files=_in_order(result.files)).rules}
    for path, text in _in_order(wanted).items():
        _take_in(path, text, stated, result, (host, policy, current.get(path, "")))
    result.own += [*verbatim, *kept]
    result.files = _in_order(result.files)
    _refuse_problems(result, policy)
    _compile_and_win(result, policy)
    result.problems = result.compiled.problems
    return result


def _settle(result, current, policy, wanted, *, verbatim, state):
    """What becomes of each file that is there. Those of ours that stay as they are join ``wanted``."""
    for path, text in current.items():
        fate = _fate(path, text, current, policy, state)
        if path in wanted or path in verbatim:
            continue
        if _passing.is_ours(path, text) or _finalize.is_ours(path, text) and any(name.endswith(_finalize.ENDING) for name in wanted):
            result.removed.append(path)
        elif fate == OURS:
            wanted[path] = text
        elif fate == KEPT:
            result.files[path] = text
        else:
            (result.removed if fate == REMOVED else result.quarantined).append(path)


def _refuse_problems(result, policy):
    if result.problems:
        first = result.problems[0]
        raise AuditError(UNREADABLE % ("%s: %s" % (_lines.where(first, policy, first.get("rule")), first["reason"])),
                         problems=result.problems)


def _fate(path, text, current, policy, state):
    """What becomes of a file in rules.d that the policy does not name."""
    managed = _files.managed(text)
    if managed and state != "overridden":
        return OURS
    if managed or _files.copies_of(current).get(path) == _files.digest(text):
        return REMOVED if state == "overridden" else KEPT
    return QUARANTINED if policy.get("purge") == "quarantine" and state == "overridden" else KEPT


def _kept_texts(host, texts, policy, release):
    """{path: text} of the file that keeps what stands in audit.rules alone; empty where there is nothing, or where others' files go."""
    if policy.get("purge") == "quarantine":
        return {}
    current, wanted = texts
    found = _kept.taken_over(host, current, wanted, release, **_localise.run_options(host))
    return {} if found is None else {found[0]: found[1]}


def _take_in(path, text, stated, result, asked):
    """One of our files as it will be on this host; ``asked``: the host, the policy, the file's text as it is."""
    host, policy, before = asked
    leaving = _leaving(host, policy, result.release, path, before)
    written = _files.with_mark(text).split("\n")
    text = _without_notes_of_ours(_files.with_mark(_localise.text_for(host, text)))
    if policy.get("optimise"):
        text = _merge.optimise_text(text, **leaving.options)
    found = _files.leave_out(text, path, stated, leaving)
    result.skipped += found.skipped
    if leaving.on_error == "skip":
        result.skipped += found.refused
    else:
        result.problems += [dict(problem, rule=written[problem["line"] - 1]) for problem in found.refused]
    result.files[path] = found.text
    result.own.append(path)


def _leaving(host, policy, release, path, before):
    """Which lines of our file ``path``, whose text was ``before``, are left out on this host."""
    on_error = policy.get("on_error") or "abort"
    judges = policy.get("missing_paths", "skip") == "skip" and path not in {_path(name) for name in policy.get("unjudged") or ()}
    return _files.Leaving(
        on_error=on_error, missing=functools.partial(_localise.missing_path, host) if judges else None,
        refused_before=_still_refused(host, before) if on_error == "skip" else None,
        options=dict(_localise.options(host), release=release))


def _compile_and_win(result, policy):
    """Compile, and see that the words of our last file win; a -f 2 that nobody asked for never does.

    Where auditctl -R would stop at a line of another file, a file of ours that is read first lets it go on behind such lines.
    """
    if result.compile(result.files).aborts_at is not None:
        pass_over(result)
    last = next((path for path in result.own if _finalize.is_ours(path, result.files[path])), None)
    result.compiled = result.compile(result.files)
    if last is not None:
        words = {option: value for option, value in _compiled.control_of({last: result.files[last]}).items() if option != "-D"}
        if _finalize.lost(words, result.compiled):
            numbers = {option: value if value is True else int(value) for option, value in words.items()}
            rate = int(result.compiled.control.get("-r", 0))  # as the files have it, or the kernel by itself
            for rate_again in (None, rate):
                if _finalize.lost(words, result.compiled):
                    result.files[last] = _finalize.text(numbers, indented=True, rate=rate_again)
                    result.compiled = result.compile(result.files)
        for option, value, line in _finalize.lost(words, result.compiled):
            word = option if value is True else "%s %s" % (option, value)
            raise AuditError(NOT_BEATEN % (line.file, line.number, line.text.strip(), word))
    if result.compiled.control.get("-f") == _finalize.PANIC:
        _refuse_panic(policy, result.files.items())


def pass_over(staged: Staged) -> "str | None":
    """Put the file in front that lets auditctl -R go on behind bad lines of others, and return its path; None where no name is free."""
    others = [path for path, text in staged.files.items() if not _passing.is_ours(path, text)]
    path = _passing.path_before(others, release_tuple(staged.release))
    if path is None:
        return None
    staged.files = _in_order(dict(staged.files, **{path: _passing.text(staged.release, staged.passes_over)}))
    if path not in staged.own:
        staged.own.append(path)
    if path in staged.removed:
        staged.removed.remove(path)
    return path


def own_texts(current: dict, policy: dict, *, state: str = "overridden", release=None, awk: str = "gawk") -> "OrderedDict":
    """{path: text} of the files that the policy speaks of, before the host has its say; our last one under a name that sorts last."""
    wanted = OrderedDict()
    files = policy.get("files") or {}
    _files.check_names(files)
    base = _path(_files.LOCAL_FILE)
    for name, text in files.items():
        wanted[_path(name)] = text
    lines = policy.get("rules")
    if policy.get("content") is not None:
        wanted[base] = policy["content"]
    elif lines is not None:
        _lines.check(lines)
        wanted[base] = "".join(line + "\n" for line in lines)
    if state == "merged":
        for path in list(wanted):
            if path in current:
                wanted[path] = _merged_text(current, path, wanted[path])
    if policy.get("verbatim"):
        wanted[_path(_files.COPIES_FILE)] = _files.copies_text(policy["verbatim"])
    refuse_wanted_panic((policy.get("control") or {}).get("failure"), policy.get("failure_policy"))
    _refuse_panic(policy, wanted.items())
    if not any(path.endswith(_finalize.ENDING) for path in wanted):
        _add_last(wanted, current, policy, (state, release, awk))
    return wanted


def _add_last(wanted, current, policy, reading):
    """Our last file, where it has anything to say: read after all others, so that its words win."""
    state, release, awk = reading
    before = {path: text for path, text in current.items() if _finalize.is_ours(path, text)}
    others = dict(wanted, **verbatim_texts(policy))
    for path, text in current.items():
        if path not in before and path not in others and _fate(path, text, current, policy, state) in (KEPT, OURS):
            others[path] = text
    others = _in_order(others)
    control = _compiled.control_of(others, release, awk)
    ours = _compiled.control_of(_in_order(before), release, awk)
    if state == "merged":
        policy = _with_earlier_words(policy, ours)
    words = _finalize.words(policy, control, ours)
    if words or policy.get("control") or policy.get("control_defaults"):
        path, text = _finalize.path_behind(list(others), release_tuple(release)), _finalize.text(words)
        if path not in before and len(before) == 1:
            there = next(iter(before))  # a file that sorts behind it and has no such words is no reason to rename it
            control = _compiled.control_of(_in_order(dict(others, **{there: text})), release, awk)
            path = there if all(str(control.get(option)) == str(value) for option, value in words.items()) else path
        wanted[path] = text


def verbatim_texts(policy):
    """{path: text} of the files that are written as they are, without our mark."""
    return OrderedDict((_path(name), text) for name, text in (policy.get("verbatim") or {}).items())


may_not_panic = _finalize.may_not_panic


def refuse_wanted_panic(failure: "str | int | None", failure_policy: "str | None") -> None:
    """Raise AuditError where the wanted failure flag (-f) lets the kernel panic and the failure policy keeps hosts up."""
    if str(failure) == _finalize.PANIC and may_not_panic({"failure_policy": failure_policy}):
        raise AuditError(PANIC_WANTED % failure_policy)


def _refuse_panic(policy, texts):
    if not may_not_panic(policy):
        return
    for path, text in texts:
        for number, line in enumerate(text.split("\n"), 1):
            if PANIC_LINE.search(line):
                raise AuditError(PANIC_STATED % (path, number, line.strip(), policy["failure_policy"]))


def _still_refused(host, text):
    """(rule, line) -> why the kernel refused this line of our file ``text`` in an earlier run; None where its path is there by now."""
    refused = _files.refused_by_kernel(text)

    def why(rule, line):
        reason = refused.get(line)
        return None if reason in _localise.NO_PATH and _localise.missing_path(host, rule) is None else reason
    return why


def _merged_text(current, path, text):
    """The file with those lines added that nothing in it says already."""
    have = {rule.canonical for rule in _compiled.parse_rules_file(current[path], path).rules}
    kept = {line.strip() for line in current[path].split("\n")}
    kept.update(line.strip() for line in _files.refused_by_kernel(current[path]))
    added = []
    for line in text.split("\n"):
        try:
            statement = _grammar.parse(line)
        except _rule.RuleError:
            statement = None
        if line.strip() and line.strip() not in kept and not (isinstance(statement, _rule.Rule) and statement.canonical in have):
            added.append(line)
    if not added:
        return current[path]
    return _files.with_mark(current[path]) + "\n".join(added) + "\n"


def _with_earlier_words(policy, ours):
    """The policy with those words of our last file that it does not set itself."""
    control = {word: int(ours[option]) for word, option in _compiled.CONTROL_OPTIONS.items() if option in ours}
    control.update((word, value) for word, value in (policy.get("control") or {}).items() if value is not None)
    immutable = locks(policy)
    if immutable is None and "-e" in ours:
        immutable = ours["-e"] == _finalize.LOCKED
    return dict(policy, control=control, immutable=immutable)


def _without_notes_of_ours(text):
    """What an earlier run left out is judged again: its reason may be gone."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith(("## also in ", "## twice in this file, left out here: ", "## refused by auditctl (", "## left out, ")):
            lines[place] = line.partition("): " if line.startswith("## refused") else "here: ")[2]
    return "\n".join(lines)


def _path(name):
    return _compiled.RULES_D + "/" + name


def _in_order(files):
    names = sorted(files, key=lambda path: _compiled.natural_key(path.rpartition("/")[2]))
    return OrderedDict((path, files[path]) for path in names)
