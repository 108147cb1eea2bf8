# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd accepts in silence is reported; what a policy or a wanted rotation forbids is fatal."""

from __future__ import annotations

import stat
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys as _conf_keys
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from fake_environment import FakeEnvironment

FINE = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\n"
HOST = FakeEnvironment(files={"/opt/run": 0o750, "/var/log/audit/audit.log": 0o644})


def problems(text, release="3.0.9", environment=HOST, **options):
    return validator.validate(_conf.parse(text), release, environment, **options)


def about(found, key):
    return [problem for problem in found if problem.key == key]


# text behind FINE, release, line of the problem, key, words of the reason
TRAPS = (
    ("freq = 5", "3.0.9", 4, "freq", "no newline"),
    ("name = " + "n" * 152 + "\n", "3.0.9", 4, "name", "longer than 158 bytes"),
    ("name = " + "n" * 504 + "\n", "4.1.3", 4, "name", "longer than 510 bytes"),
    ("# " + "x" * 160 + "\n", "3.0.9", 4, None, "longer than 158 bytes"),
    ("name = a\0\nfreq = 5\n", "3.0.9", 4, "name", "NUL"),
    ("name = a\0\nfreq = 5\n", "3.0.9", 5, "freq", "line before contains a NUL"),
    ("freq = 5\nFREQ = 6\n", "3.0.9", 5, "freq", "line 4"),
    ("name = a\r\n", "3.0.9", 4, "name", "carriage return"),
    ("name = a\t\n", "3.0.9", 4, "name", "takes a tab as part"),
    ("name = a\u00a0\n", "3.0.9", 4, "name", "no-break space (U+00A0)"),
    ("name = \"a\"\n", "3.0.9", 4, "name", "quotes"),
    ("space_left_action = SYSLOG # why\n", "3.0.9", 4, "space_left_action", "ignores '# why'"),
    ("space_left_action = exec /opt/run fast\n", "3.0.9", 4, "space_left_action", "without arguments"),
    ("max_log_file = 0\n", "3.0.9", 4, "max_log_file", "not unlimited"),
    ("max_log_file = 0\nmax_log_file_action = SUSPEND\n", "3.0.9", 4, "max_log_file", "suspends"),
    ("max_log_file_action = ROTATE\n", "3.0.9", None, "max_log_file", "rotates after each one"),
    ("num_logs = 1\n", "3.0.9", 4, "num_logs", "never rotates"),
    ("max_log_file_action = KEEP_LOGS\nmax_log_file = 8\n", "3.0.9", 4, "max_log_file_action", "ignores num_logs"),
    ("space_left = 5%\nadmin_space_left = 10%\n", "3.0.9", 4, "space_left", "wrong order"),
    ("space_left = 5%\nadmin_space_left = 5%\n", "3.0.9", 4, "space_left", "wrong order"),
    ("space_left = 5%\n", "3.0.9", 4, "space_left", "same unit"),
    ("space_left = %5\nadmin_space_left = 1%\n", "3.0.9", 4, "space_left", "reads this as 5%"),
    ("admin_space_left = 0%\n", "3.0.9", 4, "admin_space_left", "reads this as 0"),
    ("log_group = 4x\n", "3.0.9", 4, "log_group", "group number 4"),
    ("log_group = 4294967296\n", "3.0.9", 4, "log_group", "group number 0"),
    ("tcp_client_ports = 1-2-3\n", "3.0.9", 4, "tcp_client_ports", "1-3"),
    ("log_file = /var/log/audit.log\n", "3.0.9", 4, "log_file", "directory of its own"),
    ("log_file = /var/log/audit/audit.log\n", "3.0.9", 4, "log_file", "mode 0644"),
    ("log_file = /var/log/audit/new/\n", "3.0.9", 4, "log_file", "slash"),
    ("action_mail_acct = root\nverify_email = no\n", "3.0.9", 5, "verify_email", "line 4"),
    ("name_format = HOSTNAME\n", "4.2.1", 4, "name_format", "every HUP"),
    ("name_format = FQD\n", "3.0.9", 4, "name_format", "DNS"),
    ("name_format = USER\n", "3.0.9", 4, "name_format", "set name"),
    ("log_format = RAW\n", "4.1.0", 4, "log_format", "crashes"),
    ("log_format = RAW\n", "4.1.4", 4, "log_format", "crashes"),
    ("log_format = NOLOG\n", "3.0.9", 4, "log_format", "deprecated"),
    ("flush = SYNC\nfreq = 5\n", "3.0.9", 5, "freq", "only counts"),
    ("space_left_action = HALT\n", "3.0.9", 4, "space_left_action", "4.0.4"),
    ("dispatcher = /sbin/audispd\n", "3.0.9", 4, "dispatcher", "deprecated"),
    ("disp_qos = lossy\n", "4.2.1", 4, "disp_qos", "deprecated"),
    ("enable_krb5 = no\n", "3.0.9", 4, "enable_krb5", "transport"),
    ("priority_boost = 8\n", "3.0.9", 4, "priority_boost", "adds"),
    ("q_depth = 511\n", "3.0.9", 4, "q_depth", "512"),
    ("report_interval = 7h\n", "4.2.1", 4, "report_interval", "6 hours"),
    ("plugin_dir = /nonexistent\n", "3.0.9", 4, "plugin_dir", "without plugins"),
)


