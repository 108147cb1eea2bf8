# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of the comparison starts from."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import schedule as _schedule
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.module_utils._rules import finalize as _finalize
from drift_tree import CONF, RULES, WANTED, write


@pytest.fixture
def tree(tmp_path):
    """A host that is in sync with WANTED."""
    write(tmp_path, "/etc/os-release", "ID=debian\nVERSION_ID=12\nNAME=Debian\n")
    write(tmp_path, "/etc/group", "root:x:0:\n")
    write(tmp_path, "/sbin/auditd", "", 0o755)
    write(tmp_path, "/usr/sbin/cron", "", 0o755)
    write(tmp_path, "/usr/bin/python3", "", 0o755)
    write(tmp_path, "/etc/sudoers", "")
    write(tmp_path, "/etc/default/grub", 'GRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\n')
    write(tmp_path, "/etc/audit/auditd.conf", CONF)
    files = {
        _ruleset.RULES_D + "/" + _ruleset_files.LOCAL_FILE: _ruleset_files.with_mark("".join(line + "\n" for line in RULES)),
        _ruleset.RULES_D + "/audit.rules": "-D\n-b 64\n",
        _ruleset.RULES_D + "/" + _finalize.NAME: _finalize.text(_finalize.words(WANTED["audit_rules"], {}, {})),
    }
    for path, text in files.items():
        write(tmp_path, path, text)
    write(tmp_path, _ruleset.AUDIT_RULES, _ruleset.compile_rules(_ruleset.read_rules_d(Host(str(tmp_path)))).text)
    write(tmp_path, _rotation.PROGRAM, "#!/usr/bin/python3 -IS\n", 0o755)
    host = Host(str(tmp_path))
    for path, (text, mode) in _rotation.desired_files(WANTED["audit_rotation"], "cron", _schedule.minute_of(host)).items():
        write(tmp_path, path, text, mode)
    return tmp_path
