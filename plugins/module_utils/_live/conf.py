# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf as it stands on a host, and whether auditd there would take the policy's settings."""

import stat

from .._conf import stops, validator
from .._conf import text as _conf
from .._conf.environment import Environment
from .._errors import AuditError, NotAvailable, NotThere
from .._library import settled as benchmark_conf
from .._library.demands import Demands
from .._paths import AUDITD_CONF
from . import called, capacity
from .system import file_facts


def read(reading) -> dict:
    """{path, mode, uid, gid, text, settings, effective, problems}."""
    host, parsed, release = reading.host, reading.parsed, reading.live["version"]
    found = host.stat(AUDITD_CONF)
    parsed.conf_irregular = found is not None and not stat.S_ISREG(found.st_mode)
    text = host.text(AUDITD_CONF)
    if text is None:
        raise NotThere("%s does not exist%s" % (AUDITD_CONF, "" if release else ": audit is not installed"))
    parsed.conf = _conf.parse(text)
    parsed.environment = Environment(host)
    problems = validator.validate(parsed.conf, release, parsed.environment, file_stat=host.lstat(AUDITD_CONF))
    return dict(
        file_facts(host, AUDITD_CONF),
        text=text,
        settings=dict(parsed.conf.settings),
        effective=dict(_conf.effective(parsed.conf, release)),
        problems=[dict(problem._asdict()) for problem in problems],
    )


def wanted_settings(wanted, parsed, release):
    """The settings of the policy that this release is to have, keys in small letters. ``parsed``: C(reading.Parsed)."""
    settings = {key.lower(): value for key, value in (wanted.get("settings") or {}).items()}
    settings.update(parsed.thresholds)
    for key in capacity.automatic(settings):
        del settings[key]  # why it was not computed is a finding of its own
    if wanted.get("unsupported_keys") == "drop":
        for key in _conf.unsupported(settings, release):
            del settings[key]
    return stops.completed(parsed.conf, settings, wanted.get("failure_policy"), release)


def read_policy(reading) -> None:
    """What the policy comes to here (C(settled)), and why auditd would refuse it: a sentence or [sentence]. What the file has wrong already
    is left out.
    """
    wanted, release, parsed = reading.wanted.get("auditd"), reading.live["version"], reading.parsed
    if not wanted or parsed.conf is None:
        return
    try:
        parsed.thresholds = _thresholds(reading, wanted)
        settings, parsed.call_refused = called.taken(
            reading.host, wanted_settings(wanted, parsed, release), wanted.get("guard"), release=release,
            failure_policy=wanted.get("failure_policy"))
        asked = benchmark_conf.Asked(
            settings or {}, own=called.own_keys(wanted.get("own_keys"), wanted.get("guard"), parsed.call_refused),
            failure_policy=wanted.get("failure_policy"),
            rotation_wanted=bool(wanted.get("rotation_wanted")), demands=_demands(reading, wanted))
        settled = benchmark_conf.settle(
            asked, _conf.base(None if wanted.get("state") == "replaced" else parsed.conf, release), release, parsed.environment,
            (reading.live.get("storage") or {}).get("partition"))
    except AuditError as error:
        parsed.conf_refused = str(error)
        return
    parsed.settled = settled
    known = {(problem["key"], problem["value"]) for problem in reading.live["auditd_conf"]["problems"] if problem["fatal"]}
    parsed.conf_refused = [validator.sentence(problem, settled.settings) for problem in settled.problems
                           if problem.fatal and (problem.key, problem.value) not in known
                           and not stops.is_to_come(reading.host, problem.value)]


def _thresholds(reading, wanted):
    """{key: MB} of the thresholds that the policy has computed here."""
    settings = {key.lower(): value for key, value in (wanted.get("settings") or {}).items()}
    figures = reading.live.get("storage")
    if not figures and capacity.automatic(settings):
        raise NotAvailable("the room for the log was not seen, and space_left = auto needs it")
    return capacity.thresholds(reading.host, settings, reading.live["auditd_conf"]["effective"], figures, capacity.reaction_hours(wanted))


def _demands(reading, wanted):
    """{key: demands} of the benchmarks whose settings are applied."""
    if wanted.get("benchmark_conf") != "apply" or not reading.parsed.benchmarks:
        return {}
    return Demands(reading.wanted.get("benchmarks"), reading.parsed.product).settings(reading.parsed.benchmarks, reading.parsed.exceptions)