@pytest.mark.parametrize(("text", "release", "line", "key", "words"), TRAPS)
def test_trap_is_reported_and_not_fatal(text, release, line, key, words):
    found = [problem for problem in problems(FINE + text, release) if problem.key == key and words in problem.reason]
    assert [(problem.line, problem.fatal) for problem in found] == [(line, False)]


# what does not deserve a word
HARMLESS = (
    ("", "3.0.9"),
    ("# " + "x" * 156 + "\n", "3.0.9"),
    ("name = " + "n" * 503 + "\n", "4.1.3"),
    ("space_left = 25%\nadmin_space_left = 10%\n", "3.0.9"),
    ("log_format = RAW\n", "4.0.5"),
    ("log_format = RAW\n", "4.2.1"),
    ("name_format = USER\nname = here\n", "4.2.1"),
    ("name_format = HOSTNAME\n", "4.1.4"),
    ("verify_email = no\naction_mail_acct = a!b\n", "3.0.9"),
    ("space_left_action = EMAIL\n", "3.0.9"),
    ("q_depth = 512\npriority_boost = 4\n", "3.0.9"),
    ("dispatcher = /opt/run\ndisp_qos = lossless\n", "2.8.5"),
    ("report_interval = 6h\n", "4.2.1"),
    ("log_group = 4\n", "3.0.9"),
    ("max_log_file = 8\nmax_log_file_action = ROTATE\n", "3.0.9"),
)


@pytest.mark.parametrize(("text", "release"), HARMLESS)
def test_harmless(text, release):
    without_duplicates = _conf.merge(_conf.parse(FINE), _conf.parse(text).settings, release).text
    assert problems(without_duplicates + text if text.startswith("#") else without_duplicates, release) == []


