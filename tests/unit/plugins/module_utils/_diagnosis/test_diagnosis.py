# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did auditd stop it? Each story has the right verdict, and none is more certain than what was seen."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import stories
from ansible_collections.auditops.auditd.plugins.module_utils._diagnosis import lines, messages
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import diagnosis

CHROOTS = Path("/var/tmp/auditops-lab/chroots")


def run(argv):
    done = subprocess.run(argv, check=False, capture_output=True)
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()


def state(root: Path) -> dict:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tell", stories.EXPECTED, ids=lambda tell: tell.__name__)
def test_each_story_has_its_verdict(tmp_path, tell):
    story = stories.Story(tmp_path)
    tell(story)
    before = state(tmp_path)
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    by, key, confidence, cause, suspended = stories.EXPECTED[tell]
    assert (found["stopped_by"], found["key"], found["confidence"]) == (by, key, confidence), found
    assert cause in found["cause"] and (found["suspended"] is not None) == suspended, found
    assert by == "unknown" or found["evidence"] and found["when"]
    lines = [(one["source"], one["line"]) for one in found["evidence"] if one["line"] is not None]
    assert len(lines) == len(set(lines)), "each line once, also the last one of a log"
    assert state(tmp_path) == before, "it only reads"


@pytest.mark.parametrize(("name", "assigned"), [("patient", "audit_root={}"), ("a patient's", None)])
def test_what_to_do_next_names_the_variables_of_the_playbooks_and_the_root(tmp_path, name, assigned):
    top = tmp_path / name
    for tell, playbook in ((stories.nothing_left, "diagnose"), (stories.halt_by_disk_full, "rescue")):
        tell(stories.Story(top / playbook))
        root = str(top / playbook)
        steps = diagnosis.diagnose(Host(root), run)["diagnosis"]["next"]
        given = [shlex.split(step.partition("ansible-playbook ")[2]) for step in steps if playbook in step]
        wanted = assigned.format(root) if assigned else json.dumps({"audit_root": root})
        assert given and all(wanted in words for words in given), steps
    text = " ".join(diagnosis.diagnose(Host(str(top / "diagnose")), run)["diagnosis"]["next"])
    assert "-e audit_diagnosis_console_file=FILE" in text and "-e audit_diagnosis_state_reason=CODE" in text


def test_a_stop_by_the_plugin_is_cured_by_the_rescue_too(tmp_path):
    """Its step audit_stop takes out what auditd.conf, the rules and the plugin's own file say."""
    stories.halt_by_the_plugin_that_ships(stories.Story(tmp_path))
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    assert found["next"] == [f"ansible-playbook -i HOSTS -b auditops.auditd.rescue -e audit_root={tmp_path}"]


def test_enough_stories():
    assert len(stories.EXPECTED) >= 15


@pytest.mark.parametrize(("reason", "by", "confidence"), [
    ("Client.UserInitiatedShutdown: User initiated shutdown", "not_auditd", "high"),
    ("Server.SpotInstanceTermination: Spot instance termination", "not_auditd", "high"),
    ("Client.InstanceInitiatedShutdown: Instance initiated shutdown", "unknown", "low"),
    ("", "unknown", "low"),
])
def test_the_clouds_reason(tmp_path, reason, by, confidence):
    stories.nothing_left(story := stories.Story(tmp_path))
    story.conf(**stories.HALTS)
    found = diagnosis.diagnose(Host(str(tmp_path)), run, state_reason=reason)["diagnosis"]
    assert (found["stopped_by"], found["confidence"]) == (by, confidence), found


def test_auditds_own_words_count_more_than_the_clouds_reason(tmp_path):
    stories.halt_by_disk_full(stories.Story(tmp_path))
    reason = "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
    assert diagnosis.diagnose(Host(str(tmp_path)), run, state_reason=reason)["diagnosis"]["stopped_by"] == "auditd"


def test_a_console_that_a_person_hands_over(tmp_path):
    stories.panic_without_pstore(stories.Story(tmp_path))
    text = "[    0.000000] Linux version 6.1\n[ 7211.2] Kernel panic - not syncing: audit: backlog limit exceeded\n"
    found = diagnosis.diagnose(Host(str(tmp_path)), run, console_text=text, console_file="console.txt")["diagnosis"]
    assert (found["stopped_by"], found["confidence"]) == ("kernel_audit", "high") and found["evidence"][-1]["source"] == "console.txt"


def test_a_power_off_on_the_console_does_not_say_who_asked(tmp_path):
    story = stories.Story(tmp_path)
    stories.nothing_left(story)
    story.conf(**stories.HALTS)
    text = "[ 99.1] ACPI: PM: Preparing to enter system sleep state S5\n[ 99.2] reboot: Power down\n"
    found = diagnosis.diagnose(Host(str(tmp_path)), run, console_text=text)["diagnosis"]
    assert (found["stopped_by"], found["confidence"]) != ("auditd", "high") and found["confidence"] == "low", found


