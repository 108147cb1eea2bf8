#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_rescue
short_description: Prepare, finish and undo the rescue of a mounted volume whose system stopped itself
version_added: 1.0.0
description:
  - What the playbook C(auditops.auditd.rescue) does around the cure of an offline tree. The cure itself are the roles of this collection.
  - Names the volumes that the tree's own fstab gives C(/var), C(/var/log) or the log directory, and mounts them on request, from the disk
    that carries the tree and from no other.
  - Makes room where there is none for the cure, keeps what the cure replaces below C(/var/lib/auditops/rescue) of the tree, and labels new
    files by the tree's own SELinux policy.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is mounted in check mode, so a volume that a run would mount is not looked at.
  diff_mode:
    support: none
    details:
      - The files that come back are named in RV(restored).
  idempotent:
    support: full
    details:
      - What a rescue keeps before it begins is no change of the system that is rescued.
options:
  root:
    description:
      - The mounted root of the system that stopped. V(/) is refused, because this machine is not the one that stopped.
    type: path
    required: true
  state:
    description:
      - V(mounted) names the volumes of the log, and mounts them read-only with O(mount).
      - V(begun) mounts them writable, makes room where there is none, and keeps what a cure may replace.
      - V(ended) labels what is new and closes the store.
      - V(unmounted) unmounts what V(mounted) mounted.
      - V(opened) mounts the root of an attached disk at O(root), whatever its partition; V(closed) unmounts it.
      - V(undone) puts back everything that the last rescue replaced, byte for byte. Logs that were compressed stay compressed.
    type: str
    choices: [opened, mounted, begun, ended, unmounted, closed, undone]
    required: true
  mount:
    description:
      - Mount the volumes that are not mounted.
    type: bool
    default: false
  autorelabel:
    description:
      - Have the system label all its files at its next boot, by C(/.autorelabel), where a new file could not be labelled. That boot can
        take an hour.
    type: bool
    default: false
  volume:
    description:
      - With O(state=opened) the EBS volume that is attached, by which its NVMe disk is found.
    type: str
  device:
    description:
      - With O(state=opened) the disk, or the name under which O(volume) was attached.
    type: str
  store:
    description:
      - With O(state=ended) the RV(store) that O(state=begun) returned.
    type: str
seealso:
  - module: auditops.auditd.audit_diagnosis
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Name the volumes of the log
  auditops.auditd.audit_rescue:
    root: /mnt/patient
    state: mounted

- name: Put back what the last rescue replaced
  auditops.auditd.audit_rescue:
    root: /mnt/patient
    state: undone
"""

RETURN = r"""
device:
  description: The device that was mounted. V(null) where it was mounted already.
  returned: O(state=opened)
  type: str
volumes:
  description: The volumes that the tree's fstab gives the log and this collection's state.
  returned: O(state=mounted)
  type: list
  elements: dict
  contains:
    point: {description: Where the tree mounts it., type: str}
    source: {description: What the tree's fstab calls it., type: str}
    device: {description: The device of this machine. V(null) where it was not found., type: str}
    mounted: {description: Whether it is mounted below the root now., type: bool}
    why: {description: Why it is not., type: str}
log_seen:
  description: Whether the log directory lies on what is mounted.
  returned: O(state=mounted)
  type: bool
store:
  description: Where the replaced files are kept, as the tree names it. V(null) where nothing is kept.
  returned: O(state=begun) or O(state=undone)
  type: str
  sample: /var/lib/auditops/rescue/2026-11-26T04:10:00Z
room:
  description: The finished logs that were compressed to make room.
  returned: O(state=begun)
  type: list
  elements: str
in_place:
  description: The files in which HALT, SINGLE or C(-f 2) was overwritten in place, because no file could be replaced.
  returned: O(state=begun)
  type: list
  elements: str
problems:
  description: What could not be done; the cure is taken all the same.
  returned: O(state=begun)
  type: list
  elements: str
labelled:
  description: New files that got the label of the tree's own policy.
  returned: O(state=ended)
  type: list
  elements: str
unlabelled:
  description: New files without a label, and why.
  returned: O(state=ended)
  type: dict
still_short:
  description: Why the log would be full again at once. V(null) where it would not, or where its partition was not seen.
  returned: O(state=ended)
  type: str
unmounted:
  description: What was unmounted, as this machine names it.
  returned: O(state=unmounted)
  type: list
  elements: str
restored:
  description: The paths that were put back, or would be in check mode.
  returned: O(state=undone)
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._apply import attached, mounting, rescue
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import expected_volumes
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = {
    "root": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["opened", "mounted", "begun", "ended", "unmounted", "closed", "undone"], "required": True},
    "mount": {"type": "bool", "default": False},
    "autorelabel": {"type": "bool", "default": False},
    "store": {"type": "str"},
    "volume": {"type": "str"},
    "device": {"type": "str"},
}
NOT_THE_PATIENT = (
    "audit_root = %s is the machine that helps, and not the one that stopped: attach the volume of that one, mount it, and set audit_root "
    "to its mount point")


def run(module):
    root, state = module.params["root"], module.params["state"]
    if os.path.realpath(root) == "/":
        raise AuditError(NOT_THE_PATIENT % root)
    if state in OF_DISKS:
        return OF_DISKS[state](module, root)
    if state == "unmounted" and not os.path.isdir(root):
        return {"changed": False, "unmounted": []}  # the first step has said that it is none
    return STATES[state](module, Host(root, module.run_command))


def _opened(module, point):
    params = module.params
    if not params["device"]:
        raise AuditError("state: opened needs device")
    device = params["device"]
    if params["volume"] and not os.path.ismount(point):
        device = attached.device_of(params["volume"], device)
    return attached.mount(module.run_command, device, point, check_mode=module.check_mode)


def _closed(module, point):
    return {"changed": attached.unmount(module.run_command, point, check_mode=module.check_mode)}


def _mounted(module, host):
    wanted = module.params["mount"] and not module.check_mode
    before = len(expected_volumes.missing(host, rescue.log_file_of(host)))
    volumes = mounting.mount(host, module.run_command, rescue.log_file_of(host), wanted=wanted)
    missing = [volume for volume in volumes if not volume["mounted"]]
    log = rescue.log_file_of(host)
    seen = not any(one.holds(log) for one in expected_volumes.missing(host, log))
    return {"changed": len(missing) < before, "volumes": volumes, "log_seen": seen}


def _begun(module, host):
    if not module.check_mode:
        mounting.make_writable(host, module.run_command)
    result = rescue.begin(host, check_mode=module.check_mode)
    for problem in result["problems"]:
        module.warn(as_text(problem))
    return dict(result, changed=bool(result["room"] or result["in_place"]))


def _ended(module, host):
    result = rescue.end(host, module.params["store"], autorelabel=module.params["autorelabel"], check_mode=module.check_mode)
    for path, why in sorted(result["unlabelled"].items()):
        module.warn(as_text("%s has no SELinux label: %s" % (path, why)))
    return dict(result, changed=bool(result["labelled"] or result["relabel"]))


def _unmounted(module, host):
    done = [] if module.check_mode else mounting.unmount(host, module.run_command)
    return {"changed": bool(done), "unmounted": done}


def _undone(module, host):
    result = rescue.undo(host, check_mode=module.check_mode)
    return dict(result, changed=bool(result["restored"]))


OF_DISKS = {"opened": _opened, "closed": _closed}
STATES = {"mounted": _mounted, "begun": _begun, "ended": _ended, "unmounted": _unmounted, "undone": _undone}


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
