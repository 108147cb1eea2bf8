# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule, the files of the rotation, its interpreter, and the jobs that it conflicts with."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation as _rotation_install
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conf as _rotate_conf
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import schedule as _schedule
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.conflicts import conflicts
from ansible_collections.auditops.auditd.plugins.modules import audit_rotation
from rotation_tree import DAY, Module, image


@pytest.mark.parametrize("text, period, cron, calendar", [
    ("hourly", 3600, "7 * * * *", ["hourly"]),
    ("daily", DAY, "7 0 * * *", ["daily"]),
    ("weekly", 7 * DAY, "7 0 * * 0", ["Sun *-*-* 00:00:00"]),
    ("Monthly", 31 * DAY, "7 0 1 * *", ["monthly"]),
    ("*/15 * * * *", 900, "*/15 * * * *", ["*-*-* *:0,15,30,45:00"]),
    ("30 2 * * *", DAY, "30 2 * * *", ["*-*-* 2:30:00"]),
    ("0 6,18 * * *", DAY // 2, "0 6,18 * * *", ["*-*-* 6,18:0:00"]),
    ("0 6,20 * * *", 14 * 3600, "0 6,20 * * *", ["*-*-* 6,20:0:00"]),
    ("30 2 * * 1-5", 3 * DAY, "30 2 * * 1-5", ["Mon,Tue,Wed,Thu,Fri *-*-* 2:30:00"]),
    ("0 0 * * sun,7", 7 * DAY, "0 0 * * sun,7", ["Sun *-*-* 0:0:00"]),
    ("0 0 1 jan-mar *", 306 * DAY, "0 0 1 jan-mar *", ["*-1,2,3-1 0:0:00"]),
    ("0 0 13 * fri", 7 * DAY, "0 0 13 * fri", ["*-*-13 0:0:00", "Fri *-*-* 0:0:00"]),
    ("0 0 29 2 *", 1461 * DAY, "0 0 29 2 *", ["*-2-29 0:0:00"]),
    ("10-20/5 * * * *", 3000, "10-20/5 * * * *", ["*-*-* *:10,15,20:00"]),
])
def test_schedule(text, period, cron, calendar):
    schedule = _schedule.Schedule(text)
    assert (schedule.period, schedule.cron(7), schedule.calendar()) == (period, cron, calendar)


@pytest.mark.parametrize("text, words", [
    ("fortnightly", "hourly, daily, weekly, monthly or the five fields"), ("* * * *", "five fields"), ("60 * * * *", "within 0 to 59"),
    ("* 24 * * *", "hour"), ("* * 0 * *", "day of month"), ("* * * 13 *", "month"), ("* * * * 8", "day of week"),
    ("x * * * *", "is no minute"),
    ("*/0 * * * *", "minute"), ("5-1 * * * *", "minute"), ("0 0 30 2 *", "never comes"), ("", "five fields"), ("@daily", "five fields"),
    ("0 0 * * *\n* * * * * root sh", "five fields"), ("0 0 * * $(id)", "is no day of week"),
])
def test_a_bad_schedule_is_one_clear_sentence(text, words):
    with pytest.raises(AuditError, match=words):
        _schedule.Schedule(text)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_the_calendar():
    for text in ("hourly", "daily", "weekly", "monthly", "*/15 * * * *", "30 2 * * 1-5", "0 0 13 * fri", "0 0 29 2 *", "0 0 1 jan-mar *"):
        for calendar in _schedule.Schedule(text).calendar():
            done = subprocess.run(["systemd-analyze", "calendar", calendar], check=False, capture_output=True, text=True)
            assert done.returncode == 0, (calendar, done.stderr)


def test_the_minute_is_the_hosts_own_and_stays(tmp_path):
    minutes = set()
    for number in range(40):
        root = image(tmp_path / str(number))
        (root / "etc/machine-id").write_text("%032x\n" % number)
        host = Host(str(root))
        assert _schedule.minute_of(host) == _schedule.minute_of(host)
        minutes.add(_schedule.minute_of(host))
    assert len(minutes) > 15 and minutes <= set(range(60))


def test_exactly_one_scheduler():
    for scheduler, other in (("cron", "systemd"), ("systemd", "cron")):
        wanted = set(_rotation.desired_files({}, scheduler, 0)) | set(_rotation.desired_links({}, scheduler))
        assert wanted.isdisjoint(_rotation.stale_files({}, scheduler))
        assert set(_rotation.desired_files({}, other, 0)) - {_rotation.CONF} <= set(_rotation.stale_files({}, scheduler))
    assert _rotation.GUARD_TIMER in _rotation.stale_files({"guard_minutes": 0}, "systemd")


def test_cron_takes_the_file():
    text, mode = _rotation.desired_files({"schedule": "daily", "guard_minutes": 10}, "cron", 17)[_rotation.CRON]
    lines = [line for line in text.splitlines() if not line.startswith("#") and "=" not in line]
    assert lines == [
        "17 0 * * * root /usr/local/sbin/audit-rotate", "@reboot root /usr/local/sbin/audit-rotate --watch 10 --detach",
        "17 * * * * root /usr/local/sbin/audit-rotate --watch 10 --detach"]
    with_systemd = _rotation.desired_files({"guard_minutes": 10}, "cron", 17, has_systemd=True)
    assert "--watch" not in with_systemd[_rotation.CRON][0]
    assert "ExecStart=/usr/local/sbin/audit-rotate --watch 10\n" in with_systemd[_rotation.GUARD_SERVICE][0]
    assert text.endswith("\n") and not mode & 0o022
    assert "." not in os.path.basename(_rotation.CRON), "cron skips names with a dot"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path):
    files = _rotation.desired_files({"schedule": "30 2 * * 1-5", "config": {"textfile": "/var/lib/node/audit.prom"}}, "systemd", 17)
    paths = []
    for path, (text, _mode) in files.items():
        if path.startswith(_rotation.UNITS):
            paths.append(tmp_path / os.path.basename(path))
            paths[-1].write_text(text.replace(_rotation.PROGRAM, "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", *map(str, paths)], check=False, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "audit-rotate" in line]
    assert ours == []
    assert "ReadWritePaths=-/var/lib/node\n" in files[_rotation.SERVICE][0]
    # an interpreter below /home or /root is there for the unit too
    assert all("ProtectHome=read-only\n" in files[path][0] for path in (_rotation.SERVICE, _rotation.GUARD_SERVICE))


