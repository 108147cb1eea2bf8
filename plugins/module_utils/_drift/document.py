# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the live state of a host with the policy: the drift document (schema 1).

compare() takes what _live.collect() read and what the policy wants; it reads only the files that the policy names. The same
host gives the same document but for ``collected_at``: figures that move by themselves are left out or coarse (free room has
two digits, the queue is told in tenths of its limit), times are those of files and records.
"""

from .._conf.keys import ACTION_KEYS
from .._errors import AuditError
from . import tables
from .finding import _entry, item, text_of, wanted_control

# What the policy speaks of -> the parts of the live state that must have been seen to say "in sync" on a live host.
NEEDED = {
    "auditd": ("auditd_conf", "daemon", "daemon.report"),
    "audit_rules": ("rules", "kernel", "rules.loaded"),
    "audit_rotation": ("rotation",),
}


def compare(live, parsed, wanted):
    """The drift document, without ``host``, which the controller knows.

    ``live`` and ``parsed`` come from _live.collect(); ``wanted`` is {auditd: {settings, failure_policy, rotation_wanted},
    audit_rules: {files, ...}, audit_rotation: {...}, program: {path: sha256}}; a part that is missing or None is not compared.
    """
    family = (live["distribution"] or {}).get("family")
    from .._live import risks as _risks
    risks = _risks.risks(live)
    items = []
    rules, chosen = wanted.get("audit_rules"), None
    if rules and rules.get("profiles") and not _is_absent(live):
        from . import library as _drift_library
        chosen, refused = _drift_library.choose(live, parsed, rules, family)
        rules = chosen and chosen.policy
        items.extend(_drift_library.items(chosen, live, wanted, family) if chosen else [refused])
    if _is_absent(live):
        items.append(item("disk.audit", "installed", "not installed", family))
    else:
        items.extend(_auditd(live, parsed, wanted.get("auditd"), family))
        items.extend(_daemon(live, parsed.host, family))
        if rules:
            from . import rules as _drift_rules
            items.extend(_drift_rules.items(live, parsed, rules, family, chosen.controls if chosen else {}))
    if wanted.get("audit_rotation"):
        from . import rotation as _drift_rotation
        items.extend(_drift_rotation.items(live, parsed.host, wanted["audit_rotation"], wanted.get("program") or {}, family))
    if not _is_absent(live):
        items.extend(_storage(risks, wanted, family))
    items.extend(_boot(live, family))
    items = sorted(_unique(items), key=_order)
    from .._live import collect as _live
    return _live.as_text({
        "schema": tables.SCHEMA,
        "collected_at": live["collected_at"],
        "root": live["root"],
        "status": status(items, live, wanted),
        "summary": summary(items),
        "items": items,
        "live": _figures(live, risks),
        "waived": _drift_library.waived(chosen, wanted, waived(wanted, family)) if chosen else waived(wanted, family),
    })


def _order(finding):
    return (tables.SEVERITIES.index(finding["severity"]), tables.LAYERS.index(finding["layer"]), finding["id"])


def _unique(items):
    """Each finding under an id of its own: what comes again is numbered, what is the same again is left out."""
    seen = {}
    for finding in items:
        ident, number = finding["id"], 1
        while finding["id"] in seen and seen[finding["id"]] != finding:
            number += 1
            finding = dict(finding, id="%s_%d" % (ident, number))
        seen[finding["id"]] = finding
    return seen.values()


def status(items, live, wanted):
    """drifted: a finding of low or above; unknown: a wanted layer of a live host could not be read; otherwise in_sync."""
    if any(finding["severity"] != "info" for finding in items):
        return "drifted"
    if live["root"] == "/":
        needed = [name for part, names in NEEDED.items() if wanted.get(part) for name in names]
        if any(name in live["unavailable"] for name in needed):
            return "unknown"
    return "in_sync"


def summary(items):
    """Counts: items altogether, by severity (all named), by layer (those that have any)."""
    by_layer = {}
    by_severity = dict.fromkeys(tables.SEVERITIES, 0)
    for finding in items:
        by_severity[finding["severity"]] += 1
        by_layer[finding["layer"]] = by_layer.get(finding["layer"], 0) + 1
    return {"items": len(items), "severity": by_severity, "layer": by_layer}


def _is_absent(live):
    """Neither a configuration nor a release nor a daemon: the package is not there."""
    daemon = live["daemon"] or {}
    return live["auditd_conf"] is None and live["version"] is None and not daemon.get("running") and not daemon.get("installed")


def _auditd(live, parsed, wanted, family):
    conf = live["auditd_conf"]
    if conf is None:
        if wanted:
            yield item("disk.auditd_conf", "present", live["unavailable"]["auditd_conf"], family)
        return
    for problem in conf["problems"]:
        yield _problem(problem, family)
    asked = {key.lower(): value for key, value in ((wanted or {}).get("settings") or {}).items()}
    for key in ("local_events", "write_logs"):
        if key not in asked and str(conf["effective"].get(key)).lower() == "no":
            yield _setting(key, "yes", conf, family)
    if not wanted:
        return
    mode = wanted.get("mode")
    if int(conf["mode"], 8) & ~int(mode or "0640", 8):
        expected = "%s or stricter" % (mode or "0640")
        yield item("disk.auditd_conf.mode", expected, conf["mode"], family, severity="low" if mode else None)
    settings = _settings(wanted, live["version"])
    yield from _policy(live, parsed, wanted, settings, family)
    for key, value in sorted(settings.items()):
        finding = _setting(key, value, conf, family)
        if finding:
            yield finding


def _settings(wanted, release):
    """The settings of the policy that this release is to have, keys in small letters."""
    settings = {key.lower(): value for key, value in (wanted.get("settings") or {}).items()}
    if wanted.get("unsupported_keys") == "drop":
        from .._conf import text as _conf
        for key in _conf.unsupported(settings, release):
            del settings[key]
    return settings


def _policy(live, parsed, wanted, settings, family):
    """What auditd would refuse of the policy on this host, before anything is written: not what the file has wrong already."""
    from .._conf import text as _conf
    from .._conf import validator
    release = live["version"]
    try:
        merged = _conf.merge(parsed.conf, settings, release)
        problems = validator.validate(
            merged, release, parsed.environment, rotation_wanted=bool(wanted.get("rotation_wanted")),
            failure_policy=wanted.get("failure_policy"), writing=True)
    except AuditError as error:
        yield item("disk.auditd_conf.policy", "settings that this host can take", str(error), family)
        return
    known = {(problem["key"], problem["value"]) for problem in live["auditd_conf"]["problems"] if problem["fatal"]}
    reasons = ["%s = %s: %s" % (problem.key, problem.value, problem.reason) for problem in problems
               if problem.fatal and (problem.key, problem.value) not in known]
    if reasons:
        yield item("disk.auditd_conf.policy", "settings that this host can take", reasons, family)


def _problem(problem, family):
    kind, expected = ("refused", "a line that auditd accepts") if problem["fatal"] else ("trap", "a line that does what it says")
    ident = "disk.auditd_conf.%s.%s" % (kind, problem["key"] or ("file" if problem["line"] is None else "line_%d" % problem["line"]))
    value = problem["value"] if problem["key"] is None else "%s = %s" % (problem["key"], problem["value"])
    where = "" if problem["line"] is None else "line %s: " % problem["line"]
    why = "%s %s." % (_entry(ident)[2], problem["reason"].rstrip("."))
    return item(ident, expected, where + str(value or ""), family, why=why)


def _setting(key, value, conf, family):
    """A key of auditd.conf: what the policy names against what auditd would run with; a removed key against the file itself."""
    actual = conf["settings"].get(key) if value is None else conf["effective"].get(key)
    if _same(value, actual):
        return None
    severity, why, fix = tables.KEYS.get(key, tables.OTHER_KEY)
    word = str(actual or "").partition(" ")[0].upper()
    if key in ACTION_KEYS:
        severity = tables.WORD_SEVERITY.get(word, severity)
        why = tables.WORD_WHY.get(word, why)
    return item("disk.auditd_conf." + key, text_of(value), text_of(actual), family, key, severity, why, fix % key if "%s" in fix else fix)


def _same(wanted, actual):
    """Words in any case and numbers in any spelling are the same to auditd; paths are not."""
    if wanted is None or actual is None:
        return wanted is None and actual is None
    wanted, actual = text_of(wanted).split(), text_of(actual).split()
    return len(wanted) == len(actual) and all(map(_same_word, wanted, actual))


def _same_word(wanted, actual):
    if wanted.isdigit() and actual.isdigit():
        return int(wanted) == int(actual)
    return wanted == actual if wanted.startswith("/") else wanted.upper() == actual.upper()


def _daemon(live, host, family):
    daemon = live["daemon"]
    if daemon is None:
        return
    if daemon["enabled"] is False:
        yield item("daemon.enabled", "started at boot", "not started at boot", family, "service")
    if not daemon["running"]:
        if daemon["installed"]:
            yield item("daemon.running", "running", "not running", family)
        return
    if (daemon["last_record"] or {}).get("res") == "failed":
        yield item("daemon.refused", "its last reload succeeded", "its last reload failed", family)
    elif daemon["older_settings"]:
        yield item("daemon.auditd_conf", "loaded after its last change", "changed after auditd last loaded it", family)
    elif daemon["older_settings"] is None and live["auditd_conf"] is not None:
        yield item("daemon.auditd_conf", "loaded after its last change", "unknown", family, why=tables.NOBODY_CAN_TELL)
    effective = (live["auditd_conf"] or {}).get("effective") or {}
    yield from _receives(live, daemon["pid"], effective, family)
    report = daemon["report"]
    if report is None:
        return
    if daemon["log_held"] is False:
        yield item("daemon.log_file", "writes %s" % effective.get("log_file"), "the file it writes is not there", family)
    if report["logging_suspended"]:
        yield item("daemon.logging_suspended", "no", "yes", family)
    if report["disk_error"]:
        yield item("daemon.disk_error", "no", "yes", family)
    if report["writing_to_logs"] is False and str(effective.get("write_logs", "yes")).lower() == "yes":
        yield item("daemon.writing_to_logs", "yes", "no", family, "write_logs")
    if report["version"] and live["version"] and report["version"] != live["version"]:
        yield item("daemon.version", live["version"], report["version"], family)
    from .._daemon import report as _daemon_report
    for name, on_disk, running in _daemon_report.differences(_daemon_report.report_values(host, effective), report):
        key = name[:-len("_mb")]
        yield item("daemon." + key, "%d MB (auditd.conf)" % on_disk, "%d MB (running)" % running, family, key)


def _receives(live, pid, effective, family):
    """The kernel sends its records to one process; with local_events = no auditd does not ask for them."""
    kernels = ((live["kernel"] or {}).get("status") or {}).get("pid")
    if pid is None or kernels is None or kernels == pid or str(effective.get("local_events", "yes")).lower() == "no":
        return
    receiver = "process %d" % kernels if kernels else "no process that is seen here"
    why = "The kernel sends its records to %s, not to auditd: none of them reaches the log." % receiver
    yield item("daemon.kernel_pid", "process %d (auditd)" % pid, receiver, family, why=why)


def _storage(risks, wanted, family):
    policy = (wanted.get("auditd") or {}).get("settings") or {}
    for risk in risks:
        severity, fix = risk["severity"], tables.RISK_FIXES.get(risk["key"], tables.ROOM)
        if _is_accepted(risk, policy, wanted):
            fix = tables.ROOM
            if not (risk["effect"].startswith("stops_") and risk["days"] is not None and risk["days"] <= 7):
                severity = "info"
        yield item(risk["id"], "the host stays up and audited", risk["actual"], family, risk["key"], severity, risk["sentence"], fix)


def _is_accepted(risk, policy, wanted):
    """The policy itself asks for the value that makes the risk."""
    if risk["key"] == "kernel_failure":
        return str(wanted_control(wanted).get("-f")) == str(risk["actual"])
    if risk["key"] == "backlog_limit":
        return str(wanted_control(wanted).get("-b")) == str(risk["actual"])
    key = risk["key"].replace("_mail", "")
    return key in policy and _same(policy[key], risk["actual"])


def _boot(live, family):
    boot = live["boot"]
    if boot is None:
        return
    if boot["audit"] == "0" or boot["audit"] == "off":
        yield item("boot.off", "audit=1", "audit=" + boot["audit"], family)
    elif boot["audit"] not in ("1", "on"):
        yield item("boot.audit", "audit=1", "not set", family)
    limit = boot["audit_backlog_limit"]
    if limit is None or limit < 8192:
        yield item("boot.audit_backlog_limit", "8192 or more", limit, family)


def waived(wanted, family):
    """What the benchmarks demand and the policy sets aside: [{controls, subject, benchmark, policy, reason, compensating}]."""
    settings = (wanted.get("auditd") or {}).get("settings") or {}
    found = []
    for subject, demanded, reason, compensating in tables.WAIVERS:
        key = subject.partition(".")[0]
        word = str(settings.get(key) or "").partition(" ")[0].upper()
        if word and word not in demanded and tables.controls(subject, family):
            found.append(_waiver(subject, " or ".join(demanded).lower(), settings[key], reason, compensating, family))
    control = wanted_control(wanted)
    if control.get("-f") in ("0", "1") and tables.controls("failure", family):
        found.append(_waiver("failure", "-f 2", "-f " + control["-f"], *tables.WAIVED_FAILURE, family=family))
    if control.get("-e") in ("0", "1"):
        found.append(_waiver("enabled", "-e 2", "-e " + control["-e"], *tables.WAIVED_IMMUTABLE, family=family))
    return sorted(found, key=lambda entry: entry["subject"])


def _waiver(subject, benchmark, policy, reason, compensating, family):
    return {
        "controls": tables.controls(subject, family),
        "subject": subject.partition(".")[0],
        "benchmark": benchmark,
        "policy": text_of(policy),
        "reason": reason,
        "compensating": compensating,
    }


def _figures(live, risks):
    """The part of the live state that belongs into the document: facts that stay the same on a host that does."""
    from .._live import storage as storage_figures
    status_words = (live["kernel"] or {}).get("status") or {}
    limit = status_words.get("backlog_limit")
    storage = dict(live["storage"] or {})
    storage.pop("current_log_mb", None)
    storage.pop("sendmail", None)
    if storage.get("partition"):
        storage["partition"] = dict(storage["partition"], free_mb=storage_figures.significant(storage["partition"]["free_mb"], 2))
    storage["risks"] = [{key: risk[key] for key in ("id", "effect", "severity", "days", "sentence")} for risk in risks]
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
            "backlog_percent": _tenths(status_words.get("backlog"), limit),
        },
        "rules": {layer: (rules.get(layer) or {}).get("count") for layer in ("disk", "compiled", "loaded")},
        "rotation": _rotation(live["rotation"]),
        "storage": storage,
        "boot": live["boot"],
        "unavailable": live["unavailable"],
    }


def _rotation(rotation):
    """Without the times of the last runs: the guard runs every few minutes. A run that is overdue is a finding, with its time."""
    if rotation is None or rotation["last"] is None:
        return rotation
    return dict(rotation, last={key: rotation["last"][key] for key in ("result", "exit", "error")})


def _tenths(part, whole):
    """Percent in steps of ten, so that a queue that is nearly empty is told the same at each look."""
    return int(10 * part / whole) * 10 if whole and part is not None else None
