# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd.conf becomes on this host: the parameters of M(auditops.auditd.auditd_conf), with the thresholds that are computed, what the
failure policy takes back, what the benchmarks demand, and what has to wait. Nothing is written here."""

from .. import _utc
from .._conf import bound, spelling, stops, validator
from .._conf import text as _conf
from .._conf.environment import Environment
from .._errors import AuditError
from .._host import os_release
from .._library import exceptions, settled, words
from .._library.demands import Demands
from .._library.product import product
from .._live import called, capacity, rotation_proof, storage
from .._paths import AUDITD_CONF
from . import conf_refused


def computed(host, params, release):
    """{settings or content: with numbers where a threshold is to be computed}."""
    asked = _conf.parse(ended(params["content"])).settings if params["content"] is not None else params["settings"] or {}
    settings = {key.lower(): value for key, value in asked.items()}
    if not capacity.automatic(settings):
        return {}
    before = _conf.effective(_conf.parse(host.text(params["path"])), release)
    figures = storage.measure(host, dict(before, **{key: settings[key] for key in ("log_file",) if settings.get(key)}))[0]
    numbers = capacity.thresholds(host, settings, before, figures, params["reaction_hours"])
    if params["content"] is not None:
        return {"content": _conf.merge(_conf.parse(ended(params["content"])), numbers, release).text}
    return {"settings": dict({key: value for key, value in asked.items() if key.lower() not in numbers}, **numbers)}


def with_call(host, params, release):
    """(the parameters with what this host can have in the place of a call by auditd, why that is not the call; None where it is)."""
    settings = params["settings"] if params["content"] is None else dict(_conf.parse(params["content"]).settings)
    settings, reason = called.taken(host, settings, params["guard"], release=release, failure_policy=params["failure_policy"],
                                    program_counts=True)
    if reason is None:
        return params, None
    changed = {"settings": settings} if params["content"] is None else {
        "content": _conf.merge(_conf.parse(ended(params["content"])), {called.KEY: called.INSTEAD}, release).text}
    return dict(params, own_keys=called.own_keys(params["own_keys"], params["guard"], reason), **changed), reason


def wanted(host, params, before, release):
    """(the Conf that the parameters ask for, before benchmarks and rotation are considered; the keys dropped as the release does not know
    them). AuditError for parameters that do not go together."""
    settings, content = params["settings"], params["content"]
    if content is not None and settings is not None:
        raise AuditError("content and settings are both given; give the whole text, or the keys")
    if content is None and settings is None:
        raise AuditError("state: %s needs settings%s" % (params["state"], "" if params["state"] == "merged" else " or content"))
    if content is not None and params["state"] == "merged":
        raise AuditError("content is the whole file and cannot be merged; give settings, or state: replaced")
    if settings is not None and params["state"] == "merged":
        settings = _completed(params, before, release)
    if params["scope"] == "stops":
        if params["state"] != "merged":
            raise AuditError("scope: stops needs state: merged: %s writes the whole file" % params["state"])
        settings = stops.milder(before, stops.until_installed(host, settings), release)
    if content is not None:
        # what is judged is judged as given; what is written ends with a newline, which lookups of files take away
        conf = _conf.parse(content if params["state"] == "rendered" else ended(content))
    elif params["state"] == "merged":
        conf = _conf.merge(before if params["scope"] == "stops" else _conf.base(before, release), settings, release)
    else:
        conf = _conf.parse(_conf.render(settings, release))
    dropped = _conf.unsupported(conf, release) if params["unsupported_keys"] == "drop" else []
    if dropped:
        conf = _conf.merge(conf, dict.fromkeys(dropped), release)
    return conf, dropped


def with_benchmarks(host, params, before, after, release):
    """(the Conf with what the benchmarks demand, {key: why this host cannot take it}); ``after`` as it is where none is applied."""
    if params["benchmark_conf"] != "apply" or not params["profiles"] or not params["benchmarks"] or params["scope"] != "all":
        return after, {}
    demands = Demands(params["benchmarks"], product(os_release.fields(host) or {}))
    register = exceptions.Exceptions(params["exceptions"], _utc.day(), _utc.day(exceptions.ANNOUNCED), params["skip"])
    names = words.choose(demands.library, params["profiles"], demands.product or "")
    words.of_the_family(demands.library, names, demands.product or "")
    # of a whole file every key is the policy's
    policy = dict(after.settings) if params["settings"] is None else _completed(params, before, release)
    base = after if params["state"] == "replaced" else _conf.base(before, release)
    found = settled.settle(
        settled.Asked({key: value for key, value in policy.items() if value is None or key.lower() in after.settings},
                      own=params["own_keys"], failure_policy=params["failure_policy"], rotation_wanted=params["rotation_wanted"],
                      demands=demands.settings(names, register)),
        base, release, Environment(host), _partition(host, _conf.effective(after, release)["log_file"]))
    return found.conf, found.untaken


def deferred(host, params, before, after, release):
    """(why the log keeps its bound, the Conf with that bound); (None, ``after``) where nothing has to wait."""
    if not params["rotation_wanted"] or params["rotation"] == "proven":
        return None, after
    bounded = bound.kept(before, after, release)
    if bounded is None:
        return None, after
    reason = "the task says that it is not" if params["rotation"] == "unproven" else rotation_proof.unproven(host)
    return (reason, bounded) if reason else (None, after)


def judged(host, params, change, release):
    """(problems, what auditd is given for the reload, why auditd refuses the file). What the host's own file already does to it, and lines
    that auditd refuses, are no reason to keep what stops the host."""
    before, after = change
    refused = conf_refused.fatal(host, release, after) if params["scope"] == "stops" else []
    if not refused:
        return check(host, params, after, release, writing=params["scope"] == "all"), None, []
    conf_refused.raise_own(refused, stops.milder(before, params["settings"], release))
    acts = host.is_live and params["reload"] and params["path"] == AUDITD_CONF
    loadable = conf_refused.loadable(host, release, after, params["timeout"]) if acts else None
    return refused, loadable, refused


def check(host, params, conf, release, *, writing=False):
    """The problems of this Conf on this host; AuditError where auditd would refuse it, with the variable that says so."""
    return validator.check(
        conf, release, Environment(host), settings=tuple(key.lower() for key in params["settings"] or ()),
        rotation_wanted=params["rotation_wanted"], failure_policy=params["failure_policy"], writing=writing)


def _completed(params, before, release):
    """The settings with what the failure policy takes back, in the spelling that the file has."""
    settings = stops.completed(before, params["settings"], params["failure_policy"], release)
    return spelling.as_written(settings, dict(before.settings) if before is not None else {})


def _partition(host, log_file):
    try:
        return storage.partition(host, log_file.rpartition("/")[0])
    except AuditError:
        return None


def ended(text):
    """With a newline at its end, which lookups of files take away."""
    return text if not text or text.endswith("\n") else text + "\n"
