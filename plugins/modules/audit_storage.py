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
    other volume is touched. Only a volume that this module made, and on which nothing is found, is ever formatted (O(separate)).
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
  separate:
    description:
      - Gives the log a volume of its own from the free space of the volume group that it lies on now. O(size) says how large; V(max) is all
        that is free.
      - A logical volume C(audit_log) is made, and formatted where C(wipefs) finds nothing on it, as ext4 or xfs. It is mounted over the
        log's directory, auditd rotates and so opens its log there, C(/etc/fstab) gets a line by UUID with C(nodev,nosuid,noexec), and what
        was written before is moved, each file compared before the old one goes. No record is lost, and a run that was killed is continued.
      - Finished logs C(audit.log.N) get the time of their last record for a name, as the rotation names its archives, because auditd
        renames numbered ones meanwhile.
      - Where the directory has more than plain files (a subdirectory, a link), which the mount would hide, it is refused before anything is
        done. So is a volume C(audit_log) with a filesystem that is not mounted. Nothing that an earlier run made is ever removed.
      - The line in C(/etc/fstab) has C(nofail) from systemd 233 on, so that a host whose volume is missing boots and is audited, on the
        directory below.
      - Where the log has a volume of its own, O(size) is about that one.
    type: bool
    default: false
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
    - "partition /dev/nvme0n1p3: 8 GB -> 48 GB (partition 3 of /dev/nvme0n1 has 40 GB behind it)"
    - "filesystem /var/log/audit: 8 GB -> 48 GB"
summary:
  description: How large the filesystem is and could become, in words. KB, MB, GB and TB are of 1024, as C(auditd.conf) counts.
  returned: success, but for a run that makes a volume (O(separate))
  type: str
  sample: /var/log/audit (xfs) has 400 MB, and its device could have 2 GB
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
disks:
  description:
    - The whole disks below, each with C(disk), C(size) in bytes and C(serial), V(null) where it has none. An EBS volume's on NVMe is its id
      without the dash.
  returned: success, but for a run that makes a volume (O(separate))
  type: list
  elements: dict
on_root:
  description: Whether the log lies on the root filesystem, where whatever fills that fills the log's room too.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._apply import separate, storage
from ansible_collections.auditops.auditd.plugins.module_utils._conf.words import settings_of, threshold
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import capacity
from ansible_collections.auditops.auditd.plugins.module_utils._live import storage as live_storage
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish
from ansible_collections.auditops.auditd.plugins.module_utils._paths import AUDITD_CONF, LOG_FILE
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conf as rotate_conf
from ansible_collections.auditops.auditd.plugins.module_utils._storage import filesystem, plan, stack
from ansible_collections.auditops.auditd.plugins.module_utils._storage import separate as picture_of
from ansible_collections.auditops.auditd.plugins.module_utils._storage.size import parse, words

ARGUMENT_SPEC = {"root": {"type": "path", "default": "/"}, "path": {"type": "path"}, "size": {"type": "str"},
                 "reaction_hours": {"type": "int", "default": 24}, "separate": {"type": "bool", "default": False}}
SIZE_MISSING = "size says how large the new volume is to be; give a size such as 10G, 40%VG or max"


def run(module):
    size = parse(module.params["size"]) if module.params["size"] else None
    host = Host(module.params["root"], module.run_command)
    if not host.is_live:
        raise NotAvailable("%s is an offline tree, and only the disks of a running host can grow: run grow on the host itself, without "
                           "audit_root (of the module: root)" % host.root)
    log_file = settings_of(host.text(AUDITD_CONF) or "").get("log_file") or LOG_FILE
    if module.params["separate"]:
        if not size or module.params["path"]:
            raise AuditError("separate = true: %s" % ("it is about the log, so path is not taken" if size else SIZE_MISSING))
        with lock.held(host, wanted=not module.check_mode):
            result = _separated(module, host, log_file, size)
        if result is not None:
            return result
    path = module.params["path"] or log_file
    before = stack.read(host, path)
    steps = plan.steps(before, size) if size else []
    storage.refuse_missing(host, steps)
    result = {
        "changed": bool(steps), "before": before, "after": before, "steps": [step.sentence() for step in steps], "most": plan.most(before),
        "on_root": before["filesystem"]["mount"] == "/", "capacity": _capacity(host, module.params),
        "disks": stack.disks(host, before), "summary": _summary(before),
        "diff": {"before": _sizes(before), "after": _planned(before, steps)},
    }
    if steps and not module.check_mode:
        with lock.held(host):
            result["after"] = storage.apply(host, path, steps)
    return result


def _separated(module, host, log_file, size):
    """The result where the log gets a volume of its own now; None where it has one."""
    limit = threshold(settings_of(host.text(AUDITD_CONF) or "").get("space_left"), None)
    picture = picture_of.read(host, log_file, limit or 0)
    left = picture_of.steps(host, picture, size)
    separate.refuse_missing(host, picture, left)
    if not left:
        return None
    before = dict(picture.found)
    sentences = [sentence for _kind, sentence in left]
    if not module.check_mode:
        separate.apply(host, picture, left, size)
    after = filesystem.find(host, picture.directory)
    return {
        "changed": True, "before": {"filesystem": before}, "after": {"filesystem": after}, "steps": sentences, "most": None,
        "on_root": after["mount"] == "/", "capacity": _capacity(host, module.params),
        "diff": {"before": "%s on %s\n" % (before["device"], before["mount"]), "after": "\n".join(sentences) + "\n"},
    }


def _capacity(host, params):
    settings = settings_of(host.text(AUDITD_CONF) or "")
    log_file = settings.get("log_file") or LOG_FILE
    if params["path"] and not log_file.startswith(params["path"].rstrip("/") + "/"):
        return None
    rotation = rotate_conf.parse(host.text(rotate_conf.PATH) or "")
    return capacity.recommend(
        live_storage.measure(host, settings)[0], keep_days=rotation["keep_days"], period_hours=24, reaction_hours=params["reaction_hours"])


def _summary(found):
    own = found["filesystem"]
    return "%s (%s) has %s, and its device could have %s" % (own["mount"], own["type"], words(own["size"]), words(plan.most(found)))


def _sizes(found):
    levels = [(base["device"], base["size"]) for base in found["bases"]]
    levels += [(found[kind][name], found[kind]["size"]) for kind, name in (("volume", "path"), ("filesystem", "mount")) if found[kind]]
    return "".join("%s %d\n" % level for level in levels)


def _planned(found, steps):
    after = {step.device: step.after for step in steps if step.kind != "pv"}
    lines = [line.rpartition(" ") for line in _sizes(found).splitlines()]
    return "".join("%s %d\n" % (name, after.get(name, int(size))) for name, _blank, size in lines)


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
