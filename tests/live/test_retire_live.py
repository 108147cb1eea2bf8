# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a rotation of its own, adopted, compared, taken over and given back, by the playbooks and with a real cron."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from auditd_site import kernel_status
from test_adopt_live import LAYERS, findings, load
from test_remediate_live import STOCK, Playbooks, cron, host, remove_installed, running  # noqa: F401 # pylint: disable=unused-import

SCRIPT = "#!/bin/sh\n# home-made\ncd /var/log/audit || exit 1\ngzip audit.log.1\nfind /var/log/audit -mtime +30 -delete\n"
TABLE = "# mine\n17 3 * * * find /var/log/audit -name 'audit.log.*.gz' -mtime +30 -delete\n0 0 1 1 * /bin/true\n"


@pytest.fixture
def home_made():
    """A script in cron.daily and a line in root's own table, as somebody made them; what stood there is put back."""
    script, table = Path("/etc/cron.daily/old-audit-rotation"), Path("/var/spool/cron/crontabs/root")
    before = table.read_bytes() if table.exists() else None
    script.parent.mkdir(exist_ok=True)
    script.write_text(SCRIPT)
    script.chmod(0o755)
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(TABLE)
    table.chmod(0o600)
    yield script, table
    script.unlink(missing_ok=True)
    table.unlink(missing_ok=True)
    if before is not None:
        table.write_bytes(before)
        table.chmod(0o600)
    shutil.rmtree("/var/lib/auditops/retired", ignore_errors=True)


def test_a_host_is_adopted_compared_taken_over_and_given_back(host, home_made, tmp_path):  # noqa: F811
    site, (script, table) = host.site, home_made
    site.start(STOCK)
    load(site)
    dest = tmp_path / "adopted"
    host.run("adopt", "-e", f"audit_adopt_dest={dest}")
    text = "\n".join(path.read_text() for path in dest.rglob("audit.yml"))
    assert "!unsafe '# who may become root: {{ not a template }}'" in text and "audit_rotation_keep_days: 30" in text
    host.run("drift", "-i", str(dest))
    assert not [ident for ident in findings(host.document()) if ident.startswith(LAYERS)]

    compared = tmp_path / "compared"
    host.run("compare", "-e", f"audit_left=here audit_right=cis_debian_12 audit_compare_dest={compared}", expect=2)
    found = json.loads((compared / "compare.json").read_text())
    assert found["status"] == "different" and {one["layer"] for one in found["differences"]} <= {"rules.d", "disk", "kernel"}
    host.run("compare", "-e", f"audit_left=here audit_right={compared}/left.json audit_compare_dest={tmp_path / 'again'}")

    replace = json.dumps({"audit_rotation_replace": True})
    host.run("remediate", "-i", str(dest), "-e", replace)
    assert not script.exists() and "-delete" not in "".join(
        line for line in table.read_text().splitlines() if not line.startswith("#")), "retired, once ours has run"
    assert "0 0 1 1 * /bin/true" in table.read_text().splitlines(), "what has nothing to do with it stays"
    assert list(site.log_dir.glob("audit.log.*Z.*")), "our rotation has run"
    assert kernel_status()["pid"] == site.pid

    restore = json.dumps({"audit_rotation_replace": "restore"})
    host.run("harden", "-i", str(dest), "-e", restore)
    assert script.read_text() == SCRIPT and script.stat().st_mode & 0o777 == 0o755 and table.read_text() == TABLE, "byte for byte"


def test_nothing_is_retired_while_nothing_starts_ours(audited, home_made, tmp_path):
    """Until ours is proven to run, what somebody made is all that makes room."""
    if {"cron", "crond"} & set(running()):
        pytest.skip("a cron daemon of this machine runs: it starts the rotation")
    script, table = home_made
    remove_installed()
    try:
        audited.start(STOCK)
        run = Playbooks(audited, tmp_path).run("harden", "-e", json.dumps({"audit_rotation_replace": True}), expect=2)
    finally:
        remove_installed()
    assert re.search(r"\"unproven\": \"no cron daemon runs", run.output)
    assert script.read_text() == SCRIPT and table.read_text() == TABLE
