#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

# This is the documentation of an action plugin: nothing of it runs on a host.

DOCUMENTATION = r"""
module: audit_adopt
short_description: Write what hosts have as variables of this collection's roles
version_added: 1.0.0
description:
  - Takes the documents that M(auditops.auditd.audit_info) returns and writes the variables with which the roles of this collection
    reproduce them, each variable once. What all hosts share goes to C(group_vars/all/audit.yml), what a group of the inventory or a
    distribution and its release share to C(group_vars/GROUP/audit.yml), what is left to C(host_vars/HOST/audit.yml).
  - Hosts that share what no group shares come into groups C(adopted_1), C(adopted_2) and so on, which stand in C(adopted.yml), an inventory
    of names and groups.
  - Values that the distribution ships are left out. Each line says in a comment where it stood.
  - Rules that are a benchmark's become C(audit_rules_profiles), with C(audit_rules_skip) for what is missing; other rules become
    C(audit_rules_extra), in their order and with their comments.
  - What no variable can say is listed in C(adoption.md), with what would stop a host and what C(auditd_failure_policy=keep_running) would
    change.
  - Runs on the controller alone; no host is contacted. The same documents give the same bytes.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing in check mode.
  diff_mode:
    support: full
    details:
      - Shows each file that would be written.
  idempotent:
    support: full
    details:
      - The same documents change nothing the second time.
options:
  step:
    description:
      - V(inventory) writes the variables of all hosts. V(host) returns those of one host and writes nothing.
    type: str
    choices: [host, inventory]
    default: inventory
  info:
    description:
      - The document of one host, for V(host).
    type: dict
  documents:
    description:
      - The documents, by the name of the host. Without it they are taken from the hosts of the play, where the playbook
        C(auditops.auditd.adopt) registered them as C(audit_adopt_read).
    type: dict
  dest:
    description:
      - The directory to write to, for V(inventory). In a file that is there already, what stands above the line of this module stays. A
        file that was edited below that line, or that sets one of the variables itself, is refused, and then nothing is written.
    type: path
  origin:
    description:
      - What is adopted - what V(hosts) have, or the variables of another role or module, which are translated by a table.
      - What such a variable says where it has no equal is listed with the reason. What the other role sets where a variable is not set is
        taken as well.
    type: str
    choices: [hosts, linux_system_roles, robertdebock, juju4, dev_sec, ansible_lockdown, simp]
    default: hosts
  sources:
    description:
      - Files and directories of YAML or JSON with such variables. Without it the variables of the hosts of the play are taken.
      - A file that is called C(all), C(common), C(default), C(defaults), C(global), C(main) or C(vars) is for all hosts; one below
        C(host_vars), C(hosts) or C(nodes) for the host of its name; any other for the group of its name.
    type: list
    elements: path
    default: []
seealso:
  - module: auditops.auditd.audit_info
  - module: auditops.auditd.audit_drift
"""

EXAMPLES = r"""
- name: Read the host
  auditops.auditd.audit_info:
  register: audit

- name: Write its variables
  auditops.auditd.audit_adopt:
    documents: "{{ {inventory_hostname: audit.info} }}"
    dest: inventory
"""

RETURN = r"""
variables:
  description: All variables that can be adopted, for O(step=host); those that the host does not need have the default of their role.
  returned: for O(step=host)
  type: dict
dest:
  description: The directory.
  returned: for O(step=inventory)
  type: str
files:
  description: The files below it that say what was adopted, whether or not they had to be written.
  returned: for O(step=inventory)
  type: list
  elements: str
summary:
  description: A few sentences.
  returned: for O(step=inventory)
  type: list
  elements: str
hosts:
  description:
    - What became of each host - how many C(lines) were read and what became of them, what is C(listed) because no variable says it,
      C(dangers), what C(would_change) under C(keep_running), and the C(findings) of a comparison with the adopted variables.
  returned: for O(step=inventory)
  type: dict
not_read:
  description: The hosts that were not read, and why.
  returned: for O(step=inventory)
  type: dict
"""
