# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""May ages be computed by this clock? A clock that is a year ahead for one run would make every archive a year too old.

Each run notes the wall clock beside the clock that no step moves (CLOCK_BOOTTIME). Within one boot both must have gone on by the
same time; across a boot the host can only have been off in between. After a jump, nothing is pruned by age until the clock has been
steady for a week.
"""

import time

from ._utc import epoch, iso

STEP = 3600  # seconds by which time synchronisation may correct a clock between two runs without being taken for a jump
LONGEST_OFF = 7 * 86400  # seconds that a host is off between two runs without a doubt
STEADY = 7 * 86400  # seconds after a jump until ages count again
BOOTTIME = getattr(time, "CLOCK_BOOTTIME", 7)  # linux/time.h; Python has its name since 3.7
BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Clock(object):
    """``now`` (epoch seconds), and ``doubt``: the sentence why no age may be computed by it, None where it is sound."""

    def __init__(self, previous, now=None, since_boot=None, boot=None):
        self.now = time.time() if now is None else now
        self.since_boot = time.clock_gettime(BOOTTIME) if since_boot is None else since_boot
        self.boot = _boot_id() if boot is None else boot
        self._jump = self._new_jump(previous or {}) or (previous or {}).get("jump")
        self.doubt = self._doubt()

    @property
    def boot_time(self):
        """Epoch seconds at which this boot began."""
        return self.now - self.since_boot

    @property
    def note(self):
        """What status.json keeps for the next run, a dict."""
        return {
            "now": round(self.now, 3), "since_boot": round(self.since_boot, 3), "boot": self.boot,
            "jump": self._jump if self.doubt else None}

    def _new_jump(self, previous):
        if not isinstance(previous.get("now"), (int, float)) or not isinstance(previous.get("since_boot"), (int, float)):
            return None
        passed = self.now - previous["now"]
        if previous.get("boot") == self.boot:
            lowest = highest = self.since_boot - previous["since_boot"]
        else:  # of a boot that is not known, no more is certain than the order of things
            lowest, highest = self.since_boot if previous.get("boot") else 0, self.since_boot + LONGEST_OFF
        if lowest - STEP <= passed <= highest + STEP:
            return None
        way = "ahead" if passed > highest else "back"
        by = passed - (highest if passed > highest else lowest)
        return {"at": iso(self.now), "text": "the clock went %s by %d hours since the last run" % (way, abs(by) // 3600)}

    def _doubt(self):
        if not isinstance(self._jump, dict):
            return None
        try:
            steady = self.now - epoch(self._jump.get("at"))
        except (TypeError, ValueError):
            return None
        if steady >= STEADY:
            return None
        return "%s (%s): nothing is pruned by age until it has been steady for %d days" % (
            self._jump.get("text"), self._jump.get("at"), STEADY // 86400)


def _boot_id():
    try:
        with open(BOOT_ID) as stream:
            return stream.read().strip()
    except OSError:
        return ""
