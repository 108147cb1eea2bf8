# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pattern of a play, with a word where it matches nobody: Ansible itself ends such a play with success, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible import context
from ansible.errors import AnsibleFilterError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display
from ansible_collections.auditops.auditd.plugins.plugin_utils import bytecode

DOCUMENTATION = r"""
name: audit_play_hosts
short_description: Say it where the hosts of a play are none
version_added: 1.0.0
description:
  - Returns the pattern. A name in it that the inventory does not have is an error, also beside names that it has. Where the pattern matches
    no host of the inventory, so is a gate (C(audit_drift_fail_on)) that would judge nobody. For an empty group or inventory, and where the
    limit of the run leaves no host, a warning says that nothing was compared.
  - The playbooks of this collection have it around C(audit_hosts).
options:
  _input:
    description: The pattern, as C(hosts) of a play takes it.
    type: raw
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  limit:
    description: The variable C(ansible_limit).
    type: str
    default: ''
  fail_on:
    description: What fails the run, C(audit_drift_fail_on).
    type: str
    default: never
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Do something where audit_hosts says
  hosts: "{{ audit_hosts | default('all') | auditops.auditd.audit_play_hosts(groups) }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: The pattern as it was given.
  type: raw
"""

# These look at a playbook, and may do so without an inventory.
LOOKS_ONLY = ("syntax", "listhosts", "listtasks", "listtags")
NOTHING = "nothing was compared, nothing was changed, and no report was written"


def audit_play_hosts(pattern: str | Sequence[str], groups: Mapping[str, Sequence[str]], limit: str = "", fail_on: str = "never") -> object:
    bytecode.keep()  # nothing of ours is called earlier in a playbook
    if any(context.CLIARGS.get(name) for name in LOOKS_ONLY) or limit.startswith("@"):
        return pattern
    inventory = _inventory(groups)
    unknown = [name for name in _names(pattern) if name not in groups and name not in inventory.hosts and not inventory.get_hosts(name)]
    if unknown:
        raise AnsibleFilterError(f"audit_hosts: the inventory has no host and no group {', '.join(unknown)}; {NOTHING}")
    inventory.subset(limit or None)
    if inventory.get_hosts(pattern):
        return pattern
    inventory.subset(None)
    words = pattern if isinstance(pattern, str) else ",".join(pattern)
    if inventory.get_hosts(pattern):  # the user's own choice, and usual where a file imports several playbooks
        Display().warning(f"no host of {words} is in the limit {limit}: {NOTHING}")
        return pattern
    if fail_on != "never":
        raise AnsibleFilterError(f"audit_drift_fail_on = {fail_on}: the inventory has no host in {words}, so nobody is judged; {NOTHING}")
    Display().warning(f"the inventory has no host in {words}: {NOTHING}")
    return pattern


def _inventory(groups: Mapping[str, Sequence[str]]) -> InventoryManager:
    inventory = InventoryManager(DataLoader(), sources=[], parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group=group)
    return inventory


def _names(pattern: str | Sequence[str]) -> list[str]:
    """The parts of a pattern that are names of hosts or groups, without what only leaves hosts out."""
    parts = [part.lstrip("&") for part in split_host_pattern(pattern) if not part.startswith("!")]
    return [part for part in parts if not set("*?[~") & set(part)]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict:
        return {"audit_play_hosts": audit_play_hosts}
