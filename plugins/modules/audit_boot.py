#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_boot
short_description: Take auditd into or out of the boot, and set the words about audit on the boot line
version_added: 1.0.0
description:
  - Decides whether the next boot starts auditd, by masks and start links; a unit of a package is never changed or deleted.
  - Sets C(audit=) and C(audit_backlog_limit=) in every place that the host really boots from - entries of the boot loader specification,
    the grub environment, grub's defaults with their generator, C(/etc/kernel/cmdline), C(zipl.conf), or C(rpm-ostree kargs).
  - A running auditd is neither started nor stopped, and a running kernel keeps its line until the reboot.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - A boot menu is not generated in check mode, so what keeps it from being generated is found by a run only.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  root:
    description:
      - Work on the system below this directory instead of the running one. Files are edited there; a menu that its own system has to
        generate is named in RV(notes).
    type: path
    default: /
  service:
    description:
      - V(disabled) masks C(auditd.service) and C(audit-rules.service), takes their start links away (also those of sysvinit) and takes
        C(-f 2) out of the rules, with which a kernel whose records nobody reads panics.
      - A unit that an administrator wrote into C(/etc/systemd/system) is moved to C(/var/lib/auditops/boot) first; in a
        tree whose C(/var) is a volume that is not mounted, to C(/etc/auditops-boot).
      - V(enabled) is the reverse. Where somebody deleted the unit file of the package, the package is installed again on a running host.
      - V(keep) changes nothing, also no mask of others.
    type: str
    choices: [enabled, disabled, keep]
    default: keep
  line:
    description:
      - Words for the kernel's boot line, of V(audit=1), V(audit=0) and V(audit_backlog_limit=NUMBER). Each replaces the words of its name;
        what is not named stays.
    type: list
    elements: str
    default: []
  release:
    description:
      - The release of audit, for a tree that does not show it. C(-f 2) is taken out as its augenrules compiles rules.
    type: str
seealso:
  - module: auditops.auditd.audit_drift
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Audit from the first process on, and queue what comes before auditd
  auditops.auditd.audit_boot:
    line:
      - audit=1
      - audit_backlog_limit=8192
  become: true

- name: Take auditd out of the boot of a mounted volume
  auditops.auditd.audit_boot:
    root: /mnt/patient
    service: disabled
"""

RETURN = r"""
steps:
  description: What was done to units and start links, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [unlink /etc/systemd/system/multi-user.target.wants/auditd.service, mask /etc/systemd/system/auditd.service]
files:
  description: The files of the boot line that were changed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/default/grub]
notes:
  description: What only the system of a tree itself can do.
  returned: success
  type: list
  elements: str
panic:
  description: What taking C(-f 2) out came to, as the module M(auditops.auditd.audit_rules) returns it. V(null) where it was not asked for.
  returned: success
  type: dict
reboot_required:
  description: Whether the running system only follows after a reboot.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments
from ansible_collections.auditops.auditd.plugins.module_utils._apply import boot_line, boot_service
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import boot
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = dict(_arguments.BOOT, root={"type": "path", "default": "/"}, release={"type": "str"})


def run(module):
    params = module.params
    host = Host(params["root"], module.run_command)
    words = boot_line.wanted_words(params["line"])
    with lock.held(host, wanted=not module.check_mode):
        planned = boot_line.plan(host, words)
        service = boot_service.converge(host, params["service"], release=params["release"], check_mode=module.check_mode)
        if planned.changed and not module.check_mode:
            boot_line.apply(host, planned, words)
    panic = service["panic"] or {}
    if params["service"] == "disabled" and _will_be_audited(host, words):
        module.warn(boot_service.FLOODS)
    for note in planned.notes:
        module.warn(as_text(note))
    waits = bool(service["steps"]) and host.is_live
    return {
        "changed": service["changed"] or planned.changed, "steps": service["steps"], "panic": service["panic"], "notes": planned.notes,
        "files": sorted(planned.texts) + ([planned.menu] if planned.menu else []) + ["rpm-ostree kargs"] * bool(planned.ostree),
        "reboot_required": waits or bool(panic.get("reboot_required")) or boot_line.reboot_required(host, words),
        "diff": planned.diff() + list(panic.get("diff", ())),
    }


def _will_be_audited(host, words):
    """Whether the next kernel starts with audit=1."""
    if "audit" in words:
        return words["audit"] == "1"
    return boot.next_words(host).get("audit") in ("1", "on")


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
