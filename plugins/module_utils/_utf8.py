# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that goes into JSON: names of files and lines of others may hold bytes that are no UTF-8, and the controller refuses those."""


def as_text(value):
    """The same value (str, dict, list, anything) with every byte that is no UTF-8 replaced by U+FFFD."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return value
    if isinstance(value, dict):
        return {as_text(key): as_text(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        try:
            "".join(value).encode("utf-8")  # the long lists of a document are of text that is UTF-8
            return list(value)
        except (TypeError, UnicodeEncodeError):
            pass
        return [as_text(entry) for entry in value]
    return value
