# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did auditd stop this host? The verdict over what the logs say, and no more than they say.

auditd's own words decide where they stand at the end of what the host wrote. A power-off proves a power-off, not who asked for it. Where
nothing speaks, what auditd.conf could do is a possibility and is called one.
"""

import json
import re
import shlex

from .._utc import iso
from .messages import REMOTE_CONF

SHUTDOWN_SECONDS = 900  # systemd gives a unit 90 s to stop, a few of them one after the other
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+\Z")
PANIC_SECONDS = 60  # what other logs still had in hand
POWERED_OFF = ("off", "restart")
CARRIED_OUT = POWERED_OFF + ("single",)
STARTED_PID = re.compile(r"\bpid=(\d+)")
BY_ITSELF = ("client.instanceinitiatedshutdown", "instance initiated")
BY_CLOUD = ("client.", "server.", "user initiated", "spot")
WORDS = {
    "halt": "auditd powered the host off (init 0)", "single": "auditd took the host down to single user mode (init 1)",
}
CAUSES = {
    "admin_space_left_action": "the log's partition had less room than admin_space_left",
    "space_left_action": "the log's partition had less room than space_left",
    "disk_full_action": "the log's partition had no room left",
    "disk_error_action": "writing to the log failed",
    "overflow_action": "a plugin could not keep up and auditd's queue overflowed",
    "max_log_file_action": "the log reached max_log_file",
}
BY_PLATFORM = {
    "button": "the power button was pressed, which is how a cloud or a hypervisor asks a guest to stop",
    "agent": "the hypervisor asked the guest agent (qemu-ga) to stop it",
}
KERNEL_CAUSES = {
    "backlog_limit": "more records waited than backlog_limit (-b) allows", "rate_limit": "more records came than rate_limit (-r) allows",
}


class Facts(object):
    """What is known besides the lines: ``settings`` {key: word} of the actions in auditd.conf, ``panics`` (whether the rules say -f 2, None
    where they were not seen), ``room`` {free_mb, admin_space_left, others_percent}, ``state_reason``, ``is_live``,
    ``remote`` ({path, stopping: ["key = word"]} of audisp-remote.conf),
    ``exec_halts`` {key: path} of programs that power off, ``logs_seen``, ``root`` (the top of the tree, "/" of a running host), ``unread``
    [paths of system logs that could not be read whole]."""

    def __init__(self, **facts):
        self.settings = facts.get("settings") or {}
        self.panics = facts.get("panics")
        self.room = facts.get("room") or {}
        self.state_reason = facts.get("state_reason") or ""
        self.is_live = facts.get("is_live", False)
        self.remote = facts.get("remote") or {"path": None, "stopping": []}
        self.exec_halts = facts.get("exec_halts") or {}
        self.logs_seen = facts.get("logs_seen", False)
        self.root = facts.get("root") or "/"
        self.unread = facts.get("unread") or []

    @property
    def stopping(self):
        """{key: word} of the actions that can stop the host."""
        found = {key: word for key, word in self.settings.items() if word in ("HALT", "SINGLE")}
        return dict(found, **dict.fromkeys(self.exec_halts, "EXEC"))


def of(events: "list[dict]", facts: Facts) -> dict:
    """The diagnosis. ``events``: {source, line, time, text, by, what, key} in the order in which they happened."""
    session = last_session(events, is_live=facts.is_live)
    found = next((answer for answer in (rule(session, facts) for rule in RULES) if answer), None) or _nothing(session, facts)
    diagnosis = dict({"stopped_by": "unknown", "key": None, "action": None, "when": None, "confidence": "low"}, **found)
    if isinstance(diagnosis["when"], float):
        diagnosis["when"] = iso(diagnosis["when"])
    diagnosis["suspended"] = suspended(session)
    diagnosis["next"] = _next(diagnosis, facts)
    return diagnosis


def sentence(diagnosis: dict) -> str:
    """The verdict in one sentence."""
    moment = " at %s" % diagnosis["when"] if diagnosis["when"] else ""
    stopped = "; before that it had stopped recording since %s" % diagnosis["suspended"] if diagnosis["suspended"] else ""
    return "%s (%s confidence)%s: %s%s" % (diagnosis["stopped_by"], diagnosis["confidence"], moment, diagnosis["cause"], stopped)


def last_session(events, *, is_live):
    """The events of the boot that ended: of a tree the last one, of a running host the one before."""
    sessions = [[]]
    for event in events:
        if event["what"] == "boot":
            sessions.append([])
        sessions[-1].append(event)
    if is_live and len(sessions) > 1:
        sessions.pop()
    full = [session for session in sessions if session]
    return full[-1] if full else []


def suspended(session) -> "str | None":
    """Since when, or that, auditd had stopped recording while the host went on; None where it records."""
    state = None
    for event in session:
        if event["by"] == "auditd" and event["what"] == "suspend":
            state = event
        elif event["what"] == "resume":
            state = None
    return None if state is None else "%s: %s" % (_when(state) or "before the stop", CAUSES.get(state["key"], state["text"]))


def _when(event):
    return None if event["time"] is None else iso(event["time"])


def _is_last(session, place):
    """Whether the host wrote nothing behind this: a kernel that panicked writes no more."""
    return not any(one["time"] is not None and not _near(session[place], one, after=PANIC_SECONDS) for one in session[place + 1:])


def _kernel_audit(session, facts):
    for place in range(len(session) - 1, -1, -1):
        event = session[place]
        if event["by"] == "kernel_audit" and _is_last(session, place):
            why = KERNEL_CAUSES.get(event["key"], "the kernel could not record")
            return {"stopped_by": "kernel_audit", "key": event["key"], "action": "-f 2", "when": event["time"], "confidence": "high",
                    "cause": "the kernel panicked because %s and its failure mode is 2 (auditctl -f 2): %s" % (why, event["text"])}
    return None


def _panic(session, facts):
    """A panic that is not audit's."""
    for place in range(len(session) - 1, -1, -1):
        event = session[place]
        if event["by"] == "kernel" and event["what"] in ("panic", "oom_panic") and _is_last(session, place):
            kind = "out of memory" if event["what"] == "oom_panic" else "another reason than audit"
            return {"stopped_by": "not_auditd", "when": event["time"], "confidence": "high",
                    "cause": "the kernel panicked for %s: %s" % (kind, event["text"])}
    return None


