# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of rule lines in a policy (rules of the module, audit_rules_extra of the role): what may stand in it, and how it is named."""

import re

from .._errors import AuditError

VARIABLE = "audit_rules_extra"
LEAVE_OUT = "leave it out"
# What auditctl sets besides rules -> what the policy sets it by; zz-auditops-finalize.rules would override it without a word
CONTROL = (
    ("-f", "audit_rules_failure (control.failure)"),
    ("-e", "audit_rules_immutable (immutable)"),
    ("-b", "audit_rules_backlog_limit (control.backlog_limit)"),
    ("-r", "control.rate_limit of the module audit_rules"),
    ("--backlog_wait_time", "audit_rules_backlog_wait_time (control.backlog_wait_time)"),
    ("--loginuid-immutable", "control.loginuid_immutable of the module audit_rules"),
    ("-i", "audit_rules_on_error: skip (on_error)"),
    ("-c", "audit_rules_on_error: skip (on_error)"),
    ("-D", LEAVE_OUT),
)
OPTION = re.compile(r" *(--[a-z_-]{3,}|-[febricD](?![a-zA-Z-]))")


def check(lines):
    """Raise AuditError for what is no list of single rule lines."""
    if isinstance(lines, str) or not isinstance(lines, (list, tuple)):
        raise AuditError("%s must be a list of rule lines, not %r; nothing was changed" % (VARIABLE, lines))
    for place, line in enumerate(lines):
        if not isinstance(line, str):
            raise AuditError("%s[%d] is %r; give a rule line as one text" % (VARIABLE, place, line))
        if "\n" in line:
            raise AuditError("%s: %r is more than one line; give each rule its own entry" % (VARIABLE, line))
        found = OPTION.match(line)
        if found:
            _refuse_control(name(place, line), found.group(1))


def _refuse_control(called, word):
    for option, variable in CONTROL:
        if option == word or len(word) > 2 and option.startswith(word):
            instead = "the policy deletes old rules itself, leave it out" if variable == LEAVE_OUT else "set it by %s" % variable
            raise AuditError("%s is no rule but sets %s: %s; nothing was changed" % (called, option, instead))


def name(place, line):
    """An item as messages name it."""
    return '%s[%d] "%s"' % (VARIABLE, place, line.strip())


def where(problem, policy, text=None):
    """What a problem (dict file, line) is about: an item of the list where ``text``, the line, stands in it, else the file and line."""
    for place, line in enumerate(policy.get("rules") or ()):
        if text is not None and line.strip() == text.strip():
            return name(place, line)
    return "%s line %s" % (problem["file"], problem["line"])
