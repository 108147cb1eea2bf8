# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit_drift on the host and spool its document on the controller, also where the host fails or is not reached."""

from __future__ import annotations

import shlex

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments, host_library, resident, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import spool as spools
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN
from ansible_collections.auditops.auditd.plugins.plugin_utils.role_values import EXPRESSION, Values

JUDGED = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "audit_drift")
OWN = ("audit_drift",)
USE = ("auto", "always", "never")
RESIDENT, SENT, PUSHED = "audit-check", "code", "module"
DAY = 86400
FAIL_ON = tuple(word for word in gate.FAIL_ON if word != gate.NEW)


class ActionModule(ActionBase):
    """One remote task; everything else happens here."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        values = Values(task_vars, self._templar.template) if variables.is_of_our_role(self._task) else None
        # module_defaults are among the arguments; like options of a task, our role's variables win over them
        given = {**self._task.args, **drift_arguments.of_roles(values)} if values else self._task.args
        options = {name: given.get(name) for name in drift_arguments.ON_CONTROLLER}
        phase = _choice("phase", options["phase"] or "now", drift_document.PHASES)
        host = task_vars["inventory_hostname"]
        # relative to where ansible-playbook was called, as its other options are
        spool = spools.Spool(unfrackpath(str(options["report_dir"]), follow=False)) if options["report_dir"] else None
        judgement = variables.judge(self._task, values, JUDGED) if values else {}
        if judgement.get("failed"):
            is_noted = _spool_failure(spool, host, judgement["msg"], phase=phase)
            if is_noted and values is not None and _is_said_later(values):
                return {"changed": False, "refused": judgement["msg"], "warnings": judgement.get("warnings", [])}
            return judgement
        fail_on = _choice("fail_on", options["fail_on"] or gate.NEVER, FAIL_ON)
        try:
            arguments = drift_arguments.for_host(given)
            policy = drift_arguments.identity(arguments)
            result = self._compare(arguments, options, policy, task_vars)
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
        return _spooled(result, spool, phase=phase, fail_on=fail_on)

    def _compare(self, arguments: dict, options: dict, policy: dict, task_vars: dict) -> dict:
        """By the checker of the host where it has one that counts, else by the module; C(way) of the result says which."""
        use = _choice("use", options["use"] or "auto", USE)
        why_pushed, warnings = "use is never", []
        if use != "never":
            try:
                return {**self._ask_checker(arguments, options, policy, task_vars), "way": RESIDENT}
            except resident.Unusable as error:
                why_pushed = f"audit-check of the host was not used: {error}"
                warnings = [why_pushed] if error.is_odd else []
            if use == "always":
                return {"failed": True, "changed": False, "way": RESIDENT, "msg": why_pushed + "; use (audit_check_use) is always"}
        try:
            return {**self._send_code(arguments, policy, task_vars), "way": SENT, "why_pushed": why_pushed, "warnings": warnings}
        except resident.Unusable as error:
            if error.is_odd:
                warnings = [*warnings, f"the code that was sent was not used: {error}"]
        sent = {**drift_arguments.whole(arguments), "code": host_library.comparison()}
        result = self._execute_module(module_name="auditops.auditd.audit_drift", module_args=sent, task_vars=task_vars)
        return {**_as_whole(result), "way": PUSHED, "why_pushed": why_pushed, "warnings": [*result.get("warnings", []), *warnings]}

    def _ask_checker(self, arguments: dict, options: dict, policy: dict, task_vars: dict) -> dict:
        """The result of the checker that lies on the host; Unusable where its answer does not count."""
        # before and after a remediation it is this moment that counts
        collects = boolean(options["collect"] or False, strict=False) and (options["phase"] or "now") == "now"
        request = resident.Request(
            arguments, task_vars["inventory_hostname"], policy,
            keep=checker.is_scheduled(arguments.get("audit_check") or {}) and not self._task.check_mode,
            max_age=_seconds("max_age", DAY if options["max_age"] is None else options["max_age"]) if collects else None,
            interpreter=self._interpreter(task_vars))
        command = resident.ASK.format(self._environment())
        on_command_line = None if self._task.no_log or self._gives_stdin() else request.on_command_line()
        if on_command_line:  # one round trip; a file takes four
            said = self._low_level_execute_command(on_command_line + "{ " + command + "; }")
        else:
            said = self._with_stdin(command, request.text.encode())
        return resident.drift(said["stdout"], request, said["stderr"])

    def _send_code(self, arguments: dict, policy: dict, task_vars: dict) -> dict:
        """The result of a Python of the host that gets the code on its stdin; Unusable where that is not possible or does not count."""
        interpreter = self._interpreter(task_vars)
        request = resident.Request(arguments, task_vars["inventory_hostname"], policy, interpreter=interpreter, sends_code=True)
        python = shlex.quote(interpreter) if interpreter else resident.first_of(_pythons(task_vars))
        command = resident.SEND.format(self._environment(), python)
        said = self._with_stdin(command, request.with_code())
        return resident.drift(said["stdout"], request, said["stderr"])

    def _interpreter(self, task_vars: dict) -> str | None:
        """The Python that the inventory or ansible.cfg names for this host, or that Ansible has found on it, None where it has to look."""
        named = constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
        if EXPRESSION.search(str(named)):
            named = self._templar.template(named)
        if str(named).startswith("auto"):
            return task_vars.get("ansible_facts", {}).get("discovered_interpreter_python")
        if not str(named).startswith("/"):
            raise resident.Unusable(f"ansible_python_interpreter is no absolute path: {named}")
        return str(named)

    def _gives_stdin(self) -> bool:
        return self._is_pipelining_enabled("new")

    def _with_stdin(self, command: str, sent: bytes) -> dict:
        """What a command of the host wrote that read this: from its stdin, or from a file where the connection gives it none.

        The file lies where Ansible would lay a module, in a directory of its own, and goes with it at the end of the task.
        """
        if self._gives_stdin():
            return self._low_level_execute_command(command, in_data=sent)
        try:
            path = self._connection._shell.join_path(self._make_tmp_path(), "request")
            self._transfer_data(path, sent)
            self._fixup_perms2((self._connection._shell.tmpdir, path), execute=False)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise resident.Unusable(f"the request cannot be laid on the host: {error}", is_odd=True) from error
        return self._low_level_execute_command(f"{{ {command}; }} < {shlex.quote(path)}")

    def _environment(self) -> str:
        """The variables of the task's environment before a command."""
        words = self._compute_environment_string().strip()
        return words + " " if words else ""


