# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the rotation in one remote task: the program's text travels with the module's arguments."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library, host_warnings


class ActionModule(ActionBase):
    """Adds the program of this checkout to the arguments; all else happens on the host."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        result = host_library.installed_by("audit_rotation", self, task_vars)
        host_warnings.name_host(result, (task_vars or {}).get("inventory_hostname", "?"))
        return result
