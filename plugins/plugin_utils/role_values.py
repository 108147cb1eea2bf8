# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of variables, by Jinja only where an expression needs it, and once a run where the hosts do not differ.

ansible-core compiles each expression again in the worker of each host, 45 ms for the seventy of our policies (measured, 2.19). Most of them
only name another variable, whose value stands in the inventory or in a role's defaults. What the others come to depends on the variables
that they name and on nothing else: for the roles' own defaults it is known before, for all others the first worker leaves it for the rest.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import fcntl
import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from . import made_before
from .own_files import ROLES, read_yaml

try:
    from ansible.template import is_trusted_as_template as _is_template_of_ours
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19: text of a host or of another plugin carries a mark instead
    def _is_template_of_ours(value: object) -> bool:
        return not hasattr(value, "__UNSAFE__")

    def trust_as_template(value: str) -> str:
        return value

EXPRESSION = re.compile(r"\{[{%#]")
# {{ name }}, and {{ name | default(literal) }}
NAMED = re.compile(r"\{\{ *([A-Za-z_]\w*)(?: *\| *default\((\[\]|\{\}|'[\w ]*'|\d+)\))? *\}\}")
NAME = re.compile(r"\{\{ *([A-Za-z_]\w*) *\}\}")
# What Ansible before 2.19 makes something else of where an expression comes to it
READ_AGAIN = ("{", "[", "True", "False")
WORD = re.compile(r"[A-Za-z_]\w*")
OF_HOSTS = ("auditd", "audit_rules", "audit_rotation", "audit_check")  # roles whose policies have more than names


def expressions(value: Any) -> Iterator[str]:
    """The texts with an expression in a value, however deep."""
    if isinstance(value, str):
        yield from [value] if EXPRESSION.search(value) else []
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from expressions(one)


class _NeedsJinja(Exception):
    """Of a value that is not to be had without it."""


class Values:
    """``variables``: those of one host, as an action plugin gets them. ``template``: the function that templates anything."""

    def __init__(self, variables: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self.variables, self.template = variables, template
        self._known: dict[str, Any] = {}

    def of(self, value: Any) -> Any:
        """What ``template`` makes of a value; its errors too."""
        try:
            return self._plain(value)
        except Exception:  # whatever is odd here, Ansible says it in its own words
            return self.template(value)

    def named(self, name: str) -> Any:
        """The value of a variable. KeyError where it is not set."""
        if name not in self._known:
            self._known[name] = self.of(self.variables[name])
        return self._known[name]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._of_text(value) if EXPRESSION.search(value) else str.__str__(value)  # without tags, which are slow to copy
        if isinstance(value, dict):
            return {key: self._plain(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        raise _NeedsJinja

    def _of_text(self, text: str) -> Any:
        found = NAMED.fullmatch(text)
        if not _is_template_of_ours(text):
            return self.template(text)
        if found is None and text in OURS:
            return self._once(text)
        if found is None:
            return self._with_names(text)
        name, default = found.groups()
        if name not in self.variables and default is not None:
            return ast.literal_eval(default)
        value = self.variables[name]
        if value is None or (isinstance(value, str) and value.startswith(READ_AGAIN) and not EXPRESSION.match(value)):
            raise _NeedsJinja
        return self._input(name)

    def _with_names(self, text: str) -> Any:
        """A text in which nothing but names of variables stands in braces, such as audit/{{ inventory_hostname }}."""
        between = NAME.split(text)
        values = [self._input(name) for name in between[1::2]]
        if EXPRESSION.search("".join(between[::2])) or not all(isinstance(value, str) for value in values):
            raise _NeedsJinja
        found = "".join(part for pair in zip(between[::2], [*values, ""], strict=True) for part in pair)
        if found.startswith(READ_AGAIN) or found.endswith("\n"):
            raise _NeedsJinja
        return found

    def _input(self, name: str) -> Any:
        """The value of a variable that an expression names; errors are not those of Jinja."""
        if name not in self._known:
            self._known[name] = self._plain(self.variables[name])
        return self._known[name]

    def _once(self, text: str) -> Any:
        """What one of our expressions comes to: known before where its variables are the defaults, else as another worker of this run left
        it, else by Jinja.
        """
        inputs = {name: self._input(name) for name in _named_in(text, self.variables)}
        if inputs == OURS[text]["inputs"]:
            return copy.deepcopy(OURS[text]["value"])
        return once([text, inputs], functools.partial(self.template, text))


def _named_in(text: str, variables: Mapping[str, Any]) -> list[str]:
    """The variables that an expression names."""
    return sorted(name for name in set(WORD.findall(text)) if name in variables)


def once(key: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` returns, as another worker of this run left it for the same key (both as JSON has them); errors are not left."""
    try:
        name = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()
    except TypeError:  # keys of more than one type
        return make()
    path = os.path.join(constants.DEFAULT_LOCAL_TMP, f"auditops-{name}.json")
    found = _left(path)
    if found is None:
        with _alone(path):
            found = _left(path)
            if found is None:
                return _leave(path, make())
    return found[0]


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """While one worker makes it, the others wait: ten at once would make it ten times."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # then each makes it
            fcntl.flock(stack.enter_context(open(f"{path}.lock", "w", encoding="ascii")), fcntl.LOCK_EX)
        yield


def _left(path: str) -> list | None:
    """[value] where somebody left it."""
    try:
        with open(path, encoding="utf-8") as stream:
            return [json.load(stream)]
    except (OSError, ValueError):
        return None


def _leave(path: str, value: Any) -> Any:
    """The value, left for the other workers as far as JSON can hold it; the directory is Ansible's own for this run, and goes with it."""
    text = json.dumps(value)
    if json.loads(text) == value:
        beside = f"{path}.{os.getpid()}"
        try:
            with open(beside, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.replace(beside, path)
        except OSError:
            pass  # the others do it themselves
    return value


def _of_defaults() -> dict[str, dict]:
    """{expression of our roles: {inputs: the variables that it names, value: what it comes to}} where nobody sets a variable."""
    variables: dict[str, Any] = {}
    for part in ("defaults", "vars"):
        for role in OF_HOSTS:
            variables.update(_trusted(read_yaml((ROLES / role / part / "main.yml").read_text(encoding="utf-8"))))
    template = Templar(DataLoader(), variables=variables).template
    return {text: {"inputs": {name: template(variables[name]) for name in _named_in(text, variables)}, "value": template(text)}
            for text in expressions(variables) if not NAMED.fullmatch(text)}


def _trusted(value: Any) -> Any:
    """A value of our own files, of which Jinja may make something."""
    if isinstance(value, dict):
        return {key: _trusted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_trusted(one) for one in value]
    return trust_as_template(value) if isinstance(value, str) else value


# Once for a run, before workers are forked. No expression of ours asks for the time, chance, or anything but variables.
OURS = made_before.value("expressions", _of_defaults)