@pytest.mark.parametrize("command", ["", "/usr/local/bin/shipped-until --bucket logs"])
def test_the_network_is_open_where_a_command_of_the_site_asks_over_it(command):
    files = _rotation.desired_files({"config": {"shipped_command": command}}, "systemd", 17)
    for path in (_rotation.SERVICE, _rotation.GUARD_SERVICE):
        families = next(line for line in files[path][0].splitlines() if line.startswith("RestrictAddressFamilies="))
        assert ("AF_INET AF_INET6" in families) == bool(command)
        assert ("MemoryDenyWriteExecute" in files[path][0]) == (not command) and "PrivateNetwork" not in files[path][0]


def test_rotate_conf_says_what_differs_from_the_defaults_and_reads_back():
    config = {"keep": 5, "compress": "XZ", "level": "6", "shipped_command": "/usr/bin/shipper --until", "keep_days": None}
    text = _rotation.rotate_conf(config)
    assert _rotate_conf.parse(text) == _rotate_conf.complete(config)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "compress = xz", "level = 6", "keep = 5", "shipped_command = /usr/bin/shipper --until"]
    assert _rotate_conf.parse("") == _rotate_conf.complete({})


@pytest.mark.parametrize("config, words", [
    ({"kepp": 1}, "did you mean keep"), ({"keep": "x"}, "keep = x"),
    ({"textfile": "/a\nkeep = 1"}, "one line"), ({"level": 3}, "needs a method"),
])
def test_a_bad_config_is_refused(config, words):
    with pytest.raises(AuditError, match=words):
        _rotation.rotate_conf(config)


