# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time-based rotation as it stands on a host: program, scheduler, configuration, last runs."""

import json

from . import _rotate_conf
from ._errors import AuditError

PROGRAM = "/usr/local/sbin/audit-rotate"
CRON = "/etc/cron.d/audit-rotate"
TIMER = "/etc/systemd/system/audit-rotate.timer"
TIMER_ENABLED = "/etc/systemd/system/timers.target.wants/audit-rotate.timer"
STATUS = _rotate_conf.STATE_DIR + "/status.json"
STATUS_KEYS = ("last_run", "last_success", "result", "error")


def read(host, missing):
    """{installed, schedulers, active, prunes, config, last}; what cannot be read goes into ``missing`` {name: reason}.

    ``active``: the program and a scheduler that starts it are there. ``prunes``: its configuration bounds what is kept.
    """
    installed = host.stat(PROGRAM) is not None
    schedulers = [name for name, path in (("cron", CRON), ("systemd", TIMER_ENABLED)) if host.lstat(path) is not None]
    config = _config(host, missing)
    keeps = ("keep", "keep_days", "keep_megabytes", "min_free_megabytes")
    return {
        "installed": installed,
        "schedulers": schedulers,
        "active": installed and bool(schedulers),
        "prunes": config is not None and any(config[key] for key in keeps),
        "config": config,
        "last": _status(host, missing) if installed else None,
    }


def _config(host, missing):
    try:
        text = host.text(_rotate_conf.PATH)
        return None if text is None else _rotate_conf.parse(text)
    except AuditError as error:
        missing["rotation.config"] = str(error)
        return None


def _status(host, missing):
    try:
        text = host.text(STATUS)
        found = {} if text is None else json.loads(text)
        return {key: found.get(key) for key in STATUS_KEYS}
    except (AuditError, ValueError, AttributeError) as error:
        missing["rotation.last"] = "%s: %s" % (STATUS, error)
        return None
