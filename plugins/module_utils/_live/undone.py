# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else on the host undoes auditing as root: cron, timers, units of the host's own and what is put into those of auditd, generators of
systemd, scripts of the boot, of the network and of udev, tmpfiles."""

import re

from .._host import units
from .._paths import AUDITD_CONF
from .._rotation import conflicts
from .._rules.compiled import AUDIT_RULES, RULES_D
from .overwritten import COMMAND, overwritten

BOOT_SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/rc.local", "/etc/init.d/boot.local", "/etc/init.d/after.local")
# Scripts that root runs: at a boot by sysvinit, and whenever a network comes up or a device appears
START_LINKS = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d")
EVENTS = ("/etc/NetworkManager/dispatcher.d", "/etc/network/if-up.d", "/etc/udev/rules.d")
GENERATORS = ("/etc/systemd/system-generators", "/usr/local/lib/systemd/system-generators")  # systemd.generator(7)
OF_AUDIT = re.compile(r"\b(?:auditd|audit-rules|auditctl|augenrules)\b|/etc/audit\b")
# Each of what follows is patterns that one command matches one behind another. One pattern of them all would try every word with every
# other: minutes for a cron table, and any user of the host may write one.
RULES_GONE = (
    (re.compile(r"\bauditctl\b"), re.compile(r"\s(?:-e\s*0|-D)(?![\w-])")),
    (re.compile(r"\bauditctl\s"), re.compile(r"-[aA]\s*(?:never,task|task,never)\b")),
)
LOADED = re.compile(r"\baugenrules\s+--load\b|\bauditctl\s+-R\b")
AUDITD = re.compile(r"(?<![\w/.-])auditd(?:\.service)?(?![\w.-])")
SYSTEMCTL = re.compile(r"\bsystemctl\b")
STOPPED = (
    (SYSTEMCTL, re.compile(r"\s(?:stop|disable|mask)\s"), AUDITD),
    (re.compile(r"\bservice\s+auditd\s+stop\b|/init\.d/auditd\s+stop\b"),),
)
STARTED = (
    (SYSTEMCTL, re.compile(r"\s(?:re)?start\s"), AUDITD),
    (re.compile(r"\bservice\s+auditd\s+(?:re)?start\b|/init\.d/auditd\s+(?:re)?start\b"),),
)
KILL, PID_FILE = re.compile(r"\b(?:pkill|killall|kill)\b"), re.compile(r"\bauditd\.pid\b")
# signals that end no auditd: auditd(8), and the one that only asks
KEEPS = re.compile(r"-(?:s\s*|-signal[= ])?(?:SIG)?(?:HUP|USR1|USR2|CONT|0|1|10|12|18)\b", re.I)
CONFLICTS = re.compile(r"^[ \t]*Conflicts[ \t]*=.*\bauditd\.service\b", re.M)  # systemd.unit(5): the start of one is the stop of the other
AS_ROOT = re.compile(r"\b(?:sudo|doas|pkexec|run0)\b|\bsu\s")
REPLACED = ("f+", "F", "w", "w+", "L+", "r", "R", "D")  # types of tmpfiles.d(5) that change or delete what is there


def look(host) -> "list[str]":
    """[sentence] for each place that does it."""
    found = []
    for path in _places(host):
        is_roots = not conflicts.is_of_a_user(path)
        for source, text in conflicts.scripts(host, path):
            is_roots = is_roots or AS_ROOT.search(text) is not None
            deed = undoes(text) if is_roots else None
            if deed:
                found.append("%s %s: remove that" % (path if source == path else "%s (runs %s)" % (path, source), deed))
                break
    return found + _by_units(host) + _generators(host) + _tmpfiles(host)


def undoes(text: str) -> "str | None":
    """What a script without comments does to auditing, None for nothing. What it puts back itself does not count."""
    if "audit" not in text:
        return None
    if CONFLICTS.search(text):
        return "has Conflicts=auditd.service, which ends auditd"
    text = text.replace("\\\n", " ")
    gone, stopped, started = _last(text, RULES_GONE), _last(text, STOPPED), _last(text, STARTED)
    if gone and not LOADED.search(text, gone):
        return "switches auditing off or deletes its rules (auditctl)"
    if stopped > started:
        return "stops auditd or takes it out of the boot"
    if not started and any(_ends_auditd(one.group()) for one in COMMAND.finditer(text)):
        return "ends auditd by a signal"
    path = overwritten(text)
    return "writes over %s, or deletes it" % path if path else None


def deletes_rules(command: str) -> bool:
    """Whether a command deletes the rules, or switches auditing off."""
    return bool(_last(command, RULES_GONE))


def _last(text, orders):
    """Where the last command ends that matches all patterns of one of these; 0 where none does."""
    ends = [one.end() for one in COMMAND.finditer(text) if any(_in_order(one.group(), order) for order in orders)]
    return max(ends, default=0)


def _in_order(command, patterns):
    place = 0
    for pattern in patterns:
        found = pattern.search(command, place)
        if found is None:
            return False
        place = found.end()
    return True


def _ends_auditd(command):
    kill = KILL.search(command)
    if kill is None or KEEPS.search(command, kill.end()):
        return False
    return any(pattern.search(command, kill.end()) for pattern in (AUDITD, PID_FILE))


def _places(host):
    yield from conflicts.places(host)
    yield from BOOT_SCRIPTS
    started = units.linked(host) - {units.AUDITD, units.RULES}
    for directory in conflicts.OWN_UNITS:
        for name in host.listdir(directory):
            if name.endswith(".service") and name in started:
                yield "%s/%s" % (directory, name)
    scripts = {name[3:] for directory in START_LINKS for name in host.listdir(directory) if re.match(r"S\d\d", name)}
    yield from ("/etc/init.d/" + name for name in sorted(scripts - {"auditd"}))
    yield from ("%s/%s" % (directory, name) for directory in EVENTS for name in host.listdir(directory))


def _by_units(host):
    """What the units of auditd and its rules do beside that: they write over the files, or run a script that undoes auditing."""
    found = []
    for name in (units.AUDITD, units.RULES):
        for path in units.places(host, name)[:1] + units.drop_ins(host, name):
            for source, text in conflicts.scripts(host, path):
                changed = overwritten(text) if source == path else None
                deed = "writes over %s, or deletes it" % changed if changed else undoes(text) if source != path else None
                if deed:
                    found.append("%s %s: remove that" % (path if source == path else "%s (runs %s)" % (path, source), deed))
                    break
    return found


def _generators(host):
    """Generators of the host's own that name what is audit's: what they make of its units at each boot, no file shows before."""
    found = []
    for path in ("%s/%s" % (directory, name) for directory in GENERATORS for name in host.listdir(directory)):
        entry = host.stat(path)
        if entry is not None and entry.st_mode & 0o111 and OF_AUDIT.search(conflicts.text_of(host, path)):
            found.append("%s is a generator of systemd that acts on auditd or its rules at each boot: remove it, or that part" % path)
    return found


def _tmpfiles(host):
    kept = (AUDITD_CONF, AUDIT_RULES, RULES_D, RULES_D + "/x.rules", AUDITD_CONF.rpartition("/")[0])
    found = []
    for path in conflicts.tmpfiles(host):
        for words in (line.split() for line in conflicts.text_of(host, path).splitlines()):
            changes = len(words) > 1 and words[0].rstrip("!-=~^$?") in REPLACED
            if changes and any(conflicts.matches(words[1].rstrip("/"), one) for one in kept):
                found.append("%s has systemd-tmpfiles change %s at boot: remove that line" % (path, words[1]))
    return found
