# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_rules on the host, with the benchmark library where the task names profiles: the host has no copy of it."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, host_warnings


class ActionModule(ActionBase):
    """One remote task, as without this plugin."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        try:
            arguments = controls.with_library(self._task.args)
        except AuditError as error:
            raise AnsibleActionFail(str(error)) from error
        result = self._execute_module(module_name="auditops.auditd.audit_rules", module_args=arguments, task_vars=task_vars)
        host_warnings.name_host(result, (task_vars or {}).get("inventory_hostname", "?"))
        return result
