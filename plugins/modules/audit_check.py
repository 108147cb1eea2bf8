#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_check
short_description: Install the program by which a host compares itself with its audit policy
version_added: 1.0.0
description:
  - Installs C(/usr/local/sbin/audit-check) and its code beside that of the rotation, in C(/usr/local/lib/audit-rotate). With it
    M(auditops.auditd.audit_drift) carries no code to the host any more, and a host can compare itself by its own clock. See
    C(audit-check --help).
  - The comparison is the one that M(auditops.auditd.audit_drift) makes, by the same code.
  - One task installs everything. Where a file cannot be written, those that were are put back.
  - Needs nothing on the host but Python, and for O(schedule) a cron daemon or systemd.
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
      - Work on the system below this directory, for example an image that is being built, instead of the running one.
    type: path
    default: /
  state:
    description:
      - V(absent) removes the program, its schedule and the policy that it has kept. Documents in C(/var/lib/auditops/drift) stay, and so
        does the code while the rotation uses it.
    type: str
    choices: [present, absent]
    default: present
  schedule:
    description:
      - When the host compares itself with the policy that it was last compared with - V(never), V(hourly), V(daily), V(weekly), V(monthly)
        or the five fields of crontab(5), for example C(*/10 * * * *).
      - The document goes to C(/var/lib/auditops/drift). When its status changes, one line goes to syslog.
    type: str
    default: never
  scheduler:
    description:
      - V(auto) takes cron where a cron daemon is installed and not switched off, else systemd. The files of the other one are removed.
    type: str
    choices: [auto, cron, systemd]
    default: auto
  interpreter:
    description:
      - The Python (3.6 or newer) that runs the program, as O(auditops.auditd.audit_rotation#module:interpreter).
    type: path
  textfile:
    description:
      - A file for the textfile collector of Prometheus, which each scheduled comparison writes. Its name has to end with C(.prom) for that.
    type: path
  policy:
    description:
      - The policy that the host is compared with until M(auditops.auditd.audit_drift) keeps a newer one there, for O(schedule). The role
        C(audit_check) fills it in. On a running host a policy that is kept already stays.
    type: str
  program:
    description:
      - The program's files, packed. The action plugin fills them in.
    type: str
seealso:
  - module: auditops.auditd.audit_drift
  - module: auditops.auditd.audit_rotation
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Have each host compare itself every ten minutes
  auditops.auditd.audit_check:
    schedule: '*/10 * * * *'
  become: true

- name: Take the checker away again
  auditops.auditd.audit_check:
    state: absent
  become: true
"""

RETURN = r"""
scheduler:
  description: What starts the comparison. V(null) where nothing is scheduled.
  returned: success
  type: str
  sample: systemd
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
    written: [/usr/local/sbin/audit-check]
    removed: []
"""

import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments, _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import checker
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation as install
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish

ARGUMENT_SPEC = dict(
    _arguments.CHECK,
    root={"type": "path", "default": "/"},
    state=_arguments.PRESENCE,
    policy={"type": "str"},
    program={"type": "str", "no_log": True},  # its text is no secret, but 200 KB that no journal needs
)


def run(module):
    params = dict(module.params, program=_parcel.unpack(module.params["program"]) if module.params["program"] else None)
    host = Host(params["root"], module.run_command)
    plan = checker.absent(host) if params["state"] == "absent" else checker.present(host, params, sys.executable)
    if plan.changed and not module.check_mode:
        with lock.held(host):
            install.apply(host, plan)
    return {
        "changed": plan.changed, "scheduler": plan.scheduler, "interpreter": plan.interpreter, "diff": plan.diff(),
        "files": {"written": sorted(plan.written) + sorted(plan.links), "removed": list(plan.removed)},
    }


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
