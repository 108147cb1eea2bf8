#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_rotation
short_description: Install the time-based rotation of the audit log, run it once and verify its archives
version_added: 1.0.0
description:
  - Installs the program C(audit-rotate), its configuration C(/etc/audit/rotate.conf) and a schedule, by cron or by systemd timers.
  - The program makes auditd rotate and proves it, gives rotated logs a name of their own, compresses them, compares byte for byte and
    deletes what the policy allows. A crash or a full disk at any moment loses no record. See C(audit-rotate --help).
  - The program works in no directory that others can write to, so write bits of group and others and owners other than root are taken
    from the log directory and the logs. What has an access control list keeps its mode.
  - One task installs everything. Where a file cannot be written, those that were are put back.
  - Needs nothing on the host but Python, and a cron daemon or systemd.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The program's own files are named without their text.
  idempotent:
    support: full
options:
  root:
    description:
      - Work on the system below this directory, for example an image that is being built, instead of the running one. O(run) archives the
        logs that lie there.
    type: path
    default: /
  state:
    description:
      - V(absent) removes the program, its configuration, its schedule and the stamps of its timers. Logs and archives stay.
      - A warning says so where C(max_log_file_action) in auditd.conf then leaves the log without a bound.
    type: str
    choices: [present, absent]
    default: present
  config:
    description:
      - The keys of C(rotate.conf) and their values. What is not named has the default that C(audit-rotate --help) says.
    type: dict
    default: {}
  schedule:
    description:
      - V(hourly), V(daily), V(weekly), V(monthly) or the five fields of crontab(5).
      - The words are spread over a fleet, by a minute that each host computes from its machine-id. A cron expression is taken as it is.
    type: str
    default: daily
  scheduler:
    description:
      - V(auto) takes cron where a cron daemon is installed and not switched off, else systemd. The files of the other one are removed.
    type: str
    choices: [auto, cron, systemd]
    default: auto
  guard_minutes:
    description:
      - Minutes between two whole looks of the guard at the log and the room beside it, 1 to 59. V(0) for no guard.
      - The guard is one process that stays (a service where systemd runs), so that looking writes no records into the audit log. Between
        two whole looks it watches the size of the log as often as the room that is left demands.
    type: int
    default: 1
  interpreter:
    description:
      - The Python (3.6 or newer) that runs the program. By default the one that Ansible uses on this host, or the tree's own; under the
        name C(/usr/bin/python3) where that leads to the same file, because that name survives an upgrade of the distribution.
      - Refused where it, or a directory or link on the way to it, belongs to or can be written by anybody but root.
    type: path
  replace:
    description:
      - What becomes of other jobs that rotate, compress or delete the same log and do nothing else - cron scripts, lines of cron tables,
        files of logrotate, timers. A job with one command or path more is left alone, and reported.
      - V(true) retires them once this rotation is proven. Files move to C(/var/lib/auditops/retired), lines of cron tables become comments,
        and C(MANIFEST.json) there says what lay where. V(restore) puts back what was retired. V(false) leaves them.
    type: str
    choices: ['false', 'true', restore]
    default: 'false'
  run:
    description:
      - Run the program once after a change, where its last run did not succeed, or where rotated logs wait, and fail where it fails.
      - A host whose auditd cannot rotate yet (not running, C(num_logs) below 2, C(write_logs = no)) or has less room than asked for
        gets a warning.
    type: bool
    default: true
  program:
    description:
      - The program's files, packed. The action plugin fills them in.
    type: str
seealso:
  - module: auditops.auditd.auditd_conf
  - module: auditops.auditd.audit_drift
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Rotate daily, keep a quarter of a year
  auditops.auditd.audit_rotation:
    schedule: daily
    config:
      keep_days: 90
      compress: xz
  become: true

- name: Rotate by a systemd timer in an image that is being built
  auditops.auditd.audit_rotation:
    root: /mnt/image
    scheduler: systemd
"""

RETURN = r"""
scheduler:
  description: What runs the program. V(null) with O(state=absent).
  returned: success
  type: str
  sample: cron
interpreter:
  description: The Python that runs the program. V(null) with O(state=absent).
  returned: success
  type: str
  sample: /usr/bin/python3
files:
  description: What was written or removed, or would be in check mode.
  returned: success
  type: dict
  sample:
    written: [/etc/audit/rotate.conf]
    removed: []
