#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: auditd_conf
short_description: Change auditd.conf and bring it into force, proven, or leave everything as it was
version_added: 1.0.0
description:
  - Validates C(/etc/audit/auditd.conf) as the parser of the host's release of audit would, before anything is written. What
    auditd refuses keeps it from starting at the next boot, and a key newer than the release is enough for that.
  - Replaces the file atomically, makes auditd reload it, and waits for the proof - auditd's own record and a state report with the values
    of the file. Where the proof does not come, the old file is put back, auditd is brought back to it, and the module fails and says why.
  - A host where auditd has suspended logging is woken first. The plain reload that other recipes send kills auditd 3.0.7 to 4.2.1 there.
  - Needs nothing on the host but audit and Python.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - Validates, compares and plans as the real run does, including RV(actions) and RV(restart_required). The only signal sent is SIGCONT,
        which makes auditd write its state report.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A file that is as wanted but was not read by auditd since it was changed is reloaded, and reported as changed.
  platform:
    platforms: linux
options:
  path:
    description:
      - The file. auditd reads no other, so anything else is only for a file that something else will put in place; it is never reloaded.
    type: path
    default: /etc/audit/auditd.conf
  root:
    description:
      - Work on the system below this directory, for example an image that is being built, instead of the running one. Only the file is
        changed there. Groups, scripts and the release are those of the tree.
    type: path
    default: /
  state:
    description:
      - V(merged) sets the keys of O(settings) and keeps all others, the comments and the order. Where there is no file yet, it starts from
        what upstream ships with the release. A key set to V(null) is removed.
      - V(replaced) makes the file exactly O(content), or exactly O(settings).
      - V(rendered) validates O(content) or O(settings) and returns RV(rendered). Nothing is changed, and no auditd is needed.
      - V(gathered) returns what the file holds as RV(gathered) and RV(problems).
    type: str
    choices: [merged, replaced, rendered, gathered]
    default: merged
  settings:
    description:
      - The keys, as auditd.conf(5) spells them, and their values. V(true) and V(false) mean V(yes) and V(no).
    type: dict
  scope:
    description:
      - V(all) applies all of O(settings).
      - V(stops) applies what takes a stop away from the host, and leaves the rest for later. These are the actions that are C(HALT),
        C(SINGLE) or C(SUSPEND) in the file and something milder in O(settings), and the keys that are removed. Only with O(state=merged).
        Lines of the file that auditd refuses keep it from none of this. They stay and are named; a running auditd is given, for this
        reload, the file without them. It is refused where these lines say where the log is or how much of it is kept.
    type: str
    choices: [all, stops]
    default: all
  content:
    description:
      - The whole file, as text. Not with O(state=merged).
    type: str
  release:
    description:
      - The release of audit to validate for, for example V(3.0.9). By default the host, or the tree, is asked.
      - An unknown release, newer than this collection knows, is treated as the newest one known, with a warning.
    type: str
  unsupported_keys:
    description:
      - What to do with keys that the release does not know. V(fail) refuses them, as auditd would. V(drop) leaves them out, with a warning,
        and lists them in RV(dropped).
    type: str
    choices: [fail, drop]
    default: fail
  failure_policy:
    description:
      - Refuse what contradicts this policy, for example V(HALT) in any action under V(keep_running).
      - With O(state=merged), an action that O(settings) does not name and that the file has against this policy becomes C(SYSLOG).
    type: str
    choices: [keep_running, suspend_auditing, stop_host]
  rotation_wanted:
    description:
      - Refuse what keeps auditd from rotating on request (SIGUSR1), which is C(num_logs) below 2.
    type: bool
    default: false
  guard:
    description:
      - V(exec) says that C(space_left_action = EXEC /usr/local/sbin/audit-resume) in O(settings) stands for C(audit_rotation_guard). Where
        the host cannot rely on that call, C(SYSLOG) is set instead, with a warning that says why.
      - Such are a release of audit of which nobody measured when it calls (3.0 to 4.0 were measured), SELinux that enforces where no call
        has been seen to succeed, and O(failure_policy=stop_host).
    type: str
    choices: [timed, exec]
    default: timed
  profiles:
    description:
      - The benchmarks that were chosen for this host, as in M(auditops.auditd.audit_rules), for example V(cis_debian_12) or V(auto).
    type: list
    elements: str
    default: []
  benchmark_conf:
    description:
      - Whether what O(profiles) demand of C(auditd.conf) is set. O(own_keys) come before it, and it comes before the rest of O(settings)
        where O(failure_policy) permits the action. C(space_left) and C(admin_space_left) are one pair, whoever sets one sets both.
      - A demand that this host cannot take (no mailer, a key that its release does not know, a threshold below which the room already is)
        is left out, named in RV(untaken), and refuses nothing.
    type: str
    choices: [apply, report]
    default: report
  own_keys:
    description:
      - The keys of O(settings) that no benchmark changes.
    type: list
    elements: str
    default: []
  exceptions:
    description:
      - The register of exceptions, each a mapping of C(control), C(key), C(setting) or C(file), with C(reason), C(owner) and, as wanted,
        C(benchmark), C(approved_by), C(expires) (a day, UTC) and C(ticket). What it takes out of a benchmark is not set.
    type: list
    elements: dict
    default: []
  skip:
    description:
      - Controls of O(profiles) that are left out, as O(auditops.auditd.audit_rules#module:skip). Those about rules make no difference here.
    type: list
    elements: str
    default: []
  benchmarks:
    description:
      - What benchmarks demand of settings, packed. Filled in by the action plugin.
    type: str
  rotation:
    description:
      - Whether the rotation by time is proven to run - installed, scheduled by something alive, its last run done. V(auto) looks.
      - While it is not, and O(rotation_wanted=true), C(max_log_file_action) stays as it is where O(settings) would let the log grow
        without a bound (C(IGNORE), C(SYSLOG)). It is then named in RV(deferred), and a warning says what is missing.
    type: str
    choices: [auto, proven, unproven]
    default: auto
  reload:
    description:
      - Bring the file into force on the running auditd. With V(false) only the file is written.
    type: bool
    default: true
  start:
    description:
      - Start auditd where it is not running, after the file was validated, and prove it by its record C(DAEMON_START). With V(false) a host
        without a running auditd gets the file and a warning. Has no effect with O(reload=false).
    type: bool
    default: true
  restart:
    description:
      - What to do about keys that a reload cannot apply. V(never) loads the others, warns and lists those that wait in
        RV(restart_required). V(if_needed) restarts auditd, by signal and not by C(systemctl restart), which most distributions refuse.
      - A C(name_format) that is looked up (V(HOSTNAME), V(FQD), V(NUMERIC)) and C(priority_boost) wait too; the reload of the others gives
        auditd what it has for them. It would lose its node name otherwise (3.0.9 to 4.2.1), and priorities add up.
      - While auditd restarts, events go to the kernel's own log.
    type: str
    choices: [never, if_needed]
    default: never
  backup:
    description:
      - Keep a copy of the old file beside it. See RV(backup_file).
    type: bool
    default: false
  mode:
    description:
      - The mode of the file in octal, in quotes, for example V('0600'). By default an old file keeps its mode, and a new one gets 0600.
    type: str
  timeout:
    description:
      - Seconds to wait for each proof.
    type: float
    default: 10
  reaction_hours:
    description:
      - For C(space_left) and C(admin_space_left) that are V(auto) in O(settings) - how many hours somebody needs to react to a warning.
      - C(space_left) becomes what the log writes meanwhile at its fastest, more than one rotation period writes, and at most half of the
        partition. A number that is there and differs from that by less than half stays. A log too young to measure keeps what is there.
    type: int
    default: 24
seealso:
  - module: auditops.auditd.auditd_signal
  - module: auditops.auditd.audit_drift
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Rotate by time, not by size, and never stop the host
  auditops.auditd.auditd_conf:
    settings:
      max_log_file_action: IGNORE
      num_logs: 5
      space_left_action: SYSLOG
      admin_space_left_action: SYSLOG
      disk_full_action: SYSLOG
      disk_error_action: SYSLOG
    failure_policy: keep_running
    rotation_wanted: true
  become: true

- name: Would auditd 2.8.5 take this file?
  auditops.auditd.auditd_conf:
    state: rendered
    release: 2.8.5
    content: "{{ lookup('ansible.builtin.file', 'auditd.conf') }}"

- name: Configure an image that is being built
  auditops.auditd.auditd_conf:
    root: /mnt/image
    settings:
      log_format: ENRICHED
"""

RETURN = r"""
actions:
  description:
    - What was done, or would be done in check mode, in this order - C(write), C(mode), C(resume), C(reopen) (of a log that was deleted
      under auditd), C(reload), C(restart), C(start).
  returned: O(state=merged) or O(state=replaced)
  type: list
  elements: str
  sample: [write, reload]
before:
  description: The settings of the file before. Empty where there was none.
  returned: O(state=merged) or O(state=replaced)
  type: dict
after:
  description: The settings of the file now.
  returned: O(state=merged) or O(state=replaced)
  type: dict
proof:
  description: What proves that auditd runs with the file. V(null) in check mode.
  returned: O(state=merged) or O(state=replaced)
  type: dict
  contains:
    how:
      description: The kind of proof, or why there is none.
      type: str
      sample: record and report
    record:
      description: auditd's own record, C(DAEMON_CONFIG) or C(DAEMON_START).
      type: str
    report:
      description: auditd's state report afterwards.
      type: dict
    resumed:
      description: Whether logging, which was suspended, was resumed.
      type: bool
      returned: when logging was suspended
    set_aside:
      description: The name that the full log was given so that logging could be resumed.
      type: str
      returned: when that was needed
    lost_before:
      description: The kernel's count of lost records before.
      type: int
      returned: on a reload or restart
    lost_after:
      description: The kernel's count of lost records after.
      type: int
      returned: on a reload or restart
restart_required:
  description: The keys that stay without effect until auditd is restarted, those of earlier changes among them.
  returned: O(state=merged) or O(state=replaced)
  type: list
  elements: str
backup_file:
  description: The copy of the old file.
  returned: O(backup=true) and the file was changed
  type: str
deferred:
  description: The keys of the policy that wait until the rotation by time is proven to run.
  returned: O(state=merged) or O(state=replaced)
  type: list
  elements: str
untaken:
  description: What benchmarks demand and this host cannot take, with the reason.
  returned: O(state=merged) or O(state=replaced)
  type: dict
  sample:
    space_left_action: EMAIL needs an executable /usr/lib/sendmail and this host has none
dropped:
  description: The keys that were left out because the release does not know them.
  returned: O(unsupported_keys=drop)
  type: list
  elements: str
rendered:
  description: The text of the file.
  returned: O(state=rendered)
  type: str
gathered:
  description: The settings of the file.
  returned: O(state=gathered)
  type: dict
problems:
  description: What is wrong. Where the module succeeds these are what auditd accepts and does not do what it seems to say.
  returned: always
  type: list
  elements: dict
  sample:
    - line: 3
      key: num_logs
      value: '1'
      reason: auditd does not rotate with less than 2 logs
      fatal: false
release:
  description: The release of audit that was validated for. V(null) where it is not known.
  returned: success
  type: str
  sample: 3.0.9
rolled_back:
  description: Whether the old file was put back.
  returned: when a change could not be brought into force
  type: bool
audited:
  description: Whether auditd runs with the old file after it was put back.
  returned: when a change could not be brought into force
  type: bool
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils import _arguments
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as _conf_apply
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf_refused, conf_wanted
from ansible_collections.auditops.auditd.plugins.module_utils._conf import bound, validator
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import audit_release, lock
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import settled
from ansible_collections.auditops.auditd.plugins.module_utils._live import called, rotation_proof
from ansible_collections.auditops.auditd.plugins.module_utils._module import NamesItsInput, finish
from ansible_collections.auditops.auditd.plugins.module_utils._paths import AUDITD_CONF
from ansible_collections.auditops.auditd.plugins.module_utils._utf8 import as_text

ARGUMENT_SPEC = dict(_arguments.BENCHMARK_CONF, **{
    "path": {"type": "path", "default": AUDITD_CONF},
    "root": {"type": "path", "default": "/"},
    "state": {"type": "str", "default": "merged", "choices": ["merged", "replaced", "rendered", "gathered"]},
    "settings": {"type": "dict"},
    "scope": {"type": "str", "default": "all", "choices": ["all", "stops"]},
    "content": {"type": "str"},
    "release": {"type": "str"},
    "unsupported_keys": {"type": "str", "default": "fail", "choices": ["fail", "drop"], "no_log": False},
    "failure_policy": {"type": "str", "choices": ["keep_running", "suspend_auditing", "stop_host"]},
    "rotation_wanted": {"type": "bool", "default": False},
    "guard": {"type": "str", "default": "timed", "choices": ["timed", "exec"]},
    "benchmarks": {"type": "str"},
    "rotation": {"type": "str", "default": "auto", "choices": ["auto", "proven", "unproven"]},
    "reload": {"type": "bool", "default": True},
    "start": {"type": "bool", "default": True},
    "restart": {"type": "str", "default": "never", "choices": ["never", "if_needed"]},
    "backup": {"type": "bool", "default": False},
    "mode": {"type": "str"},
    "timeout": {"type": "float", "default": 10},
    "reaction_hours": {"type": "int", "default": 24},
})


def run(module):
    params = module.params
    host = Host(params["root"], module.run_command)
    release, unknown = _release(host, params)
    if params["state"] == "gathered":
        return _gathered(host, params, release)
    params.update(conf_wanted.computed(host, params, release))
    if params["state"] == "rendered":
        return _rendered(module, host, release)
    # what stops a host is replaced by words of every release
    if unknown and params["scope"] != "stops" and host.which("auditd") is None and host.which("auditctl") is None:
        raise AuditError("%s; install it first, or name the release that it will have (auditd_release; of the module: release)" % unknown)
    with lock.held(host, max(lock.LONGEST_WAIT, params["timeout"]), wanted=not module.check_mode):
        return _converged(module, host, release)


def _release(host, params):
    if params["release"]:
        return params["release"], None
    return audit_release.release(host)


def _gathered(host, params, release):
    text = host.text(params["path"])
    conf = _conf.parse(text)
    problems = validator.validate(conf, release, Environment(host), file_stat=host.lstat(params["path"])) if text is not None else []
    return {"changed": False, "gathered": dict(conf.settings), "problems": _as_dicts(problems), "release": release}


def _rendered(module, host, release):
    conf, dropped = _wanted(module, module.params, host, None, release)
    problems = conf_wanted.check(host, module.params, conf, release)
    text = conf_wanted.ended(conf.text)
    return {"changed": False, "rendered": text, "problems": _as_dicts(problems), "dropped": dropped, "release": release}


def _converged(module, host, release):
    params, call_refused = conf_wanted.with_call(host, module.params, release)
    text = host.text(params["path"])
    before = None if text is None else _conf.parse(text)
    if before is None and params["scope"] == "stops":
        return {"changed": False, "actions": [], "restart_required": [], "before": {}, "after": {}, "problems": [], "release": release}
    after, dropped = _wanted(module, params, host, before, release)
    after, untaken = conf_wanted.with_benchmarks(host, params, before, after, release)
    _refuse_without_rotation(module, host)
    waits, after = conf_wanted.deferred(host, params, before, after, release)
    problems, loadable, refused = conf_wanted.judged(host, params, (before, after), release)
    change = _conf_apply.Change(
        host, release, before, after, path=params["path"], reload=params["reload"], start=params["start"], restart=params["restart"],
        backup=params["backup"], timeout=params["timeout"], mode=_mode(params["mode"]), loadable=loadable)
    plan = _conf_apply.plan(change)
    result = {
        "changed": bool(plan.actions), "actions": plan.actions, "restart_required": plan.restart_required, "problems": _as_dicts(problems),
        "before": {} if before is None else dict(before.settings), "after": dict(after.settings), "dropped": dropped, "release": release,
        "diff": _diff(change, before, after), "proof": None, "deferred": [bound.KEY] if waits else [], "untaken": untaken,
    }
    if not module.check_mode:
        result.update(_conf_apply.apply(change, plan))
    _warn(module, result, plan)
    if call_refused and params["scope"] == "all":
        module.warn(as_text("audit_rotation_guard = exec: %s = %s instead: %s" % (called.KEY, called.INSTEAD, call_refused)))
    if refused:
        module.warn(as_text(conf_refused.said(refused, loaded=loadable is not None)))
    for sentence in settled.breaking(_conf.effective(before, release), _conf.effective(after, release)) if before is not None else ():
        module.warn(as_text(sentence))
    if waits:
        module.warn(as_text("%s stays as it is until the rotation by time is proven to run: %s" % (bound.KEY, waits)))
    return result


def _wanted(module, params, host, before, release):
    conf, dropped = conf_wanted.wanted(host, params, before, release)
    if dropped:
        module.warn("auditd %s does not know %s: left out" % (release or "(the newest known)", ", ".join(dropped)))
    return conf, dropped


def _refuse_without_rotation(module, host):
    """AuditError for what the user asks of max_log_file_action where nothing rotates by time. In check mode, where the step before has not
    installed it either, a warning."""
    params = module.params
    own = {key: value for key, value in (params["settings"] or {}).items() if key.lower() in params["own_keys"]}
    if not own or not params["rotation_wanted"] or params["rotation"] == "proven" or params["scope"] != "all":
        return
    why = bound.refused(own, of_benchmark=bool(params["profiles"]), reason=rotation_proof.absent(host))
    if why and not module.check_mode:
        raise AuditError(why)
    if why:
        module.warn(as_text(why))


def _mode(text):
    if text is None:
        return None
    if not re.match("0?[0-7]{3}$", text) or int(text, 8) & 0o022:
        raise AuditError("mode = %s: give octal digits in quotes, not writable for group and others, for example '0600'" % text)
    return int(text, 8)


def _diff(change, before, after):
    text = _conf.diff(before, after, change.path)
    old, new = change.modes
    if old == new or before is None:
        return text
    return [text, {"before": "mode %s\n" % old, "after": "mode %s\n" % new, "before_header": change.path, "after_header": change.path}]


def _warn(module, result, plan):
    if result["restart_required"]:
        module.warn("auditd must be restarted for %s to take effect; restart: if_needed does it" % ", ".join(result["restart_required"]))
    if plan.reason:
        module.warn(plan.reason)
    if "reopen" in plan.actions:
        module.warn("the log was deleted or moved while auditd wrote it; what was recorded since is not in a file of that name")
    proof = result["proof"] or {}
    if proof.get("report") and proof["report"]["logging_suspended"] and "reload" in plan.actions:
        module.warn("the configuration is in force, but logging is still suspended: free room and resume it")
    if proof.get("lost_after") is not None and proof.get("lost_before") is not None and proof["lost_after"] > proof["lost_before"]:
        module.warn("the kernel lost %d audit records meanwhile" % (proof["lost_after"] - proof["lost_before"]))
    for key, reason in sorted(result["untaken"].items()):
        module.warn(as_text("a benchmark demands another %s, which this host cannot take: %s" % (key, reason)))
    for problem in result["problems"] if result["changed"] else ():
        module.warn(as_text("%s: %s" % (problem["key"] or "auditd.conf", problem["reason"])))


def _as_dicts(problems):
    return [dict(problem._asdict()) for problem in problems]


class Run(NamesItsInput, AnsibleModule):
    pass


def main():
    module = Run(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=[("settings", "content")],
        required_if=[
            ("state", "merged", ["settings"]), ("state", "replaced", ["settings", "content"], True),
            ("state", "rendered", ["settings", "content"], True),
        ],
    )
    finish(module, run)


if __name__ == "__main__":
    main()
