# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts that hang on what a host is: its family, its mounts and links, its packages; and on the day."""

from __future__ import annotations

import json
import shutil

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _utc
from ansible_collections.auditops.auditd.plugins.module_utils._drift import controls as _controls
from baked import LIBRARY, Baked

EXCEPTION = {"reason": "no room for it", "owner": "ops", "ticket": "A-1"}
AUDIT = "/dev/sdb1 /var/log/audit xfs %s 0 2\n"


@pytest.fixture
def bake(tmp_path):
    return lambda profile, product, **how: Baked(tmp_path, profile, product, **how)


@pytest.mark.parametrize(("profiles", "listed", "said"), [
    (["cis_rhel_9"], {"cis_rhel_9"}, "of the Red Hat family, and this host is ubuntu_24_04"),
    (["cis_rhel_9", "cis_ubuntu_24_04"], {"cis_rhel_9", "cis_ubuntu_24_04"}, "of the Red Hat family"),
    (["cis_rhel_9", "cis_rhel_9"], {"cis_rhel_9"}, "of the Red Hat family"),
    (["cis_nobody"], set(), ""),
])
def test_a_benchmark_that_the_host_cannot_have_has_each_control_unchecked(bake, profiles, listed, said):
    tree = bake("cis_ubuntu_24_04", "ubuntu_24_04")
    tree.policy["profiles"] = profiles
    document = tree.document(profiles=profiles)
    found = document["controls"]
    assert {control["benchmark"] for control in found} == listed
    for name in listed:
        ids = [control["id"] for control in found if control["benchmark"] == name]
        assert sorted(ids) == sorted({number for part in _controls.NUMBERED for number in LIBRARY["benchmarks"][name].get(part, {})})
    assert {(control["status"], tuple(control["items"])) for control in found} <= {("not_checked", ("disk.rules_d.policy",))}
    assert all(control["title"] and said in control["why"] for control in found)
    assert "disk.rules_d.policy" in {item["id"] for item in document["items"]} and document["status"] == "drifted"


@pytest.mark.parametrize(("days", "state", "severity"), [
    (-1, "expired", "low"), (0, "expiring", "info"), (30, "expiring", "info"), (32, "in_force", None), (None, "in_force", None),
])
def test_an_exception_is_announced_a_month_before_its_end(bake, days, state, severity):
    tree = bake("cis_rhel_9", "rhel_9")
    expires = {} if days is None else {"expires": _utc.day(days)}
    tree.policy["exceptions"] = [{"control": "6.3.3.4", **EXCEPTION, **expires}]
    document = tree.document(exceptions=tree.policy["exceptions"])
    (record,) = document["exceptions"]
    assert record["state"] == state
    found = [item for item in document["items"] if item["id"].startswith("disk.exceptions.")]
    assert [item["severity"] for item in found] == [severity] * bool(severity)
    assert all(item["id"].startswith(f"disk.exceptions.{state}.") and item["controls"] == ["cis_rhel_9:6.3.3.4"]
               and expires["expires"] in item["actual"] for item in found)


@pytest.mark.parametrize(("mode", "listed"), [(0o600, True), (0o644, False)])
def test_a_file_of_a_package_that_a_benchmark_made_stricter_is_on_record(bake, mode, listed):
    tree = bake("stig_rhel_9", "rhel_9")
    said = "/etc/audit/rules.d/audit.rules: rpm -V audit says .M......."
    tree.write("var/lib/auditops/package_modes.json", json.dumps({"/etc/audit/rules.d/audit.rules": said, "/etc/gone": "x"}), 0o600)
    (tree.root / "etc/audit/rules.d/audit.rules").chmod(mode)
    found = [entry for entry in tree.document()["exceptions"] if "file" in entry]
    assert [(entry["reason"], entry["state"]) for entry in found] == [(said, "in_force")] * listed
    assert all(entry["controls"] and entry["controls"][0].startswith("stig_rhel_9:") for entry in found)


@pytest.mark.parametrize(("links", "watched", "status"), [
    ({}, "/usr/bin/kmod", "pass"), ({}, "/bin/kmod", "fail"), ({"bin": "usr/bin"}, "/bin/kmod", "pass"),
    ({"bin": "/usr/bin"}, "/bin/kmod", "pass"), ({"bin": "usr/libexec"}, "/bin/kmod", "fail"),
    ({"usr/sbin": "bin"}, "/usr/sbin/kmod", "pass"), ({"usr/sbin": "bin"}, "/sbin/kmod", "fail"),
])
def test_programs_by_the_name_of_a_merged_usr(bake, links, watched, status):
    tree = bake("stig_rhel_9", "rhel_9")
    for name, text in tree.rules_files().items():
        tree.write("etc/audit/rules.d/" + name, "".join(line for line in text.splitlines(keepends=True) if "/kmod" not in line), 0o600)
    for path, target in links.items():
        shutil.rmtree(tree.root / path, ignore_errors=True)
        (tree.root / path).symlink_to(target)
    for path in ("bin", "usr/libexec"):
        (tree.root / path).mkdir(exist_ok=True)  # without a directory the kernel takes no watch
    tree.write("etc/audit/rules.d/50-site.rules", f"-a always,exit -F path={watched} -F perm=x -F auid>=1000 -F auid!=unset -k m\n", 0o600)
    tree.compile()
    control = tree.verdicts()["RHEL-09-654105"]
    assert control["status"] == status, control


@pytest.mark.parametrize(("fstab", "status", "said"), [
    (AUDIT % "defaults,nodev,nosuid,noexec", ("pass", "pass", "pass"), ""),
    (AUDIT % "rw,nosuid", ("fail", "pass", "fail"), "/var/log/audit is mounted without nodev (rw,nosuid)"),
    (AUDIT % "defaults,nodev,nosuid,noexec,noauto", ("not_checked",) * 3, "/etc/fstab names no filesystem that holds /var/log/audit"),
    ("/dev/sda1 / xfs defaults 0 1\n", ("fail",) * 3, "lies on the filesystem of /, and is no mount of its own that could have nodev"),
    ("/dev/sda1 / xfs defaults 0 1\n/dev/sda3 /var/log xfs nodev,nosuid,noexec 0 1\n", ("fail",) * 3, "lies on the filesystem of /var/log"),
    ("", ("fail",) * 3, "lies on the filesystem of /"),
    (None, ("fail",) * 3, "lies on the filesystem of /"),
])
def test_options_of_the_mount(bake, fstab, status, said):
    tree = bake("cis_rhel_9", "rhel_9")
    (tree.root / "etc/fstab").unlink()
    if fstab is not None:
        tree.write("etc/fstab", fstab)
    document = tree.document()
    assert "storage.mount" not in document["live"]["unavailable"] and "mount" not in document["live"]["storage"]
    found = {control["id"]: control for control in document["controls"]}
    controls = [found["1.1.2.7.%d" % number] for number in (2, 3, 4)]
    assert tuple(control["status"] for control in controls) == status and said in controls[0]["why"], controls
