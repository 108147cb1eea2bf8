# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our verdicts beside a real scanner's on broken trees: what oscap newly fails is no pass of ours, unless ours says that a scanner wants it
written otherwise. Lines of rules are taken out and made narrower, settings made wrong; some hundred breaks a case, several at a time.

Minutes a case, so it runs only where AUDITOPS_SCAP_CONTENT names a directory with the content (Debian's ssg-nondebian, ssg-debderived).
"""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path

import baked
import pytest
import scap
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from baked import Baked

CONTENT = os.environ.get("AUDITOPS_SCAP_CONTENT")
pytestmark = pytest.mark.skipif(not CONTENT or not shutil.which("oscap"), reason="AUDITOPS_SCAP_CONTENT is not set, or there is no oscap")
AT_A_TIME = 24
MOUNTS = "/dev/vda1 / ext4 rw 0 0\n/dev/sda2 /var/log/audit ext4 rw,nodev,nosuid,noexec 0 0\n"
SCANNER = "scanner"  # in the reason of a pass that goes by what is recorded, or by auditd's default
# With another log_group the content no longer takes 0700 for the directory, which is stricter than what the control asks for
STRICTER = {"log_group": {"directory_permissions_var_log_audit"}}
# One check of the content for what several controls ask for, under the id of one of them: {case: {rule: all of them}}
WIDER = {"cis_debian_13 on debian_13": {
    "audit_rules_networkconfig_modification": ("6.2.3.5", "6.2.3.6", "6.2.3.7", "6.2.3.8")}}
WRONG = {"max_log_file": "1", "freq": "7", "space_left": "51", "admin_space_left": "1", "action_mail_acct": "nobody", "log_format": "RAW",
         "name_format": "NONE", "local_events": "no", "write_logs": "no", "log_group": "adm", "flush": "SYNC"}


def narrower(line: str):
    """Ways to record less than a line does; None: it is gone."""
    yield None
    if "perm=wa" in line or "-p wa" in line:
        yield line.replace("perm=wa", "perm=r").replace("-p wa", "-p r")
        yield line.replace("perm=wa", "perm=w").replace("-p wa", "-p w")
    if "auid>=1000" in line:
        yield line.replace("auid>=1000", "auid>=2000")
    if " -F auid!=unset" in line:
        yield line.replace(" -F auid!=unset", " -F auid!=unset -F success=1")
    calls = re.search(r"-S (\S+)", line)
    names = calls.group(1).split(",") if calls else []
    for name in names if len(names) > 1 else ():
        yield line.replace(calls.group(1), ",".join(other for other in names if other != name))
    if re.match(r"-[ef] 2$", line):
        yield line.replace("2", "1")


def breaks_of(files: dict[str, str]) -> list[dict[str, dict[int, str | None]]]:
    """[{file: {number of a line: what stands there instead}}], each line broken in each way once, in an order that is always the same."""
    left = [(name, number, other) for name, text in sorted(files.items()) for number, line in enumerate(text.splitlines())
            if line.startswith("-") for other in narrower(line)]
    random.Random(13).shuffle(left)
    found = []
    while left:
        batch, rest = {}, []
        for name, number, other in left:
            if sum(map(len, batch.values())) < AT_A_TIME and number not in batch.get(name, {}):
                batch.setdefault(name, {})[number] = other
            else:
                rest.append((name, number, other))
        found.append(batch)
        left = rest
    return found


def controls_of(name: str) -> dict[str, set[str]]:
    """{rule of the scanner: ids of controls} of a case."""
    found: dict[str, set[str]] = {}
    for fixture in (baked.OVAL, baked.HOST):
        for words in fixture.get(name, {"rules": {}})["rules"]:
            number, _blank, rule = words.partition(" ")
            found.setdefault(rule, set()).add(number)
    return found


@pytest.mark.parametrize("name", sorted(baked.HOST))
def test_what_a_scanner_newly_fails_does_not_pass_here(tmp_path, name):
    case = baked.HOST[name]
    short, profile = case["content"].split()
    content = Path(CONTENT) / f"ssg-{short}-ds.xml"
    if not content.exists() or not scap.reduced(content, profile, tmp_path / "content.xml"):
        pytest.skip(f"no profile {profile} of {short} in {CONTENT}")
    tree = Baked(tmp_path / "root", case["profiles"][0], case["product"])
    tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    for path in ("proc/self/mounts", "proc/mounts", "etc/mtab"):
        tree.write(path, MOUNTS)
    controls, files, conf = controls_of(name), tree.rules_files(), tree.conf()

    def scan():
        return scap.scan(tree.root, tmp_path / "content.xml", profile, tmp_path)

    good, seen, wrong = scan(), set(), []

    def judge(what):
        newly = {rule for rule, result in scan().items() if result == "fail" and good.get(rule) == "pass"}
        seen.update(newly)
        verdicts = tree.verdicts() if newly else {}
        for rule in sorted(newly - {rule for key in what for rule in STRICTER.get(key, ())}):
            wider = WIDER.get(name, {}).get(rule, ())
            for number in controls.get(rule, ()) if all(verdicts[number]["status"] == "pass" for number in wider) else ():
                control = verdicts.get(number, {"status": "absent", "why": ""})
                if control["status"] == "absent" or control["status"] == "pass" and SCANNER not in control["why"]:
                    wrong.append((rule, number, control["status"], control["why"], what))

    for batch in breaks_of(files):
        for path, lines in batch.items():
            text = [lines.get(place, line) for place, line in enumerate(files[path].splitlines())]
            tree.write("etc/audit/rules.d/" + path, "".join(line + "\n" for line in text if line is not None), 0o600)
        judge(batch)
        for path in batch:
            tree.write("etc/audit/rules.d/" + path, files[path], 0o600)
    demanded = baked.LIBRARY["benchmarks"][tree.profile].get("auditd_conf", {})
    for key in sorted({key for keys in demanded.values() for key in keys}):
        for value in (WRONG.get(key, "IGNORE"), None):
            tree.write("etc/audit/auditd.conf", _conf.merge(conf, {key: value}, tree.release).text, 0o600)
            judge({key: value})
    assert wrong == []
    assert len(seen) >= 30, "the breaks have to be seen by the scanner"
