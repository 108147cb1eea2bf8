# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control library on the controller: reads and checks roles/audit_rules/files/controls/*.yml."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library import exceptions
from ansible_collections.auditops.auditd.plugins.module_utils._library import words as _library_words
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import lines as _rule_lines
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import remote_conf
from ansible_collections.auditops.auditd.plugins.plugin_utils import made_before
from ansible_collections.auditops.auditd.plugins.plugin_utils.demands import DIRECTORY, NAMING_LIBRARY

SECTIONS = ("products", "controls", "filters", "waivers")
MAP, LIST, STR = "a mapping", "a list", "text"
TYPES = {MAP: dict, LIST: list, STR: str}

# part: ({required: type}, {optional: type})
SHAPES = {
    "products": ({"title": STR, "watches": STR, "commands": STR, "audit": STR}, {}),
    "controls": ({"title": STR, "why": STR, "file": STR}, {"lines": LIST, "variants": LIST, "joins": STR, "key": STR, "programs": LIST}),
    "variants": ({"products": LIST}, {"lines": LIST, "modern": LIST, "needed_by": STR, "user": STR}),
    "filters": ({"title": STR, "why": STR, "effect": STR, "weakens": LIST, "lines": LIST}, {"variants": LIST, "user": STR}),
    "waivers": ({"reason": STR, "compensating": STR}, {}),
    "benchmark": (
        {"name": STR, "title": STR, "rules": MAP},
        {"product": STR, "also_numbered": MAP, "needed_by": MAP, "auditd_conf": MAP, "remote_conf": MAP, "status": MAP, "host": MAP,
         "sample_files": MAP, "sample_directories": LIST, "elsewhere": MAP, "titles": MAP, "source": STR, "unverified": LIST, "modes": MAP,
         "only_on": MAP},
    ),
}
WORDS = {"watches": ("old", "modern"), "commands": ("plain", "pair", "unfiltered")}
CHECKERS = ("oval", "text")
# What benchmarks ask of a host beside rules and settings: the subjects of findings
HOST_SUBJECTS = (
    "package", "service", "partition", "boot_audit", "boot_backlog_limit", "syscall_auditing", "syslog_plugin", "configuration_mode",
    "configuration_owner", "configuration_group", "log_mode", "log_owner", "log_group", "log_directory_mode", "log_directory_owner",
    "log_directory_group", "tools_mode", "tools_owner", "tools_group", "running_rules", "plugins_package", "off_loading",
    "weekly_off_loading", "mount_nodev", "mount_nosuid", "mount_noexec",
)
# The kinds of files whose mode a benchmark bounds: auditd.conf, rules.d, audit.rules, logs, their directory, audit's programs
MODE_KINDS = ("settings", "rules", "compiled", "log", "log_directory", "tool")


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """YAML in which a key that is there twice is an error: the first one would be lost without a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        seen = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class LibraryError(AuditError):
    """The data of the library is wrong; the message names the file and the place in it."""


def library(directory: Path | str = DIRECTORY) -> dict:
    """The library as one dict of plain values: products, controls, filters, waivers, benchmarks. LibraryError where a file is wrong."""
    result: dict = {section: {} for section in (*SECTIONS, "benchmarks")}
    for path in sorted(Path(directory).glob("*.yml")):
        _read(path, result)
    if not result["benchmarks"]:
        raise LibraryError(f"{directory}: there is no benchmark here")
    _check_references(result)
    return result


@functools.lru_cache(maxsize=1)
def shipped() -> dict:
    """The library of this collection, read once, and its YAML once for many runs."""
    return made_before.value("library", library)


def with_library(arguments: dict) -> dict:
    """The arguments of audit_rules (or of that part of audit_drift's), with the library where they name profiles.

    Words that need no host to be judged, profiles, filters and what is skipped, are refused here, before any host is touched.
    """
    if isinstance(arguments.get("rules"), str):  # the module's own reading of a list would split it at each comma
        _rule_lines.check(arguments["rules"])
    check_exceptions(arguments.get("exceptions") or [])
    if not any(arguments.get(name) for name in NAMING_LIBRARY):
        return dict(arguments)
    check_words(arguments)
    lists = {name: _list(arguments[name]) for name in NAMING_LIBRARY if name in arguments}
    return {**arguments, **lists, "library": shipped()}


def check_words(chosen: Mapping[str, Any]) -> None:
    """AuditError for one of the C(profiles), of what is to C(skip), or of the C(filters), that the library does not have."""
    data = shipped()
    named = [name for name in _list(chosen.get("profiles")) if name != "auto"]
    names = _library_words.choose(data, named, "")  # without auto nothing is asked of the product
    _library_words.skipping(data, names, _list(chosen.get("skip")))
    for name in _list(chosen.get("filters")):
        if name not in data["filters"]:
            raise AuditError(f"audit_rules_filters: {name!r} is no filter of the library; {_library_words.nearest(name, data['filters'])}")


def check_exceptions(register: list) -> None:
    """AuditError for a register of exceptions whose entries lack something, or name what no benchmark has."""
    found = exceptions.problems(register)
    if found:
        raise AuditError("; ".join(found))
    for place, entry in enumerate(register):
        try:
            _check_exception({name: str(value) for name, value in entry.items() if value not in (None, "")})
        except AuditError as error:
            raise AuditError(f"audit_exceptions[{place}]: {str(error).removeprefix('audit_rules_skip: ')}") from error


def _check_exception(entry: dict) -> None:
    data = shipped()
    benchmark = entry.get("benchmark")
    if benchmark is not None and benchmark not in data["benchmarks"]:
        raise AuditError(f"{benchmark!r} is no benchmark; {_library_words.nearest(benchmark, list(data['benchmarks']))}")
    for word, _benchmark, _entry in exceptions.Exceptions.words([entry]):
        _library_words.meant(data, [], word)
    demanded = {key for known in data["benchmarks"].values() for keys in known.get("auditd_conf", {}).values() for key in keys}
    if "setting" in entry and entry["setting"].lower() not in demanded:
        raise AuditError(f"no benchmark demands {entry['setting']!r} of auditd.conf; {_library_words.nearest(entry['setting'], demanded)}")


def _list(value: Any) -> list:
    return [] if value is None else [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)


def _read(path: Path, result: dict) -> None:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LibraryError(f"{path.name}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise LibraryError(f"{path.name}: is {_kind(data)}, not a mapping of {', '.join((*SECTIONS, 'benchmark'))}")
    for section, entries in data.items():
        if section == "benchmark":
            _check_shape(path, "benchmark", "benchmark", entries)
            name = entries["name"]
            _check_new(path, "benchmark", name, result["benchmarks"])
            _check_benchmark(path, entries)
            result["benchmarks"][name] = entries
            continue
        if section not in SECTIONS:
            raise LibraryError(f"{path.name}: {section!r} is unknown; a file has {', '.join((*SECTIONS, 'benchmark'))}")
        if not isinstance(entries, dict):
            raise LibraryError(f"{path.name}: {section} is {_kind(entries)}, not a mapping")
        for name, entry in entries.items():
            _check_new(path, section, name, result[section])
            _check_shape(path, f"{section}.{name}", section, entry)
            _check_entry(path, section, name, entry)
            result[section][name] = entry


def _check_new(path: Path, section: str, name: object, known: dict) -> None:
    if name in known:
        raise LibraryError(f"{path.name}: {section} {name} is there twice")


def _check_shape(path: Path, where: str, shape: str, entry: object) -> None:
    required, optional = SHAPES[shape]
    if not isinstance(entry, dict):
        raise LibraryError(f"{path.name}: {where} is {_kind(entry)}, not a mapping")
    for key in required:
        if key not in entry:
            raise LibraryError(f"{path.name}: {where} has no {key}")
    for key, value in entry.items():
        expected = required.get(key) or optional.get(key)
        if expected is None:
            raise LibraryError(f"{path.name}: {where} has {key!r}; known are {', '.join((*required, *optional))}")
        if not isinstance(value, TYPES[expected]):
            raise LibraryError(f"{path.name}: {where}.{key} is {_kind(value)} ({value!r}), not {expected}")
        if key in WORDS and value not in WORDS[key]:
            raise LibraryError(f"{path.name}: {where}.{key} is {value!r}, not one of {', '.join(WORDS[key])}")


def _check_entry(path: Path, section: str, name: str, entry: dict) -> None:
    where = f"{section}.{name}"
    if section == "controls":
        if "lines" not in entry and "programs" not in entry:
            raise LibraryError(f"{path.name}: {where} has no lines")
        if not entry["file"].endswith(".rules") or not entry["file"][:2].isdigit():
            raise LibraryError(f"{path.name}: {where}.file is {entry['file']!r}; a file of rules.d has a number first and ends with .rules")
    lines = list(entry.get("lines", []))
    for variant in entry.get("variants", []):
        _check_shape(path, f"{where}.variants", "variants", variant)
        lines += variant.get("lines", []) + variant.get("modern", [])
    for line in lines:
        _check_line(path, where, line)
        if section == "controls" and line.startswith(("-a", "-w")) and " -k " not in line and " -F key=" not in line:
            raise LibraryError(f"{path.name}: {where}: {line!r} has no key; checkers want one")


def _check_line(path: Path, where: str, line: object) -> None:
    if not isinstance(line, str):
        raise LibraryError(f"{path.name}: {where}: {line!r} is {_kind(line)}, not a line for auditctl")
    try:
        # as on the machine that knows most calls: which of them the host has is seen there
        statement = _rule_grammar.parse(line, machine="x86_64", users=lambda name: 1, groups=lambda name: 1)
    except _rule.RuleError as error:
        raise LibraryError(f"{path.name}: {where}: auditctl refuses {line!r}: {error.reason}") from error
    if statement is None:
        raise LibraryError(f"{path.name}: {where}: {line!r} is not a rule")


def _check_benchmark(path: Path, entry: dict) -> None:
    for part in ("rules", "sample_files"):
        for number, names in entry.get(part, {}).items():
            if not isinstance(number, str):
                raise LibraryError(f'{path.name}: {part} {number!r} is {_kind(number)}; write it in quotes: "{number}"')
            if not isinstance(names, list):
                raise LibraryError(f"{path.name}: {part}.{number} is {_kind(names)}, not a list")
    for number, keys in entry.get("auditd_conf", {}).items():
        for key, values in keys.items() if isinstance(keys, dict) else [(None, None)]:
            if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
                where = f"{path.name}: auditd_conf.{number}.{key}"
                raise LibraryError(f"{where}: give the list of values it accepts, as text, the one to set first")
    for number, keys in entry.get("remote_conf", {}).items():  # {id: {key: words, none where each will do}}
        for key, values in keys.items() if isinstance(keys, dict) else [(None, None)]:
            if key not in remote_conf.KEYS or not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise LibraryError(f"{path.name}: remote_conf.{number}.{key}: give a key of audisp-remote.conf and the list of its words")
    for number, subjects in entry.get("host", {}).items():
        for subject in subjects if isinstance(subjects, list) and subjects else [subjects]:
            if subject not in HOST_SUBJECTS:
                raise LibraryError(f"{path.name}: host.{number} is {subjects!r}; give a list of {', '.join(HOST_SUBJECTS)}")
    for part in ("elsewhere", "titles"):  # {id: who checks what is not ours}, {id: the benchmark's title of a control}
        for number, sentence in entry.get(part, {}).items():
            if not isinstance(number, str) or not isinstance(sentence, str):
                raise LibraryError(f"{path.name}: {part}.{number} is {_kind(sentence)}, not a sentence")
    for kind, mode in entry.get("modes", {}).items():
        if kind not in MODE_KINDS or not isinstance(mode, str) or not re.fullmatch("0[0-7]{3}", mode):
            raise LibraryError(f'{path.name}: modes.{kind} is {mode!r}; give a mode as "0640" for one of {", ".join(MODE_KINDS)}')
    for name, checker in entry.get("needed_by", {}).items():
        if checker not in CHECKERS:
            raise LibraryError(f"{path.name}: needed_by.{name} is {checker!r}, not one of {', '.join(CHECKERS)}")


def _check_references(result: dict) -> None:
    controls, products = result["controls"], result["products"]
    for name, benchmark in result["benchmarks"].items():
        if benchmark.get("product") not in (None, *products):
            raise LibraryError(f"benchmark {name}: product {benchmark['product']!r} is not in products; there are {', '.join(products)}")
        named = [control for names in benchmark["rules"].values() for control in names]
        named += [*benchmark.get("needed_by", {}), *benchmark.get("only_on", {})]
        for control in named:
            if control not in controls:
                raise LibraryError(f"benchmark {name}: there is no control {control!r}")
    for section in ("controls", "filters"):
        for name, entry in result[section].items():
            for variant in entry.get("variants", []):
                for product in variant["products"]:
                    if product not in products:
                        raise LibraryError(f"{section}.{name}: product {product!r} is not in products; there are {', '.join(products)}")
            for control in [*entry.get("weakens", []), *([entry["joins"]] if "joins" in entry else [])]:
                if control not in controls:
                    raise LibraryError(f"{section}.{name}: there is no control {control!r}")


def _kind(value: object) -> str:
    names = {dict: MAP, list: LIST, str: STR, int: "a number", float: "a number", bool: "true or false", type(None): "empty"}
    return names.get(type(value), type(value).__name__)
