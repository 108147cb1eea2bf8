# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the checker in one remote task: the program's text travels with the module's arguments, and so does the role's policy."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.module_utils._check import kept
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments, host_library, resident, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.role_values import Values


class ActionModule(ActionBase):
    """Adds the program of this checkout to the arguments, and the policy where the host is to compare itself with it."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        if variables.is_of_our_role(self._task) and checker.is_scheduled(arguments) and "policy" not in arguments:
            arguments["policy"] = _policy(Values(task_vars, self._templar.template), task_vars["inventory_hostname"])
        return host_library.installed_by("audit_check", self, task_vars, arguments)


def _policy(values: Values, host: str) -> str:
    """What drift would keep on this host, for the system itself also where a tree of it is worked on."""
    arguments = drift_arguments.for_host({**drift_arguments.of_roles(values), "root": "/"})
    try:
        return kept.text_of(resident.Request(arguments, host, drift_arguments.identity(arguments)).whole)
    except resident.Unusable as error:
        raise AnsibleActionFail(f"audit_check_schedule: the host cannot compare itself with this policy: {error}") from error
