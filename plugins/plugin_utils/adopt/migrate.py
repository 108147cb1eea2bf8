# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of another role as ours, by the tables of C(origins); what has no equal is listed with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library import words as library_words
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Rule, RuleError
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from ansible_collections.auditops.auditd.plugins.plugin_utils.variables import KNOWN

from ..counted import counted
from . import origins, rules, settings, templates
from .found import Adopted, Entry, Source, Variable
from .origins import Origin
from .rule_lines import RuleLine, parsed
from .templates import FALSE, TRUE, Template

PERMISSIONS = {"read": "r", "write": "w", "execute": "x", "attribute_change": "a"}
MACHINE = "x86_64"  # whose system calls are known to a line; each host fits it to its own
STATUS = {"enabled": "-e", "failure": "-f"}  # what a benchmark asks of the kernel: option of auditctl
SUDO_LOG_CONTROL, SUDO_LOG_PATH = "sudo_log", "/var/log/sudo.log"  # and what it watches
NO_ROW = "no row of the table translates it"
PROFILE = "config::audit_profiles::%s::audit_"  # of SIMP, before the parts of a profile


class Translation:
    """One set of variables on its way."""

    def __init__(self, name: str, origin: Origin, values: Mapping[str, object]) -> None:
        self.origin, self.adopted = origin, Adopted(name)
        self.values = {variable: value for variable, value in values.items() if variable not in KNOWN and origin.owns(variable)}
        self.settings: dict[str, tuple[str, Source]] = {}
        self.control: dict[str, tuple[object, Source]] = {}
        self.first: list[RuleLine] = []
        self.rest: list[RuleLine] = []
        self.benchmarks: dict[str, Source] = {}
        self.skip: list[str] = []
        self.unwritten: dict[str, str] = {}  # key of auditd.conf: why the role leaves it alone
        self.others = 0

    def _prefix(self, variable: str) -> str:
        return next((prefix for prefix in self.origin.prefixes if variable.startswith(prefix)), "")

    def run(self) -> Adopted:
        if not self.values:
            self.adopted.note(f"no variable of {self.origin.title} is set here")
            return self.adopted
        used = {prefix: template for prefix, template in self.origin.templates.items() if self._uses(prefix, template)}
        for prefix, template in used.items():
            self._template(prefix, template)
        prefixes = [prefix for prefix in self.origin.prefixes if prefix in used or any(one.startswith(prefix) for one in self.values)]
        for prefix in prefixes:
            self._unset(prefix, {**self.origin.unset, **(used[prefix].unset if prefix in used else {})})
        for variable in sorted(self.values):
            self._take(variable.removeprefix(self._prefix(variable)), self.values[variable], Source(variable))
        settings.translate(self.settings, self.adopted, panics=rules.panics(self.control))
        rules.take(self.first, self.rest, self.adopted)
        rules.control(self.control, self.adopted)
        self._profiles()
        if self.others:
            self.adopted.note(f"{counted(self.others, 'variable')} of {self.origin.title}: not about auditing")
        return self.adopted

    def _uses(self, prefix: str, template: Template) -> bool:
        """Whether a template of a prefix is the role's here; those that a list of profiles names are looked at where the list is."""
        return prefix in self.origin.prefixes and any(
            variable.startswith(prefix) or template.part(variable) is not None and not self._prefix(variable) for variable in self.values)

    def _unset(self, prefix: str, unset: Mapping[str, object]) -> None:
        """What counts where it is not set. A role of one dict of settings (auditd) writes no others."""
        one_dict = isinstance(self.values.get(prefix + "auditd"), Mapping)
        for name, value in unset.items():
            if prefix + name not in self.values and not (one_dict and self._key(name)):
                self._take(name, value, Source(f"the value of {self.origin.title} where {prefix}{name} is not set,"))

    def _key(self, name: str) -> str | None:
        """The key of auditd.conf that a variable without its prefix sets; None for one that sets none."""
        if name in self.origin.renamed:
            return self.origin.renamed[name]
        found = (name.removeprefix(before) for before in self.origin.key_prefixes if name.startswith(before))
        return next((key for key in found if key in keys.KEYS), None)

    def _take(self, name: str, value: object, source: Source) -> None:
        """One variable, without its prefix."""
        origin, key = self.origin, self._key(name)
        if "{{" in str(value):
            self.adopted.note(f"{source.path}: it holds a template, which a file alone does not answer: translate the inventory instead")
        elif name in origin.means:
            MEANS[origin.means[name]](self, value, source)
        elif origin.why_not(name):
            self.adopted.note(f"{source.path}: no equal here: {origin.why_not(name)}")
        elif name.endswith(origins.PROGRAM_SUFFIX) and name.removesuffix(origins.PROGRAM_SUFFIX) in keys.KEYS:
            return  # it goes with its action
        elif key is not None:
            self._setting(key, value, source)
        elif self._is_switch(name, source.path):
            return  # its template is asked
        elif origin.of_the_system and "audit" not in name:
            self.others += 1
        else:
            self.adopted.note(f"{source.path}: {NO_ROW}")

    def _is_switch(self, name: str, variable: str) -> bool:
        return any(template.part(variable) is not None or name in template.whole or name.startswith(PROFILE % word)
                   for word, template in self.origin.templates.items())

    def _setting(self, key: str, value: object, source: Source) -> None:
        text = _text(value)
        if key in self.unwritten:
            if source.path in self.values:
                self.adopted.note(f"{source.path}: the role does not write {key}: {self.unwritten[key]}")
            return
        if not text or (key in ("tcp_listen_port", "tcp_client_ports") and text == "0"):
            return  # the role leaves the line out
        program = _text(self.values.get(f"{self._prefix(source.path)}{key}{origins.PROGRAM_SUFFIX}") or "")
        if text.lower() == "exec" and program:
            text = f"{text} {program}"
        self.settings[key] = (text, source)

    def extra_conf(self, value: object, source: Source) -> None:
        """A dict of keys of auditd.conf."""
        switch = f"{source.path}_usage"
        if not isinstance(value, Mapping):
            return
        if str(self.values.get(switch, True)).lower() in FALSE:
            self.adopted.note(f"{source.path}: the role writes none of it: {switch} is false")
            return
        if source.path.endswith(origins.EXTRA_CONF_NAME) and switch not in self.values:
            self.adopted.note(f"{source.path}: releases of the role that have {switch} write it only where that is true; it is translated")
        for key, one in value.items():
            if key in keys.KEYS:
                self._setting(str(key), one, Source(f"{source.path}.{key}"))
            else:
                self.adopted.note(f"{source.path}.{key}: {NO_ROW}")

    def conf_lines(self, value: object, source: Source) -> None:
        """Lines of auditd.conf, each as text or as l of a dict."""
        for number, entry in enumerate(value if isinstance(value, (list, tuple)) else []):
            line = str(entry.get("l") if isinstance(entry, Mapping) else entry)
            key, equals, one = (part.strip() for part in line.partition("="))
            if equals and key in keys.KEYS:
                self._setting(key, one, Source(f"{source.path}[{number}]"))
            else:
                self.adopted.note(f"{source.path}[{number}]: {NO_ROW}: {line}")

    def word(self, option: str, value: object, source: Source) -> None:
        text = _text(value)
        if not text.isascii() or not text.isdigit():
            self.adopted.note(f"{source.path}: {text} is no number")
        else:
            self.control[option] = (text, source)

    def switch(self, option: str, value: object, source: Source) -> None:
        if str(value).lower() in TRUE:
            self.control[option] = (True, source)

    def lock(self, value: object, source: Source) -> None:
        self.control["-e"] = ("2" if str(value).lower() in TRUE else "1", source)

    def purge(self, value: object, source: Source) -> None:
        if str(value).lower() in TRUE:
            self.adopted.variables["audit_rules_purge"] = Variable("quarantine", "quarantine", {None: source})
            self.adopted.note(f"{source.path}: the files of others are moved away by audit_rules_purge: quarantine, not deleted")

    def lines(self, value: object, source: Source, *, first: bool = False) -> None:
        """Rule lines, in a list or as one text."""
        given = value.split("\n") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
        for number, line in enumerate(given):
            self._line(" ".join(str(line).split()), Source(f"{source.path}[{number}]"), first=first)

    def rules(self, value: object, source: Source) -> None:
        """Rules as dicts."""
        for number, entry in enumerate(value if isinstance(value, (list, tuple)) else []):
            place = Source(f"{source.path}[{number}]")
            if isinstance(entry, str):
                self._line(entry, place)
                continue
            line = rule_line(entry) if isinstance(entry, Mapping) else None
            if line is None:
                self.adopted.note(f"{place.path}: it is neither a watch nor a rule of a list: {entry}")
            else:
                self._line(line, place)

    def sudo_log(self, value: object, source: Source) -> None:
        """The log of sudo that the role's rule watches; that of the benchmark watches SUDO_LOG_PATH."""
        path = _text(value)
        watched = {f"{name}:{number}" for name in self.benchmarks if name != "auto"
                   for number, asked in controls.shipped()["benchmarks"][name]["rules"].items() if SUDO_LOG_CONTROL in asked}
        if path != SUDO_LOG_PATH and watched - set(self.skip):
            self._line(f"-w {path} -p wa -k sudo_log_file", source)

    def users(self, value: object, source: Source) -> None:
        allowed = self.values.get(f"{self._prefix(source.path)}allow_auditd_uid_user_exclusions", False)
        if str(allowed).lower() in TRUE:
            self.lines([f"-a never,exit -F auid={user}" for user in value] if isinstance(value, (list, tuple)) else [], source, first=True)

    def _line(self, line: str, source: Source, *, first: bool = False) -> None:
        statement = parsed(line, MACHINE, None)
        if statement is None:
            return
        if isinstance(statement, RuleError):
            self.adopted.note(f"{source.path}: auditctl refuses {line}: {statement.reason}")
        elif not isinstance(statement, Rule) or statement.delete:
            self.adopted.note(f"{source.path}: {line} is no rule that is added")
        else:
            taken = {one.rule.canonical for one in (*self.first, *self.rest)}
            if statement.canonical not in taken:
                (self.first if first else self.rest).append(RuleLine(Entry(line, source), statement))
            else:
                self.adopted.note(f"{source.path}: {line} is there already")

    def available(self, value: object, source: Source) -> None:
        if str(value).lower() in TRUE:
            self.control["-f"] = ("1", source)

    def profiles(self, value: object, source: Source) -> None:
        """Names of profiles whose rules the role has itself."""
        for name in _list(value):
            template = self.origin.templates.get(name)
            if template is None:
                self.adopted.note(f"{source.path}: {name} is no profile with rules of its own")
                continue
            self._benchmark(template, source)
            prefix = self.origin.prefixes[0] + PROFILE % name
            off = template.topics_off(self.values, prefix)
            self.skip += [f"control:{control}" for topic in off for control in template.topics[topic]]
            for topic in (topic for topic, found in template.topics.items() if not found and topic not in off):
                self.adopted.note(f"{prefix}{topic}: no equal here: {origins.NO_CONTROL}")

    def named(self, by_word: Mapping[str, str], value: object, source: Source) -> None:
        """Names of sets of rules, some of which are a benchmark."""
        for name in _list(value):
            if name in by_word:
                self._benchmark(Template(by_word[name]), source)
            elif source.path in self.values:
                self.adopted.note(f"{source.path}: no equal here for {name}: its rules are no variables, adopt them from a host")

    def _template(self, prefix: str, template: Template) -> None:
        """The rules that the role has for a prefix, with what its switches leave out of rules and settings."""
        whole = template.switches_all_off(self.values, prefix)
        if whole:
            apart = self._apart(template)
            but = f", but for {', '.join(apart)}" if apart else ""
            self.adopted.note(f"{whole} is false: the role neither writes rules nor settings of auditd{but}")
            self.unwritten = dict.fromkeys((key for key in keys.KEYS if key not in apart), f"{whole} is false")
            self._unwritten_by_number(template, prefix)
        elif not template.benchmark:
            self.adopted.note(f"{prefix}: this collection has no such benchmark; name another in audit_rules_profiles")
        else:
            self._of_benchmark(prefix, template)

    def _apart(self, template: Template) -> list[str]:
        """The keys of auditd.conf that a part of its own switches."""
        if not template.apart:
            return []
        asked = controls.shipped()["benchmarks"][template.benchmark]["auditd_conf"]
        return sorted({key for numbers in template.apart.values() for number in numbers for key in asked[number]})

    def _unwritten_by_number(self, template: Template, prefix: str) -> dict[str, str]:
        """{our number: variable} of what is switched off; the settings of these numbers are not written."""
        off = dict(template.numbers_off(self.values, prefix))
        asked = controls.shipped()["benchmarks"][template.benchmark].get("auditd_conf", {})
        self.unwritten.update({key: f"{variable} is false" for number, variable in off.items() for key in asked.get(number, ())})
        self.unwritten.update(template.unwritten)
        return off

    def _of_benchmark(self, prefix: str, template: Template) -> None:
        library, name = controls.shipped(), template.benchmark
        self._benchmark(template, Source(f"the variables {prefix}*"))
        benchmark, off = library["benchmarks"][name], self._unwritten_by_number(template, prefix)
        for number in off:
            try:
                library_words.skipping(library, [name], [f"{name}:{number}"])
            except AuditError:
                self.others += 1
                continue
            self.skip.append(f"{name}:{number}")
        for number, asked in benchmark.get("status", {}).items():
            if number not in off:
                source = Source(f"{number} of the variables {prefix}*, which is not switched off,")
                self.control.update({option: (str(asked[word]), source) for word, option in STATUS.items() if word in asked})
        if str(self.values.get(f"{prefix}level_2", True)).lower() in FALSE:
            self.adopted.note(f"{prefix}level_2 is false: {name} has the rules of level 2; name those to leave out in audit_rules_skip")

    def _benchmark(self, template: Template, source: Source) -> None:
        self.benchmarks.setdefault(template.benchmark, source)
        if template.said:
            self.adopted.note(template.said)

    def _profiles(self) -> None:
        if self.benchmarks:
            names = list(self.benchmarks)
            self.adopted.variables["audit_rules_profiles"] = Variable(names, tuple(names), {None: self.benchmarks[names[0]]})
        if self.skip:
            skip = list(dict.fromkeys(self.skip))
            self.adopted.variables["audit_rules_skip"] = Variable(skip, tuple(skip), {})


