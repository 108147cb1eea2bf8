#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_shipping
short_description: Ship the records of auditd to syslog, to an auditd that collects, or as archives to S3
version_added: 1.0.0
description:
  - Writes the files of auditd's plugins whole, by the host's release of audit, has auditd reload them, and sees that the plugins run.
    Where one does not stay, every file is put back.
  - A plugin that others switched on is left alone. One that this module switched on and that O(to) no longer names is switched off.
  - auditd gives a plugin its arguments when it starts it, and after the last plugin was switched off it starts none until it is
    restarted (seen with 3.0.9). What waits for a restart is in RV(waiting).
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The files name keys by their paths; no secret is in them.
  idempotent:
    support: full
options:
  root:
    description:
      - Work on the system below this directory instead of the running one. Files are written there, and nothing is started.
    type: path
    default: /
  release:
    description:
      - The release of audit, for a tree that does not show it, for example V(3.0.9).
    type: str
  scope:
    description:
      - V(all) sets up all that O(to) names.
      - V(stops) takes out of C(audisp-remote.conf) what stops the host, C(halt) and C(single), where the plugin is active and
        O(failure_policy) keeps the host running. What stands instead is what O(remote_conf) says for that action, else what this module
        sets by itself. Every other byte of the file stays, with its mode, owner, label and access control list, whatever O(to) names.
        audisp-remote reads its file only when it starts, so it is ended, and auditd starts it again; also where the file is right and
        was written after it started. auditd gets no signal.
    type: str
    choices: [all, stops]
    default: all
  backup:
    description:
      - Keep a copy of C(audisp-remote.conf) beside it before it is replaced. Only with O(scope=stops).
    type: bool
    default: false
  to:
    description:
      - Where the records go. V(syslog) is the system's own log daemon, V(remote) the auditd of another host. V(cloudwatch) has the Amazon
        CloudWatch agent of the host collect the live log. V(s3) and V(command) take the archives of the rotation, which has to be
        installed (M(auditops.auditd.audit_rotation)).
    type: list
    elements: str
    choices: [syslog, remote, cloudwatch, s3, command]
    default: []
  priority:
    description:
      - The priority of each record, in the words of syslog(3).
    type: str
    default: LOG_INFO
  facility:
    description:
      - The facility of each record, in the words of syslog(3). V(LOG_LOCAL0) to V(LOG_LOCAL7) keep the records apart from everything else.
    type: str
    default: LOG_LOCAL6
  remote_server:
    description:
      - The name or address of the host whose auditd collects, for V(remote).
    type: str
    default: ''
  remote_conf:
    description:
      - Keys of audisp-remote.conf(5) that win over what this module sets. A value that the host's release does not take is refused.
    type: dict
    default: {}
  schedule:
    description:
      - When archives are shipped. V(hourly), V(daily), V(weekly), V(monthly) or the five fields of crontab(5).
    type: str
    default: hourly
  scheduler:
    description:
      - What starts the shipping of archives. V(auto) takes cron where a cron daemon is installed, else systemd.
    type: str
    choices: [auto, cron, systemd]
    default: auto
  s3_bucket:
    description:
      - The bucket that takes the archives, for V(s3).
    type: str
    default: ''
  s3_prefix:
    description:
      - What stands before the names of the archives in the bucket, for example V(audit/web-1).
    type: str
    default: ''
  s3_region:
    description:
      - The region of the bucket. Empty means what the AWS program finds by itself.
    type: str
    default: ''
  s3_endpoint_url:
    description:
      - The address of a service that speaks S3 and is not of AWS.
    type: str
    default: ''
  s3_program:
    description:
      - The AWS command line program. Empty means C(aws) where programs usually lie.
    type: str
    default: ''
  s3_copy_options:
    description:
      - Further words for C(aws s3 cp), for example V(--sse) and V(aws:kms).
    type: list
    elements: str
    default: []
  command:
    description:
      - A program and its words, run without a shell for each archive. C({path}), C({name}) and C({sha256}) are replaced. It has the
        archive where it ends with 0.
    type: list
    elements: str
    default: []
  cloudwatch_log_group:
    description:
      - The log group of CloudWatch Logs that takes the live log, for V(cloudwatch).
    type: str
    default: ''
  cloudwatch_log_stream:
    description:
      - The log stream. The agent replaces V({instance_id}), V({hostname}) and their like.
    type: str
    default: '{instance_id}'
  cloudwatch_retention_days:
    description:
      - How many days the group keeps a record. V(0) leaves what it has.
    type: int
    default: 0
  cloudwatch_unseen_archives:
    description:
      - What becomes of archives for which nobody can see whether the agent sent them, because it was started after their last record.
      - V(keep) never prunes them, and drift reports how many there are (C(shipping.archives.unseen.cloudwatch)). V(prune) has the rotation
        prune them as its policy says, as if they were sent.
    type: str
    choices: [keep, prune]
    default: keep
  cloudwatch_mode:
    description:
      - What kind of host the agent's control program is to take this one for.
    type: str
    choices: [ec2, onPremise, auto]
    default: auto
  failure_policy:
    description:
      - What the host does when it can no longer ship. V(keep_running) refuses C(suspend), C(single) and C(halt) in any action of
        O(remote_conf), V(suspend_auditing) refuses C(single) and C(halt).
    type: str
    choices: [keep_running, suspend_auditing, stop_host]
    default: keep_running
  missing:
    description:
      - What happens where a plugin's program is not installed. V(report) names its package in RV(missing) and changes nothing.
    type: str
    choices: [fail, report]
    default: fail
  restart:
    description:
      - Whether auditd is restarted where only that gives a plugin its new arguments.
    type: str
    choices: [never, if_needed]
    default: never
  timeout:
    description:
      - Seconds that auditd gets to confirm the reload.
    type: float
    default: 10
