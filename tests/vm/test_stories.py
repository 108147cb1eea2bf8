# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that halt and are rescued, are locked, panic and were off: each story by a machine that boots."""

from __future__ import annotations

import json
import re
import subprocess
import time

from test_halt import FLOOD, SMALL_DISK, harden

BUSY = 3600  # seconds for a boot: several machines may share a core
FIRST, SECOND = ("-w /etc/auditops-first -p wa -k first", "-w /etc/auditops-second -p wa -k second")
# An auditd that stands still, and more events than the backlog takes. Where sending them has to wait, it ends after two minutes, from when
# Python runs: on a busy machine its start alone takes half a minute.
OVERFLOW = f"kill -STOP $(pidof auditd); python3 -c 'import signal; signal.alarm(120)\n{FLOOD % 20_000}'; kill -CONT $(pidof auditd)"
PANICS = "-D\\n-b 64\\n-f 2\\n--backlog_wait_time 0\\n"

LOGS = """cd /var/log/audit; yes "$(tail -n 20 audit.log)" | head -c 5000000 > audit.log.1; chmod 400 audit.log.1
for number in 2 3 4 5 6 7 8 9; do cp -p audit.log.1 audit.log.$number 2> /dev/null || break; done; sync
auditctl -m full > /dev/null; auditctl -m full > /dev/null; df /var/log/audit"""


def fill(host):
    """Rotated logs until what is free is below each of auditd's thresholds, and an event for which auditd looks."""
    print(host.machine.run(script=f"nohup setsid sh -c '{LOGS}' > /tmp/fill 2>&1 < /dev/null &").stdout)


def left(host) -> set[str]:
    """The findings of the last comparison, but for what the kernel lost while it booted: audit=1 counts from before auditd runs."""
    return {item["id"] for item in host.document()["items"] if item["severity"] != "info"} - {"kernel.lost"}


def test_halted_rescued_by_its_disks_it_boots_and_stays_up(host):
    story = host("debian13", 64)
    harden(story)
    fill(story)
    story.machine.wait_off(600)
    with story.machine.offline() as root:
        assert story.play_offline("remediate", root, **SMALL_DISK).returncode == 0
    story.machine.start()
    story.machine.wait_ssh(BUSY)
    assert story.is_audited()
    assert story.play("remediate", **SMALL_DISK).returncode == 0
    assert story.play("drift", **SMALL_DISK).returncode == 0 and left(story) == set()
    fill(story)
    time.sleep(30)
    assert story.is_audited(), "what halted it does not halt it again"


def test_a_host_that_halts_is_cured_though_one_step_fails(host):
    story = host("debian13", 64)
    harden(story)
    story.machine.run(script="mv /usr/bin/zstd /usr/bin/zstd.away")
    done = story.play("remediate", **SMALL_DISK, audit_rotation_compress="zstd")
    assert done.returncode != 0 and "Could not be done" in done.stdout
    fill(story)
    time.sleep(30)
    assert story.is_audited(), "the step that failed kept HALT in force"


def test_locked_rules_are_staged_and_come_into_force_at_the_next_boot(host):
    story = host("debian13", 64)

    def policy(*rules):
        return {**SMALL_DISK, "audit_rules_immutable": "true", "audit_rules_extra": list(rules)}

    def loaded():
        status, rules = (story.machine.run("auditctl", option).stdout for option in ("-s", "-l"))
        return re.search(r"^enabled (\d)", status, re.MULTILINE).group(1), set(re.findall(r"-k (first|second)", rules))

    assert story.play("remediate", **policy(FIRST)).returncode == 0
    assert loaded() == ("2", {"first"})
    assert story.play("remediate", **policy(FIRST, SECOND)).returncode == 0
    assert loaded() == ("2", {"first"}), "the kernel takes no rule before the next boot"
    found = {item["id"] for item in story.document()["items"]}
    assert "kernel.reboot_required" in found, found
    story.machine.reboot()
    assert loaded() == ("2", {"first", "second"}) and story.is_audited()
    assert story.play("drift", **policy(FIRST, SECOND)).returncode == 0 and left(story) == set()


def test_a_kernel_that_panics_of_a_flood_does_so_no_longer(host):
    story = host("debian13", 64)
    story.machine.run(script=f"printf '%b' '{PANICS}' > /etc/audit/rules.d/audit.rules; augenrules --load > /dev/null")
    subprocess.Popen([*story.machine.ssh_argv(), OVERFLOW], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 900
    while not re.search("Kernel panic.*\n", story.machine.console) and time.monotonic() < end:  # the whole line: it comes in pieces
        time.sleep(1)
    assert "Kernel panic - not syncing: audit: " in story.machine.console, "the trap is real"
    story.machine.cut()

    panics = story.machine.console.count("Kernel panic")
    with story.machine.offline() as root:  # by its disks: with these rules it panics while it boots, too
        assert story.play_offline("remediate", root, **SMALL_DISK).returncode == 0
    story.machine.start()
    story.machine.wait_ssh(BUSY)
    story.machine.run(script=OVERFLOW, check=False)
    story.figures.append(f"the flood again: {story.lost()}")
    assert story.is_audited() and story.machine.console.count("Kernel panic") == panics
    assert re.search(r"^failure 1$", story.machine.run("auditctl", "-s").stdout, re.MULTILINE)


def test_a_rotation_that_was_missed_is_caught_up_after_being_off(host):
    story = host("debian13", 64)
    policy = {**SMALL_DISK, "audit_rotation_schedule": "17 3 * * *"}
    assert story.play("remediate", **policy).returncode == 0

    def rotated():
        text = story.machine.run("cat", "/var/lib/audit-rotate/status.json").stdout
        return json.loads(text)["last_success"]

    before = rotated()
    story.machine.run("systemctl", "--no-block", "poweroff", check=False)
    story.machine.wait_off(300)
    story.machine.start(hours_later=48)
    story.machine.wait_ssh(BUSY)
    end = time.monotonic() + 600
    while rotated() == before and time.monotonic() < end:
        time.sleep(5)
    assert rotated() > before, "the timer did not catch up"
    assert story.is_audited()
    assert story.play("drift", **policy).returncode == 0 and left(story) == set()
