# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""-f 2 is taken out of the kernel and of the next boot whatever else stands in rules.d, and nothing else is touched."""

from __future__ import annotations

import errno
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import panic
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled

WATCH = "-w /etc/passwd -p wa -k id\n"
OURS = "\n## Managed by auditops.auditd: changes made here are overwritten\n-D\n-b 8192\n-f 2\n--backlog_wait_time 60000\n-e 1\n"
FILES = {
    "in the distribution's file": {"audit.rules": "-D\n-b 8192\n-f 2\n"},
    "in a file that sorts behind ours": {"zz-last.rules": WATCH + "-f 2\n"},
    "behind every name that one thinks of": {"zzzz.rules": "-f 2\n", "____last.rules": "-f 2\n", "~.rules": "-f 2\n"},
    "glued to its number": {"90-x.rules": "-f2\n"},
    "in our own file": {"zz-auditops-finalize.rules": OURS},
    "in ours and behind it": {"zz-auditops-finalize.rules": OURS, "zz-last.rules": "-f 2\n"},
    "beside a line that auditctl refuses": {"50-x.rules": "-a nonsense\n-w relative -p wa\n", "90-x.rules": "-f 2\n"},
    "beside bytes that are no text": {"50-x.rules": b"# caf\xe9\n-w /etc/\xff -p wa\n", "90-x.rules": "-f 2\n"},
}


def put(host, files):
    for name, text in files.items():
        with open(host.path("/etc/audit/rules.d/" + name), "wb") as stream:
            stream.write(text if isinstance(text, bytes) else text.encode())


def at_boot(host):
    return compiled.control_of(compiled.read_rules_d(host), None, compiled.awk_of(host)).get("-f")


def others(host, files):
    return {name: host.read("/etc/audit/rules.d/" + name) for name in files if not name.endswith("finalize.rules")}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
@pytest.mark.parametrize("awk", ["gawk", "mawk"])
def test_every_place_is_cured_and_the_second_run_changes_nothing(kernel, host, files, awk):
    os.makedirs(host.path("/usr/bin"))
    os.symlink(awk, host.path("/usr/bin/awk"))
    put(host, files)
    kernel.status["failure"] = 2
    kernel.load(WATCH.strip())
    rules, untouched = list(kernel.rules), others(host, files)
    with open(host.path("/etc/audit/audit.rules"), "w") as stream:
        stream.write("-D\n-b 8192\n# -f 2 is what a comment says\n-f 2\n" + WATCH)

    checked = panic.converge(host, "keep_running", check_mode=True)
    assert checked["changed"] and (at_boot(host), kernel.status["failure"]) == ("2", 2)

    done = panic.converge(host, "keep_running")
    assert done["commands"] == ["-f 1"] and done["written"] == checked["written"]
    assert (at_boot(host), kernel.status["failure"], kernel.rules) == ("1", 1, rules)
    assert host.text("/etc/audit/audit.rules") == "-D\n-b 8192\n# -f 2 is what a comment says\n-f 1\n" + WATCH
    assert others(host, files) == untouched
    assert panic.converge(host, "keep_running")["changed"] is False


def test_indented_under_mawk(kernel, host):
    """mawk's augenrules leaves an indented word where it is, behind those that it moves to the top: ours is indented too."""
    os.makedirs(host.path("/usr/bin"))
    os.symlink("mawk", host.path("/usr/bin/awk"))
    put(host, {"50-x.rules": WATCH + "  -f 2\n"})
    panic.converge(host, "keep_running")
    assert at_boot(host) == "1" and "  -f 2" in host.text("/etc/audit/rules.d/50-x.rules")


def test_the_other_words_of_our_file_stay(kernel, host):
    put(host, {"zz-auditops-finalize.rules": OURS})
    panic.converge(host, "suspend_auditing")
    assert host.text("/etc/audit/rules.d/zz-auditops-finalize.rules").split("\n")[3:] == [
        "-D", "-b 8192", "-f 1", "--backlog_wait_time 60000", "-e 1", ""]


