# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How auditd splits its configuration file into words, and what a threshold comes to: the part that needs no table of keys.

Source: the parser of audit-userspace, seen with 2.8.5 to 4.2.1. The size guard reads auditd.conf by this module alone, so it
imports nothing: C(re) alone takes a bare Python from 7.7 to 13.8 ms of CPU (measured, Python 3.11).
"""

LONGEST_LINE = {"": 158, "4.1.3": 510}  # bytes before the newline, from that release on; longer lines are skipped


def words_of(line):
    """The words of a line: only the blank (0x20) separates them."""
    return [word for word in line.split(" ") if word]


def is_setting(words):
    """False for a comment and for a line without words."""
    return bool(words) and not words[0].startswith("#")


def settings_of(text, longest=LONGEST_LINE["4.1.3"]):
    """{key in lower case: first word of its value} of a file's text (str), as auditd takes it.

    The last of two lines wins; a line of more than ``longest`` bytes and a last line without newline are skipped. Whether a release
    knows the key and takes the value is judged elsewhere (C(_conf.reader), C(_conf.validator)).
    """
    settings = {}
    for line in text.split("\n")[:-1]:
        words = words_of(line)
        if is_setting(words) and len(words) >= 3 and words[1] == "=" and len(line.encode("utf-8", "surrogateescape")) <= longest:
            settings[words[0].lower()] = words[2]
    return settings


def threshold(value, total, unit=1):
    """What C(space_left) or C(admin_space_left) comes to, an int: ``unit`` for each MB of a plain number, a share of ``total`` for "25%".

    auditd takes the percentage of all blocks of the filesystem (setup_percentages() of auditd-config.c). None where the text is neither,
    and for a percentage of a total that is not known (None).
    """
    text = str(value or "0").strip()
    is_percent = text.endswith("%")
    digits = text[:-1] if is_percent else text
    if not (digits.isdecimal() and digits.isalnum()):
        return None
    if is_percent:
        return None if total is None else total * int(digits) // 100
    return int(digits) * unit
