# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what lies under a directory and the size that is wanted to the steps that get there. Pure: nothing is read or run here."""

from .._errors import AuditError
from .size import words

# A filesystem need not use the last bytes of its device: resize2fs leaves out a last group that is too small for its own tables (up to
# half of one), xfs_growfs an allocation group below 64 blocks. Less than this is no reason to grow again.
SLACK = 4 << 20


class Step(object):
    """``kind``: partition, pv, lv or filesystem. ``device``; ``before`` and ``after`` in bytes; ``base``: the device below that it is
    about, of a filesystem the whole stack."""

    __slots__ = ("kind", "device", "before", "after", "base")

    def __init__(self, kind, device, before, after, base=None):
        self.kind, self.device, self.before, self.after, self.base = kind, device, before, after, base

    def sentence(self):
        behind = ""
        if self.kind == "partition":
            part = self.base["partition"]
            behind = " (partition %d of %s has %s behind it)" % (part["number"], part["disk"], words(part["limit"] - self.before))
        return "%s %s: %s -> %s%s" % (WORDS[self.kind], self.device, words(self.before), words(self.after), behind)


WORDS = {"partition": "partition", "pv": "physical volume", "lv": "logical volume", "filesystem": "filesystem"}


def steps(stack: dict, size) -> list:
    """[Step] from the bottom up, none where the wanted size is there. AuditError where it cannot be had; nothing is ever made smaller."""
    wanted = _wanted(stack, size)
    found = _volume_steps(stack, wanted) if stack["volume"] else _partition_steps(stack["bases"][0], wanted)
    room = found[-1].after if found else stack["device"]["size"]
    have = stack["filesystem"]["size"]
    if room - have >= SLACK and (found or have < wanted - SLACK):
        found.append(Step("filesystem", stack["filesystem"]["mount"], have, room, stack))
    return found


def most(stack: dict) -> int:
    """The bytes that the device of the filesystem could have."""
    if stack["volume"]:
        extent = stack["group"]["extent"]
        return stack["volume"]["size"] + stack["group"]["free"] + sum(_gain(base, extent) for base in stack["bases"])
    base = stack["bases"][0]
    return max(base["size"], base["partition"]["limit"] if base["partition"] else base["size"])


def _gain(base, extent):
    """Bytes that a physical volume could give its group more than it does, in whole extents."""
    end = max(base["size"], base["partition"]["limit"] if base["partition"] else 0)
    return max(0, end - base["pv"] - extent) // extent * extent if end - base["pv"] >= 2 * extent else 0


def _wanted(stack, size):
    limit = most(stack)
    if size.kind == "percent" and not stack["volume"]:
        raise AuditError("size = %s: %s lies on no logical volume (%s); give max, 10G or +5G" % (
            size.text, stack["filesystem"]["mount"], stack["device"]["name"]))
    wanted = {
        "max": lambda: limit,
        "bytes": lambda: size.value,
        "more": lambda: stack["device"]["size"] + size.value,
        "percent": lambda: int(stack["group"]["size"] * size.value / 100),
    }[size.kind]()
    if wanted > limit:
        raise AuditError("size = %s: %s can become %s at most: %s; give max, or a larger disk first" % (
            size.text, stack["filesystem"]["mount"], words(limit), _shortage(stack)))
    return wanted


def _shortage(stack):
    partitions = [(base, base["partition"]) for base in stack["bases"] if base["partition"]]
    unused = ["%s of the disk %s lie behind %s" % (words(part["limit"] - base["size"]), part["disk"], base["device"])
              for base, part in partitions if part["limit"] > base["size"]]
    if stack["group"]:
        unused.append("the volume group %s has %s free" % (stack["group"]["name"], words(stack["group"]["free"])))
    return " and ".join(unused) or "nothing is unused on %s" % ", ".join(
        base["partition"]["disk"] if base["partition"] else base["device"] for base in stack["bases"])


def _partition_steps(base, wanted):
    """The partition that carries the filesystem; none where that is a whole disk, or large enough."""
    if wanted <= base["size"] or base["partition"] is None:
        return []
    sector_up = -(-wanted // SLACK) * SLACK
    return [Step("partition", base["device"], base["size"], min(base["partition"]["limit"], sector_up), base)]


def _volume_steps(stack, wanted):
    """First what the group has, then what its physical volumes have unused, then what lies behind their partitions."""
    group, volume = stack["group"], stack["volume"]
    wanted = min(-(-wanted // group["extent"]) * group["extent"], most(stack) // group["extent"] * group["extent"])
    missing, found = wanted - volume["size"] - group["free"], []
    for base in sorted(stack["bases"], key=lambda one: one["size"] - one["pv"], reverse=True):
        gain = _gain(base, group["extent"])
        if missing <= 0 or not gain:
            continue
        size = base["size"]
        if base["partition"] and base["partition"]["limit"] > size and _gain(dict(base, partition=None), group["extent"]) < missing:
            size = base["partition"]["limit"]
            found.append(Step("partition", base["device"], base["size"], size, base))
        found.append(Step("pv", base["device"], base["pv"], size, base))
        missing -= gain
    if wanted > volume["size"]:
        found.append(Step("lv", volume["path"], volume["size"], wanted))
    return found