def _word(option: str):
    return lambda translation, value, source: translation.word(option, value, source)


MEANS = {
    origins.BACKLOG: _word("-b"), origins.FAILURE: _word("-f"), origins.RATE: _word("-r"), origins.ENABLED: _word("-e"),
    origins.WAIT: _word("--backlog_wait_time"), origins.LOCK: Translation.lock, origins.PURGE: Translation.purge,
    origins.LOGINUID: lambda translation, value, source: translation.switch("--loginuid-immutable", value, source),
    origins.SKIP_ERRORS: lambda translation, value, source: translation.switch("-c", value, source),
    origins.RULES: Translation.rules, origins.LINES: Translation.lines, origins.EXTRA_CONF: Translation.extra_conf,
    origins.EXCEPTIONS: lambda translation, value, source: translation.lines(value, source, first=True),
    origins.USERS: Translation.users, origins.PROFILES: Translation.profiles, origins.AVAILABLE: Translation.available,
    origins.CONF_LINES: Translation.conf_lines, origins.SUDO_LOG: Translation.sudo_log,
    origins.SAMPLES: lambda translation, value, source: translation.named(templates.SIMP_SAMPLES, value, source),
    origins.TEMPLATES: lambda translation, value, source: translation.named(templates.JUJU4, value, source),
}


