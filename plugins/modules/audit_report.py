#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

# This is the documentation of an action plugin: nothing of it runs on a host.

DOCUMENTATION = r"""
module: audit_report
short_description: Publish drift documents as a report
version_added: 1.0.0
description:
  - Reads the documents that M(auditops.auditd.audit_drift) spooled, writes the report of the fleet beside them and prints a summary.
  - Runs on the controller alone; no host is contacted. Use it once for a play, with C(run_once).
  - A document that cannot be read is named in the report and does not stop it.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - The report is written in check mode too; it is not part of any host.
  diff_mode:
    support: none
    details:
      - There is nothing to differ.
  idempotent:
    support: full
    details:
      - Reports no change, because no host is changed.
options:
  report_dir:
    description:
      - The directory that O(auditops.auditd.audit_drift#module:report_dir) named.
      - Relative paths count from where C(ansible-playbook) was called.
    type: path
    required: true
  formats:
    description:
      - What to write. V(json) is one file with all documents, C(fleet.json); V(html) is one page that needs nothing else, C(index.html).
    type: list
    elements: str
    choices: [html, json]
    default: [json, html]
  hosts:
    description:
      - Only these hosts, for example C(ansible_play_hosts_all). Without this option all documents count.
      - A host of these without a document is named.
    type: list
    elements: str
  failed:
    description:
      - Hosts that this run did not get through on, for example C(ansible_play_hosts_all | difference(ansible_play_hosts)). Their document
        is of an earlier moment, which is told, and an earlier V(in_sync) counts as not known.
    type: list
    elements: str
seealso:
  - module: auditops.auditd.audit_drift
"""

EXAMPLES = r"""
- name: Publish the report
  auditops.auditd.audit_report:
    report_dir: audit-report
  run_once: true

- name: Publish it for the hosts of this play only
  auditops.auditd.audit_report:
    report_dir: audit-report
    hosts: "{{ ansible_play_hosts_all }}"
    failed: "{{ ansible_play_hosts_all | difference(ansible_play_hosts) }}"
  run_once: true
"""

RETURN = r"""
dest:
  description: The page, or the first file that was written.
  returned: success
  type: str
  sample: /home/you/audit-report/index.html
files:
  description: What was written, by format.
  returned: success
  type: dict
summary:
  description: The summary that was printed.
  returned: success
  type: str
counts:
  description: How many hosts are C(in_sync), C(drifted) and C(unknown).
  returned: success
  type: dict
before_counts:
  description: The same before the remediation; V(null) where there was none.
  returned: success
  type: dict
severities:
  description: How many findings of each severity there are.
  returned: success
  type: dict
stopping:
  description: The hosts that can stop themselves, or would have before the remediation.
  returned: success
  type: list
  elements: str
left_out:
  description: Files that could not be read, and hosts without a document, each with the reason.
  returned: success
  type: list
  elements: dict
"""
