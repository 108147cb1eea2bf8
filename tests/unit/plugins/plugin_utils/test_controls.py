# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong data in the control library is refused with the file and the place in it."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls


@pytest.fixture
def directory(tmp_path):
    shutil.copytree(controls.DIRECTORY, tmp_path / "controls")
    return tmp_path / "controls"


def change(directory, name, old, new):
    text = (directory / name).read_text()
    assert old in text
    (directory / name).write_text(text.replace(old, new, 1))


def test_the_library_is_plain_json():
    library = controls.library()
    assert json.loads(json.dumps(library)) == library
    assert len(library["benchmarks"]) >= 13


@pytest.mark.parametrize(("name", "old", "new", "words"), [
    ("time.yml", "controls:", "controls", ["time.yml", "YAML"]),
    ("time.yml", "controls:", "contrls:", ["time.yml", "'contrls'", "products, controls"]),
    ("time.yml", "    why:", "    wyh:", ["time.yml", "controls.clock_settime", "has no why"]),
    ("time.yml", "    file: 30-auditops-time.rules", "    file: auditops-time", ["clock_settime.file", "auditops-time", ".rules"]),
    ("time.yml", "-S clock_settime -F a0=0x0", "-S clock_setime -F a0=0x0", ["time.yml", "clock_setime", "auditctl refuses"]),
    ("time.yml", "-w /etc/localtime -p wa -k time-change", "-w /etc/localtime -p wa", ["localtime", "no key"]),
    ("time.yml", "      - -w /etc/localtime -p wa -k time-change", "      - {watch: /etc/localtime}", ["localtime", "a mapping"]),
    ("identity.yml", "  group:", "  passwd:", ["identity.yml", "'passwd' is there twice"]),
    ("cis_debian_12.yml", "    6.2.3.1: [sudoers, sudoers_d]", "    6.2.3.1: [sudoers, sudoer_d]", ["cis_debian_12", "'sudoer_d'"]),
    ("cis_debian_12.yml", "  product: debian_12", "  product: debian_14", ["cis_debian_12", "debian_14", "debian_13"]),
    ("cis_debian_12.yml", "    6.2.3.1: [sudoers", "    6.2: [sudoers", ["cis_debian_12.yml", "6.2", "quotes"]),
    ("cis_debian_12.yml", "[keep_logs]", "keep_logs", ["auditd_conf.6.2.2.2.max_log_file_action", "list"]),
    ("cis_debian_12.yml", "{faillog: text}", "{faillog: goss}", ["needed_by.faillog", "'goss'", "oval, text"]),
    ("products.yml", "watches: modern", "watches: new", ["watches", "'new'", "old, modern"]),
    ("files.yml", "    joins: access", "    joins: acces", ["controls.access_by_handle", "'acces'"]),
    ("commands.yml", "products: [rhel_8, rhel_9,", "products: [rhel_7, rhel_9,", ["controls.chacl", "rhel_7"]),
    ("filters.yml", "weakens: [setuid_exec,", "weakens: [setuid_exek,", ["filters.cron_exec", "setuid_exek"]),
])
def test_wrong_data(directory, name, old, new, words):
    change(directory, name, old, new)
    with pytest.raises(controls.LibraryError) as error:
        controls.library(directory)
    for word in words:
        assert word in str(error.value)


def test_a_name_in_two_files(directory):
    (directory / "mine.yml").write_text((directory / "time.yml").read_text())
    with pytest.raises(controls.LibraryError, match="time.yml: controls clock_settime is there twice"):
        controls.library(directory)


def test_an_own_benchmark_is_one_file(directory):
    (directory / "mine.yml").write_text(
        "controls:\n  secret:\n    title: My file\n    why: It is mine.\n    file: 40-mine.rules\n    lines: [-w /etc/mine -p wa -k mine]\n"
        "benchmark:\n  name: mine\n  title: My rules\n  rules: {m.1: [secret, passwd]}\n")
    assert controls.library(directory)["benchmarks"]["mine"]["rules"] == {"m.1": ["secret", "passwd"]}


def test_an_empty_directory(tmp_path):
    with pytest.raises(controls.LibraryError, match="no benchmark"):
        controls.library(tmp_path)


def test_the_generated_pages_are_the_data():
    path = controls.DIRECTORY.parents[3] / "tests/tools/make_controls_rst.py"
    specification = importlib.util.spec_from_file_location("make_controls_rst", path)
    generator = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(generator)
    written = {path.name: path.read_text() for path in generator.GUIDES.glob("controls*.rst")}
    assert written == generator.documents(), "run make docs"


def test_the_library_goes_with_a_task_that_names_profiles():
    assert controls.with_library({"rules": []}) == {"rules": []}
    assert controls.with_library({"profiles": []}) == {"profiles": []}
    arguments = controls.with_library({"profiles": ["auto"], "skip": ["cis_debian_12:6.2.3.9", "key:scope"], "filters": "cron"})
    assert arguments["library"] == controls.library()


@pytest.mark.parametrize(("arguments", "word"), [
    ({"profiles": ["cis_rhel9"]}, "cis_rhel_9"),
    ({"profiles": "auto,cis_rhel9"}, "cis_rhel_9"),
    ({"profiles": ["auto"], "skip": ["key:scop"]}, "scope"),
    ({"profiles": ["auto"], "filters": ["chrony", "container"]}, "containers"),
])
def test_unknown_words_are_refused_on_the_controller(arguments, word):
    with pytest.raises(controls.AuditError, match=word):
        controls.with_library(arguments)


WORDS = [  # a word of audit_rules_filters or audit_rules_skip, what the refusal says; None: it is taken
    ({"filters": ["chrony"]}, None),
    ({"filters": "cron,chrony"}, None),
    ({"filters": ["chronny"]}, "'chronny' is no filter of the library; did you mean chrony"),
    ({"filters": "chronny"}, "did you mean chrony"),
    ({"filters": ["chrony", "chronny"]}, "'chronny' is no filter"),
    ({"filters": ["Chrony"]}, "did you mean chrony"),
    ({"filters": [""]}, "'' is no filter of the library; known are"),
    ({"skip": ["6.3.3.4"]}, None),
    ({"skip": ["key:time-change", "file:30-auditops-time.rules", "control:chmod"]}, None),
    ({"skip": "cis_rhel_9:6.3.3.4"}, None),
    ({"skip": ["6.3.3.99"]}, "'6.3.3.99' is no control of the library"),
    ({"skip": ["key:nonsense"]}, "has the key 'nonsense'"),
    ({"skip": ["file:30-nothing.rules"]}, "has the file '30-nothing.rules'"),
    ({"skip": ["control:nothing"]}, "has the control 'nothing'"),
    ({"skip": ["cis_rhel_99:6.3.3.4"]}, "'cis_rhel_99' is no benchmark"),
    ({"skip": ["cis_rhel_9:9.9.9"]}, "is no control of cis_rhel_9"),
]


@pytest.mark.parametrize("profiles", [None, [], ["auto"], ["cis_rhel_9"]])
@pytest.mark.parametrize(("words", "said"), WORDS)
def test_filters_and_skips_work_or_are_refused_with_and_without_a_profile(profiles, words, said):
    arguments = words if profiles is None else {"profiles": profiles, **words}
    if said is None:
        assert controls.with_library(arguments)["library"]["filters"]
        return
    with pytest.raises(controls.AuditError, match=re.escape(said)):
        controls.with_library(arguments)
