# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the time-based rotation with the policy: program, schedule, configuration, and whether it works."""

from collections.abc import Iterator

from .. import _utc
from .._live.schedule import CRON_DAEMONS
from .._live.storage import DAY, kept_mb
from .._paths import LOG_FILE
from .._rotation import files as _rotation
from .._rotation import schedule
from .._rotation.checker import PROGRAM as CHECKER


def compare(sides) -> "Iterator[dict]":
    """The findings of the layer schedule, and the rotated logs that wait to be taken over."""
    live, have = sides.live, sides.parsed.rotation
    if not sides.wanted.get("audit_rotation") or live["rotation"] is None or have is None:
        return
    if have.scheduler is None:
        yield sides.item("schedule.scheduler", sides.wanted["audit_rotation"].get("scheduler") or "auto", have.scheduler_refused)
    elif not live["rotation"]["installed"] and not live["rotation"]["schedulers"]:
        yield sides.item("schedule.installed", "installed, started by " + have.scheduler, "not installed")
    else:
        yield from _program(sides, have)
        yield from _schedule(sides, have)
    if live["rotation"]["installed"]:
        yield from _works(sides, have)
        yield from _overtaken(sides)
    rotated = (live["storage"] or {}).get("rotated_logs")
    if rotated:
        yield sides.item("storage.rotated_logs", "archived", rotated)
    for number, sentence in enumerate(live["rotation"]["conflicts"], 1):
        yield sides.item("schedule.conflict.%d" % number, "nothing else rotates the log", sentence)


def _program(sides, have):
    program = {path: digest for path, digest in (sides.wanted.get("program") or {}).items() if path != CHECKER}
    different = [path for path, digest in sorted(program.items()) if have.program[path] != digest]
    if different:
        yield sides.item("schedule.program", "the program of this collection", different)
    if have.unexpected:
        yield sides.item("schedule.program_files", "nothing beside the program", have.unexpected)
    for path in sorted(program):
        wrong = not_ours(have.files[path], _rotation.mode_of(path), have.owners_count)
        if wrong and path not in different:
            yield sides.item("schedule.program_file." + path.rpartition("/")[2], *wrong)
    if have.loose:
        yield sides.item("schedule.program_directory", "directories that only root may write to", have.loose)


def _schedule(sides, have):
    policy = sides.wanted["audit_rotation"]
    directory = ((sides.live["storage"] or {}).get("log_file") or LOG_FILE).rpartition("/")[0]
    for path, (text, mode) in sorted(_rotation.desired_files(
            policy, have.scheduler, have.minute, directory, has_systemd=have.has_systemd).items()):
        wrong = different(have.files[path], text, mode, have.owners_count)
        if wrong:
            yield sides.item("schedule.file." + path.rpartition("/")[2], *wrong)
    for link in sorted(_rotation.desired_links(policy, have.scheduler, has_systemd=have.has_systemd)):
        if link not in have.links:
            yield sides.item("schedule.enabled." + link.rpartition("/")[2], "enabled", "not enabled")
    there = [path for path, facts in have.files.items() if facts.is_there] + have.links
    stale = [path for path in _rotation.stale_files(policy, have.scheduler, has_systemd=have.has_systemd) if path in there]
    if stale:
        yield sides.item("schedule.other_scheduler", have.scheduler, stale)


def not_ours(facts, mode, owners_count):
    """(expected, actual) of a file that root runs or reads as its own, None where it is so."""
    if not facts.is_there:
        return "present", "missing"
    if not facts.is_regular:
        return "a regular file", "not a regular file"
    if owners_count and facts.uid != 0:
        return "a file of root's", "it belongs to uid %d" % facts.uid
    if facts.mode & ~mode or (mode & ~facts.mode) & 0o111:
        return "%04o" % mode, "%04o" % facts.mode
    return None


def different(facts, text, mode, owners_count):
    """(expected, actual) of a file of ours, None where it is as the policy writes it."""
    if facts.error is not None:
        return "readable", facts.error
    if facts.text is None:
        return "present", "missing"
    if facts.text != text and facts.hidden:
        return "as the policy has it", "different; not shown, as it may hold secrets"
    if facts.text != text:
        wanted, actual = _lines(text), _lines(facts.text)
        missing, extra = [line for line in wanted if line not in actual], [line for line in actual if line not in wanted]
        return missing or "nothing more", extra or "nothing instead"
    return not_ours(facts, mode, owners_count)


