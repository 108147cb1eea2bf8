#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_drift
short_description: Compare the live audit settings of a host with the policy
version_added: 1.0.0
description:
  - Compares what the policy says with what a host has on disk, compiled, in the running daemon, in the kernel, in the schedule of the
    rotation, in the room for its log, in what ships its records, and on its boot line.
  - There is one finding for each difference, with the layer, the reason it matters and what cures it.
  - Answers whether the host can stop itself, by which path, and when.
  - It changes nothing and reads a host in one task.
  - Two looks at an unchanged host give the same document but for C(collected_at).
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes
  - auditops.auditd.policy
attributes:
  check_mode:
    support: full
    details:
      - Reads the same in check mode; the document is spooled in check mode too.
  diff_mode:
    support: none
    details:
      - The findings name what differs, with the expected and the actual value.
  idempotent:
    support: full
    details:
      - Nothing is changed on the host.
options:
  root:
    description:
      - Look at the system below this directory instead of the running one.
      - The daemon and the kernel of such a tree are not available, which is not the same as in sync.
    type: path
    default: /
  release:
    description:
      - The release of audit, for a tree that does not show it, for example V(3.0.9).
    type: str
  program:
    description:
      - The SHA-256 of each file of the rotation program by its path on the host. Filled in by the action plugin.
    type: dict
  benchmarks:
    description:
      - What benchmarks demand of settings, packed; findings and waivers name the controls of the host's own product by it. Filled in by the
        action plugin.
    type: str
  code:
    description:
      - What compares, packed. Filled in by the action plugin.
    type: str
  use:
    description:
      - Whether the program C(audit-check) of the host, which M(auditops.auditd.audit_check) installs, makes the comparison. Nothing is
        carried to the host then but the policy.
      - With V(auto) it is asked first. Its answer counts where it is of the code of this controller, for this question, and whole.
        Otherwise, as where it is missing, is of another release, was changed, does not end, or O(root) is an offline tree, the module is
        sent. The result says in RV(way) and RV(why_pushed) what was done.
      - V(always) fails where it cannot be used. V(never) sends the module each time.
    type: str
    choices: [auto, always, never]
    default: auto
  collect:
    description:
      - Take the newest document that the host made by its own clock (O(audit_check.schedule)), where it is of the same policy and younger
        than O(max_age). Otherwise compare now.
    type: bool
    default: false
  max_age:
    description:
      - How old a document may be that is collected, in seconds.
    type: int
    default: 86400
  report_dir:
    description:
      - Directory on the controller; the document is written there as C(hosts/<inventory_hostname>.json).
      - A host that fails or is not reached gets a document too. It says V(unknown) and why, and the last document that says more is kept
        as C(last_good/<inventory_hostname>.json).
      - A file in their place that is no drift document is renamed, not lost.
    type: path
  phase:
    description:
      - Whether this comparison stands alone (V(now)) or is the one before or after a remediation.
      - V(before) also keeps the document as C(before/<inventory_hostname>.json); V(now) removes one that is there.
    type: str
    choices: [now, before, after]
    default: now
  fail_on:
    description:
      - Fail when there is a finding of this severity or above. The document is written first.
      - The failed result has one sentence and the path of the document, not the document, because Ansible prints a failed result whole.
    type: str
    choices: [never, info, low, medium, high, critical]
    default: never
seealso:
  - module: auditops.auditd.audit_info
  - module: auditops.auditd.audit_report
"""

EXAMPLES = r"""
- name: Compare the disk actions with the policy
  auditops.auditd.audit_drift:
    auditd:
      settings:
        max_log_file_action: IGNORE
        disk_full_action: SYSLOG
    report_dir: audit-report
  become: true

- name: Fail a pipeline when a baked image would stop itself
  auditops.auditd.audit_drift:
    root: /mnt/image
    auditd:
      settings:
        disk_full_action: SYSLOG
    fail_on: high
