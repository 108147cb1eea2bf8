# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict for each control of the chosen benchmarks: pass, fail, waived, skipped or not_checked, with the reason.

A control about rules passes by what is recorded (C(_rules.coverage)), one about auditd.conf by what auditd runs with, one about the host by
the findings that speak of it. What nobody here looked at is not_checked.
"""

from .._library import bounds, exceptions
from .._library.conf import accepts
from .._library.demands import NUMBERED, SWITCHES
from .._shipping import plugins
from . import control_conf, control_mounts, control_rules, control_running, control_shipping, files, tables

# subject of a finding -> the fact of the live document without which nobody saw it
SEEN_IN = {
    "package": None, "service": "services", "boot_audit": "boot", "boot_backlog_limit": "boot", "syscall_auditing": "rules",
    "partition": "storage", "syslog_plugin": "shipping",
}
ELSEWHERE_SEEN_IN = "files"  # modes and owners
TITLES = {
    "package": "audit is installed", "service": "auditd is started at boot", "boot_audit": "audit=1 on the boot line",
    "boot_backlog_limit": "audit_backlog_limit on the boot line", "partition": "the log has a partition of its own",
    "syscall_auditing": "system calls are audited", "syslog_plugin": "the syslog plugin of audisp is active",
    "running_rules": "the running and the on-disk configuration are the same",
    "plugins_package": "the plugins of audisp are installed",
    "off_loading": "records are sent off this host", "weekly_off_loading": "records are sent off this host once a week at least",
    "configuration_mode": "mode of auditd.conf and of the rules files",
    "configuration_owner": "owner of auditd.conf and of the rules files",
    "configuration_group": "group of auditd.conf and of the rules files",
    "log_mode": "mode of the logs", "log_owner": "owner of the logs", "log_group": "group of the logs",
    "log_directory_mode": "mode of the logs' directory", "log_directory_owner": "owner of the logs' directory",
    "log_directory_group": "group of the logs' directory",
    "tools_mode": "mode of audit's programs", "tools_owner": "owner of audit's programs",
    "tools_group": "group of audit's programs",
    **{subject: "the log's filesystem is mounted with " + word for subject, word in control_mounts.OPTIONS.items()},
}
ABSENT = "audit is not installed"
NOBODY = "nothing here looks at this (%s): it has to be checked by hand"
STATUSES = ("pass", "fail", "waived", "skipped", "not_checked")


def verdicts(sides, items: "list[dict]") -> "list[dict]":
    """The controls of the chosen benchmarks, each once, in the order of the policy and of their ids."""
    chosen = sides.parsed.chosen
    if chosen is None:
        return _of_refused(sides, items)
    found = {}
    for item in items:
        for number in item["controls"]:
            found.setdefault(number, []).append(item)
    judge = _Judge(sides, chosen, found)
    return [judge.verdict(name, number) for name in chosen.names for number in sorted(_numbers(chosen.benchmarks[name]), key=natural)]


def _of_refused(sides, items):
    """The controls of benchmarks that this host cannot have: nobody looked at them, and the finding on the policy says why."""
    policy, reason = sides.wanted.get("audit_rules") or {}, sides.parsed.profiles_refused
    library = policy.get("library") or {}
    named = [name for name in policy.get("profiles") or () if name in library.get("benchmarks", {})] if reason else []
    titles = {name: control["title"] for name, control in library["controls"].items()} if named else {}
    found = [item["id"] for item in items if item["id"] == "disk.rules_d.policy"]
    return [{"benchmark": name, "id": number, "title": _title(library["benchmarks"][name], number, titles), "status": "not_checked",
             "why": reason, "items": list(found)}
            for name in dict.fromkeys(named) for number in sorted(_numbers(library["benchmarks"][name]), key=natural)]


def natural(number):
    """6.3.3.9 before 6.3.3.10."""
    parts = "".join(letter if letter.isdigit() else " %s " % letter for letter in number).split()
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def counts(controls: "list[dict]") -> "dict[str, dict]":
    """{benchmark: {status: number of its controls}}"""
    found = {}
    for control in controls:
        of_one = found.setdefault(control["benchmark"], dict.fromkeys(STATUSES, 0))
        of_one[control["status"]] += 1
    return found


def _numbers(benchmark):
    return {number for part in NUMBERED for number in benchmark.get(part, {})}


class _Judge(object):
    """What is asked of each control: the policy, the host, and the findings by control."""

    def __init__(self, sides, chosen, found):
        self.sides, self.chosen, self.found = sides, chosen, found
        self.rules = control_rules.Rules(sides, chosen)
        # modes and owners that are looser so that somebody can ship the log
        self.shipped = {number: "%s; instead: %s" % (entry["reason"], entry["compensating"])
                        for entry in files.waived(sides) for number in entry["controls"]}
        self.shipped.update((number, "audit_exceptions: " + exceptions.sentence(entry)) for entry, number in files.excepted(sides))

    def verdict(self, name, number):
        ident, benchmark = "%s:%s" % (name, number), self.chosen.benchmarks[name]
        items = self.found.get(ident, ())
        status, why = _together(list(self._parts(name, number, benchmark)))
        record = self.chosen.left.numbers.get(ident)
        if record is not None:
            status, why = _left(status, why, record)
        return {
            "benchmark": name, "id": number, "title": _title(benchmark, number, self.chosen.titles), "status": status, "why": why,
            "items": [item["id"] for item in items],
        }

    def _parts(self, name, number, benchmark):
        """(status, why) of each thing that the control asks for."""
        if self.sides.is_absent and number not in benchmark.get("elsewhere", {}):
            yield "fail", ABSENT
            return
        for control in benchmark["rules"].get(number, ()):
            yield self.rules.verdict(control, "%s:%s" % (name, number))
        for key, accepted in sorted(benchmark.get("auditd_conf", {}).get(number, {}).items()):
            yield control_conf.verdict(self.sides, name, number, (key, accepted))
        for key, accepted in sorted(benchmark.get("remote_conf", {}).get(number, {}).items()):
            yield control_shipping.of_remote_conf(self.sides, key, accepted)
        for switch, value in sorted(benchmark.get("status", {}).get(number, {}).items()):
            yield self._switch(switch, str(value))
        for sample in benchmark.get("sample_files", {}).get(number, ()):
            yield self.rules.sample(sample)
        for subject in benchmark.get("host", {}).get(number, ()):
            yield self._host(name, number, subject)
        if number in benchmark.get("elsewhere", {}):
            yield "not_checked", "checked by %s" % benchmark["elsewhere"][number]

    def _switch(self, switch, value):
        sides, option = self.sides, SWITCHES[switch]
        status = (sides.live["kernel"] or {}).get("status") or {}
        if not self.rules.files:
            return "not_checked", "the rules files could not be read"
        seen = [(where, str(compiled.control.get(option))) for where, compiled in self.rules.files]
        seen += [("kernel", str(status[switch]))] if switch in status else []
        wrong = ["%s %s in %s" % (option, have, where) if have != "None" else "no %s in %s" % (option, where)
                 for where, have in seen if have != value]
        if not wrong:
            return "pass", ""
        policy, known = sides.control.get(option), sides.demands.reason(switch)
        failure_policy = (sides.wanted.get("audit_rules") or {}).get("failure_policy")
        if policy is not None and policy != value and failure_policy != "stop_host" and known:
            return "waived", "%s; instead: %s" % (known["reason"], known["compensating"])
        return "fail", "%s %s is demanded: %s" % (option, value, ", ".join(wrong))

    def _host(self, name, number, subject):
        sides = self.sides
        if subject == "running_rules":
            return control_running.verdict(sides)
        items = self.found.get("%s:%s" % (name, number), ())
        if items:
            return "fail", "; ".join(sorted({"%s: %s" % (item["id"], item["actual"]) for item in items})[:3])
        if subject in control_shipping.SUBJECTS:
            return control_shipping.verdict(sides, subject)
        if subject == "partition":
            return control_mounts.partition(sides)
        if subject in control_mounts.OPTIONS:
            return control_mounts.option(sides, subject)
        if subject == "syslog_plugin" and has_syslog_plugin(sides) is False:
            return "fail", "the syslog plugin of audisp is not active"
        if subject == "service" and sides.live["services"] is not None and sides.live["services"]["enabled"] is None:
            return "not_checked", "no unit of auditd and no target that starts it are to be seen here"
        if subject == "package" and not _has_program(sides.live):
            return "not_checked", "there is no program auditd to be seen here"
        shipping = self.shipped.get("%s:%s" % (name, number))
        if shipping is not None:
            return "waived", shipping
        if subject not in KNOWN_SUBJECTS:
            return "not_checked", NOBODY % TITLES.get(subject, subject.replace("_", " "))
        fact = SEEN_IN.get(subject, ELSEWHERE_SEEN_IN)
        if fact is not None and sides.live.get(fact) is None:
            return "not_checked", "could not be seen: %s" % sides.live["unavailable"].get(fact, "not available here")
        return "pass", ""


def has_syslog_plugin(sides) -> "bool | None":
    """Whether auditd starts the plugin that passes its records to syslog; None where nobody could see its file."""
    found = sides.live["shipping"]
    return None if found is None else plugins.is_active(found["plugins"]["syslog"]["text"])


def _has_program(live):
    """Whether auditd is there; of a tree its programs say so, where these can be seen."""
    if live["daemon"] is not None:
        return live["daemon"]["installed"]
    return live["files"] is None or any(path.endswith("/auditd") for path, facts in live["files"].items() if facts["kind"] == "tool")


KNOWN_SUBJECTS = frozenset(row[1] for row in tables.ITEMS.values()).union(*bounds.SUBJECTS.values())


def _together(parts):
    """One verdict of several: what fails counts first, what nobody looked at last."""
    for status in ("fail", "waived", "skipped", "not_checked"):
        whys = [why for one, why in parts if one == status and why]
        if any(one == status for one, _why in parts):
            if status == "not_checked" and any(one == "pass" for one, _why in parts):
                return "pass" if all(why.startswith(control_rules.NOTHING_HERE) for why in whys) else "not_checked", _joined(whys)
            return status, _joined(whys)
    return ("pass", _joined([why for _status, why in parts if why])) if parts else ("not_checked", "")


def _joined(whys):
    several = list(dict.fromkeys(whys))
    return "; ".join(several[:3]) + ("; and %d more" % (len(several) - 3) if len(several) > 3 else "")


def unexplained(sides, verdicts: "list[dict]", items: "list[dict]") -> "list[dict]":
    """A finding for each benchmark of which controls fail that no finding of low or above speaks of, and their ids among its own: what a
    chosen benchmark demands is part of the policy, and a host without it is not in sync."""
    if sides.is_absent:
        return []
    spoken_of = {ident for item in items if item["severity"] != "info" for ident in item["controls"]}
    failed = {}
    for control in verdicts:
        if control["status"] == "fail" and _ident(control) not in spoken_of:
            failed.setdefault(control["benchmark"], []).append(control)
    found = []
    for name, controls in failed.items():
        item = sides.item(
            "disk.controls." + name, "each control passes, or an exception from it is on record",
            ["%s: %s" % (control["id"], control["why"]) for control in controls], controls=list(map(_ident, controls)))
        for control in controls:
            control["items"].append(item["id"])
        found.append(item)
    return found


def _ident(control):
    return "%s:%s" % (control["benchmark"], control["id"])


def _left(status, why, record):
    if status == "pass":
        return status, why
    return ("skipped" if record.entry is None else "waived"), record.why


def _title(benchmark, number, titles):
    if number in benchmark.get("titles", {}):
        return benchmark["titles"][number]
    if number in benchmark["rules"]:
        return "; ".join(titles[control] for control in benchmark["rules"][number][:2]) + (
            " and %d more" % (len(benchmark["rules"][number]) - 2) if len(benchmark["rules"][number]) > 2 else "")
    if number in benchmark.get("auditd_conf", {}):
        return "auditd.conf: " + ", ".join(sorted(benchmark["auditd_conf"][number]))
    if number in benchmark.get("remote_conf", {}):
        return "audisp-remote.conf: " + ", ".join(sorted(benchmark["remote_conf"][number]))
    if number in benchmark.get("status", {}):
        return "kernel: " + ", ".join("%s %s" % (SWITCHES[word], value) for word, value in sorted(benchmark["status"][number].items()))
    if number in benchmark.get("host", {}):
        return ", ".join(TITLES.get(subject, subject.replace("_", " ")) for subject in benchmark["host"][number])
    return benchmark.get("elsewhere", {}).get(number, number) if number not in benchmark.get("sample_files", {}) else "; ".join(
        benchmark["sample_files"][number])


def waived(sides, controls: "list[dict]") -> "list[dict]":
    """What the chosen benchmarks demand and the policy sets aside: [{controls, subject, benchmark, policy, reason, compensating}]. Neither
    what the host satisfies all the same, nor what the user set by name, nor what has a record of its own, nor what fails: it has yet to be
    done, or something else is wrong with it."""
    status = {_ident(control): control["status"] for control in controls}
    own = {name.lower() for name in (sides.wanted.get("auditd") or {}).get("own_keys") or ()}
    settings = {key.lower(): control_conf.text_of(value) for key, value in sides.settings.items()
                if value is not None and key.lower() not in own}
    found = []
    for entry in sides.demands.waived(settings, sides.control):
        ids = [number for number in entry["controls"] if status.get(number, "waived") == "waived"]
        if ids and not accepts(entry["benchmark"].split(" or "), sides.effective.get(entry["subject"])):
            found.append(dict(entry, controls=ids))
    of_files = [dict(entry, controls=[number for number in entry["controls"] if status.get(number, "waived") == "waived"])
                for entry in files.waived(sides)]
    return found + [entry for entry in of_files if entry["controls"]]


def register(sides) -> "list[dict]":
    """The exceptions that touch a chosen benchmark, each with its record, C(state) and the C(controls) that it is about here."""
    chosen, entries = sides.parsed.chosen, sides.parsed.exceptions
    if chosen is None or entries is None:
        return []
    found = []
    of_files = files.excepted(sides)
    for entry, of_rules in chosen.effects:
        ids = sorted(set(of_rules).union(number for one, number in of_files if one is entry))
        if ids:
            found.append(dict(entry, state=entries.state(entry), controls=ids))
    found += [{"file": path, "reason": said, "owner": "role audit_rules", "state": "in_force", "controls": ids}
              for path, said, ids in files.of_packages(sides)]
    for record in _skipped(chosen.left):
        found.append(record)
    return found


def _skipped(left):
    """The short form: what audit_rules_skip leaves out has no record but its word."""
    by_word = {}
    for records in [left.numbers] + list(left.controls.values()):
        for number, record in records.items():
            if record.entry is None:
                by_word.setdefault(record.word, set()).add(number)
    return [{"skip": word, "reason": "audit_rules_skip", "state": "in_force", "controls": sorted(ids, key=natural)}
            for word, ids in sorted(by_word.items())]


def announced(sides):
    """Findings for exceptions that have expired or are about to."""
    chosen, entries = sides.parsed.chosen, sides.parsed.exceptions
    for entry, ids in chosen.effects if chosen is not None and entries is not None else ():
        state = entries.state(entry)
        if ids and state != "in_force":
            ident = "disk.exceptions.%s.%s" % (state, exceptions.subject(entry).replace(" ", "_"))
            yield sides.item(ident, "an exception in force", "until %s (%s)" % (entry["expires"], entry["owner"]), controls=ids)
