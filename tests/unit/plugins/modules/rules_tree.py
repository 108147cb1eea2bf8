# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of distributions as far as rules depend on them, and the module and the drift check run on them in this process."""

from __future__ import annotations

import struct
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.modules import audit_rules
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, demands

MACHINES = {"x86_64": 62, "aarch64": 183}
RELEASES = {  # product: (ID, VERSION_ID, release of audit)
    "debian_12": ("debian", "12", "3.0.9"),
    "debian_13": ("debian", "13", "4.0.2"),
    "ubuntu_22_04": ("ubuntu", "22.04", "3.0.7"),
    "ubuntu_24_04": ("ubuntu", "24.04", "3.1.2"),
    "rhel_8": ("rhel", "8.10", "3.1.2"),
    "rhel_9": ("rocky", "9.4", "3.1.5"),
    "rhel_10": ("almalinux", "10.0", "4.0.3"),
    "amazon_2023": ("amzn", "2023", "3.0.6"),
}
SAMPLES = "usr/share/doc/auditd/examples/rules"
CONF = "log_file = /var/log/audit/audit.log\nmax_log_file = 8\nfreq = 20\nflush = INCREMENTAL_ASYNC\n"


class Module:
    """What run() of a module sees of AnsibleModule."""

    check_mode = _diff = False

    def __init__(self, params):
        self.params = params

    @staticmethod
    def run_command(argv, **_options):
        raise AssertionError(f"{argv} was run for an offline tree")


class Tree:
    def __init__(self, root: Path, product: str = "debian_12", machine: str = "x86_64"):
        name, version, self.release = RELEASES[product]
        self.root = root
        self.write("etc/os-release", f'ID="{name}"\nVERSION_ID="{version}"\n')
        self.write("etc/login.defs", "UID_MIN 1000\n")
        self.write("etc/passwd", "root:x:0:0::/:/bin/sh\n")
        self.write("etc/audit/auditd.conf", CONF)
        self.write("usr/sbin/auditctl", "")
        (root / "bin").mkdir()
        (root / "bin/sh").write_bytes(b"\x7fELF\x02\x01" + bytes(10) + struct.pack("<HH", 2, MACHINES[machine]) + bytes(40))
        for path in ("usr/bin/su", "usr/lib/helpers/helper"):
            self.setuid(path)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)
        (self.root / path).chmod(0o640)

    def setuid(self, path: str) -> None:
        self.write(path, "")
        (self.root / path).chmod(0o4755)

    def samples(self) -> dict[str, str]:
        """Sample files of the audit package; the text of each is a rule of its own."""
        names = [name for names in controls.library()["benchmarks"]["ospp"]["sample_files"].values() for name in names]
        texts = {name: f"## sample {name}\n-a always,exit -F arch=b64 -S open -F a0={number} -F key={number}\n"
                 for number, name in enumerate(names)}
        for name, text in texts.items():
            self.write(f"{SAMPLES}/{name}", text)
        return texts

    def policy(self, **wanted: object) -> dict:
        defaults = {name: option.get("default") for name, option in audit_rules.ARGUMENT_SPEC.items()}
        return controls.with_library(dict(defaults, root=str(self.root), release=self.release, **wanted))

    def apply(self, **wanted: object) -> dict:
        return audit_rules.run(Module(self.policy(**wanted)))

    def drift(self, settings: dict | None = None, **wanted: object) -> dict:
        policy = {"audit_rules": self.policy(**wanted), "auditd": settings and {"settings": settings}, "benchmarks": demands.packed()}
        return _drift.compare(*_drift.look(Host(str(self.root)), policy, self.release), policy)

    def drifted(self, **wanted: object) -> dict[str, dict]:
        """The findings about rules, by id, without those of a benchmark that name what this tree does not have."""
        items = {item["id"]: item for item in self.drift(**wanted)["items"] if "rules" in item["id"]}
        items.pop("disk.rules_d.not_on_this_host", None)
        return items

    def rules_d(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted((self.root / "etc/audit/rules.d").glob("*"))}
