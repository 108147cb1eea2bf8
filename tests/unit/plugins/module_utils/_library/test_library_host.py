# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library on offline trees: product, architecture, UID_MIN, users and programs are the tree's own."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import on_host as _library_host
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice
from ansible_collections.auditops.auditd.plugins.module_utils._rules import localise as _localise
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

LIBRARY = controls.library()
MACHINES = {"x86_64": 62, "aarch64": 183}


def tree(root, release='ID="debian"\nVERSION_ID="12"\n', machine="x86_64", uid_min=1000, setuid=()):
    for path, text in {
        "etc/os-release": "# a comment\nPRETTY_NAME=x\n" + release, "etc/login.defs": f"UID_MIN {uid_min}\n",
        "etc/passwd": "root:x:0:0::/:/bin/sh\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "bin").mkdir()
    (root / "bin/sh").write_bytes(b"\x7fELF\x02\x01" + bytes(10) + struct.pack("<HH", 2, MACHINES[machine]) + bytes(40))
    for path in setuid:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
        (root / path).chmod(0o4755)
    return Host(str(root))


def test_a_tree_is_read(tmp_path):
    host = tree(tmp_path, machine="aarch64", uid_min=500, setuid=["usr/bin/su", "usr/lib/helper"])
    result = _library_host.resolve(host, LIBRARY, Choice(["auto"], filters=["chrony"]))
    text = "".join(result["files"].values())
    assert (result["product"], result["profiles"]) == ("debian_12", ["cis_debian_12"])
    assert "-F path=/usr/bin/su -F perm=x -F auid>=500" in text and "-F path=/usr/lib/helper " in text
    assert "arch=b64 -S fchmod,fchmodat " in text and "arch=b32 -S chmod,fchmod,fchmodat " in text
    assert "there is no user _chrony" in result["notes"][0]


@pytest.mark.parametrize(("release", "product"), [
    ('ID="rhel"\nVERSION_ID="9.4"\n', "rhel_9"),
    ("ID=amzn\nVERSION_ID='2023'\n", "amazon_2023"),
    ("ID=ubuntu\nVERSION_ID=22.04\n", "ubuntu_22_04"),
])
def test_products(tmp_path, release, product):
    assert _library_host.resolve(tree(tmp_path, release), LIBRARY, Choice(["auto"]))["product"] == product


@pytest.mark.parametrize(("release", "taken_as", "reported"), [
    ('ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora Linux 41"\n', "Red Hat Enterprise Linux 10", True),
    ('ID=linuxmint\nVERSION_ID="21.3"\nID_LIKE="ubuntu debian"\nUBUNTU_CODENAME=jammy\n', "Ubuntu 22.04", True),
    ('ID="kali"\nVERSION_ID="2024.1"\nID_LIKE=debian\n', "Debian 13", True),
    ('ID="opensuse-tumbleweed"\nVERSION_ID="20241105"\nID_LIKE="opensuse suse"\n', "SUSE Linux Enterprise 15", True),
    ('ID="almalinux"\nVERSION_ID="9.4"\nID_LIKE="rhel centos fedora"\n', "Red Hat Enterprise Linux 9", False),
    ("ID=raspbian\nVERSION_ID=12\nID_LIKE=debian\n", "Debian 12", False),
    ("ID=debian\nVERSION_ID=12\n", None, False),
    ("ID=arch\n", None, False),
])
def test_a_derivative_says_what_it_is_taken_as(tmp_path, release, taken_as, reported):
    """A rebuild is what it was built from, and has no finding; what is only like a product can differ, and has one."""
    resolved = _library_host.resolve(tree(tmp_path, release), LIBRARY, Choice(["pci_dss"]))
    assert resolved["files"]
    assert [taken_as in note for note in resolved["notes"] if "is taken as" in note] == ([True] if taken_as else [])
    assert any("is taken as" in sentence for sentence in resolved["foreign"]) == reported


def test_auto_on_an_unknown_product(tmp_path):
    resolved = _library_host.resolve(tree(tmp_path, "ID=arch\n"), LIBRARY, Choice(["auto", "pci_dss"]))
    assert resolved["files"] and resolved["profiles"] == ["pci_dss"]
    assert "no benchmark applies here" in resolved["foreign"][0]


def test_no_walk_where_nobody_asks_for_programs(tmp_path, monkeypatch):
    def walk(host):
        raise AssertionError("the tree was searched")
    monkeypatch.setattr(_library_host._privileged, "discover", walk)
    host = tree(tmp_path)
    _library_host.resolve(host, LIBRARY, Choice(["auto"], skip=["control:privileged_commands"]))
    _library_host.resolve(host, LIBRARY, Choice(["auto"], privileged="list"))
    with pytest.raises(AssertionError):
        _library_host.resolve(host, LIBRARY, Choice(["auto"]))


def test_a_tree_without_audit_cannot_be_judged(tmp_path):
    host = tree(tmp_path)
    assert not _localise.can_judge_paths(host)
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/auditctl").touch()
    assert _localise.can_judge_paths(host)
    assert _localise.can_judge_paths(Host("/"))


def test_sample_files_come_as_they_are(tmp_path):
    host = tree(tmp_path)
    directory = tmp_path / "usr/share/doc/auditd/examples/rules"
    directory.mkdir(parents=True)
    for number in LIBRARY["benchmarks"]["ospp"]["sample_files"].values():
        for name in number:
            (directory / name).write_text(f"## {name}\n")
    result = _library_host.resolve(host, LIBRARY, Choice(["ospp"]))
    assert result["files"] == {} and len(result["verbatim"]) == 16
    assert all(text == f"## {name}\n" for name, text in result["verbatim"].items())
