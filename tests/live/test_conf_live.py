# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the validator says of a file, the auditd of this machine says too, and those of other releases whose roots AUDITOPS_CHROOTS holds.

auditd reads its configuration before it touches the kernel and exits with 6 where it refuses it. It runs in namespaces of its own here
(user, pid, network, mount), where the kernel's audit is out of its reach: nothing of this machine changes, and no lock is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import auditd_site as sites
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control as _daemon
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES

FIXTURES = Path(__file__).parents[1] / "unit" / "plugins" / "module_utils" / "fixtures"
ROOTS = sites.roots()
REFUSED = 6  # exit code of auditd; with 1 it has read the file and fails at what the namespace withholds

# Reads texts (JSON) from stdin, has auditd judge each, prints the exit codes (JSON). Runs as root of its own namespaces.
JUDGE = r"""
import json, os, subprocess, sys
root = sys.argv[1].rstrip("/")
texts = json.load(sys.stdin)
for directory in ("/run", "/var/log"):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root + directory], check=True)
for directory in ("/var/log/audit", "/run/audit"):
    os.mkdir(root + directory, 0o700)
if root:
    os.chroot(root)
codes = []
for text in texts:
    with open("/run/auditd.conf", "wb") as stream:
        os.fchmod(stream.fileno(), 0o640)
        stream.write(text.encode("utf-8", "surrogateescape"))
    try:
        done = subprocess.run(["/sbin/auditd", "-f", "-n", "-s", "nochange", "-c", "/run"], cwd="/", timeout=5,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        codes.append(done.returncode)
    except subprocess.TimeoutExpired:
        codes.append(None)  # it runs: it took the file
json.dump(codes, sys.stdout)
"""
NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--net", "--fork", "--mount-proc"]


def judge(root: Path, texts: list[str]) -> list[int | None]:
    argv = [*NAMESPACES, sys.executable, "-c", JUDGE, str(root)]
    done = subprocess.run(argv, check=False, input=json.dumps(texts), capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"auditd cannot be run apart from this machine's kernel: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout)


@pytest.fixture(params=sorted(ROOTS))
def root(request) -> Path:
    path = ROOTS[request.param]
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root and unshare")
    if not (path / "sbin/auditd").exists() or not (path / "etc/audit/auditd.conf").exists():
        pytest.skip(f"no root {request.param} in AUDITOPS_CHROOTS={sites.CHROOTS}: make chroots")
    return path


def test_the_validator_says_what_auditd_says(root):
    host = Host(str(root), None)
    release, reason = _daemon.release(Host(str(root), lambda argv, **options: _run(argv)))
    assert release, reason
    files = [FIXTURES / "auditd_conf_cases.json", FIXTURES / "auditd_conf_edges.json"]
    cases = [case for path in files for case in json.loads(path.read_text())["cases"]]
    environment = Environment(host)
    codes = judge(root, [case["text"] for case in cases])
    assert {REFUSED, 1} == set(codes) - {None}
    differ = []
    for case, code in zip(cases, codes, strict=True):
        fatal = [problem for problem in validator.validate(_conf.parse(case["text"]), release, environment) if problem.fatal]
        if bool(fatal) != (code == REFUSED):
            differ.append((case["case"], code, fatal))
    print(f"auditd {release}: {len(cases) - len(differ)} agree, {len(differ)} disagree")
    assert not differ


def test_what_is_written_is_taken(root):
    """Stock settings, each failure policy merged into what the root has, and every value the table calls a default."""
    release, unused = _daemon.release(Host(str(root), lambda argv, **options: _run(argv)))
    have = _conf.parse((root / "etc/audit/auditd.conf").read_bytes())
    texts = [_conf.stock(release), _conf.stock(None)]
    for policy in FAILURE_POLICIES.values():
        texts.append(_conf.merge(have, policy["settings"], release).text)
    assert REFUSED not in judge(root, texts)


def _run(argv):
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr
