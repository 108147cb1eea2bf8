# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all benchmarks demand of settings, for any host: read once for a run, without the rules and without what checks them."""

from __future__ import annotations

import functools
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._library import demands

from .own_files import ROLES, read_yaml

DIRECTORY = ROLES / "audit_rules/files/controls"
NAMING_LIBRARY = ("profiles", "skip", "filters")  # options of audit_rules that name something of the benchmark library


@functools.lru_cache(maxsize=1)
def packed(directory: Path = DIRECTORY) -> str:
    """The demands as C(_library.demands) packs them: 2.4 KB of text. The files are those that tests have checked (controls.library)."""
    benchmarks, waivers = {}, {}
    for path in sorted(directory.glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if "\nbenchmark:" in text or "\nwaivers:" in text:  # the others are rules: most of the library
            data = read_yaml(text)
            waivers.update(data.get("waivers", {}))
            if "benchmark" in data:
                benchmarks[data["benchmark"]["name"]] = data["benchmark"]
    return demands.pack({"benchmarks": benchmarks, "waivers": waivers})
