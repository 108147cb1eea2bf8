# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grader is as strict as the OVAL family was measured to be: one line written, is the expectation met?"""

from __future__ import annotations

import grader
import pytest

CHMOD = ("call b32 chmod -F auid>=1000 -F auid!=unset", "call b64 chmod -F auid>=1000 -F auid!=unset")
BASE = "-a always,exit -F arch=ARCH -S chmod -F auid>=1000 -F auid!=unset -k perm_mod"
EXEC = ("call b32 execve -C euid!=uid -F auid!=unset", "call b64 execve -C euid!=uid -F auid!=unset")
CHCON = "-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset -k perm_chng"


def pair(line: str) -> str:
    return line.replace("ARCH", "b32") + "\n" + line.replace("ARCH", "b64") + "\n"


@pytest.mark.parametrize(("expected", "text", "met"), [
    (CHMOD, pair(BASE), True),
    (CHMOD, pair(BASE.replace("-k perm_mod", "-F key=perm_mod")), True),
    (CHMOD, pair(BASE.replace("perm_mod", "other")), True),
    (CHMOD, pair(BASE.replace(" -k perm_mod", "")), False),
    (CHMOD, pair(BASE.replace("-S chmod", "-S chmod,fchmod,fchmodat")), True),
    (CHMOD, pair(BASE.replace("-S chmod", "-S fchmodat,chmod")), True),
    (CHMOD, pair(BASE.replace("-S chmod", "-S fchmod -S chmod")), True),
    (CHMOD, pair(BASE.replace("-S chmod", "-S fchmod,fchmodat")), False),
    (CHMOD, pair(BASE.replace("unset", "4294967295")), True),
    (CHMOD, pair(BASE.replace("unset", "-1")), False),
    (CHMOD, pair(BASE.replace("1000", "500")), False),
    (CHMOD, pair(BASE.replace("always,exit", "exit,always")), False),
    (CHMOD, BASE.replace("ARCH", "b64"), False),
    (CHMOD, pair("-a always,exit -S chmod -F arch=ARCH -F auid>=1000 -F auid!=unset -k perm_mod"), False),
    (CHMOD, pair(BASE.replace("-F auid>=1000 -F auid!=unset", "-F auid!=unset -F auid>=1000")), False),
    (CHMOD, pair("  " + BASE), True),
    (CHMOD, pair(BASE + " # why"), False),
    (CHMOD, pair(BASE.replace(" ", "\t")), True),
    (CHMOD, pair(BASE) * 2, True),
    (("watch /etc/passwd wa",), "-w /etc/passwd -p wa -k identity", True),
    (("watch /etc/passwd wa",), "-w /etc/passwd -p war -k identity", True),
    (("watch /etc/passwd wa",), "-w /etc/passwd -p wa", True),
    (("watch /etc/pam.d/ wa",), "-w /etc/pam.d -p wa -k identity", False),
    (("watch /etc/passwd wa",), "-a always,exit -F path=/etc/passwd -F perm=wa -k identity", False),
    (("modern b32 path /etc/passwd wa", "modern b64 path /etc/passwd wa"), "-w /etc/passwd -p wa -k identity", False),
    (("modern b32 path /etc/passwd wa", "modern b64 path /etc/passwd wa"),
     pair("-a always,exit -F arch=ARCH -F path=/etc/passwd -F perm=wa -F key=identity"), True),
    (("modern b32 path /etc/passwd wa", "modern b64 path /etc/passwd wa"),
     pair("-a always,exit -F arch=ARCH -S all -F path=/etc/passwd -F perm=wa -F key=identity"), False),
    (("command plain /usr/bin/chcon",), CHCON, True),
    (("command plain /usr/bin/chcon",), CHCON + "\n" + CHCON.replace("perm_chng", "privileged"), False),
    (("command plain /usr/bin/chcon",), CHCON.replace("-F perm=x ", ""), False),
    (("command unfiltered /usr/bin/chcon",), CHCON.replace("-F perm=x ", ""), True),
    (("command unfiltered /usr/bin/chcon",), CHCON, False),
    (("command b32 /usr/bin/chcon", "command b64 /usr/bin/chcon"), pair(CHCON.replace("exit -F", "exit -F arch=ARCH -F")), True),
    (("command plain /usr/bin/chcon",), CHCON.replace("exit -F", "exit -F arch=b64 -F"), False),
    (("command plain /usr/bin/chcon",), CHCON.replace("-F path", "-S all -F path"), False),
    (EXEC, pair("-a always,exit -F arch=ARCH -S execve -C euid!=uid -F auid!=unset -k user_emulation"), True),
    (EXEC, pair("-a always,exit -F arch=ARCH -C euid!=uid -F auid!=unset -S execve -k user_emulation"), False),
    (EXEC, pair("-a always,exit -F arch=ARCH -S execve -C uid!=euid -F auid!=unset -k user_emulation"), False),
    (("control -e 2",), "-e 2", True),
    (("control -e 2",), "-e2", False),
])
def test_oval(expected, text, met):
    assert (grader.oval(list(expected), {"30.rules": text}, {}) == []) is met


@pytest.mark.parametrize(("line", "met"), [
    ("-w /etc/sudoers -p wa -k scope", True),
    ("-w /etc/sudoers -p wa -k actions", False),
    ("-a always,exit -F arch=b64 -F path=/etc/sudoers -F perm=wa -F key=scope", False),
    ("## -w /etc/sudoers -p wa -k scope", False),
])
def test_text(line, met):
    expected = {"starts": "-w", "has": [["/etc/sudoers"], ["-p wa"], ["-k scope", "key=scope"]]}
    assert (grader.text([expected], {"30.rules": line}) == []) is met
