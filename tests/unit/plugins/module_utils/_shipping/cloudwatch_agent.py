# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent of CloudWatch that honours the same files as the real one, and what a policy makes of a host that has it."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_cloudwatch as apply

POLICY = {"to": ["cloudwatch"], "cloudwatch_log_group": "/example/audit", "cloudwatch_log_stream": "{instance_id}",
          "cloudwatch_retention_days": 365, "schedule": "hourly", "scheduler": "cron"}
# Honours the files and words of the agent's control program: it takes a part of the configuration over under its own name.
CONTROL = """#!{python} -IS
import json, sys
from pathlib import Path
root, words = Path({root!r}), sys.argv[1:]
with open(root / "calls", "a") as stream:
    stream.write(" ".join(words) + "\\n")
value = dict(zip(words, words[1:]))
if (root / "refuses").exists():
    sys.exit("Configuration validation first phase failed")
if value["-a"] == "status":
    print(json.dumps(dict(status="stopped" if (root / "stopped").exists() else "running")))
else:
    source = Path(value["-c"][len("file:"):])
    target = root / "opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d" / ("file_" + source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if value["-a"] == "append-config" and not (root / "lies").exists():
        target.write_text(Path(str(root) + str(source)).read_text())
    elif value["-a"] == "remove-config" and not (root / "lies").exists():
        target.unlink()
"""


def converge(host, policy):
    planned = apply.plan(host, policy, "3.0.9")
    if planned.changed:
        apply.apply(host, planned, "auto")
    return planned.action
