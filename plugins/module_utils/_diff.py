# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What --diff shows of files below a root: a reader has to see that it is not the file of this machine."""


def rooted(result: dict, root: str) -> dict:
    """A module's result, whose C(diff) (a dict, or a list of them) names its files as they lie below ``root``."""
    prefix = root.rstrip("/")
    if prefix and result.get("diff"):
        many = result["diff"] if isinstance(result["diff"], list) else [result["diff"]]
        for one in many:
            for header in ("before_header", "after_header"):
                if str(one.get(header, "")).startswith("/"):
                    one[header] = prefix + one[header]
    return result
