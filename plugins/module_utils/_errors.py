# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that a user of this collection gets to read."""


class AuditError(Exception):
    """Something is wrong and one sentence says what, where, and what would be right.

    ``details`` are further values for the caller, which a module hands to C(fail_json).
    """

    def __init__(self, message, **details):
        super(AuditError, self).__init__(message)
        self.details = details


class NotAvailable(AuditError):
    """A fact cannot be read here (offline tree, container, missing privilege); the message is the reason."""


class NotThere(NotAvailable):
    """There is nothing to read: the file does not exist. That was seen, unlike what could not be read."""
