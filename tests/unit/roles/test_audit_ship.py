# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-ship: each archive once, verified, the oldest first; and nothing is pruned that was not shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from audit_rotate import settings
from rotate_tree import FILES, record


def test_each_archive_goes_once_and_is_verified(site):
    site.rotated(3)
    done = site.ship()
    assert (done.returncode, done.stderr) == (0, "") and site.shipped == site.archives and len(site.archives) == 3
    for name in site.archives:
        assert (site.root / "bucket/audit/web-1" / name).read_bytes() == (site.tree.log / name).read_bytes()
    assert site.ship().returncode == 0 and site.copies == 3
    assert set(json.loads(site.ship("--status").stdout)["archives"]) == {name.rpartition(".gz")[0] for name in site.archives}


def test_nothing_is_pruned_before_it_is_shipped(site):
    site.rotated(4)
    site.tree.configure(adopt="prune", keep=1, keep_days_min=0, shipped_stamp=site.root / "tree/state/shipped.stamp")
    (site.root / "down").touch()
    assert site.ship().returncode == 14
    site.tree.run("--archive-only")
    assert len(site.archives) == 4, "there is no stamp yet"
    (site.root / "down").unlink()
    assert site.ship().returncode == 0
    site.tree.run("--archive-only")
    assert len(site.archives) == 1 and len(site.shipped) == 4


def text_of(text):
    return lambda config: config.write_text(text)


# what happened to ship.json, what is said of it
BREAKS = [
    (text_of(""), "is empty"), (text_of(" \n"), "is empty"), (text_of('{"targets": [{"na'), "is no JSON"), (text_of("["), "is no JSON"),
    (text_of("[]"), "names no targets"), (text_of("{}"), "names no targets"), (text_of('{"targets": "s3"}'), "names no targets"),
    (text_of('{"targets": []}'), "names no targets"), (text_of('{"targets": [7]}'), "names no targets"),
    (text_of('{"targets": [{"name": "s3"}]}'), "a target of the kind None"),
    (text_of('{"targets": [{"name": "a", "kind": "ftp"}]}'), "a target of the kind ftp; known are agent, command, s3"),
    (text_of('{"targets": [{"kind": "command", "argv": ["/bin/true"]}]}'), "a target without its name"),
    (text_of('{"targets": [{"name": "a", "kind": "command", "argv": []}]}'), "a target without its argv"),
    (text_of('{"targets": [{"name": "a", "kind": "s3", "program": "/bin/true"}]}'), "a target without its bucket"),
    (lambda config: config.chmod(0o666), "nobody else may write it"),
    (lambda config: (config.unlink(), config.mkdir()), "ship.json: "), (lambda config: (config.unlink(), os.mkfifo(config)), "ship.json: "),
    (lambda config: os.chown(config, 1234, 0), "must be root's"),
]


@pytest.mark.parametrize("change, said", BREAKS)
def test_a_configuration_that_is_broken_is_said_with_the_cure_by_each_program_and_costs_nothing(site, change, said):
    if os.geteuid() != 0 and said == "must be root's":
        pytest.skip("only root gives files away")
    site.rotated(3)
    assert site.ship().returncode == 0
    whole, records = site.config.read_bytes(), site.ship("--status").stdout
    change(site.config)
    done = site.ship()
    assert (done.returncode, done.stdout) == (3, "") and said in done.stderr
    assert "the role audit_shipping, or the playbook remediate" in done.stderr
    asked = site.ship("--status")
    assert (asked.returncode, asked.stdout) == (3, records) and said in asked.stderr, "what was shipped is printed all the same"
    assert len(site.pruned()) == 3
    status = site.tree.run("--status")
    document = json.loads(status.stdout)
    assert status.returncode == 3 and document["result"] == "success" and said in document["unshippable"]
    assert "nothing is deleted" in document["unshippable"] and "remediate, writes it again" in document["unshippable"]
    # as the role does
    if site.config.is_dir():
        site.config.rmdir()
    site.config.unlink(missing_ok=True)
    site.config.write_bytes(whole)
    site.config.chmod(0o600)
    copies = site.copies
    assert site.ship().returncode == 0 and site.copies == copies, "nothing is sent twice"
    assert len(site.pruned()) == 1 and "unshippable" not in json.loads(site.tree.run("--status").stdout)


@pytest.mark.parametrize("change, noted", [
    (lambda site, s3: site.configure(s3, {"name": "command", "kind": "command", "argv": ["/bin/false", "{path}"]}), None),
    (lambda site, s3: site.config.unlink(), "what audit-ship ships to is not known"),
    *[(lambda site, s3, change=change: change(site.config), said) for change, said in BREAKS],
])
def test_an_archive_has_to_be_with_each_target_of_the_configuration_not_of_the_last_run(site, change, noted):
    site.rotated(3)
    assert site.ship().returncode == 0
    change(site, json.loads(site.config.read_text())["targets"][0])
    assert len(site.pruned()) == 3, "audit-ship has not run since"
    assert noted is None or any(noted in note for note in site.tree.status()["notes"])


