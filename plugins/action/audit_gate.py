# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say on the controller what a run failed with on a host, and fail it there, after the report. No host is contacted."""

from __future__ import annotations

from ansible import context
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible.utils.vars import load_extra_vars
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate, history, refusals, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import spool as spools
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.document import file_name
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool

SAID = "this host was refused, and nothing was changed; the reason stands at the task that refused it, and in the report"
OVERWRITTEN = ("another run has written over what this run wrote of the host, so it is not known here; give each of two runs that go on at "
               "the same time a directory of its own (audit_drift_report_dir)")
STEPS = ("variables", "failure", "host", "batch")
ARGUMENTS = {
    "step": {"type": "str", "required": True, "choices": list(STEPS)},
    "report_dir": {"type": "str"},
    "reason": {"type": "str", "default": ""},
    "fail_on": {"type": "str", "default": gate.NEVER, "choices": list(gate.FAIL_ON)},
    "fail_on_layers": {"type": "list", "elements": "str", "default": []},
    "refused": {"type": "list", "elements": "dict", "default": []},
    "remediates": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Everything happens on the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        self._task.args = refusals.without_refused(self._task.args, {"fail_on": ARGUMENTS["fail_on"]})
        required = [("step", step, ["report_dir"]) for step in ("failure", "host")]
        _spec, options = self.validate_argument_spec(argument_spec=ARGUMENTS, required_if=required)
        if options["step"] == "variables":
            return self._judge_play(task_vars, remediates=options["remediates"])
        if options["step"] == "batch":
            sentence = options["reason"]
        elif not options["report_dir"]:
            sentence = options["reason"] or spools.NO_DIRECTORY
        else:
            spool, host = Spool(unfrackpath(options["report_dir"], follow=False)), task_vars["inventory_hostname"]
            sentence = _note(spool, host, options["reason"]) if options["step"] == "failure" else _judge(spool, host, options)
        return {"changed": False, "failed": True, "msg": sentence} if sentence else {"changed": False}

    def _judge_play(self, task_vars: dict, *, remediates: bool) -> dict:
        """The result for what a play was given: variables, tags, sizes of its batches."""
        # import_playbook with vars gives them to the play itself, whose keywords see them as they see extra variables
        in_force = {**self._task.get_play().get_vars(), **load_extra_vars(self._loader)}
        run_tags, skip_tags = (task_vars.get(f"ansible_{which}_tags", ()) for which in ("run", "skip"))
        sentence = (gate.not_in_force(task_vars, in_force)
                    or variables.mistyped_tags([*run_tags, *skip_tags], are_all_ours=remediates and _is_run_alone())
                    or gate.no_batches(self._templar.template(task_vars.get("audit_serial", "100%")))
                    or gate.no_percentage(self._templar.template(task_vars.get("audit_max_fail_percentage", 100))))
        if sentence:
            return {"changed": False, "failed": True, "msg": sentence}
        warning = variables.tags_of_no_step(run_tags, skip_tags) if remediates else ""
        return {"changed": False, **({"warnings": [warning]} if warning else {})}


def _is_run_alone() -> bool:
    """Whether ansible-playbook was called with nothing but playbooks of this collection, so that no tag is meant for others."""
    books = context.CLIARGS.get("args") or ()
    return bool(books) and all(str(book).startswith(f"{variables.COLLECTION}.") for book in books)


def _note(spool: Spool, host: str, reason: str) -> str:
    """Write down what the run failed with; the host fails later, after the report."""
    reason = reason or "a task failed on this host"
    try:
        spool.fail(host, reason, run=RUN, phase="after", keeps_last_word=True)
    except (AuditError, OSError) as error:
        # nobody can read it up later, so the host fails here
        return summary.plain(f"{summary.one_line(reason)}; and {spools.cannot_write(host, error)}", 2000)
    return ""


def _judge(spool: Spool, host: str, options: dict) -> str:
    """The sentence that fails the host. AnsibleConnectionFailure for one that was not reached, so that Ansible counts it as that."""
    document = spool.of_run(host, RUN)
    if document is None:
        return _without_document(spool, host, options)
    if document.get("error"):
        sentence = summary.plain(summary.one_line(document["error"]), 2000)
        if document.get("unreachable"):
            raise AnsibleConnectionFailure(sentence)
        if options["reason"]:
            return summary.plain(refusals.in_words(host, options["reason"], options["refused"]), 2000)
        return SAID if refusals.is_refusal(document["error"]) else sentence
    if options["fail_on"] != gate.NEW:
        return summary.plain(gate.worst(document["items"], options["fail_on"], options["fail_on_layers"]), 2000)
    # asked of each host alone: under the strategy free the report may be older than the host's own document
    new = history.new_findings(spool.directory / history.FOLDER, host, document["items"], RUN)
    return summary.plain(gate.new_in_words(new, document["items"], options["fail_on_layers"]), 2000)


def _without_document(spool: Spool, host: str, options: dict) -> str:
    """What a host fails with of which this run wrote no document, or of which another run has written one since."""
    if options["reason"]:
        return summary.plain(refusals.in_words(host, options["reason"], options["refused"]), 2000)
    note = spool.noted(RUN["id"]).get(file_name(host))
    if note is None:
        return "this run wrote no document of the host, so nothing is known of it; the task that compared it says why"
    if options["fail_on"] == gate.NEVER and publish.is_finished(note) and note[1] != spools.FAILED:
        return ""
    return OVERWRITTEN
