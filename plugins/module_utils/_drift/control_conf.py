# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on what a control demands of a key of auditd.conf."""

from .. import _utc
from .._conf.keys import ACTION_KEYS
from .._conf.spelling import same, text_of
from .._library import exceptions
from .._library.conf import accepts
from .._library.settled import BY_TIME, PAIR
from .._live.mail import is_away
from .._paths import SENDMAIL
from .._policy import FAILURE_POLICIES

UNWRITTEN = "%s = %s is auditd's own default: a scanner that reads the file wants the line"
SPELLED = "auditd takes %s = %s; a scanner wants it written %s"
MAIL = "auditd.conf is as demanded; whether mail to %s arrives is for the administrators of the mail system to show: send one"
NO_MAILER = "%s = %s, and %s is not there or cannot be executed: the warning reaches nobody"
NO_RELAY = "%s sends no mail to other hosts (%s), so the warning does not reach %s"
WAITS = "mail has waited in the queue of %s since %s, so a warning does not reach %s either"
LONGEST_WAIT = 86400  # seconds that mail may wait in the queue: a relay that is away for a night is no fault of this host


def verdict(sides, benchmark, number, demand) -> "tuple[str, str]":
    """(status, why) of one key. ``demand``: (key, accepted values)."""
    key, accepted = demand
    conf = sides.live["auditd_conf"]
    if conf is None:
        return "fail", "auditd.conf is not there" if "auditd_conf" in sides.parsed.absent else "auditd.conf could not be read"
    if any(problem["fatal"] for problem in conf["problems"]):
        return "fail", "auditd refuses the whole file"
    actual, written = sides.effective.get(key), conf["settings"].get(key)
    if accepts(accepted, actual):
        return _passed(sides, key, accepted, (actual, written))
    entry = sides.parsed.exceptions.of_setting(benchmark, number, key) if sides.parsed.exceptions else None
    if entry is not None and "owner" not in entry:
        return "skipped", "audit_rules_skip: %s" % entry["control"]
    if entry is not None:
        return "waived", "audit_exceptions: " + exceptions.sentence(entry)
    if _set_aside(sides, key, actual):
        known = sides.demands.reason(key)
        return "waived", "%s; instead: %s" % (known["reason"], known["compensating"]) if known else "the failure policy sets it"
    return "fail", _why(sides, key, accepted, actual)


def _passed(sides, key, accepted, values):
    actual, written = values
    waits = ((sides.live["daemon"] or {}).get("waiting") or {}).get(key)
    if waits is not None:
        return "fail", "the running auditd still has %s = %s, until it is restarted" % (key, waits)
    if key in ACTION_KEYS and same(actual, "EMAIL"):
        mailed = _mailed(sides, key, actual)
        if mailed:
            return mailed
    if written is None:
        return "pass", UNWRITTEN % (key, actual)
    wanted = next((one for one in accepted if same(one, written)), None)
    return "pass", SPELLED % (key, written, wanted) if wanted is not None and wanted != written else ""


def _mailed(sides, key, actual):
    """(status, why) where the mail is known not to arrive, or nobody can know it; None where all that can be asked for is there."""
    storage = sides.live["storage"] or {}
    if storage.get("sendmail") is False:
        return "fail", NO_MAILER % (key, actual, SENDMAIL)
    account = str(sides.effective.get("action_mail_acct") or "root")
    if not is_away(account):
        return None
    sender = storage.get("mail")
    if sender and sender["refuses"]:
        return "fail", NO_RELAY % (sender["program"], sender["refuses"], account)
    if sender and sender["oldest"] is not None and _utc.epoch(sides.live["collected_at"]) - sender["oldest"] > LONGEST_WAIT:
        return "fail", WAITS % (sender["program"], _utc.iso(sender["oldest"]), account)
    return "not_checked", MAIL % account


def _set_aside(sides, key, actual):
    """Whether the policy itself has this value in force, for what it is: no stop of the host, rotation by time."""
    wanted = dict(sides.wanted.get("audit_rules") or {}, **{
        name: value for name, value in (sides.wanted.get("auditd") or {}).items() if value not in (None, False)})
    own = {name.lower() for name in wanted.get("own_keys") or ()}
    if key in own or key not in sides.settings or not same(sides.settings[key], actual):
        return False
    if key == BY_TIME:
        return bool(wanted.get("rotation_wanted"))
    policy = FAILURE_POLICIES.get(wanted.get("failure_policy") or "", {})
    return bool(policy.get("refused")) and key in policy["settings"] and same(policy["settings"][key], actual) and not (
        sides.parsed.settled and key in sides.parsed.settled.untaken)


def _why(sides, key, accepted, actual):
    wanted = sides.wanted.get("auditd") or {}
    settled = sides.parsed.settled
    demanded = "%s = %s is demanded, %s is in force" % (key, " or ".join(accepted), text_of(actual))
    if settled and key in settled.untaken:
        return "%s: %s" % (demanded, settled.untaken[key])
    own = {name.lower() for name in wanted.get("own_keys") or ()}
    if key in own:
        return demanded + ": auditd_conf sets it"
    if key in PAIR and own.intersection(PAIR):
        return demanded + ": auditd_conf sets the other of the two thresholds, and they count as one pair"
    if settled and key in settled.ids and not accepts(accepted, settled.settings.get(key)):
        return "%s: another of the profiles demands %s (%s)" % (demanded, settled.settings.get(key), ", ".join(settled.ids[key][:2]))
    return demanded
