# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the unit tests and the playbooks over trees on two workers, and beside them the live tests in a row, as there is one kernel.

The live tests mostly wait for a daemon: one after the other the two take almost twice as long. The end counts the tests of both and names
what was skipped. Usage: run_tests.py DIRECTORY, for the JUnit files and the output of the live tests; from the collection's directory.
"""

from __future__ import annotations

import collections
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
BESIDE = ("-n", "2", "tests/unit", "tests/playbooks")
LIVE = ("tests/live",)


def main(directory: Path) -> int:
    reports = {"unit": directory / "unit.xml", "live": directory / "live.xml"}
    for report in reports.values():
        report.unlink(missing_ok=True)
    log = directory / "live.log"
    with log.open("w") as output:
        live = subprocess.Popen([*PYTEST, "--junit-xml", str(reports["live"]), *LIVE], stdout=output, stderr=subprocess.STDOUT)
        try:
            beside = subprocess.run([*PYTEST, "--junit-xml", str(reports["unit"]), *BESIDE], check=False).returncode
        finally:
            # Also where the others were interrupted: only its own end puts the kernel's rules and the host's files back.
            ended = live.wait()
    sys.stdout.write(f"\n== tests/live, beside the others\n{log.read_text()}")
    print("\n".join(summary(reports.values())))
    return beside or ended


def summary(reports) -> list[str]:
    """The lines that count the tests of all these JUnit files and name their skips; a file that is missing is named."""
    counts, reasons, missing = collections.Counter(), collections.Counter(), []
    for report in reports:
        if not report.exists():
            missing.append(f"no {report.name}: those tests did not come to their end")
            continue
        for case in ElementTree.parse(report).iter("testcase"):
            kinds = {child.tag for child in case}
            counts["failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"] += 1
            reasons.update(skip.get("message") for skip in case.iter("skipped"))
    skips = [f"SKIPPED [{count}] {reason}" for reason, count in reasons.most_common()]
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
    return [*skips, *missing, f"{sum(counts.values())} tests: {kinds}"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
