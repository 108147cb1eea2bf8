# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others than root can change, reported by what it causes."""

from collections.abc import Iterator

from .._rules.compiled import AUDIT_RULES

# kind of C(_live.permissions) -> severity, why
CAUSES = {
    "directory": ("high", "Whoever can write there puts rules or settings into place that the next boot or reload takes."),
    "rules": ("high", "Whoever can write to it decides what is audited from the next boot on."),
    "settings": ("high", "Whoever can write to it decides what auditd does at its next start or reload."),
    "compiled": ("high", "Whoever can write to it decides what is audited from the next boot on."),
    "log_directory": ("high", "Whoever can write there can change or delete what was recorded."),
    "log": ("high", "Whoever can write there can change or delete what was recorded."),
    "tool": ("high", "Root runs this program: whoever can write to it is root, and decides what is audited."),
    "startup": ("high", "Root reads or runs this when auditd starts or stops: whoever can write to it is root."),
    "above": ("high", "Whoever owns this directory, or can write to it, can put others in the place of those below it."),
}
REFUSED = "auditctl refuses a rules file that everybody can write to or that is not root's: at the next boot no rule is loaded."

FIX = "chown root %s; chmod go-w %s"
BY_ROLE = ", which remediate does where it is no link (role audit_rules)"
CURED = {"tool": "; or install its package again", "startup": "", "above": ""}
WITH_ACL = ("chown root; getfacl %s shows to whom its access control list gives write: take that away with setfacl. chmod would cut "
            "the mask of the list, and with it what others may read")


def is_refused(facts: dict) -> bool:
    """Whether auditctl refuses a rules file of this owner and mode (facts of C(_live.permissions))."""
    return facts["uid"] != 0 or bool(int(facts["mode"], 8) & 0o002)


def compare(sides) -> "Iterator[dict]":
    """One finding for each path that others can change."""
    for path, facts in sorted((sides.live["permissions"] or {}).items()):
        severity, why = CAUSES[facts["kind"]]
        if path == AUDIT_RULES and is_refused(facts):
            severity, why = "critical", REFUSED
        fix = WITH_ACL % path if facts.get("acl") else FIX % (path, path) + CURED.get(facts["kind"], BY_ROLE)
        actual = "mode %s, owner %s" % (facts["mode"], "root" if facts["uid"] == 0 else "uid %d" % facts["uid"])
        ident = "disk.permissions." + (path[1:].replace("/", ".") or "root")
        yield sides.item(ident, "root's, written by root alone", actual, severity=severity, why=why, fix=fix,
                         step="" if facts.get("acl") or facts["kind"] in CURED else None)
