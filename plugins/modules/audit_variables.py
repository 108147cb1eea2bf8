#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

# This is the documentation of an action plugin: nothing of it runs on a host.

DOCUMENTATION = r"""
module: audit_variables
short_description: Judge the variables of this collection's roles before anything happens
version_added: 1.0.0
description:
  - Compares the variables of the named roles with their specification and fails with one sentence for each that no host could take. The
    sentence names the variable, its value, and what would be right.
  - M(auditops.auditd.audit_drift) does the same where a role of this collection calls it, so that a comparison, a remediation and a role
    alone answer alike.
  - Warns of a variable whose name is nearly one of this collection's, for example C(auditd_failure_polcy).
  - Runs on the controller alone; no host is contacted. What depends on the host is judged there.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
options:
  roles:
    description:
      - The roles whose variables are judged.
    type: list
    elements: str
    required: true
seealso:
  - module: auditops.auditd.audit_drift
"""

EXAMPLES = r"""
- name: Judge the variables before a long play begins
  auditops.auditd.audit_variables:
    roles:
      - auditd
      - audit_rules
"""

RETURN = r"""
msg:
  description: What is wrong, one sentence for each variable.
  returned: failure
  type: str
  sample: "auditd_conf.space_lefft = 500: auditd 4.2.1 does not know this key and refuses the whole file; did you mean space_left?"
"""
