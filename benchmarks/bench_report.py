# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet in every format: CPU for a host as a ratio between fleet sizes, the size of each file, and the peak of memory.

usage: bench_report.py [HOSTS ...]     the sizes of the fleets, smallest first; 100 1000 10000 without any
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import synthetic_fleet
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import history, reader
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report


def measure(directory: Path, hosts: int) -> dict:
    """CPU seconds of each part, bytes of each file, and megabytes at the peak. In a process of its own, whose peak is only this."""
    groups = synthetic_fleet.groups(hosts)
    start = time.process_time()
    fleet = reader.load([str(directory)], inventory=groups["all"], groups=groups, run=synthetic_fleet.RUN)
    changes = history.compare(directory / "history", fleet)
    history.record(directory / "history", fleet)
    seconds, sizes = {"read": time.process_time() - start}, {}
    for name in table.FORMATS:
        start = time.process_time()
        path = table.write(Report(fleet, changes), directory, [name])[name]
        seconds[name], sizes[name] = time.process_time() - start, Path(path).stat().st_size
    sizes["history of a run"] = sum(path.stat().st_size for path in (directory / "history").iterdir())
    return {"seconds": seconds, "sizes": sizes, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    fleets = [int(word) for word in sys.argv[1:]] or [100, 1000, 10000]
    found = {}
    for hosts in fleets:
        directory = Path(tempfile.mkdtemp(prefix="auditops-bench-"))
        synthetic_fleet.build(directory, hosts)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found[hosts] = pool.apply(measure, (directory, hosts))
        shutil.rmtree(directory)
    for hosts, one in found.items():
        total = sum(one["seconds"].values())
        pages = one["seconds"]["read"] + one["seconds"]["html"] + one["seconds"]["json"]
        print(f"{hosts} hosts: all formats {total:.1f} s CPU, peak {one['peak']:.0f} MB; "
              f"html and json {1000 * pages / hosts:.2f} ms a host")
        print("  " + ", ".join(f"{name} {size / 1024:.0f} KB" for name, size in one["sizes"].items()))
    smallest, largest = min(fleets), max(fleets)
    first, last = (sum(found[hosts]["seconds"].values()) / hosts for hosts in (smallest, largest))
    print(f"a host of {largest} costs {last / first:.2f}x a host of {smallest}")
    for name, seconds in found[largest]["seconds"].items():
        print(f"  {name:12} {seconds / found[largest]['seconds']['read']:.2f}x reading the spool")


if __name__ == "__main__":
    main()
