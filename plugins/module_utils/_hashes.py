# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256 as C(hashlib) has it, without OpenSSL: that library takes 3.6 ms to load, of 50 for a whole comparison (measured).

What is packed for a host imports this in the place of C(hashlib) (C(host_library)). The modules that C(hashlib) falls back to have other
names by release, and a build may lack them.
"""

try:
    from _sha2 import sha256  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

__all__ = ("sha256",)
