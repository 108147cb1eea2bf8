# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a policy that a comparison takes, an option each. Not in the module, which carries its text to each host."""


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options:
  auditd:
    description:
      - The policy for C(auditd.conf). Leave it out and it is not compared.
    type: dict
    suboptions:
      state:
        description:
          - Whether the settings are merged into the file of the host, or replace it. What is wrong in a file that is replaced does not
            keep the policy from being applied.
        type: str
        choices: [merged, replaced]
        default: merged
      settings:
        description:
          - Keys of auditd.conf(5) with the wanted values; V(null) for a key that must not be there.
        type: dict
        default: {}
      failure_policy:
        description:
          - What the host does when it can no longer audit.
        type: str
        choices: [keep_running, suspend_auditing, stop_host]
      rotation_wanted:
        description:
          - Whether the log is rotated by time.
        type: bool
        default: false
      guard:
        description: As O(auditops.auditd.auditd_conf#module:guard).
        type: str
        choices: [timed, exec]
        default: timed
      unsupported_keys:
        description:
          - What becomes of settings that the host's release does not know. V(drop) leaves them out of the comparison.
        type: str
        choices: [fail, drop]
        default: fail
      mode:
        description:
          - The mode that the file must have or be stricter than, for example V('0600'). Without it, a mode wider than C(0640) is reported.
        type: str
      profiles:
        description: As O(auditops.auditd.auditd_conf#module:profiles).
        type: list
        elements: str
        default: []
      benchmark_conf:
        description: As O(auditops.auditd.auditd_conf#module:benchmark_conf).
        type: str
        choices: [apply, report]
        default: report
      own_keys:
        description: As O(auditops.auditd.auditd_conf#module:own_keys).
        type: list
        elements: str
        default: []
      reaction_hours:
        description: As O(auditops.auditd.auditd_conf#module:reaction_hours).
        type: int
        default: 24
      exceptions:
        description: As O(auditops.auditd.auditd_conf#module:exceptions).
        type: list
        elements: dict
        default: []
      skip:
        description: As O(auditops.auditd.auditd_conf#module:skip).
        type: list
        elements: str
        default: []
  audit_rules:
    description:
      - The policy for rules, as M(auditops.auditd.audit_rules) takes it. C(files) maps names in C(rules.d) to their content; C(purge) says
        whether other rules files are kept or put into quarantine. Leave it out and rules are not compared.
      - With C(profiles) the benchmarks' rules are compared too, findings name their controls, and what a benchmark asks of
        C(auditd.conf) is reported as waived where the policy sets it aside, or as info where nobody says anything.
      - Privileged programs are looked for where programs usually live and where a rule names one already, not by a walk over all
        filesystems; that is made where the rules are applied.
    type: dict
    suboptions:
      state:
        description: What the managed files are compared as, O(auditops.auditd.audit_rules#module:state).
        type: str
        choices: [merged, replaced, overridden]
        default: overridden
      files:
        description: As O(auditops.auditd.audit_rules#module:files).
        type: dict
      rules:
        description: As O(auditops.auditd.audit_rules#module:rules).
        type: list
        elements: str
      content:
        description: As O(auditops.auditd.audit_rules#module:content).
        type: str
      profiles:
        description: As O(auditops.auditd.audit_rules#module:profiles).
        type: list
        elements: str
        default: []
      skip:
        description: As O(auditops.auditd.audit_rules#module:skip).
        type: list
        elements: str
        default: []
      filters:
        description: As O(auditops.auditd.audit_rules#module:filters).
        type: list
        elements: str
        default: []
      exceptions:
        description: As O(auditops.auditd.audit_rules#module:exceptions).
        type: list
        elements: dict
        default: []
      privileged:
        description: As O(auditops.auditd.audit_rules#module:privileged).
        type: str
        choices: [discover, list, 'off']
        default: discover
      failure_policy:
        description: As O(auditops.auditd.audit_rules#module:failure_policy).
        type: str
        choices: [keep_running, suspend_auditing, stop_host]
      rotation_wanted:
        description: As O(auditops.auditd.audit_rules#module:rotation_wanted).
        type: bool
        default: false
      arch:
        description: As O(auditops.auditd.audit_rules#module:arch).
        type: str
      library:
        description: The benchmark library. Filled in by the action plugin.
        type: dict
      control:
        description: As O(auditops.auditd.audit_rules#module:control).
        type: dict
        suboptions:
          backlog_limit:
            description: As O(auditops.auditd.audit_rules#module:control.backlog_limit).
            type: int
          failure:
            description: As O(auditops.auditd.audit_rules#module:control.failure).
            type: int
            choices: [0, 1, 2]
          rate_limit:
            description: As O(auditops.auditd.audit_rules#module:control.rate_limit).
            type: int
          backlog_wait_time:
            description: As O(auditops.auditd.audit_rules#module:control.backlog_wait_time).
            type: int
          loginuid_immutable:
            description: As O(auditops.auditd.audit_rules#module:control.loginuid_immutable).
            type: bool
      control_defaults:
        description: As O(auditops.auditd.audit_rules#module:control_defaults).
        type: dict
        suboptions:
          backlog_limit:
            description: As O(auditops.auditd.audit_rules#module:control_defaults.backlog_limit).
            type: int
          failure:
            description: As O(auditops.auditd.audit_rules#module:control_defaults.failure).
            type: int
            choices: [0, 1, 2]
          rate_limit:
            description: As O(auditops.auditd.audit_rules#module:control_defaults.rate_limit).
            type: int
          backlog_wait_time:
            description: As O(auditops.auditd.audit_rules#module:control_defaults.backlog_wait_time).
            type: int
      immutable:
        description: As O(auditops.auditd.audit_rules#module:immutable).
        type: str
        choices: [keep, 'true', 'false']
        default: keep
      purge:
        description: As O(auditops.auditd.audit_rules#module:purge).
        type: str
        choices: [keep, quarantine, restore]
        default: keep
      on_error:
        description: As O(auditops.auditd.audit_rules#module:on_error).
        type: str
        choices: [abort, skip]
        default: abort
      missing_paths:
        description: As O(auditops.auditd.audit_rules#module:missing_paths).
        type: str
        choices: [keep, skip]
        default: skip
      allow_gap:
        description: As O(auditops.auditd.audit_rules#module:allow_gap). It makes no difference to a comparison.
        type: bool
        default: false
      optimise:
        description: As O(auditops.auditd.audit_rules#module:optimise).
        type: bool
        default: false
  audit_rotation:
    description:
      - The policy for the time-based rotation, as M(auditops.auditd.audit_rotation) takes it. Leave it out and it is not compared.
    type: dict
    suboptions:
      config:
        description: As O(auditops.auditd.audit_rotation#module:config).
        type: dict
        default: {}
      schedule:
        description: As O(auditops.auditd.audit_rotation#module:schedule).
        type: str
        default: daily
      scheduler:
        description: As O(auditops.auditd.audit_rotation#module:scheduler).
        type: str
        choices: [auto, cron, systemd]
        default: auto
      guard_minutes:
        description: As O(auditops.auditd.audit_rotation#module:guard_minutes).
        type: int
        default: 1
      interpreter:
        description: As O(auditops.auditd.audit_rotation#module:interpreter).
        type: path
  audit_boot:
    description:
      - The policy for the next boot. Leave it out and masks, start links and boot line are compared with what audits a host best.
    type: dict
    suboptions:
      service:
        description: As O(auditops.auditd.audit_boot#module:service).
        type: str
        choices: [enabled, disabled, keep]
        default: keep
      line:
        description: As O(auditops.auditd.audit_boot#module:line).
        type: list
        elements: str
        default: []
  audit_check:
    description:
      - The policy for the program C(audit-check), as M(auditops.auditd.audit_check) takes it. Leave it out and it is not compared.
    type: dict
    suboptions:
      schedule:
        description: As O(auditops.auditd.audit_check#module:schedule).
        type: str
        default: never
      scheduler:
        description: As O(auditops.auditd.audit_check#module:scheduler).
        type: str
        choices: [auto, cron, systemd]
        default: auto
      interpreter:
        description: As O(auditops.auditd.audit_check#module:interpreter).
        type: path
      textfile:
        description: As O(auditops.auditd.audit_check#module:textfile).
        type: path
      state:
        description: As O(auditops.auditd.audit_check#module:state).
        type: str
        choices: [present, absent]
        default: present
  audit_shipping:
    description:
      - The policy for what passes the records on, as M(auditops.auditd.audit_shipping) takes it. Leave it out and only actions of
        audisp-remote that take the host down are reported. With an empty list of targets, what was set up here and still ships is too.
    type: dict
    suboptions:
      to:
        description: As O(auditops.auditd.audit_shipping#module:to).
        type: list
        elements: str
        choices: [syslog, remote, cloudwatch, s3, command]
        default: []
      priority:
        description: As O(auditops.auditd.audit_shipping#module:priority).
        type: str
        default: LOG_INFO
      facility:
        description: As O(auditops.auditd.audit_shipping#module:facility).
        type: str
        default: LOG_LOCAL6
      remote_server:
        description: As O(auditops.auditd.audit_shipping#module:remote_server).
        type: str
        default: ''
      remote_conf:
        description: As O(auditops.auditd.audit_shipping#module:remote_conf).
        type: dict
        default: {}
      schedule:
        description: As O(auditops.auditd.audit_shipping#module:schedule).
        type: str
        default: hourly
      scheduler:
        description: As O(auditops.auditd.audit_shipping#module:scheduler).
        type: str
        choices: [auto, cron, systemd]
        default: auto
      s3_bucket:
        description: As O(auditops.auditd.audit_shipping#module:s3_bucket).
        type: str
        default: ''
      s3_prefix:
        description: As O(auditops.auditd.audit_shipping#module:s3_prefix).
        type: str
        default: ''
      s3_region:
        description: As O(auditops.auditd.audit_shipping#module:s3_region).
        type: str
        default: ''
      s3_endpoint_url:
        description: As O(auditops.auditd.audit_shipping#module:s3_endpoint_url).
        type: str
        default: ''
      s3_program:
        description: As O(auditops.auditd.audit_shipping#module:s3_program).
        type: str
        default: ''
      s3_copy_options:
        description: As O(auditops.auditd.audit_shipping#module:s3_copy_options).
        type: list
        elements: str
        default: []
      command:
        description: As O(auditops.auditd.audit_shipping#module:command).
        type: list
        elements: str
        default: []
      cloudwatch_log_group:
        description: As O(auditops.auditd.audit_shipping#module:cloudwatch_log_group).
        type: str
        default: ''
      cloudwatch_log_stream:
        description: As O(auditops.auditd.audit_shipping#module:cloudwatch_log_stream).
        type: str
        default: '{instance_id}'
      cloudwatch_retention_days:
        description: As O(auditops.auditd.audit_shipping#module:cloudwatch_retention_days).
        type: int
        default: 0
      cloudwatch_unseen_archives:
        description: As O(auditops.auditd.audit_shipping#module:cloudwatch_unseen_archives).
        type: str
        choices: [keep, prune]
        default: keep
      cloudwatch_mode:
        description: As O(auditops.auditd.audit_shipping#module:cloudwatch_mode).
        type: str
        choices: [ec2, onPremise, auto]
        default: auto
      failure_policy:
        description: As O(auditops.auditd.audit_shipping#module:failure_policy).
        type: str
        choices: [keep_running, suspend_auditing, stop_host]
        default: keep_running
"""
