# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our last file of rules.d: the control words that have to win over those of other files, and a name that sorts behind all others.

augenrules lets the last -b, -f and -e win; auditctl does so with all other words. Only a word that the user set beats what another file
says. A default is used where no file says anything, and never weakens: -e 2 and --loginuid-immutable stay, a larger -b stays.
"""

from .._errors import AuditError
from .._policy import FAILURE_POLICIES, locks
from . import compiled as _compiled
from . import files as _files

NAME = "zz-auditops-finalize.rules"
ENDING = "auditops-finalize.rules"
PANIC, OFF, LOCKED = "2", "0", "2"  # -f 2, -e 0, -e 2
AT_LEAST = ("backlog_limit",)  # words of which a larger value in another file is no weaker one
PREFIXES = ["zz-", "zz--", "zz---", "_-", "__-", "____-"]  # other characters sort behind letters (compiled.natural_key)
EMPTIES = "## augenrules moves -D to the top: the list is emptied, and then every file of rules.d is loaded again"
NO_NAME = "no name for our last rules file sorts behind %s: rename that file, its words would win over the policy; nothing was changed"


def is_ours(path: str, text: str) -> bool:
    """Whether a file of rules.d is our last one, under this name or an earlier one."""
    return path.endswith(ENDING) and _files.managed(text)


def words(policy: dict, others: dict, before: dict) -> dict:
    """{option: int or True} that our last file has to say.

    ``policy``: control (what the user set), control_defaults, immutable, failure_policy. ``others``: {option: value} of all other
    files, ``before``: of our last file as it is.
    """
    asked, defaults = policy.get("control") or {}, policy.get("control_defaults") or {}
    found = {}
    for word, option in _compiled.CONTROL_OPTIONS.items():
        value = asked.get(word)
        if value is None and defaults.get(word) is not None:
            theirs = others.get(option)
            if theirs is None or word in AT_LEAST and int(theirs) < int(defaults[word]):
                value = defaults[word]
        if value is not None:
            found[option] = int(value)
    if "-f" not in found and others.get("-f") == PANIC and may_not_panic(policy):
        found["-f"] = FAILURE_POLICIES[policy["failure_policy"]]["failure"]
    loginuid = asked.get("loginuid_immutable")
    if loginuid or loginuid is None and "--loginuid-immutable" in before:
        found["--loginuid-immutable"] = True
    enabled = _enabled(locks(policy), others.get("-e"), before.get("-e"))
    if enabled is not None:
        found["-e"] = enabled
    return found


def _enabled(immutable, theirs, ours):
    if immutable is not None:
        return 2 if immutable else 1
    if ours == LOCKED and theirs != LOCKED:
        return 2
    return 1 if theirs == OFF else None


def may_not_panic(policy: dict) -> bool:
    """Whether the failure policy keeps the host up when it cannot audit."""
    answer = FAILURE_POLICIES.get(policy.get("failure_policy") or "")
    return answer is not None and str(answer["failure"]) != PANIC


def text(options: dict, *, indented: bool = False, rate: "int | None" = None) -> str:
    """The text of the file. ``indented``: with each word again behind a blank, for an augenrules whose awk (mawk) leaves the indented
    words of other files where they are, behind those that it moves to the top. ``rate``: with the words again behind a -r of that value,
    where another file has one behind a rule: augenrules moves only lines that begin with them, and auditctl takes all of a line.
    """
    lines = ["", _files.MARK, EMPTIES, "-D"]
    for option, value in options.items():
        line = option if value is True else "%s %d" % (option, value)
        lines += [line, " " + line] if indented and option in ("-b", "-f") else [line]
    moved = ["%s %d" % (option, options[option]) for option in ("-b", "-f") if option in options]
    if rate is not None and moved:
        lines.append(" ".join(["-r %d" % rate] + moved))
    return "\n".join(lines) + "\n"


def path_behind(paths: "list[str]", release=None) -> str:
    """The path of a file that augenrules reads after all ``paths``; AuditError where none is found.

    ``release``: of audit. Up to 4.1 a name with a blank is not read, and so need not be beaten.
    """
    names = _compiled.names_read(paths, release)
    last = max(names, key=_compiled.natural_key, default="")
    stem = last[:-len(".rules")]
    for name in [prefix + ENDING for prefix in PREFIXES + [stem + "_"]]:
        if not last or _compiled.natural_key(last) < _compiled.natural_key(name):
            return _compiled.RULES_D + "/" + name
    raise AuditError(NO_NAME % last)


def lost(options: dict, compiled) -> "list[tuple]":
    """[(option, value, compiled.Line that has the last word)] of the words that do not win in C(compiled.Compiled)."""
    return [(option, value, compiled.set_by.get(option)) for option, value in options.items()
            if str(compiled.control.get(option)) != str(value)]
