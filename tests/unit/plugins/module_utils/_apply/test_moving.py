# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies below a mount point is moved, or named: nothing is left there in silence."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import moving
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError


@pytest.mark.parametrize("directories, left", [
    ((), ""),
    (("lost+found",), ""),
    (("archive", "lost+found", "old"), "archive, old"),
])
def test_what_is_no_plain_file_is_named(tmp_path, directories, left):
    below, volume = tmp_path / "below", tmp_path / "audit"
    volume.mkdir()
    for name in directories:
        (below / name).mkdir(parents=True)
    below.mkdir(exist_ok=True)
    (below / "site.log").write_text("a record")
    if left:
        with pytest.raises(AuditError, match=f"hides what is no plain file: .* move {left} from /mnt/audit to another directory"):
            moving.move_files(str(below), str(volume), "audit.log")
    else:
        moving.move_files(str(below), str(volume), "audit.log")
    assert (volume / "site.log").read_text() == "a record"
    assert sorted(path.name for path in below.iterdir()) == sorted(directories), "the plain file is moved all the same"