# text behind FINE, release, line, key, words: what the parser refuses, said so that a stranger knows what to do
REFUSALS = (
    ("num_logs=5\n", "3.0.9", 4, "num_logs", "num_logs = 5"),
    ("num_logs\t=\t5\n", "3.0.9", 4, "num_logs", "not at tabs"),
    ("\tnum_logs = 5\n", "3.0.9", 4, "num_logs", "written with a tab, which auditd takes for a letter; write it as: num_logs = 5"),
    ("num_logs\u00a0= 5\n", "3.0.9", 4, "num_logs", "a no-break space (U+00A0), which auditd takes for a letter"),
    ("num_logs \u2013 5\n", "3.0.9", 4, "num_logs", "an en dash (U+2013)"),
    ("\ufeffnum_logs = 5\n", "3.0.9", 4, "num_logs", "a byte order mark (U+FEFF)"),
    ("num_logs = 5\u200b\n", "3.0.9", 4, "num_logs", "a zero width space (U+200B)"),
    ("num_logs =\n", "3.0.9", 4, "num_logs", "no value"),
    ("num_logs 5\n", "3.0.9", 4, "num_logs", "no equals sign"),
    ("num_logs = 5\r\n", "3.0.9", 4, "num_logs", "carriage return"),
    ("\r\n", "3.0.9", 4, "\r", "carriage return"),
    ("num_logs = 5 # five\n", "3.0.9", 4, "num_logs", "line of its own"),
    ("num_logs = 5 6\n", "3.0.9", 4, "num_logs", "one word"),
    ("num_logs = five\n", "3.0.9", 4, "num_logs", "digits"),
    ("num_logs = 1000\n", "3.0.9", 4, "num_logs", "0 to 999"),
    ("num_log = 5\n", "3.0.9", 4, "num_log", "num_logs"),
    ("report_interval = 5\n", "3.0.9", 4, "report_interval", "4.0.5"),
    ("flush = fast\n", "3.0.9", 4, "flush", "INCREMENTAL_ASYNC"),
    ("space_left_action = HALT\n", "4.0.4", 4, "space_left_action", "4.0.4"),
    ("max_log_file_action = exec\n", "4.2.1", 4, "max_log_file_action", "every release"),
    ("space_left = 25%\n", "2.8.4", 4, "space_left", "2.8.5"),
    ("space_left = 100%\n", "3.0.9", 4, "space_left", "99%"),
    ("tcp_listen_port = 0\n", "3.0.9", 4, "tcp_listen_port", "remove the key"),
    ("tcp_client_ports = 9-1\n", "3.0.9", 4, "tcp_client_ports", "reversed"),
    ("report_interval = 41d\n", "4.2.1", 4, "report_interval", "40d"),
    ("report_interval = 5s\n", "4.1.0", 4, "report_interval", "m, h, d or M"),
    ("log_group = nosuchgroup\n", "3.0.9", 4, "log_group", "no group"),
    ("log_file = audit.log\n", "3.0.9", 4, "log_file", "absolute path"),
    ("log_file = /nonexistent/audit.log\n", "3.0.9", 4, "log_file", "does not exist"),
    ("log_file = /var/log/audit.log\nlog_group = adm\n", "3.0.9", 5, "log_group", "directory of its own"),
    ("action_mail_acct = a!b\n", "3.0.9", 4, "action_mail_acct", "'!'"),
    ("action_mail_acct = a@b\n", "3.0.9", 4, "action_mail_acct", "dot"),
    ("disk_full_action = exec\n", "3.0.9", 4, "disk_full_action", "path of a program"),
    ("disk_full_action = exec run\n", "3.0.9", 4, "disk_full_action", "absolute"),
    ("disk_full_action = exec /nonexistent\n", "3.0.9", 4, "disk_full_action", "does not exist"),
    ("disk_full_action = exec /var/log\n", "3.0.9", 4, "disk_full_action", "regular file"),
    ("flush = INCREMENTAL\n", "3.0.9", 4, "flush", "freq"),
    ("space_left = 50\n", "3.0.9", 4, "space_left", "larger than admin_space_left (50)"),
    ("dispatcher = /sbin/audispd\n", "2.8.5", 4, "dispatcher", "does not exist"),
    ("dispatcher = /audispd\n", "2.8.5", 4, "dispatcher", "too short"),
    ("transport = KRB5\n", "3.0.9", 4, "transport", "gssapi"),
    ("transport = TLS\n", "4.0.5", 4, "transport", "4.2"),
)


@pytest.mark.parametrize(("text", "release", "line", "key", "words"), REFUSALS)
def test_refusal_says_where_and_what_would_be_right(text, release, line, key, words):
    found = [problem for problem in problems(FINE + text, release) if problem.fatal]
    assert [(problem.line, problem.key) for problem in found] == [(line, key)]
    assert words in found[0].reason


def test_space_left_is_mandatory():
    (found,) = [problem for problem in problems("num_logs = 5\n") if problem.fatal]
    assert (found.line, found.key) == (None, "space_left")
    assert problems("") == []


