# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else on the host undoes auditing as root: cron, timers, units of the host's own, scripts of the boot, tmpfiles."""

import re

from .._host import units
from .._paths import AUDITD_CONF
from .._rotation import conflicts
from .._rules.compiled import AUDIT_RULES, RULES_D

BOOT_SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/rc.local", "/etc/init.d/boot.local", "/etc/init.d/after.local")
RULES_GONE = re.compile(r"\bauditctl\b[^\n;|&]*?\s(?:-e\s*0|-D)(?![\w-])|\bauditctl\s[^\n;|&]*?-[aA]\s*(?:never,task|task,never)\b")
LOADED = re.compile(r"\baugenrules\s+--load\b|\bauditctl\s+-R\b")
AUDITD = r"(?<![\w/.-])auditd(?:\.service)?(?![\w.-])"
STOPPED = re.compile(
    r"\bsystemctl\b[^\n;|&]*\s(?:stop|disable|mask)\s[^\n;|&]*" + AUDITD + r"|\bservice\s+auditd\s+stop\b|/init\.d/auditd\s+stop\b")
STARTED = re.compile(
    r"\bsystemctl\b[^\n;|&]*\s(?:re)?start\s[^\n;|&]*" + AUDITD + r"|\bservice\s+auditd\s+(?:re)?start\b|/init\.d/auditd\s+(?:re)?start\b")
KILLED = re.compile(r"\b(?:pkill|killall|kill)\b(?P<options>[^\n;|&]*?)(?:(?<![\w/.-])auditd(?![\w.-])|\bauditd\.pid\b)")
# signals that end no auditd: auditd(8), and the one that only asks
KEEPS = re.compile(r"-(?:s\s*|-signal[= ])?(?:SIG)?(?:HUP|USR1|USR2|CONT|0|1|10|12|18)\b", re.I)
CONFLICTS = re.compile(r"^\s*Conflicts\s*=.*\bauditd\.service\b", re.M)  # systemd.unit(5): the start of one is the stop of the other
REPLACED = ("f+", "F", "w", "w+", "L+", "r", "R", "D")  # types of tmpfiles.d(5) that change or delete what is there


def look(host) -> "list[str]":
    """[sentence] for each place that does it."""
    found = []
    for path in _places(host):
        for source, text in conflicts.scripts(host, path):
            deed = undoes(text)
            if deed:
                found.append("%s %s: remove that" % (path if source == path else "%s (runs %s)" % (path, source), deed))
                break
    return found + _tmpfiles(host)


def undoes(text: str) -> "str | None":
    """What a script without comments does to auditing, None for nothing. What it puts back itself does not count."""
    if "audit" not in text:
        return None
    if CONFLICTS.search(text):
        return "has Conflicts=auditd.service, which ends auditd"
    text = text.replace("\\\n", " ")
    gone, stopped = _last(RULES_GONE, text), _last(STOPPED, text)
    if gone is not None and not LOADED.search(text, gone):
        return "switches auditing off or deletes its rules (auditctl)"
    if stopped is not None and not STARTED.search(text, stopped):
        return "stops auditd or takes it out of the boot"
    if any(not KEEPS.search(one.group("options")) for one in KILLED.finditer(text)) and not STARTED.search(text):
        return "ends auditd by a signal"
    return None


def _last(pattern, text):
    ends = [one.end() for one in pattern.finditer(text)]
    return ends[-1] if ends else None


def _places(host):
    yield from conflicts.places(host)
    yield from BOOT_SCRIPTS
    started = units.linked(host) - {units.AUDITD, units.RULES}
    for directory in conflicts.OWN_UNITS:
        for name in host.listdir(directory):
            if name.endswith(".service") and name in started:
                yield "%s/%s" % (directory, name)


def _tmpfiles(host):
    kept = (AUDITD_CONF, AUDIT_RULES, RULES_D, RULES_D + "/x.rules", AUDITD_CONF.rpartition("/")[0])
    found = []
    for path in conflicts.tmpfiles(host):
        for words in (line.split() for line in conflicts.text_of(host, path).splitlines()):
            changes = len(words) > 1 and words[0].rstrip("!-=~^$?") in REPLACED
            if changes and any(conflicts.matches(words[1].rstrip("/"), one) for one in kept):
                found.append("%s has systemd-tmpfiles change %s at boot: remove that line" % (path, words[1]))
    return found
