# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_drift on the host and spool its document on the controller."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.plugin_utils import rotation_program

# Once for a run: the strategy loads this plugin before it forks a worker for each host.
PROGRAM = rotation_program.digests()
PHASES = ("now", "before", "after")
SEVERITIES = ("info", "low", "medium", "high", "critical")
ON_CONTROLLER = ("report_dir", "phase", "fail_on")


class ActionModule(ActionBase):
    """One remote task; everything else happens here."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        options = {name: self._task.args.get(name) for name in ON_CONTROLLER}
        phase = _choice("phase", options["phase"] or "now", PHASES)
        fail_on = _choice("fail_on", options["fail_on"] or "never", ("never", *SEVERITIES))
        arguments = {name: value for name, value in self._task.args.items() if name not in ON_CONTROLLER}
        if arguments.get("audit_rotation") and not arguments.get("program"):
            arguments["program"] = PROGRAM
        rules = arguments.get("audit_rules") or {}
        if rules.get("profiles") or isinstance(rules.get("rules"), str):
            arguments["audit_rules"] = _with_library(arguments["audit_rules"])
        result = self._execute_module(module_name="auditops.auditd.audit_drift", module_args=arguments, task_vars=task_vars)
        if result.get("failed") or "drift" not in result:
            return result
        host = task_vars["inventory_hostname"]
        drift = result["drift"] = {"schema": result["drift"].pop("schema", None), "host": host, **result["drift"]}
        if options["report_dir"]:
            from ansible_collections.auditops.auditd.plugins.plugin_utils import report

            try:
                result["path"] = report.spool(self._path(options["report_dir"]), host, drift, phase)
            except OSError as error:
                raise AnsibleActionFail(f"report_dir: cannot write the document of {host} to {error.filename}: {error.strerror}") from error
        worst = [item for item in drift["items"] if fail_on != "never" and SEVERITIES.index(item["severity"]) >= SEVERITIES.index(fail_on)]
        if worst:
            result["failed"] = True
            result["msg"] = f"{len(worst)} findings of severity {fail_on} or above, the first: {worst[0]['id']}: {worst[0]['why']}"
        return result

    def _path(self, path):
        """Relative to where ansible-playbook was called, as its other options are."""
        from ansible.utils.path import unfrackpath

        return unfrackpath(str(path), follow=False)


def _with_library(policy):
    """Only where a profile is chosen: nothing else needs the library or what reads it."""
    from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
    from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

    try:
        return controls.with_library(policy)
    except AuditError as error:
        raise AnsibleActionFail(str(error)) from error


def _choice(name, value, choices):
    if value not in choices:
        raise AnsibleActionFail(f"{name}: {value} is none of {', '.join(choices)}")
    return value
