# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark library costs each system call, as ratios within one run: python3 benchmarks/bench_library.py (root, no auditd).

getppid, open+close and stat of a process without a login, with no rules, one rule, the library (CIS; CIS and STIG; PCI DSS) and what users
would have instead: one rule for each system call, as remediation content writes them, and the audit package's own STIG and PCI sets.
The aim: the library's getppid at most 1.25 times, open and stat at most 1.1 times that of one rule. Rules are put back.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._library import resolve as _library
from ansible_collections.auditops.auditd.plugins.module_utils._library.product import product as product_of
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

SAMPLES = (Path("/usr/share/doc/auditd/examples/rules"), Path("/usr/share/audit-rules"), Path("/usr/share/audit/sample-rules"))
ROUNDS = 9
PROBE = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
#define TIME(count, what) do { double best = 1e18; for (int r = 0; r < 7; r++) { double from = now(); \\
  for (int i = 0; i < count; i++) { what; } double took = (now() - from) / count; if (took < best) best = took; } \\
  printf("%.1f ", best); } while (0)
int main(void) {
  struct stat s;
  TIME(60000, syscall(SYS_getppid));
  TIME(15000, close(open("/etc/hostname", O_RDONLY)));
  TIME(30000, stat("/etc/hostname", &s));
  return 0;
}
"""


def sets() -> dict[str, str]:
    """{name: rules}"""
    library = controls.library()
    fields = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().replace('"', "").splitlines() if "=" in line)
    product = product_of(fields)
    release = re.search(r"version (\S+)", subprocess.run(["auditctl", "-v"], check=False, capture_output=True, text=True).stdout).group(1)

    def text(*profiles):
        result = _library.resolve(library, Choice(profiles, privileged="list"), System(product, audit_release=release))
        return _ruleset.compile_rules({_ruleset.RULES_D + "/" + name: rules for name, rules in result["files"].items()}).text

    found = {
        "no rules": "", "one rule": "-a always,exit -F arch=b64 -S init_module -k one\n",
        "library, CIS": text("auto"), "library, CIS and STIG": text("auto", "stig_rhel_9"), "library, PCI DSS": text("pci_dss"),
        "CIS and STIG, a rule a call": one_rule_a_call(text("auto", "stig_rhel_9")),
    }
    for name in ("30-stig.rules", "30-pci-dss-v31.rules"):
        sample = next((directory / name for directory in SAMPLES if (directory / name).exists()), None)
        if sample:
            found[f"sample {name}"] = "-c\n" + sample.read_text()
    return found


def one_rule_a_call(text: str) -> str:
    lines = []
    for line in text.splitlines():
        calls = re.search(r" -S (\S+)", line)
        lines += [line.replace(calls.group(1), call) for call in calls.group(1).split(",")] if calls else [line]
    return "\n".join(lines) + "\n"


def load(text: str) -> int:
    """Load the rules in place of all others; how many are on the exit list."""
    subprocess.run(["auditctl", "-D"], capture_output=True, check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".rules") as stream:
        stream.write("-c\n" + "".join(line + "\n" for line in text.splitlines() if re.match(r"-[aw] ", line)))
        stream.flush()
        subprocess.run(["auditctl", "-R", stream.name], check=False, capture_output=True)
    listed = subprocess.run(["auditctl", "-l"], check=False, capture_output=True, text=True).stdout.splitlines()
    return sum(1 for line in listed if line.startswith("-a") and ",exit" in line and " path=" not in line or is_directory(line))


def is_directory(line: str) -> bool:
    watch = re.match(r"-w (\S+)", line)
    return bool(watch) and os.path.isdir(watch.group(1))


def main() -> int:
    if os.geteuid() != 0 or not shutil.which("auditctl") or not shutil.which("cc"):
        print("bench_library: needs root, auditctl and a C compiler (cc)")
        return 0
    listed = subprocess.run(["auditctl", "-l"], check=False, capture_output=True, text=True).stdout
    kept = [line for line in listed.splitlines() if line.startswith("-")]
    status = subprocess.run(["auditctl", "-s"], check=False, capture_output=True, text=True).stdout
    enabled = re.search(r"^enabled (\d)", status, re.MULTILINE).group(1)
    subprocess.run(["auditctl", "-e", "1"], capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as work:
        probe = Path(work, "probe")
        Path(work, "probe.c").write_text(PROBE)
        subprocess.run(["cc", "-O2", "-o", probe, Path(work, "probe.c")], check=True)
        best: dict[str, list[float]] = {}
        on_exit_list: dict[str, int] = {}
        try:
            for _round in range(ROUNDS):  # all sets in each round, so that a busy minute hits them alike
                for name, text in sets().items():
                    on_exit_list[name] = load(text)
                    took = [float(word) for word in subprocess.run([probe], check=False, capture_output=True, text=True).stdout.split()]
                    best[name] = [min(pair) for pair in zip(best.get(name, took), took, strict=True)]
        finally:
            load("\n".join(kept))
            subprocess.run(["auditctl", "-e", enabled], check=False, capture_output=True)
    one = best["one rule"]
    print(f"{'rules':30} {'exit list':>9} " + " ".join(f"{what:>18}" for what in ("getppid", "open+close", "stat")))
    for name, values in best.items():
        figures = " ".join(f"{value:8.0f} ns {value / base:5.2f}x" for value, base in zip(values, one, strict=True))
        print(f"{name:30} {on_exit_list[name]:9} {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
