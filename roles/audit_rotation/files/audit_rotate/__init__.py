# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotate, take over, compress and prune the audit log so that no record is lost, whatever happens on the way."""

import os

VERSION = "1.0.0"

_here = os.path.dirname(os.path.abspath(__file__))
if not os.path.exists(_here + "/_errors.py"):
    # A checkout: the modules that the installer puts beside these files lie in plugins/module_utils.
    __path__.append(os.path.join(_here, "..", "..", "..", "..", "plugins", "module_utils"))
