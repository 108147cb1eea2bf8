# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a host in at most ten lines, for a person who asks one host: what _live.collect() returns, in words."""

from . import storage as _storage
from .risks import risks

MOST_STOPS = 1
LONGEST = 300  # characters of a line


def lines(live: dict) -> "list[str]":
    """What runs, what it would do, and what could not be read, the most important first."""
    found = [_system(live)] + _stops(live)
    found += [_daemon(live), _kernel(live), _rules(live), _rotation(live), _log(live)] + _problems(live)
    missing = sorted(live["unavailable"])
    if missing:
        found.append("not read: %s (why: info.unavailable)" % ", ".join(missing))
    return [line if len(line) <= LONGEST else line[:LONGEST] + " ..." for line in found]


def _part(live, name):
    found = live.get(name)
    return found if isinstance(found, dict) else {}


def _system(live):
    system = _part(live, "distribution")
    return "%s %s, audit %s" % (system.get("name") or "system not known", system.get("version") or "", live.get("version") or "not known")


def _stops(live):
    found = [risk["sentence"] for risk in risks(live) if risk["effect"] == "stops_host" and risk["severity"] in ("critical", "high")]
    more = ["and %d more ways to stop itself" % (len(found) - MOST_STOPS)] if len(found) > MOST_STOPS else []
    if not found:
        if not live.get("auditd_conf"):
            return ["not known whether it can stop itself: no auditd.conf was read"]
        return ["cannot stop itself, as far as its settings show"]
    return ["can stop itself: " + sentence for sentence in found[:MOST_STOPS]] + more


def _daemon(live):
    daemon = live.get("daemon")
    if not daemon:
        return "auditd: not known"
    state = {True: "running", False: "not running"}.get(daemon.get("running"), "not known whether it runs")
    boot = {True: "starts at boot", False: "does not start at boot"}.get(daemon.get("enabled"), "not known whether it starts at boot")
    return "auditd: %s, %s%s" % (state, boot, "; logging is suspended" if _part(daemon, "report").get("logging_suspended") else "")


def _kernel(live):
    status = _part(live, "kernel").get("status")
    if not status:
        return "kernel: not known"
    words = ["%s %s" % (name, status[name]) for name in ("enabled", "failure", "backlog", "backlog_limit", "lost") if name in status]
    return "kernel: " + ", ".join(words)


def _rules(live):
    rules = _part(live, "rules")
    counts = [(_part(rules, name).get("count"), words)
              for name, words in (("disk", "on disk"), ("compiled", "compiled"), ("loaded", "loaded"))]
    return "rules: " + ", ".join("%s not known" % words if count is None else "%d %s" % (count, words) for count, words in counts)


def _rotation(live):
    rotation = _part(live, "rotation")
    if not rotation.get("installed"):
        return "rotation: none by time"
    starts = "started by " + " and ".join(rotation.get("schedulers") or ["nothing"])
    return "rotation: installed, %s, last run %s" % (starts, _part(rotation, "last").get("result") or "not known")


def _log(live):
    storage = _part(live, "storage")
    room, growth = _part(storage, "partition"), _part(storage, "growth")
    free = "room not known" if room.get("free_mb") is None else "%s of %s MB free" % (room["free_mb"], room.get("size_mb"))
    rate = "growth not known" if growth.get("mb_per_day") is None else "grows by %s MB/day" % (
        _storage.figure(growth["mb_per_day"]))
    return "log: %s, %s, %s" % (storage.get("log_file") or "not known", free, rate)


def _problems(live):
    problems = _part(live, "auditd_conf").get("problems") or []
    if not problems:
        return []
    plural = "" if len(problems) == 1 else "s"
    return ["auditd.conf: %d remark%s, the first: %s" % (len(problems), plural, problems[0].get("reason", ""))]
