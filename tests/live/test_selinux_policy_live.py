# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels of new files by a real policy, Debian's, whose modules have some 5,000 file contexts: libselinux says the same of each path.

The package is downloaded and unpacked, not installed: no policy is loaded, and nothing is labelled here.
"""

from __future__ import annotations

import bz2
import ctypes
import os
import random
import shutil
import stat
import struct
import subprocess
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host import labels
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

PACKAGE, CONTEXTS = 0xF97CFF8F, 0xF97CFF90  # libsepol's module.h: a module package, and its section of file contexts
BY_PATH = 3  # selinux/label.h: SELABEL_OPT_PATH
LOCAL = ("/etc/audit/rotate.*\tsystem_u:object_r:site_t:s0\n/srv/logs(/.*)?\tsystem_u:object_r:auditd_log_t:s0\n"
         "/usr/local/sbin/audit-rotate\t--\tsystem_u:object_r:own_t:s0\n/etc/cron\\.d/audit-rotate\t<<none>>\n")
OURS = ("/etc/audit/rotate.conf", "/etc/audit/rules.d/70-auditops-local.rules", "/var/log/audit/audit.log.2026-11-26T00:00:00Z.xz",
        "/var/lib/auditops/rescue/2026-11-26T00:00:00Z/list.json", "/usr/local/sbin/audit-rotate", "/usr/local/lib/audit-rotate/x.pyz",
        "/etc/systemd/system/audit-rotate.timer", "/etc/cron.d/audit-rotate", "/etc/cron.daily/audit-rotate", "/srv/logs/x",
        "/.autorelabel", "/run/auditd.pid", "/var/run/auditd.pid", "/run/lock/auditops", "/boot/grub/grub.cfg", "/etc/default/grub",
        "/etc/init.d/auditd", "/var/log/audit/lost+found/x", "/lib/systemd/system/auditd.service", "/var/spool/cron/crontabs/root",
        "/tmp/x", "/")
PLACES = ("/etc", "/usr/bin", "/usr/sbin", "/usr/lib/systemd", "/usr/lib/x86_64-linux-gnu", "/usr/local", "/var/lib", "/var/log",
          "/var/spool", "/boot", "/run")
MANY = 600


class Option(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int), ("value", ctypes.c_char_p))


def contexts_of(package: Path) -> list[str]:
    """The lines of a module package that label paths, without those of home directories, which genhomedircon writes."""
    data = bz2.decompress(package.read_bytes())
    magic, _version, count = struct.unpack_from("<3I", data)
    assert magic == PACKAGE
    starts = struct.unpack_from(f"<{count}I", data, 12)
    sections = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
    text = "".join(section[4:].decode() for section in sections if struct.unpack_from("<I", section)[0] == CONTEXTS)
    return [line for line in text.splitlines() if line.startswith("/")]


def specific(line: str) -> tuple:
    """The order of a built policy (libsemanage, fc_sort): expressions first, then by the length of what is literal, then of all."""
    literal = labels._literal(line.split()[0])
    plain = line.split()[0].replace("\\", "")
    stem = next((place for place, letter in enumerate(plain) if letter in labels.META - {"."}), len(plain))
    return literal is not None, stem, len(plain), len(line.split()) == 3


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("policy")
    argv = ["apt-get", "download", "-q", "selinux-policy-default"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd=directory)
    packages = list(directory.glob("*.deb"))
    if done.returncode or not packages:
        pytest.skip(f"Debian's package selinux-policy-default cannot be had here: {done.stderr.strip()[-200:]}")
    subprocess.run(["dpkg-deb", "-x", packages[0], directory / "files"], check=True)
    modules = sorted((directory / "files/usr/share/selinux/default").glob("*.pp.bz2"))
    lines = sorted((line for module in modules for line in contexts_of(module)), key=specific)
    assert len(lines) > 4000
    root, base = directory / "root", directory / "root/etc/selinux/default/contexts/files"
    base.mkdir(parents=True)
    (base / "file_contexts").write_text("\n".join(lines) + "\n")
    (base / "file_contexts.local").write_text(LOCAL)
    shutil.copy(directory / "files/etc/selinux/default/contexts/files/file_contexts.subs_dist", base)
    (root / "etc/selinux/config").write_text("SELINUX=enforcing\nSELINUXTYPE=default\n")
    return root


def libselinux(contexts: Path):
    """A function that asks libselinux for the label of a path and kind; None where it has none."""
    try:
        library = ctypes.CDLL("libselinux.so.1", use_errno=True)
    except OSError:
        pytest.skip("libselinux is not installed")
    library.selabel_open.restype = ctypes.c_void_p
    library.selabel_lookup_raw.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_char_p, ctypes.c_int]
    handle = library.selabel_open(0, (Option * 1)(Option(BY_PATH, os.fsencode(contexts))), 1)
    assert handle

    def asked(path: str, kind: int) -> str | None:
        found = ctypes.c_char_p()
        refused = library.selabel_lookup_raw(handle, ctypes.byref(found), os.fsencode(path), kind)
        return None if refused else found.value.decode()

    return asked


def paths_here() -> dict[str, int]:
    """Paths of this machine with their kinds: the same ones on the same machine."""
    found = {}
    for place in PLACES:
        for directory, directories, names in os.walk(place):
            found.update({path: stat.S_IFMT(os.lstat(path).st_mode) for path in (f"{directory}/{name}" for name in directories + names)
                          if os.path.lexists(path)})
    return {path: found[path] for path in random.Random(1).sample(sorted(found), min(MANY, len(found)))}


def test_libselinux_says_the_same_of_hundreds_of_paths(tree):
    asked, found = libselinux(tree / "etc/selinux/default/contexts/files/file_contexts"), labels.Labels(Host(str(tree)))
    paths = {**paths_here(), **{path: stat.S_IFDIR if path == "/" else stat.S_IFREG for path in OURS}}
    assert len(paths) > 300
    have = {path: found.of(path, kind) for path, kind in paths.items()}
    assert have == {path: asked(path, kind) for path, kind in paths.items()}
    assert len(set(have.values())) > 20 and have["/etc/audit/rotate.conf"] == "system_u:object_r:site_t:s0"
