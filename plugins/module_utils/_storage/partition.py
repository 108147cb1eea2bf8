# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partition tables, as sfdisk(8) dumps and takes them. Sectors are the disk's own; bytes everywhere else."""

import re

from .._errors import AuditError

ALIGNMENT = 1 << 20  # as sfdisk and parted align since 2010
GPT_TAIL = 33  # sectors of 512 bytes behind the last usable one: 32 of the second table, 1 header (UEFI 2.10, 5.3.1)
DOS_SECTORS = (1 << 32) - 1  # a DOS table counts sectors in 32 bits
EXTENDED = ("5", "f", "85")
HEAD = re.compile(r"^([a-z-]+): (.*)$", re.M)
LINE = re.compile(r"^(?P<device>\S+) : (?P<fields>.*)$", re.M)


class Table(object):
    """A dumped table: ``label`` (gpt, dos), ``sector`` in bytes, ``rows`` [{device, start, size, type}] in sectors, ``text`` as dumped."""

    def __init__(self, text, sector):
        heads = dict(HEAD.findall(text))
        self.text, self.label = text, heads.get("label", "")
        self.sector = int(heads.get("sector-size", sector))
        self.rows: "list[dict]" = []
        for found in LINE.finditer(text):
            fields = dict(re.findall(r"(\w+)=\s*(\"[^\"]*\"|[^,\s]+)", found.group("fields")))
            if "start" in fields and "size" in fields:
                self.rows.append({"device": found.group("device"), "start": int(fields["start"]), "size": int(fields["size"]),
                                  "type": fields.get("type", fields.get("Id", ""))})

    def row(self, device):
        for row in self.rows:
            if row["device"] == device:
                return row
        raise AuditError("the partition table does not name %s" % device)

    def limit(self, device: str, disk_size: int) -> int:
        """The largest size in bytes that this partition could have where it starts, on a disk of this size."""
        mine = self.row(device)
        end = disk_size // self.sector
        if self.label == "gpt":
            end -= -(-GPT_TAIL * 512 // self.sector)
        else:
            end = min(end, DOS_SECTORS)
        end = min([end] + [row["start"] for row in self.rows if row["start"] > mine["start"]])
        last = (mine["start"] + max(0, end - mine["start"])) * self.sector // ALIGNMENT * ALIGNMENT
        return max(mine["size"] * self.sector, last - mine["start"] * self.sector)

    def resized(self, device: str, size: int) -> str:
        """The dump with another size in bytes for one partition, as sfdisk takes it. Its C(last-lba) goes: that is of the smaller disk."""
        def changed(found):
            if found.group("device") != device:
                return found.group(0)
            return re.sub(r"size=\s*\d+", "size=%d" % (size // self.sector), found.group(0), count=1)
        return LINE.sub(changed, re.sub(r"^last-lba:.*\n", "", self.text, flags=re.M))


def read(host, disk: str, sector: int) -> Table:
    program = host.which("sfdisk")
    if program is None:
        raise AuditError("sfdisk is not installed, and the log lies on a partition; install the package fdisk (or util-linux)")
    rc, out, err = host.run([program, "--dump", disk])
    if rc:
        raise AuditError("sfdisk cannot read the partition table of %s: %s" % (disk, err.strip()))
    table = Table(out, sector)
    if table.label not in ("gpt", "dos"):
        raise AuditError("%s has a partition table of the kind %s; only gpt and dos are changed here" % (disk, table.label or "unknown"))
    return table


def refuse(table: Table, device: str) -> None:
    """AuditError for a logical partition: the extended one around it would have to grow first."""
    mine = table.row(device)
    if table.label == "dos" and mine["type"].lower() not in EXTENDED:
        for row in table.rows:
            if row["type"].lower() in EXTENDED and row["start"] < mine["start"] < row["start"] + row["size"]:
                raise AuditError("%s is a logical partition inside %s, which is not changed here; use parted by hand" % (
                    device, row["device"]))
