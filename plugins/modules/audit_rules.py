#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_rules
short_description: Write audit rules, load what changed without a blind moment, prove it by the kernel's own list
version_added: 1.0.0
description:
  - Writes rules files below C(/etc/audit/rules.d), compiles C(/etc/audit/audit.rules) as C(augenrules) does, and brings the kernel to
    exactly that set by adding and deleting only what differs. A rule that stays is never away, not for a moment.
  - Rules are compared by meaning. C(-w /p -p wa -k x) and C(-a always,exit -F path=/p -F perm=wa -F key=x) are the same rule, and so
    are the spellings of users, architectures, system calls, numbers and the lists that newer releases of auditctl fill in.
  - Nothing is "loaded" until the kernel's list equals the wanted set. Where a rule is refused the previous set is put back, and the
    message names file, line and rule.
  - Where the kernel's rules are immutable (C(-e 2)) the files are staged and RV(reboot_required) says that a reboot applies them.
  - Benchmarks (CIS, STIG, PCI DSS, OSPP) are named by O(profiles) and fitted to the host.
  - Files that are not managed by this module are kept. A rule that one of them states already is left out of the managed files, because
    C(auditctl -R) stops at the second one at boot.
  - With O(state) merged, replaced or overridden, write bits of group and others and owners other than root are taken from C(/etc/audit),
    C(auditd.conf), the rules files, the log directory and the logs, because auditctl loads nothing of a file that others can write to.
    No bit is added, bits to read stay, a file with an access control list keeps its mode, and links and tools are only reported by
    M(auditops.auditd.audit_drift).
