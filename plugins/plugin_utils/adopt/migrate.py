# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of another role as ours, by the tables of C(origins); what has no equal is listed with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library import words as library_words
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Rule, RuleError
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from ansible_collections.auditops.auditd.plugins.plugin_utils.variables import KNOWN

from . import origins, rules, settings
from .found import Adopted, Entry, Source, Variable
from .origins import Origin
from .rule_lines import RuleLine, parsed

SWITCH = re.compile(r"rule_(\d+(?:_\d+)+)$")
PERMISSIONS = {"read": "r", "write": "w", "execute": "x", "attribute_change": "a"}
MACHINE = "x86_64"  # whose system calls are known to a line; each host fits it to its own
NO_ROW = "no row of the table translates it"
FALSE = ("false", "no", "off", "0")
TRUE = ("true", "yes", "on", "1")


class Translation:
    """One set of variables on its way."""

    def __init__(self, name: str, origin: Origin, values: Mapping[str, object]) -> None:
        self.origin, self.adopted = origin, Adopted(name)
        self.values = {variable: value for variable, value in values.items() if variable not in KNOWN and self._prefix(variable)}
        self.settings: dict[str, tuple[str, Source]] = {}
        self.control: dict[str, tuple[object, Source]] = {}
        self.first: list[RuleLine] = []
        self.rest: list[RuleLine] = []
        self.others = 0

    def _prefix(self, variable: str) -> str:
        return next((prefix for prefix in self.origin.prefixes if variable.startswith(prefix)), "")

    def run(self) -> Adopted:
        if not self.values:
            self.adopted.note(f"no variable of {self.origin.title} is set here")
            return self.adopted
        prefixes = [prefix for prefix in self.origin.prefixes if any(variable.startswith(prefix) for variable in self.values)]
        for name, value in self.origin.unset.items():
            if prefixes[0] + name not in self.values:
                self._take(name, value, Source(f"the value of {self.origin.title} where {prefixes[0]}{name} is not set,"))
        for variable in sorted(self.values):
            self._take(variable.removeprefix(self._prefix(variable)), self.values[variable], Source(variable))
        settings.translate(self.settings, self.adopted, panics=rules.panics(self.control))
        rules.take(self.first, self.rest, self.adopted)
        rules.control(self.control, self.adopted)
        self._profiles(prefixes)
        if self.others:
            self.adopted.note(f"{self.others} variables of {self.origin.title} are not about auditing")
        return self.adopted

    def _take(self, name: str, value: object, source: Source) -> None:
        """One variable, without its prefix."""
        origin = self.origin
        key = origin.renamed.get(name) or name.removeprefix(origin.key_prefix)
        if "{{" in str(value):
            self.adopted.note(f"{source.path}: it holds a template, which a file alone does not answer: translate the inventory instead")
        elif name in origin.means:
            MEANS[origin.means[name]](self, value, source)
        elif name in origin.no_equal:
            self.adopted.note(f"{source.path}: no equal here: {origin.no_equal[name]}")
        elif name.endswith(origins.PROGRAM_SUFFIX) and name.removesuffix(origins.PROGRAM_SUFFIX) in keys.KEYS:
            return  # it goes with its action
        elif key in keys.KEYS and (name in origin.renamed or name.startswith(origin.key_prefix)):
            self._setting(key, value, source)
        elif origin.profiles and "audit" not in name:
            self.others += SWITCH.match(name) is None
        else:
            self.adopted.note(f"{source.path}: {NO_ROW}")

    def _setting(self, key: str, value: object, source: Source) -> None:
        text = _text(value)
        if not text or (key in ("tcp_listen_port", "tcp_client_ports") and text == "0"):
            return  # the role leaves the line out
        program = _text(self.values.get(f"{self._prefix(source.path)}{key}{origins.PROGRAM_SUFFIX}") or "")
        if text.lower() == "exec" and program:
            text = f"{text} {program}"
        self.settings[key] = (text, source)

    def extra_conf(self, value: object, source: Source) -> None:
        """A dict of keys of auditd.conf."""
        usage = self.values.get(f"{source.path}_usage", True)
        if str(usage).lower() in FALSE or not isinstance(value, Mapping):
            return
        for key, one in value.items():
            if key in keys.KEYS:
                self._setting(str(key), one, Source(f"{source.path}.{key}"))
            else:
                self.adopted.note(f"{source.path}.{key}: {NO_ROW}")

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

    def _profiles(self, prefixes: Iterable[str]) -> None:
        """The benchmark of a prefix, without the controls that were switched off."""
        for prefix in prefixes:
            name = self.origin.profiles.get(prefix)
            if name is None:
                if self.origin.profiles:
                    self.adopted.note(f"{prefix}: this collection has no such benchmark; name another in audit_rules_profiles")
                continue
            source = Source(f"the variables {prefix}*")
            self.adopted.variables["audit_rules_profiles"] = Variable([name], (name,), {None: source})
            skip = self._switched_off(prefix, name)
            if skip:
                self.adopted.variables["audit_rules_skip"] = Variable(skip, tuple(skip), {})
            if str(self.values.get(f"{prefix}level_2", True)).lower() in FALSE:
                self.adopted.note(f"{prefix}level_2 is false: {name} has the rules of level 2; name those to leave out in audit_rules_skip")

    def _switched_off(self, prefix: str, name: str) -> list[str]:
        found = []
        for variable in sorted(self.values):
            match = SWITCH.match(variable.removeprefix(prefix)) if variable.startswith(prefix) else None
            if match and str(self.values[variable]).lower() in FALSE:
                word = f"{name}:{match.group(1).replace('_', '.')}"
                try:
                    library_words.skipping(controls.shipped(), [name], [word])
                    found.append(word)
                except AuditError:
                    self.others += 1
        return found


def _word(option: str):
    return lambda translation, value, source: translation.word(option, value, source)


MEANS = {
    origins.BACKLOG: _word("-b"), origins.FAILURE: _word("-f"), origins.RATE: _word("-r"), origins.ENABLED: _word("-e"),
    origins.WAIT: _word("--backlog_wait_time"), origins.LOCK: Translation.lock, origins.PURGE: Translation.purge,
    origins.LOGINUID: lambda translation, value, source: translation.switch("--loginuid-immutable", value, source),
    origins.SKIP_ERRORS: lambda translation, value, source: translation.switch("-c", value, source),
    origins.RULES: Translation.rules, origins.LINES: Translation.lines, origins.EXTRA_CONF: Translation.extra_conf,
    origins.EXCEPTIONS: lambda translation, value, source: translation.lines(value, source, first=True),
    origins.USERS: Translation.users,
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
