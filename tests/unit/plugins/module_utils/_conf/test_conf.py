# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf as text: parse, merge, render, and what a change of it needs."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys as _conf_keys
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

DISTRIBUTED = """\
#
# This file controls the configuration of the audit daemon
#

log_file = /var/log/audit/audit.log
   NUM_LOGS   =   5
num_logs = 4
##name = mydomain
vendor_key = kept
space_left = 75
admin_space_left = 50
action_mail_acct = root
"""

PARSED = (
    ("", {}),
    (None, {}),
    ("# only a comment\n\n", {}),
    ("num_logs = 5\n", {"num_logs": "5"}),
    ("num_logs = 5", {"num_logs": "5"}),
    ("NUM_LOGS = 5\n", {"num_logs": "5"}),
    ("num_logs = 5\nnum_logs = 7\n", {"num_logs": "7"}),
    ("num_logs=5\n\tfreq\t=\t50\t\r\n", {"num_logs": "5", "freq": "50"}),
    ("space_left_action = exec /usr/local/sbin/x\n", {"space_left_action": "exec /usr/local/sbin/x"}),
    ("num_logs =\nfreq\nname = a = b\n", {"name": "a = b"}),
    (b"name = caf\xe9\n", {"name": "caf\udce9"}),
    ("name = a\x0cb\u2028c\n", {"name": "a\x0cb\u2028c"}),
)


@pytest.mark.parametrize(("text", "settings"), PARSED)
def test_parse(text, settings):
    assert dict(_conf.parse(text).settings) == settings


def test_parse_keeps_every_byte():
    data = b"# gr\xfc\xdfe\r\n\x00name = x\n\n"
    assert _conf.parse(data).data == data


def test_lines_are_numbered_from_one():
    lines = _conf.parse("# a\nnum_logs = 5\n").lines
    assert [tuple(line) for line in lines] == [(1, "# a", None, None), (2, "num_logs = 5", "num_logs", "5")]


MERGED = (
    ("nothing to set ends the file", "num_logs = 5", {}, "num_logs = 5\n"),
    ("an unterminated line stays a line of its own", "num_logs = 5", {"freq": 50}, "num_logs = 5\nfreq = 50\n"),
    ("in place, duplicates removed", "a = 1\nnum_logs = 5\nb = 2\nNum_Logs = 6\n", {"num_logs": 3}, "a = 1\nnum_logs = 3\nb = 2\n"),
    ("null removes every occurrence", "a = 1\nnum_logs = 5\nnum_logs = 6\n", {"num_logs": None}, "a = 1\n"),
    ("null removes what is no key", "a/b\u00a0 = 1\nnum_logs = 5\n", {"a/b\u00a0": None}, "num_logs = 5\n"),
    ("null of what is not there", "a = 1\n", {"num_logs": None}, "a = 1\n"),
    ("upper-case key", "num_logs = 5\n", {"NUM_LOGS": "7"}, "num_logs = 7\n"),
    ("a line the parser refuses is healed", "num_logs=5\n\tfreq\t=\t1\n", {"num_logs": 7, "freq": 50}, "num_logs = 7\nfreq = 50\n"),
    ("a line without equals sign is healed", "num_logs 5\n", {"num_logs": 7}, "num_logs = 7\n"),
    ("commented lines are comments", "##name = mydomain\n", {"name": "here"}, "##name = mydomain\nname = here\n"),
    ("yes and no of YAML", "", {"write_logs": True, "local_events": False}, "write_logs = yes\nlocal_events = no\n"),
    ("verify_email goes above the account", "action_mail_acct = x!y\n", {"verify_email": False},
     "verify_email = no\naction_mail_acct = x!y\n"),
    ("verify_email moves above the account", "action_mail_acct = x!y\nfreq = 1\nverify_email = yes\n", {"verify_email": "no"},
     "verify_email = no\naction_mail_acct = x!y\nfreq = 1\n"),
    ("what is not ours stays below", "action_mail_acct = x\nverify_email = no\n", {"freq": 1},
     "action_mail_acct = x\nverify_email = no\nfreq = 1\n"),
)


@pytest.mark.parametrize(("text", "settings", "merged"), [case[1:] for case in MERGED], ids=[case[0] for case in MERGED])
def test_merge(text, settings, merged):
    once = _conf.merge(_conf.parse(text), settings)
    assert once.text == merged
    assert _conf.merge(once, settings) == once


def test_merge_keeps_what_it_does_not_set():
    merged = _conf.merge(_conf.parse(DISTRIBUTED), {"num_logs": 10, "max_log_file": 8})
    assert merged.text == DISTRIBUTED.replace("   NUM_LOGS   =   5\nnum_logs = 4\n", "num_logs = 10\n") + "max_log_file = 8\n"


