# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LVM reports, by lvs(8), vgs(8) and pvs(8) as JSON, in bytes."""

import json

from .._errors import AuditError

FIELDS = {
    "lv": ("lvs", "lv_name,vg_name,lv_size,segtype,lv_path,lv_kernel_major,lv_kernel_minor,lv_tags"),
    "vg": ("vgs", "vg_name,vg_size,vg_free,vg_extent_size,vg_attr"),
    "pv": ("pvs", "pv_name,vg_name,pv_size,pv_free,dev_size"),
}
NUMBERS = ("lv_size", "vg_size", "vg_free", "vg_extent_size", "pv_size", "pv_free", "dev_size", "lv_kernel_major", "lv_kernel_minor")
GROWABLE = ("linear", "striped")  # of lvmreport(7) segtype; thin, cache, mirror and raid have pools or copies of their own


def report(host, kind: str) -> list:
    """[{field: value}] of all logical volumes (C(lv)), volume groups (C(vg)) or physical volumes (C(pv)); sizes as numbers of bytes."""
    command, fields = FIELDS[kind]
    program = host.which(command)
    if program is None:
        raise AuditError("%s is not installed, and the log lies on a logical volume; install the package lvm2" % command)
    rc, out, err = host.run([program, "--reportformat", "json", "--units", "b", "--nosuffix", "-o", fields])
    try:
        rows = json.loads(out)["report"][0][kind] if not rc else None
    except (ValueError, KeyError, IndexError, TypeError):
        rows = None
    if rows is None:
        raise AuditError("%s did not answer: %s" % (command, (err or out).strip()[:200]))
    return [{name: _value(name, value) for name, value in row.items()} for row in rows]


def _value(name, text):
    return int(text) if name in NUMBERS and str(text).lstrip("-").isdigit() else text


def volume(host, number: str) -> dict:
    """The logical volume with this device number (C(253:0)); AuditError where LVM knows none or where it cannot grow."""
    found = [row for row in report(host, "lv") if "%s:%s" % (row["lv_kernel_major"], row["lv_kernel_minor"]) == number]
    if not found:
        raise AuditError("no logical volume has the device number %s; lvs does not list it" % number)
    kinds = sorted({row["segtype"] for row in found})
    if any(kind not in GROWABLE for kind in kinds):
        raise AuditError("the logical volume %s is %s, and only linear and striped ones are made larger here; use lvextend by hand" % (
            found[0]["lv_path"], ", ".join(kinds)))
    return found[0]