def test_another_program_filled_the_partition(tmp_path, monkeypatch):
    stories.halt_by_disk_full(stories.Story(tmp_path))
    room = {"mount": "/", "free_mb": 0, "size_mb": 1000, "admin_space_left": 50, "others_percent": 97}
    monkeypatch.setattr(diagnosis, "_room", lambda *_arguments: room)
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    assert found["stopped_by"] == "auditd" and "97 % of what fills that partition are not audit's logs" in found["cause"]


def test_a_full_partition_alone_is_a_suspicion(tmp_path, monkeypatch):
    story = stories.Story(tmp_path)
    story.conf(**stories.HALTS)
    stories.ordinary(story)
    story.lines(*stories.SHUTDOWN)
    story.write_syslog()
    monkeypatch.setattr(diagnosis, "_room", lambda *_arguments: {"free_mb": 3, "admin_space_left": 50, "others_percent": 1})
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    assert (found["stopped_by"], found["confidence"]) == ("auditd", "low")


def test_a_volume_that_was_not_seen_is_named(tmp_path):
    story = stories.Story(tmp_path)
    story.put("etc/fstab", "UUID=2222 /var/log/audit xfs defaults 0 0\n")
    assert "not mounted below the root" in diagnosis.diagnose(Host(str(tmp_path)), run)["not_read"]["/var/log/audit"]


@pytest.mark.parametrize("spoil", [
    lambda story: story.put("var/log/messages.1.gz", b"no gzip"),
    lambda story: story.put("var/log/messages.1.zst", b"x"),
    lambda story: story.put("var/log/wtmp", b"x" * 100),
    lambda story: story.put("var/log/messages.1", bytes(range(256)) * 50),
    lambda story: story.put("var/log/audit/audit.log.1", b"\0" * 5000),
], ids=["no-gzip", "zstd", "short-wtmp", "binary", "zeros"])
def test_what_is_spoilt_takes_nothing_away(tmp_path, spoil):
    story = stories.Story(tmp_path)
    stories.halt_by_admin_space(story)
    spoil(story)
    assert diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]["stopped_by"] == "auditd"


PACKERS = {".gz": ["gzip"], ".bz2": ["bzip2"], ".xz": ["xz"], ".zst": ["zstd", "-q", "--rm"], ".lz4": ["lz4", "-q", "--rm"]}


def packed(path: Path, ending: str) -> Path:
    """The file, packed by the program itself."""
    if not shutil.which(PACKERS[ending][0]):
        pytest.skip(f"{PACKERS[ending][0]} is not installed")
    moment = path.stat().st_mtime
    target = path.with_name(path.name + ending)
    options = [target] if ending == ".lz4" else []
    subprocess.run([*PACKERS[ending], path, *options], check=True, capture_output=True)
    os.utime(target, (moment, moment))
    return target


@pytest.mark.parametrize("ending", PACKERS)
def test_a_log_that_was_packed_speaks_as_well(tmp_path, ending):
    """The words of the stop are in the rotated file: the host that was rescued before wrote on."""
    story = stories.Story(tmp_path)
    stories.halt_by_disk_full(story)
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    plain = ("auditd", found["confidence"], {})
    packed((tmp_path / "var/log/messages").rename(tmp_path / "var/log/messages-20260921"), ending)
    result = diagnosis.diagnose(Host(str(tmp_path)), run)
    assert (result["diagnosis"]["stopped_by"], result["diagnosis"]["confidence"], result["not_read"]) == plain
    assert result["diagnosis"]["evidence"][-1]["source"] == "/var/log/messages-20260921" + ending


@pytest.mark.parametrize("ending", [".zst", ".lz4"])
def test_what_this_machine_cannot_unpack_is_named(tmp_path, ending):
    stories.halt_by_disk_full(stories.Story(tmp_path))
    (tmp_path / "var/log/messages").rename(tmp_path / f"var/log/messages.1{ending}")
    program = PACKERS[ending][0]

    def missing(argv):
        return (2, "", f"[Errno 2] No such file or directory: b'{program}'") if argv[0] == program else run(argv)

    result = diagnosis.diagnose(Host(str(tmp_path)), missing)
    assert result["diagnosis"]["stopped_by"] != "auditd" and result["diagnosis"]["confidence"] != "high"
    assert f"install {program} here" in result["not_read"][f"/var/log/messages.1{ending}"]


@pytest.mark.parametrize("ending", PACKERS)
def test_the_last_records_may_be_in_an_archive(tmp_path, ending):
    story = stories.Story(tmp_path)
    story.audit("DAEMON_END op=terminate auid=0 pid=1 res=success")
    log = tmp_path / "var/log/audit/audit.log"
    packed(log.rename(log.with_name("audit.log.1")), ending)
    log.touch()
    result = diagnosis.diagnose(Host(str(tmp_path)), run)
    if ending == ".lz4":  # no archive of auditd's logs: nothing here packs them so
        assert result["timeline"] == []
    else:
        assert [one["source"] for one in result["timeline"]] == ["/var/log/audit/audit.log.1" + ending]


