# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands for json and hashlib on a host, and moments of time: the same answers as those of the standard library."""

from __future__ import annotations

import _json
import calendar
import hashlib
import importlib
import json
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _hashes, _json_text, _utc

VALUES = [None, True, 0, -1, 1.5, "", "ä\udce4\u2028\"\\\n", [], {}, [1, [2, {"b": None, "a": [True]}]], {"ü": 1, "a": {"c": 2}}, 10**30]
TEXTS = ["", " ", "{", "[1,]", "{} x", "nul", "01", "\ufeff{}", "{\"a\":1}{", "\x0b1", '"\x01"', "[1", "'a'", "{a:1}", "1\x00"]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("options", [{}, {"sort_keys": True}, {"ensure_ascii": False}, {"indent": 2}, {"separators": (",", ":")}], ids=repr)
def test_json_of_a_value(value, options):
    text = _json_text.dumps(value, **options)
    assert text == json.dumps(value, **options)
    assert _json_text.loads(" \n" + text + "\t") == json.loads(text)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    with pytest.raises(ValueError, match=r"."):
        _json_text.loads(text)


@pytest.mark.parametrize("release", [
    pytest.param({"make_scanner": lambda context: context.a_hook_of_a_later_release}, id="a scanner that reads one attribute more"),
    pytest.param({"make_encoder": lambda *nine, ten: nine}, id="an encoder that takes one argument more"),
    pytest.param({"make_scanner": None, "make_encoder": None}, id="without the module in C"),
])
def test_json_on_a_python_whose_module_in_c_differs(monkeypatch, release):
    """Python 3.15 reads array_hook, which none before it knows."""
    with monkeypatch.context() as other:
        for name, made in release.items():
            other.setattr(_json, name, made)
        importlib.reload(_json_text)
    try:
        assert _json_text.loads(_json_text.dumps({"b": [1, None], "a": "ü"}, sort_keys=True)) == {"a": "ü", "b": [1, None]}
    finally:
        importlib.reload(_json_text)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="set is not JSON"):
        _json_text.dumps({"a": set()})
    with pytest.raises(RecursionError):
        _json_text.loads("[" * 200000)


def test_a_digest_is_that_of_hashlib():
    for data in (b"", b"a" * 100000):
        assert _hashes.sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", [
    "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2024-02-29T23:59:59Z", "2100-03-01T00:00:00Z",
    "2026-11-26T14:03:20Z", "9999-12-31T23:59:59Z",
])
def test_a_moment_is_read_back(text):
    assert _utc.epoch(text) == calendar.timegm(time.strptime(text, _utc.STAMP)) and _utc.iso(_utc.epoch(text)) == text


@pytest.mark.parametrize("text", [
    "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-1-1T00:00:00Z",
    "2026-01-01T00:00:00Zx", "never", "+026-01-01T00:00:00Z", "2026-01-01T00:60:00Z",
])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        _utc.epoch(text)


@pytest.mark.parametrize("value", [5, 1.5, ["2026"], {"a": 1}, b"2026-01-01T00:00:00Z"])
def test_what_is_no_text_is_no_moment(value):
    with pytest.raises(TypeError):
        _utc.epoch(value)
