# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the live state that belongs into the document: facts that stay the same on a host that does."""

from .._live.storage import significant

# Left out of the document: the controls on mount options, which alone ask for it, say in their verdicts why it was not seen
MOUNT = "storage.mount"


def of(live: dict, risks: "list[dict]") -> dict:
    """The member C(live) of the drift document."""
    status_words = (live["kernel"] or {}).get("status") or {}
    limit = status_words.get("backlog_limit")
    storage = dict(live["storage"] or {})
    for name in ("current_log_mb", "sendmail", "mail", "mount"):
        storage.pop(name, None)
    if storage.get("partition"):
        storage["partition"] = dict(storage["partition"], free_mb=significant(storage["partition"]["free_mb"], 2))
    storage["risks"] = [{key: risk[key] for key in ("id", "key", "actual", "effect", "severity", "days", "sentence")} for risk in risks]
    daemon = live["daemon"]
    rules = live["rules"] or {}
    return {
        "version": live["version"],
        "distribution": live["distribution"],
        "daemon": None if daemon is None else {
            "installed": daemon["installed"],
            "enabled": daemon["enabled"],
            "running": daemon["running"],
            "logging_suspended": (daemon["report"] or {}).get("logging_suspended"),
        },
        "kernel": None if not status_words else {
            "enabled": status_words.get("enabled"),
            "failure": status_words.get("failure"),
            "backlog_limit": limit,
            "lost": status_words.get("lost"),
            "boot": live["kernel"].get("boot"),
            "backlog_percent": _tenths(status_words.get("backlog"), limit),
        },
        "rules": {layer: (rules.get(layer) or {}).get("count") for layer in ("disk", "compiled", "loaded")},
        "rotation": _rotation(live["rotation"]),
        "storage": storage,
        "selinux_denials": live["selinux_denials"],
        "boot": live["boot"] and {name: value for name, value in live["boot"].items() if name != "next" or value},
        "unavailable": {name: reason for name, reason in live["unavailable"].items() if name != MOUNT},
    }


def _rotation(rotation):
    """Without the times of the last runs: the guard runs every few minutes. A run that is overdue is a finding, with its time."""
    if rotation is None or rotation["last"] is None:
        return rotation
    return dict(rotation, last={key: rotation["last"][key] for key in ("result", "exit", "error")})


def _tenths(part, whole):
    """Percent in steps of ten, so that a queue that is nearly empty reads the same at each look."""
    return int(10 * part / whole) * 10 if whole and part is not None else None
