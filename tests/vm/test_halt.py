# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that was hardened to halt on a full log disk: it does; remediated it does not; and the disks of one that halted can be cured."""

from __future__ import annotations

import re
import time

HARDENED = {
    "max_log_file": "6", "num_logs": "5", "max_log_file_action": "KEEP_LOGS", "space_left": "20", "space_left_action": "SYSLOG",
    "admin_space_left": "12", "admin_space_left_action": "HALT", "disk_full_action": "HALT", "disk_error_action": "HALT",
}
# Numbered user messages (type 1112), as any program with CAP_AUDIT_WRITE may send them; 100,000 of them are some 55 MB of log.
FLOOD = """import socket, struct, time
channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
for number in range(%d):
    text = b"op=flood n=%%d %%s\\0" %% (number, b"x" * 400)
    channel.send(struct.pack("=IHHII", 16 + len(text), 1112, 1, number, 0) + text)
    if number %% 50 == 49:
        time.sleep(0.02)
"""
EVENTS = 100_000
NEWEST = 20_000
ROOM = "ls /var/log/audit | wc -l; df -BM --output=size,avail /var/log/audit | tail -n 1"
SMALL_DISK = {"auditd_conf": {"space_left": 12, "admin_space_left": 6}}


def harden(host):
    """What a benchmark prescribes for hosts that must not run unaudited, loaded by a plain HUP."""
    script = "".join(f"sed -i 's/^{key} = .*/{key} = {value}/' /etc/audit/auditd.conf; " for key, value in HARDENED.items())
    host.machine.run(script=script + "auditctl -b 65536 > /dev/null; kill -HUP $(pidof auditd)")


def flood(host):
    """Send the events in the background: the machine may go off meanwhile."""
    host.machine.run(script=f"nohup setsid python3 -c '{FLOOD % EVENTS}' > /dev/null 2>&1 < /dev/null &")


def numbers(host) -> list[int]:
    """The numbers of the flood's events in all logs, whatever their compression."""
    script = """cd /var/log/audit; for log in audit.log*; do
        case $log in *.zst) zstd -dcq $log;; *.xz) xz -dc $log;; *.gz) gzip -dc $log;; *) cat $log;; esac
        done | grep -o 'op=flood n=[0-9]*'"""
    return sorted(int(number) for number in re.findall(r"op=flood n=(\d+)", host.machine.run(script=script, check=False).stdout))


def count(host, when: str, have: list[int]) -> None:
    """Keep how many events are in the logs, and how many are missing between the first and the last of these."""
    span = have[-1] - have[0] + 1 if have else 0
    room = host.machine.run(script=ROOM, check=False).stdout.split()
    host.figures.append(f"{when}: {len(have)} events of {EVENTS}, {span - len(set(have))} missing between {have[:1]} and {have[-1:]}; "
                        f"logs, size and room: {' '.join(room)}; {host.lost()}")


def test_hardened_it_powers_itself_off_and_rescued_it_boots_and_stays_up(host):
    story = host("debian13", 64)
    harden(story)
    flood(story)
    story.machine.wait_off(1800)
    assert "Power down" in story.machine.console or "Powering off" in story.machine.console

    with story.machine.offline() as root:
        texts = [path.read_text(errors="replace") for path in (root / "var/log/audit").glob("audit.log*")]
        story.figures.append(f"powered off with {sum(text.count('op=flood n=') for text in texts)} events in {len(texts)} logs")
        found = story.play_offline("diagnose", root)
        assert f"{story.machine.name}: auditd (high confidence)" in found.stdout and "powered the host off" in found.stdout
        done = story.play_offline("rescue", root, **SMALL_DISK)
        assert done.returncode == 0
        conf = (root / "etc/audit/auditd.conf").read_text()
        assert "HALT" not in conf.upper(), conf

    story.machine.start()
    story.machine.wait_ssh()
    flood(story)
    end = time.monotonic() + 1800
    while EVENTS - 1 not in (have := numbers(story)) and time.monotonic() < end:
        time.sleep(10)
    count(story, "after the rescue", have)
    assert story.is_audited()


def test_remediated_it_stays_up_and_keeps_the_newest_records(host):
    story = host("debian13", 64)
    harden(story)
    assert story.play("remediate", **SMALL_DISK).returncode == 0
    assert story.document()["status"] == "in_sync"
    flood(story)
    end = time.monotonic() + 1800
    while EVENTS - 1 not in (have := numbers(story)) and time.monotonic() < end:
        time.sleep(10)
    count(story, "remediated first", have)
    assert story.is_audited()
    assert have[-NEWEST:] == list(range(EVENTS - NEWEST, EVENTS)), f"{len(have)} of {EVENTS}, the newest {have[-3:]}"
    assert story.machine.run(script="ls /var/log/audit").stdout.split() != ["audit.log"], "it rotated early"
