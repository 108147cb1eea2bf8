# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of one product with everything that one benchmark demands, for its verdicts and for the graders."""

from __future__ import annotations

import re
from pathlib import Path

import grader
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import profiles as _profiles
from ansible_collections.auditops.auditd.plugins.module_utils._library import settled, words
from ansible_collections.auditops.auditd.plugins.module_utils._library.demands import Demands
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _compiled
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _files
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, demands
from ansible_collections.auditops.auditd.plugins.plugin_utils.settings_judges import AnyHost

LIBRARY = controls.library()
OS_RELEASE = {
    "amazon_2023": "ID=amzn\nVERSION_ID=2023\n", "debian_12": "ID=debian\nVERSION_ID=12\n", "debian_13": "ID=debian\nVERSION_ID=13\n",
    "rhel_8": "ID=rhel\nVERSION_ID=8.10\n", "rhel_9": "ID=rhel\nVERSION_ID=9.5\n", "rhel_10": "ID=rhel\nVERSION_ID=10.0\n",
    "ubuntu_22_04": "ID=ubuntu\nVERSION_ID=22.04\n", "ubuntu_24_04": "ID=ubuntu\nVERSION_ID=24.04\n",
    "sle_15": "ID=sles\nVERSION_ID=15.5\n",
}
OVAL, TEXT, HOST = (grader.load(name) for name in ("oval", "text", "host"))
CASES = sorted({(case["profiles"][0], case["product"]) for case in [*OVAL.values(), *TEXT.values()]})
FINAL = "-D\n-c\n-b 8192\n-f 2\n--loginuid-immutable\n-e 2\n"
# Watched by no file of its own: a directory has to be there for the kernel to take the rule
DIRECTORY = re.compile(r"(?:-w |dir=)(\S+)/(?: |$)")
PATH = re.compile(r"(?:-w |path=|dir=)(\S+)")


FINALS = {"stop_host": FINAL, "keep_running": "-D\n-c\n-b 8192\n-f 1\n--loginuid-immutable\n"}
BOOT_LINE = 'GRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\n'
SYSTEM = {  # what a host has besides, where a benchmark asks for it
    "etc/default/grub": BOOT_LINE, "etc/zipl.conf": '[a]\nparameters = "root=/dev/sda1 audit=1 audit_backlog_limit=8192"\n',
    "usr/lib/systemd/system/auditd.service": "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n",
    "usr/lib/systemd/system/audit-rules.service": "[Service]\nType=oneshot\nExecStart=/usr/sbin/augenrules --load\n",
    "etc/fstab": "/dev/sda2 /var/log/audit ext4 rw,nodev,nosuid,noexec 0 0\n", "etc/security/faillock.conf": "audit\n",
    "etc/permissions.local": "/var/log/audit root:root 600\n/usr/sbin/auditd root:root 750\n",
    "etc/audit/audisp-remote.conf":
        "remote_server = 10.0.1.2\nenable_krb5 = yes\nnetwork_failure_action = syslog\ndisk_full_action = syslog\n",
}
ONLY_ON = {"etc/zipl.conf": ("debian_12", "debian_13", "ubuntu_22_04"), "etc/permissions.local": ("sle_15",),
           "usr/lib/systemd/system/audit-rules.service": ("rhel_10", "debian_13"),  # audit 4
           "etc/audit/audisp-remote.conf": ("sle_15",)}
WANTS = "etc/systemd/system/multi-user.target.wants/auditd.service"
TOOLS = ("auditctl", "auditd", "augenrules", "ausearch", "aureport", "autrace")
PROGRAMS = ("su", "passwd")  # set-uid


