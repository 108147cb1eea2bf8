# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for re: it has each name of re that the code uses, and its patterns do what those of re do."""

from __future__ import annotations

import re

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
