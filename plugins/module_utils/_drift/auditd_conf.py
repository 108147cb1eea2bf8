# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare auditd.conf with the policy: what auditd refuses or reads otherwise, the settings, the mode, and the policy itself."""

from collections.abc import Iterator

from .._conf.keys import ACTION_KEYS, is_ignored
from .._live import called
from .._live.conf import wanted_settings
from . import tables
from .finding import row_of, same, text_of

WHOLE_FILE = "role auditd: auditd_conf_state: replaced"
IRREGULAR = "auditd refuses what is no regular file in the place of auditd.conf: it stays dead at its next start."
WIDEST = "0640"  # as distributions ship it


def compare(sides) -> "Iterator[dict]":
    """The findings about the file."""
    conf, wanted = sides.live["auditd_conf"], sides.wanted.get("auditd")
    if conf is None:
        if wanted:
            ident = "disk.auditd_conf" if "auditd_conf" in sides.parsed.absent else "disk.auditd_conf_unread"
            irregular = sides.parsed.conf_irregular
            yield sides.item(ident, "present", sides.live["unavailable"]["auditd_conf"], severity="critical" if irregular else None,
                             why=IRREGULAR if irregular else None)
        return
    for problem in conf["problems"]:
        yield _problem(sides, problem)
    asked = {key.lower() for key in sides.settings}
    for key in ("local_events", "write_logs"):
        if key not in asked and str(conf["effective"].get(key)).lower() == "no":
            yield _setting(sides, key, "yes")
    if not wanted:
        return
    mode = wanted.get("mode")
    if int(conf["mode"], 8) & ~int(mode or WIDEST, 8):
        yield sides.item("disk.auditd_conf.mode", "%s or stricter" % (mode or WIDEST), conf["mode"], severity="low" if mode else None)
    refused = sides.parsed.conf_refused
    if refused:
        yield sides.item("disk.auditd_conf.policy", "settings that this host can take", refused)
    if sides.parsed.call_refused:
        yield sides.item("disk.auditd_conf.untaken.guard", called.CALL, text_of(sides.effective.get(called.KEY)), controls=[],
                         why="audit_rotation_guard = exec asks for this, and this host cannot rely on it: %s." % sides.parsed.call_refused)
    settled = sides.parsed.settled
    settings = settled.settings if settled else wanted_settings(wanted, sides.parsed, sides.live["version"])
    for key, value in sorted(settings.items()):
        finding = _setting(sides, key, value) or settled and _spelling(sides, key, value, settled)
        if finding:
            yield finding
    for key, reason in sorted(settled.untaken.items() if settled else ()):
        accepted = " or ".join(one for demand in settled.demands.get(key, ()) for one in demand.accepted)
        yield sides.item("disk.auditd_conf.untaken." + key, accepted or text_of(sides.settings.get(key)), text_of(sides.effective.get(key)),
                         controls=[number for demand in settled.demands.get(key, ()) for number in demand.ids],
                         why="A benchmark demands this, and this host cannot take it: %s." % reason.rstrip("."))


def _spelling(sides, key, value, settled):
    """A value that is right for auditd and not for what reads the file: written in another case, or not written at all."""
    written = sides.live["auditd_conf"]["settings"].get(key)
    if key not in settled.ids or written == value:
        return None
    actual = "not written: %s is auditd's own default" % value if written is None else written
    return sides.item("disk.auditd_conf.spelling." + key, value, actual, controls=settled.ids[key])


def _problem(sides, problem):
    if sides.live["version"] is None and not problem["fatal"] and problem["key"] is None and problem["line"] is None:
        return sides.item("disk.auditd_conf.release", "the release of audit, like 3.0.9", "not known")
    kind, expected = ("refused", "a line that auditd accepts") if problem["fatal"] else ("trap", "a line that does what it says")
    ident = "disk.auditd_conf.%s.%s" % (kind, problem["key"] or ("file" if problem["line"] is None else "line_%d" % problem["line"]))
    value = problem["value"] if problem["key"] is None else "%s = %s" % (problem["key"], problem["value"])
    where = "" if problem["line"] is None else "line %s: " % problem["line"]
    why = "%s %s." % (row_of(ident)[2], problem["reason"].rstrip("."))
    return sides.item(ident, expected, where + str(value or ""), why=why, **({"fix": _cure(problem)} if problem["fatal"] else {}))


def _cure(problem):
    """What takes a refused line out: a key by name, a file as a whole."""
    if problem["key"] is None:
        return WHOLE_FILE
    return "role auditd: auditd_conf.%s (null takes the line out), or auditd_conf_state: replaced" % problem["key"]


def _setting(sides, key, value):
    """A key of auditd.conf: what the policy names against what auditd would run with; a removed key against the file itself."""
    conf = sides.live["auditd_conf"]
    reads_file = value is None or is_ignored(key, sides.live["version"])
    actual = (conf["settings"] if reads_file else conf["effective"]).get(key)
    if same(value, actual):
        return None
    severity, why, fix = tables.KEYS.get(key, tables.OTHER_KEY)
    word = str(actual or "").partition(" ")[0].upper()
    if key in ACTION_KEYS:
        severity = tables.WORD_SEVERITY.get(word, severity)
        why = tables.WORD_WHY.get(word, why)
    return sides.item("disk.auditd_conf." + key, text_of(value), text_of(actual), key, severity=severity, why=why,
                      fix=fix % key if "%s" in fix else fix)
