# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark library on a host: which controls the named profiles ask for, and the rules.d files that satisfy them here.

The library itself is data (roles/audit_rules/files/controls, read by plugin_utils/controls.py on the controller); it arrives as a dict.
"""

import re
from collections import OrderedDict

from .._errors import AuditError
from .._rules import grammar as _rule_grammar
from .._rules import rule as _rule
from .._rules import syscalls as _syscalls
from .._rules import tables
from . import conf as _library_conf
from . import words

FAMILIES = {  # ID of os-release(5): (family, parts of VERSION_ID that make a product)
    "amzn": ("amazon", 1), "debian": ("debian", 1), "ubuntu": ("ubuntu", 2),
    "rhel": ("rhel", 1), "centos": ("rhel", 1), "rocky": ("rhel", 1), "almalinux": ("rhel", 1), "ol": ("rhel", 1),
}
PRIVILEGED = ("discover", "list", "off")
FILTER_FILE = "20-auditops-filters.rules"
COMMAND_CONTROL = "privileged_commands"
MODERN, OLD = "modern", "old"
WATCH = re.compile(r"-w (\S+) -p (\w+) -k (\S+)$")
CALLS = re.compile(r" -S (\S+)")
COMMAND = re.compile(r"-a always,exit -F path=(\S+) -F perm=x (.*)$")


def product(os_release):
    """C(debian_12), C(ubuntu_22_04), C(rhel_9), C(amazon_2023) of the fields of os-release(5); C(ID_VERSION) for any other system."""
    name, version = os_release.get("ID", ""), os_release.get("VERSION_ID", "")
    family, parts = FAMILIES.get(name, (None, 1))
    if family is None and "rhel" in os_release.get("ID_LIKE", "").split() and re.match(r"\d+(\.|$)", version):
        family = "rhel"
    pieces = [piece for piece in version.split(".") if piece]
    return "_".join([family or name or "unknown"] + (pieces[:parts] if family else pieces)).lower()


def resolve(library, profiles, skip=(), product=None, arch="x86_64", audit_release=None, uid_min=1000, privileged="discover", programs=(),
            filters=(), failure_policy=None, rotation_wanted=False, immutable=False, has_user=None):
    """What the named profiles mean on a host.

    ``product``: as product() gives it. ``arch``: uname -m. ``audit_release``: of auditctl, None takes what the product ships.
    ``privileged``: discover takes ``programs`` (paths, of C(_privileged.discover)), list the library's own, off none.
    ``filters``: names of noise filters. ``failure_policy``, ``rotation_wanted``, ``immutable`` decide what is waived.
    ``has_user``: name -> bool, for filters that name a user; None takes every user as present.

    A dict of ``files`` {name: text}, ``controls`` (list), ``sample_files``, ``auditd_conf``, ``expectations``, ``waivers``, ``notes``.
    AuditError names what is unknown and the nearest that is known.
    """
    if privileged not in PRIVILEGED:
        raise AuditError("audit_rules_privileged: %r is not one of %s" % (privileged, ", ".join(PRIVILEGED)))
    names = words.choose(library, profiles, product)
    unknown_filter = [name for name in filters if name not in library["filters"]]
    if unknown_filter:
        raise AuditError("audit_rules_filters: %r is no filter of the library; %s" %
                         (unknown_filter[0], words.nearest(unknown_filter[0], library["filters"])))
    wanted = words.asked(library, names)
    skipped = words.skipping(library, names, skip)
    place = _Place(library, product, arch, audit_release, uid_min)
    forms = {control: place.forms(_products(library, names, ids, product), library["controls"][control])
             for control, ids in wanted.items()}
    taken = {name: lines for name, lines in forms.items() if name not in skipped}
    joined = _join(library, taken)
    fixed = {match.group(1) for lines in taken.values() for match in map(COMMAND.match, lines) if match}
    if COMMAND_CONTROL in taken:
        taken[COMMAND_CONTROL] = place.commands(_products(library, names, wanted[COMMAND_CONTROL], product), privileged, programs, fixed)
    files, result = OrderedDict(), []
    for name in library["controls"]:
        if name in wanted:
            result.append(_report(library, place, name, wanted[name], taken, joined, skipped, files))
    texts = OrderedDict()
    filter_lines = _filters(library, filters, product, place, has_user, result)
    if filter_lines:
        texts[FILTER_FILE] = _text(filter_lines)
    for file_name in sorted(files):
        texts[file_name] = _text(place.unique(files[file_name]))
    foreign = _foreign(library, names, product)
    conf = _library_conf.expectations(library, names, failure_policy, rotation_wanted, immutable)
    return {
        "product": product, "profiles": names, "audit_release": place.release, "files": texts, "controls": result,
        "sample_files": _samples(library, names), "auditd_conf": conf["settings"], "expectations": conf["expectations"],
        "waivers": conf["waivers"], "notes": place.notes + foreign, "foreign": foreign,
    }


def sample_texts(host, result):
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


def _products(library, names, ids, product):
    """The products whose checkers read this control: of the benchmarks that ask for it, or the host's where they are of none."""
    asking = [number.partition(":")[0] for number in ids]
    found = [library["benchmarks"][name].get("product") or product for name in names if name in asking]
    return [name for place, name in enumerate(found) if name not in found[:place]]


