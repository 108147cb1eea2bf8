# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any input: only the domain error comes out, what was written is read back, merging twice is merging once.

AUDITOPS_FUZZ_EXAMPLES sets how many examples each test tries (default 150).
"""

from __future__ import annotations

import os
import string

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys as _conf_keys
from ansible_collections.auditops.auditd.plugins.module_utils._conf import reader as _conf_reader
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from fake_environment import GOLDEN_HOST
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TRIES = settings(
    max_examples=int(os.environ.get("AUDITOPS_FUZZ_EXAMPLES", "150")), deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
WORDS = sorted({word for key in _conf_keys.KEYS.values() for word in (key.takes or ()) if isinstance(word, str)})
NUMBERS = st.one_of(
    st.integers(), st.sampled_from([0, 1, 99, 100, 999, 1000, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 64 - 1, 2 ** 64]))
SPACERS = st.sampled_from([" ", "  ", "\t", "", "\r", "\x0b", "\x0c", "\u00a0", "\u2028", "\0", "#", "=", "%", "-", "/"])
KEYS = st.one_of(st.sampled_from(list(_conf_keys.KEYS)), st.sampled_from(["foo", "NUM_LOGS", "#", "="]), st.text(max_size=8))
VALUES = st.one_of(
    st.sampled_from(WORDS), NUMBERS.map(str), NUMBERS.map("{}%".format), st.text(max_size=12),
    st.sampled_from(["exec /x", "a@b.c", "5m", "1-2"]), st.integers(140, 170).map("n".__mul__), st.integers(490, 520).map("n".__mul__))
LINES = st.one_of(
    st.builds("{}{}={}{}".format, KEYS, SPACERS, SPACERS, VALUES), st.builds("{} = {}".format, KEYS, VALUES),
    st.text(), st.builds("".join, st.lists(st.one_of(KEYS, VALUES, SPACERS))))
TEXTS = st.builds("{}{}".format, st.lists(LINES, max_size=12).map("\n".join), st.sampled_from(["", "\n"]))
CONTENTS = st.one_of(TEXTS, st.binary(max_size=400), st.text(alphabet=st.characters(), max_size=60))
RELEASES = st.sampled_from(["2.4", "2.7.8", "2.8.5", "3.0", "3.0.9", "3.1.5", "4.0.2", "4.0.5", "4.1.0", "4.1.4", "4.2.1", "5.0", None])
SETTINGS = st.dictionaries(
    st.one_of(KEYS, st.integers(), st.none()),
    st.one_of(VALUES, NUMBERS, st.booleans(), st.none(), st.floats(), st.lists(st.integers(), max_size=2), st.binary(max_size=3)),
    max_size=8)
PLAIN_VALUES = st.one_of(
    VALUES, st.text(alphabet=string.ascii_letters + string.digits + " /._-%=\u00e9\u00a0", min_size=1, max_size=40)).filter(
        lambda value: value and value == value.strip(" ") and "#" not in value and len(value.encode("utf-8", "replace")) < 120
        and not any(char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in value))
PLAIN_SETTINGS = st.dictionaries(
    st.one_of(st.sampled_from(list(_conf_keys.KEYS)), st.from_regex(r"\A[a-z_][a-z0-9_]{0,20}\Z")), PLAIN_VALUES, max_size=8)


def parsed(content):
    try:
        return _conf.parse(content)
    except AuditError:
        return None


@TRIES
@given(CONTENTS, RELEASES, st.booleans(), st.sampled_from([None, "keep_running", "stop_host"]), st.sampled_from([None, GOLDEN_HOST]))
def test_nothing_but_the_domain_error_comes_out(content, release, wanted, policy, environment):
    conf = parsed(content)
    if conf is None:
        return
    problems = validator.validate(conf, release, environment, rotation_wanted=wanted, failure_policy=policy)
    for problem in problems:
        assert problem.reason
        assert problem.line is None or 1 <= problem.line <= len(conf.lines)
    assert _conf.effective(conf, release)
    assert _conf.restart_keys(conf, _conf.parse(""), release) is not None
    _conf.diff(conf, _conf.parse(""))
    try:
        validator.check(conf, release, environment, rotation_wanted=wanted, failure_policy=policy)
    except AuditError as error:
        assert any(problem["fatal"] for problem in error.details["problems"])


@TRIES
@given(CONTENTS, SETTINGS, RELEASES)
def test_merge_and_render_refuse_or_hold(content, changes, release):
    conf = parsed(content)
    if conf is None:
        return
    try:
        merged = _conf.merge(conf, changes, release)
    except AuditError:
        return
    assert _conf.merge(merged, changes, release) == merged
    assert not merged.text or merged.text.endswith("\n")
    wanted = {_conf_keys.lower(key): value for key, value in changes.items()}
    for key, value in wanted.items():
        if value is None:
            assert key not in merged.settings
        elif isinstance(value, str):
            assert merged.settings[key] == value
    kept = [line.text.rstrip("\r") for line in conf.lines if line.key not in wanted]  # a merge mends Windows' line endings
    assert [line.text.rstrip("\r") for line in merged.lines if line.key not in wanted] == kept
    written = [line for line in merged.lines if line.key in wanted]
    taken = {entry.line for entry in _conf.reading(_conf.parse("".join(line.text + "\n" for line in written)), release).entries}
    assert taken == set(range(1, len(written) + 1)), "no line that is written may be skipped"
    assert all(line.text == f"{line.key} = {line.value}" for line in written)
    assert _conf.render(changes, release) or not [value for value in changes.values() if value is not None]


@TRIES
@given(PLAIN_SETTINGS)
def test_what_is_rendered_is_read_back(changes):
    conf = _conf.parse(_conf.render(changes))
    assert dict(conf.settings) == changes
    assert conf.ended


@TRIES
@given(PLAIN_SETTINGS, RELEASES)
def test_what_is_accepted_is_what_runs(changes, release):
    """Every key of a file that the parser takes has the one value the table gives its word."""
    conf = _conf.parse(_conf.render(changes))
    if any(problem.fatal for problem in validator.validate(conf, release, GOLDEN_HOST)):
        return
    values = _conf.effective(conf, release)
    overridden = {other for other, unused in _conf_keys.SIDE_EFFECTS.values()}
    table = _conf_keys.NEWEST if release is None else _conf_keys.version(release)
    for key, value in changes.items():
        if key in values and key not in overridden:
            assert values[key] == _conf_reader.canonical(key, value.split(), table)
