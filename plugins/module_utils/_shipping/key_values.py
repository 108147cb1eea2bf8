# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form that auditd reads the files of its plugins in, and audisp-remote its own."""

from collections.abc import Container


def key_values(text: str, keys: "Container[str]") -> "dict[str, str]":
    """{key: value} of those among ``keys``: an equals sign between blanks, keys in any case, the last of each; other lines set nothing."""
    found = {}
    for line in text.splitlines():
        words = [word for word in line.split(" ") if word]
        if len(words) > 2 and words[1] == "=" and not words[0].startswith("#"):
            found[words[0].lower()] = " ".join(words[2:])
    return {key: value for key, value in found.items() if key in keys}