class Baked:
    """A tree with everything that one profile demands, as far as the failure policy permits; what is broken in it is written over it.

    ``asks``: whether the user asks for the max_log_file_action of the benchmark, which the rotation by time sets aside otherwise.
    ``ships``: whether the syslog plugin is active.
    """

    def __init__(self, root: Path, profile: str, product: str, *, bare: bool = False, failure_policy="stop_host", asks=True,
                 ships=True) -> None:
        self.root, self.profile, self.product, self.failure_policy, self.asks = root, profile, product, failure_policy, asks
        self.release = LIBRARY["products"][product]["audit"]
        self.policy = {
            "profiles": [profile], "library": LIBRARY, "privileged": "discover", "failure_policy": failure_policy,
            "immutable": failure_policy == "stop_host", "rotation_wanted": True,
            "control": {"failure": FAILURE_POLICIES[failure_policy]["failure"]}}
        self.write("etc/os-release", OS_RELEASE[product])
        (root / "var/log/audit").mkdir(parents=True)
        (root / "var/log/audit").chmod(0o700)
        self.write("etc/group", "root:x:0:\nadm:x:4:\n")
        for name in TOOLS:
            self.write(f"sbin/{name}", "", 0o755)
        self.write("usr/lib/sendmail", "", 0o755)
        for name in ("audit.rules", "auditd.conf", "10-base-config.rules"):
            self.write(f"usr/share/audit-rules/{name}", "")
        for name in PROGRAMS:
            self.write(f"usr/bin/{name}", "", 0o4755)
        self.write("etc/audit/auditd.conf", _conf.stock(self.release), 0o600)
        self.write("etc/audit/rules.d/audit.rules", "-D\n-b 8192\n", 0o600)
        if not bare:
            self._fill()
        if not bare and ships:
            self.write("etc/audit/plugins.d/syslog.conf", "active = yes\n", 0o600)
        self.compile()

    def write(self, path, text, mode=0o644):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def _fill(self):
        for path, text in SYSTEM.items():
            if self.product in ONLY_ON.get(path, (self.product,)):
                self.write(path, text, 0o600 if path.startswith("etc/audit/") else 0o644)
        self.write("var/log/audit/audit.log", "", 0o600)
        self.write("usr/sbin/audisp-remote", "", 0o755)
        (self.root / WANTS).parent.mkdir(parents=True)
        (self.root / WANTS).symlink_to("/usr/lib/systemd/system/auditd.service")
        whole, resolved = _profiles.expand(Host(str(self.root)), self.policy, self.release)
        for text in whole["files"].values():
            for line in text.splitlines():
                match = PATH.search(line) if not line.startswith("#") else None
                if match:
                    where = self.root / match.group(1).lstrip("/")
                    (where if DIRECTORY.search(line) else where.parent).mkdir(parents=True, exist_ok=True)
        for name, text in whole["files"].items():
            self.write("etc/audit/rules.d/" + name, _files.with_mark(text), 0o600)
        self.write("etc/audit/rules.d/zz-auditops-finalize.rules", _files.with_mark(FINALS[self.failure_policy]), 0o600)
        asked = self.asked()
        self.write("etc/audit/auditd.conf", settled.settle(asked, self.conf(), self.release, AnyHost()).conf.text, 0o600)

    def conf(self):
        return _conf.parse((self.root / "etc/audit/auditd.conf").read_text())

    def demands(self):
        return Demands(demands.packed(), self.product).settings([self.profile])

    def asked(self):
        """What a user would have to write to have all of the benchmark: the one word that the rotation by time sets aside."""
        own = {key: found[0].accepted[0] for key, found in self.demands().items() if key == "max_log_file_action" and self.asks}
        by_time = {"max_log_file_action": "IGNORE", "num_logs": "5"} if not self.asks else {"num_logs": "5"}
        settings = {**FAILURE_POLICIES[self.failure_policy]["settings"], **by_time, **own}
        return settled.Asked(
            settings, own=own, failure_policy=self.failure_policy, rotation_wanted=not self.asks, demands=self.demands())

    def rules_files(self):
        return {path.name: path.read_text() for path in (self.root / "etc/audit/rules.d").glob("*.rules")}

    def compile(self):
        text = _compiled.compile_rules(_compiled.read_rules_d(Host(str(self.root)))).text
        self.write("etc/audit/audit.rules", text, 0o600)

    def document(self, **auditd):
        asked = self.asked()
        wanted = {
            "auditd": {"settings": asked.settings, "own_keys": sorted(asked.own), "failure_policy": self.failure_policy,
                       "profiles": [self.profile], "benchmark_conf": "apply", "rotation_wanted": asked.rotation_wanted, **auditd},
            "audit_rules": self.policy, "benchmarks": demands.packed(),
        }
        live, parsed = _drift.look(Host(str(self.root)), wanted, self.release)
        mount = "/var/log/audit" if grader.host(["partition"], self.root) == [] else "/"  # a tree has no filesystems mounted
        live["storage"]["partition"] = {"mount": mount, "size_mb": 900, "free_mb": 800, "device": "sda2", "filesystem": "ext4"}
        return _drift.compare(live, parsed, wanted)

    def verdicts(self, **auditd):
        return {control["id"]: control for control in self.document(**auditd)["controls"]}

    def graded(self):
        """Ids of which one of the graders misses something."""
        benchmark, files = LIBRARY["benchmarks"][self.profile], self.rules_files()
        failed = {name.split()[0] for name, met in self.scan().items() if not met}
        for number, needs in self.needs(TEXT):
            known = words._by_number(benchmark, number)
            if known and grader.text(needs, files):
                failed.add(known)
        return failed

    def scan(self):
        """{control and name of a rule of the OVAL family: whether it is met}; neither way for what a person has to look at."""
        files, conf = self.rules_files(), dict(self.conf().settings)
        found = {name: grader.oval(needs, files, conf) == [] for name, needs in self._rules(OVAL) if "_" in name}
        for name, needs in self._rules(HOST):
            if not grader.is_by_hand(needs):
                of_conf = [need for need in needs if need.startswith("conf ")]
                found[name] = grader.oval(of_conf, files, conf) == [] if of_conf else grader.host(needs, self.root) == []
        return found

    def needs(self, fixture):
        for case in fixture.values():
            if case["product"] == self.product and case["profiles"] == [self.profile]:
                yield from ((number.split()[0], needs) for number, needs in case["rules"].items())

    def _rules(self, fixture):
        return fixture.get(f"{self.profile} on {self.product}", {"rules": {}})["rules"].items()
