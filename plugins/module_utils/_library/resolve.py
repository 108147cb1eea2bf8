# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark library on a host: which controls the named profiles ask for, and the rules.d files that satisfy them here.

The library itself is data (roles/audit_rules/files/controls, read by plugin_utils/controls.py on the controller); it arrives as a dict.
"""

from collections import OrderedDict

from .._errors import AuditError
from . import conf as _library_conf
from . import words
from .forms import CALLS, COMMAND, COMMAND_CONTROL, Forms
from .left_out import left_out
from .request import PRIVILEGED

FILTER_FILE = "20-auditops-filters.rules"


def resolve(library: dict, choice, system) -> dict:
    """What a choice (C(request.Choice)) of profiles means on a system (C(request.System)).

    A dict of ``files`` {name: text}, ``controls`` (list), ``sample_files``, ``auditd_conf``, ``expectations``, ``waivers``, ``notes``.
    AuditError names what is unknown and the nearest that is known.
    """
    if choice.privileged not in PRIVILEGED:
        raise AuditError("audit_rules_privileged: %r is not one of %s" % (choice.privileged, ", ".join(PRIVILEGED)))
    names = words.choose(library, choice.profiles, system.product)
    unknown_filter = [name for name in choice.filters if name not in library["filters"]]
    if unknown_filter:
        raise AuditError("audit_rules_filters: %r is no filter of the library; %s" %
                         (unknown_filter[0], words.nearest(unknown_filter[0], library["filters"])))
    return _Resolution(library, names, choice, system).result()


class _Resolution(object):
    """One choice on one system: its controls, the lines they take here, and the files these go to."""

    def __init__(self, library, names, choice, system):
        self.library, self.names, self.choice, self.system = library, names, choice, system
        written_for = [library["benchmarks"][name].get("product") for name in names]
        self.forms = Forms(library, system, next(filter(None, written_for), None))
        self.asked = words.asked(library, names, self.forms.product)
        self.left = left_out(library, names, self.asked, choice)
        self.skipped = {name: record for name, record in ((name, self.left.whole(name, ids)) for name, ids in self.asked.items()) if record}
        lines = {name: self.forms.of_control(library["controls"][name]) for name in self.asked}
        self.demanded = {name: list(own) for name, own in lines.items()}  # before controls are joined
        self.lines = {name: own for name, own in lines.items() if name not in self.skipped}
        self.joined = _join(library, self.lines)
        if COMMAND_CONTROL in self.lines:
            named = {match.group(1) for own in self.lines.values() for match in map(COMMAND.match, own) if match}
            self.lines[COMMAND_CONTROL] = self.forms.of_programs(choice.privileged, named)
            self.demanded[COMMAND_CONTROL] = self.lines[COMMAND_CONTROL]
        self.files: "dict[str, list[tuple[str, str, list[str]]]]" = OrderedDict()

    def result(self):
        controls = [self._control(name) for name in self.library["controls"] if name in self.asked]
        texts = OrderedDict()
        filters = self._filters(controls)
        if filters:
            texts[FILTER_FILE] = _text(filters)
        for file_name in sorted(self.files):
            texts[file_name] = _text(self.forms.unique(self.files[file_name]))
        foreign = words.without_benchmark(self.library, self.choice.profiles, self.system.product)
        foreign += _foreign(self.library, self.names, self.system.product)
        conf = _library_conf.expectations(self.library, self.names, self.choice)
        return {
            "product": self.system.product, "profiles": self.names, "audit_release": self.forms.release, "files": texts,
            "controls": controls, "sample_files": _samples(self.library, self.names, self.left), "auditd_conf": conf["settings"],
            "expectations": conf["expectations"], "waivers": conf["waivers"], "notes": self.forms.notes + foreign, "foreign": foreign,
            "asked": self.asked, "left": self.left,
            "demanded": {name: [line for line, _why in map(self.forms.fit, own) if line] for name, own in self.demanded.items()},
        }

    def _control(self, name):
        """The entry of one control; its lines go to its file."""
        control, ids = self.library["controls"][name], self.left.demanding(name, self.asked[name]) or self.asked[name]
        benchmarks = [self.library["benchmarks"][number.partition(":")[0]] for number in ids]
        needed = {benchmark.get("needed_by", {}).get(name) for benchmark in benchmarks}
        entry = OrderedDict((("name", name), ("ids", ids), ("title", control["title"]), ("why", control["why"]), ("file", control["file"]),
                             ("key", None), ("lines", []), ("status", "loaded"), ("reason", None), ("left_out", []),
                             ("needed_by", needed.pop() if len(needed) == 1 else None)))
        if name in self.skipped:
            entry.update(status="skipped", reason=self.skipped[name].why)
            return entry
        lines = []
        for line in self.lines[self.joined.get(name, name)]:
            fitting, why = self.forms.fit(line)
            if fitting is None:
                entry["left_out"].append({"line": line, "reason": why})
            else:
                lines.append(fitting)
        entry["lines"] = lines
        keys = [match.group(1) for match in map(words.KEY.search, lines) if match]
        entry["key"] = keys[0] if keys else None
        if not lines:
            entry.update(status="left_out", reason=entry["left_out"][0]["reason"] if entry["left_out"] else "no such program on this host")
        elif name not in self.joined:
            heading = "## %s (%s)" % (control["title"], ", ".join(ids))
            self.files.setdefault(control["file"], []).append((name, heading, lines))
        return entry

    def _filters(self, controls):
        """The (filter, heading, lines) entries of the noise filters; the entries of controls that they weaken name them."""
        entries = []
        for name in self.choice.filters:
            data = self.library["filters"][name]
            variant = self.forms.variant(data)
            user = variant.get("user", data.get("user"))
            if user and self.system.has_user is not None and not self.system.has_user(user):
                self.forms.notes.append("filter %s: there is no user %s here, nothing to leave out" % (name, user))
                continue
            lines = [line for line, _why in map(self.forms.fit, variant.get("lines", data.get("lines", []))) if line]
            entries.append((name, "## %s: %s" % (data["title"], data["effect"]), lines))
            for control in controls:
                if control["name"] in data["weakens"]:
                    control.setdefault("weakened_by", []).append(name)
        return entries


def sample_texts(host, result: dict) -> "dict[str, str]":
    """{name: text} of the sample files of a result, from where the host's audit package put them; AuditError names a missing one."""
    texts = OrderedDict()
    for sample in result["sample_files"]:
        found = [host.text(directory + "/" + sample["name"]) for directory in sample["directories"]]
        text = next((text for text in found if text is not None), None)
        if text is None:
            raise AuditError("%s (%s): the audit package's sample file is in none of %s; install the package's documentation"
                             % (sample["name"], ", ".join(sample["ids"]), ", ".join(sample["directories"])))
        texts[sample["name"]] = text
    return texts


