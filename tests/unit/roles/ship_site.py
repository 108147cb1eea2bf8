# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose archives audit-ship ships, and the program that stands for S3."""

from __future__ import annotations

import json
import subprocess
import sys

from rotate_tree import FILES, Tree

# Honours what audit-ship asks of the AWS program: a directory is the bucket, a file beside an object has its metadata.
AWS = """#!{python} -IS
import json, os, shutil, sys
from pathlib import Path
root, words = Path({root!r}), sys.argv[1:]
with open(root / "calls", "a") as stream:
    stream.write(" ".join(words) + "\\n")
if (root / "down").exists():
    sys.exit("Could not connect to the endpoint URL")
if words[0] == "--region":
    words = words[2:]
value = dict(zip(words, words[1:]))
if words[:2] == ["s3", "cp"]:
    target = root / "bucket" / words[-1].split("/", 3)[3]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(words[-2], target)
    Path(str(target) + ".metadata").write_text(json.dumps(dict([value["--metadata"].split("=")])))
    if (root / "truncates").exists():
        target.write_text("")
else:
    target = root / "bucket" / value["--key"]
    if words[:2] != ["s3api", "head-object"] or not target.exists():
        sys.exit("Not Found")
    print(json.dumps(dict(ContentLength=target.stat().st_size, Metadata=json.loads(Path(str(target) + ".metadata").read_text()))))
"""


class Site:
    def __init__(self, root, tmp, **config):
        self.root = root
        (root / "bucket").mkdir()
        self.aws = root / "aws"
        self.aws.write_text(AWS.format(root=str(root), python=sys.executable))
        self.aws.chmod(0o755)
        self.tree = Tree(root / "tree", adopt="prune", compress="gzip", shipped_stamp=root / "tree/state/shipped.stamp", **config)
        self.config = self.tree.conf.with_name("ship.json")
        self.configure({"name": "s3", "kind": "s3", "program": str(self.aws), "bucket": "logs", "prefix": "audit/web-1/",
                        "options": ["--region", "eu-west-1"]})

    def configure(self, *targets, **others):
        self.config.write_text(json.dumps({"targets": targets, "attempts": 2, "pause": 0.01, "timeout": 60, **others}))
        self.config.chmod(0o600)

    def ship(self, *arguments):
        return subprocess.run([sys.executable, "-IS", str(FILES / "audit-ship"), "--config", str(self.config), "--rotate-config",
                               str(self.tree.conf), *arguments], check=False, capture_output=True, text=True)

    @property
    def archives(self):
        return sorted(path.name for path in self.tree.log.glob("audit.log.20*"))

    @property
    def shipped(self):
        return sorted(path.name for path in (self.root / "bucket").rglob("audit.log*") if not path.name.endswith(".metadata"))

    @property
    def copies(self):
        return (self.root / "calls").read_text().count("s3 cp") if (self.root / "calls").exists() else 0

    @property
    def until(self):
        return float((self.root / "tree/state/shipped.stamp").read_text())

    def pruned(self):
        """What is left where one archive is to be kept and nothing may go that was not shipped."""
        self.tree.configure(adopt="prune", keep=1, keep_days_min=0, shipped_stamp=self.root / "tree/state/shipped.stamp")
        self.tree.run("--archive-only")
        return self.archives

    def rotated(self, count):
        self.tree.rotated(count)
        assert self.tree.run("--archive-only").returncode == 0
        return self
