#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

# This is the documentation of an action plugin: nothing of it runs on a host.

DOCUMENTATION = r"""
module: audit_compare
short_description: Compare the audit state of two hosts, or of a host and a benchmark
version_added: 1.0.0
description:
  - Compares two documents of M(auditops.auditd.audit_info) by meaning, in all layers - the values that auditd runs with, the rules on disk,
    compiled and loaded, the kernel, the daemon, the rotation, what the next boot starts, and the boot line. Other spellings, blanks and an
    order that decides nothing are no difference.
  - With the name of a benchmark on one side it says which rules and settings the host lacks; what a host has beyond a benchmark is no
    difference.
  - What was not seen on a side is neither the same nor different. It is listed, and the sides then do not count as the same.
  - The text goes to the terminal; with O(dest) also C(compare.txt), C(compare.json), a self-contained page C(compare.html), and the two
    documents C(left.json) and C(right.json), which can be compared with later states. A benchmark has no document; the file that an earlier
    comparison left of its side is removed.
  - Runs on the controller alone; no host is contacted.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - Compares the same in check mode, and writes no file.
  diff_mode:
    support: none
    details:
      - The result names what differs.
  idempotent:
    support: full
    details:
      - Reports no change, because no host is changed.
options:
  left:
    description:
      - The name of one side. Without O(left_info) it is a file with a document, or a benchmark.
    type: str
    required: true
  right:
    description:
      - The name of the other side.
    type: str
    required: true
  left_info:
    description:
      - The document of one side.
    type: dict
  right_info:
    description:
      - The document of the other side.
    type: dict
  dest:
    description:
      - The directory for the files. Without it none is written.
    type: path
  fail_on:
    description:
      - What fails the task - V(different) sides, also what is V(unknown) because a running host does not show it, or nothing (V(never)).
    type: str
    choices: [never, different, unknown]
    default: unknown
seealso:
  - module: auditops.auditd.audit_info
"""

EXAMPLES = r"""
- name: Read the host
  auditops.auditd.audit_info:
  register: audit

- name: Compare it with what it was
  auditops.auditd.audit_compare:
    left: audit-compare/left.json
    right: "{{ inventory_hostname }}"
    right_info: "{{ audit.info }}"
    fail_on: never
"""

RETURN = r"""
comparison:
  description: What was found.
  returned: success
  type: dict
  contains:
    status:
      description: V(same), V(different), or V(unknown) where all that was seen is the same and something was not seen.
      type: str
    differences:
      description: Each with its C(layer), its C(name), and what is C(left) and C(right); null is nothing.
      type: list
      elements: dict
    unknown:
      description: What was not seen, and on which side.
      type: list
      elements: str
    not_of_trees:
      description: What a tree cannot have, and so was not compared; it counts as nothing.
      type: list
      elements: str
    same:
      description: How many things are the same, by layer.
      type: dict
files:
  description: The path of each file.
  returned: when O(dest) is given
  type: dict
msg:
  description: One sentence.
  returned: failure
  type: str
"""
