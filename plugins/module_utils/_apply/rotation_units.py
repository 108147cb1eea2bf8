# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping what runs the rotation: systemd's units, and the guard where there is no systemd."""

import os
import signal

from .._host.host import Host
from .._rotation import files as _rotation
from .._rotation import running as _running
from .commands import checked


def stop(host: Host, removed: "list[str]") -> None:
    """Stop what the paths in ``removed`` would start, before they go."""
    going = _units(removed)
    systemctl = _systemctl(host)
    if systemctl and going:
        host.run([systemctl, "stop"] + going)  # a unit that is not loaded is as good as stopped
    if host.is_live and (_rotation.CRON in removed or _rotation.GUARD_SERVICE in removed):
        end_watch(host)


def start(host: Host, touched: "list[str]", removed: "list[str]") -> None:
    """Have systemd take over the units among ``touched``; without systemd, start the guard. AuditError where that fails."""
    systemctl = _systemctl(host)
    if systemctl and any(path.startswith(_rotation.UNITS) for path in touched + removed):
        units = _units(touched)
        for argv in [["daemon-reload"]] + ([["restart"] + units] if units else []):
            checked(host.run, [systemctl] + argv)
    elif host.is_live and not host.has_systemd and _rotation.CRON in touched:
        end_watch(host)
        watch = _watch_command(host.text(_rotation.CRON) or "")
        if watch:
            checked(host.run, watch)


def end_watch(host: Host) -> None:
    """End the guard's process, where its lock file names one that lives."""
    run = _running.parse(host.text(_rotation.WATCH_LOCK))
    if run is not None and run.state is not None:
        try:
            os.kill(run.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it has just ended by itself


def _watch_command(cron):
    """The command of the line that cron runs at boot; [] without a guard."""
    for line in cron.splitlines():
        if line.startswith("@reboot "):
            return line.split()[2:]
    return []


def _systemctl(host):
    """systemctl where systemd runs, else None: in a tree the links alone enable a unit."""
    return host.which("systemctl") if host.is_live and host.has_systemd else None


def _units(paths):
    """The names of the timers, and of the one service that is not started by a timer."""
    return sorted({path.rpartition("/")[2] for path in paths if path.endswith(".timer") or path.endswith("-guard.service")})