class _Place(object):
    """A host as far as rule lines depend on it."""

    def __init__(self, library, product, arch, release, uid_min):
        self.products, self.controls = library["products"], library["controls"]
        self.arch, self.uid_min, self.notes = tables.MACHINES.get(arch, arch), uid_min, []
        self.release = release or self.products.get(product, {}).get("audit")
        from .._release import release_tuple
        self.version = release_tuple(self.release) or None

    def style(self, product, what, default):
        return self.products.get(product, {}).get(what, default)

    def forms(self, products, control):
        """The lines of a control for the checkers of these products, narrow ones first: the kernel takes the first that matches."""
        lines = []
        for place, product in enumerate(products):
            variant = next((one for one in control.get("variants", []) if product in one["products"]), {})
            own = variant.get("lines", control.get("lines", []))
            modern = []
            if self.style(product, "watches", OLD) == MODERN:
                modern = variant["modern"] if "modern" in variant else [line for text in own for line in modern_watch(text)]
                if self.arch == "aarch64" and self.version and (4, 0) <= self.version < (4, 1) and modern:
                    self.notes.append("%s: auditctl %s refuses arch and perm without -S on aarch64 (audit-userspace issue 496); only the "
                                      "-w line is written" % (modern[0], self.release))
                    modern = []
            commands = self.style(product, "commands", "plain")
            own = [line for text in own for line in command_forms(text, commands)]
            # -w and plain lines are the first product's: a second spelling of the same meaning is a rule the kernel refuses
            more = own if place == 0 else [line for line in own if _adds(line, lines)]
            lines = [line for line in modern if line not in lines] + lines + more
        return lines

    def commands(self, products, how, programs, fixed):
        """One line for each privileged program that no other control names."""
        control = self.controls[COMMAND_CONTROL]
        paths = {"discover": programs, "list": control["programs"], "off": ()}[how]
        text = "-a always,exit -F path=%s -F perm=x -F auid>=1000 -F auid!=unset -k " + control["key"]
        form = "pair" if any(self.style(product, "commands", "plain") == "pair" for product in products) else "plain"
        return [line for path in sorted(set(paths) - fixed) for line in command_forms(text % _rule.escape(path), form)]

    def fit(self, line):
        """(line as it is written here, None), or (None, why it is not written)."""
        line = line.replace("auid>=1000", "auid>=%d" % self.uid_min)
        arch = re.search(r" -F arch=(b32|b64)", line)
        machine = self.machine(arch.group(1)) if arch else self.arch
        if machine is None:
            return None, "%s has no %s programs" % (self.arch, "32-bit" if arch.group(1) == "b32" else "64-bit")
        calls = CALLS.search(line)
        known = _syscalls.numbers(machine)
        if calls is None or known is None or calls.group(1) == "all":
            return line, None
        have = [name for name in calls.group(1).split(",") if name in known and not self.too_new(name)]
        if not have:
            where = machine if self.release is None else "%s under auditctl %s" % (machine, self.release)
            return None, "%s has no system call %s" % (where, calls.group(1))
        return line[:calls.start(1)] + ",".join(have) + line[calls.end(1):], None

    def machine(self, word):
        """The machine behind b32 or b64 here, None where there is none."""
        if self.arch in ("i386", "arm", "ppc", "s390"):
            return self.arch if word == "b32" else None
        return self.arch if word == "b64" else tables.TWINS.get(self.arch)

    def too_new(self, name):
        return any(self.version and self.version < since and name in names.split() for since, names in _syscalls.NOT_BEFORE)

    def unique(self, entries):
        """The (control, heading, lines) entries without a rule that an earlier one has already; the kernel would refuse it."""
        seen = {}
        result = []
        for name, heading, lines in entries:
            kept = []
            for line in lines:
                meaning = self.meaning(line)
                if meaning in seen:
                    self.notes.append("%s: %s is the same rule as one of %s" % (name, line, seen[meaning]))
                    continue
                seen[meaning] = name
                kept.append(line)
            result.append((name, heading, kept))
        return result

    def meaning(self, line):
        try:
            return _rule_grammar.parse(line, machine=self.arch, release=self.release, users=lambda user: 1).canonical
        except _rule.RuleError:
            return line  # an architecture whose calls we have no table of


