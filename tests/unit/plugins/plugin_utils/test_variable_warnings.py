# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that refuse nothing and do nothing: a name that lacks a word, and a switch whose other half is off."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.plugin_utils import variables, without_effect
from ansible_collections.auditops.auditd.plugins.plugin_utils.role_values import Values

COLLECTION = Path(variables.__file__).parents[2]
EVERY_PART = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "audit_drift")
FACTS = re.compile(r"set_fact:\n((?: +.*\n?)+)")
EXCEPTION = {"control": "6.3.3.4", "reason": "a filter", "owner": "ops"}


def judged(given, roles=EVERY_PART):
    return variables.judge(SimpleNamespace(), Values(given, lambda value, **_options: value), roles)


def warnings(given, roles=EVERY_PART):
    return judged(given, roles).get("warnings", [])


@pytest.mark.parametrize(("name", "meant"), [
    ("audit_backlog_limit", "audit_rules_backlog_limit"), ("audit_profiles", "audit_rules_profiles"),
    ("audit_shipping_server", "audit_shipping_remote_server"), ("audit_keep_days", "audit_rotation_keep_days"),
    ("audit_rules_limit", "audit_rules_backlog_limit or audit_rules_rate_limit"),
    ("audit_rules", None), ("audit_team", None), ("audit_backlog", None), ("my_backlog_limit", None),
])
def test_a_name_that_lacks_a_whole_word(name, meant):
    found = variables.near_misses([name])
    assert [sentence.partition("did you mean ")[2].rstrip("?") for sentence in found] == ([meant] if meant else [])


def test_no_fact_of_our_own_is_taken_for_a_slip():
    texts = [path.read_text() for top in ("roles", "playbooks") for path in (COLLECTION / top).rglob("*.yml")]
    names = {name for text in texts for name in re.findall(r"register: (\w+)", text)}
    names |= {name for text in texts for facts in FACTS.findall(text) for name in re.findall(r"^ +(audit\w+):", facts, re.MULTILINE)}
    names |= {name for path in COLLECTION.glob("roles/*/vars/main.yml") for name in yaml.safe_load(path.read_text())}
    assert {"audit_drift_report", "auditd_policy", "audit_not_done"} <= names
    assert variables.near_misses(names) == []


@pytest.mark.parametrize(("given", "other_half", "named"), [
    ({"audit_check_schedule": "daily", "audit_check_use": "auto"}, {"audit_check_install": True}, "audit_check_install: true"),
    ({"audit_check_textfile": "/var/lib/x.prom"}, {"audit_check_install": "yes"}, "audit_check_install: true"),
    ({"audit_exceptions": [EXCEPTION]}, {"audit_rules_profiles": "auto"}, "audit_rules_profiles"),
    ({"audit_shipping_remote_server": "logs.example.com"}, {"audit_shipping_to": ["remote"]}, "add remote to audit_shipping_to"),
    ({"audit_shipping_remote_conf": {"port": 61}, "audit_shipping_remote_server": ""},
     {"audit_shipping_to": "remote", "audit_shipping_remote_server": "logs.example.com"}, "add remote to audit_shipping_to"),
    ({"audit_shipping_s3_bucket": "logs"}, {"audit_shipping_to": ["syslog", "s3"]}, "add s3 to audit_shipping_to"),
    ({"audit_shipping_command": ["/bin/cp", "{path}", "/mnt"]}, {"audit_shipping_to": ["command"]}, "add command to audit_shipping_to"),
    ({"audit_shipping_cloudwatch_log_group": "g"}, {"audit_shipping_to": ["cloudwatch"]}, "add cloudwatch to audit_shipping_to"),
])
def test_a_switch_whose_other_half_is_off(given, other_half, named):
    [said] = warnings(given)
    assert said.startswith(f"{next(iter(given))} is set and has no effect: ") and named in said
    assert warnings({**given, **other_half}) == []
    assert warnings(given, ("audit_check", "audit_rules", "audit_shipping")) == []  # a role that runs alone


@pytest.mark.parametrize("given", [
    {"audit_exceptions": [{"control": "6.3.3.4", "reason": "noise"}]},
    {"audit_exceptions": [{"control": "6.3.3.4", "owner": "ops"}], "audit_shipping_s3_bucket": "logs"},
])
def test_a_variable_that_is_refused_is_not_warned_of_as_well(given):
    found = judged(given)
    assert found["failed"] and "audit_exceptions[0]: " in found["msg"]
    assert not [said for said in found.get("warnings", ()) if "audit_exceptions" in said]
    assert len(found.get("warnings", ())) == len(given) - 1, "the others are"


