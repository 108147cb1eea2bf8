# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers that are compared: one row each. A new layer is a file with its comparer, a reader in _live, and a row here."""

from collections import namedtuple

from .._live import benchmark as benchmark_reader
from .._live import boot as boot_reader
from .._live import conf as conf_reader
from .._live import daemon as daemon_reader
from .._live import kernel as kernel_reader
from .._live import rotation as rotation_reader
from .._live import rules as rules_reader
from .._live import schedule as schedule_reader
from .._live import staged as staged_reader
from .._live import storage as storage_reader
from .._live import system as system_reader
from .._live import units as units_reader
from . import auditd_conf, benchmark, boot, daemon, kernel, package, rotation, rules, storage, units

# fact        what the reader's answer is called in the live document
# reader      Reading -> that answer
# prepare     Reading -> None: what the policy comes to on this host goes into Parsed; None where a policy needs no look at the host
# compare     Sides -> findings; it has no host to look at
# policy      the part of the policy that wants the layer; None: it is compared whatever the policy says
# needs       facts that must have been seen before a wanted layer is in sync
# in_tree     those of them that a tree has
# bare        whether it is compared on a host without audit too
Layer = namedtuple("Layer", "fact reader prepare compare policy needs in_tree bare")

LAYERS = (
    Layer("version", system_reader.version, None, package.compare, None, (), (), True),
    Layer("auditd_conf", conf_reader.read, conf_reader.read_policy, auditd_conf.compare, "auditd", ("auditd_conf",), (), False),
    Layer("daemon", daemon_reader.read, None, daemon.compare, "auditd", ("daemon", "daemon.report"), (), False),
    Layer("kernel", kernel_reader.read, None, kernel.compare, "audit_rules", ("kernel", "rules.loaded"), (), False),
    Layer("benchmark", None, benchmark_reader.read_policy, benchmark.compare, "audit_rules", (), (), False),
    Layer("rules", rules_reader.read, staged_reader.read_policy, rules.compare, "audit_rules", ("rules",), (), False),
    Layer("rotation", rotation_reader.read, schedule_reader.read_policy, rotation.compare, "audit_rotation", ("rotation",), (), True),
    Layer("storage", storage_reader.read, None, storage.compare, None, (), (), False),
    Layer("boot", boot_reader.read, None, boot.compare, None, (), (), True),
    Layer("units", units_reader.read, None, units.compare, None, (), (), False),
)


def readers(known, layers):
    """``known`` ((fact, reader), ...) and those of the layers that are not among them."""
    have = {fact for fact, _reader in known}
    return known + tuple((layer.fact, layer.reader) for layer in layers if layer.reader and layer.fact not in have)
