# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the rotation in one remote task: the program's text travels with the module's arguments."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library


class ActionModule(ActionBase):
    """Adds the program of this checkout to the arguments; all else happens on the host."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "present") != "absent" and not arguments.get("program"):
            arguments["program"] = host_library.sources()
        result = self._execute_module(module_name="auditops.auditd.audit_rotation", module_args=arguments, task_vars=task_vars)
        result.get("invocation", {}).get("module_args", {}).pop("program", None)  # 100 KB that nobody wants to read
        return result
