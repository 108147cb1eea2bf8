# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of each benchmark a host gets, counted as the OVAL family counts, and whether our verdicts agree where one thing is broken."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import baked
import pytest
from baked import Baked

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the trees need files of root's and of another's")

AIDE, USBGUARD = "aide_check_audit_tools", "configure_usbguard_auditbackend"
OFF_LOADING = {"auditd_offload_logs", "auditd_audispd_configure_remote_server"}
BY_HAND = {"auditd_audispd_configure_sufficiently_large_partition"}  # whether a week of records fits: no content has a check for it
PLUGIN, BY_SIZE = "auditd_audispd_syslog_plugin_activated", "auditd_data_retention_max_log_file_action"
ADMIN, FULL = "auditd_data_retention_admin_space_left_action", "auditd_data_disk_full_action"
LOCKED, PANIC = "audit_rules_immutable", "audit_rules_system_shutdown"
# Profile and product; passed and failed under keep_running and under stop_host, at least and at most, as the requirement has them; what is
# not this collection's to set and fails in every tree; what the rotation by time sets aside, until the user asks for the word; what
# keep_running sets aside besides. A tree shows all of it: the unit, the package and the boot line by their files, the log's volume by
# fstab. What a person has to look at (BY_HAND) counts neither way.
TOTALS = [
    ("cis_rhel_9", "rhel_9", (82, 5), (85, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_rhel_8", "rhel_8", (80, 5), (83, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_rhel_10", "rhel_10", (89, 5), (92, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_amazon_2023", "amazon_2023", (74, 4), (76, 2), {AIDE}, {BY_SIZE}, {ADMIN, LOCKED}),
    ("cis_debian_12", "debian_12", (81, 5), (84, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_debian_13", "debian_13", (90, 6), (94, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_ubuntu_22_04", "ubuntu_22_04", (79, 5), (82, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    ("cis_ubuntu_24_04", "ubuntu_24_04", (78, 5), (81, 2), {AIDE}, {BY_SIZE}, {ADMIN, FULL, LOCKED}),
    # 57/0 with keep_logs alone: the rotation by time sets max_log_file_action aside here as in every CIS benchmark
    ("cis_sle_15", "sle_15", (55, 2), (57, 1), set(), {BY_SIZE}, {ADMIN}),
    ("stig_rhel_9", "rhel_9", (101, 6), (104, 3), {AIDE, USBGUARD}, {BY_SIZE + "_stig"}, {ADMIN, LOCKED, PANIC}),
    ("stig_rhel_8", "rhel_8", (94, 3), (95, 2), {AIDE, USBGUARD}, set(), {LOCKED}),
    ("stig_rhel_10", "rhel_10", (101, 6), (104, 3), {AIDE, USBGUARD}, set(), {ADMIN, LOCKED, PANIC}),
    ("stig_ubuntu_22_04", "ubuntu_22_04", (85, 5), (86, 4), {AIDE, *OFF_LOADING}, set(), {FULL}),
    ("stig_ubuntu_24_04", "ubuntu_24_04", (86, 5), (87, 4), {AIDE, *OFF_LOADING}, set(), {LOCKED}),
    ("stig_sle_15", "sle_15", (81, 1), (81, 1), {AIDE}, set(), set()),
    *[("pci_dss", product, (low - 2, 3), (low, 1), {PLUGIN}, set(), {ADMIN, LOCKED})
      for product, low in (("rhel_8", 53), ("rhel_9", 53), ("rhel_10", 55), ("sle_15", 55))],
]

# The same where the user asks for the max_log_file_action of the benchmark, stop_host: keep_logs of CIS, rotate of the STIG
ASKED = {"cis_rhel_9": (86, 1), "stig_rhel_9": (105, 2), "cis_sle_15": (57, 0)}


def counted(tree):
    """(passed, {name of a rule that failed: its control})"""
    found = tree.scan()
    return sum(found.values()), {name.split()[1]: name.split()[0] for name, met in found.items() if not met}


def test_every_benchmark_with_checks_of_its_own_is_here():
    assert {row[:2] for row in TOTALS} == {(entry["profiles"][0], entry["product"]) for entry in baked.HOST.values()}


def test_what_counts_neither_way():
    found = {name.split()[1] for case in baked.HOST.values() for name, needs in case["rules"].items() if baked.grader.is_by_hand(needs)}
    assert found == BY_HAND


@pytest.mark.parametrize("row", TOTALS, ids=["%s-%s" % row[:2] for row in TOTALS])
def test_totals(tmp_path, row):
    profile, product, running, stopping, never, by_time, set_aside = row
    for name, policy, asks, least, wrong in (
            ("strict", "stop_host", False, stopping, never | by_time), ("asked", "stop_host", True, ASKED.get(profile, stopping), never),
            ("kept", "keep_running", False, running, never | by_time | set_aside)):
        tree = Baked(tmp_path / name, profile, product, failure_policy=policy, asks=asks, ships=False)
        passed, failed = counted(tree)
        assert set(failed) == wrong, (name, failed)
        assert passed >= least[0] and len(failed) <= least[1], (name, passed, failed)
        document = tree.document()
        verdicts = {control["id"]: control for control in document["controls"]}
        waived = {ident: entry for entry in document["waived"] for ident in entry["controls"]}
        for rule in set(failed) - never:
            control = verdicts[failed[rule]]
            assert control["status"] == "waived" and "; instead: " in control["why"], (name, rule, control)
            assert waived["%s:%s" % (profile, failed[rule])]["compensating"], (name, rule)
        assert not [control for control in document["controls"] if control["status"] == "fail"] or never == {PLUGIN}
        assert not [number for rule, number in failed.items() if verdicts[number]["status"] == "pass"]


def _change(act, path):
    """A break of one file, that is mended when it was seen."""
    @contextlib.contextmanager
    def broken(root):
        place = root / path
        is_link = place.is_symlink()
        facts, text = place.lstat(), None if is_link or place.is_dir() else place.read_bytes()
        target = os.readlink(place) if is_link else None
        act(place)
        yield
        if is_link:
            place.symlink_to(target)
            return
        if text is not None:
            place.write_bytes(text)
        os.chown(place, facts.st_uid, facts.st_gid)
        place.chmod(facts.st_mode & 0o7777)
    return broken


def _all(*changes):
    @contextlib.contextmanager
    def broken(root):
        with contextlib.ExitStack() as stack:
            for path, change in changes:
                if os.path.lexists(root / path):
                    stack.enter_context(_change(change, path)(root))
            yield
    return broken


@contextlib.contextmanager
def _masked(root):
    unit = root / "etc/systemd/system/auditd.service"
    unit.symlink_to("/dev/null")
    yield
    unit.unlink()


def _without(word):
    return lambda path: path.write_text(path.read_text().replace(word, ""))


def _boots_without(word):
    return _all(("etc/default/grub", _without(word)), ("etc/zipl.conf", _without(word)))


FILES = {
    "settings": "etc/audit/auditd.conf", "rules": "etc/audit/rules.d/audit.rules", "compiled": "etc/audit/audit.rules",
    "log": "var/log/audit/audit.log", "log_directory": "var/log/audit", "tool": "sbin/ausearch",
}
BREAKS = {
    **{"mode of " + kind: _change(lambda path: path.chmod(0o777), path) for kind, path in FILES.items()},
    **{"owner of " + kind: _change(lambda path: os.chown(path, 1, 0), path) for kind, path in FILES.items()},
    **{"group of " + kind: _change(lambda path: os.chown(path, 0, 1), path) for kind, path in FILES.items()},
    "unit not enabled": _change(Path.unlink, baked.WANTS), "unit masked": _masked,
    "no audit=1": _boots_without("audit=1"), "no audit_backlog_limit": _boots_without("audit_backlog_limit=8192"),
    "no audit=1 for grub": _all(("etc/default/grub", _without("audit=1"))),
    "no audit=1 for zipl": _all(("etc/zipl.conf", _without("audit=1"))),
    **{"mounted without " + word: _all(("etc/fstab", _without("," + word))) for word in ("nodev", "nosuid", "noexec")},
    "no partition": _change(Path.unlink, "etc/fstab"), "syslog plugin off": _change(Path.unlink, "etc/audit/plugins.d/syslog.conf"),
}


@pytest.mark.parametrize(("profile", "product"), [row[:2] for row in TOTALS])
def test_what_a_checker_fails_where_one_thing_is_broken_fails_here(tmp_path, profile, product):
    """And nothing that it fails is pass or absent."""
    tree = Baked(tmp_path, profile, product)
    before = tree.scan()
    elsewhere = baked.LIBRARY["benchmarks"][profile].get("elsewhere", {})
    for name, broken in BREAKS.items():
        with broken(tree.root):
            newly = {rule.split()[0] for rule, met in tree.scan().items() if before[rule] and not met} - {"-"}
            verdicts = tree.verdicts() if newly else {}
        assert {number for number in newly if number not in elsewhere and verdicts[number]["status"] != "fail"} == set(), name
        assert {number for number in newly if verdicts[number]["status"] == "pass"} == set(), name
    assert tree.scan() == before


def test_a_tree_without_the_programs_does_not_have_the_package(tmp_path):
    tree = Baked(tmp_path, "cis_rhel_9", "rhel_9")
    assert tree.verdicts()["6.3.1.1"]["status"] == "pass"
    for name in baked.TOOLS:
        (tree.root / "sbin" / name).unlink()
    assert tree.scan()["6.3.1.1 package_audit_installed"] is False
    control = tree.verdicts()["6.3.1.1"]
    assert control["status"] == "not_checked" and "no program auditd" in control["why"]


def test_each_break_is_noticed_by_a_checker(tmp_path):
    """A break that no grader sees would prove nothing."""
    seen = set()
    for profile, product in (("cis_debian_12", "debian_12"), ("stig_rhel_9", "rhel_9"), ("pci_dss", "rhel_9")):
        tree = Baked(tmp_path / profile, profile, product)
        before = tree.scan()
        for name, broken in BREAKS.items():
            with broken(tree.root):
                if tree.scan() != before:
                    seen.add(name)
    assert seen == set(BREAKS)


@pytest.mark.parametrize("row", TOTALS, ids=["%s-%s" % row[:2] for row in TOTALS])
def test_no_value_is_accepted_that_a_checker_refuses(row):
    profile, product = row[:2]
    demanded = baked.LIBRARY["benchmarks"][profile].get("auditd_conf", {})
    for name, needs in baked.OVAL[f"{profile} on {product}"]["rules"].items():
        for key, accepted in [need.split()[1:] for need in needs if need.startswith("conf ")]:
            ours = demanded.get(name.split()[0], {}).get(key)
            assert ours, (name, key)
            words = {word.lower() for word in ours if not word.startswith(">=")}
            assert key == "max_log_file" or words <= set(accepted.lower().split("|")), (name, words, accepted)
