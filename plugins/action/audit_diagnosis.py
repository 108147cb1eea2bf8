# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_diagnosis on the host, and keep on the controller what it found, for reports."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import spool as spools
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import stopped
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN

LAST_CHARACTERS = 300


def _why(result: dict) -> str:
    """The message of a failure, with the last words of a host whose Python could not even start the module."""
    words = " ".join(str(result.get("module_stderr") or result.get("module_stdout") or "").split())
    return ": ".join(filter(None, (str(result.get("msg") or "the module failed").rstrip(". "), words[-LAST_CHARACTERS:])))


class ActionModule(ActionBase):
    """One remote task; the file is written here."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        directory = arguments.pop("report_dir", None)
        result = self._execute_module(module_name="auditops.auditd.audit_diagnosis", module_args=arguments, task_vars=task_vars)
        if result.get("failed"):
            result["msg"] = _why(result)
        if directory and not result.get("failed") and "diagnosis" in result:
            host = task_vars["inventory_hostname"]
            spool = spools.Spool(unfrackpath(str(directory), follow=False))
            try:
                result["path"] = spool.write_stop(stopped.document(host, result, run=RUN))
            except (AuditError, OSError) as error:  # what was found is shown all the same
                result["warnings"] = [*result.get("warnings", []), spools.cannot_write(host, error)]
        return result
