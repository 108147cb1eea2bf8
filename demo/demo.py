# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection does, on a throwaway fleet of host trees: drift, remediate, drift again, in plain words. Needs no root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fleet
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import model, reader, summary

LONGEST_LIST = 6


class Demo:
    def __init__(self, directory: Path):
        self.directory = directory
        self.report = directory / "report"
        self.inventory = fleet.build(directory)
        # a user may have no home to write to
        self.homes = {"ANSIBLE_HOME": str(directory / ".ansible"), "ANSIBLE_REMOTE_TMP": str(directory / ".ansible/tmp")}

    def play(self, name: str, report: Path) -> None:
        """Run a playbook as a user would; what Ansible says goes to a file beside the fleet."""
        argv = ["ansible-playbook", "-i", str(self.inventory), f"auditops.auditd.{name}", "-e", f"audit_drift_report_dir={report}"]
        log = self.directory / f"{name}.log"
        print(f"\n$ ansible-playbook -i {self.inventory} auditops.auditd.{name}\n", flush=True)
        environment = dict(os.environ, ANSIBLE_FORCE_COLOR="0", ANSIBLE_NOCOLOR="1", **self.homes)
        with open(log, "w") as stream:
            done = subprocess.run(argv, stdout=stream, stderr=subprocess.STDOUT, env=environment, check=False)
        if done.returncode:
            sys.exit(f"ansible-playbook ended with {done.returncode}; what it said is in {log}:\n{log.read_text()[-4000:]}")

    def say(self, text: str) -> None:
        print("\n".join("    " + line for line in text.splitlines()), flush=True)

    def run(self) -> None:
        print(f"A fleet of {len(fleet.FLEET)} hosts, as their distributions ship auditd; rhel-8 was hardened until it halts.")
        print(f"Their trees: {self.directory}/hosts")
        tree = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
        print(f"To call the commands below yourself: export PATH={Path(sys.executable).parent}:$PATH ANSIBLE_COLLECTIONS_PATH={tree}")
        self.play("drift", self.report)
        self.say(summary.summary(reader.load([str(self.report)])))
        self.play("remediate", self.report)
        remediated = reader.load([str(self.report)])
        self.say(summary.summary(remediated))
        print("\nWhat changed:")
        for host in sorted(remediated.hosts, key=lambda host: host.name):
            self.say(self.changes(host))
        self.play("drift", self.directory / "again")
        again = reader.load([str(self.directory / "again")])
        self.say(summary.summary(again))
        if again.counts["in_sync"] != len(fleet.FLEET):
            sys.exit("The fleet is not in sync after the remediation: this demo, or the collection, is broken.")
        print(f"\nThe report, before and after: {self.report}/index.html\nOne document per host:        {self.report}/hosts/")

    def changes(self, host: model.HostReport) -> str:
        logs = sorted((self.directory / "hosts" / host.name / "var/log/audit").glob("audit.log.*"))
        lines = [f"{host.name}:"]
        for item in host.fixed[:LONGEST_LIST]:
            lines.append(f"  {item['id']}: {shown(item['actual'])} -> {shown(item['expected'])}")
        if len(host.fixed) > LONGEST_LIST:
            lines.append(f"  and {len(host.fixed) - LONGEST_LIST} more, see the report")
        if logs:
            lines.append(f"  {len(logs)} rotated logs compressed and named by time, the newest {logs[-1].name}")
        return "\n".join(lines)


def shown(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 70 else text[:67] + "..."


if __name__ == "__main__":
    Demo(Path(sys.argv[1]).resolve()).run()
