# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a piece of the collection in a root of another release, with that root's own Python and without ansible.

Reads one request (JSON) from stdin, writes one answer to stdout; the argument is the directory that holds ansible_collections. A fault to
inject is named by the request: it happens between the write of the file and the signal, where no test can get in from outside.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import types

UTILS = "ansible_collections.auditops.auditd.plugins.module_utils."


class Failed(Exception):
    pass


def run_command(argv, environ_update=None, data=None, cwd=None, **unused):
    environment = dict(os.environ, **(environ_update or {}))
    done = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=cwd)
    out, err = done.communicate(data)
    return done.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


class Module:
    """What a module's run() uses of AnsibleModule."""

    def __init__(self, parameters, check_mode, defaults):
        self.params = dict(defaults, **parameters)
        self.check_mode = check_mode
        self._diff = False
        self.run_command = run_command
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def without_ansible():
    """Modules import AnsibleModule at their top; here only its name is used, and the roots of other releases have no ansible."""
    for name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["ansible.module_utils.basic"].AnsibleModule = object


def inject(fault):
    if not fault:
        return
    signals = importlib.import_module(UTILS + "_daemon.process")  # before anything imports send from it
    original = signals.send
    todo = [fault]

    def send(host, pid, what, release=None):
        if what == "reload" and todo:
            todo.pop()
            if fault == "kill_before_reload":
                os.kill(pid, signal.SIGKILL)
                signals.wait_for(lambda: not signals.is_auditd(pid), 5)
            elif fault == "ignore_reload":
                return "not sent"
            elif fault == "stop_before_reload":
                os.kill(pid, signal.SIGSTOP)
            elif fault == "freeze_before_reload":
                subprocess.check_call(["fsfreeze", "--freeze", "/var/log/audit"])
            elif fault == "break_before_reload":
                with open("/etc/audit/auditd.conf", "a") as stream:
                    stream.write("num_logs = x\n")
        return original(host, pid, what, release)

    signals.send = send


def main():
    sys.path.insert(0, sys.argv[1])
    request = json.load(sys.stdin)
    errors = importlib.import_module(UTILS + "_errors")
    answer = {}
    try:
        inject(request.get("inject"))
        if "plugin" in request:
            without_ansible()
            plugin = importlib.import_module("ansible_collections.auditops.auditd.plugins.modules." + request["plugin"])
            defaults = {name: option.get("default") for name, option in plugin.ARGUMENT_SPEC.items()}
            module = Module(request["parameters"], request.get("check", False), defaults)
            answer["result"] = plugin.run(module)
            answer["warnings"] = module.warnings
        else:
            host = importlib.import_module(UTILS + "_host.host").Host("/", run_command)
            function = getattr(importlib.import_module(UTILS + request["module"]), request["function"])
            answer["result"] = function(host, **request["arguments"])
    except errors.AuditError as error:
        answer = {"error": str(error), "type": type(error).__name__, "details": error.details}
    json.dump(answer, sys.stdout)


main()
