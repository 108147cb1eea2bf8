# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters that look like a blank, a sign or nothing at all, and that auditd takes for letters: it separates words at 0x20 only."""

NAMES = {
    "\t": "a tab", "\r": "a carriage return (a Windows line ending)", "\u00a0": "a no-break space (U+00A0)",
    "\ufeff": "a byte order mark (U+FEFF)", "\u200b": "a zero width space (U+200B)", "\u2013": "an en dash (U+2013)",
    "\u2014": "an em dash (U+2014)", "\u2212": "a minus sign (U+2212)", "\u2018": "a curly quote (U+2018)",
    "\u2019": "a curly quote (U+2019)", "\u201c": "a curly quote (U+201C)", "\u201d": "a curly quote (U+201D)",
    "\uff1d": "a wide equals sign (U+FF1D)",
}
BLANKS = " \t\u00a0\ufeff\u200b"  # what a person sees as a blank, or not at all
CARRIAGE_RETURN = "auditd takes the carriage return (a Windows line ending) for part of the value; save the file with plain newlines"


def first(text: str) -> "str | None":
    """The first odd character of a text by name, None where there is none."""
    for char in text:
        if char in NAMES:
            return NAMES[char]
        if not " " <= char <= "~":
            return "U+%04X" % ord(char) if char > "~" else "a control character (0x%02x)" % ord(char)
    return None
