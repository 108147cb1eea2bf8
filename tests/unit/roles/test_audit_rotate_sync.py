# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audit-rotate has the kernel write to the disk, and when: no power cut may leave neither the log nor its archive."""

from __future__ import annotations

import json
import subprocess
import sys

from rotate_tree import FILES

TRACE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from audit_rotate import cli
calls = []
def traced(name):
    real = getattr(os, name)
    def call(*args, **options):
        target = os.readlink("/proc/self/fd/%d" % args[0]) if isinstance(args[0], int) else args[0]
        calls.append([name, target, args[1] if len(args) > 1 else None])
        return real(*args, **options)
    setattr(os, name, call)
for name in ("fsync", "rename", "link", "unlink"):
    traced(name)
code = cli.main(sys.argv[2:])
print(json.dumps(calls))
sys.exit(code)
"""


def trace(tree):
    """[[call, path, second argument]] of one run."""
    argv = [sys.executable, "-ISc", TRACE, str(FILES), "--config", str(tree.conf), "--archive-only"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_original_goes_when_its_archive_is_on_the_disk(tree):
    tree.rotated(2)
    calls = trace(tree)
    log = str(tree.log)
    originals = [at for at, (name, path, _second) in enumerate(calls)
                 if name == "unlink" and path.startswith(log + "/audit.log.") and not path.endswith(".gz")]
    assert len(originals) == 2
    for at in originals:
        original = calls[at][1]
        published = max(place for place, (name, _path, second) in enumerate(calls[:at])
                        if name in ("rename", "link") and second == original + ".gz")
        temporary = calls[published][1]
        assert ["fsync", temporary, None] in calls[:published], "its bytes"
        assert ["fsync", log, None] in calls[published:at], "its name"
    assert calls[originals[-1]:].count(["fsync", log, None]) > 0, "that the original is gone"