seealso:
  - module: auditops.auditd.audit_drift
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Pass each record on to the system's log daemon
  auditops.auditd.audit_shipping:
    to: [syslog]
    facility: LOG_LOCAL6
  become: true

- name: Take out of audisp-remote.conf what stops the host, and nothing else
  auditops.auditd.audit_shipping:
    scope: stops
  become: true

- name: Pass each record on to the auditd that collects, and keep what it cannot take in a queue
  auditops.auditd.audit_shipping:
    to: [remote]
    remote_server: logs.example.com
    remote_conf:
      port: 60
      queue_depth: 20480
  become: true
"""

RETURN = r"""
files:
  description: The files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/audit/plugins.d/syslog.conf]
switched_off:
  description: The plugins that were switched off because O(to) no longer names them.
  returned: success
  type: list
  elements: str
missing:
  description: The packages that have to be installed first, with O(missing=report).
  returned: success
  type: list
  elements: str
  sample: [audispd-plugins]
waiting:
  description: What only a restart of auditd brings into force, one sentence each.
  returned: success
  type: list
  elements: str
backup_file:
  description: The copy of the file that was replaced. V(null) where none was asked for or nothing was changed.
  returned: O(scope=stops)
  type: str
proof:
  description: The proof of the reload. V(null) where nothing was reloaded.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping, shipping_archives, shipping_cloudwatch, shipping_stops
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish

ARGUMENT_SPEC = dict(
    _arguments.SHIPPING,
    root={"type": "path", "default": "/"},
    release={"type": "str"},
    scope={"type": "str", "default": "all", "choices": ["all", "stops"]},
    backup={"type": "bool", "default": False},
    missing={"type": "str", "choices": ["fail", "report"], "default": "fail"},
    restart={"type": "str", "choices": ["never", "if_needed"], "default": "never"},
    timeout={"type": "float", "default": 10},
)


def run(module):
    host = Host(module.params["root"], module.run_command)
    return _take_stops_out(module, host) if module.params["scope"] == "stops" else _set_up(module, host)


def _take_stops_out(module, host):
    params = module.params
    with lock.held(host, wanted=not module.check_mode):
        result = shipping_stops.converge(host, params, params["release"], backup=params["backup"], check_mode=module.check_mode)
    for sentence in result["waiting"]:
        module.warn(sentence)
    return dict(result, proof=None, switched_off=[], missing=[])


def _set_up(module, host):
    params = module.params
    with lock.held(host, wanted=not module.check_mode):
        planned = shipping.plan(host, params, params["release"], missing=params["missing"])
        archives = shipping_archives.plan(host, params, check_mode=module.check_mode)
        agent = shipping_cloudwatch.plan(host, params, params["release"], missing=params["missing"])
        packages = planned.missing + agent.missing
        changed = bool(planned.files or planned.queue_directory or archives.changed or agent.changed) and not packages
        proof, waiting = None, []
        if not packages and not module.check_mode:
            of_plugins, proof, waiting = shipping.converge(
                planned, timeout=params["timeout"], restart=params["restart"] == "if_needed")
            changed = of_plugins or archives.changed or agent.changed
            if archives.changed:
                shipping_archives.apply(host, archives)
            if agent.changed:
                shipping_cloudwatch.apply(host, agent, params["cloudwatch_mode"])
    for sentence in waiting:
        module.warn("%s until auditd is restarted" % sentence)
    return {
        "changed": changed, "proof": proof, "waiting": waiting,
        "files": sorted(planned.files) + sorted(archives.written), "switched_off": planned.off,
        "missing": packages, "diff": planned.diff() + archives.diff() + agent.diff(),
    }


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
