# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of variables without Jinja: what Ansible itself makes of each, and for hosts that differ, what differs."""

from __future__ import annotations

import os

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.auditops.auditd.plugins.plugin_utils import judges, role_values

POLICIES = ("auditd_policy", "audit_rules_policy", "audit_rotation_policy", "audit_check_policy")


def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(one) for key, one in value.items()}
    return [trusted(one) for one in value] if isinstance(value, list) else value


def values(variables, template=None):
    return role_values.Values(variables, template or Templar(DataLoader(), variables=variables).template)


@pytest.fixture(autouse=True)
def directory_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def roles(**own):
    found = {}
    for role in (*role_values.OF_HOSTS, "audit_boot", "audit_drift"):
        for part in ("defaults", "vars"):
            found.update(yaml.safe_load((role_values.ROLES / role / part / "main.yml").read_text(encoding="utf-8")))
    return trusted({**found, **own})


VARIABLES = trusted({
    "word": "on", "number": 8, "none": None, "text_list": "['a']", "text_true": "True",
    "mapping": {"a": "{{ word }}", "b": [1, "{{ number }}"]},
    "chain": "{{ mapping }}", "loop": "{{ loop }}", "lost": "{{ nobody }}", "off": False,
})


@pytest.mark.parametrize("text", [
    "plain", "{{ word }}", "{{word}}", "{{ number }}", "{{ none }}", "{{ text_list }}", "{{ text_true }}", "{{ mapping }}", "{{ chain }}",
    "{{ off }}", "{{ nobody | default([]) }}", "{{ nobody | default({}) }}", "{{ nobody | default('a b') }}", "{{ nobody | default(3) }}",
    "{{ word | default([]) }}", "{{ lost | default([]) }}", "{{ number + 1 }}", "a {{ word }}", "{# nothing #}", "{% if off %}{% endif %}",
])
def test_a_value_is_what_ansible_makes_of_it(text):
    expected = Templar(DataLoader(), variables=VARIABLES).template(trusted(text))
    found = values(VARIABLES).of(trusted(text))
    assert (found, isinstance(found, bool)) == (expected, isinstance(expected, bool))


@pytest.mark.parametrize("text", ["{{ loop }}", "{{ nobody }}", "{{ lost }}", "{{ word"])
def test_its_errors_are_those_of_ansible(text):
    with pytest.raises(AnsibleError):
        values(VARIABLES).of(trusted(text))


def test_text_that_is_no_template_of_ours_is_left_as_it_is():
    """What a host answered may look like an expression."""
    assert values({**VARIABLES, "fact": "{{ word }}"}).of(trusted("{{ fact }}")) == "{{ word }}"


@pytest.mark.parametrize("own", [
    {}, {"auditd_conf": {"SPACE_LEFT": 75, "num_logs": "{{ audit_rules_backlog_limit }}"}}, {"auditd_failure_policy": "stop_host"},
    {"audit_rules_failure": 0, "audit_rules_immutable": True, "audit_rules_privileged": False, "audit_rules_rate_limit": 100},
    {"audit_check_install": True, "audit_check_schedule": "daily"}, {"audit_check_state": "absent"},
])
def test_policies_are_those_of_jinja_for_the_first_host_and_for_the_next(own):
    variables = roles(**own)
    template = Templar(DataLoader(), variables=variables).template
    expected = {name: template(variables[name]) for name in POLICIES}
    first = values(variables)
    assert {name: first.named(name) for name in POLICIES} == expected

    def refused(text):
        raise AssertionError(f"templated again: {text}")

    def template_of_the_user(text):
        return refused(text) if text in role_values.OURS else template(text)

    second = values(variables, template_of_the_user)
    assert {name: second.named(name) for name in POLICIES} == expected


def test_nothing_is_templated_where_nothing_is_set():
    variables = roles()
    expected = {name: Templar(DataLoader(), variables=variables).template(variables[name]) for name in POLICIES}
    templated = []
    found = values(variables, templated.append)
    assert ({name: found.named(name) for name in POLICIES}, templated) == (expected, [])


