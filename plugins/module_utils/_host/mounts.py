# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the kernel spells paths in its tables of mounts, proc(5)."""

import re

ESCAPED = re.compile(r"\\([0-7]{3})")


def unescaped(word: str) -> str:
    """A path of /proc/self/mounts or mountinfo: blanks, tabs, line ends and backslashes are three octal digits there."""
    return ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), word)
