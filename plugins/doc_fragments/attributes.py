# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module of this collection says about check mode, diff mode and where it runs."""


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed, or would change, in diff mode.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run reports no change.
  platform:
    description: The systems the module runs on.
    support: full
    platforms: linux
"""

    # Modules that change no host: what they do is the same in check mode.
    READS = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details:
      - Does the same in check mode, because no host is changed.
  diff_mode:
    description: Returns details on what has changed, or would change, in diff mode.
    support: none
    details:
      - There is nothing to differ.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run reports no change.
    support: full
    details:
      - Reports no change, because no host is changed.
  platform:
    description: The systems the module runs on.
    support: full
    platforms: linux
"""
