#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_diagnosis
short_description: Say whether auditd stopped a host, when, and by which setting
version_added: 1.0.0
description:
  - Reads what a host, or the mounted volume of one that no longer runs, still shows of its last stop - syslog files (also rotated and
    compressed), the journal, wtmp, the end of the audit log, the kernel's last words in pstore and C(/var/crash), a console text, and the
    reason that a cloud gives.
  - A power-off proves a power-off and not who asked for it. The verdict names auditd where its own words stand at the end, and is
    V(unknown) where nothing speaks.
  - No program of a tree is run. The journal is read by the C(journalctl) of the machine that runs the module, and what zstd or lz4 packed
    by its C(zstd) and C(lz4); where one is missing, the file is named in RV(not_read).
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
options:
  root:
    description:
      - Look at the system below this directory instead of the running one. Of the running one the stop before its last boot is looked for.
    type: path
    default: /
  console:
    description:
      - The text of the host's console, for example of C(aws ec2 get-console-output --latest --output text).
    type: str
  console_file:
    description:
      - What O(console) is called in the evidence.
    type: str
  state_reason:
    description:
      - Why the instance stopped, in the words of C(aws ec2 describe-instances), for example
        V(Client.UserInitiatedShutdown) or V(Client.InstanceInitiatedShutdown).
    type: str
  days:
    description:
      - Leave out log files that are older than the newest by more than this many days.
    type: int
    default: 30
  report_dir:
    description:
      - A directory on the controller. What was found is kept there in C(stops/), one file a host, and reports of
        M(auditops.auditd.audit_report) show it. Without it nothing is kept.
      - Relative paths count from where C(ansible-playbook) was called.
    type: path
seealso:
  - module: auditops.auditd.audit_drift
  - module: auditops.auditd.audit_rescue
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Ask a mounted volume why its system stopped
  auditops.auditd.audit_diagnosis:
    root: /mnt/patient
    state_reason: Client.InstanceInitiatedShutdown

- name: Ask each host about the stop before its last boot, for the next report
  auditops.auditd.audit_diagnosis:
    report_dir: audit-report
"""

RETURN = r"""
diagnosis:
  description: The verdict.
  returned: success
  type: dict
  contains:
    stopped_by:
      description: V(auditd), V(kernel_audit) (C(-f 2)), V(not_auditd) or V(unknown).
      type: str
    key:
      description:
        - The key of auditd.conf that decided, or what the kernel could not keep to; C(audisp-remote.conf) where that plugin took the host
          down.
      type: str
      sample: admin_space_left_action
    action:
      description: What was done, for example V(HALT), V(SINGLE), V(-f 2), or V(EXEC) with its program.
      type: str
    cause:
      description: The reason in words, also where it was not auditd.
      type: str
    suspended:
      description: That auditd had stopped recording while the host went on, and since when. V(null) where it had not.
      type: str
    when:
      description: When it happened, in UTC. V(null) where no time is known.
      type: str
    confidence:
      description: V(high) where somebody's own words say it, V(medium) where only this fits, V(low) where it is merely possible.
      type: str
    evidence:
      description: The lines that the verdict rests on.
      type: list
      elements: dict
      contains:
        source: {description: The file., type: str}
        line: {description: The number of the line or record., type: int}
        time: {description: Its time in UTC., type: str}
        text: {description: Its text., type: str}
    next:
      description: What to do, as commands.
      type: list
      elements: str
summary:
  description: The verdict in one sentence.
  returned: success
  type: str
timeline:
  description: What the logs say of boots, shutdowns, auditd and the kernel, in its order.
  returned: success
  type: list
  elements: dict
not_read:
  description: What could not be read, and why.
  returned: success
  type: dict
settings:
  description: The actions in auditd.conf.
  returned: success
  type: dict
path:
  description: The file on the controller.
  returned: when O(report_dir) is given
  type: str
room:
  description: The room on the partition of the log, and how much of what fills it is not audit's. Empty where it was not seen.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import diagnosis
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish

ARGUMENT_SPEC = {
    "root": {"type": "path", "default": "/"},
    "console": {"type": "str"},
    "console_file": {"type": "str"},
    "state_reason": {"type": "str"},
    "days": {"type": "int", "default": 30},
    "report_dir": {"type": "path"},
}


def run(module):
    params = module.params
    host = Host(params["root"], module.run_command)
    console = params["console"]
    params["console"] = None  # or each result would carry it back
    return dict(changed=False, **diagnosis.diagnose(
        host, module.run_command, console_text=console, console_file=params["console_file"], state_reason=params["state_reason"],
        days=params["days"]))


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