def _join(library, taken):
    """Put the system calls of a control into the lines of the one it joins, where that is loaded: one line, one rule in the kernel."""
    joined = {}
    for name in list(taken):
        target = library["controls"][name].get("joins")
        if target not in taken:
            continue
        for line in taken[name]:
            calls, shape = _parted(line)
            for place, other in enumerate(taken[target]):
                have, other_shape = _parted(other)
                if have and other_shape == shape:
                    merged = have + [call for call in calls if call not in have]
                    taken[target][place] = shape[0] + ",".join(merged) + shape[1]
        joined[name] = target
    return joined


def _parted(line):
    """(system calls of a line, what stands before and behind them)."""
    calls = CALLS.search(line)
    return (calls.group(1).split(","), (line[:calls.start(1)], line[calls.end(1):])) if calls else ([], (line, ""))


def _text(entries):
    return "".join("%s\n%s" % (heading, "".join(line + "\n" for line in lines)) for _name, heading, lines in entries if lines)


def _samples(library, names, left):
    samples: "dict[str, dict]" = OrderedDict()
    for name in names:
        benchmark = library["benchmarks"][name]
        for number, files in benchmark.get("sample_files", {}).items():
            for sample in files if "%s:%s" % (name, number) not in left.numbers else ():
                entry = samples.setdefault(sample, {"name": sample, "directories": benchmark["sample_directories"], "ids": []})
                entry["ids"].append("%s:%s" % (name, number))
    return list(samples.values())


def _foreign(library, names, product):
    """A sentence for each benchmark that was written for another product."""
    products = [(name, library["benchmarks"][name].get("product")) for name in names]
    return ["%s was written for %s, this host is %s: its paths and calls may not exist here" % (name, written_for, product)
            for name, written_for in products if written_for and written_for != product]