def modern_watch(line):
    """The b32 and b64 forms of a -w line: a path that ends with a slash is a directory; none for any other line."""
    match = WATCH.match(line)
    if match is None:
        return []
    path, permissions, key = match.groups()
    field = "dir" if path.endswith("/") else "path"
    return ["-a always,exit -F arch=%s -F %s=%s -F perm=%s -F key=%s" % (arch, field, path, permissions, key) for arch in ("b32", "b64")]


def command_forms(line, form):
    """The lines that a rule about one program takes: products.yml says why."""
    match = COMMAND.match(line)
    if match is None or form == "plain":
        return [line]
    path, rest = match.groups()
    if form == "pair":
        return ["-a always,exit -F arch=%s -F path=%s -F perm=x %s" % (arch, path, rest) for arch in ("b32", "b64")]
    return [line, "-a always,exit -F path=%s %s" % (path, rest)]


def _adds(line, lines):
    """Whether a second product's line is more than another spelling of one that is there."""
    path = _path(line)
    return line not in lines if path is None else path not in [_path(other) for other in lines]


def _path(line):
    match = re.search(r"(?:-w |path=|dir=)(\S+)", line)
    return match.group(1).rstrip("/") if match else None


def _join(library, taken):
    """Put the system calls of a control into the lines of the one it joins, where that is loaded: one line, one rule in the kernel."""
    joined = {}
    for name in list(taken):
        target = library["controls"][name].get("joins")
        if target not in taken:
            continue
        for line in taken[name]:
            calls = CALLS.search(line)
            shape = line[:calls.start(1)], line[calls.end(1):]
            for place, other in enumerate(taken[target]):
                have = CALLS.search(other)
                if have and (other[:have.start(1)], other[have.end(1):]) == shape:
                    merged = have.group(1).split(",") + [call for call in calls.group(1).split(",") if call not in have.group(1).split(",")]
                    taken[target][place] = shape[0] + ",".join(merged) + shape[1]
        joined[name] = target
    return joined


def _report(library, place, name, ids, taken, joined, skipped, files):
    """The entry of one control, its lines put into its file."""
    control = library["controls"][name]
    benchmarks = [library["benchmarks"][number.partition(":")[0]] for number in ids]
    needed = {benchmark.get("needed_by", {}).get(name) for benchmark in benchmarks}
    entry = OrderedDict((("name", name), ("ids", ids), ("title", control["title"]), ("why", control["why"]), ("file", control["file"]),
                         ("key", None), ("lines", []), ("status", "loaded"), ("reason", None), ("left_out", []),
                         ("needed_by", needed.pop() if len(needed) == 1 else None)))
    if name in skipped:
        entry.update(status="skipped", reason="audit_rules_skip: " + skipped[name])
        return entry
    lines = []
    for line in taken[joined.get(name, name)]:
        fitting, why = place.fit(line)
        if fitting is None:
            entry["left_out"].append({"line": line, "reason": why})
        else:
            lines.append(fitting)
    entry["lines"] = lines
    keys = [match.group(1) for match in map(words.KEY.search, lines) if match]
    entry["key"] = keys[0] if keys else None
    if not lines:
        entry.update(status="left_out", reason=entry["left_out"][0]["reason"] if entry["left_out"] else "no such program on this host")
    elif name not in joined:
        numbers = ", ".join(ids)
        files.setdefault(control["file"], []).append((name, "## %s (%s)" % (control["title"], numbers), lines))
    return entry


def _filters(library, filters, product, place, has_user, controls):
    """The (control, heading, lines) entries of the noise filters; controls that they weaken learn of it."""
    entries = []
    for name in filters:
        data = library["filters"][name]
        variant = next((one for one in data.get("variants", []) if product in one["products"]), {})
        user = variant.get("user", data.get("user"))
        if user and has_user is not None and not has_user(user):
            place.notes.append("filter %s: there is no user %s here, nothing to leave out" % (name, user))
            continue
        lines = [line for line, _why in map(place.fit, variant.get("lines", data.get("lines", []))) if line]
        entries.append((name, "## %s: %s" % (data["title"], data["effect"]), lines))
        for control in controls:
            if control["name"] in data["weakens"]:
                control.setdefault("weakened_by", []).append(name)
    return entries


def _text(entries):
    return "".join("%s\n%s" % (heading, "".join(line + "\n" for line in lines)) for _name, heading, lines in entries if lines)


def _samples(library, names):
    samples = OrderedDict()
    for name in names:
        benchmark = library["benchmarks"][name]
        for number, files in benchmark.get("sample_files", {}).items():
            for sample in files:
                entry = samples.setdefault(sample, {"name": sample, "directories": benchmark["sample_directories"], "ids": []})
                entry["ids"].append("%s:%s" % (name, number))
    return list(samples.values())


def _foreign(library, names, product):
    """A sentence for each benchmark that was written for another product."""
    products = [(name, library["benchmarks"][name].get("product")) for name in names]
    return ["%s was written for %s, this host is %s: its paths and calls may not exist here" % (name, written_for, product)
            for name, written_for in products if written_for and written_for != product]
