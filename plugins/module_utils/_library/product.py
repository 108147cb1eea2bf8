# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which product of the library a system is, as benchmarks name them, and which one is the nearest to a system that none was written for."""

FAMILIES = {  # ID of os-release(5): (family, parts of VERSION_ID that make a product)
    "amzn": ("amazon", 1), "debian": ("debian", 1), "raspbian": ("debian", 1), "ubuntu": ("ubuntu", 2),
    "rhel": ("rhel", 1), "centos": ("rhel", 1), "rocky": ("rhel", 1), "almalinux": ("rhel", 1), "ol": ("rhel", 1),
    "sles": ("sle", 1), "sled": ("sle", 1), "sles_sap": ("sle", 1), "sle_hpc": ("sle", 1), "opensuse-leap": ("sle", 1),
}
LIKE = (("ubuntu", "ubuntu"), ("debian", "debian"), ("rhel", "rhel"), ("fedora", "rhel"), ("suse", "sle"))  # a word of ID_LIKE: family
CODENAMES = {  # what a derivative's own VERSION_ID does not say: the release it was made of
    "ubuntu": {"focal": "20_04", "jammy": "22_04", "noble": "24_04"},
    "debian": {"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13"},
}
BRANCHED = ((40, "10"), (34, "9"), (28, "8"))  # Fedora's release: the RHEL that branched off there
FIRST_FEDORA = 20  # VERSION_ID of a Fedora and what is made of it; those of RHEL are below
RELEASES_OF_SLE = ("11", "12", "15", "16")  # a rolling openSUSE has a date there
VENDOR_FAMILIES = {  # family of products: whose packages, paths and services its systems have
    "rhel": "Red Hat", "amazon": "Red Hat", "debian": "Debian", "ubuntu": "Debian", "sle": "SUSE",
}
VENDORS = ("amzn", "debian", "ubuntu", "rhel", "sles")  # the IDs that benchmarks are written for


def product(os_release: "dict[str, str]") -> str:
    """C(debian_12), C(ubuntu_22_04), C(rhel_9), C(amazon_2023), C(sle_15) of the fields of os-release(5).

    A derivative is the product it was made of: by its ID, else by ID_LIKE and what it says of its origin. The family alone (C(debian))
    for one that does not say which release it was made of, a rolling one; C(ID_VERSION) for a system of no family.
    """
    name, version = os_release.get("ID", ""), os_release.get("VERSION_ID", "")
    pieces = [piece for piece in version.split(".") if piece]
    family, parts = FAMILIES.get(name, (None, 1))
    if family is not None:
        return "_".join([family] + pieces[:parts]).lower()
    family = _family_like(name, os_release.get("ID_LIKE", ""))
    if family is None:
        return "_".join([name or "unknown"] + pieces).lower()
    release = _origin(family, os_release, pieces[0] if pieces else "")
    return "_".join([family, release]) if release else family


def _family_like(name, like):
    words = [name] + like.replace("opensuse", "suse").split()
    return next((family for word, family in LIKE if word in words), None)


def _origin(family, os_release, major):
    if family in CODENAMES:
        named = [os_release.get(field, "") for field in ("UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME")]
        return next((CODENAMES[family][word] for word in named if word in CODENAMES[family]), None)
    if family == "sle":
        return major if major in RELEASES_OF_SLE else None
    if major.isdecimal() and int(major) >= FIRST_FEDORA:
        return next((release for since, release in BRANCHED if int(major) >= since), None)
    return major if major.isdecimal() else None


def nearest(known, name: str) -> "str | None":
    """The product itself where it is one of C(known), else the nearest release of its family there, newer before older, the newest for a
    product without a release: a fleet has Debian 11 and Amazon Linux 2 for years after their benchmarks have gone. None for no family."""
    if name in known:
        return name
    family, version = parted(name)
    near = sorted((abs(have[0] - version[0]) if version else -have[0], have < version, other)
                  for other, (its, have) in ((other, parted(other)) for other in known) if its == family and have)
    return near[0][2] if near else None


def parted(name: str) -> "tuple[str, tuple[int, ...]]":
    """("ubuntu", (22, 4)) of ubuntu_22_04."""
    words = str(name).split("_")
    return words[0], tuple(int(word) for word in words[1:] if word.isdecimal())


def vendor_family(name: str) -> "str | None":
    """C(Debian) of debian_12 and ubuntu_22_04, C(Red Hat) of rhel_9 and amazon_2023, C(SUSE) of sle_15; None for any other product."""
    return VENDOR_FAMILIES.get(parted(name)[0])


def taken_as(os_release: "dict[str, str]", title: "str | None") -> "str | None":
    """The sentence that says which product a derivative is taken for; None where the system is of the vendor's own, or of no family."""
    name = os_release.get("ID", "")
    if title is None or name in VENDORS:
        return None
    own = os_release.get("PRETTY_NAME") or " ".join(word for word in (name, os_release.get("VERSION_ID", "")) if word)
    return "%s is taken as %s: its rules are spelled as that product's checkers read them" % (own, title)