def test_render_keeps_the_order_given():
    settings = {"space_left": "25%", "log_file": "/a/b c", "name": "x", "freq": None}
    text = _conf.render(settings)
    assert text == "space_left = 25%\nlog_file = /a/b c\nname = x\n"
    assert dict(_conf.parse(text).settings) == {key: value for key, value in settings.items() if value is not None}


REFUSED = (
    ({"num_logs": ""}, "num_logs", "empty"),
    ({"num_logs": [5]}, "num_logs", "list"),
    ({"num_logs": {"a": 1}}, "num_logs", "dict"),
    ({"num_logs": 5.5}, "num_logs", "float"),
    ({"num_logs": b"5"}, "num_logs", "bytes"),
    ({"max_log_file": 10 ** 5000}, "max_log_file", "too large"),
    ({"name": "a\nspace_left = 1"}, "name", "newline"),
    ({"name": "a\r"}, "name", "control character"),
    ({"name": "a\tb"}, "name", "tab"),
    ({"name": "a\0b"}, "name", "control character"),
    ({"name": "a # b"}, "name", "#"),
    ({"name": " a"}, "name", "space"),
    ({"name": "a "}, "name", "space"),
    ({"name": "\ud800"}, "name", "surrogate"),
    ({"name": "n" * 152}, "name", "longer than 158 bytes"),
    ({"name": "\u00e9" * 76}, "name", "longer than 158 bytes"),
    ({"num logs": 5}, "num logs", "not a key"),
    ({"": 5}, "", "not a key"),
    ({5: 5}, "5", "not a key"),
    ({"num_logs": 5, "NUM_LOGS": 6}, "num_logs", "twice"),
)


@pytest.mark.parametrize(("settings", "key", "words"), REFUSED)
def test_settings_that_no_line_can_hold(settings, key, words):
    for write in (_conf.render, lambda settings: _conf.merge(_conf.parse("num_logs = 5\n"), settings)):
        with pytest.raises(_conf.ConfError, match=words.replace("#", "[#]")) as caught:
            write(settings)
        assert isinstance(caught.value, AuditError)
        assert caught.value.details["key"] == key


@pytest.mark.parametrize("content", [5, ["a"], "a\ud800b"])
def test_content_that_is_no_text(content):
    with pytest.raises(_conf.ConfError):
        _conf.parse(content)


@pytest.mark.parametrize("settings", ["num_logs = 5", ["num_logs"], None, 5])
def test_settings_that_are_no_dictionary(settings):
    with pytest.raises(_conf.ConfError, match="dictionary"):
        _conf.render(settings)


def test_the_longest_line_is_the_releases_own():
    fits = {"3.0.9": 158, "4.1.2": 158, "4.1.3": 510, "4.2.1": 510}
    for release, longest in fits.items():
        line = _conf.render({"name": "n" * (longest - 7)}, release)
        assert len(line) == longest + 1
        assert _conf.effective(_conf.parse(line), release)["name"]
        with pytest.raises(_conf.ConfError, match="skip"):
            _conf.render({"name": "n" * (longest - 6)}, release)


VERSIONS = (
    ("3.0.9", (3, 0, 9)), ("4.2", (4, 2, 0)), ("3", (3, 0, 0)), ("1:3.0.9-1", (3, 0, 9)), ("3.1.2-1.el8", (3, 1, 2)),
    ("1:4.0.2-2+deb13u1", (4, 0, 2)), ("v4.2.1", (4, 2, 1)), ("2.8.5-4.el7_9", (2, 8, 5)), ("10.20.30", (10, 20, 30)),
)


@pytest.mark.parametrize(("text", "expected"), VERSIONS)
def test_version(text, expected):
    assert _conf_keys.version(text) == expected


@pytest.mark.parametrize("text", ["", "x", None, 3.0, "el8"])
def test_no_version(text):
    with pytest.raises(_conf.ConfError, match="like 3.0.9"):
        _conf_keys.version(text)


def test_unsupported_keys():
    settings = {"num_logs": 5, "REPORT_INTERVAL": 0, "tls_auth": "psk", "vendor_key": 1, "q_depth": 2000}
    assert _conf.unsupported(settings, "4.2.1") == ["vendor_key"]
    assert _conf.unsupported(settings, "3.0.9") == ["REPORT_INTERVAL", "tls_auth", "vendor_key"]
    assert _conf.unsupported(_conf.parse("q_depth = 1\nfoo = 1\n"), "2.8.5") == ["q_depth", "foo"]