def test_all_problems_of_a_file_are_reported_at_once():
    found = [problem.line for problem in problems(FINE + "foo = 1\nnum_logs = x\nfreq=1\n") if problem.fatal]
    assert found == [4, 5, 6]


EXEC_FILES = {
    "/opt/run0550": 0o550, "/opt/run0700": 0o700, "/opt/run4750": 0o4750,
    "/opt/ours": (stat.S_IFREG | 0o750, 1000), "/opt/link": (stat.S_IFCHR | 0o750, 0),
}
EXEC = (
    ("/opt/run0550", "4.1.3", "0555"), ("/opt/run0550", "4.1.4", None), ("/opt/run0700", "4.2.1", "mode 0700"),
    ("/opt/run4750", "3.0.9", None), ("/opt/ours", "3.0.9", "user 1000"), ("/opt/link", "3.0.9", "regular"),
)


@pytest.mark.parametrize(("path", "release", "words"), EXEC)
def test_exec_program(path, release, words):
    host = FakeEnvironment(files=EXEC_FILES)
    text = FINE + f"disk_error_action = exec {path}\n"
    found = [problem for problem in problems(text, release, host) if problem.fatal]
    assert [words in problem.reason for problem in found] == ([True] if words else [])
    assert not [problem for problem in problems(text, release, None) if problem.fatal], "the text alone does not know the host"


def test_owners_do_not_count_in_a_tree_unpacked_by_a_user():
    host = FakeEnvironment(files={"/opt/ours": (stat.S_IFREG | 0o750, 1000)}, owners_count=False)
    assert not problems(FINE + "disk_error_action = exec /opt/ours\n", environment=host)


BUILDS = (
    ("transport = KRB5\n", {"gssapi": True}, "3.0.9", False),
    ("transport = KRB5\n", {"gssapi": False}, "3.0.9", True),
    ("enable_krb5 = maybe\n", {}, "3.0.9", False),
    ("enable_krb5 = maybe\n", {"gssapi": True}, "3.0.9", True),
    ("tcp_listen_port = x\n", {}, "3.0.9", True),
    ("tcp_listen_port = x\n", {"listener": False}, "3.0.9", False),
    ("tls_auth = x\n", {}, "4.2.1", False),
    ("tls_auth = x\n", {"tls": True}, "4.2.1", True),
    ("tls_psk_file = x\n", {"tls": True}, "4.2.1", True),
    ("transport = TLS\n", {}, "4.2.1", True),
    ("transport = TLS\n", {"tls": True}, "4.2.1", True),
    ("transport = TLS\ntls_psk_file = /x\n", {"tls": True}, "4.2.1", True),
    ("transport = TLS\ntls_psk_file = /x\ntls_psk_identity = y\n", {"tls": True}, "4.2.1", False),
    ("transport = TLS\ntls_allowed_clients = /x\n", {"tls": True}, "4.2.1", False),
    ("transport = TLS\ntls_allowed_clients = /x\ntls_require_pqc = yes\n", {"tls": True}, "4.2.1", False),
    ("transport = TLS\ntls_allowed_clients = /x\ntls_require_pqc = yes\ntls_crypto_profile = system\n", {"tls": True}, "4.2.1", True),
)


@pytest.mark.parametrize(("text", "builds", "release", "fatal"), BUILDS)
def test_what_the_build_left_out(text, builds, release, fatal):
    found = problems(FINE + text, release, FakeEnvironment(builds=builds))
    assert any(problem.fatal for problem in found) is fatal


def test_a_key_that_this_build_ignores_is_said():
    found = about(problems(FINE + "tcp_listen_port = 60\n", environment=FakeEnvironment(builds={"listener": False})), "tcp_listen_port")
    assert "ignores" in found[0].reason


@pytest.mark.parametrize("key", _conf_keys.ACTION_KEYS)
@pytest.mark.parametrize("word", ["HALT", "single"])
@pytest.mark.parametrize("policy", ["keep_running", "suspend_auditing", "stop_host"])
def test_failure_policy(key, word, policy):
    found = [problem for problem in problems(FINE + f"{key} = {word}\n", failure_policy=policy) if problem.fatal]
    if policy == "stop_host":
        assert found == []
        return
    (problem,) = found
    assert (problem.line, problem.key, problem.value) == (4, key, word)
    assert "auditd_failure_policy: stop_host" in problem.reason


