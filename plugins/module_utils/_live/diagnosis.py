# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything about a stop that a host or an offline tree still shows, and the verdict over it. It reads, and changes nothing."""

import os
import re

from .._conf import text as _conf
from .._diagnosis import verdict
from .._errors import AuditError, NotAvailable
from .._paths import AUDITD_CONF, LOG_FILE
from .._rules import compiled
from .._shipping import remote_conf
from .._utc import iso
from . import expected_volumes, stop_logs, stop_records, storage

ACTIONS = (
    "space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action", "overflow_action", "max_log_file_action")
POWERS_OFF = re.compile(br"^[^#\n]*\b(?:poweroff|halt|shutdown|reboot|telinit|init\s+[016]|sysrq-trigger)\b", re.M)
SHOWN = 60  # lines of evidence
SECONDS_OF_ONE_BOOT = 180  # between two logs that speak of it
ARCHIVED = 600  # seconds from a boot until systemd-pstore has moved what the boot before left


def diagnose(host, run, *, console_text=None, console_file=None, state_reason=None, days=None) -> dict:
    """{diagnosis, summary, timeline, not_read, settings, room}: the verdict with its evidence, and in a sentence; what was seen, in order;
    {what could not be read: why}; the actions of auditd.conf; the room for the log.

    ``run(argv)`` gives (rc, out, err) of a program of this machine. ``days``: log files that are older than the newest by more are not
    read.
    """
    unread: "dict[str, str]" = {}
    settings = _settings(host, unread)
    log_file = settings.get("log_file") or LOG_FILE
    _name_unmounted(host, log_file, unread)
    events, seen = _events(host, run, log_file, unread, days)
    if console_text is not None:
        events = _with_console(events, stop_logs.console(console_file or "console", console_text))
    facts = verdict.Facts(
        settings={key: storage.words(settings, key)[0] for key in ACTIONS if settings.get(key)}, panics=_panics(host),
        room=_room(host, settings, log_file), state_reason=state_reason, is_live=host.is_live, exec_halts=_exec_halts(host, settings),
        remote=_remote(host), logs_seen=seen, root=host.root,
        unread=sorted(path for path in unread if path.startswith("/var/log/") and "/audit" not in path))
    found = verdict.of(events, facts)
    session = verdict.last_session(events, is_live=host.is_live)
    evidence = _shown(session)
    if state_reason:
        evidence.append({"source": "state_reason", "line": None, "time": None, "text": state_reason})
    found["evidence"] = evidence
    return {
        "diagnosis": found, "summary": verdict.sentence(found), "timeline": _shown(events),
        "not_read": unread, "settings": facts.settings, "room": facts.room,
    }


def _settings(host, unread):
    try:
        text = host.text(AUDITD_CONF) or ""
    except AuditError as error:
        unread[AUDITD_CONF] = str(error)
        return {}
    return {key.lower(): str(value) for key, value in _conf.parse(text).settings.items()}


def _events(host, run, log_file, unread, days):
    """(the events in one order, whether any log was there). One stream has the order; the others are put in by their times."""
    journal, has_journal = stop_logs.journal(host, run, unread)
    syslog, has_syslog = stop_logs.syslog(host, run, unread, days)
    main, second = (journal, syslog) if _last(journal) >= _last(syslog) and journal else (syslog, journal)
    if not main:
        main, second = second, []
    records, last_record = stop_records.audit_log(host, run, log_file, unread)
    others = stop_records.wtmp(host, unread) + records + stop_logs.leftovers(host, run, unread)
    events = _before_their_boot(stop_logs.by_time(main, _unknown(others, main)))
    return events, has_journal or has_syslog or last_record is not None


def _last(events):
    return max([event["time"] or 0 for event in events] or [0])


def _unknown(others, main):
    """What the main stream does not have yet: a boot there is one boot, also where the next one comes within the same minute."""
    left = [one for one in main if one["what"] in ("boot", "off") and one["time"] is not None]
    for event in others:
        same = [one for one in left if one["what"] == event["what"] and event["time"] is not None
                and abs(one["time"] - event["time"]) <= SECONDS_OF_ONE_BOOT]
        if not same:
            yield event
        elif event["what"] == "boot":
            left.remove(min(same, key=_distance(event)))


def _distance(event):
    return lambda one: abs(one["time"] - event["time"])


def _before_their_boot(events):
    """What pstore kept is put into files at the next boot: a panic of that age is what ended the boot before."""
    found: "list[dict]" = []
    for event in events:
        boot = next((place for place in range(len(found) - 1, -1, -1) if found[place]["what"] == "boot"), 0)
        if event.get("dated_by_file") and boot and (found[boot]["time"] or 0) > event["time"] - ARCHIVED:
            found.insert(boot, dict(event, time=None))
        else:
            found.append(event)
    return found


def _with_console(events, console):
    """A console text is of the last boot; its lines have no times and come behind what the disk has, but for a new boot."""
    boots = [place for place, event in enumerate(console) if event["what"] == "boot"]
    known = {(event["what"], event["text"]) for event in events[-20:]}
    return events + [event for event in console[boots[-1] + 1 if boots else 0:] if (event["what"], event["text"]) not in known]


def _panics(host):
    """Whether the next load of the rules says -f 2; None where no rules were seen."""
    text = host.text(compiled.AUDIT_RULES)
    files = compiled.read_rules_d(host)
    if text is None and not files:
        return None
    words = re.findall(r"^\s*-f\s+(\d)", "\n".join([text or ""] + list(files.values())), re.M)
    return "2" in words


def _remote(host):
    """{path, stopping} of the first audisp-remote.conf that is there."""
    for path in (remote_conf.PATH, remote_conf.PATH_BEFORE):
        text = host.text(path)
        if text is not None:
            return {"path": path, "stopping": remote_conf.stopping(remote_conf.parse(text))}
    return None


def _exec_halts(host, settings):
    """{key: program} of actions whose program powers off, by its text."""
    found = {}
    for key in ACTIONS:
        word, path = storage.words(settings, key)
        if word != "EXEC":
            continue
        try:
            data = host.read(path) or b""
        except AuditError:
            continue
        if data.startswith(b"#!") and POWERS_OFF.search(data):
            found[key] = path
    return found


def _room(host, settings, log_file):
    """{free_mb, size_mb, mount, admin_space_left, others_percent} of the log's partition, {} where it was not seen."""
    try:
        room = storage.partition(host, os.path.dirname(log_file))
    except (AuditError, NotAvailable):
        return {}
    own = sum(log.stored for log in storage.finished_logs(host, log_file))
    current = host.stat(log_file)
    own += current.st_size if current is not None else 0
    used = (room["size_mb"] - room["free_mb"]) * storage.MEGABYTE
    others = max(0, used - own)
    return {"mount": room["mount"], "free_mb": room["free_mb"], "size_mb": room["size_mb"],
            "admin_space_left": storage.thresholds(settings, room["size_mb"])["admin_space_left"],
            "others_percent": int(100 * others / used) if used > 0 else None}


def _name_unmounted(host, log_file, unread):
    if host.is_live:
        return
    for volume in expected_volumes.missing(host, log_file):
        unread[volume.point] = "a volume of its own (%s) that is not mounted below the root: what its logs say was not seen" % volume.source


def _shown(events):
    """The last of them, each line once: the end of a log is an event for what it says, and another for being the end."""
    found = [{"source": event["source"], "line": event["line"], "text": event["text"],
              "time": None if event["time"] is None else iso(event["time"])} for event in events]
    return [one for place, one in enumerate(found) if not place or one != found[place - 1]][-SHOWN:]
