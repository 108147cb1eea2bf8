# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish the drift documents of a fleet. No module is launched and no host is contacted."""

from __future__ import annotations

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate, refusals
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import NO_DIRECTORY
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import table
from ansible_collections.auditops.auditd.plugins.plugin_utils.role_values import Values

ARGUMENTS: dict[str, dict] = {
    "report_dir": {"type": "str"},
    "sources": {"type": "list", "elements": "str"},
    "dest": {"type": "str"},
    "formats": {"type": "list", "elements": "str", "default": ["json", "html"]},
    "history": {"type": "bool", "default": True},
    "fail_on": {"type": "str", "default": gate.NEVER, "choices": list(gate.FAIL_ON)},
    "fail_on_layers": {"type": "list", "elements": "str", "default": []},
    "hosts": {"type": "list", "elements": "str"},
    "failed": {"type": "list", "elements": "str", "default": []},
    "play_hosts": {"type": "list", "elements": "str", "default": []},
    "forget": {"type": "str", "default": "never"},
    "stops_of_days": {"type": "int", "default": 30},
    "serial": {"type": "raw", "default": "100%"},
    "max_fail_percentage": {"type": "float", "default": 100.0},
}
# {option: the variable that has it}. Read here: as expressions in the task of our role they cost each run 12 ms (measured)
OF_ROLES = {
    "report_dir": "audit_drift_report_dir",
    "formats": "audit_drift_formats",
    "history": "audit_drift_history",
    "fail_on": "audit_drift_fail_on",
    "fail_on_layers": "__audit_drift_layers",
    "forget": "audit_drift_forget",
    "stops_of_days": "audit_drift_stops_of_days",
    "play_hosts": "ansible_play_hosts_all",
    "serial": "audit_serial",
    "max_fail_percentage": "audit_max_fail_percentage",
}
# Where these name something undefined, the defaults are taken: neither a batch nor a format is worth a report that is withheld
LEFT_OUT = ("formats", "serial", "max_fail_percentage")
# The options whose variables the comparison has judged. A format that only a task asks for is judged where reports are written
JUDGED = {**{name: ARGUMENTS[name] for name in ("fail_on", "stops_of_days")},
          "formats": {**ARGUMENTS["formats"], "choices": list(table.FORMATS)}}
MOST_LISTED = 100  # of a list of the result, which travels through the controller for each host; the report has them all
STDOUT_IS_OURS = ("default", "ansible.builtin.default")


class ActionModule(ActionBase):
    """Everything happens on the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        if variables.is_of_our_role(self._task):
            # module_defaults are among the arguments; like options of a task, our role's variables win over them
            self._task.args = {**self._task.args, **_of_role(Values(task_vars or {}, self._templar.template))}
        if self._task.args.get("play_hosts"):
            self._task.args = refusals.without_refused(self._task.args, JUDGED)
        _spec, options = self.validate_argument_spec(argument_spec=ARGUMENTS, required_one_of=[["report_dir", "sources"]])
        if not (options["report_dir"] or options["sources"]):
            if not options["play_hosts"]:
                raise AnsibleActionFail(NO_DIRECTORY)
            return {"changed": False, "skipped": True}  # the comparison has refused that for every host
        if options["fail_on"] == gate.NEW and not options["history"]:
            raise AnsibleActionFail("fail_on: new needs history: without it nothing is ever new")
        request = _request(options, task_vars or {}, each_host_publishes=_strategy(self._task) != "linear")
        try:
            published = publish.publish(request, self._say)
        except AuditError as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"report_dir: cannot use {error.filename or request.dest}: {error.strerror}") from error
        dest = published.files.get("html") or next(iter(published.files.values()), request.dest)
        if published.files:
            self._say(f"Report: {dest}")
        result = _result(published, dest)
        if request.each_host_publishes:
            result["held"] = max(result["held"], 1)  # no host may end the batch of the others; each asks for itself
        if published.held and not options["play_hosts"]:
            result.update(failed=True, msg="; ".join(publish.held_lines(published.held)))
        return result

    def _say(self, text: str) -> None:
        """On stdout only where Ansible itself writes for people: another callback's output (json, say) is read by a program."""
        self._display.display(text, stderr=constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK") not in STDOUT_IS_OURS)


def _of_role(values: Values) -> dict:
    """The options as the variables of our role give them."""
    given = {}
    for option, name in OF_ROLES.items():
        if name not in values.variables:
            continue
        try:
            given[option] = values.named(name)
        except AnsibleError:
            if option not in LEFT_OUT:
                raise
    return given


def _request(options: dict, task_vars: dict, *, each_host_publishes: bool) -> publish.Request:
    sources = [unfrackpath(path, follow=False) for path in options["sources"] or [options["report_dir"]]]
    groups = {str(name): [str(host) for host in hosts] for name, hosts in (task_vars.get("groups") or {}).items()}
    play_hosts = [str(host) for host in options["play_hosts"]]
    return publish.Request(
        sources=sources,
        dest=unfrackpath(options["dest"] or options["report_dir"] or sources[0], follow=False),
        formats=options["formats"],
        hosts=options["hosts"],
        failed=options["failed"],
        inventory=groups.get("all", []),
        groups=groups,
        run=RUN if play_hosts else None,
        play_hosts=play_hosts,
        batch=[str(host) for host in task_vars.get("ansible_play_batch") or play_hosts] if play_hosts else [],
        alive=[str(host) for host in task_vars.get("ansible_play_hosts") or []],
        each_host_publishes=each_host_publishes and bool(play_hosts),
        history=options["history"],
        forget_days=_days(options["forget"]),
        stops_of_days=options["stops_of_days"],
        policy=gate.Policy(
            options["fail_on"], tuple(options["fail_on_layers"]), gate.read_serial(options["serial"]), options["max_fail_percentage"]),
    )


def _days(value: str) -> int | None:
    if value == "never":
        return None
    if not value.isdigit():
        raise AnsibleActionFail(f"forget: {value} is neither never nor a number of days")
    return int(value)


def _strategy(task: object) -> str:
    """The strategy of the task's play: under free and its like run_once is ignored, and each host publishes."""
    play = getattr(getattr(task, "_parent", None), "_play", None)
    return str(getattr(play, "strategy", "linear")).rpartition(".")[2]


def _result(published: publish.Published, dest: str) -> dict:
    fleet = published.fleet
    failed = sum(bool(host.error) for host in fleet.hosts if host.in_run)
    held = len(published.held) + len(published.unwritten) + failed + bool(published.stop)
    return {
        "changed": False,
        "dest": dest,
        "files": published.files,
        "summary": published.summary,
        "counts": fleet.counts,
        "before_counts": fleet.before_counts,
        "severities": fleet.severities,
        "stopping": [host.name for host in fleet.stopping_now[:MOST_LISTED]],
        "stopping_count": len(fleet.stopping_now),
        "left_out": [{"file": name, "reason": reason} for name, reason in fleet.problems[:MOST_LISTED]],
        "left_out_count": len(fleet.problems),
        "compared": {"in_run": fleet.in_run, "finished": fleet.finished, "expected": fleet.expected},
        "stopped": published.stop,
        "held": held,
        "refused": refusals.shared(fleet, published.batch),
    }
