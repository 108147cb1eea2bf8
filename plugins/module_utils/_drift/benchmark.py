# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark profiles in a comparison: what they ask of auditd.conf is waived by the policy, or reported; choosing rules never sets it."""

from collections.abc import Iterator

from .._library.conf import accepts, agree
from .._library.demands import SWITCHES
from . import controls
from .finding import text_of


def compare(sides) -> "Iterator[dict]":
    """For information: a benchmark of another system, and what the profiles ask of auditd.conf, the host has not, and no policy decides."""
    chosen = sides.parsed.chosen
    if chosen is not None and chosen.foreign:
        yield sides.item("disk.rules_d.profiles", "benchmarks for this system", chosen.foreign)
    yield from controls.announced(sides)
    yield from _syslog_plugin(sides)
    if sides.live["auditd_conf"] is None:
        return
    yield from _contradictions(sides)
    settings = _settings(sides)
    for key, accepted, ids in sides.demands.of(sides.parsed.benchmarks):
        if not accepted or key in SWITCHES or key in settings or accepts(accepted, sides.effective.get(key)):
            continue
        yield sides.item("disk.auditd_conf.expected." + key, " or ".join(accepted), text_of(sides.effective.get(key)), controls=ids,
                         fix="role auditd: auditd_conf.%s" % key)


def _syslog_plugin(sides):
    """Where a chosen benchmark demands the plugin and it is not active, whatever the policy says of shipping."""
    chosen = sides.parsed.chosen
    ids = [ident for ident in sides.demands.ids("syslog_plugin") if chosen is not None and ident not in chosen.left.numbers]
    if ids and controls.has_syslog_plugin(sides) is False:
        yield sides.item("shipping.syslog_demanded", "active", "not active", controls=ids)


def _contradictions(sides):
    """What the chosen benchmarks demand of one key and no value satisfies. Where the policy sets the key aside, all of them are waived;
    else one of them fails, whatever the host has."""
    for key, demands in sides.demands.settings(sides.parsed.benchmarks, sides.parsed.exceptions).items():
        if agree([demand.accepted for demand in demands]):
            continue
        actual = sides.effective.get(key)
        met = [demand for demand in demands if accepts(demand.accepted, actual)]
        yield sides.item(
            "disk.auditd_conf.contradiction." + key,
            "; ".join("%s: %s" % (demand.ids[0], " or ".join(demand.accepted)) for demand in demands), text_of(actual),
            severity="low" if met else None, controls=[number for demand in demands for number in demand.ids])


def _settings(sides):
    return {key.lower(): value for key, value in sides.settings.items() if value is not None}
