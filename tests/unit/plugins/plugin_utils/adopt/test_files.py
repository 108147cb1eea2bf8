# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing an adopted inventory: below a marker, never over what somebody else wrote, and all of it or nothing."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import files

ALL = "group_vars/all/audit.yml"


def write(dest, texts, whole=None):
    planned = files.plan(dest, texts, whole or {})
    files.write(planned)
    return planned


def test_what_stands_above_the_marker_stays(tmp_path):
    (tmp_path / "group_vars/all").mkdir(parents=True)
    path = tmp_path / ALL
    path.write_text("# ours\nother: !vault x")
    assert write(tmp_path, {ALL: "auditd_mode: '0640'\n"}).differs
    assert path.read_text().startswith("# ours\nother: !vault x\n# Below this line")
    assert path.read_text().endswith("\nauditd_mode: '0640'\n")
    assert not write(tmp_path, {ALL: "auditd_mode: '0640'\n"}).differs
    write(tmp_path, {})
    assert path.read_text() == "# ours\nother: !vault x\n"


def test_what_is_no_longer_said_goes(tmp_path):
    write(tmp_path, {ALL: "a: 1\n", "host_vars/web1/audit.yml": "b: 2\n"}, {"adoption.md": "text\n"})
    assert (tmp_path / "adoption.md").read_text().startswith("<!-- Below")
    planned = write(tmp_path, {ALL: "a: 1\n"}, {"adoption.md": "text\n"})
    assert planned.remove == [tmp_path / "host_vars/web1/audit.yml"] and not (tmp_path / "host_vars/web1").exists()


@pytest.mark.parametrize("before, why", [
    ("auditd_mode: '0600'\n", "sets auditd_mode already"),
    ("- a list\n", "it is no mapping"),
    ("{{ broken", "is not a file of variables"),
    ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is no mapping"),
    ("a: 1\n...\n", "is not a file of variables"),
    (files.marked(files.Path("x.yml"), "auditd_mode: '0640'\n") + "mine: 1\n", "was edited below the line"),
])
def test_what_cannot_be_added_to_is_refused(tmp_path, before, why):
    (tmp_path / "group_vars/all").mkdir(parents=True)
    (tmp_path / ALL).write_text(before)
    with pytest.raises(AuditError, match=why):
        files.plan(tmp_path, {"group_vars/web/audit.yml": "b: 1\n", ALL: "auditd_mode: '0640'\n"}, {})
    assert (tmp_path / ALL).read_text() == before and not (tmp_path / "group_vars/web").exists()


@pytest.mark.parametrize("name", [ALL, "adoption.md"])
def test_a_link_is_refused(tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("keep\n")
    path = tmp_path / "dest" / name
    path.parent.mkdir(parents=True)
    path.symlink_to(victim)
    with pytest.raises(AuditError, match="no regular file"):
        files.plan(tmp_path / "dest", {ALL: "a: 1\n"}, {"adoption.md": "x\n"})
    assert victim.read_text() == "keep\n"


def test_an_inventory_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "adopted.yml").write_text("all:\n")
    with pytest.raises(AuditError, match="somebody else wrote it"):
        files.plan(tmp_path, {}, {"adopted.yml": "all:\n"})
