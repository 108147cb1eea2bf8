# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rotated log that somebody still writes to while it is packed keeps its last records."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from rotate_tree import FILES

LATE = b"type=LATE msg=audit(1760000999.000:999999): x\n"
GROW = """
import sys
sys.path.insert(0, sys.argv[1])
from audit_rotate import cli, methods, pack, store
log, moment, late = sys.argv[2], sys.argv[3], sys.argv[4].encode()
names = {
    "while it is compressed": (methods, "compress"), "while it is compared": (store, "same_bytes"),
    "when it has its name": (store, "publish")}
module, name = names[moment]
real = getattr(module, name)
def grown(*args, **options):
    result = real(*args, **options)
    for path in __import__("glob").glob(log + "/audit.log.2*Z"):
        with open(path, "ab") as stream:
            stream.write(late)
    setattr(module, name, real)
    return result
setattr(module, name, grown)
sys.exit(cli.main(sys.argv[5:]))
"""


@pytest.mark.parametrize("moment", ["while it is compressed", "while it is compared", "when it has its name"])
def test_a_log_that_grows_is_packed_with_what_it_has_in_the_end(tree, moment):
    tree.rotated(1)
    options = ["--config", str(tree.conf), "--archive-only"]
    argv = [sys.executable, "-ISc", GROW, str(FILES), str(tree.log), moment, LATE.decode(), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert 999999 in tree.serials() and [entry["reason"] for entry in tree.status()["waiting"]] == ["it grew while it was compressed"]
    assert tree.run().returncode == 0
    assert 999999 in tree.serials() and [name for name in tree.names() if name.endswith(".gz")] != []
