# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible loads the code of the controller with its bytecode, which Python keeps for the very source, and for nobody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[4]
SCRIPT = """
import sys
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
_AnsibleCollectionFinder([sys.argv[1]])._install()
from ansible_collections.auditops.auditd.plugins.filter.audit_play_hosts import audit_play_hosts
before = list(sys.meta_path)
audit_play_hosts("all", {"all": ["web1"]})
audit_play_hosts("all", {"all": ["web1"]})
assert before == sys.meta_path[1:], "by a call alone, and once"
from ansible_collections.auditops.auditd.plugins.plugin_utils import counted
from ansible_collections.auditops.auditd.plugins.module_utils import _errors
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document
print(getattr(counted, "MARK", "none"), *(type(one.__loader__).__name__ for one in (counted, _errors, document)))
"""


@pytest.fixture
def plugins(tmp_path):
    """The plugins of an installed collection that nobody has run yet."""
    installed = tmp_path / "ansible_collections/auditops/auditd"
    shutil.copytree(COLLECTION / "plugins", installed / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    (installed / "meta").mkdir()
    shutil.copy(COLLECTION / "meta/runtime.yml", installed / "meta")
    return installed / "plugins"


def loaded(plugins):
    """What a run of Ansible says of the modules that it loads."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return subprocess.run([sys.executable, "-c", SCRIPT, str(plugins.parents[3])], check=True, env=environment, capture_output=True,
                          text=True).stdout.split()


def kept(plugins):
    return sorted(str(path.relative_to(plugins)).partition(".cpython")[0] for path in plugins.rglob("*.pyc"))


def test_it_is_kept_beside_the_source(plugins):
    assert loaded(plugins) == ["none", "_Loader", "_Loader", "_Loader"]
    names = {"module_utils/__pycache__/_errors", "plugin_utils/__pycache__/counted", "plugin_utils/fleet/__pycache__/document"}
    assert names <= set(kept(plugins))


def test_another_source_counts_at_once(plugins):
    loaded(plugins)
    with (plugins / "plugin_utils/counted.py").open("a", encoding="utf-8") as stream:
        stream.write("MARK = 'changed'\n")
    assert loaded(plugins)[0] == "changed"


@pytest.mark.parametrize("length", [0, 4, 16, 20, 300])
def test_what_was_cut_short_is_made_again(plugins, length):
    """As a full disk leaves it: 16 bytes are the head that names the source."""
    loaded(plugins)
    whole = {path: path.read_bytes() for path in plugins.rglob("*.pyc")}
    for path in whole:
        os.truncate(path, length)
    assert loaded(plugins)[0] == "none"
    assert whole and all(path.read_bytes() == data for path, data in whole.items())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_leaves_nothing_beside_the_source_of_another(plugins):
    for path in (plugins, *plugins.rglob("*")):
        os.chown(path, 1234, 1234)
    assert loaded(plugins)[1:] == ["_Loader"] * 3
    assert [path for path in plugins.rglob("*") if path.stat().st_uid == 0] == []


def test_where_nothing_can_be_written_it_runs_as_before(plugins):
    (plugins / "plugin_utils/__pycache__").write_text("in the way")
    assert loaded(plugins)[0] == "none"
