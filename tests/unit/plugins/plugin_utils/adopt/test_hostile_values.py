# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hundreds of texts that YAML, Jinja, a shell or a terminal would act upon: each comes back as it stood, or is listed."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace

import pytest
import trees
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import fleet, report, yaml_text

PIECES = (
    "{{", "}}", "{%", "%}", "{#", "#}", "{{ lookup('pipe', 'id') }}", "{% raw %}", "#jinja2: x", "yes", "No", "on", "OFF", "null", "~",
    "0o17", "017", "0x1f", "1e3", ".inf", ".nan", "1_000", "12:30:45", "2001-12-14", "::", ": ", " #", "- ", "? ", "&a", "*a", "!t",
    "!!str", "!unsafe", "!vault", "|", ">-", "%TAG", "@", "`id`", "$(id)", "'",
    '"', "\\", "\\n", "[a", "{a", "]", "}", ",", "---", "...", "<<", "=", "é", "ß",
    "\u2028", "\x85", "\x1b[31m", "\ufeff", "\U0001f600", "\u202e", "\x7f", "<script>", "&amp;", "%s", "{0}", "${x}", "a",
)
SINGLES = [*PIECES, *(piece + "x" for piece in PIECES), *("x" + piece for piece in PIECES)]
SEED = random.Random(18)
JOINED = ["".join(SEED.choices(PIECES, k=SEED.randint(2, 5))) for _number in range(300)]
VALUES = list(dict.fromkeys([*SINGLES, *JOINED]))
WORDS = [value.replace(" ", "") for value in VALUES]


def lines():
    """A comment, a key and a path of each value."""
    for number, (value, word) in enumerate(zip(VALUES, WORDS, strict=True)):
        yield f"# {value}"
        yield f"-w /etc/key{number} -p wa -k {word}"
        yield f"-w /etc/{number}{word} -p wa -k path"


@pytest.fixture(scope="module")
def adopted(tmp_path_factory):
    """The adopted host, the text of its variables, and what Ansible reads there."""
    directory = tmp_path_factory.mktemp("hostile")
    root = trees.build(directory / "web1", rules={"50-odd.rules": "\n".join(lines()) + "\n"})
    found = fleet.of_documents({"web1": trees.document(root)}, {})
    path = directory / "audit.yml"
    path.write_text(found.texts()["group_vars/all/audit.yml"])
    return SimpleNamespace(fleet=found, text=path.read_text(), variables=DataLoader().load_from_file(str(path)))


def test_there_are_hundreds():
    assert len(VALUES) > 400


def test_every_line_comes_back_or_is_listed(adopted):
    back = set(adopted.variables["audit_rules_extra"])
    listed = "\n".join(adopted.fleet.adopted[0].listed + adopted.fleet.adopted[0].comments)
    assert [line for line in lines() if line not in back and line.strip() not in listed] == []
    assert len(back) > 2.5 * len(VALUES), "most of them are not listed, but come back"


def test_ansible_takes_no_value_for_a_template(adopted):
    """What a template engine makes of the variables is what stands there."""
    templar = Templar(loader=DataLoader(), variables={})
    assert templar.template(adopted.variables["audit_rules_extra"]) == adopted.variables["audit_rules_extra"]


def test_no_value_begins_a_line_of_its_own(adopted):
    starts = ("audit", "  ", "#", "---")
    assert all(line.startswith(starts) for line in adopted.text.split("\n") if line), "every line is a variable or an item"
    assert all(char.isprintable() or char == "\n" for char in adopted.text)


def test_the_same_again_is_what_it_was(tmp_path, adopted):
    """A host whose rules are the adopted ones adopts the same."""
    rules = "\n".join(adopted.variables["audit_rules_extra"]) + "\n"
    again = fleet.of_documents({"web1": trees.document(trees.build(tmp_path / "web1", rules={"50-odd.rules": rules}))}, {})
    assert again.adopted[0].variables["audit_rules_extra"].value == adopted.variables["audit_rules_extra"]


def test_the_report_says_them_in_lines_that_nothing_acts_upon(adopted):
    text = report.markdown(adopted.fleet)
    assert all(char.isprintable() or char == "\n" for char in text) and "<script>" not in text


@pytest.mark.parametrize(("before", "after"), [("", ""), (" ", " "), ("\t", "x"), ("x", "\n"), ("", ":"), ("#", "")])
def test_scalars(tmp_path, before, after):
    path = tmp_path / "x.yml"
    wanted = [before + value + after for value in VALUES]
    path.write_text("x:\n" + "".join(f"- {yaml_text.scalar(value)}  {yaml_text.comment(value)}\n" for value in wanted))
    assert DataLoader().load_from_file(str(path))["x"] == wanted


NAMES = [value for value in dict.fromkeys(WORDS) if "/" not in value and value not in ("", ".", "..")]


def test_hosts_and_groups_of_any_name(tmp_path):
    """A name that is no safe directory gets a group of ours; none leaves the destination, and every host has its variables once."""
    names = NAMES[:60]
    document = trees.document(trees.build(tmp_path / "web1", conf={"num_logs": "7"}))
    other = trees.document(trees.build(tmp_path / "web2", conf={"num_logs": "9"}))
    documents = {name: (document, other)[number % 2] for number, name in enumerate(names)}
    groups = {name: list(itertools.islice(documents, 3)) for name in NAMES[60:90]}
    found = fleet.of_documents(documents, groups)
    places = [place.hosts for place in found.places if "auditd_conf" in place.stated]
    assert sorted(itertools.chain(*places)) == sorted(names)
    assert all(".." not in path.split("/") and path.count("/") == 2 for path in found.texts())
    path = tmp_path / "adopted.yml"
    path.write_text(found.inventory()["adopted.yml"])
    loaded = DataLoader().load_from_file(str(path))
    hosts = loaded["all"]["hosts"]
    assert set(hosts) == set(names)
