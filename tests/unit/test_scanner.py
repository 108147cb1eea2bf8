# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real scanner on rendered trees: oscap with the content that AUDITOPS_SCAP_CONTENT names (a directory with ssg-rhel9-ds.xml and so on).

Debian's package ssg-nondebian has it. Slow (seconds a case), so it runs only where that variable is set.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._library import resolve as _library
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

CONTENT = os.environ.get("AUDITOPS_SCAP_CONTENT")
XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
PREFIX = "xccdf_org.ssgproject.content_rule_"
PROGRAMS = ("/usr/bin/su", "/usr/bin/passwd")
UNIT = {"auditd": "ExecStartPost=-/sbin/augenrules --load", "audit-rules": "ExecStart=/sbin/augenrules --load"}
pytestmark = pytest.mark.skipif(not CONTENT or not shutil.which("oscap"), reason="AUDITOPS_SCAP_CONTENT is not set, or there is no oscap")

# What content 0.1.76 wants and the benchmark (or content since 0.1.80) does not; and what is no business of rules or of this collection
OTHER_CONTENT = {
    "ssg-rhel9 stig": {"auditd_freq"},
    "ssg-rhel10 cis": {"audit_rules_execution_chacl", "audit_rules_execution_setfacl", "audit_rules_execution_chcon",
                       "audit_rules_privileged_commands", "audit_rules_privileged_commands_kmod",
                       "audit_rules_privileged_commands_usermod"},
    "ssg-ubuntu2404 cis_level2_server": {"audit_rules_suid_privilege_function", "audit_rules_privileged_commands_insmod",
                                         "audit_rules_privileged_commands_modprobe", "audit_rules_privileged_commands_rmmod",
                                         "audit_rules_privileged_commands"},  # a script since 0.1.82, which oscap runs on no tree
}
SHIPPING = {"auditd_audispd_syslog_plugin_activated", "auditd_audispd_configure_remote_server", "auditd_offload_logs",
            "auditd_audispd_disk_full_action", "auditd_audispd_network_failure_action", "auditd_audispd_encrypt_sent_records"}


def tree(root: Path, profiles: list[str], product: str):
    result = _library.resolve(controls.library(), Choice(profiles), System(product, programs=PROGRAMS))
    files = {f"etc/audit/rules.d/{name}": text for name, text in result["files"].items()}
    files["etc/audit/rules.d/zz.rules"] = "-D\n-f 2\n-e 2\n"
    files["etc/audit/auditd.conf"] = "".join(f"{key} = {value}\n" for key, value in result["auditd_conf"].items())
    files["etc/passwd"] = "root:x:0:0::/root:/bin/sh\n"
    for name in ("proc/self/mounts", "proc/mounts", "etc/mtab"):
        files[name] = "/dev/vda1 / ext4 rw 0 0\n"
    files.update({f"usr/lib/systemd/system/{name}.service": f"[Service]\n{line}\n" for name, line in UNIT.items()})
    files.update({path.lstrip("/"): "" for path in PROGRAMS})
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for path in PROGRAMS:
        (root / path.lstrip("/")).chmod(0o4755)


def scan(root: Path, content: Path, profile: str, work: Path) -> dict[str, str]:
    text = re.sub(r'<(?:[\w.-]+:)?platform idref="[^"]*"\s*/>', "", content.read_text())  # the tree is no such system
    stripped = work / "content.xml"
    stripped.write_text(text)
    selected = [
        select.get("idref") for entry in ET.fromstring(text).iter(XCCDF + "Profile") if entry.get("id").endswith("_profile_" + profile)
        for select in entry.iter(XCCDF + "select") if select.get("selected") == "true"]
    rules = [name for name in selected if re.match(r"audit_rules|audit_sudo|audit_privileged|auditd_", name.removeprefix(PREFIX))]
    assert rules
    out = work / "results.xml"
    command = ["oscap", "xccdf", "eval", "--skip-valid", "--profile", profile, "--results", out, stripped]
    for rule in rules:
        command[3:3] = ["--rule", rule]
    subprocess.run(command, check=False, env=dict(os.environ, OSCAP_PROBE_ROOT=str(root)), capture_output=True)
    # what oscap quotes of a binary file is no XML
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", out.read_bytes().decode("utf-8", "replace"))
    results = ET.fromstring(text).iter(XCCDF + "rule-result")
    return {entry.get("idref").removeprefix(PREFIX): entry.find(XCCDF + "result").text for entry in results}


@pytest.mark.parametrize(("content", "profile", "profiles", "product"), [
    ("ssg-rhel8", "cis", ["cis_rhel_8"], "rhel_8"),
    ("ssg-rhel8", "stig", ["stig_rhel_8"], "rhel_8"),
    ("ssg-rhel8", "stig", ["cis_rhel_8", "stig_rhel_8"], "rhel_8"),
    ("ssg-rhel9", "cis", ["cis_rhel_9", "stig_rhel_9"], "rhel_9"),
    ("ssg-rhel9", "stig", ["stig_rhel_9"], "rhel_9"),
    ("ssg-rhel9", "pci-dss", ["pci_dss"], "rhel_9"),
    ("ssg-rhel10", "cis", ["cis_rhel_10"], "rhel_10"),
    ("ssg-al2023", "cis", ["cis_amazon_2023"], "amazon_2023"),
    ("ssg-ubuntu2404", "cis_level2_server", ["cis_ubuntu_24_04"], "ubuntu_24_04"),
    ("ssg-rhel10", "stig", ["stig_rhel_10"], "rhel_10"),
    ("ssg-rhel10", "pci-dss", ["pci_dss"], "rhel_10"),
    ("ssg-ubuntu2404", "stig", ["stig_ubuntu_24_04"], "ubuntu_24_04"),
    ("ssg-sle15", "cis", ["cis_sle_15"], "sle_15"),
    ("ssg-sle15", "stig", ["stig_sle_15"], "sle_15"),
    ("ssg-sle15", "pci-dss-4", ["pci_dss"], "sle_15"),
])
def test_the_scanner_passes(tmp_path, content, profile, profiles, product):
    path = Path(CONTENT) / f"{content}-ds.xml"
    if not path.exists():
        pytest.skip(f"no {path.name} in {CONTENT}")
    root, work = tmp_path / "root", tmp_path / "work"
    work.mkdir()
    tree(root, profiles, product)
    results = scan(root, path, profile, work)
    failed = {name for name, result in results.items() if result not in ("pass", "notselected", "notchecked", "notapplicable")}
    assert failed - SHIPPING - OTHER_CONTENT.get(f"{content} {profile}", set()) == set()
    assert sum(result == "pass" for result in results.values()) >= 40
