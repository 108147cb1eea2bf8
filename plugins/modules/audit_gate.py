#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

# This is the documentation of an action plugin: nothing of it runs on a host.

DOCUMENTATION = r"""
module: audit_gate
short_description: Fail a host after the report, with one sentence
version_added: 1.0.0
description:
  - The playbooks of this collection note a failure of a host, publish the report of the whole fleet, and only then fail the host. This
    module does the noting and the failing.
  - Runs on the controller alone; no host is contacted.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
options:
  step:
    description:
      - V(variables) fails where C(audit_hosts) or C(audit_serial) is set in the inventory or in group_vars. The keywords of a play see
        extra variables only, so it would be ignored. It also fails where C(audit_max_fail_percentage) is no number from 0 to 100.
      - V(failure) writes O(reason) into the document of the host and does not fail.
      - V(host) fails the host where this run noted a failure of it, where it was not reached (Ansible then counts it as unreachable), or
        where M(auditops.auditd.audit_report) found what O(auditops.auditd.audit_report#module:fail_on) names.
      - V(batch) fails with O(reason) where there is one. With C(run_once) that ends the play before the next batch.
    type: str
    choices: [variables, failure, host, batch]
    required: true
  report_dir:
    description:
      - The directory that O(auditops.auditd.audit_drift#module:report_dir) named. Needed for V(failure) and V(host).
    type: path
  reason:
    description:
      - The sentence to note or to fail with. For V(host) the refusal that no task has given yet, C(audit_drift_result.refused).
    type: str
    default: ''
  fail_on:
    description:
      - As O(auditops.auditd.audit_report#module:fail_on), for V(host).
    type: str
    choices: [never, new, info, low, medium, high, critical]
    default: never
  fail_on_layers:
    description:
      - As O(auditops.auditd.audit_report#module:fail_on_layers).
    type: list
    elements: str
    default: []
  refused:
    description:
      - The return value C(refused) of M(auditops.auditd.audit_report), for V(host). Of several hosts that were refused for the same reason
        the first one gives it, with the names of the others.
    type: list
    elements: dict
    default: []
  remediates:
    description:
      - Whether the play has the steps of a remediation. Where the tags of the run choose none of them, V(variables) then warns of it.
    type: bool
    default: false
seealso:
  - module: auditops.auditd.audit_drift
  - module: auditops.auditd.audit_report
"""

EXAMPLES = r"""
- name: Remediate, and fail after the report
  block:
    - name: Your own steps
      ansible.builtin.include_tasks: steps.yml
  rescue:
    - name: Note the failure
      auditops.auditd.audit_gate:
        step: failure
        report_dir: audit-report
        reason: "{{ ansible_failed_result.msg | default('a task failed') }}"

- name: Fail the host
  auditops.auditd.audit_gate:
    step: host
    report_dir: audit-report
"""

RETURN = r"""
msg:
  description: What the host failed with.
  returned: failure
  type: str
"""