def _auditd(session, facts):
    """auditd said that it stops the host, and nothing but the shutdown came behind it. Anybody can write a line that looks so (logger(1)):
    without the shutdown it is no proof, and of another process than the auditd of the audit log it is none of auditd's."""
    pids = _pids(session)
    for place in range(len(session) - 1, -1, -1):
        event = session[place]
        if event["by"] != "auditd" or event["what"] not in WORDS or not _is_auditds(event, pids):
            continue
        behind = session[place + 1:]
        asked = [one for one in session[:place] if one["by"] in ("person", "platform") and _near(one, event)]
        carried = any(one["by"] in ("system", "kernel") and one["what"] in CARRIED_OUT and _near(event, one) for one in behind)
        if not carried and any(not _near(event, one) for one in behind):
            return None  # the host went on: the words are of a stop that was not carried out
        if asked and any(one["by"] == "system" and one["what"] in POWERED_OFF and _near(one, event) for one in session[:place]):
            return None  # the shutdown that somebody asked for was under way already
        key = _key_of(event, session[:place], facts)
        cause = "%s because %s" % (WORDS[event["what"]], CAUSES.get(key, "of an action in auditd.conf"))
        sure = carried and not asked
        if key == REMOTE_CONF:
            cause, sure = _of_remote(event, facts), sure and bool(facts.remote["stopping"])
        wrote_on = not carried and any(not _near(event, one, after=PANIC_SECONDS) for one in behind)
        return {"stopped_by": "auditd", "key": key, "action": "HALT" if event["what"] == "halt" else "SINGLE", "when": event["time"],
                "confidence": "high" if sure else "low" if wrote_on else "medium", "cause": cause + _who_filled(facts, key)}
    return None


def _is_auditds(event, pids):
    """Whether a line is of the auditd of the audit log; a plugin is another process."""
    return event["key"] == REMOTE_CONF or not pids or not event.get("pid") or event["pid"] in pids


