# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""This call of ansible-playbook: which documents belong together.

The strategy imports an action plugin before it forks a worker for each host, so this module is read once and all workers of
a run have the same id.
"""

from __future__ import annotations

import uuid

from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso

RUN = {"id": uuid.uuid4().hex, "started": iso()}
