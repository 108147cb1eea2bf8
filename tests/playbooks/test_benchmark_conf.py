# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark demands of auditd.conf, by the playbook as a user runs it: applied, or left out with its reason while the rest of
the cure is done; and what the user wrote, which refuses the host."""

from __future__ import annotations

import json

from test_remediation_steps import CASES, build, play, put, recap, settings, state

STIG, CIS = "stig_rhel_9", "cis_rhel_9"


def with_mailer(root):
    put(root, "usr/lib/sendmail", "", 0o755)


def hosts_of(profiles, **variables):
    return {"audit_rules_profiles": profiles, "audit_rules_privileged": "off", **variables}


# name: what is done to the tree, variables, {key: value in the file afterwards}, {control: (status, words)}
HOSTS = {
    "stig": (with_mailer, hosts_of([STIG]),
             {"space_left": "25%", "admin_space_left": "5%", "freq": "100", "name_format": "hostname", "space_left_action": "email",
              "disk_full_action": "syslog", "admin_space_left_action": "SYSLOG"},
             {"RHEL-09-653035": ("pass", ""), "RHEL-09-653095": ("pass", ""), "RHEL-09-653050": ("waived", "instead: ")}),
    "no-mailer": (lambda root: None, hosts_of([STIG]),
                  {"space_left": "25%", "space_left_action": "SYSLOG", "freq": "100"},
                  {"RHEL-09-653040": ("fail", "sendmail"), "RHEL-09-653035": ("pass", "")}),
    "own-megabytes": (with_mailer, hosts_of([STIG], auditd_conf={"admin_space_left": 60}),
                      {"admin_space_left": "60", "space_left": "75", "freq": "100"},
                      {"RHEL-09-653035": ("fail", "auditd_conf sets the other of the two thresholds"), "RHEL-09-653095": ("pass", "")}),
    "own-value": (with_mailer, hosts_of([STIG], auditd_conf={"freq": 50}), {"freq": "50", "space_left": "25%"},
                  {"RHEL-09-653095": ("fail", "auditd_conf sets it")}),
    "reported": (with_mailer, hosts_of([STIG], audit_benchmark_conf="report"), {"space_left": "75", "freq": "50"},
                 {"RHEL-09-653035": ("fail", ">=25% is demanded"), "RHEL-09-653095": ("fail", "100 is demanded")}),
    "excepted": (with_mailer,
                 hosts_of([STIG], audit_exceptions=[{"setting": "freq", "benchmark": STIG, "reason": "slow disk", "owner": "ops"}]),
                 {"freq": "50", "space_left": "25%"}, {"RHEL-09-653095": ("waived", "slow disk (ops")}),
    "two": (with_mailer, hosts_of([CIS, STIG], auditd_failure_policy="stop_host"),
            {"disk_full_action": "halt", "disk_error_action": "syslog", "space_left": "25%", "max_log_file_action": "IGNORE"},
            {"6.3.2.2": ("waived", ""), "RHEL-09-653055": ("waived", "")}),
    "keep-logs": (with_mailer, hosts_of([CIS], auditd_failure_policy="stop_host", auditd_conf={"max_log_file_action": "keep_logs"}),
                  {"max_log_file_action": "KEEP_LOGS", "max_log_file": "8"},  # it is in force, as the file spells it
                  {"6.3.2.2": ("pass", "a scanner wants it written keep_logs")}),
}
# What the user wrote and the policy forbids, or nobody can have: refused by one sentence, and nothing of this host's auditd.conf changes
REFUSED = {
    "halts": (with_mailer, hosts_of([STIG], auditd_conf={"disk_full_action": "HALT"}), "disk_full_action"),
    "own-mail": (lambda root: None, hosts_of([STIG], auditd_conf={"space_left_action": "EMAIL"}), "sendmail"),
}


def documents(directory, names):
    found = {name: json.loads((directory / f"report/hosts/{name}.json").read_text()) for name in names}
    return {name: {control["id"]: control for control in document["controls"]} for name, document in found.items()}


def test_the_demands_of_a_benchmark(tmp_path, monkeypatch):
    for name, (change, variables, *_rest) in HOSTS.items():
        monkeypatch.setitem(CASES, name, (change, variables, None))
    directory = build(tmp_path, list(HOSTS))
    before = state(directory / "hosts")
    checked = play(directory, "--check", "--limit", "stig,own-value")
    assert checked.returncode == 0, checked.stdout
    assert state(directory / "hosts") == before
    said = " ".join((checked.stdout + checked.stderr).split())
    assert "name_format changes from NONE to HOSTNAME" in said and "whatever parses the log has to know" in said
    done = play(directory)
    assert done.returncode == 0, done.stdout
    for name, verdicts in documents(directory, HOSTS).items():
        _change, _variables, values, controls = HOSTS[name]
        found = settings(directory / "hosts" / name)
        assert {key: found.get(key) for key in values} == values, name
        for number, (status, words) in controls.items():
            assert (verdicts[number]["status"], words in verdicts[number]["why"]) == (status, True), (name, verdicts[number])
    again = play(directory)
    assert [(name, recap(again.stdout)[name]["changed"]) for name in HOSTS] == [(name, 0) for name in HOSTS], again.stdout


def test_what_the_user_wrote_is_refused_and_nothing_is_changed(tmp_path, monkeypatch):
    for name, (change, variables, _words) in REFUSED.items():
        monkeypatch.setitem(CASES, name, (change, variables, None))
    directory = build(tmp_path, list(REFUSED))
    before = state(directory / "hosts")
    done = play(directory)
    assert done.returncode != 0 and state(directory / "hosts") == before
    refusals = [line for line in done.stdout.splitlines() if line.startswith("fatal: ")]
    for name, (_change, _variables, words) in REFUSED.items():
        assert any(words in line for line in refusals if line.startswith(f"fatal: [{name}]")), (name, refusals)