def test_locked_rules_wait_for_a_reboot_and_the_files_do_not(kernel, host):
    kernel.status.update(enabled=2, failure=2)
    put(host, {"90-x.rules": "-f 2\n"})
    done = panic.converge(host, "keep_running")
    assert done["reboot_required"] and done["commands"] == [] and at_boot(host) == "1"


@pytest.mark.parametrize("failure", [0, 1])
def test_what_does_not_panic_is_left_alone(kernel, host, failure):
    kernel.status["failure"] = failure
    put(host, {"audit.rules": f"-D\n-f {failure}\n"})
    assert panic.converge(host, "keep_running")["changed"] is False
    assert kernel.log == [] and sorted(os.listdir(host.path("/etc/audit/rules.d"))) == ["audit.rules"]


def test_the_policy_that_stops_hosts_is_refused(kernel, host):
    kernel.status["failure"] = 2
    with pytest.raises(AuditError, match="contradicts failure_policy = stop_host"):
        panic.converge(host, "stop_host")
    assert kernel.status["failure"] == 2


def takes_no_notice(*_arguments, **_words):
    return None


def refuses(*_arguments, **_words):
    raise _kernel.KernelError("the kernel refused it", errno.EPERM)


@pytest.mark.parametrize(("answer", "says"), [
    (takes_no_notice, "still says failure 2"), (refuses, "did not take -f 1: the kernel refused it"),
])
def test_a_kernel_that_does_not_take_it_is_no_success_and_the_next_boot_is_cured(kernel, host, monkeypatch, answer, says):
    kernel.status["failure"] = 2
    put(host, {"90-x.rules": "-f 2\n"})
    monkeypatch.setattr(panic._kernel, "set_status", answer)
    with pytest.raises(AuditError, match=says) as refused:
        panic.converge(host, "keep_running")
    assert at_boot(host) == "1"
    assert (refused.value.details["commands"], refused.value.details["changed"]) == ([], True)


MASKED = {  # line: the failure mode that auditctl has set once it has read the line; setopt() of auditctl.c sets -f as it comes to it
    "-w /etc/passwd -p wa -k id -f 2": "2",
    "-f 2 -w /etc/passwd -p wa -k id": "2",
    "-a always,exit -F arch=b64 -S execve -f2": "2",
    "-f 2 # the kernel panics": "2",
    "-f 2 nonsense": "2",
    "nonsense -f 2": "2",
    "-f 2 -e 5": "2",
    "-f 2 -Z": "2",
    "-f 2 -f 1": "1",
    "-f 2 -f 1 nonsense": "1",
    "-b 64 -f 2 -w relative": "2",
    "-Z -f 2": None,
    "-e 5 -f 2": None,
    "-w /etc/passwd -p wa -k -f": None,
    "-i -f 2": None,
    "-- -f 2": None,
    "# -w /etc/passwd -f 2": None,
}


@pytest.mark.parametrize("line", MASKED)
def test_a_word_beside_others_counts_as_auditctl_takes_it(host, line):
    put(host, {"50-x.rules": line + "\n"})
    assert compiled.compile_rules(compiled.read_rules_d(host)).control.get("-f") == MASKED[line]
    assert at_boot(host) == MASKED[line]


@pytest.mark.parametrize(("limit", "ours"), [("", "-r 0 -f 1"), ("-r 500\n", "-r 500 -f 1")])
def test_a_panic_behind_a_rule_is_beaten_behind_another_word(kernel, host, limit, ours):
    """augenrules moves a line that begins with -f to the top, so what stands behind a rule has the last word; ours stands behind -r."""
    put(host, {"50-x.rules": limit + "-w /etc/passwd -p wa -k id -f 2\n"})
    panic.converge(host, "keep_running")
    assert at_boot(host) == "1" and "-w /etc/passwd -p wa -k id -f 2" in host.text("/etc/audit/rules.d/50-x.rules")
    assert ours in host.text("/etc/audit/rules.d/zz-auditops-finalize.rules").split("\n")
    assert panic.converge(host, "keep_running")["changed"] is False
