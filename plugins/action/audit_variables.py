# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the variables of this collection's roles. No module is launched and no host is contacted."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.plugin_utils import variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.role_values import Values


class ActionModule(ActionBase):
    """Everything happens on the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(
            argument_spec={
                "roles": {"type": "list", "elements": "str", "required": True, "choices": sorted(variables.SPECIFICATIONS)},
                "playbook": {"type": "str", "choices": sorted(variables.OF_PLAYBOOK)},
            },
        )
        values = Values(task_vars or {}, self._templar.template)
        result.update(changed=False, **variables.judge(self._task, values, options["roles"], options["playbook"]))
        return result
