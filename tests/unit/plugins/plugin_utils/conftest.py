# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Being here puts this directory on the import path, so that the tests of reports find documents.py."""
