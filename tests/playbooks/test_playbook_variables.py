# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of one playbook as users get them wrong: grow by ansible-playbook, the others by what judges them."""

from __future__ import annotations

import json
import sys

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import variables
from variable_runs import one_of, play, to, variable

SIZES = "give max, a size such as 10G, so much more such as +5G, or a share of the volume group such as 40%VG"
EBS = {"audit_storage_ebs": True, "audit_storage_ebs_size": 50}
# name: (variables of grow, the sentence or how it begins)
STORAGE = {
    "size_blank": variable("audit_storage_size", "10 G", f"audit_storage_size = 10 G: {SIZES}"),
    "size_word": variable("audit_storage_size", "all", f"audit_storage_size = all: {SIZES}"),
    "size_unit": variable("audit_storage_size", "10P", f"audit_storage_size = 10P: {SIZES}"),
    "size_none": variable("audit_storage_size", "10", f"audit_storage_size = 10: {SIZES}"),
    "size_negative": variable("audit_storage_size", "-5G", f"audit_storage_size = -5G: {SIZES}"),
    "size_percent": variable("audit_storage_size", "40%", f"audit_storage_size = 40%: {SIZES}"),
    "size_true": variable("audit_storage_size", True, f"audit_storage_size = True: {SIZES}"),
    "size_zero": variable("audit_storage_size", "0G", "audit_storage_size = 0G: nothing is made smaller or left empty"),
    "size_share": variable("audit_storage_size", "140%VG", "audit_storage_size = 140%VG: a share of the volume group is 1%VG to 100%VG"),
    "size_more_share": variable("audit_storage_size", "+10%VG", "audit_storage_size = +10%VG: a share of the volume group is 1%VG to"),
    "path": variable("audit_storage_path", "var/log", "audit_storage_path = var/log: give an absolute path"),
    "hours_none": variable("audit_storage_reaction_hours", 0, "audit_storage_reaction_hours = 0: give a whole number from 1 to 720"),
    "hours_many": variable("audit_storage_reaction_hours", 1000, "audit_storage_reaction_hours = 1000: give a whole number from 1 to 720"),
    "hours_word": variable("audit_storage_reaction_hours", "soon", to("int", "audit_storage_reaction_hours", "soon")),
    "separate_word": variable("audit_storage_separate", "maybe", to("bool", "audit_storage_separate", "maybe")),
    "separate_size": variable("audit_storage_separate", True, "audit_storage_separate = true: audit_storage_size says how large"),
    "separate_path": ({"audit_storage_separate": True, "audit_storage_size": "max", "audit_storage_path": "/srv"},
                      "audit_storage_separate = true: it is about the log alone"),
    "ebs_word": variable("audit_storage_ebs", "perhaps", to("bool", "audit_storage_ebs", "perhaps")),
    "ebs_size": variable("audit_storage_ebs", True, "audit_storage_ebs_size = 0: give the size of the EBS volume in GB, 1 to 65536"),
    "ebs_negative": ({**EBS, "audit_storage_ebs_size": -1}, "audit_storage_ebs_size = -1: give the size of the EBS volume in GB"),
    "ebs_large": ({**EBS, "audit_storage_ebs_size": 70000}, "audit_storage_ebs_size = 70000: give the size of the EBS volume in GB"),
    "ebs_size_word": ({**EBS, "audit_storage_ebs_size": "50G"}, to("int", "audit_storage_ebs_size", "50G")),
    "ebs_volume": ({**EBS, "audit_storage_ebs_volume": "i-0123456789abcdef0"},
                   "audit_storage_ebs_volume = i-0123456789abcdef0: give the id of a volume"),
    "ebs_timeout": ({**EBS, "audit_storage_ebs_timeout": 0}, "audit_storage_ebs_timeout = 0: give a number of seconds, 1 or more"),
}


def test_grow_refuses_each_wrong_variable_in_a_sentence_before_it_looks_at_a_host(tmp_path):
    """An offline tree stands for the host: to be refused for that one, the variables would have to be taken first."""
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_root": str(tmp_path)}
    (tmp_path / "inventory.json").write_text(json.dumps(
        {"all": {"hosts": {name: given for name, (given, _sentence) in STORAGE.items()}, "vars": common}}))
    said = play(["auditops.auditd.grow"], tmp_path)
    assert {name: said.get(name) for name, (_given, sentence) in STORAGE.items() if sentence not in said.get(name, "")} == {}
    assert not [text for text in said.values() if "offline tree" in text]


