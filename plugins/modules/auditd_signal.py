#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: auditd_signal
short_description: Make auditd reload, rotate, resume or report, and prove that it did
version_added: 1.0.0
description:
  - Sends a signal to auditd and waits, for a bounded time, for the proof that it had its effect. The return code of C(kill) or
    C(auditctl --signal) is no proof; they succeed too when auditd refuses its configuration or skips a rotation.
  - A reload is proven by a C(DAEMON_CONFIG) record with C(res=success) and by a state report with the values of the file, a rotation by
    the new inode of the log, a resume by a state report that says logging is not suspended.
  - Signals go by C(auditctl --signal) with the words of the release, else to the process that is proven to be auditd.
extends_documentation_fragment:
  - auditops.auditd.attributes
attributes:
  check_mode:
    support: full
    details:
      - No signal is sent but SIGCONT, which makes auditd write its state report and changes nothing else. What would be refused is refused.
  diff_mode:
    support: none
    details:
      - A signal changes no file.
  idempotent:
    support: partial
    details:
      - V(report) changes nothing. The others act each time they are called, V(resume) only where logging is suspended.
  platform:
    platforms: linux
options:
  signal:
    description:
      - V(reload) makes auditd read C(/etc/audit/auditd.conf) again (SIGHUP). A file that its parser would refuse, or that is missing, is
        not reloaded. Where logging is suspended it is resumed first, because the reload could kill auditd.
      - V(rotate) makes it rotate its log now (SIGUSR1).
      - V(resume) makes it log again after it has suspended logging (SIGUSR2). Free room first.
      - V(report) returns its state report (SIGCONT).
    type: str
    choices: [reload, rotate, resume, report]
    required: true
  root:
    description:
      - The system to act on. Only V(/) has a running auditd; anything else is refused.
    type: path
    default: /
  timeout:
    description:
      - Seconds to wait for the proof.
    type: float
    default: 10
seealso:
  - module: auditops.auditd.auditd_conf
  - module: auditops.auditd.audit_info
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Rotate the audit log now
  auditops.auditd.auditd_signal:
    signal: rotate
  become: true

- name: See what auditd runs with
  auditops.auditd.auditd_signal:
    signal: report
  become: true
  register: auditd

- name: Log again after room was made on the partition
  auditops.auditd.auditd_signal:
    signal: resume
  become: true
  when: auditd.proof.report.logging_suspended
"""

RETURN = r"""
proof:
  description: What proves the effect. V(null) in check mode, but for O(signal=report).
  returned: success
  type: dict
  contains:
    sent:
      description: The way the signal went.
      type: str
      returned: when a signal was sent
      sample: auditctl --signal HUP
    how:
      description: What proves a reload.
      type: str
      returned: O(signal=reload)
      sample: record and report
    record:
      description: auditd's own record.
      type: str
      returned: O(signal=reload), O(signal=rotate)
      sample: 'type=DAEMON_CONFIG msg=audit(1795409649.445:7632): op=reconfigure state=changed auid=0 pid=10300 subj=? res=success'
    report:
      description: The state report after the signal, with the same keys on every release; what the release does not report is V(null).
      type: dict
      returned: O(signal=reload), O(signal=resume), O(signal=report)
    inode_before:
      description: The inode of the log before the rotation.
      type: int
      returned: O(signal=rotate)
    inode_after:
      description: The inode of the log after the rotation.
      type: int
      returned: O(signal=rotate)
pid:
  description: The process id of auditd.
  returned: success
  type: int
  sample: 713
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as _conf_apply
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control as _daemon
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish

ARGUMENT_SPEC = {
    "signal": {"type": "str", "required": True, "choices": ["reload", "rotate", "resume", "report"]},
    "root": {"type": "path", "default": "/"},
    "timeout": {"type": "float", "default": 10},
}


def run(module):
    host = Host(module.params["root"], module.run_command)
    if not host.is_live:
        raise NotAvailable("auditd_signal needs a running auditd, and %s is an offline tree: run it on the host itself, without root"
                           % host.root)
    release, reason = _daemon.release(host)
    if reason and host.which("auditd") is None:
        raise AuditError(reason)
    pid = _daemon.find(host)
    if pid is None:
        raise AuditError("auditd is not running on this host; start the service auditd first")
    changed, proof = ACTS[module.params["signal"]](host, pid, release, module.params["timeout"], module.check_mode)
    return {"changed": changed, "pid": pid, "proof": proof}


def _reload(host, pid, release, timeout, check_mode):
    text = host.text(_daemon.conf_path)
    if text is None:
        raise AuditError("%s is missing: a reload would leave auditd with its compiled defaults; write the file first" % _daemon.conf_path)
    conf = _conf.parse(text)
    validator.check(conf, release, Environment(host), file_stat=host.lstat(_daemon.conf_path))
    if check_mode:
        return True, None
    log_file = _conf.effective(conf, release)["log_file"]
    if _daemon.report(host, pid, timeout, release)["logging_suspended"] and not _daemon.log_is_open(host, pid, log_file):
        _daemon.resume(host, pid, release, timeout)
    return True, _conf_apply.reload_file(host, release, conf, timeout)


def _rotate(host, pid, release, timeout, check_mode):
    effective = _conf.effective(_conf.parse(host.text(_daemon.conf_path)), release)
    num_logs = None if effective["max_log_file_action"].upper() == "KEEP_LOGS" else int(effective["num_logs"])
    if num_logs is not None and num_logs < 2:
        raise AuditError("auditd would not rotate with num_logs = %d in %s; set num_logs to 2 or more" % (num_logs, _daemon.conf_path))
    if check_mode:
        return True, None
    return True, _daemon.rotate(host, pid, release, effective["log_file"], num_logs=num_logs, timeout=timeout)


def _resume(host, pid, release, timeout, check_mode):
    before = _daemon.report(host, pid, timeout, release)
    if not before["logging_suspended"]:
        return False, None if check_mode else {"sent": None, "report": before}
    return True, None if check_mode else _daemon.resume(host, pid, release, timeout)


def _report(host, pid, release, timeout, check_mode):
    return False, {"report": _daemon.report(host, pid, timeout, release)}


ACTS = {"reload": _reload, "rotate": _rotate, "resume": _resume, "report": _report}


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
