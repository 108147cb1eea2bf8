# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_drift on the host and spool its document on the controller, also where the host fails or is not reached."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands, host_library, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import spool as spools
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN

# Once for a run: the strategy loads this plugin before it forks a worker for each host.
PROGRAM = host_library.digests()
host_library.comparison(profiles=False)
BENCHMARKS = demands.packed()
COLLECTION = "auditops.auditd"
JUDGED = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_drift")
ON_CONTROLLER = ("report_dir", "phase", "fail_on")
POLICY = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "program")
FAIL_ON = tuple(word for word in gate.FAIL_ON if word != gate.NEW)


class ActionModule(ActionBase):
    """One remote task; everything else happens here."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        options = {name: self._task.args.get(name) for name in ON_CONTROLLER}
        phase = _choice("phase", options["phase"] or "now", drift_document.PHASES)
        host = task_vars["inventory_hostname"]
        # relative to where ansible-playbook was called, as its other options are
        spool = spools.Spool(unfrackpath(str(options["report_dir"]), follow=False)) if options["report_dir"] else None
        judgement = self._judge_variables(task_vars)
        if judgement.get("failed"):
            _spool_failure(spool, host, judgement["msg"], phase=phase)
            return judgement
        fail_on = _choice("fail_on", options["fail_on"] or gate.NEVER, FAIL_ON)
        try:
            arguments = _arguments(self._task.args)
            sent = {**arguments, "code": host_library.comparison(profiles=_chooses_profiles(arguments.get("audit_rules") or {}))}
            result = self._execute_module(module_name="auditops.auditd.audit_drift", module_args=sent, task_vars=task_vars)
        except AnsibleError as error:
            unreachable = isinstance(error, AnsibleConnectionFailure)
            _spool_failure(spool, host, getattr(error, "message", None) or str(error), phase=phase, unreachable=unreachable)
            raise
        if judgement:
            result["warnings"] = [*result.get("warnings", []), *judgement["warnings"]]
        if result.get("failed") or "drift" not in result:
            _spool_failure(spool, host, str(result.get("msg") or "the comparison gave no document"), phase=phase)
            return result
        policy = {name: arguments[name] for name in POLICY if arguments.get(name)}
        drift = result.pop("drift")
        head = {"schema": drift.pop("schema", None), "host": host, "run": RUN, "policy": {"digest": drift_document.digest(policy)}}
        result["drift"] = {**head, "phase": phase, **drift}
        unwritten = _write(spool, result, phase)
        if unwritten and phase != "before":
            return {"failed": True, "msg": unwritten}
        if unwritten:  # a full disk here is no reason to withhold the cure there
            result.setdefault("warnings", []).append(f"{unwritten}; the remediation goes on, and the report lacks what was before it")
        sentence = gate.worst(drift["items"], fail_on)
        if sentence:
            del result["drift"]  # a failed task is printed whole
            result.update(failed=True, msg=sentence)
        return result

    def _judge_variables(self, task_vars: dict) -> dict:
        """Where a role of ours compares, its variables are the policy; a task of somebody else brings its own."""
        role = getattr(self._task, "_role", None)
        if role is None or role._role_collection != COLLECTION:
            return {}
        return variables.judge(self, task_vars, JUDGED)


def _arguments(args: dict) -> dict:
    """What the module on the host gets: the policy, with the digests of the program and the library where they are needed."""
    arguments = {name: value for name, value in args.items() if name not in ON_CONTROLLER}
    if arguments.get("audit_rotation") and not arguments.get("program"):
        arguments["program"] = PROGRAM
    arguments.setdefault("benchmarks", BENCHMARKS)
    rules = arguments.get("audit_rules") or {}
    if _chooses_profiles(rules) or isinstance(rules.get("rules"), str):
        arguments["audit_rules"] = _with_library(rules)
    return arguments


def _chooses_profiles(rules: dict) -> bool:
    return any(rules.get(name) for name in ("profiles", "skip", "filters"))


def _with_library(policy: dict) -> dict:
    """Only where something of the library is chosen."""
    from ansible_collections.auditops.auditd.plugins.plugin_utils import controls  # 25 ms that no other run needs (measured)

    try:
        return controls.with_library(policy)
    except AuditError as error:
        raise AnsibleActionFail(str(error)) from error


def _write(spool: spools.Spool | None, result: dict, phase: str) -> str:
    """Spool the document of a result; the sentence where that is not possible."""
    if spool is not None:
        try:
            result["path"] = spool.write(result["drift"], phase=phase)
        except (AuditError, OSError) as error:
            return spools.cannot_write(result["drift"]["host"], error)
    return ""


def _spool_failure(spool: spools.Spool | None, host: str, reason: str, *, phase: str, unreachable: bool = False) -> None:
    """The failure of the task is what its user has to see; one that cannot be written down as well adds nothing to it."""
    if spool is None:
        return
    try:
        spool.fail(host, reason, run=RUN, phase="after" if phase == "after" else "now", unreachable=unreachable)
    except (AuditError, OSError):
        return


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise AnsibleActionFail(f"{name}: {value} is none of {', '.join(choices)}")
    return str(value)