def _text(value: object) -> str:
    return "yes" if value is True else "no" if value is False else str(value).strip()


def _list(value: object) -> list[str]:
    return [] if value is None else [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def rule_line(rule: Mapping) -> str | None:
    """The line of a rule as a dict: a watch (file), a rule of system calls (syscall), or one of a list alone; None where it is none."""
    keyname = rule.get("keyname") or rule.get("key")
    key = [f"-k {keyname}"] if keyname else []
    fields = [f"-F {one}" for name in ("filters", "fields", "field") for one in _list(rule.get(name))]
    letters = "".join(PERMISSIONS.get(one, one) for name in ("permissions", "perm") for one in _list(rule.get(name)))
    path = rule.get("file") or rule.get("path") or rule.get("dir")
    if path and not rule.get("syscall") and not fields:
        return " ".join([f"-w {path}", *([f"-p {letters}"] if letters else []), *key])
    action, kind = rule.get("action", "always"), (_list(rule.get("filter") or rule.get("list")) or ["exit"])[0]
    if not path and "action" not in rule and not rule.get("syscall"):
        return None
    calls = ",".join(_list(rule.get("syscall")))
    words = [f"-a {action},{kind}"]
    if calls:
        words += [f"-F arch={rule.get('arch', 'b64')}", f"-S {calls}"]
    if path:
        words += [f"-F {'dir' if rule.get('dir') or str(path).endswith('/') else 'path'}={path}"]
    if letters:
        words += [f"-F perm={letters}"]
    return " ".join([*words, *fields, *key])


def translate(name: str, kind: str, values: Mapping[str, object]) -> Adopted:
    """The Adopted of a host, or of a file of variables, called ``name``; ``kind`` is a name of C(origins.ORIGINS)."""
    return Translation(name, origins.ORIGINS[kind], values).run()