def test_what_is_off_is_not_warned_of():
    defaults = {name: option["default"] for options in variables.SPECIFICATIONS.values() for name, option in options.items()
                if "default" in option}
    assert without_effect.sentences(defaults) == []
    assert {row.variable for row in without_effect.TABLE} | {row.other for row in without_effect.TABLE} <= variables.KNOWN


@pytest.mark.parametrize(("name", "meant"), [
    ("auditd_failure_polcy", "auditd_failure_policy"),
    ("audit_rule_extra", "audit_rules_extra"),
    ("audit_rotaton_keep", "audit_rotation_keep"),
    ("audit_host", "audit_hosts"),
    ("auditd_failure_policies_of_mine", None),
    ("audit_rules_extra", None),
    ("my_failure_polcy", None),
])
def test_a_name_that_is_nearly_ours(name, meant):
    found = variables.near_misses([name, "ansible_host"])
    assert [sentence.rpartition(" ")[2].rstrip("?") for sentence in found] == ([meant] if meant else [])
    assert variables.near_misses([name], frozenset([name])) == []


def test_what_a_play_gives_a_role_is_judged_and_what_the_role_itself_defines_is_not():
    given = {"audit_drift_formatss": True, "audit_rules_skipp": [], "audit_drift_fail_onn": "high"}
    role = SimpleNamespace(_role_name="audit_drift", _role_vars={"audit_drift_formatss": True},
                           get_default_vars=lambda: {"audit_rules_skipp": []}, get_vars=lambda **_options: given)
    task = SimpleNamespace(get_play=lambda: SimpleNamespace(get_roles=lambda: [role]))
    found = variables.judge(task, Values(given, lambda value, **_options: value), ["audit_drift"])
    assert [warning.partition(" ")[0] for warning in found["warnings"]] == ["audit_drift_fail_onn"]


@pytest.mark.parametrize(("tag", "meant"), [
    ("audit_stpo", "audit_stop"), ("audit-stop", "audit_stop"), ("audit_rule", "audit_rules"), ("auditconf", "audit_conf"),
    ("audit_rotate", "audit_rotation"), ("audit_ship", "audit_shipping"), ("audit_mine", None),
    ("audit_stop", None), ("all", None), ("mine", None), ("audit", None),
])
def test_a_mistyped_tag_is_no_success_without_a_step(tag, meant):
    found = variables.mistyped_tags(["audit_rules", tag])
    assert (f"did you mean {meant}?" in found) if meant else found == ""


def test_the_tags_are_those_of_the_steps():
    text = (Path(variables.__file__).parents[2] / "playbooks/tasks/apply.yml").read_text()
    assert set(re.findall(r"tag'?: '?(\w+)", text)) == set(variables.TAGS)


@pytest.mark.parametrize(("tags", "skipped", "said"), [
    (["rules"], [], "chooses no step"), (["db", "web"], [], "chooses no step"), (["untagged"], [], "chooses no step"),
    (["audit_conf", "rotation"], [], "did you mean audit_rotation?"), (["all"], ["rules"], "did you mean audit_rules?"),
    (["all"], [], ""), (["tagged"], [], ""), (["audit_stop"], ["db"], ""), (["db", "audit_rules"], [], ""), ([], [], ""),
])
def test_tags_that_choose_no_step_are_said(tags, skipped, said):
    """--tags rules would end green, and nothing would have been remediated."""
    found = variables.tags_of_no_step(tags, skipped)
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(("tag", "meant", "is_refused_in_a_site"), [
    ("rules", "did you mean audit_rules?", False), ("db", "these have: audit_stop, ", False),
    ("audit_rule", "did you mean audit_rules?", True), ("all", "", False), ("always", "", False), ("audit_conf", "", False),
])
def test_a_tag_of_no_step_is_a_mistake_where_no_other_play_runs(tag, meant, is_refused_in_a_site):
    found = variables.mistyped_tags(["audit_stop", tag], are_all_ours=True)
    assert meant in found and bool(found) is bool(meant)
    assert bool(variables.mistyped_tags(["audit_stop", tag])) is is_refused_in_a_site
