# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes to adopt a fleet: python3 benchmarks/bench_adopt.py [HOSTS] [RULES] (no root, no auditd).

300 trees of six kinds with noise (the order of rules, blanks, -k for -F key=, comments, a host in ten with a value of its own) have to
come to 3 to 10 files; a host with 10,000 rules has to be adopted within 60 s; the same hosts give the same bytes. The cost of ten times the
hosts, and of ten times the rules, is shown as a ratio: 10 is linear. Ends with 1 where a bound is broken.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live.collect import collect
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import fleet, report

KINDS = ("web", "database", "cache", "queue", "bastion", "build")
FILES, SECONDS = (3, 10), 60
CONF = {
    "log_file": "/var/log/audit/audit.log", "log_format": "ENRICHED", "flush": "INCREMENTAL_ASYNC", "freq": "50", "num_logs": "5",
    "max_log_file": "8", "max_log_file_action": "ROTATE", "space_left": "75", "space_left_action": "SYSLOG", "admin_space_left": "50",
    "admin_space_left_action": "SUSPEND", "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND",
}
STOCK = "-D\n-b 8192\n--backlog_wait_time 60000\n-f 1\n"


def tree(root: Path, conf: dict[str, str], rules: list[str]) -> Host:
    files = {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n", "usr/sbin/auditd": "",
        "etc/audit/auditd.conf": "".join(f"{key} = {value}\n" for key, value in conf.items()),
        "etc/audit/rules.d/audit.rules": STOCK, "etc/audit/rules.d/50-site.rules": "\n".join(rules) + "\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o640)
    (root / "var/log/audit").mkdir(parents=True, exist_ok=True)
    return Host(str(root), None)


def noisy(rules: list[str], chance: random.Random) -> list[str]:
    """The same rules as another hand wrote them."""
    written = list(rules)
    chance.shuffle(written)
    for place in range(0, len(written), 3):
        written[place] = written[place].replace(" -k ", " -F key=" if written[place].startswith("-a") else "  -k ")
    return ["# by " + chance.choice(("kim", "alex", "the old script")), *written] if chance.random() < 0.5 else written


def documents(top: Path, count: int) -> tuple[dict[str, dict], dict[str, list[str]]]:
    """({host: document}, {group: hosts}) of ``count`` hosts."""
    chance, found, groups = random.Random(count), {}, {kind: [] for kind in KINDS}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        place = KINDS.index(kind)
        rules = [f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "group", "sudoers", "hosts")]
        rules += [f"-w /opt/{kind}/{each} -p wa -k {kind}" for each in range(5 + place)]
        rules += [f"-a always,exit -F arch=b64 -S {call} -F auid>=1000 -F auid!=unset -k {call}" for call in ("mount", "umount2", "chmod")]
        conf = {**CONF, "max_log_file": str(8 * (place + 1))}
        name = f"{kind}{number:04d}"
        found[name] = collect(tree(top / name, conf, noisy(rules, chance)), "3.0.9")
        groups[kind].append(name)
    return found, groups


def written(found: dict[str, dict], groups: dict[str, list[str]]) -> tuple[float, dict[str, str]]:
    """(seconds, {path: text}) of an adoption."""
    started = time.process_time()
    adopted = fleet.of_documents(found, groups)
    texts = {**adopted.texts(), **report.written(adopted)}
    return time.process_time() - started, texts


def of_rules(top: Path, count: int) -> float:
    rules = [f"-a always,exit -F arch=b64 -S {('open', 'unlink')[number % 2]} -F path=/srv/data/{number} -k k{number % 50}"
             for number in range(count)]
    started = time.process_time()
    document = collect(tree(top / f"rules{count}", CONF, rules), "3.0.9")
    one = fleet.of_documents({"host": document}, {})
    one.texts()
    have = len(one.adopted[0].variables["audit_rules_extra"].value)
    if have != count:
        raise SystemExit(f"{count} rules came to {have}")
    return time.process_time() - started


def main() -> int:
    given = [int(word) for word in sys.argv[1:]]
    hosts, rules = (*given, *(300, 10000)[len(given):])[:2]
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        found, groups = documents(top, hosts)
        seconds, texts = written(found, groups)
        few, _texts = written(*documents(top / "few", max(6, hosts // 10)))
        again = written(dict(reversed(found.items())), {kind: members[::-1] for kind, members in groups.items()})[1]
        small, large = of_rules(top, rules // 10), of_rules(top, rules)
    variables = [path for path in texts if path.endswith("/audit.yml")]
    print(f"{hosts} hosts of {len(KINDS)} kinds: {len(variables)} files of variables, {sum(map(len, texts.values()))} bytes, "
          f"{seconds:.2f} s, {seconds / few:.1f} times {max(6, hosts // 10)} hosts")
    print(f"{rules} rules: {large:.2f} s, {large / small:.1f} times {rules // 10} rules")
    print(f"the same hosts in another order: {'the same' if texts == again else 'OTHER'} bytes")
    broken = [sentence for is_broken, sentence in (
        (not FILES[0] <= len(variables) <= FILES[1], f"{len(variables)} files, wanted {FILES[0]} to {FILES[1]}"),
        (large > SECONDS, f"{rules} rules took {large:.0f} s, wanted {SECONDS}"),
        (texts != again, "the same hosts gave other bytes")) if is_broken]
    print("\n".join(broken) or "within its bounds")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
