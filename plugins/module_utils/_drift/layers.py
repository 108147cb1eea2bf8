# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers that are compared: one row each. A new layer is a file with its comparer, a reader in _live, and a row here."""

from collections import namedtuple

from .._live import benchmark as benchmark_reader
from .._live import boot as boot_reader
from .._live import checker as checker_reader
from .._live import conf as conf_reader
from .._live import daemon as daemon_reader
from .._live import kernel as kernel_reader
from .._live import permissions as permissions_reader
from .._live import rotation as rotation_reader
from .._live import rules as rules_reader
from .._live import schedule as schedule_reader
from .._live import services as services_reader
from .._live import shipping as shipping_reader
from .._live import staged as staged_reader
from .._live import storage as storage_reader
from .._live import system as system_reader
from .._live import units as units_reader
from .._live import volume as volume_reader
from . import (
    auditd_conf,
    benchmark,
    boot,
    checker,
    daemon,
    files,
    kernel,
    package,
    permissions,
    rotation,
    rules,
    services,
    shipping,
    storage,
    units,
    volume,
)

Layer = namedtuple("Layer", "fact reader compare prepare policy needs in_tree bare")


def row(fact, reader, compare, *, prepare=None, policy=None, needs=(), in_tree=None, bare=False):
    """One layer.

    ``fact``: what the answer of its ``reader`` (Reading -> answer) is called in the live document; a reader of None has none. ``prepare``:
    Reading -> None, what the policy comes to on this host goes into Parsed. ``compare``: Sides -> findings; it has no host to look at.
    ``policy``: the part of the policy that wants the layer. ``needs``: the facts that must have been seen before a wanted layer is in sync;
    ``in_tree``: those of them that a tree has, None for all. ``bare``: whether it is compared on a host without audit too.
    """
    return Layer(fact, reader, compare, prepare, policy, needs, needs if in_tree is None else in_tree, bare)


LAYERS = (
    row("version", system_reader.version, package.compare, bare=True),
    row("benchmark", None, benchmark.compare, prepare=benchmark_reader.read_policy),
    row("auditd_conf", conf_reader.read, auditd_conf.compare, prepare=conf_reader.read_policy, policy="auditd", needs=("auditd_conf",)),
    row("daemon", daemon_reader.read, daemon.compare, policy="auditd", needs=("daemon", "daemon.report"), in_tree=()),
    row("services", services_reader.read, services.compare, policy="auditd", needs=("services",)),
    row("units", units_reader.read, units.compare, policy="auditd", needs=("units",)),
    row("kernel", kernel_reader.read, kernel.compare, policy="audit_rules", needs=("kernel", "rules.loaded"), in_tree=()),
    row("rules", rules_reader.read, rules.compare, prepare=staged_reader.read_policy, policy="audit_rules",
        needs=("rules", "rules.compiled")),
    row("rotation", rotation_reader.read, rotation.compare, prepare=schedule_reader.read_policy, policy="audit_rotation",
        needs=("rotation",), bare=True),
    row("checker", None, checker.compare, prepare=checker_reader.read_policy, policy="audit_check", bare=True),
    row("permissions", permissions_reader.read, permissions.compare, policy="audit_rules", needs=("permissions",)),
    row("files", permissions_reader.read_all, files.compare),
    row("storage", storage_reader.read, storage.compare),
    row("volume", volume_reader.read, volume.compare, policy="auditd", needs=("volume",)),
    row("shipping", shipping_reader.read, shipping.compare, prepare=shipping_reader.read_policy, policy="audit_shipping",
        needs=("shipping",)),
    row("boot", boot_reader.read, boot.compare, policy="audit_boot", needs=("boot",), bare=True),
)


def readers(known, layers):
    """``known`` ((fact, reader), ...) and those of the layers that are not among them."""
    have = {fact for fact, _reader in known}
    return known + tuple((layer.fact, layer.reader) for layer in layers if layer.reader and layer.fact not in have)
