# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module ends, and what the journal says of its start. The AnsibleModule is handed in: nothing here imports Ansible."""

from ._arguments import invocation
from ._diff import rooted
from ._errors import AuditError
from ._utf8 import as_text


class NamesItsInput(object):
    """Beside AnsibleModule: the line in the journal names what the module was given, and not the whole of it."""

    def _log_invocation(self):
        self.log(invocation(self.params))  # type: ignore[attr-defined]


def finish(module, run):
    """End the module with the result of ``run(module)``, a dict, or with the sentence of the AuditError that it raises."""
    try:
        module.exit_json(**as_text(rooted(run(module), module.params.get("root") or "/")))
    except AuditError as error:
        module.fail_json(**as_text(dict(error.details, msg=str(error))))
