# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on what controls demand of shipping: records leave this host, in time, and audisp-remote does it as demanded.

Where the policy ships nothing and nobody else had audisp-remote started, that is for others to check. Findings of the layer shipping count
first (C(tables.ITEMS), subject off_loading); this has the word where there is none.
"""

from .._library.conf import accepts
from .._shipping import plugins, remote_conf

NOT_OURS = "checked by whoever ships the records off this host: audit_shipping_to is empty, and nothing here sends them to another one"
TO_SYSLOG = ("the records go to the log daemon of this host; whether it sends them to another one is for whoever configures the log daemon "
             "to show")
IN_A_TREE = "configured; whether records leave is to be seen on the running host"
OTHERWISE = "the records leave by %s; a scanner looks for audisp-remote"
NOT_RUNNING = "au-remote.conf has audisp-remote active, and auditd does not run it"
SELDOM = "the archives leave monthly, and once a week is demanded"
BY_CALENDAR = "audit_shipping_schedule = %s: whether that is once a week at least is for a person to judge"
WEEKLY = ("hourly", "daily", "weekly")
AT_ONCE = ("remote", "cloudwatch")


def verdict(sides, subject: str) -> "tuple[str, str]":
    """(status, why) of a word of SUBJECTS."""
    found = sides.live["shipping"]
    if found is None:
        return "not_checked", "could not be seen: %s" % sides.live["unavailable"].get("shipping", "not available here")
    return SUBJECTS[subject](sides, found, _targets(sides, found))


def of_remote_conf(sides, key: str, accepted: "list[str]") -> "tuple[str, str]":
    """(status, why) of what is demanded of a key of audisp-remote.conf(5)."""
    found = sides.live["shipping"]
    if found is None or "remote" not in _targets(sides, found):
        return "not_checked", NOT_OURS if found is not None else "audisp-remote.conf could not be seen"
    actual = remote_conf.parse(found["remote"]["text"]).get(key)
    if actual is not None and (not accepted or accepts(accepted, actual)):
        return "pass", ""
    return "fail", "audisp-remote.conf: %s = %s is demanded, %s" % (
        key, " or ".join(accepted) or "a value", "the key is not there" if actual is None else "%s is there" % actual)


def _targets(sides, found):
    """Where the records go: by the policy, or because somebody had audisp-remote started."""
    named = list((sides.wanted.get("audit_shipping") or {}).get("to") or ())
    return named or (["remote"] if plugins.is_active(found["plugins"]["remote"]["text"]) else [])


def _off_loading(sides, found, targets):
    if not targets:
        return "not_checked", NOT_OURS
    if not sides.is_live:
        return "not_checked", IN_A_TREE
    if set(targets) == {"syslog"}:
        return "not_checked", TO_SYSLOG
    if "remote" not in targets:
        return "pass", OTHERWISE % " and ".join(targets)
    if not plugins.is_active(found["plugins"]["remote"]["text"]) or found["plugins"]["remote"]["running"] is None:
        return "fail", NOT_RUNNING
    return "pass", ""


def _weekly(sides, found, targets):
    if not targets:
        return "not_checked", NOT_OURS
    schedule = (sides.wanted.get("audit_shipping") or {}).get("schedule") or "hourly"
    if set(targets).intersection(AT_ONCE) or schedule in WEEKLY:
        return "pass", ""
    return ("fail", SELDOM) if schedule == "monthly" else ("not_checked", BY_CALENDAR % schedule)


def _package(sides, found, targets):
    """The package of the plugins, by either of its programs."""
    if any(plugin["program"] for plugin in found["plugins"].values()):
        return "pass", ""
    if set(targets).intersection(plugins.KINDS):
        return "fail", "the package %s is not installed" % plugins.PACKAGES
    return "not_checked", "the package %s is not installed; %s" % (plugins.PACKAGES, NOT_OURS)


SUBJECTS = {"off_loading": _off_loading, "weekly_off_loading": _weekly, "plugins_package": _package}
