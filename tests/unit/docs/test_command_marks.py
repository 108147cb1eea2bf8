# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every block of commands in the documentation is run by something, or says why it is not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tools/doc_commands.py"
SPEC = importlib.util.spec_from_file_location("doc_commands", SOURCE)
doc_commands = importlib.util.module_from_spec(SPEC)
sys.modules["doc_commands"] = doc_commands
SPEC.loader.exec_module(doc_commands)

GUIDE = """\
Words::

    key = value

And these:

.. Commands: not run, it needs a mail server

.. code-block:: console

   $ ansible-playbook -i HOSTS x
   ok: [web1]

1. In a list::

      ansible-playbook y
"""
README = """\
<!-- Commands: run over trees -->

    make demo
    make test

text

```yaml
a: 1
```
"""


def test_every_block_has_a_mark_that_is_true():
    found = doc_commands.everything()
    assert len(found) > 20
    assert [said for said in map(doc_commands.complaint, found) if said] == []


@pytest.mark.parametrize("name, text, expected", [
    ("guide.rst", GUIDE, [("not run, it needs a mail server", ["ansible-playbook -i HOSTS x"]), ("", ["ansible-playbook y"])]),
    ("README.md", README, [("run over trees", ["make demo", "make test"])]),
])
def test_the_blocks_of_a_page(tmp_path, monkeypatch, name, text, expected):
    monkeypatch.setattr(doc_commands, "COLLECTION", tmp_path)
    (tmp_path / name).write_text(text)
    assert [(block.mark, block.commands) for block in doc_commands.blocks(tmp_path / name)] == expected


@pytest.mark.parametrize("mark, said", [
    ("", "'' is no mark"), ("not run", "is no mark"), ("not run, ", "is no mark"), ("run by hand.py", "there is no hand.py"),
    ("run by other.py", "other.py does not speak of rescue"), ("run by runner.py", None), ("run over trees", None),
    ("not run, it needs an account", None),
])
def test_what_a_mark_must_be(tmp_path, monkeypatch, mark, said):
    monkeypatch.setattr(doc_commands, "COLLECTION", tmp_path)
    (tmp_path / "runner.py").write_text("play('rescue')")
    (tmp_path / "other.py").write_text("play('drift')")
    block = doc_commands.Block("a.rst", 1, mark, ("ansible-playbook -i HOSTS auditops.auditd.rescue",))
    found = doc_commands.complaint(block)
    assert found is None if said is None else said in found