@pytest.mark.parametrize("cron, systemd, files, wanted, expected", [
    (True, False, [], "auto", "cron"), (False, True, [], "auto", "systemd"), (True, True, [], "auto", "cron"),
    (True, True, ["/usr/lib/systemd/system/cron.service"], "auto", "systemd"),
    (True, True, ["/usr/lib/systemd/system/cron.service", "/etc/systemd/system/multi-user.target.wants/cron.service"], "auto", "cron"),
    (True, True, [], "systemd", "systemd"), (False, False, [], "auto", "neither a cron daemon nor systemd"),
    (False, True, [], "cron", "audit_rotation_scheduler = cron"), (True, False, [], "systemd", "audit_rotation_scheduler = systemd"),
])
def test_scheduler(tmp_path, cron, systemd, files, wanted, expected):
    host = Host(str(image(tmp_path, *files, cron=cron, systemd=systemd)))
    if expected in ("cron", "systemd"):
        assert _schedule.scheduler_of(host, wanted) == expected
    else:
        with pytest.raises(AuditError, match=expected):
            _schedule.scheduler_of(host, wanted)


def test_interpreter(tmp_path):
    host = Host(str(image(tmp_path, "/usr/libexec/platform-python", "/opt/py thon")))
    assert _rotation.interpreter_of(host) == "/usr/bin/python3"
    assert _rotation.interpreter_of(host, "/usr/libexec/platform-python") == "/usr/libexec/platform-python"
    by_its_kept_name = "/usr/bin/python3" if os.path.realpath("/usr/bin/python3") == os.path.realpath(sys.executable) else sys.executable
    assert _rotation.interpreter_of(Host("/"), None, sys.executable) == by_its_kept_name
    for wrong, words in (("/nonexistent", "no such file"), ("/opt/py thon", "without blanks")):
        with pytest.raises(AuditError, match=words):
            _rotation.interpreter_of(host, wrong)


def test_the_name_that_an_upgrade_keeps_is_preferred():
    if os.path.realpath("/usr/bin/python3") == "/usr/bin/python3":
        pytest.skip("no link here")
    assert _rotation.interpreter_of(Host("/"), None, os.path.realpath("/usr/bin/python3")) == "/usr/bin/python3"


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")
@pytest.mark.parametrize("change", ["owner", "mode", "directory", "link"])
def test_root_runs_no_python_that_others_can_replace(tmp_path, change):
    home = tmp_path / "home"
    home.mkdir()
    python = home / "python3"
    shutil.copy(os.path.realpath(sys.executable), python)
    for place in (tmp_path, *tmp_path.parents):
        assert _rotation.writable_by_others(Host("/"), str(place)) is None, "the test needs a directory that is root's alone"
    assert _rotation.interpreter_of(Host("/"), str(python)) == str(python)
    named = python
    if change == "owner":
        os.chown(python, 65534, -1)
    elif change == "mode":
        python.chmod(0o777)
    elif change == "directory":
        home.chmod(0o777)
    else:
        named = tmp_path / "python3"
        named.symlink_to(python)
        os.chown(home, 65534, -1)
    with pytest.raises(AuditError, match="root must not run it, because"):
        _rotation.interpreter_of(Host("/"), str(named))
    assert _rotation.interpreter_of(Host("/"), None, str(named)) == "/usr/bin/python3", "passed over where nobody asked for it"


def test_a_module_that_others_can_replace_is_refused(tmp_path):
    class Live(Host):
        is_live = True

        def run(self, argv, **_options):
            return 0, str(tmp_path) + "\n", ""

    host = Live("/")
    _rotation_install.check_modules(host, "/usr/bin/python3")
    tmp_path.chmod(0o777)
    with pytest.raises(AuditError, match="it imports from"):
        _rotation_install.check_modules(host, "/usr/bin/python3")


def test_directories_are_what_they_are_to_be_whatever_the_umask(tmp_path):
    root = image(tmp_path)
    before = os.umask(0o077)
    try:
        audit_rotation.run(Module(root))
    finally:
        os.umask(before)
    for path in ("usr/local/lib", "usr/local/lib/audit-rotate", "usr/local/lib/audit-rotate/audit_rotate", "usr/local/sbin", "etc/cron.d"):
        assert stat.S_IMODE((root / path).stat().st_mode) == 0o755, path


@pytest.mark.parametrize("action, warned", [("IGNORE", True), ("keep_logs", True), (None, True), ("ROTATE", False), ("suspend", False)])
def test_a_log_that_nothing_bounds_any_more_is_named(tmp_path, action, warned):
    root = image(tmp_path, systemd=True)
    audit_rotation.run(Module(root, scheduler="systemd"))
    for name in ("stamp-audit-rotate.timer", "stamp-audit-rotate-guard.timer", "stamp-other.timer"):
        (root / "var/lib/systemd/timers").mkdir(parents=True, exist_ok=True)
        (root / "var/lib/systemd/timers" / name).touch()
    (root / "etc/audit/auditd.conf").write_text(f"max_log_file_action = {action}\n" if action else "num_logs = 5\n")
    module = Module(root, state="absent")
    audit_rotation.run(module)
    assert any("leaves the log without a bound" in sentence for sentence in module.warnings) == warned
    assert os.listdir(root / "var/lib/systemd/timers") == ["stamp-other.timer"]