# Variables of one playbook: (playbook, what is set beside what it needs, what the refusal says)
EC2 = {"audit_ec2_instance": "i-1", "audit_ec2_helper": "i-2", "audit_ec2_region": "eu-west-1"}
OF_PLAYBOOK = [
    ("adopt", {"audit_adopt_dest": ""}, "audit_adopt_dest is empty: name a directory on the controller"),
    ("audit_drift", {"audit_drift_forget": "soon"}, "audit_drift_forget = soon: give never, or a number of days"),
    ("audit_drift", {"audit_drift_report_dir": ""}, "audit_drift_report_dir is empty: name a directory on the controller"),
    ("diagnose", {"audit_diagnosis_console_file": "/nope/console.txt"}, "audit_diagnosis_console_file = /nope/console.txt: there"),
    ("diagnose", {"audit_root": "t/web1"}, "audit_root = t/web1: give an absolute path, that of the top of the tree"),
    ("audit_drift", {"audit_root": "t/web1"}, "audit_root = t/web1: give an absolute path, that of the top of the tree"),
    ("diagnose", {"audit_diagnosis_days": "soon"}, "audit_diagnosis_days = soon: give a whole number"),
    ("diagnose", {"audit_diagnosis_days": 0}, "audit_diagnosis_days = 0: give a whole number of days, 1 or more"),
    ("rescue", {}, "missing required arguments: audit_root"),
    ("rescue", {"audit_root": "/"}, "audit_root = / is the machine that helps"),
    ("rescue", {"audit_root": "//./"}, "is the machine that helps"),
    ("rescue", {"audit_root": "/mnt", "audit_rescue": "uncure"}, one_of("audit_rescue", "uncure", "cure", "undo")),
    ("rescue", {"audit_root": "/mnt", "audit_rescue_mount": "perhaps"}, "audit_rescue_mount = perhaps: give true or false"),
    ("rescue", {"audit_root": "/mnt", "audit_rescue_autorelabel": "later"}, "audit_rescue_autorelabel = later: give true or false"),
    ("rescue_ec2", {**EC2, "audit_ec2_stop": "perhaps"}, "audit_ec2_stop = perhaps: give true or false"),
    ("rescue_ec2", {**EC2, "audit_ec2_start": "perhaps"}, "audit_ec2_start = perhaps: give true or false"),
    ("rescue_ec2", {**EC2, "audit_rescue_mount": "perhaps"}, "audit_rescue_mount = perhaps: give true or false"),
    ("rescue_ec2", {**EC2, "audit_rescue_autorelabel": "later"}, "audit_rescue_autorelabel = later: give true or false"),
    ("rescue_ec2", {"audit_ec2_instance": "i-1"}, "missing required arguments: audit_ec2_helper, audit_ec2_region"),
    ("rescue_ec2", {"audit_ec2_helper": "i-1", "audit_ec2_region": "eu-west-1"}, "missing required arguments: audit_ec2_instance"),
    ("adopt", {"audit_from": "puppet"}, "value of audit_from must be one of: "),
    ("adopt", {"audit_from_files": {"a": 1}}, "audit_from_files"),
    ("compare", {"audit_left": "web1"}, "missing required arguments: audit_right"),
    ("compare", {"audit_left": "a", "audit_right": "b", "audit_compare_fail_on": "always"}, "audit_compare_fail_on must be one of"),
    ("audit_boot", {"audit_boot_service": "on"}, one_of("audit_boot_service", "on", "enabled", "disabled", "keep")),
    ("audit_boot", {"audit_boot_line": ["audit=2"]}, "audit_boot_line: audit=2 is none of audit=1, audit=0 and"),
    ("audit_boot", {"audit_boot_line": ["audit=1", "audit=0"]}, "audit_boot_line: audit is given twice with different values"),
]


@pytest.mark.parametrize(("playbook", "given", "sentence"), OF_PLAYBOOK)
def test_wrong_variables_of_one_playbook(playbook, given, sentence):
    found = variables.problems(given, [playbook])
    assert any(sentence in problem for problem in found), found


def test_a_helper_that_is_the_patient_is_refused(monkeypatch):
    monkeypatch.setattr(variables.judges, "_is_installed", lambda *_packages: True)
    [found] = variables.problems({**EC2, "audit_ec2_helper": "i-1"}, ["rescue_ec2"])
    assert found == "audit_ec2_helper = i-1 is the instance that stopped; name the one that helps"
