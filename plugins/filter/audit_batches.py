# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes of a play's batches, refused in a sentence where they are none: Ansible itself ends with a traceback."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate

DOCUMENTATION = r"""
name: audit_batches
short_description: Refuse sizes of batches that Ansible cannot take
version_added: 1.0.0
description:
  - Returns what C(serial) of a play takes. Extra variables given as C(NAME=VALUE) are texts, so a text is read as YAML first.
  - The playbooks of this collection have it around C(audit_serial).
options:
  _input:
    description: A number of hosts from 1, a percentage of the play's hosts from C(1%), or a list of both whose last entry repeats.
    type: raw
    required: true
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Do something in batches
  hosts: all
  serial: "{{ audit_serial | default('100%') | auditops.auditd.audit_batches }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: A number, a percentage or a list of both.
  type: raw
"""


def audit_batches(serial: object) -> object:
    refused = gate.no_batches(serial)
    if refused:
        raise AnsibleFilterError(refused)
    return gate.read_serial(serial)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict:
        return {"audit_batches": audit_batches}