def test_a_target_that_is_no_longer_wanted_holds_nothing_back(site):
    site.rotated(3)
    s3 = json.loads(site.config.read_text())["targets"][0]
    site.configure(s3, {"name": "command", "kind": "command", "argv": ["/bin/false", "{path}"]})
    assert site.ship().returncode == 14 and len(site.pruned()) == 3
    site.configure(s3)
    assert len(site.pruned()) == 1


def test_a_far_end_that_is_down_is_tried_again_and_then_left_for_the_next_run(site):
    site.rotated(2)
    (site.root / "down").touch()
    done = site.ship()
    assert done.returncode == 14 and "Could not connect" in done.stderr and site.archives[0] in done.stderr
    assert site.copies == 2, "two attempts for the first, none for the second"
    (site.root / "down").unlink()
    assert site.ship().returncode == 0 and site.shipped == site.archives


def test_a_target_that_hangs_holds_up_no_rotation(site):
    """The rotation archives and looks at what may go while audit-ship waits for the far end."""
    site.rotated(2)
    target = json.loads(site.config.read_text())["targets"][0]
    site.configure({"name": "command", "kind": "command", "argv": [str(site.root / "hangs"), "{path}"]}, target)
    (site.root / "hangs").write_text(f"#!/bin/sh\ntouch {site.root}/hung\nwhile test -e {site.root}/hung; do sleep 0.05; done\n")
    (site.root / "hangs").chmod(0o755)
    argv = [sys.executable, "-IS", str(FILES / "audit-ship"), "--config", str(site.config), "--rotate-config", str(site.tree.conf)]
    shipping = subprocess.Popen(argv)
    try:
        while not (site.root / "hung").exists():
            assert shipping.poll() is None
        before = site.archives
        site.tree.configure(adopt="prune", compress="gzip", keep=1, keep_days_min=0, shipped_stamp=site.root / "tree/state/shipped.stamp")
        site.tree.add("audit.log.1")
        assert site.tree.run("--archive-only").returncode == 0
        assert len(site.archives) == len(before) + 1 and set(before) < set(site.archives), "archived, and nothing pruned"
        assert shipping.poll() is None
    finally:
        while shipping.poll() is None:
            (site.root / "hung").unlink(missing_ok=True)
    assert shipping.returncode == 0


def test_a_copy_that_is_cut_short_does_not_count(site):
    site.rotated(1)
    (site.root / "truncates").touch()
    done = site.ship()
    assert done.returncode == 14 and "is not there with" in done.stderr and site.until == 0
    (site.root / "truncates").unlink()
    assert site.ship().returncode == 0


def test_what_is_there_already_is_not_sent_again(site):
    """A run that was killed behind the copy, before it could remember it."""
    site.rotated(2)
    site.ship()
    (site.root / "tree/state/shipped.json").unlink()
    assert site.ship().returncode == 0 and site.copies == 2


def test_a_command_of_the_site_gets_its_words_without_a_shell(site):
    site.rotated(1)
    command = site.root / "keep"
    command.write_text('#!/bin/sh\ncp "$1" "$2/$3" && echo "$4" > %s/digest\n' % site.root)
    command.chmod(0o755)
    argv = [str(command), "{path}", str(site.root / "bucket"), "{name}", "$(id) {sha256}"]
    site.configure({"name": "command", "kind": "command", "argv": argv})
    assert site.ship().returncode == 0 and site.shipped == site.archives
    assert (site.root / "digest").read_text().startswith("$(id) ")


def test_the_stamp_stops_before_the_first_archive_that_one_target_lacks(site):
    site.rotated(3)
    refuses = site.root / "refuses"
    refuses.write_text('#!/bin/sh\ncase "$1" in *%s*) exit 1;; esac\n' % site.archives[1])
    refuses.chmod(0o755)
    s3 = json.loads(site.config.read_text())["targets"][0]
    site.configure(s3, {"name": "command", "kind": "command", "argv": [str(refuses), "{path}"]})
    assert site.ship().returncode == 14 and site.shipped == site.archives, "the other target has all"
    until = float((site.root / "tree/state/shipped.stamp").read_text())
    times = [os.stat(site.tree.log / name).st_mtime for name in site.archives]
    assert times[0] <= until < times[1]