def _of_remote(event, facts):
    """The cause of a stop by audisp-remote: it writes no process id, so its own file has to say that it may."""
    words = WORDS[event["what"]].replace("auditd", "auditd's plugin audisp-remote", 1)
    able = ", ".join(facts.remote["stopping"])
    return "%s: %s; %s" % (words, event["text"], "%s says %s" % (facts.remote["path"], able) if able else
                           "no audisp-remote.conf that was seen says so")


def _pids(session):
    """The processes that were auditd, by the records of their starts."""
    found = (STARTED_PID.search(event["text"]) for event in session if event["by"] == "auditd" and event["what"] == "started")
    return {match.group(1) for match in found if match}


def _key_of(event, before, facts):
    """Up to 3.1.5 one sentence stands for both thresholds: the warning before it and auditd.conf say which."""
    if event["key"] != "admin_space_left_action":
        return event["key"]
    word = "HALT" if event["what"] == "halt" else "SINGLE"
    able = [key for key in ("admin_space_left_action", "space_left_action") if facts.settings.get(key) == word]
    return able[0] if len(able) == 1 else "admin_space_left_action"


def _who_filled(facts, key):
    percent = facts.room.get("others_percent")
    if key in ("disk_error_action", "overflow_action", REMOTE_CONF) or percent is None or percent < 50:
        return ""
    return "; %d %% of what fills that partition are not audit's logs: another program filled it" % percent


def _near(one, other, *, after=SHUTDOWN_SECONDS):
    """Whether ``other``, which stands behind ``one``, came soon after it. A clock that was set back meanwhile proves nothing."""
    return one["time"] is None or other["time"] is None or other["time"] - one["time"] <= after


def _person(session, facts):
    end = _clean_end(session)
    behind = session[-1] if session else None
    for place in range(len(session) - 1, -1, -1):
        event = session[place]
        if event["by"] not in ("person", "platform") or not _near(event, end or behind):
            continue
        if event["by"] == "person":
            return {"stopped_by": "not_auditd", "when": event["time"], "confidence": "high" if end else "medium",
                    "cause": "somebody asked for it: %s" % event["text"]}
        if event["what"] in BY_PLATFORM and end:
            return {"stopped_by": "not_auditd", "when": event["time"], "confidence": "high", "cause": BY_PLATFORM[event["what"]]}
    return None


def _exec(session, facts):
    """A program of auditd's that powers off, and a shutdown that nobody else asked for."""
    if not facts.exec_halts:
        return None
    end = _clean_end(session)
    warned = any(event["by"] == "auditd" and event["what"] in ("low", "full", "error") for event in session)
    key, path = sorted(facts.exec_halts.items())[0]
    short = facts.room.get("free_mb") is not None and facts.room["free_mb"] <= (facts.room.get("admin_space_left") or 0)
    if end is None or not (warned or short):
        return None
    return {"stopped_by": "auditd", "key": key, "action": "EXEC %s" % path, "when": end["time"], "confidence": "medium",
            "cause": "%s, and auditd runs %s then, which powers the host off; nobody else asked for the shutdown" % (CAUSES[key], path)}


def _cloud(session, facts):
    reason = facts.state_reason.lower()
    if not reason or any(word in reason for word in BY_ITSELF) or not any(word in reason for word in BY_CLOUD):
        return None
    return {"stopped_by": "not_auditd", "when": session[-1]["time"] if session else None, "confidence": "high",
            "cause": "the cloud stopped it: %s" % facts.state_reason}


def _clean_end(session):
    """The first word of the shutdown that ended the session; one behind which the host wrote on ended nothing."""
    last = session[-1] if session else None
    return next((event for event in session if event["by"] in ("system", "kernel") and event["what"] in POWERED_OFF and _near(event, last)),
                None)


