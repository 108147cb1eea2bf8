# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masked units, in trees and on live hosts: the next boot starts no auditd, or one without rules."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import units as compare_units
from ansible_collections.auditops.auditd.plugins.module_utils._drift.sides import Sides
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import services, units
from ansible_collections.auditops.auditd.plugins.module_utils._live.reading import Parsed

DEBIAN_13 = "[Unit]\nAfter=local-fs.target\nRequires=audit-rules.service\n"
UPSTREAM = "[Unit]\nWants=audit-rules.service\n"
ETC, LIB = "etc/systemd/system/", "usr/lib/systemd/system/"
NO_RULES = {ETC + "audit-rules.service": None}


@pytest.mark.parametrize(("files", "findings"), [
    ({LIB + "auditd.service": DEBIAN_13, LIB + "audit-rules.service": "[Unit]\n"}, {}),
    ({LIB + "auditd.service": DEBIAN_13, ETC + "audit-rules.service": None}, {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": DEBIAN_13, ETC + "audit-rules.service": ""}, {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": UPSTREAM, ETC + "audit-rules.service": None}, {"boot.rules_masked": "high"}),
    ({LIB + "auditd.service": DEBIAN_13, ETC + "auditd.service": None}, {"boot.auditd_masked": "critical"}),
    ({LIB + "auditd.service": DEBIAN_13, ETC + "audit-rules.service": "[Unit]\n", LIB + "audit-rules.service": None}, {}),
    # an administrator's own unit in the place of the package's
    ({ETC + "auditd.service": UPSTREAM, LIB + "auditd.service": DEBIAN_13, ETC + "audit-rules.service": None},
     {"boot.rules_masked": "high"}),
    ({ETC + "auditd.service": None, LIB + "auditd.service": DEBIAN_13, ETC + "audit-rules.service": None},
     {"boot.auditd_masked": "critical", "boot.rules_masked": "critical"}),
    ({}, {}),
    # drop-ins add dependencies, and an empty Requires= takes none away
    ({LIB + "auditd.service": UPSTREAM, ETC + "auditd.service.d/10-x.conf": DEBIAN_13, **NO_RULES}, {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": UPSTREAM, LIB + "service.d/x.conf": DEBIAN_13, **NO_RULES}, {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": DEBIAN_13, ETC + "auditd.service.d/10-x.conf": "[Unit]\nRequires=\n", **NO_RULES},
     {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": UPSTREAM, ETC + "auditd.service.d/x.txt": DEBIAN_13, **NO_RULES}, {"boot.rules_masked": "high"}),
    ({LIB + "auditd.service": UPSTREAM, ETC + "auditd.service.d/x.conf": "[Unit]\n#Requires=audit-rules.service\n", **NO_RULES},
     {"boot.rules_masked": "high"}),
    ({LIB + "auditd.service": UPSTREAM, LIB + "auditd.service.d/x.conf": DEBIAN_13, ETC + "auditd.service.d/x.conf": None, **NO_RULES},
     {"boot.rules_masked": "high"}),
    ({LIB + "auditd.service": "[Unit]\nRequires=a.service \\\n# because\n  audit-rules.service\n", **NO_RULES},
     {"boot.rules_masked": "critical"}),
    ({LIB + "auditd.service": UPSTREAM, ETC + "auditd.service.requires/audit-rules.service": "", **NO_RULES},
     {"boot.rules_masked": "critical"}),
])
def test_masked_units(tmp_path, files, findings):
    for path, text in files.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            place.symlink_to("/dev/null")
        else:
            place.write_text(text)
    live = {"distribution": None, "root": str(tmp_path), "units": units.read(SimpleNamespace(host=Host(str(tmp_path))))}
    found = compare_units.compare(Sides(live, Parsed(), {}, []))
    assert {item["id"]: item["severity"] for item in found} == findings


AUGENRULES, AUDITCTL = "ExecStartPost=-/sbin/augenrules --load", "ExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules"


@pytest.mark.parametrize(("unit", "drop_in", "loads"), [
    (AUGENRULES, "", True), (AUDITCTL, "", True), (AUGENRULES, "ExecStartPost=\n" + AUDITCTL, True), (AUGENRULES, "ExecStartPost=", False),
    ("ExecStartPost=/sbin/auditctl -R /etc/site.rules", "", False), (AUDITCTL, "ExecStartPost=", False), ("", "", None),
])
def test_what_loads_the_rules(tmp_path, unit, drop_in, loads):
    for path, text in ((LIB + "auditd.service", unit), (ETC + "auditd.service.d/x.conf", drop_in)):
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("[Service]\n%s%s\n" % ("ExecStart=/sbin/auditd\n" if place.name == "auditd.service" else "", text))
    assert services.read(SimpleNamespace(host=Host(str(tmp_path)), settings={}))["loads_rules"] is loads
