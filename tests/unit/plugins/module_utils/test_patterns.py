# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for re: it has each name of re that the code uses, and its patterns do what those of re do."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel, _patterns
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library

TOP_OF_A_MODULE = compile("LATER = patterns.compile('x(?P<n>[0-9]+)', patterns.I)", "module.py", "exec")


def test_whatever_the_code_uses_of_re_is_there():
    texts = _parcel.unpack(host_library.comparison())
    stand_in = f"from {_parcel.NAME} import _patterns as re"
    users = {path: text for path, text in texts.items() if stand_in in text}
    assert len(users) > 30 and not [path for path, text in texts.items() if re.search("^import re$", text, re.MULTILINE)
                                    and path != "_patterns.py"]
    used = {name for text in users.values() for name in re.findall(r"\bre\.([A-Za-z]+)", text)}
    assert {name for name in used if not hasattr(_patterns, name)} == set()
    assert not [text for text in users.values() if re.search(r"\bre\.[a-z]+\([A-Z_]{2,}[,)]", text)], "a pattern given to a function of re"


def test_a_pattern_is_compiled_when_it_is_used():
    module = {"patterns": _patterns}
    exec(TOP_OF_A_MODULE, module)  # noqa: S102
    later = module["LATER"]
    assert set(vars(later)) == {"_asked"}
    assert later.match("X12")["n"] == "12" and later.sub("-", "ax1b") == "a-b" and later.flags & re.IGNORECASE
    assert "match" in vars(later)


def test_in_a_function_a_wrong_pattern_is_refused_at_once():
    with pytest.raises(_patterns.error):
        _patterns.compile("(")


def test_flags_are_those_of_re():
    assert {name: getattr(_patterns, name) for name in ("I", "M", "S", "X", "A", "DOTALL", "MULTILINE")} == \
        {name: int(getattr(re, name)) for name in ("I", "M", "S", "X", "A", "DOTALL", "MULTILINE")}


@pytest.mark.parametrize("text", ["", "/var/log/audit", "a.b*c[d]", "ü \n", "1_x-", "(?x)#"])
def test_an_escaped_text_matches_itself(text):
    assert re.fullmatch(_patterns.escape(text), text)


USES_KEPT = r"""
import marshal, sys
sys.path.insert(0, sys.argv[1])
import _patterns
_patterns.kept.update(marshal.loads(bytes.fromhex(sys.stdin.read())))
LATER = _patterns.compile(r"(?P<name>[a-z]+) (\d+)", _patterns.I)
found = LATER.sub("-", "x ABC 12"), LATER.search("ABC 12")["name"], _patterns.findall(b"^a(.)", b"ab\nac", _patterns.M)[1].decode()
print(found, "re" in sys.modules)
"""


def test_what_is_kept_is_used_without_re():
    for pattern, flags in ((r"(?P<name>[a-z]+) (\d+)", re.I), (rb"^a(.)", re.M)):
        _patterns.findall(pattern, pattern[:0], int(flags))
    kept = {asked: arguments for asked, arguments in _patterns.to_keep().items() if "name" in str(asked[0]) or asked[0] == rb"^a(.)"}
    done = subprocess.run([sys.executable, "-IS", "-c", USES_KEPT, str(Path(_patterns.__file__).parent)], check=False,
                          capture_output=True, text=True, input=marshal.dumps(kept).hex())
    assert done.stdout == "('x -', 'ABC', 'c') False\n", done


def test_a_pattern_that_is_not_given_back_is_not_kept(monkeypatch):
    monkeypatch.setattr(_patterns, "_sre", type("Other", (), {"compile": staticmethod(lambda *_arguments: re.compile("other"))}))
    assert _patterns._kept(("x+", 0)) is None


def test_what_is_kept_has_a_bound(monkeypatch):
    monkeypatch.setattr(_patterns, "MOST", len(_patterns._later) + len(_patterns._made) + 5)
    for number in range(20):
        _patterns.match(f"bound{number}", "")
    assert len(_patterns.to_keep()) <= _patterns.MOST