permissions:
  description: The log directory and logs from which write bits of group and others, or an owner other than root, were taken.
  returned: success
  type: list
  elements: str
  sample: [/var/log/audit]
unproven:
  description:
    - Why nobody can count on the rotation yet - its scheduler is not alive, or its last run did not succeed. V(null) where it is proven.
      In check mode only the scheduler is judged.
  returned: success
  type: str
  sample: no cron daemon runs (cron, crond)
retired:
  description: What became of other jobs by O(replace), a sentence for each; in check mode what would.
  returned: success
  type: list
  elements: str
conflicts:
  description: Other things on the host that rotate or compress the same log.
  returned: success
  type: list
  elements: str
ran:
  description: What running the program once came to. V(null) where it was not run.
  returned: success
  type: dict
  contains:
    exit:
      description: The exit code.
      type: int
    error:
      description: Why it is not 0.
      type: str
    status:
      description: What the program recorded, as C(audit-rotate --status) prints it.
      type: dict
"""

import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments, _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import retired
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation as install
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import rotation_proof
from ansible_collections.auditops.auditd.plugins.module_utils._module import NamesItsInput, finish
from ansible_collections.auditops.auditd.plugins.module_utils._paths import LOG_FILE
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.conflicts import conflicts
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = dict(
    _arguments.ROTATION,
    root={"type": "path", "default": "/"},
    state={"type": "str", "default": "present", "choices": ["present", "absent"]},
    run={"type": "bool", "default": True},
    replace={"type": "str", "choices": ["false", "true", "restore"], "default": "false"},
    program={"type": "str", "no_log": True},  # its text is no secret, but 200 KB that no journal needs
)


def run(module):
    params = dict(module.params, program=_parcel.unpack(module.params["program"]) if module.params["program"] else None)
    host = Host(params["root"], module.run_command)
    plan = install.absent(host) if params["state"] == "absent" else install.present(host, params, sys.executable)
    result = {
        "changed": plan.changed, "scheduler": plan.scheduler, "interpreter": plan.interpreter, "conflicts": plan.conflicts, "ran": None,
        "unproven": None, "retired": [], "permissions": plan.closed_to_others,
        "files": {"written": sorted(plan.written) + sorted(plan.links), "removed": list(plan.removed)}, "diff": plan.diff(),
    }
    for sentence in plan.conflicts + plan.warnings:
        module.warn(as_text(sentence))
    is_due = params["state"] == "present" and params["run"] and install.is_due(host, plan)
    retires = params["state"] == "present" and params["replace"] != "false"
    if module.check_mode:
        would = retired.would(host, params["replace"], plan.log_file or LOG_FILE) if retires else []
        result.update(retired=would, changed=plan.changed or bool(would))
        unproven = rotation_proof.dead_scheduler(host, plan.scheduler) if plan.scheduler else None
        return dict(result, changed=result["changed"] or is_due and install.run_changes(host), unproven=unproven)
    if plan.changed:
        with lock.held(host):
            install.apply(host, plan)
        result.update(changed=plan.changed, permissions=plan.closed_to_others)
        for problem in plan.permissions.problems if plan.permissions else ():
            module.warn(as_text("%s: %s" % (problem["file"] or "permissions", problem["reason"])))
    if is_due:
        ran = result["ran"] = install.run_once(host, module.run_command, params["program"])
        if ran["exit"] in install.TOLERATED:
            module.warn(as_text("the rotation is installed, and its run says: %s" % ran["error"]))
        elif ran["exit"]:
            raise AuditError("the rotation is installed, and its run failed with code %d: %s" % (ran["exit"], ran["error"]), **result)
        else:
            result["changed"] = True
    if params["state"] == "present":
        result["unproven"] = rotation_proof.unproven(host)
    if retires:
        _retire(module, host, plan.log_file or LOG_FILE, result)
    return result


def _retire(module, host, log_file, result):
    """Other jobs go when ours is proven, and no earlier: until then theirs are all that rotates."""
    replace = module.params["replace"]
    if replace == "true" and result["unproven"]:
        if retired.would(host, replace, log_file):
            module.warn(as_text("audit_rotation_replace: other jobs stay until this rotation is proven: %s" % result["unproven"]))
        return
    with lock.held(host):
        result["retired"] = retired.change(host, replace, log_file)
    result.update(changed=result["changed"] or bool(result["retired"]), conflicts=conflicts(host, log_file))


class Run(NamesItsInput, AnsibleModule):
    pass


def main():
    finish(Run(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
