# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other jobs that rotate the log: understood to the last command or left alone, retired with a manifest, and put back as they were."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import retired
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conflicts, found
from ansible_collections.auditops.auditd.plugins.module_utils._rotation.shell import understand

LOGS = "/var/log/audit"
LOG = LOGS + "/audit.log"
# As the widely published script goes: names by time, compresses, prunes, then has auditd rotate. Written from its described behaviour.
PUBLISHED = """#!/bin/bash
export PATH=/sbin:/bin:/usr/sbin:/usr/bin

FORMAT="%F_%T"
COMPRESS=gzip
KEEP=5
ROTATE_TIME=5

pack_old_logs() {
    for file in $(ls /var/log/audit/audit.log.[0-9]); do
        stamp=$(ls -l --time-style="+${FORMAT}" ${file} | awk '{print $6}')
        newfile=${file%.[0-9]}.${stamp}
        if [ -n "$stamp" ]; then
            mv ${file} ${newfile}
            ${COMPRESS} -v ${newfile}
        fi
    done
}
drop_old_logs() {
    rm $(find /var/log/audit/ -regextype posix-extended -regex '.*audit\\.log\\..*(xz|gz|bz2)' | sort -n | head -n -${KEEP})
}
pack_old_logs
/sbin/service auditd rotate
EXITVALUE=$?
if [ $EXITVALUE != 0 ]; then
    /usr/bin/logger -t auditd "ALERT exited abnormally with [$EXITVALUE]"
fi
sleep $ROTATE_TIME
pack_old_logs
drop_old_logs
exit $EXITVALUE
"""
CRON_EXAMPLE = """#!/bin/sh
/sbin/auditctl --signal usr1
EXITVALUE=$?
if [ $EXITVALUE != 0 ]; then
    /usr/bin/logger -t auditd "ALERT exited abnormally with [$EXITVALUE]"
fi
exit 0
"""
# script: what it shows, None where it does more than rotate, compress and delete
SCRIPTS = {
    "published": (PUBLISHED, {"keep": "5", "compress": "gzip"}),
    "example": (CRON_EXAMPLE, {}),
    "find": ("find /var/log/audit -name 'audit.log.*' -mtime +30 -delete", {"keep_days": "30"}),
    "find_exec": ("find /var/log/audit/ -type f -mtime +7 -exec rm -f {} \\;", {"keep_days": "7"}),
    "find_gzip": ("find /var/log/audit -name 'audit.log.?' -mtime +1 -exec gzip -9 {} +", {"compress": "gzip"}),
    "find_xargs": ("find /var/log/audit -name '*.gz' -mtime +90 | xargs rm -f", {}),
    "glob": ("gzip /var/log/audit/audit.log.{1,2,3}", {"compress": "gzip"}),
    "cd": ("cd /var/log/audit && xz audit.log.1 && rm -f *.old", {"compress": "xz"}),
    "kill": ("kill -USR1 $(pidof auditd)", {}),
    "quiet": ("/usr/bin/find /var/log/audit -mtime +9 -delete >/dev/null 2>&1", {"keep_days": "9"}),
    "ships": ("find /var/log/audit -name '*.1' -exec scp {} backup:/srv \\;", None),
    "copies": ("cp /var/log/audit/audit.log.1 /backup/ && gzip /var/log/audit/audit.log.1", None),
    "also_elsewhere": ("rm -f /var/log/audit/audit.log.9 /var/log/messages.9", None),
    "climbs": ("rm -f /var/log/audit/../messages", None),
    "anything": ("cd /var/log/audit; $CMD audit.log.1", None),
    "evaluates": ("eval rm /var/log/audit/audit.log.1", None),
    "sources": (". /etc/site.conf; rm /var/log/audit/audit.log.4", None),
    "substitutes": ("gzip /var/log/audit/audit.log.1; echo $(curl http://example.org)", None),
    "quoted_substitution": ("logger \"done $(curl http://example.org)\"; rm /var/log/audit/audit.log.4", None),
    "backquotes": ("rm /var/log/audit/audit.log.4; logger `wget x`", None),
    "awk_runs": ("ls /var/log/audit | awk '{system(\"rm \" $1)}'", None),
    "here": ("cat <<X\nrm /etc/passwd\nX\nrm /var/log/audit/audit.log.4", None),
    "relative": ("rm audit.log.4; ls /var/log/audit", None),
    "from_outside": ("mv /var/log/audit/audit.log.1 $DEST", None),
    "first_argument": ("gzip $1; ls /var/log/audit", None),
    "loop": ("for f in /var/log/audit/audit.log.?; do gzip $f; done", {"compress": "gzip"}),
    "pipe_loop": ("ls /var/log/audit/*.1 | while read -r f; do xz $f; done", {"compress": "xz"}),
    "stops": ("service auditd stop; rm /var/log/audit/audit.log.1", None),
    "open_quote": ("rm '/var/log/audit/audit.log.1", None),
    "unrelated": ("logger hello", None),
    "systemctl_kill": ("systemctl kill -s USR1 auditd.service", {}),
    "starts_a_unit": ("gzip /var/log/audit/audit.log.1; systemctl start audit-rotate-upload.service", None),
    "signals_another": ("gzip /var/log/audit/audit.log.1; pkill -USR1 audit-shipper", None),
    "logs_to_another_host": ("logger -n 192.0.2.1 -f /var/log/audit/audit.log.1; gzip /var/log/audit/audit.log.1", None),
    "logs_a_file": ("logger -t audit --file=/var/log/audit/audit.log.1; gzip /var/log/audit/audit.log.1", None),
    "logs_a_pipe": ("cat /var/log/audit/audit.log.1 | logger -t audit; gzip /var/log/audit/audit.log.1", None),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(name):
    text, wanted = SCRIPTS[name]
    one = understand(text, LOGS)
    assert (None if one is None else one.settings) == wanted


STANZA = ("/var/log/audit/*.log {\n    weekly\n    rotate 9\n    compress\n    postrotate\n        /sbin/service auditd rotate\n"
          "    endscript\n}\n")
SHIPS = STANZA.replace("/sbin/service auditd rotate", "/opt/ship")
# file: text, the settings of its job, None where it is left alone
FILES = {
    "etc/cron.daily/audit-rotate-old": (PUBLISHED, {"schedule": "daily", "keep": "5", "compress": "gzip"}),
    "etc/cron.weekly/auditd.cron": (CRON_EXAMPLE, {"schedule": "weekly"}),
    "etc/logrotate.d/audit": (STANZA, {"schedule": "weekly", "keep": "9", "compress": "gzip"}),
    "etc/logrotate.d/mixed": (STANZA + "/var/log/messages {\n    weekly\n}\n", None),
    "etc/logrotate.d/ships": (SHIPS, None),
    "etc/logrotate.d/ships-with-a-blank": (SHIPS.replace("postrotate\n", "postrotate  \n"), None),
    "etc/logrotate.d/ships-with-a-word": (SHIPS.replace("postrotate\n", "lastaction now\n"), None),
    "etc/logrotate.d/ships-what-goes": (SHIPS.replace("postrotate\n", "preremove\n"), None),
    "etc/logrotate.d/mails": (STANZA.replace("compress", "mail soc@example.org"), None),
    "etc/logrotate.d/packs-otherwise": (STANZA.replace("compress", "compress\n    compresscmd /opt/ship"), None),
    "etc/crontab": ("SHELL=/bin/sh\n# m h\n0 4 * * * root find /var/log/audit -mtime +30 -delete\n1 1 * * * root true\n",
                    {"schedule": "daily", "keep_days": "30"}),
    "etc/cron.d/own": ("*/30 * * * * root /opt/rotate.sh >/dev/null 2>&1\n", {"schedule": "*/30 * * * *"}),
    "etc/cron.d/by-shell": ("0 4 * * * root bash -c 'gzip /var/log/audit/audit.log.1' >/dev/null 2>&1\n",
                            {"schedule": "daily", "compress": "gzip"}),
    "etc/cron.d/environment": ("DEST=/backup\n0 4 * * * root mv /var/log/audit/audit.log.1 $DEST\n", None),
    "etc/cron.d/users": ("0 4 * * * deploy gzip /var/log/audit/audit.log.1\n", None),
    "etc/cron.d/sudo": ("0 4 * * * deploy sudo -n gzip /var/log/audit/audit.log.1\n", {"schedule": "daily", "compress": "gzip"}),
    "var/spool/cron/crontabs/deploy": ("0 5 * * * /usr/bin/sudo find /var/log/audit -mtime +30 -delete >/dev/null 2>&1\n0 6 * * * true\n",
                                       {"schedule": "daily", "keep_days": "30"}),
    "var/spool/cron/oracle": ("@weekly sudo /opt/rotate.sh\n", {"schedule": "weekly"}),
    "var/spool/cron/crontabs/no-sudo": ("0 5 * * * find /var/log/audit -mtime +30 -delete\n", None),
    "var/spool/cron/crontabs/half-sudo": ("0 5 * * * sudo gzip /var/log/audit/audit.log.1; rm /var/log/audit/audit.log.2\n", None),
    "var/spool/cron/crontabs/as-another": ("0 5 * * * sudo -u adm gzip /var/log/audit/audit.log.1\n", None),
    "var/spool/cron/crontabs/tmp.Xa12": ("0 5 * * * sudo gzip /var/log/audit/audit.log.1\n", None),
    "var/spool/cron/crontabs/root": ("@hourly gzip /var/log/audit/audit.log.1\n", {"schedule": "hourly", "compress": "gzip"}),
}


@pytest.fixture
def root(tmp_path):
    write(tmp_path, "opt/rotate.sh", CRON_EXAMPLE)
    (tmp_path / "var/lib").mkdir(parents=True)
    return tmp_path


def write(root, name, text, mode=0o644):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("name", FILES)
def test_places(root, name):
    text, wanted = FILES[name]
    write(root, name, text)
    assert [job.settings for job in found.jobs(Host(str(root)), LOG)] == ([] if wanted is None else [wanted])


def test_a_table_that_cron_replaces_meanwhile(root, monkeypatch):
    write(root, "var/spool/cron/crontabs/deploy", "0 5 * * * true\n")
    host = Host(str(root))
    monkeypatch.setattr(host, "lstat", lambda path: None)
    assert list(found.jobs(host, LOG)) == []


def timer(root):
    units = "etc/systemd/system/"
    write(root, units + "old-rotate.timer", "[Timer]\nOnCalendar=daily\n")
    write(root, units + "old-rotate.service", "[Service]\nExecStart=/opt/rotate.sh\n")
    (root / units / "timers.target.wants").mkdir()
    (root / units / "timers.target.wants/old-rotate.timer").symlink_to("../old-rotate.timer")


class Systemctl:
    """A live host's run_command over a tree: the timers that run, and what was asked. ``stuck``: they do not stop."""

    def __init__(self, *running, stuck=False):
        self.running, self.stuck, self.asked = set(running), stuck, []

    def __call__(self, argv, **_options):
        words = [word for word in argv[1:] if not word.startswith("-")]
        self.asked.append(" ".join(words))
        if words[0] == "is-active":
            return (0 if words[1] in self.running else 3), "", ""
        if words[0] == "start":
            self.running.add(words[1])
        if words[0] == "stop" and not self.stuck:
            self.running.discard(words[1])
        return 0, "", ""


@pytest.fixture
def live(root):
    """root as if it were the running system, with systemd."""
    def host(run):
        timer(root)
        write(root, "usr/bin/systemctl", "", 0o755)
        (root / "run/systemd/system").mkdir(parents=True)
        one = Host(str(root), run)
        one.is_live, one.path = True, lambda path, follow=True: str(root) + path
        return one
    return host


def test_a_timer_that_runs_is_stopped_and_started_again(root, live):
    systemctl = Systemctl("old-rotate.timer")
    host = live(systemctl)
    before = everything(root)
    assert len(retired.change(host, "true", LOG)) == 2 and systemctl.running == set()
    assert systemctl.asked[-1] == "daemon-reload", "systemd forgets a unit only then"
    retired.change(host, "restore", LOG)
    assert everything(root) == before and systemctl.running == {"old-rotate.timer"}
    assert systemctl.asked[-2:] == ["daemon-reload", "start old-rotate.timer"] and retired.manifest_of(host) == []


def test_a_timer_that_does_not_run_is_not_started(root, live):
    systemctl = Systemctl()
    host = live(systemctl)
    retired.change(host, "true", LOG)
    retired.change(host, "restore", LOG)
    assert systemctl.running == set() and not any(asked.startswith(("stop", "start")) for asked in systemctl.asked)


def test_a_timer_that_does_not_stop_keeps_its_files(root, live):
    host = live(Systemctl("old-rotate.timer", stuck=True))
    before = everything(root)
    with pytest.raises(AuditError, match="old-rotate.timer still runs"):
        retired.change(host, "true", LOG)
    assert everything(root) == before


# what a service runs: the settings of its timer's job, None where it is left alone
SERVICES = {
    "a shell with a text": (
        "/bin/sh -c \"gzip -f /var/log/audit/audit.log.[0-9]; find /var/log/audit -name 'audit.log.*.gz' -mtime +30 -delete\"",
        {"compress": "gzip", "keep_days": "30"}),
    "a text of several lines": ("/bin/bash -ec 'cd /var/log/audit && \\\n  xz audit.log.1'", {"compress": "xz"}),
    "doubled for systemd": ("/usr/bin/bash -c 'for f in /var/log/audit/audit.log.?; do gzip $$f; done; date +%%F'", {"compress": "gzip"}),
    "a shell with a script": ("/bin/sh /opt/rotate.sh", {}),
    "a text that does more": ("/bin/sh -c 'gzip /var/log/audit/audit.log.1; scp /var/log/audit/audit.log.1.gz backup:'", None),
    "a text with arguments": ("/bin/sh -c 'gzip $0' /var/log/audit/audit.log.1", None),
    "a shell of a text from elsewhere": ("/bin/sh -c \"$TEXT /var/log/audit/audit.log.1\"", None),
}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_runs(root, name):
    command, wanted = SERVICES[name]
    timer(root)
    write(root, "etc/systemd/system/old-rotate.service", f"[Service]\nType=oneshot\nExecStart={command}\n")
    assert [job.settings for job in found.jobs(Host(str(root)), LOG)] == ([] if wanted is None else [dict(wanted, schedule="daily")])


# what a unit of the job has beside the command that is understood
DOES_MORE = {
    "an indented command": ("old-rotate.service", "  ExecStartPost=/opt/ship\n"),
    "a command with blanks": ("old-rotate.service", "ExecStartPost = /opt/ship\n"),
    "a drop-in": ("old-rotate.service.d/ship.conf", "[Service]\nExecStartPost=/opt/ship\n"),
    "a unit behind it": ("old-rotate.service", "[Unit]\nOnSuccess=ship-logs.service\n"),
    "a unit with it": ("old-rotate.service", "[Unit]\nWants=ship-logs.service\n"),
    "a unit with its timer": ("old-rotate.timer", "[Unit]\nWants=ship-logs.service\n"),
    "the caller's variables": ("old-rotate.service", "[Service]\nPassEnvironment=DEST\n"),
    "nothing more": ("old-rotate.service", "[Unit]\nWants=network-online.target\nRequires=auditd.service\n"),
}


@pytest.mark.parametrize("name", DOES_MORE)
def test_a_unit_that_does_more_is_left_alone(root, name):
    timer(root)
    path, more = DOES_MORE[name]
    (root / "etc/systemd/system/old-rotate.service.d").mkdir()
    with open(root / "etc/systemd/system" / path, "a", encoding="utf-8") as stream:
        stream.write(more)
    assert bool(found.jobs(Host(str(root)), LOG)) is (name == "nothing more")


@pytest.mark.parametrize("unit", ["../../../opt/units/x.service", "x\0.service"])
def test_a_timer_that_names_no_unit(root, unit):
    timer(root)
    write(root, "opt/units/x.service", "[Service]\nExecStart=/opt/rotate.sh\n")
    write(root, "etc/systemd/system/old-rotate.timer", f"[Timer]\nOnCalendar=daily\nUnit={unit}\n")
    assert found.jobs(Host(str(root)), LOG) == []


def test_a_timer_that_names_its_service(root):
    timer(root)
    write(root, "etc/systemd/system/old-rotate.timer", "[Timer]\nOnCalendar=daily\nUnit=packs-logs.service\n")
    write(root, "etc/systemd/system/old-rotate.service", "[Service]\nExecStart=/opt/app/start\n")
    write(root, "etc/systemd/system/packs-logs.service", "[Service]\nExecStart=/opt/rotate.sh\n")
    [job] = found.jobs(Host(str(root)), LOG)
    assert job.files == ["/etc/systemd/system/old-rotate.timer", "/etc/systemd/system/packs-logs.service"]


def test_a_users_table_stays_the_users(root):
    """cron(8) of Debian refuses a table that is not its user's."""
    if os.geteuid() != 0:
        pytest.skip("only root can make another user's file")
    path = write(root, "var/spool/cron/crontabs/deploy", FILES["var/spool/cron/crontabs/deploy"][0], 0o600)
    os.chown(path, 1234, 5678)
    before, host = path.read_text(), Host(str(root))
    assert retired.change(host, "true", LOG) == ["/var/spool/cron/crontabs/deploy line 1 became a comment"]
    assert path.read_text().startswith(found.RETIRED_MARK) and "\n0 6 * * * true\n" in path.read_text()
    for action in ("true", "restore"):
        retired.change(host, action, LOG)
        assert (path.stat().st_uid, path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (1234, 5678, 0o600), action
    assert path.read_text() == before


def everything(root):
    return {str(path.relative_to(root)): os.readlink(path) if path.is_symlink() else (path.read_text(), stat.S_IMODE(path.stat().st_mode))
            for path in root.rglob("*") if (path.is_file() or path.is_symlink()) and "auditops" not in str(path)}


def test_retired_and_put_back(root):
    for name, (text, _wanted) in FILES.items():
        write(root, name, text, 0o755 if "daily" in name else 0o644)
    timer(root)
    before, host = everything(root), Host(str(root))
    assert len(conflicts.conflicts(host, LOG)) >= 8
    said = retired.change(host, "true", LOG)
    assert len(said) == len([wanted for _text, wanted in FILES.values() if wanted is not None]) + 2  # a timer is two files
    assert found.jobs(host, LOG) == [] and retired.change(host, "true", LOG) == []
    after = everything(root)
    assert "etc/cron.daily/audit-rotate-old" not in after and "etc/systemd/system/timers.target.wants/old-rotate.timer" not in after
    assert after["etc/logrotate.d/mixed"] == before["etc/logrotate.d/mixed"]
    assert found.RETIRED_MARK + "0 4 * * * root find" in after["etc/crontab"][0] and "1 1 * * * root true" in after["etc/crontab"][0]
    manifest = json.loads((root / "var/lib/auditops/retired/MANIFEST.json").read_text())
    assert {"/etc/logrotate.d/audit", "/etc/crontab"} <= {entry["from"] for entry in manifest}
    assert stat.S_IMODE((root / "var/lib/auditops/retired").stat().st_mode) == 0o700
    retired.change(host, "restore", LOG)
    assert everything(root) == before
    assert retired.change(host, "restore", LOG) == []


def test_what_lies_there_by_now_is_not_replaced(root):
    path = write(root, "etc/cron.daily/old", CRON_EXAMPLE)
    host = Host(str(root))
    retired.change(host, "true", LOG)
    path.write_text("somebody else's\n")
    assert retired.change(host, "restore", LOG) == ["/etc/cron.daily/old was not put back: something else lies there"]
    assert path.read_text() == "somebody else's\n" and len(retired.manifest_of(host)) == 1


def test_a_manifest_of_somebody_else_is_refused(root):
    write(root, "var/lib/auditops/retired/MANIFEST.json", "{}")
    write(root, "etc/cron.daily/old", CRON_EXAMPLE)
    with pytest.raises(AuditError, match="take it away"):
        retired.change(Host(str(root)), "true", LOG)
    assert (root / "etc/cron.daily/old").exists()


def test_ours_are_no_jobs_of_others(root):
    write(root, "etc/cron.d/audit-rotate", "0 0 * * * root /usr/local/sbin/audit-rotate\n")
    assert found.jobs(Host(str(root)), LOG) == [] and Path(found.CRON_D).is_absolute()
