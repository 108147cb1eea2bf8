# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the library calls a system: by its os-release(5)."""

import re

FAMILIES = {  # ID of os-release(5): (family, parts of VERSION_ID that make a product)
    "amzn": ("amazon", 1), "debian": ("debian", 1), "ubuntu": ("ubuntu", 2),
    "rhel": ("rhel", 1), "centos": ("rhel", 1), "rocky": ("rhel", 1), "almalinux": ("rhel", 1), "ol": ("rhel", 1),
}


def product(os_release: "dict[str, str]") -> str:
    """C(debian_12), C(ubuntu_22_04), C(rhel_9), C(amazon_2023) of the fields of os-release(5); C(ID_VERSION) for any other system."""
    name, version = os_release.get("ID", ""), os_release.get("VERSION_ID", "")
    family, parts = FAMILIES.get(name, (None, 1))
    if family is None and "rhel" in os_release.get("ID_LIKE", "").split() and re.match(r"\d+(\.|$)", version):
        family = "rhel"
    pieces = [piece for piece in version.split(".") if piece]
    return "_".join([family or name or "unknown"] + (pieces[:parts] if family else pieces)).lower()