def test_the_journal_alone(tmp_path):
    """The journal of a tree, read by the journalctl of this machine; here one that answers what journalctl -o short-unix prints."""
    story = stories.Story(tmp_path)
    story.conf(**stories.HALTS)
    stories.ordinary(story)
    story.lines(stories.FULL, stories.HALTING + " due to no space left on logging partition", *stories.SHUTDOWN)
    story.put("var/log/journal/abc/system.journal", b"LPKSHHRH")
    asked = []

    def journalctl(argv):
        asked.append(argv)
        return 0, "".join(f"{moment}.000000 host {text}\n" for moment, text in story.syslog), ""

    found = diagnosis.diagnose(Host(str(tmp_path)), journalctl)["diagnosis"]
    assert (found["stopped_by"], found["key"]) == ("auditd", "disk_full_action")
    assert asked[0][:3] == ["journalctl", "--directory", str(tmp_path / "var/log/journal")]


def test_the_running_host_is_asked_for_the_stop_before_its_boot(tmp_path):
    story = stories.Story(tmp_path)
    stories.halt_by_admin_space(story)
    story.later(600)
    stories.ordinary(story)
    story.write_syslog()
    host = Host(str(tmp_path))
    host.is_live, host.path = True, lambda path, follow=True: str(tmp_path) + path
    found = diagnosis.diagnose(host, lambda argv: (1, "", ""))["diagnosis"]
    assert found["stopped_by"] == "auditd" and found["next"][0].endswith("remediate --tags audit_stop")


@pytest.mark.parametrize(("line", "program", "text", "moment"), [
    ("Sep 21 14:13:20 host auditd[600]: x", "auditd", "x", 1_790_000_000),
    ("2026-09-21T14:13:20.5+00:00 host auditd[600]: x", "auditd", "x", 1_790_000_000),
    ("2026-09-21T16:13:20+02:00 host kernel: [    1.5] x", "kernel", "x", 1_790_000_000),
    ("1790000000.25 host systemd[1]: x", "systemd", "x", 1_790_000_000.25),
    ("<0>[ 12.5] x", "kernel", "x", None),
    ("[ 12.5] x", "kernel", "x", None),
    ("Dec 31 23:59:59 host cron: x", "cron", "x", 1_767_225_599),
])
def test_forms_of_a_line(line, program, text, moment):
    found = lines.parse(line, before=1_790_000_500)
    assert (found.program, found.text, found.time) == (program, text, moment)


@pytest.mark.parametrize(("release", "path"), [("3.0", "bullseye"), ("3.0.9", "bookworm"), ("4.0.2", "trixie")])
def test_the_table_is_what_each_releases_binary_says(release, path):
    program = next((one for one in (CHROOTS / path / "usr/sbin/auditd", CHROOTS / path / "sbin/auditd") if one.exists()), None)
    if program is None:
        pytest.skip(f"no root with auditd {release} here (make chroots)")
    data = program.read_bytes()
    version = tuple(int(part) for part in release.split("."))

    def is_in(row):
        since, until = (tuple(int(part) for part in (text or default).split(".")) for text, default in (
            (row.since, "0"), (row.until, "9")))
        return since <= version <= until

    wanted = [row for row in messages.AUDITD if is_in(row)]
    assert [row.text for row in wanted if row.text.encode() not in data] == []
    exact = {text.rstrip(b".").decode("ascii", "replace") for text in data.split(b"\0") if b"audit daemon is now" in text}
    assert exact == {row.text for row in wanted if row.text.startswith("The audit daemon is now")}


# What auditd 3.0, 3.0.9 and 4.0.2 really wrote (tests/live/test_diagnosis_live.py records it): stopped_by, key, suspended
RECORDED = {
    "by_low_space": ("not_auditd", None, "admin_space_left"),
    "by_a_full_disk": ("not_auditd", None, "no room left"),
    "by_the_size_of_the_log": ("not_auditd", None, "max_log_file"),
    "by_a_program": ("auditd", "admin_space_left_action", None),
    "killed": ("not_auditd", None, None),
}
TRANSCRIPTS = json.loads((Path(__file__).parents[1] / "fixtures/stops.json").read_text())


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_what_real_releases_left_behind(tmp_path, name):
    for path, text in TRANSCRIPTS[name].items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    by, key, suspended = RECORDED[name.partition("-")[2]]
    assert (found["stopped_by"], found["key"], found["confidence"]) == (by, key, "medium"), found
    assert (found["suspended"] is not None) == (suspended is not None) and (suspended or "") in (found["suspended"] or ""), found


def test_each_release_has_its_transcripts():
    assert {name.partition("-")[0] for name in TRANSCRIPTS} == {"3.0", "3.0.9", "4.0.2"} and len(TRANSCRIPTS) >= 15