@pytest.mark.parametrize("release", ["2.8.5", "3.0", "3.0.1", "3.0.7", "3.0.9", "3.1.2", "3.1.5", "4.0.2", "4.0.5", "4.1.4", "4.2.1"])
def test_stock_is_what_the_release_takes(release):
    text = _conf.stock(release)
    assert not [problem for problem in validator.validate(text, release) if problem.key != "q_depth"]
    assert not _conf.unsupported(_conf.parse(text), release)
    assert _conf.parse(text).settings["num_logs"] == "5"


def test_stock_of_an_unknown_release_suits_all():
    for release in ("2.8.5", "3.0", "4.2.1"):
        assert not validator.validate(_conf.stock(None), release)


def test_stock_differs_by_release():
    assert "dispatcher = /sbin/audispd\n" in _conf.stock("2.8.5")
    assert "dispatcher" not in _conf.stock("3.0")
    assert "log_format = ENRICHED\n" in _conf.stock("3.0")
    assert "report_interval = 0\n" in _conf.stock("4.0.5")


def test_effective_defaults():
    values = _conf.effective(_conf.parse(""), "3.0.9")
    assert values["num_logs"] == "0"
    assert values["max_log_file_action"] == "IGNORE"
    assert values["disk_error_action"] == "SYSLOG"
    assert values["log_format"] == "ENRICHED"
    assert values["q_depth"] == "2000"
    assert values["name"] is None
    assert "report_interval" not in values
    assert "dispatcher" not in values
    assert _conf.effective(_conf.parse(""), "2.8.5")["log_format"] == "RAW"


EFFECTIVE = (
    ("the last line without newline is dropped", "num_logs = 5\nfreq = 50", "3.0.9", {"num_logs": "5", "freq": "0"}),
    ("a line that is too long is skipped", "num_logs = 5" + " " * 200 + "\n", "3.0.9", {"num_logs": "0"}),
    ("and taken by a release with a longer buffer", "num_logs = 5" + " " * 200 + "\n", "4.2.1", {"num_logs": "5"}),
    ("one spelling", "MAX_LOG_FILE_ACTION = keep_logs\nnum_logs = 007\n", "3.0.9", {"max_log_file_action": "KEEP_LOGS", "num_logs": "7"}),
    ("exec", "space_left_action = exec /a b\n", "3.0.9", {"space_left_action": "EXEC /a"}),
    ("percent", "space_left = 025%\nadmin_space_left = 0%\n", "3.0.9", {"space_left": "25%", "admin_space_left": "0"}),
    ("NOLOG", "write_logs = yes\nlog_format = nolog\n", "3.0.9", {"write_logs": "no", "log_format": "NOLOG"}),
    ("the order counts", "log_format = nolog\nwrite_logs = yes\n", "3.0.9", {"write_logs": "yes"}),
    ("krb5", "enable_krb5 = yes\n", "3.0.9", {"transport": "KRB5"}),
    ("ports", "tcp_client_ports = 60\n", "3.0.9", {"tcp_client_ports": "60-60"}),
    ("duration", "report_interval = 5m\n", "4.2.1", {"report_interval": "300"}),
    ("what the parser refuses stays as written", "num_logs = x\nflush = fast\n", "3.0.9", {"num_logs": "x", "flush": "fast"}),
    ("glued lines are not taken", "num_logs=5\n", "3.0.9", {"num_logs": "0"}),
    ("ignored since 3.0", "disp_qos = lossless\n", "2.8.5", {"disp_qos": "lossless"}),
)


@pytest.mark.parametrize(("text", "release", "expected"), [case[1:] for case in EFFECTIVE], ids=[case[0] for case in EFFECTIVE])
def test_effective(text, release, expected):
    values = _conf.effective(_conf.parse(text), release)
    assert {key: values.get(key) for key in expected} == expected