def _lines(text):
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _works(sides, have):
    live = sides.live
    if have.interpreter:
        yield sides.item("schedule.interpreter", "present", have.interpreter)
    if have.cron_runs is False:
        yield sides.item("schedule.scheduler_running", "a cron daemon runs", "none of %s runs" % ", ".join(CRON_DAEMONS))
    if have.run_trouble:
        yield sides.item("schedule.run_" + have.run_trouble[0], "a run that ends", have.run_trouble[1])
    if have.guard_runs is False:
        yield sides.item("schedule.guard_running", "the guard runs", "no process of the guard lives")
    if have.unshippable:
        yield sides.item("schedule.unshippable", "a configuration by which audit-ship can work", have.unshippable)
    last = live["rotation"]["last"]
    if last is not None and last.get("given_up"):
        yield sides.item("schedule.given_up", "room for new records", _loss(last["given_up"]))
    if last is not None and last.get("missing"):
        yield sides.item("schedule.missing_events", "every event is in a log", _missing(last["missing"]))
    if last is None:
        yield sides.item("schedule.status", "the record of the last run", live["unavailable"].get("rotation.last") or "unreadable")
    elif last["result"] not in (None, "success"):
        yield sides.item("schedule.last_run", "success", last["error"] or last["result"])
    elif sides.is_live:
        period = schedule.Schedule(sides.wanted["audit_rotation"].get("schedule") or "daily").period
        overdue = schedule.overdue(last["last_success"], have.installed_at, period, _utc.epoch(live["collected_at"]))
        if overdue:
            yield sides.item("schedule.last_success", *overdue)


def _missing(times):
    """From when to when events are in no log, in words; the record is the host's, so nothing in it is taken for granted."""
    try:
        return ["%s to %s: %s" % (
            _utc.iso(one["from"]), _utc.iso(one["to"]), "auditd had suspended logging" if one["events"] is None
            else "%d events" % one["events"]) for one in times]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return "events, and the record of when cannot be read"


def _overtaken(sides):
    """With ROTATE auditd deletes its oldest log by itself; what the log grows by until the next look has to fit into the others."""
    storage, effective = sides.live["storage"] or {}, sides.effective
    rate = (storage.get("growth") or {}).get("mb_per_day")
    kept = kept_mb(effective) if str(effective.get("max_log_file_action")).upper() == "ROTATE" else None
    if not rate or kept is None:
        return
    wanted = sides.wanted["audit_rotation"]
    guard = _rotation.guard_minutes(wanted.get("guard_minutes"))
    seconds = guard * 60 or schedule.Schedule(wanted.get("schedule") or "daily").period
    spare = kept * (int(effective["num_logs"]) - 1) // int(effective["num_logs"])  # the rotated logs, without audit.log
    grown = rate * seconds / float(DAY)
    if grown > spare:
        who = "the guard looks every %d minutes" % guard if guard else "there is no guard, and the rotation runs every %d minutes" % (
            seconds // 60)
        yield sides.item("schedule.overtaken", "each log is archived before auditd deletes it",
                         "%s MB/day are %d MB until the next look, and auditd keeps %d MB of rotated logs: %s" % (rate, grown, spare, who))


def _loss(given_up):
    """What had to be given up, in words; the record is the host's, so nothing in it is taken for granted."""
    try:
        first = "an unknown time" if given_up.get("from") is None else _utc.iso(given_up["from"])
        sentence = "%d archives with the records of %s to %s, at %s" % (
            given_up["count"], first, _utc.iso(given_up["to"]), given_up["at"])
        flood = given_up.get("flood") or {}
        made = ["%s %s" % (name, ", ".join(str(pair[0]) for pair in flood[name])) for name in ("auid", "uid", "key") if flood.get(name)]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, IndexError):
        return "archives, and the record of which ones cannot be read"
    return sentence + ("; the records that came are by " + "; ".join(made) if made else "")
