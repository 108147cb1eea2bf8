# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish the drift documents of a fleet. No module is launched and no host is contacted."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath


class ActionModule(ActionBase):
    """Everything happens on the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
        from ansible_collections.auditops.auditd.plugins.plugin_utils import report, report_formats

        super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(
            argument_spec={
                "report_dir": {"type": "str", "required": True},
                "formats": {"type": "list", "elements": "str", "default": ["json", "html"]},
                "hosts": {"type": "list", "elements": "str"},
                "failed": {"type": "list", "elements": "str"},
            },
        )
        report_dir = unfrackpath(options["report_dir"], follow=False)
        try:
            fleet = report.load(report_dir, options["hosts"], options["failed"])
            files = report_formats.write(fleet, report_dir, options["formats"])
        except AuditError as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"report_dir: cannot use {error.filename or report_dir}: {error.strerror}") from error
        dest = files.get("html") or next(iter(files.values()), report_dir)
        summary = report.summary(fleet)
        self._display.display(f"{summary}\nReport: {dest}")
        return {
            "changed": False,
            "dest": dest,
            "files": files,
            "summary": summary,
            "counts": fleet.counts,
            "before_counts": fleet.before_counts,
            "severities": fleet.severities,
            "stopping": [host.name for host in fleet.stopping],
            "left_out": [{"file": name, "reason": reason} for name, reason in fleet.problems],
        }
