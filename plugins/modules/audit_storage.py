#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_storage
short_description: Grow what holds the audit log, each step proven
version_added: 1.0.0
description:
  - Reads what lies under the log's directory - filesystem, logical volume, volume group, partition, disk - and makes it larger from the
    bottom up with the host's own tools, while it is mounted and auditd writes.
  - Each step is proven by reading the size again. A run that was cut off is continued by the next one. Nothing is ever made smaller, no
    other volume is touched, nothing is formatted.
  - Grows ext2, ext3, ext4, xfs and btrfs on a disk, a GPT or MBR partition, or a linear or striped logical volume. What it does not
    grow (LUKS, multipath, RAID, thin pools, logical partitions) is refused with the reason before anything is done.
  - The partition table as it was is kept in C(/var/lib/auditops/storage/DISK.sfdisk); C(sfdisk DISK < FILE) would put it back.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns the steps that would be taken.
  diff_mode:
    support: full
    details:
      - Shows the sizes of each level before and after.
  idempotent:
    support: partial
    details:
      - A size such as V(+5G) adds that much each time. All others are reached once.
options:
  root:
    description:
      - The system to act on. Only V(/) has disks that can grow; anything else is refused.
    type: path
    default: /
  path:
    description:
      - A directory or file on the filesystem that is to grow. By default where C(log_file) of C(/etc/audit/auditd.conf) lies.
    type: path
  size:
    description:
      - How large it is to be. V(max) takes all that is unused in the volume group and behind the partitions that carry it.
      - V(10G) is at least so much, V(+5G) so much more than there is, V(40%VG) a share of the volume group. The units
        K, M, G and T are of 1024.
      - Without it nothing is changed, and what is there is returned.
    type: str
  reaction_hours:
    description:
      - How many hours somebody needs to react to a warning. The recommended C(space_left) is what the log writes meanwhile at its fastest.
    type: int
    default: 24
notes:
  - A disk that was enlarged below a running host has to be known to its kernel first. NVMe and virtio disks tell it themselves; for a SCSI
    disk write C(1) to C(/sys/class/block/DISK/device/rescan).
  - Sizes come from sysfs (Documentation/ABI/stable/sysfs-block), lvs(8), sfdisk(8), dumpe2fs(8), xfs_info(8) and btrfs-filesystem(8).
seealso:
  - module: auditops.auditd.audit_drift
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: See what holds the audit log and what is unused below it
  auditops.auditd.audit_storage:
  become: true

- name: Give the audit log all that its disk has
  auditops.auditd.audit_storage:
    size: max
  become: true
"""

RETURN = r"""
before:
  description: What lies under the directory, in bytes.
  returned: success
  type: dict
  contains:
    filesystem:
      description: C(type), C(mount), C(size), C(free).
      type: dict
    device:
      description: C(name) and C(size) of what carries the filesystem.
      type: dict
    volume:
      description: The logical volume - C(path), C(name), C(group), C(size). V(null) where there is none.
      type: dict
    group:
      description: Its volume group - C(name), C(size), C(free), C(extent). V(null) where there is none.
      type: dict
    bases:
      description:
        - What lies below, a partition or disk each. C(pv) is what LVM uses of it; C(partition) names C(disk), C(number), C(label), the
          C(limit) to which it could grow.
      type: list
      elements: dict
after:
  description: The same afterwards; in check mode and where nothing was changed it is O(ignore:before).
  returned: success
  type: dict
steps:
  description: What was done, or would be in check mode, from the bottom up.
  returned: success
  type: list
  elements: str
  sample:
    - "partition /dev/nvme0n1p3: 8 GiB -> 48 GiB (partition 3 of /dev/nvme0n1 has 40 GiB behind it)"
    - "filesystem /var/log/audit: 8 GiB -> 48 GiB"
most:
  description: How many bytes the device of the filesystem could have.
  returned: success
  type: int
capacity:
  description:
    - How much room the log of this host needs, in MB of 1024 * 1024 bytes - C(mb_per_day), C(peak_mb_per_day) (as fast as
      its fastest hours), C(peak_day_mb) (its fullest day), C(stored_mb_per_day) (after compression), C(compression_ratio), C(needed_mb) for
      C(keep_days) of C(/etc/audit/rotate.conf) (V(null) where that is 0) and a rotation each day, whether that C(fits) the filesystem,
      C(days_until_full), and the recommended C(space_left) and C(admin_space_left).
    - V(null) where the logs span less than an hour, or where O(path) is not where the log lies.
  returned: success
  type: dict
on_root:
  description: Whether the log lies on the root filesystem, where whatever fills that fills the log's room too.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._apply import storage
from ansible_collections.auditops.auditd.plugins.module_utils._conf.words import settings_of
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import capacity
from ansible_collections.auditops.auditd.plugins.module_utils._live import storage as live_storage
from ansible_collections.auditops.auditd.plugins.module_utils._paths import AUDITD_CONF, LOG_FILE
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conf as rotate_conf
from ansible_collections.auditops.auditd.plugins.module_utils._storage import plan, stack
from ansible_collections.auditops.auditd.plugins.module_utils._storage.size import parse
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = {"root": {"type": "path", "default": "/"}, "path": {"type": "path"}, "size": {"type": "str"},
                 "reaction_hours": {"type": "int", "default": 24}}


def run(module):
    size = parse(module.params["size"]) if module.params["size"] else None
    host = Host(module.params["root"], module.run_command)
    if not host.is_live:
        raise NotAvailable("audit_storage grows disks of a running host, and %s is an offline tree; use it with root: / only" % host.root)
    path = module.params["path"] or settings_of(host.text(AUDITD_CONF) or "").get("log_file") or LOG_FILE
    before = stack.read(host, path)
    steps = plan.steps(before, size) if size else []
    storage.refuse_missing(host, steps)
    result = {
        "changed": bool(steps), "before": before, "after": before, "steps": [step.sentence() for step in steps], "most": plan.most(before),
        "on_root": before["filesystem"]["mount"] == "/", "capacity": _capacity(host, module.params),
        "diff": {"before": _sizes(before), "after": _planned(before, steps)},
    }
    if steps and not module.check_mode:
        with lock.held(host):
            result["after"] = storage.apply(host, path, steps)
    return result


def _capacity(host, params):
    settings = settings_of(host.text(AUDITD_CONF) or "")
    log_file = settings.get("log_file") or LOG_FILE
    if params["path"] and not log_file.startswith(params["path"].rstrip("/") + "/"):
        return None
    rotation = rotate_conf.parse(host.text(rotate_conf.PATH) or "")
    return capacity.recommend(
        live_storage.measure(host, settings)[0], keep_days=rotation["keep_days"], period_hours=24, reaction_hours=params["reaction_hours"])


def _sizes(found):
    levels = [(base["device"], base["size"]) for base in found["bases"]]
    levels += [(found[kind][name], found[kind]["size"]) for kind, name in (("volume", "path"), ("filesystem", "mount")) if found[kind]]
    return "".join("%s %d\n" % level for level in levels)


def _planned(found, steps):
    after = {step.device: step.after for step in steps if step.kind != "pv"}
    lines = [line.rpartition(" ") for line in _sizes(found).splitlines()]
    return "".join("%s %d\n" % (name, after.get(name, int(size))) for name, _blank, size in lines)


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        module.exit_json(**as_text(run(module)))
    except AuditError as error:
        module.fail_json(**as_text(dict(error.details, msg=str(error))))


if __name__ == "__main__":
    main()