@pytest.mark.parametrize("break_it, said", [
    (lambda site: site.aws.chmod(0o777), "root must not run it"),
    (lambda site: site.aws.unlink(), "does not exist"),
    (lambda site: site.aws.write_text("#!/bin/sh\nsleep 60\n"), "did not end within 1 seconds"),
])
def test_what_root_must_not_run_or_does_not_end(site, break_it, said):
    site.rotated(1)
    target = json.loads(site.config.read_text())["targets"][0]
    site.configure(target, attempts=1, timeout=1)
    break_it(site)
    done = site.ship()
    assert done.returncode == 14 and said in done.stderr


@pytest.mark.parametrize("break_it, code", [
    (lambda site: site.config.chmod(0o666), 3), (lambda site: site.config.unlink(), 3), (lambda site: site.config.write_text("{"), 3),
])
def test_a_configuration_that_is_not_ours(site, break_it, code):
    break_it(site)
    assert site.ship().returncode == code


def test_help_and_a_wrong_word(site):
    assert site.ship("--help").stdout.startswith("usage: audit-ship") and site.ship("--nothing").returncode == 2


# Kills the one that runs it, at one of its calls.
KILLER = """#!/bin/sh
count=$(($(cat {root}/count 2>/dev/null || echo 0) + 1)); echo $count > {root}/count
when=$(cat {root}/when)
test "$when" = "before $count" && kill -9 $PPID && exit 1
{aws} "$@"; code=$?
test "$when" = "behind $count" && kill -9 $PPID
exit $code
"""
CALLS = 6  # of the AWS program for two archives: asked, sent, asked


@pytest.mark.parametrize("when", [f"{place} {call}" for call in range(1, CALLS + 1) for place in ("before", "behind")])
def test_a_run_that_is_killed_at_a_call_is_continued_and_counts_nothing_unsent(site, when):
    site.rotated(2)
    killer = site.root / "killer"
    killer.write_text(KILLER.format(root=site.root, aws=site.aws))
    killer.chmod(0o755)
    target = json.loads(site.config.read_text())["targets"][0]
    site.configure({**target, "program": str(killer)})
    (site.root / "when").write_text(when)
    assert site.ship().returncode == -9
    archives = site.archives
    left = site.pruned()
    assert set(archives) - set(left) <= set(site.shipped), "what is gone is there"
    (site.root / "when").write_text("never")
    assert site.ship().returncode == 0 and site.shipped == archives and site.copies == 2


# Runs audit-ship and kills it before its Nth write of what it remembers, or in it, when the new file is not in its place yet.
WRITER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from audit_rotate import ship
count = [0]
def counted(real):
    def call(*args, **options):
        count[0] += 1
        if count[0] == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
        return real(*args, **options)
    return call