@pytest.mark.parametrize("policy", sorted(FAILURE_POLICIES))
def test_the_settings_of_a_policy_pass_it(policy):
    text = _conf.merge(_conf.parse(_conf.stock("4.2.1")), FAILURE_POLICIES[policy]["settings"])
    for release in ("3.0.9", "4.2.1"):
        problem = [problem for problem in problems(_conf.merge(text, {"report_interval": None}).text, release, failure_policy=policy)
                   if problem.fatal]
        assert problem == []


def test_a_policy_nobody_knows():
    with pytest.raises(_conf.ConfError, match="keep_running, stop_host, suspend_auditing"):
        problems(FINE, failure_policy="never")


# text behind FINE, host: accepted by the parser, but not to be written
NOT_WRITTEN = (
    ("space_left_action = EMAIL\n", FakeEnvironment(sendmail=False)),
    ("admin_space_left_action = email\n", FakeEnvironment(sendmail=False)),
    ("name_format = USER\n", HOST),
    ("name = " + "n" * 152 + "\n", HOST),
    ("freq = 5", HOST),
)


@pytest.mark.parametrize(("text", "host"), NOT_WRITTEN)
def test_writing_refuses_what_the_host_would_suffer_from(text, host):
    assert not [problem for problem in problems(FINE + text, environment=host) if problem.fatal]
    assert [problem for problem in problems(FINE + text, environment=host, writing=True) if problem.fatal]


def test_a_node_name_that_a_reload_loses_is_said_where_it_is_written():
    found = problems(FINE + "name_format = HOSTNAME\n", "3.0.9", writing=True)
    assert [(problem.key, problem.fatal) for problem in found if "node=(null)" in problem.reason] == [("name_format", False)]


def test_writing_keeps_a_long_comment():
    assert not [problem for problem in problems(FINE + "# " + "x" * 200 + "\n", writing=True) if problem.fatal]


ROTATION = (
    ("num_logs = 1\n", True), ("num_logs = 0\n", True), ("num_logs = 2\n", False),
    ("num_logs = 1\nmax_log_file_action = KEEP_LOGS\n", False),
    ("num_logs = 1\nmax_log_file_action = ROTATE\nmax_log_file = 8\n", True),
)


@pytest.mark.parametrize(("text", "fatal"), ROTATION)
def test_wanted_rotation(text, fatal):
    found = [problem for problem in problems(FINE + text, rotation_wanted=True) if problem.fatal]
    assert bool(found) is fatal
    assert all("at least 2" in problem.reason for problem in found)
    assert not [problem for problem in problems(FINE + text) if problem.fatal]


def test_wanted_rotation_without_a_file():
    assert [problem.key for problem in problems("", rotation_wanted=True) if problem.fatal] == ["num_logs"]


def test_unknown_and_newer_releases_are_judged_by_the_newest_table():
    for release, words in ((None, "not known"), ("4.3", "newer than 4.2.1"), ("9.0", "newer")):
        found = problems(FINE + "report_interval = 5m\n", release)
        assert [(problem.line, problem.fatal) for problem in found] == [(None, False)]
        assert words in found[0].reason


FILES = (
    (stat.S_IFREG | 0o640, 0, None), (stat.S_IFREG | 0o660, 0, None), (stat.S_IFREG | 0o642, 0, "everybody"),
    (stat.S_IFREG | 0o640, 1, "user 1"), (stat.S_IFLNK | 0o777, 0, "regular"),
)


@pytest.mark.parametrize(("mode", "uid", "words"), FILES)
def test_the_file_itself(mode, uid, words):
    found = problems(FINE, file_stat=SimpleNamespace(st_mode=mode, st_uid=uid))
    assert [problem.fatal and words in problem.reason for problem in found] == ([True] if words else [])