def test_what_one_host_makes_of_a_policy_is_not_that_of_the_next():
    first = values(roles()).named("auditd_policy")
    first["settings"]["num_logs"] = "9"
    assert values(roles()).named("auditd_policy")["settings"]["num_logs"] == "5"


def test_hosts_that_differ_get_their_own():
    one, other = roles(), roles(auditd_failure_policy="stop_host")
    assert values(one).named("auditd_policy")["settings"]["disk_full_action"] == "SYSLOG"
    assert values(other).named("auditd_policy")["settings"]["disk_full_action"] == "HALT"
    assert values(one).named("auditd_policy")["settings"]["disk_full_action"] == "SYSLOG"


@pytest.mark.parametrize("damage", ["", "{", "\0"])
def test_what_another_worker_left_half_written_is_templated_again(directory_of_the_run, damage):
    expected = values(roles(auditd_failure_policy="stop_host")).named("auditd_policy")
    left = list(directory_of_the_run.iterdir())
    assert left
    for path in left:
        path.write_text(damage)
    assert values(roles(auditd_failure_policy="stop_host")).named("auditd_policy") == expected


def test_a_value_is_made_by_one_worker_while_the_others_wait(directory_of_the_run):
    """Each worker is a process of its own; what one of them raises, the next finds out by itself."""
    log = directory_of_the_run / "log"
    workers = []
    for _worker in range(6):
        pid = os.fork()
        if not pid:
            def make():
                with log.open("a") as stream:
                    stream.write("made\n")
                return ["value"]

            os._exit(0 if role_values.once({"a": 1}, make) == ["value"] else 1)
        workers.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in workers] == [0] * len(workers)
    assert log.read_text() == "made\n"
    with pytest.raises(ZeroDivisionError):
        role_values.once("b", lambda: 1 // 0)
    assert role_values.once("b", lambda: 1) == 1


@pytest.mark.parametrize("text", [
    "audit/{{ word }}", "{{ word }}/{{ word }}", "{{ word }} {{ number }}", "{{ text_list }} {{ word }}", "{{ word }}\n", "{{ word }}{{",
    "{% raw %}{{ word }}{% endraw %}", "{{ word }}{# {{ word }} #}",
])
def test_names_in_a_text(text):
    def outcome(ask):
        try:
            return ask(trusted(text))
        except AnsibleError:
            return AnsibleError

    assert outcome(values(VARIABLES).of) == outcome(Templar(DataLoader(), variables=VARIABLES).template)


def test_names_in_a_text_need_no_jinja():
    def template(text):
        raise AssertionError(f"templated: {text}")

    assert values(VARIABLES, template).of(trusted("audit/{{ word }}")) == "audit/on"


def test_what_no_key_can_be_made_of_is_made_each_time():
    made = []
    assert [role_values.once({1: "a", "b": 2}, lambda: made.append(1) or "value") for _time in range(2)] == ["value", "value"]
    assert len(made) == 2


def test_what_costs_much_is_judged_once_for_all_hosts(monkeypatch):
    """Settings, rules and words of the library; other values are judged anew."""
    asked = [
        (judges.conf, {"auditd_conf": {"num_logs": "200000"}}, {}), (judges.library, {"audit_rules_profiles": ["cis_debian"]}, {}),
        (judges.rules, {}, {"audit_rules_extra": ["-w"]}), (judges.boot, {"audit_boot_line": ["quiet=1"]}, {}),
    ]
    first = [judge(variables, given) for judge, variables, given in asked]
    assert all(first), first

    def judged_again(*_asked):
        raise ZeroDivisionError

    for name in ("_conf", "_rules", "_said_by_library", "_boot"):
        monkeypatch.setattr(judges, name, judged_again)
    assert [judge(variables, given) for judge, variables, given in asked] == first
    with pytest.raises(ZeroDivisionError):
        judges.conf({"auditd_conf": {"num_logs": "300000"}}, {})
