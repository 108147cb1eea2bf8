# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes of a play's batches, refused in a sentence where they are none: Ansible itself ends with a traceback."""

from __future__ import annotations

import re

import yaml
from ansible.errors import AnsibleFilterError

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
    sizes = serial
    if isinstance(serial, str):
        try:
            sizes = yaml.safe_load(serial)
        except yaml.YAMLError:
            sizes = None
    if not all(_is_size(size) for size in (sizes if isinstance(sizes, list) and sizes else [sizes])):
        raise AnsibleFilterError(
            f"audit_serial = {serial}: give a number of hosts from 1, a percentage such as 10%, or a list such as [1, 10%, 100%]; "
            "nothing was changed")
    return sizes


def _is_size(value: object) -> bool:
    return re.fullmatch(r"0*[1-9]\d*%?", str(value)) is not None and not isinstance(value, (bool, float))


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict:
        return {"audit_batches": audit_batches}
