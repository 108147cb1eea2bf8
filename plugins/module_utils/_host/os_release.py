# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says it is: os-release(5)."""

PATHS = ("/etc/os-release", "/usr/lib/os-release")  # the first that is there counts, os-release(5)
# ID or a word of ID_LIKE, or how it begins -> family, as Ansible's own facts name it, in small letters
FAMILIES = (
    ("debian", "debian"), ("ubuntu", "debian"), ("rhel", "redhat"), ("fedora", "redhat"), ("centos", "redhat"), ("amzn", "redhat"),
    ("suse", "suse"),
)


def fields(host) -> "dict[str, str] | None":
    """The fields of os-release(5), None where the host has no such file."""
    text = next((text for text in map(host.text, PATHS) if text is not None), None)
    if text is None:
        return None
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def family(os_release: "dict[str, str]") -> "str | None":
    """C(debian), C(redhat) or C(suse); None for any other system."""
    likes = (os_release.get("ID", "") + " " + os_release.get("ID_LIKE", "")).split()
    return next((family for word, family in FAMILIES if any(like.startswith(word) for like in likes)), None)