os.rename, ship.write_atomic = counted(os.rename), counted(ship.write_atomic)
os.replace = counted(os.replace)
sys.exit(ship.main(sys.argv[3:]))
"""


def test_a_run_that_is_killed_while_it_remembers_is_continued(site):
    site.rotated(3)
    archives, killed = site.archives, 0
    arguments = ["--config", str(site.config), "--rotate-config", str(site.tree.conf)]
    for place in range(1, 30):
        for path in (site.root / "tree/state").glob("shipped*"):
            path.unlink()
        done = subprocess.run([sys.executable, "-IS", "-c", WRITER, str(FILES), str(place), *arguments], check=False, capture_output=True)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        assert site.ship().returncode == 0 and site.shipped == archives and site.copies == 3
    assert done.returncode == 0 and killed >= 8, "each write of the records, and the stamp"
    assert len(site.pruned()) == 1


def test_an_archive_that_came_behind_the_stamp_is_not_pruned_before_it_is_shipped(site):
    """A log of another host, or of an old backup, is taken over between two runs of audit-ship: older than the newest one shipped."""
    site.rotated(3)
    assert site.ship().returncode == 0
    late = site.tree.log / site.archives[0].replace(".gz", "")
    late = late.with_name(late.name[:-3] + "01Z")  # some seconds before
    late.write_bytes(record(site.tree.when - 5000, 7))
    os.utime(late, (site.until - 3000, site.until - 3000))
    late.chmod(0o400)
    left = site.pruned()
    assert late.name in [name.replace(".gz", "") for name in left] and len(left) == 2, "the late one and the newest"
    assert site.ship().returncode == 0 and len(site.shipped) == 4 and len(site.pruned()) == 1


def test_another_archive_under_the_name_of_one_that_was_shipped_is_shipped_too(site):
    """The clock was put back, and a second came twice."""
    site.rotated(3)
    assert site.ship().returncode == 0
    name = site.archives[0]
    first = (site.tree.log / name).read_bytes()
    (site.tree.log / name).unlink()
    (site.tree.log / name).write_bytes(first[::-1] + b"more")
    os.utime(site.tree.log / name, (site.tree.when - 700, site.tree.when - 700))
    (site.tree.log / name).chmod(0o400)
    assert name in site.pruned()
    assert site.ship().returncode == 0 and name not in site.pruned()
    both = {(site.root / "bucket/audit/web-1" / one).read_bytes() for one in site.shipped if one.startswith(name)}
    assert both == {first, first[::-1] + b"more"}, "none overwrites the other"


def test_an_archive_that_was_compressed_since_counts_as_shipped(site):
    site.tree.configure(adopt="prune", compress="none", shipped_stamp=site.root / "tree/state/shipped.stamp")
    site.rotated(3)
    assert site.ship().returncode == 0 and not any(name.endswith(".gz") for name in site.archives)
    assert len(site.pruned()) == 1 and site.copies == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '{"archives": []}', '{"archives": {"a": 7}, "targets": "s3"}', "[" * 100000,
                                  '{"archives": {"a": {"s3": 7}}, "targets": ["s3"], "run": []}'])
def test_records_that_nobody_can_read_count_nothing_and_are_written_again(site, text):
    site.rotated(3)
    assert site.ship().returncode == 0
    (site.root / "tree/state/shipped.json").write_text(text)
    assert len(site.pruned()) == 3
    assert site.ship().returncode == 0 and site.copies == 3 and len(site.pruned()) == 1


def test_the_records_name_no_archive_that_has_gone(site):
    site.rotated(4)
    site.ship()
    assert len(site.pruned()) == 1 and site.ship().returncode == 0
    remembered = json.loads((site.root / "tree/state/shipped.json").read_text())
    assert list(remembered["archives"]) == [name.replace(".gz", "") for name in site.archives] and remembered["targets"] == ["s3"]


def test_nothing_is_shipped_from_a_directory_that_others_can_write(site):
    """They could exchange the archive for a link between its checksum and its copy."""
    site.rotated(2)
    site.tree.log.chmod(0o777)
    done = site.ship()
    assert done.returncode != 0 and "others than the owner may write in" in done.stderr and site.copies == 0


@pytest.mark.parametrize("where", ["log", "staging"])
def test_a_link_that_is_planted_is_not_followed(site, where):
    site.rotated(2)
    chosen = settings.load(str(site.tree.conf), "/")
    directory = site.tree.log if where == "log" else Path(chosen.stage_directory)
    directory.mkdir(parents=True, exist_ok=True)
    (site.root / "secret").write_text("secret")
    (directory / site.archives[0].replace(site.archives[0][10:14], "2020", 1)).symlink_to(site.root / "secret")
    assert site.ship().returncode == 0 and site.copies == 2
    assert not [path for path in (site.root / "bucket").rglob("*") if path.is_file() and path.read_bytes() == b"secret"]


def test_a_new_target_that_fails_takes_the_stamp_back(site):
    site.rotated(4)
    assert site.ship().returncode == 0 and site.until > 0
    s3 = json.loads(site.config.read_text())["targets"][0]
    site.configure(s3, {"name": "command", "kind": "command", "argv": ["/bin/false", "{path}"]})
    assert site.ship().returncode == 14 and site.until == 0
    assert len(site.pruned()) == 4


def test_an_archive_with_a_date_to_come_says_nothing_of_the_others(site):
    site.rotated(3)
    ahead = site.tree.log / site.archives[-1].replace(site.archives[-1][10:14], "2099", 1)
    (site.tree.log / site.archives[0]).rename(ahead)
    assert site.ship().returncode == 0 and site.until == os.stat(site.tree.log / site.archives[-2]).st_mtime


def test_archives_of_an_older_name_format_are_shipped(site):
    for suffix in ("a", "b"):
        site.tree.configure(adopt="prune", compress="gzip", name_format="%Y%m%dT%H%M%S-" + suffix,
                            shipped_stamp=site.root / "tree/state/shipped.stamp")
        if suffix == "a":
            site.rotated(2)
        site.tree.run("--archive-only")
    older = sorted(path.name for path in site.tree.log.glob("audit.log.*-a.gz"))
    assert len(older) == 2 and site.ship().returncode == 0 and site.shipped == older


def test_an_archive_in_staging_is_shipped(site):
    site.rotated(3)
    name = site.archives[0]
    chosen = settings.load(str(site.tree.conf), "/")
    os.makedirs(chosen.stage_directory)
    (site.tree.log / name).rename(os.path.join(chosen.stage_directory, name))
    assert site.ship().returncode == 0 and name in site.shipped


def test_a_log_directory_that_cannot_be_read_is_said(site):
    site.rotated(1)
    site.tree.log.rename(site.root / "elsewhere")
    done = site.ship()
    assert done.returncode == 12 and "Traceback" not in done.stderr and str(site.tree.log) in done.stderr
