#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_info
short_description: Read the live audit state of a host
version_added: 1.0.0
description:
  - Reads, in one go, every layer that can disagree about what a host audits, and returns one document.
  - It changes nothing. The only thing it sends is C(SIGCONT), which makes auditd write its state report.
  - What cannot be read is V(null), and C(unavailable) says why.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
options:
  root:
    description:
      - Read the system below this directory instead of the running one, for example an image or the volume of a host that no longer boots.
      - The daemon and the kernel of such a tree are not available.
    type: path
    default: /
  release:
    description:
      - The release of audit, for a tree that does not show it, for example V(3.0.9).
    type: str
seealso:
  - module: auditops.auditd.audit_drift
"""

EXAMPLES = r"""
- name: Read the audit state
  auditops.auditd.audit_info:
  register: audit
  become: true

- name: Name the hosts that record nothing at the moment
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }}: logging is suspended"
  when: audit.info.daemon.report.logging_suspended

- name: Read a volume that was mounted for a rescue
  auditops.auditd.audit_info:
    root: /mnt/rescue
"""

RETURN = r"""
about:
  description: The state of the host in at most ten lines, for people; with C(ansible -m) they stand first.
  returned: success
  type: list
  elements: str
  sample:
    - Debian GNU/Linux 12, audit 3.0.9
    - cannot stop itself, as far as its settings show
    - 'auditd: running, starts at boot'
info:
  description: The document.
  returned: success
  type: dict
  contains:
    collected_at:
      description: When it was read, in UTC.
      type: str
      sample: '2026-03-01T09:30:00Z'
    root:
      description: The tree that was read.
      type: str
      sample: /
    version:
      description: The release of audit.
      type: str
      sample: 3.0.9
    distribution:
      description: C(id), C(name), C(version) of os-release(5) and the C(family) (debian, redhat, suse).
      type: dict
    auditd_conf:
      description:
        - C(/etc/audit/auditd.conf) - C(text), C(settings) as they stand there, C(effective) as auditd would run with them, C(problems).
        - The C(mode), C(uid) and C(gid) of the file.
      type: dict
    daemon:
      description:
        - C(installed), C(running), C(pid), auditd's own state C(report), its C(last_record) about a start or a reload.
        - C(older_settings) is V(true) where auditd runs with another file than the one that lies there, V(null) where nothing shows it.
        - C(waiting) are the keys whose value in the file waits for a restart, with what auditd goes on with.
      type: dict
    kernel:
      description: C(status) and C(features) as auditctl(8) names them. C(backlog_wait_time) is in jiffies.
      type: dict
    rules:
      description:
        - The rules on C(disk) (rules.d), C(compiled) (audit.rules) and C(loaded), each C(count) and C(rules) in one spelling per meaning.
        - C(not_read) of C(disk) are the paths in rules.d that augenrules passes over.
      type: dict
    rotation:
      description: The time-based rotation - whether it is C(installed) and C(active), its scheduler, configuration and last runs.
      type: dict
    storage:
      description: The partition of the log, how fast the log grows and the thresholds, in MB of 1048576 bytes.
      type: dict
    services:
      description:
        - What the next boot starts. C(enabled) is whether something starts auditd, C(options) what its unit gives it on the command line,
          C(loads_rules) whether a unit still loads the rules, C(loader) by which program, C(prevented) what in units and programs keeps
          auditd from starting or from doing its work, C(undone) what else on the host stops it or takes its rules away. Each is V(null)
          where nothing says.
      type: dict
    permissions:
      description:
        - The C(kind), C(mode), C(uid) and C(acl) (whether it has an access control list) of each path of auditing that others than
          root can write to.
      type: dict
    capacity:
      description:
        - How much room the log needs, and which thresholds leave time to react, as C(audit_storage_recommend) of the drift document.
          V(null) where its growth is not known.
      type: dict
    selinux_denials:
      description:
        - Which part of the log SELinux denials are (C(share_percent), in tens), the C(senders) of most of them, the exclude rule
          C(filter) that would keep those of the first one out, and what that C(hides). V(null) where they are less than a twentieth.
      type: dict
    volume:
      description:
        - The mount point C(not_mounted) that C(/etc/fstab) or a mount unit has for the log, C(configuration_not_mounted) for auditd.conf
          and rules.d, the filesystem C(in_memory) that holds the log, the files of a tree that are C(unlabelled) for SELinux, and why
          auditd cannot open or rename its log (C(log_blocked)).
      type: dict
    boot:
      description:
        - What the boot line says about C(audit) and C(audit_backlog_limit), and its C(source).
        - For a running host that is the line its kernel started with; C(next) has the words of the boot loader where they differ.
      type: dict
    unavailable:
      description: What could not be read, and why.
      type: dict
      sample:
        kernel: 'not readable from this container: its pid namespace is not the host''s, and the kernel answers only there'
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import about
from ansible_collections.auditops.auditd.plugins.module_utils._live.collect import collect
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish

ARGUMENT_SPEC = {
    "root": {"type": "path", "default": "/"},
    "release": {"type": "str"},
}


def run(module):
    host = Host(module.params["root"], module.run_command)
    info = collect(host, module.params["release"] or None)
    return {"about": about.lines(info), "changed": False, "info": info}


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
