# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare two sides by meaning. Everything happens on the controller."""

from __future__ import annotations

import json
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.compare import formats, sides
from ansible_collections.auditops.auditd.plugins.plugin_utils.compare.difference import Comparison
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import write_text

ARGUMENTS = {
    "left": {"type": "str", "required": True},
    "right": {"type": "str", "required": True},
    "left_info": {"type": "dict"},
    "right_info": {"type": "dict"},
    "dest": {"type": "str"},
    "fail_on": {"type": "str", "choices": ["never", "different", "unknown"], "default": "unknown"},
}
STDOUT_IS_OURS = ("default", "ansible.builtin.default")
FAILS = {"never": (), "different": ("different",), "unknown": ("different", "unknown")}


class ActionModule(ActionBase):
    """No module is launched."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            options["hosts"] = list(map(str, ((task_vars or {}).get("groups") or {}).get("all") or ()))
            found = sides.compare(options)
            written = {} if self._task.check_mode or not options["dest"] else _write(options, found)
        except (AuditError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        for line in formats.text(found).splitlines():
            self._display.display(line, stderr=constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK") not in STDOUT_IS_OURS)
        if found.status in FAILS[options["fail_on"]]:
            return {"changed": False, "files": written, "failed": True, "msg": formats.headline(found)}  # a failed task is printed whole
        return {"changed": False, "files": written, "comparison": json.loads(formats.as_json(found))}


def _write(options: dict, found: Comparison) -> dict:
    dest = Path(unfrackpath(options["dest"], follow=False))
    texts = {"compare.txt": formats.text(found), "compare.json": formats.as_json(found), "compare.html": formats.page(found)}
    compared_files = {Path(options[side]).expanduser().absolute() for side in ("left", "right") if options[f"{side}_info"] is None}
    for side in ("left", "right"):
        name = f"{side}.json"
        document = sides.document_of(options, side)
        if document is not None:
            texts[name] = json.dumps(document, indent=1, sort_keys=True) + "\n"
        elif dest / name not in compared_files:
            (dest / name).unlink(missing_ok=True)  # of an earlier comparison: a benchmark has no document
    return {name: str(write_text(dest / name, text)) for name, text in texts.items()}
