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
  - Reads the documents that M(auditops.auditd.audit_drift) spooled, writes the report of the fleet and prints a summary.
  - The report is over all hosts of the spools, each with the moment it was read; hosts of the present run are marked.
  - Runs on the controller alone; no host is contacted. Use it once for a play, with C(run_once).
  - A document that cannot be read is named in the report and does not stop it. A file that this collection did not write is never
    replaced.
  - The same documents give the same files, byte for byte.
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
options:
  report_dir:
    description:
      - The directory that O(auditops.auditd.audit_drift#module:report_dir) named. The short form of O(sources) and O(dest).
      - Relative paths count from where C(ansible-playbook) was called.
    type: path
  sources:
    description:
      - Directories with documents, for example those of several controllers or of the slices of a job. Of a host that is in several,
        the newest document counts. Needed where O(report_dir) is not given.
    type: list
    elements: path
  dest:
    description:
      - The directory for the report. Without it O(report_dir), else the first of O(sources).
    type: path
  formats:
    description:
      - What to write.
      - V(html) is one page that needs nothing else, C(index.html); V(json) one object with all documents, C(fleet.json), and V(jsonl) a
        document a line, C(fleet.jsonl). Their schemas are in C(docs/schemas/) of the collection.
      - V(csv) has a row a finding, C(findings.csv); V(markdown) at most forty lines for a pull request, a chat or a mail, C(summary.md).
      - V(junit) has a suite a host and a case a control or finding, C(junit.xml); V(sarif) is SARIF 2.1.0, C(fleet.sarif).
      - V(oscal) is NIST's assessment results, C(assessment-results.json); V(ocsf) compliance findings (class 2003), one a line,
        C(ocsf.jsonl).
      - V(prometheus) is for the textfile collector, C(auditops_drift.prom); unlike the others it can be read by everybody.
    type: list
    elements: str
    choices: [html, json, jsonl, csv, markdown, junit, sarif, oscal, ocsf, prometheus]
    default: [json, html]
  history:
    description:
      - Compare with the run before, and keep one compact summary of a run in C(history/), of the last 90 runs.
    type: bool
    default: true
  fail_on:
    description:
      - Fail after the report when a host has a finding of this severity or above, or, with V(new), one that it did not have in the run
        before. The first run has nothing to compare with and passes.
      - With O(play_hosts) this task does not fail; M(auditops.auditd.audit_gate) fails each host.
    type: str
    choices: [never, new, info, low, medium, high, critical]
    default: never
  fail_on_layers:
    description:
      - Only findings of these layers count for O(fail_on). All layers where the list is empty.
    type: list
    elements: str
    default: []
  hosts:
    description:
      - Only these hosts. Without this option all documents count.
      - A host of these without a document is named.
    type: list
    elements: str
  failed:
    description:
      - Hosts that this run did not get through on. Their document is of an earlier moment, which is reported, and an earlier V(in_sync)
        counts as not known.
    type: list
    elements: str
    default: []
  play_hosts:
    description:
      - All hosts of the present run, C(ansible_play_hosts_all), for a play that compares and publishes. With it the report says how many
        hosts this run has compared, a host that the run lost is spooled as not known, and the run is kept in the history.
    type: list
    elements: str
    default: []
  forget:
    description:
      - After how many days without a new document a host that is no longer in the inventory leaves the report. Its documents are moved
        to C(forgotten/). A number of days, or V(never), because another inventory, a slice of a job and C(--limit) look the same.
    type: str
    default: never
  stops_of_days:
    description:
      - The terminal, C(summary.md) and the first list of the page name the hosts that their audit stopped in the last so many days, as
        M(auditops.auditd.audit_diagnosis) found with its O(auditops.auditd.audit_diagnosis#module:report_dir). On the page any number of
        days can be chosen.
    type: int
    default: 30
  serial:
    description:
      - The value of the play's C(serial), to say which of the batches this is.
    type: raw
    default: 100%
  max_fail_percentage:
    description:
      - RV(stopped) after a batch in which more than this percentage of hosts failed. Whatever the number is, it is also set after a batch
        with a host whose auditd is not alive, that lost records, that has a critical finding which was not there before, or whose state
        is not known any more.
    type: float
    default: 100
seealso:
  - module: auditops.auditd.audit_drift
  - module: auditops.auditd.audit_gate
"""

EXAMPLES = r"""
- name: Publish the report
  auditops.auditd.audit_report:
    report_dir: audit-report
  run_once: true

- name: One report of what three controllers collected, and fail a pipeline on severity high
  auditops.auditd.audit_report:
    sources: [spool/one, spool/two, spool/three]
    dest: report
    fail_on: high
  delegate_to: localhost
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
  description: The hosts that can stop themselves, soonest first; at most 100, the report has them all.
  returned: success
  type: list
  elements: str
stopping_count:
  description: How many hosts can stop themselves.
  returned: success
  type: int
left_out:
  description: Files that could not be read, and hosts without a document, each with the reason; at most 100, the report has them all.
  returned: success
  type: list
  elements: dict
left_out_count:
  description: How many files and hosts are left out.
  returned: success
  type: int
compared:
  description: How many hosts of the report this run compared, how many of the run's hosts are finished, and how many it has.
  returned: success
  type: dict
stopped:
  description: Why the run must not go on with the next batch; empty where it may.
  returned: success
  type: str
held:
  description: How many reasons to fail there are, hosts and batch together.
  returned: success
  type: int
refused:
  description:
    - For each reason for which variables of more than one host of the batch were refused, the C(reason), the C(first) host, and
      the C(hosts) in words, at most ten of them by name.
  returned: success
  type: list
  elements: dict
"""
