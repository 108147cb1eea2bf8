# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader: the live audit state of a host, all layers, as one document.

It reads; the only thing it ever sends is SIGCONT, for auditd's state report. What cannot be read is None and
``unavailable`` says why: a layer that was not seen is not a layer that is in sync.
"""

import os

from .._errors import AuditError
from .._utc import iso
from .._utf8 import as_text
from . import boot, capacity, conf, daemon, denials, kernel, permissions, rotation, rules, services, storage, system, volume
from .reading import Parsed, Reading

# name in the document -> reader; each finds in Reading.live what those before it have found
READERS = (
    ("version", system.version),
    ("distribution", system.distribution),
    ("auditd_conf", conf.read),
    ("daemon", daemon.read),
    ("kernel", kernel.read),
    ("rules", rules.read),
    ("rotation", rotation.read),
    ("storage", storage.read),
    ("capacity", capacity.read),
    ("selinux_denials", denials.read),
    ("services", services.read),
    ("permissions", permissions.read),
    ("volume", volume.read),
    ("boot", boot.read),
)


def collect(host, release=None, parsed=None, *, wanted=None, readers=READERS, prepare=()):
    """The document: collected_at, root, version, distribution, auditd_conf, daemon, kernel, rules, rotation, storage, capacity,
    selinux_denials, services, permissions, volume, boot, unavailable.

    ``release`` overrides the host's own (an offline tree may not show it). ``parsed`` is a Parsed to fill. ``wanted``: the policy as
    C(_drift.document.compare) takes it. ``readers``: READERS, and others after them. ``prepare``: ((name, function of a Reading), ...)
    that see what the policy comes to on this host, and leave it in ``parsed``.
    AuditError where a live host is read without root, because nothing useful can be read then.
    """
    if host.is_live and os.geteuid() != 0:
        raise AuditError("reading the live audit state needs root: run with become")
    reading = Reading(host, release, wanted or {}, parsed or Parsed())
    reading.live["collected_at"] = iso()
    for name, reader in readers:
        try:
            reading.live[name] = reader(reading)
        except AuditError as error:
            reading.live[name] = None
            reading.missing(name, error)
    for name, see in prepare:
        try:
            see(reading)
        except AuditError as error:
            reading.missing(name, error)
    return as_text(reading.live)
