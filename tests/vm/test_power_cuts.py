# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts at random moments of a remediation and of a rotation: what the disks hold then is whole, boots audited, and is cured.

A cut is a copy of the disks of a machine that stands still for it: what the machine had not written is lost, as with a real one. All are
judged by their files and remediated by their disks; ``AUDITOPS_BOOTS`` of them, drawn by lot, boot.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from test_halt import SMALL_DISK, harden
from test_stories import BUSY, left

CUTS = int(os.environ.get("AUDITOPS_CUTS", "30"))
BOOTS = int(os.environ.get("AUDITOPS_BOOTS", "3"))
AT_ONCE = 5  # mounted here; each takes a gigabyte
GAP = (0.2, 4)  # seconds between two cuts
# Four logs of 4 MB, so that compressing takes as long as some cuts. Each begins with the first record of the live log: with its last ones
# alone there would be numbers missing behind the archive before them, which is a finding, and rightly so.
LOGS = """cd /var/log/audit; cat audit.log > /tmp/long
while [ $(stat -c %s /tmp/long) -lt 4000000 ]; do cat /tmp/long /tmp/long > /tmp/longer; mv /tmp/longer /tmp/long; done
for number in 1 2 3 4; do head -c 4000000 /tmp/long > audit.log.$number; chmod 400 audit.log.$number; done; sync"""
UNFINISHED = (".tmp", ".new", ".part")


def cuts_during(story, running: subprocess.Popen, wanted: int, lot: random.Random) -> list:
    """Machines with the disks of random moments while a program runs, until it has ended or there are enough."""
    found = []
    begin = time.monotonic()
    while running.poll() is None and len(found) < wanted:
        time.sleep(lot.uniform(*GAP))
        machine = story.machine.disks_at_a_cut(f"{story.machine.name}-cut-{time.monotonic_ns()}")
        found.append((machine, f"{time.monotonic() - begin:.1f} s"))
    running.wait()
    return found


def remediation(story) -> subprocess.Popen:
    harden(story)
    story.machine.run(script="rm -f /etc/audit/rules.d/*auditops*; sync")
    return story.begin("remediate", **SMALL_DISK)


def rotation(story) -> subprocess.Popen:
    assert story.play("remediate", **SMALL_DISK).returncode == 0
    story.machine.run(script=LOGS)
    return subprocess.Popen([*story.machine.ssh_argv(), "/usr/local/sbin/audit-rotate"], stdin=subprocess.DEVNULL)


def torn(root: Path) -> list[str]:
    """Files that nobody could read to their end, or that hold half of what they should."""
    wrong = []
    for path in (root / "etc/audit/auditd.conf", root / "etc/audit/audit.rules", *(root / "etc/audit/rules.d").glob("*.rules")):
        text = path.read_text()
        if not text.endswith("\n"):
            wrong.append(f"{path.name} ends in {text[-40:]!r}")
    if "max_log_file_action" not in (root / "etc/audit/auditd.conf").read_text():
        wrong.append("auditd.conf lacks a key that it had before and has afterwards")
    for path in (root / "var/log/audit").iterdir():
        if path.name.endswith(UNFINISHED) or path.suffix not in (".xz", ".zst"):
            continue
        if path.suffix == ".zst":
            if subprocess.run(["zstd", "-tq", path], check=False).returncode:
                wrong.append(f"{path.name} does not decompress")
            continue
        try:
            lzma.decompress(path.read_bytes())
        except (lzma.LZMAError, EOFError):
            wrong.append(f"{path.name} does not decompress")
    return wrong


@pytest.fixture
def machines():
    made: list = []
    yield made
    for machine in made:
        machine.remove()


@pytest.mark.parametrize("begin", [remediation, rotation])
def test_whatever_the_moment(host, machines, begin):
    story = host("debian13", 64)
    seed = random.randrange(1 << 32)
    lot = random.Random(seed)
    cuts: list = []
    while len(cuts) < CUTS:
        cuts += cuts_during(story, begin(story), CUTS - len(cuts), lot)
        machines[:] = [machine for machine, _moment in cuts]
    story.machine.cut()
    story.figures.append(f"seed {seed}, {len(cuts)} cuts after " + ", ".join(moment for _machine, moment in cuts))
    print(story.figures[-1])

    for first in range(0, len(cuts), AT_ONCE):
        with contextlib.ExitStack() as mounted:
            some = [machine for machine, _moment in cuts[first:first + AT_ONCE]]
            roots = {machine.name: mounted.enter_context(machine.offline(keep=False)) for machine in some}
            halves = {name: wrong for name, root in roots.items() if (wrong := torn(root))}
            assert halves == {}, f"seed {seed}"
            for playbook in ("remediate", "drift"):
                done = story.play_offline_all(playbook, roots, **SMALL_DISK)
                assert done.returncode == 0, f"seed {seed}\n{done.stdout}"
            found = {name: [item["id"] for item in document["items"] if item["severity"] != "info"]
                     for name in roots if (document := story.document(name))["status"] == "drifted"}
            assert found == {}, f"seed {seed}"


@pytest.mark.parametrize("begin", [remediation, rotation])
def test_what_a_cut_leaves_boots_and_is_cured(host, machines, begin):
    story = host("debian13", 64)
    seed = random.randrange(1 << 32)
    cuts = cuts_during(story, begin(story), CUTS, random.Random(seed))
    machines[:] = [machine for machine, _moment in cuts]
    story.machine.cut()
    for machine, moment in random.Random(seed).sample(cuts, min(BOOTS, len(cuts))):
        where = f"seed {seed}, cut after {moment}"
        again = story.of(machine)
        machine.start()
        machine.wait_ssh(BUSY)
        story.figures.append(f"{where}: {again.lost()}")
        assert again.is_audited(), where
        assert again.play("remediate", **SMALL_DISK).returncode == 0, where
        assert again.play("drift", **SMALL_DISK).returncode == 0 and left(again) == set(), where
        machine.cut()