"""

RETURN = r"""
drift:
  description: The drift document, schema 2.
  returned: success
  type: dict
  contains:
    schema:
      description: The version of this form.
      type: int
      sample: 2
    host:
      description: The name of the host in the inventory.
      type: str
    run:
      description: The call of C(ansible-playbook) that compared the host. C(id), and C(started) in UTC.
      type: dict
    policy:
      description: The C(digest) (SHA-256) of what the host was compared with. It separates a host that drifted from a policy that changed.
      type: dict
    phase:
      description: V(now), V(before) or V(after) a remediation.
      type: str
    collected_at:
      description: When the host was read, in UTC.
      type: str
    root:
      description: The tree that was read.
      type: str
    status:
      description: V(in_sync), V(drifted) (a finding of severity low or above) or V(unknown) (a part of the policy could not be compared).
      type: str
    summary:
      description: The number of findings, also by severity and by layer.
      type: dict
    items:
      description: The findings, worst first.
      type: list
      elements: dict
      contains:
        id:
          description: Names the finding, stable from run to run.
          type: str
          sample: disk.auditd_conf.max_log_file_action
        layer:
          description: disk, compiled, daemon, kernel, schedule, storage or boot.
          type: str
        severity:
          description: info, low, medium, high or critical.
          type: str
        expected:
          description: What the policy says.
          type: raw
        actual:
          description: What the host has.
          type: raw
        controls:
          description: Benchmark controls that speak of it.
          type: list
          elements: str
        why:
          description: Why it matters, in one sentence.
          type: str
        fix:
          description: The role and variable that cures it.
          type: str
    controls:
      description: A verdict for each control of the chosen benchmarks.
      type: list
      elements: dict
    exceptions:
      description: What is left out on purpose, with its record.
      type: list
      elements: dict
    live:
      description: Facts about the host that the comparison rests on; figures that move by themselves are coarse or left out.
      type: dict
    audit_storage_recommend:
      description:
        - How much room the log needs by what it wrote, in MB of 1048576 bytes, and which C(space_left) and C(admin_space_left) leave
          time to react. V(null) where its growth is not known.
      type: dict
    waived:
      description: What a benchmark demands and the policy sets aside, with the reason and what is done instead.
      type: list
      elements: dict
way:
  description: >-
    What compared the host, its own program V(audit-check), the V(code) that a Python of the host was sent by stdin, or the V(module) that
    was sent.
  returned: always
  type: str
  sample: audit-check
why_pushed:
  description: Why the host's own program was not used.
  returned: when RV(way) is not V(audit-check)
  type: str
  sample: 'audit-check of the host was not used: it is not installed'
collected:
  description: Whether the document is one that the host made by its own clock.
  returned: when RV(way) is V(audit-check)
  type: bool
path:
  description: The document on the controller.
  returned: when O(report_dir) is given
  type: str
"""

import importlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments, _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = _arguments.DRIFT
POLICY = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_shipping")
INSTALLED = "ansible_collections.auditops.auditd.plugins.module_utils"
# Filled in by the action plugin: a result that carried them back would be ten times as long.
CARRIED = ("code", "program", "benchmarks")
LONGEST_LOGGED = 100  # characters of one value


class Comparison(AnsibleModule):
    """A module whose line in the journal names what is compared.

    The policy would be tens of kilobytes in it at each comparison. The option C(no_log) is no way out: it also takes each word of the
    policy, such as SYSLOG, out of the result.
    """

    def _log_invocation(self):
        compared = [name for name in POLICY if self.params[name]]
        named = ["%s=%s" % (name, str(self.params[name])[:LONGEST_LOGGED]) for name in ("root", "release", "phase") if self.params[name]]
        self.log("Invoked with %s policy=%s" % (" ".join(named), ",".join(compared) or None))


def run(module):
    answer = _code(module.params["code"]).answer(module.params, module.run_command)
    module.params.update(dict.fromkeys(CARRIED))
    if module.params["audit_rules"]:
        module.params["audit_rules"] = dict(module.params["audit_rules"], library=None)
    return dict(answer, changed=False)


def _code(packed):
    """The module C(_check.answer): of the code that was sent, else of the collection where that is installed on this host."""
    package = INSTALLED
    if packed:
        package = _parcel.NAME
        _parcel.Importer(package, _parcel.unpack(packed)).install()
    try:
        return importlib.import_module(package + "._check.answer")
    except ImportError as error:
        raise AuditError("code: it did not come along (%s); call this module by its action plugin, as a task does" % error)


def main():
    module = Comparison(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except AuditError as error:
        result = as_text(dict(error.details, failed=True, msg=str(error)))
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