@pytest.mark.parametrize("path, text, found", [
    ("/etc/cron.daily/auditd.cron", "#!/bin/sh\n/sbin/auditctl --signal usr1\n", True),
    ("/etc/cron.daily/rotate-audit", "#!/bin/sh\nservice auditd rotate\n", True),
    ("/etc/logrotate.d/audit", "/var/log/audit/*.log {\n weekly\n}\n", True),
    ("/etc/logrotate.d/syslog", "/var/log/messages {\n}\n", False),
    ("/etc/cron.daily/other", "# service auditd rotate\n", False),
    ("/etc/logrotate.d/everything", "/var/log/*/*.log {\n daily\n copytruncate\n}\n", True),
    ("/etc/logrotate.d/audit", "/var/log/audit.log /var/log/aud*/*.log {\n daily\n}\n", True),
    ("/etc/logrotate.d/audit", '"/var/log/audit/audit.log" {\n daily\n}\n', True),
    ("/etc/logrotate.d/all", "/var/log/*.log {\n daily\n}\n", False),
    ("/etc/logrotate.d/audit", "# /var/log/audit/*.log {\n", False),
    ("/etc/crontab", "0 0 * * * root /usr/bin/pkill -USR1 -x auditd\n", True),
    ("/etc/crontab", "0 0 * * * root /usr/bin/pkill -USR1 -x nginx\n", False),
    ("/var/spool/cron/root", "0 0 * * * /sbin/service auditd rotate\n", True),
    ("/etc/cron.daily/audit-gzip", "#!/bin/sh\nfind /var/log/audit -name 'audit.log.*' -exec gzip {} +\n", True),
    ("/etc/cron.daily/clean", "#!/bin/sh\nfind /var/log/audit -mtime +30 -delete\n", True),
    ("/etc/cron.daily/report", "#!/bin/sh\naureport -if /var/log/audit | mail root\n", False),
    ("/etc/systemd/system/mine.timer", "[Timer]\nOnCalendar=daily\n", False),
    ("/etc/cron.d/audit-rotate", "7 0 * * * root /usr/local/sbin/audit-rotate -USR1\n", False),
])
def test_conflicts(tmp_path, path, text, found):
    root = image(tmp_path, path)
    (root / path.lstrip("/")).write_text(text)
    sentences = conflicts(Host(str(root)), "/var/log/audit/audit.log")
    assert bool(sentences) == found and all(path in sentence for sentence in sentences)


@pytest.mark.parametrize(("starter", "text"), [
    ("/etc/systemd/system/mine.service", "[Service]\nExecStart=/usr/local/bin/mine\n"),
    ("/etc/cron.d/mine", "0 1 * * * root /usr/local/bin/mine\n"),
])
@pytest.mark.parametrize(("script", "found"), [("gzip /var/log/audit/audit.log.1", True), ("date > /var/log/mine", False)])
def test_conflicts_behind_a_script(tmp_path, starter, text, script, found):
    timer = "/etc/systemd/system/mine.timer"
    files = {starter: text, timer: "[Timer]\nOnCalendar=daily\n", "/usr/local/bin/mine": "#!/bin/sh\n" + script + "\n"}
    root = image(tmp_path, *files)
    for path, lines in files.items():
        (root / path.lstrip("/")).write_text(lines)
    sentences = conflicts(Host(str(root)), "/var/log/audit/audit.log")
    assert [starter in sentence and "/usr/local/bin/mine" in sentence for sentence in sentences] == [True] * found


def test_conflicts_are_warned_about_and_returned(tmp_path):
    root = image(tmp_path, "/etc/logrotate.d/audit")
    (root / "etc/logrotate.d/audit").write_text("/var/log/audit/audit.log { daily }\n")
    module = Module(root)
    assert audit_rotation.run(module)["conflicts"] == module.warnings != []
