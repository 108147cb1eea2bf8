# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Being here puts this directory on the import path, so that tests find their helpers (grader.py); the fake auditd is for all of them."""

from fake_system import fake  # noqa: F401 pylint: disable=unused-import