author:
  - The auditops.auditd authors (@auditops)
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(overridden) makes the managed files exactly what the task says; managed files it does not name are removed.
      - V(replaced) makes the named files exactly what the task says and leaves other managed files alone.
      - V(merged) adds the lines that the named files do not have in any spelling.
      - V(no_panic) takes C(-f 2) out, with which the kernel panics when it cannot record, and touches nothing else. It is taken out of the
        kernel, of C(/etc/audit/audit.rules), and of what C(augenrules) makes of C(rules.d) at the next boot. What stands instead is what
        O(failure_policy) says. No rule is read, so that nothing that is wrong with one keeps a host from being cured.
      - V(rendered) returns the files and the compiled text that O(state=overridden) would write, and touches nothing.
      - V(gathered) returns the rules of the host on disk, compiled and in the kernel.
      - V(parsed) reads O(content) without looking at any host.
    type: str
    choices: [merged, replaced, overridden, no_panic, rendered, gathered, parsed]
    default: overridden
  root:
    description:
      - Act on the system below this directory instead of the running one. Only files are written there.
    type: path
    default: /
  files:
    description:
      - The managed files, name below C(/etc/audit/rules.d) to text. C(@UID_MIN@) stands for the host's C(UID_MIN).
    type: dict
  rules:
    description:
      - Rule lines, in order, for the managed file C(70-auditops-local.rules).
    type: list
    elements: str
  content:
    description:
      - The text of C(70-auditops-local.rules), instead of O(rules).
      - With O(state=parsed) the text to read, a rules file or what C(auditctl -l) prints.
    type: str
  profiles:
    description:
      - The benchmarks whose rules are wanted, for example V(cis_debian_12), V(stig_rhel_9), V(pci_dss), V(ospp). V(auto) is the CIS
        benchmark of the host's own distribution, or that of the nearest release in its family. The guide to controls lists them all.
      - A benchmark of another family of systems than the host's (Red Hat with Fedora and Amazon Linux, Debian with Ubuntu, SUSE) is
        refused; one of another product of the family is taken, and a note says so.
      - Their files stand beside those of O(files), O(rules) and O(content). Nothing else is set; what they ask of C(auditd.conf) comes
        back in RV(auditd_conf), RV(expectations) and RV(waivers).
    type: list
    elements: str
    default: []
  skip:
    description:
      - Controls that are left out, by id (V(6.2.3.4)), by benchmark and id (V(cis_debian_12:6.2.3.4)), by V(key:NAME), V(file:NAME)
        or V(control:NAME). An unknown one is refused, with the nearest known.
    type: list
    elements: str
    default: []
  exceptions:
    description:
      - The register of exceptions, as in O(auditops.auditd.auditd_conf#module:exceptions). What it takes out of a benchmark has no rules,
        but for lines that another control still demands.
    type: list
    elements: dict
    default: []
  filters:
    description:
      - Exceptions for known noise, like V(chrony), V(cron), V(containers). Each says in the guide to controls what it hides.
    type: list
    elements: str
    default: []
  privileged:
    description:
      - The programs that a benchmark's control for privileged commands names.
      - V(discover) looks for set-uid, set-gid and file-capability programs on the local filesystems, in one walk of at most 30 seconds.
      - V(list) takes the programs that the benchmarks know. V(off) takes none.
    type: str
    choices: [discover, list, 'off']
    default: discover
  failure_policy:
    description:
      - What the host does when it can no longer audit, as in M(auditops.auditd.auditd_conf). V(keep_running) and V(suspend_auditing)
        refuse C(-f 2), wherever it stands, and waive what a benchmark asks for against them.
    type: str
    choices: [keep_running, suspend_auditing, stop_host]
  rotation_wanted:
    description:
      - Whether the log is rotated by time, which waives what a benchmark asks of C(max_log_file_action).
    type: bool
    default: false
  arch:
    description:
      - The machine of an offline tree as C(uname -m) names it, where O(root) has no program that shows it.
    type: str
  library:
    description:
      - The benchmark library. Filled in by the action plugin.
    type: dict
  control:
    description:
      - What is set besides rules. Each word wins over those of other files - it is written to a file that C(augenrules) reads last,
        C(zz-auditops-finalize.rules), or a name behind the last one that is there.
      - C(-e 0) of another file, and C(-f 2) of one where O(failure_policy) keeps the host up, lose whether or not a word is given here.
    type: dict
    suboptions:
      backlog_limit:
        description: Records that may wait, C(-b).
        type: int
      failure:
        description: What the kernel does when it cannot record, C(-f). V(0) nothing, V(1) say so, V(2) panic.
        type: int
        choices: [0, 1, 2]
      rate_limit:
        description: Records a second above which they are dropped, C(-r). V(0) is no limit.
        type: int
      backlog_wait_time:
        description: How long a process waits when the backlog is full, C(--backlog_wait_time), in the kernel's jiffies.
        type: int
      loginuid_immutable:
        description: Make the login uid of a process unchangeable once set, until the next boot. V(false) leaves it as it is.
        type: bool
  control_defaults:
    description:
      - What is set where no other rules file sets it. A smaller C(-b) of another file is raised to C(backlog_limit); all other
        words of other files win over these.
    type: dict
    suboptions:
      backlog_limit:
        description: Records that may wait, at least, C(-b).
        type: int
      failure:
        description: What the kernel does when it cannot record, C(-f). V(0) nothing, V(1) say so, V(2) panic.
        type: int
        choices: [0, 1, 2]
      rate_limit:
        description: Records a second above which they are dropped, C(-r). V(0) is no limit.
        type: int
      backlog_wait_time:
        description: How long a process waits when the backlog is full, C(--backlog_wait_time), in the kernel's jiffies.
        type: int
  immutable:
    description:
      - V(true) ends with C(-e 2), so that nothing can change the rules until the next boot. It is set after everything else is proven.
      - V(false) ends with C(-e 1), also where another file says C(-e 2).
      - V(keep) leaves C(-e 2) where a file says it, ours or another one. It takes effect at the next boot; this module does not set it.
    type: str
    choices: [keep, 'true', 'false']
    default: keep
  purge:
    description:
      - What to do with rules files that are not managed, with O(state=overridden).
      - V(keep) leaves them.
      - V(quarantine) moves them to C(/etc/audit/rules.d.quarantine), with a manifest. It is refused where the host would then load fewer
        rules of the chosen benchmark, or lose C(-e 2).
      - V(restore) moves what lies there back, where it is unchanged and its name is free.
    type: str
    choices: [keep, quarantine, restore]
    default: keep
  on_error:
    description:
      - V(abort) changes nothing when one rule of O(rules), O(files) or O(profiles) is refused. V(skip) leaves such rules out, as comments,
        and names each in RV(left_out).
      - Bad lines of other files keep none of these away. They are named in RV(left_out), and the boot goes on behind them by C(-c) (C(-i)
        for audit 4.0 to 4.0.2) in a file C(00-auditops-continue.rules).
    type: str
    choices: [abort, skip]
    default: abort
  missing_paths:
    description:
      - V(skip) leaves out rules whose path cannot exist on this host, as comments; the kernel would refuse them and the boot would load
        nothing behind them. V(keep) writes them nevertheless.
    type: str
    choices: [keep, skip]
    default: skip
  optimise:
    description:
      - Merge managed rules that differ in nothing but their system calls. What is logged stays the same.
    type: bool
    default: false
  allow_gap:
    description:
      - A rule that has to change its place among rules of the other action is moved without a moment in which it is away, by a twin that
        stands in for it. Where the kernel takes no twin, V(false) changes nothing and says how long rules would be away, and V(true)
        deletes the list and loads it again.
    type: bool
    default: false
  load:
    description:
      - Load the rules into the running kernel. V(false) only writes files, for example in a container that becomes an image.
    type: bool
    default: true
  backup:
    description:
      - Keep a copy of each file that is replaced or removed, beside it.
    type: bool
    default: false
  release:
    description:
      - The release of audit, like V(3.0.9). The default asks the host; it decides which words are taken.
    type: str
seealso:
  - module: auditops.auditd.audit_drift
  - module: auditops.auditd.audit_info
"""

EXAMPLES = r"""
- name: Watch the accounts, and keep the base settings
  auditops.auditd.audit_rules:
    rules:
      - -w /etc/passwd -p wa -k identity
      - -a always,exit -F arch=b64 -S adjtimex,settimeofday -F auid>=@UID_MIN@ -F auid!=unset -k time-change
    control:
      backlog_limit: 8192
      failure: 1

- name: Make two files exactly this, and the rules immutable until the next boot
  auditops.auditd.audit_rules:
    files:
      20-exceptions.rules: |
        -a never,exit -F arch=b64 -S all -F exe=/usr/sbin/chronyd
      30-main.rules: "{{ lookup('ansible.builtin.file', '30-main.rules') }}"
    immutable: true

- name: The CIS benchmark of the host, without one control, with a filter for chrony's noise
  auditops.auditd.audit_rules:
    profiles: [auto]
    skip: [key:delete]
    filters: [chrony]
    failure_policy: keep_running

- name: Prepare an image that is mounted
  auditops.auditd.audit_rules:
    root: /mnt/image
    rules:
      - -w /etc/sudoers -p wa -k scope

- name: Read a rules file without a host
  auditops.auditd.audit_rules:
    state: parsed
    content: "{{ lookup('ansible.builtin.file', 'audit.rules') }}"
  delegate_to: localhost
"""

RETURN = r"""
before:
  description: The rules and settings as they were - C(rules) of the kernel (of the files where it is not read), C(control), C(files).
  returned: O(state) is merged, replaced or overridden
  type: dict
after:
  description: The same as they are now, or would be in check mode.
  returned: O(state) is merged, replaced or overridden
  type: dict
commands:
  description: What was done to the kernel, in auditctl's grammar and in order.
  returned: O(state) is merged, replaced, overridden or no_panic
  type: list
  elements: str
  sample: ['-w /etc/passwd -p wa -k identity', '-d always,exit -S mount -F key=old']
missing:
  description: The rules that the kernel (the compiled file, where it is not read) lacked.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
extra:
  description: The rules that it had too many.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
out_of_order:
  description: The rules that stood on the wrong side of a rule with the other action.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
reloaded:
  description: Why a list was deleted and loaded again as a whole, null where no rule was away for a moment.
  returned: O(state) is merged, replaced or overridden
  type: str
proven:
  description: Whether the kernel's own list equals the wanted set. Null where the kernel is not asked.
  returned: O(state) is merged, replaced or overridden
  type: bool
loaded:
  description: How many rules the kernel has. Null where it is not asked.
  returned: O(state) is merged, replaced or overridden
  type: int
left_out:
  description: Rules that were left out - C(file), C(line), C(token), C(reason).
  returned: O(state) is merged, replaced, overridden or rendered
  type: list
  elements: dict
restored:
  description: The files that went back from the quarantine.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
quarantined_rules:
  description: The rules in the files that were moved away.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
previous:
  description:
    - The copy of C(audit.rules) that is kept because rules stood only there, in no file of C(rules.d). Null where there is none.
  returned: O(state) is merged, replaced or overridden
  type: str
taken_over:
  description:
    - The file of C(rules.d) into which rules are written that stood only in C(audit.rules), because augenrules would drop them. It is the
      host's own file from then on. Null where there is none, and with O(purge=quarantine).
  returned: O(state) is merged, replaced or overridden
  type: str
permissions:
  description:
    - The paths from which write bits of group and others, or an owner other than root, were taken, and with profiles those that their
      benchmarks want stricter still. Of the files of C(rules.d), C(audit.rules) and C(/etc/audit/*.conf); one with an access control list
      keeps its mode, because somebody is let in there on purpose.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
  sample: [/etc/audit/rules.d]
packages_told:
  description:
    - One sentence for each file of a package whose mode a benchmark made stricter. On Debian C(dpkg-statoverride) keeps it; elsewhere what
      C(rpm -V) says of it from now on.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
quarantined:
  description: Foreign files that were moved away.
  returned: O(state) is merged, replaced or overridden
  type: list
  elements: str
written:
  description: The files that were written, or would be in check mode.
  returned: O(state=no_panic)
  type: list
  elements: str
removed:
  description: Earlier files of ours that were removed, or would be in check mode.
  returned: O(state=no_panic)
  type: list
  elements: str
reboot_required:
  description: Whether what is on disk is in force only after a reboot, because the kernel's rules are immutable.
  returned: O(state) is merged, replaced, overridden or no_panic
  type: bool
backups:
  description: The copies that were kept.
  returned: O(backup=true)
  type: list
  elements: str
profiles:
  description: The benchmarks that O(profiles) came to.
  returned: when profiles are given
  type: list
  elements: str
  sample: [cis_debian_12]
controls:
  description:
    - The controls of the benchmarks - C(name), C(ids), C(title), C(why), C(file), C(key), C(lines), C(status) (loaded, skipped or
      left_out) with C(reason), and C(left_out), lines that make no sense on this host.
  returned: when profiles are given
  type: list
  elements: dict
auditd_conf:
  description: What the benchmarks ask of C(auditd.conf) and neither failure policy nor rotation decides. Nothing of it is set here.
  returned: when profiles are given
  type: dict
expectations:
  description: What each benchmark asks of C(auditd.conf) and of the kernel's switches - C(id), C(key), C(accepted).
  returned: when profiles are given
  type: list
  elements: dict
waivers:
  description:
    - Expectations that the policy overrides - C(control), C(key), C(expected), C(actual), C(reason), C(compensating).
  returned: when profiles are given
  type: list
  elements: dict
notes:
  description: What a reader of the benchmark may wonder about on this host, one sentence each.
  returned: when profiles are given
  type: list
  elements: str
problems:
  description: What is wrong with the rules - C(file), C(line), C(token), C(reason).
  returned: always
  type: list
  elements: dict
  sample:
    - {file: null, line: 3, token: nosuchcall, reason: 'Syscall name unknown: nosuchcall on x86_64'}
lint:
  description: What loads and is still wrong or useless - C(kind), C(severity), C(file), C(line), C(rule), C(reason).
  returned: O(state) is parsed or gathered
  type: list
  elements: dict
rules:
  description: The rules of O(content), one canonical string each. Equal in meaning is equal here.
  returned: O(state=parsed)
  type: list
  elements: str
  sample: ['-w /etc/passwd -p wa -k identity']
control:
  description: The settings of O(content), option to value.
  returned: O(state=parsed)
  type: dict
rendered:
  description: Path to text of each file, with the compiled C(/etc/audit/audit.rules).
  returned: O(state=rendered)
  type: dict
gathered:
  description:
    - C(files) path to text. C(disk), C(compiled) and C(kernel) rules as canonical strings. C(control) of the files.
    - C(status) and C(features) of the kernel. C(cost), how many rules a system call is held against.
  returned: O(state=gathered)
  type: dict
unavailable:
  description: What could not be read, and why.
  returned: O(state=gathered)
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments
from ansible_collections.auditops.auditd.plugins.module_utils._apply import panic
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules as _rules
from ansible_collections.auditops.auditd.plugins.module_utils._host import lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._module import NamesItsInput, finish

ARGUMENT_SPEC = dict(
    _arguments.RULES,
    state={"type": "str", "default": "overridden", "choices": [
        "merged", "replaced", "overridden", "no_panic", "rendered", "gathered", "parsed"]},
    root={"type": "path", "default": "/"},
    load={"type": "bool", "default": True},
    backup={"type": "bool", "default": False},
    release={"type": "str"},
)


def run(module):
    params = dict(module.params)
    module.params["library"] = None  # or each result would carry it back
    if params["state"] == "parsed":
        return _rules.parsed(params["content"], params["release"])
    host = Host(params["root"], module.run_command)
    host.arch = params["arch"] or None
    if params["state"] == "gathered":
        return _rules.gathered(host, params["release"])
    if params["state"] == "rendered":
        return _rules.rendered(host, params)
    with lock.held(host, wanted=not module.check_mode):
        if params["state"] == "no_panic":
            return panic.converge(host, params["failure_policy"], release=params["release"], check_mode=module.check_mode)
        return _rules.converge(host, params, check_mode=module.check_mode)


class Run(NamesItsInput, AnsibleModule):
    pass


def main():
    module = Run(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("rules", "content")],
        required_if=[("state", "parsed", ("content",))],
        supports_check_mode=True,
    )
    finish(module, run)


if __name__ == "__main__":
    main()
