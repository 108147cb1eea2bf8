# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the unit tests and the playbooks over trees on two workers, and beside them the live tests in a row, as there is one kernel.

The live tests mostly wait for a daemon: one after the other the two take almost twice as long. The end counts the tests of both and names
what was skipped. At most five tests that failed are run again with nothing beside them: one that passes then failed for what ran beside it,
which the end says by name; one that fails again fails the run. Usage: run_tests.py DIRECTORY, for the JUnit files and the output of the
live tests; from the directory of the collection.
"""

from __future__ import annotations

import collections
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

# xunit1: the second kind of JUnit file does not say in which file a test stands
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "junit_family=xunit1")
BESIDE = ("-n", "2", "tests/unit", "tests/playbooks")
LIVE = ("tests/live",)
FEW = 5  # more tests than this do not fail for what runs beside them


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
    sys.stdout.flush()
    unsteady = passed_alone(reports.values()) if {beside, ended} <= {0, 1} else []
    print("\n".join(summary(reports.values(), unsteady)))
    return 0 if unsteady else beside or ended


def cases(reports):
    """Each test of these JUnit files, with what became of it: passed, failed or skipped."""
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
            kinds = {child.tag for child in case}
            yield case, "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def name_of(case: ElementTree.Element) -> str | None:
    """What pytest calls this test on its command line; None where it is not in a file, as an error of collecting."""
    path = case.get("file")
    if not path:
        return None
    inside = case.get("classname", "").removeprefix(path.removesuffix(".py").replace("/", ".")).strip(".")
    return "::".join([path, *filter(None, inside.split(".")), case.get("name", "")])


def passed_alone(reports) -> list[str]:
    """The tests that failed, where all of them pass with nothing beside them; none where one fails again, or too many failed."""
    failed = [name_of(case) for case, ended in cases(reports) if ended == "failed"]
    names = list(dict.fromkeys(filter(None, failed)))
    if None in failed or not 0 < len(names) <= FEW:
        return []
    print(f"\n== the {len(names)} that failed, alone", flush=True)
    return [] if subprocess.run([*PYTEST, *names], check=False).returncode else names


def summary(reports, unsteady=()) -> list[str]:
    """The lines that count the tests of all these JUnit files, as they ended first, and name their skips, a file that is missing and the
    tests that passed alone only."""
    counts, reasons = collections.Counter(), collections.Counter()
    missing = [f"no {report.name}: those tests did not come to their end" for report in reports if not report.exists()]
    for case, ended in cases(reports):
        counts[ended] += 1
        reasons.update(skip.get("message") for skip in case.iter("skipped"))
    skips = [f"SKIPPED [{count}] {reason}" for reason, count in reasons.most_common()]
    alone = [f"UNSTEADY {name}: failed beside the others, passed alone" for name in unsteady]
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
    return [*skips, *missing, *alone, f"{sum(counts.values())} tests: {kinds}"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
