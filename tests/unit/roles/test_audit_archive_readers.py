# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-archive for members of log_group, who may read the logs and none of our files; and audit-resume's command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rotate_tree import FILES, START, record

NOBODY = 65534


@pytest.fixture
def host():
    """A tree that another user may walk, with a log directory of that user's group."""
    root = Path(tempfile.mkdtemp(dir="/var/tmp"))
    root.chmod(0o755)
    try:
        conf, log = root / "etc/audit", root / "var/log/audit"
        for directory in (conf, log):
            directory.mkdir(parents=True)
            directory.chmod(0o750)
        for part in ("roles/audit_rotation/files", "plugins/module_utils"):
            shutil.copytree(FILES.parents[2] / part, root / part)
        (conf / "rotate.conf").write_text("name_format = %Y%m%dT%H%M%S\nname_zone = local\n")
        (conf / "rotate.conf").chmod(0o600)
        for number, name in enumerate(("audit.log.20251009T085320", "audit.log.20251009T085321.odd", "audit.log")):
            path = log / name
            path.write_bytes(record(START + number, number))
            os.utime(path, (START + number, START + number))
            os.chown(path, -1, NOBODY)
            path.chmod(0o640)
        os.chown(log, -1, NOBODY)
        yield root
    finally:
        shutil.rmtree(root)


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/usr/bin/python3"), reason="becomes another user: needs root")
@pytest.mark.skipif(sys.version_info < (3, 9), reason="subprocess knows no user")
def test_a_member_of_log_group_reads_every_record(host):
    program = host / "roles/audit_rotation/files/audit-archive"
    done = subprocess.run(
        ["/usr/bin/python3", "-ISB", str(program), "cat", "--root", str(host)], check=False, capture_output=True, user=NOBODY, group=NOBODY,
        extra_groups=[])
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"".join(record(START + number, number) for number in range(3))
    assert b"Permission denied; the built-in log file" in done.stderr


@pytest.mark.parametrize("arguments", [["search", "--help"], ["report", "-h"], ["--help"], ["list", "--help"]])
def test_help_is_help_after_a_command_too(arguments):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-archive"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: audit-archive") and "man ausearch" in done.stdout


@pytest.mark.parametrize("arguments, code", [(["--help"], 0), (["x"], 2)])
def test_the_program_for_exec_takes_no_arguments(arguments, code):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-resume"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == code and done.stdout.startswith("usage: audit-resume")