def _clean(session, facts):
    """A shutdown in order that nobody is seen to have asked for."""
    end = _clean_end(session)
    inside = any(word in facts.state_reason.lower() for word in BY_ITSELF)
    if end is None and not inside:
        return None
    when = end["time"] if end else None
    base = "the host shut down in order, and nothing says who asked for it"
    able = facts.stopping
    free, least = facts.room.get("free_mb"), facts.room.get("admin_space_left")
    if able and free is not None and least is not None and free <= least:
        key = next(iter(sorted(able)))
        return {"stopped_by": "auditd", "key": key, "action": able[key], "when": when, "confidence": "low",
                "cause": "%s; the log's partition has %d MB left and %s = %s, so auditd is the likely one" % (base, free, key, able[key])}
    if facts.settings and not able:
        return {"stopped_by": "not_auditd", "when": when, "confidence": "medium",
                "cause": base + "; no action in auditd.conf stops the host, so it was not auditd"}
    return {"stopped_by": "unknown", "when": when, "confidence": "low", "cause": base}


def _cut_off(session, facts):
    """The logs end in the middle: power, a reset, or a panic that could not be written."""
    if not facts.logs_seen or not any(event["by"] != "log" for event in session):
        return None
    oom = next((event for event in session[::-1] if event["what"] == "oom"), None)
    last = session[-1]
    words = "the logs end without a shutdown: the power was cut, the host was reset, or the kernel died without a trace"
    if oom is not None and _near(oom, last):
        words += "; shortly before, the kernel ran out of memory: %s" % oom["text"]
    daemon = next((event for event in session[::-1] if event["by"] in ("auditd", "system", "kernel")), last)
    if facts.unread:
        return {"stopped_by": "unknown", "when": last["time"], "confidence": "low",
                "cause": words + "; or what was written at the end stands in what was not read: " + ", ".join(facts.unread)}
    if daemon["what"] == "ended" and not any(event["by"] == "log" for event in session):
        return {"stopped_by": "unknown", "when": last["time"], "confidence": "low",
                "cause": "auditd ended in order, as it does at a shutdown and when its package is replaced; no log of the system was seen"}
    if facts.panics:
        return {"stopped_by": "unknown", "when": last["time"], "confidence": "low",
                "cause": words + "; the rules say -f 2, so a panic of audit's is possible"}
    if facts.panics is False:
        return {"stopped_by": "not_auditd", "when": last["time"], "confidence": "medium",
                "cause": words + "; HALT and SINGLE shut down in order, and the rules do not say -f 2"}
    return {"stopped_by": "unknown", "when": last["time"], "confidence": "low", "cause": words}


def _nothing(session, facts):
    able = ", ".join("%s = %s" % pair for pair in sorted(facts.stopping.items()))
    words = "no log that was read says anything about a stop"
    if able or facts.panics:
        words += "; it can stop itself (%s), which proves nothing" % ", ".join(filter(None, (able, "-f 2" if facts.panics else "")))
    return {"stopped_by": "unknown", "confidence": "low", "cause": words}


RULES = (_kernel_audit, _panic, _auditd, _cloud, _person, _exec, _clean, _cut_off)


def _next(diagnosis, facts):
    """What to do, as commands."""
    steps = []
    root = "" if facts.is_live else " -e " + _assigned("audit_root", facts.root)
    stops = diagnosis["stopped_by"] in ("auditd", "kernel_audit") or facts.stopping or facts.panics
    if stops and facts.is_live:
        steps.append("ansible-playbook -i HOSTS -b auditops.auditd.remediate --tags audit_stop")
    if stops and not facts.is_live:
        steps.append("ansible-playbook -i HOSTS -b auditops.auditd.rescue" + root)
    if diagnosis["suspended"] and facts.is_live:
        steps.append("ansible-playbook -i HOSTS -b auditops.auditd.remediate")
    if diagnosis["stopped_by"] == "unknown":
        again = "ansible-playbook -i HOSTS -b auditops.auditd.diagnose" + root
        steps.append("aws ec2 get-console-output --latest --output text --instance-id ID > FILE; then "
                     "%s -e audit_diagnosis_console_file=FILE (option console of the module: the text)" % again)
        steps.append("aws ec2 describe-instances --instance-ids ID --query 'Reservations[].Instances[].StateReason.Code' --output text; "
                     "then %s -e audit_diagnosis_state_reason=CODE (option state_reason of the module)" % again)
    return steps


def _assigned(name, value):
    """A variable for -e, quoted for the shell. name=value ends at a blank, so other values than plain paths are JSON."""
    return "%s=%s" % (name, value) if PLAIN_PATH.match(value) else shlex.quote(json.dumps({name: value}))
