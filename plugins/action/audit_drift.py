# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_drift on the host and spool its document on the controller, also where the host fails or is not reached."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands, host_library, resident, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import spool as spools
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN

# Once for a run: the strategy loads this plugin before it forks a worker for each host.
PROGRAM = host_library.digests()
BENCHMARKS = demands.packed()
COLLECTION = "auditops.auditd"
JUDGED = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "audit_drift")
ON_CONTROLLER = ("report_dir", "phase", "fail_on", "use", "collect", "max_age")
POLICY = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "program")
USE = ("auto", "always", "never")
RESIDENT, PUSHED = "audit-check", "module"
DAY = 86400
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
            policy = {"digest": drift_document.digest({name: arguments[name] for name in POLICY if arguments.get(name)})}
            result = self._compare(arguments, policy, task_vars)
        except AnsibleError as error:
            unreachable = isinstance(error, AnsibleConnectionFailure)
            _spool_failure(spool, host, getattr(error, "message", None) or str(error), phase=phase, unreachable=unreachable)
            raise
        if judgement:
            result["warnings"] = [*result.get("warnings", []), *judgement["warnings"]]
        if result.get("failed") or "drift" not in result:
            _spool_failure(spool, host, str(result.get("msg") or "the comparison gave no document"), phase=phase)
            return result
        drift = result.pop("drift")
        head = {"schema": drift.pop("schema", None), "host": host, "run": RUN, "policy": policy}
        result["drift"] = {**head, "phase": phase, **{name: value for name, value in drift.items() if name not in (*head, "phase")}}
        unwritten = _write(spool, result, phase)
        if unwritten and phase != "before":
            return {"failed": True, "msg": unwritten}
        if unwritten:  # a full disk here is no reason to withhold the cure there
            result.setdefault("warnings", []).append(f"{unwritten}; the remediation goes on, and the report lacks what was before it")
        sentence = gate.worst(result["drift"]["items"], fail_on)
        if sentence:
            del result["drift"]  # a failed task is printed whole
            result.update(failed=True, msg=sentence)
        return result

    def _compare(self, arguments: dict, policy: dict, task_vars: dict) -> dict:
        """By the checker of the host where it has one that counts, else by the module; C(way) of the result says which."""
        use = _choice("use", self._task.args.get("use") or "auto", USE)
        why_pushed, warnings = "use is never", []
        if use != "never":
            try:
                return {**self._ask_checker(arguments, policy, task_vars), "way": RESIDENT}
            except resident.Unusable as error:
                why_pushed = f"audit-check of the host was not used: {error}"
                warnings = [why_pushed] if error.is_odd else []
            if use == "always":
                return {"failed": True, "changed": False, "way": RESIDENT, "msg": why_pushed + "; use (audit_check_use) is always"}
        sent = {**arguments, "code": host_library.comparison()}
        result = self._execute_module(module_name="auditops.auditd.audit_drift", module_args=sent, task_vars=task_vars)
        if warnings:
            result["warnings"] = [*result.get("warnings", []), *warnings]
        return {**result, "way": PUSHED, "why_pushed": why_pushed}

    def _ask_checker(self, arguments: dict, policy: dict, task_vars: dict) -> dict:
        """The result of the checker that lies on the host; Unusable where its answer does not count."""
        collects = boolean(self._task.args.get("collect") or False, strict=False)
        request = resident.Request(
            arguments, task_vars["inventory_hostname"], policy,
            keep=checker.is_scheduled(arguments.get("audit_check") or {}) and not self._task.check_mode,
            max_age=_seconds("max_age", self._task.args.get("max_age", DAY)) if collects else None,
            interpreter=_interpreter(task_vars))
        environment = self._compute_environment_string()
        command = resident.ASK.format(environment.strip() + " " if environment.strip() else "")
        sent = None
        if self._connection.is_pipelining_enabled(False):
            sent = request.text.encode()
        elif self._task.no_log:
            raise resident.Unusable("with no_log the policy may not be on a command line, and this connection gives no stdin (pipelining)")
        else:
            command = request.on_command_line() + "{ " + command + "; }"
        said = self._low_level_execute_command(command, in_data=sent)
        return resident.drift(said["stdout"], request, said["stderr"])

    def _judge_variables(self, task_vars: dict) -> dict:
        """Where a role of ours compares, its variables are the policy; a task of somebody else brings its own."""
        role = getattr(self._task, "_role", None)
        if role is None or role._role_collection != COLLECTION:
            return {}
        return variables.judge(self, task_vars, JUDGED)


def _interpreter(task_vars: dict) -> str | None:
    """The Python that the inventory names for this host, None where Ansible finds one itself."""
    named = task_vars.get("ansible_python_interpreter")
    return str(named) if str(named).startswith("/") and len(str(named).split()) == 1 else None


def _arguments(args: dict) -> dict:
    """What the module on the host gets: the policy, with the digests of the program and the library where they are needed."""
    arguments = {name: value for name, value in args.items() if name not in ON_CONTROLLER}
    for name in ("audit_check", "audit_shipping"):
        if not arguments.get(name):
            arguments.pop(name, None)  # an empty policy asks for nothing
    if (arguments.get("audit_rotation") or arguments.get("audit_check")) and not arguments.get("program"):
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


def _seconds(name: str, value: object) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise AnsibleActionFail(f"{name}: {value} is no number of seconds")
    return int(text)