RESTART = (
    ({"num_logs": 5}, {"num_logs": 6, "max_log_file": 8, "space_left": 100}, "3.0.9", []),
    ({"local_events": "yes"}, {"local_events": "no"}, "3.0.9", ["local_events"]),
    ({}, {"local_events": "yes"}, "3.0.9", []),
    ({"num_logs": "5"}, {"num_logs": "05"}, "3.0.9", []),
    ({}, {"priority_boost": 4}, "3.0.9", []),
    ({}, {"priority_boost": 5}, "3.0.9", ["priority_boost"]),
    ({"q_depth": 1000}, {"q_depth": 2000}, "3.0.9", []),
    ({"q_depth": 2000}, {"q_depth": 1000}, "3.0.9", ["q_depth"]),
    ({}, {"q_depth": 1000}, "3.0.9", ["q_depth"]),
    ({}, {"q_depth": 1000}, "3.0", []),
    ({}, {"end_of_event_timeout": 3}, "3.0.9", ["end_of_event_timeout"]),
    ({}, {"tcp_listen_port": 60}, "4.0.5", ["tcp_listen_port"]),
    ({}, {"tcp_listen_port": 60}, "4.1.0", []),
    ({"tcp_listen_port": 60}, {}, "4.1.0", ["tcp_listen_port"]),
    ({"tcp_listen_port": 60}, {"tcp_listen_port": 61}, "4.2.1", ["tcp_listen_port"]),
    ({}, {"tcp_listen_queue": 6}, "4.0.5", ["tcp_listen_queue"]),
    ({}, {"tcp_listen_queue": 6}, "4.1.0", []),
    ({}, {"name_format": "HOSTNAME"}, "3.0.9", ["name_format"]),
    ({"name_format": "HOSTNAME"}, {"name_format": "HOSTNAME", "freq": 1}, "3.0.9", []),
    ({"name_format": "HOSTNAME"}, {"name_format": "HOSTNAME", "freq": 1}, "4.2.1", ["name_format"]),
    ({"name_format": "HOSTNAME"}, {"name_format": "hostname"}, "4.2.1", []),
    ({}, {"tls_psk_file": "/x"}, "4.2.1", ["tls_psk_file"]),
    ({}, {"tls_allowed_clients": "/x"}, "4.2.1", []),
    ({}, {"report_interval": 1}, "4.0.2", []),
)


@pytest.mark.parametrize(("before", "after", "release", "keys"), RESTART)
def test_restart_keys(before, after, release, keys):
    assert _conf.restart_keys(before, after, release) == keys
    assert _conf.restart_keys(_conf.parse(_conf.render(before)), _conf.parse(_conf.render(after)), release) == keys


def test_diff():
    shown = _conf.diff(_conf.parse(b"a = \xe9\n"), _conf.parse("a = 2\n"))
    assert shown == {
        "before": "a = \ufffd\n", "after": "a = 2\n",
        "before_header": "/etc/audit/auditd.conf", "after_header": "/etc/audit/auditd.conf",
    }


def test_check_raises_the_first_reason_and_all_problems():
    text = "space_left = 75\nnum_logs = x\nfoo = 1\nadmin_space_left = 50\nadmin_space_left = 51\n"
    with pytest.raises(_conf.ConfError, match=r"line 2, num_logs = x: .*digits.*\(and 1 more") as caught:
        validator.check(_conf.parse(text), "3.0.9")
    problems = caught.value.details["problems"]
    assert [(problem["line"], problem["key"], problem["fatal"]) for problem in problems if problem["line"]] == [
        (2, "num_logs", True), (3, "foo", True), (5, "admin_space_left", False)]
    assert isinstance(problems[0], dict)


def test_check_returns_what_is_not_fatal():
    problems = validator.check(_conf.parse("space_left = 75\nnum_logs = 5\nnum_logs = 6\n"), "3.0.9")
    assert [problem.line for problem in problems] == [3]


WINDOWS = "# as saved elsewhere\r\nspace_left = 75\r\nnum_logs = 5\r\nmax_log_file_action = ROTATE\r\nname = a\r\n"


def test_windows_line_endings_are_one_problem_and_go_with_a_merge():
    (problem,) = [problem for problem in validator.validate(WINDOWS, "3.0.9") if problem.fatal]
    assert problem.key is None and problem.reason.startswith("4 lines end in a carriage return")
    merged = _conf.merge(_conf.parse(WINDOWS), {})
    assert merged.text == WINDOWS.replace("\r", "")
    assert not [problem for problem in validator.validate(merged, "3.0.9") if problem.fatal]


def test_a_byte_order_mark_goes_with_a_merge():
    text = "\ufeff# comment\nspace_left = 75\n"
    (problem,) = [problem for problem in validator.validate(text, "3.0.9") if problem.fatal]
    assert problem.reason.startswith("the line is written with a byte order mark")
    assert _conf.merge(_conf.parse(text), {}).text == text[1:]


@pytest.mark.parametrize("line", ["\tnum_logs = 3", "num_logs\u00a0= 3", "num_logs \u2013 3", "\ufeffnum_logs = 3", "num_logs\u200b = 3"])
def test_a_line_with_an_odd_character_is_the_line_of_its_key(line):
    assert _conf.merge(_conf.parse("space_left = 75\n" + line + "\n"), {"num_logs": 5}).text == "space_left = 75\nnum_logs = 5\n"


@pytest.mark.parametrize("text", [None, "", "# nothing\n\n"])
def test_settings_are_merged_into_what_upstream_ships_where_nothing_is_set(text):
    base = _conf.base(None if text is None else _conf.parse(text), "3.0.9")
    assert not [problem for problem in validator.validate(_conf.merge(base, {"num_logs": 7}), "3.0.9") if problem.fatal]
