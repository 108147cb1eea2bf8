# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time-based rotation as it stands on a host: program, scheduler, configuration, last runs."""

import json
import re

from .._errors import AuditError
from .._paths import LOG_FILE
from .._rotation import conf as _rotate_conf
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from .._rotation.conflicts import conflicts
from .._rotation.found import jobs

STATUS_KEYS = ("last_run", "last_success", "result", "exit", "error", "given_up", "missing")
KEEPS = ("keep", "keep_days", "keep_megabytes", "min_free_megabytes")
# words of systemd.time(7) that the timers use -> seconds between two runs
CALENDARS = {calendar: period for _fields, calendar, period in _schedule.WORDS.values()}


def read(reading) -> dict:
    """{installed, schedulers, active, period, prunes, config, last, conflicts, jobs}.

    ``active``: the program and a scheduler that starts it are there. ``period``: seconds between two runs, None where that cannot be told.
    ``prunes``: its configuration bounds what is kept. ``conflicts``: sentences about what else touches the same log. ``jobs``:
    [{name, settings}] of those that do nothing else.
    """
    host, log_file = reading.host, reading.settings.get("log_file") or LOG_FILE
    installed = host.stat(_rotation.PROGRAM) is not None
    cron, timer = host.text_if_readable(_rotation.CRON), host.text_if_readable(_rotation.TIMER)
    schedulers = ["cron"] if cron is not None else []
    if timer is not None and host.lstat(_rotation.TIMER_LINK) is not None:
        schedulers.append("systemd")
    config = _config(reading)
    return {
        "installed": installed,
        "schedulers": schedulers,
        "active": installed and bool(schedulers),
        "period": _period(cron, timer),
        "prunes": config is not None and any(config[key] for key in KEEPS),
        "config": config,
        "last": _status(reading) if installed else None,
        "conflicts": conflicts(host, log_file),
        "jobs": [job.facts() for job in jobs(host, log_file)],
    }


def period_of(host) -> "int | None":
    """Seconds between two runs as the host's own schedule says; None where there is none, or it cannot be told."""
    return _period(host.text_if_readable(_rotation.CRON), host.text_if_readable(_rotation.TIMER))


def _period(cron, timer):
    return _cron_period(cron) if cron is not None else _timer_period(timer) if timer is not None else None


def _cron_period(text):
    for line in text.splitlines():
        words = line.split()
        if len(words) == 7 and words[6] == _rotation.PROGRAM:
            try:
                return _schedule.Schedule(" ".join(words[:5])).period
            except AuditError:
                return None
    return None


def _timer_period(text):
    found = re.findall(r"^OnCalendar=(.*)$", text, re.M)
    return CALENDARS.get(found[0]) if len(found) == 1 else None


def _config(reading):
    try:
        text = reading.host.text(_rotate_conf.PATH)
        return None if text is None else _rotate_conf.parse(text)
    except AuditError as error:
        reading.missing("rotation.config", error)
        return None


def _status(reading):
    try:
        text = reading.host.text(_rotation.STATUS)
        found = {} if text is None else json.loads(text)
        return {key: found.get(key) for key in STATUS_KEYS}
    except (AuditError, ValueError, AttributeError, RecursionError) as error:
        reason = "it is not the record that audit-rotate writes" if isinstance(error, AttributeError) else error
        reading.missing("rotation.last", "%s: %s" % (_rotation.STATUS, reason))
        return None
