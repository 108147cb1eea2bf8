# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopt what hosts have as variables of this collection's roles. Everything happens on the controller."""

from __future__ import annotations

from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import (
    files,
    fleet,
    from_files,
    host,
    migrate,
    origins,
    report,
    role_defaults,
)

HOSTS = "hosts"
ARGUMENTS = {
    "step": {"type": "str", "choices": ["host", "inventory"], "default": "inventory"},
    "info": {"type": "dict"},
    "documents": {"type": "dict"},
    "dest": {"type": "str"},
    "origin": {"type": "str", "choices": [HOSTS, *origins.ORIGINS], "default": HOSTS},
    "sources": {"type": "list", "elements": "str", "default": []},
}
READ, PROOF = "audit_adopt_read", "audit_adopt_proof"  # what the playbook registers on each host
NOT_READ = "it was not reached, or reading it failed"
STDOUT_IS_OURS = ("default", "ansible.builtin.default")


class ActionModule(ActionBase):
    """No module is launched."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        origin = self._task.args.get("origin", HOSTS)
        if origin not in (HOSTS, *origins.ORIGINS):
            raise AnsibleActionFail(f"audit_from (origin): {origin} is none of {', '.join((HOSTS, *origins.ORIGINS))}; nothing was written")
        needed = [("step", "host", ["info"]), ("step", "inventory", ["dest"])]
        _spec, options = self.validate_argument_spec(argument_spec=ARGUMENTS, required_if=needed)
        try:
            if options["step"] == "host":
                return {"changed": False, "variables": _variables(task_vars or {}, options["info"])}
            found = self._translated(options, task_vars or {}) if options["origin"] != HOSTS else _fleet(options, task_vars or {})
            return self._written(options, found)
        except host.NotADocument as error:
            raise AnsibleActionFail(str(error)) from error
        except AuditError as error:
            raise AnsibleActionFail(str(error)) from error

    def _translated(self, options: dict, task_vars: dict) -> fleet.Fleet:
        """The variables of another role, of the hosts of the play or of files."""
        if options["sources"]:
            return from_files.fleet_of([unfrackpath(path, follow=False) for path in options["sources"]], options["origin"],
                                       self._loader.load_from_file)
        origin = origins.ORIGINS[options["origin"]]
        adopted = []
        for name in map(str, task_vars.get("ansible_play_hosts_all") or ()):
            variables = task_vars["hostvars"][name]
            own = {one: variables[one] for one in variables if origin.owns(one)}
            adopted.append(migrate.translate(name, options["origin"], own))
        return fleet.of_adopted(adopted, _groups(task_vars))

    def _written(self, options: dict, found: fleet.Fleet) -> dict:
        dest = Path(unfrackpath(options["dest"], follow=False))
        planned = files.plan(dest, found.texts(), report.written(found))
        if planned.differs and not self._task.check_mode:
            files.write(planned)
        lines = report.summary(found)
        for line in [*lines, f"Variables: {dest}; what they cannot say: {dest / report.REPORT}"]:
            self._say(line)
        sentences = report.findings(found)
        return {
            "changed": planned.differs,
            "dest": str(dest),
            "files": sorted(str(dest / name) for name in [*found.texts(), *report.written(found)]),
            "summary": lines,
            "diff": planned.diffs(),
            "hosts": {one.name: {
                "lines": {name: count for name, count in sorted(one.lines.items()) if count}, "listed": one.listed, "dangers": one.dangers,
                "would_change": one.would_change, "findings": sentences.get(one.name)} for one in found.adopted},
            "not_read": found.unread,
        }

    def _say(self, text: str) -> None:
        """On stdout only where Ansible itself writes for people."""
        self._display.display(text, stderr=constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK") not in STDOUT_IS_OURS)


def _variables(task_vars: dict, info: dict) -> dict:
    """Every variable that can be adopted: what this host has, or the role's default."""
    adopted = host.adopt(task_vars["inventory_hostname"], info)
    return {**role_defaults.adoptable(), **{name: variable.value for name, variable in adopted.variables.items()}}


def _groups(task_vars: dict) -> dict[str, list[str]]:
    return {str(name): [str(one) for one in hosts] for name, hosts in (task_vars.get("groups") or {}).items()}


def _fleet(options: dict, task_vars: dict) -> fleet.Fleet:
    groups = _groups(task_vars)
    if options["documents"] is not None:
        return fleet.of_documents(options["documents"], groups)
    documents, unread, findings = {}, {}, {}
    for name in map(str, task_vars.get("ansible_play_hosts_all") or ()):
        variables = task_vars["hostvars"][name]
        read = variables.get(READ) or {}
        if "info" not in read:
            unread[name] = str(read.get("msg") or NOT_READ)
            continue
        documents[name] = read["info"]
        findings[name] = ((variables.get(PROOF) or {}).get("drift") or {}).get("items")
    return fleet.of_documents(documents, groups, unread=unread, findings=findings)
