# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run auditd_conf on the host, with what benchmarks demand of settings where the task names profiles: the host has no copy of it."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands, host_warnings

# Once for a run: the strategy loads this plugin before it forks a worker for each host.
BENCHMARKS = demands.packed()


class ActionModule(ActionBase):
    """One remote task, as without this plugin."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("profiles"):
            arguments.setdefault("benchmarks", BENCHMARKS)
        result = self._execute_module(module_name="auditops.auditd.auditd_conf", module_args=arguments, task_vars=task_vars)
        host_warnings.name_host(result, (task_vars or {}).get("inventory_hostname", "?"))
        return result