def _as_whole(result: dict) -> dict:
    """The result of a module, failed where its document is none."""
    try:
        drift_document.refuse_malformed(result.get("drift") or {})
    except (ValueError, AttributeError) as error:
        return {"failed": True, "changed": False, "msg": f"the host answered with a document that is not whole: {error}"}
    return result


def _pythons(task_vars: dict) -> list[str]:
    """What Ansible looks for on a host where nobody names a Python, the first one first."""
    return list(constants.config.get_config_value("INTERPRETER_PYTHON_FALLBACK", variables=task_vars))


def _spooled(result: dict, spool: spools.Spool | None, *, phase: str, fail_on: str) -> dict:
    """The result with its document written, or failed: where that is not possible, or for findings that ``fail_on`` names."""
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


def _write(spool: spools.Spool | None, result: dict, phase: str) -> str:
    """Spool the document of a result; the sentence where that is not possible."""
    if spool is not None:
        try:
            result["path"] = spool.write(result["drift"], phase=phase)
        except (AuditError, OSError) as error:
            return spools.cannot_write(result["drift"]["host"], error)
    return ""


def _spool_failure(spool: spools.Spool | None, host: str, reason: str, *, phase: str, unreachable: bool = False) -> bool:
    """Whether it is written down. The failure of the task is what its user has to see; that it cannot be written adds nothing to it."""
    if spool is None:
        return False
    try:
        spool.fail(host, reason, run=RUN, phase="after" if phase == "after" else "now", unreachable=unreachable)
    except (AuditError, OSError):
        return False
    return True


def _is_said_later(values: Values) -> bool:
    """Whether the play fails its hosts behind the report, where a reason is given once for all; with wrong options there is no report."""
    return bool(values.variables.get("__audit_drift_is_judged_later")) and not variables.problems(variables.read(values, OWN), OWN)


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise AnsibleActionFail(f"{name}: {value} is none of {', '.join(choices)}")
    return str(value)


def _seconds(name: str, value: object) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise AnsibleActionFail(f"{name}: {value} is no number of seconds")
    return int(text)
