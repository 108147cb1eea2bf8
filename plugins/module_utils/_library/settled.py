# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd.conf is to say where benchmarks demand values of it: who comes first, and what this host cannot take.

auditd_conf comes before a benchmark's value that the failure policy permits, that before the failure policy, and that before the rest of
the benchmark. space_left and admin_space_left count as one pair: whoever sets one sets both. Only what the user wrote refuses a run: a
demand that the host cannot take is left out, with its reason.
"""

from .._conf import spelling, stops, validator
from .._conf import text as _conf
from .._conf.keys import ACTION_KEYS
from .._conf.words import threshold
from .._policy import FAILURE_POLICIES
from .conf import accepts

PAIR = ("space_left", "admin_space_left")
ACTION_AT = {"space_left": "space_left_action", "admin_space_left": "admin_space_left_action"}
BY_TIME = "max_log_file_action"  # the rotation's own; a benchmark never sets it
MAIL, WARNS = "EMAIL", "SYSLOG"  # WARNS: what every auditd does without anything else
CROSSED = "%s is %d MB of this filesystem and only %d MB are free: with %s = %s auditd would act at once; make room first"
BREAKING = {  # keys that change every record
    "name_format": "every record begins with node= from then on, or no longer does",
    "log_format": "records gain or lose the part with names (ENRICHED)",
}


class Asked(object):
    """What a policy says of auditd.conf: ``settings`` {key: value}, all of it; ``own``: the keys that the user wrote (auditd_conf);
    ``failure_policy`` and ``rotation_wanted`` as in C(_conf.validator.validate). ``demands``: {key: [C(demands.Demand)]} of the chosen
    benchmarks in their order, {} to apply none.
    """

    def __init__(self, settings: dict, *, own=(), failure_policy=None, rotation_wanted=False, demands=None) -> None:
        self.settings = {key.lower(): value for key, value in settings.items()}
        self.own = {key.lower() for key in own}
        self.failure_policy, self.rotation_wanted, self.demands = failure_policy, rotation_wanted, demands or {}
        self.refused = FAILURE_POLICIES[failure_policy]["refused"] if failure_policy in FAILURE_POLICIES else ()


class Settled(object):
    """``settings``: what the file is to have. ``ids`` {key: controls} of what comes from a benchmark, ``untaken`` {key: why this host
    cannot have what is demanded}, ``demands`` as asked, ``conf``: the Conf with it, ``problems`` of that, as C(validate) gives them.
    """

    def __init__(self, asked) -> None:
        self.policy = dict(asked.settings)  # what counts where no benchmark sets a key
        self.chosen, self.ids, self.untaken = {}, {}, {}
        self.demands = asked.demands
        self.conf: "_conf.Conf" = None  # type: ignore[assignment]  # settle() sets it
        self.problems = []

    @property
    def settings(self):
        return dict(self.policy, **self.chosen)


def settle(asked, conf, release, environment, partition=None) -> Settled:
    """The Settled of a policy on a host whose auditd.conf is ``conf``, or what is to stand in its place (C(_conf.text.base)).

    ``partition``: {size_mb, free_mb} of the log's filesystem, None where nobody can tell. ConfError for settings that no file can hold.
    """
    settled = Settled(asked)
    settled.chosen = _chosen(asked, dict(conf.settings))
    while True:
        settled.conf = _conf.merge(conf, settled.settings, release)
        settled.problems = validator.validate(
            settled.conf, release, environment, rotation_wanted=asked.rotation_wanted, failure_policy=asked.failure_policy, writing=True)
        untaken = _untaken(asked, settled) or _crossed(settled, release, partition)
        if not untaken:
            break
        for key, reason in untaken.items():
            settled.untaken.setdefault(key, reason)
            _give_up(settled, key)
    settled.ids = {key: [number for demand in asked.demands[key] for number in demand.ids]
                   for key in settled.chosen if key in asked.demands}
    return settled


def _chosen(asked, written):
    """{key: value} that the benchmarks set: the first that all of them accept and the policy permits, else the first one's."""
    chosen = {}
    for key, demands in asked.demands.items():
        if key in asked.own or key == BY_TIME and asked.rotation_wanted or key in PAIR and asked.own.intersection(PAIR):
            continue
        value = _best(asked, key, demands, written.get(key))
        if value is not None:
            chosen[key] = value
    _pair(asked, chosen, written)
    return chosen


def _best(asked, key, demands, has):
    if has is not None and key not in asked.settings and all(accepts(demand.accepted, has) for demand in demands):
        return spelled(demands, has)
    permitted = [value for demand in demands for value in map(value_of, demand.accepted)
                 if not (key in ACTION_KEYS and value.upper() in asked.refused) and value.lower() != "exec"]
    for value in permitted:
        if all(accepts(demand.accepted, value) for demand in demands):
            return value
    return permitted[0] if permitted else None


def value_of(accepted: str) -> str:
    """The value that meets one word of a demand: 25% for C(>=25%)."""
    return accepted[2:] if accepted.startswith(">=") else accepted


def spelled(demands, value: str) -> str:
    """A value as the checkers of a benchmark read it, themselves case-sensitive; as it is where they name no word for it."""
    for demand in demands:
        for one in demand.accepted:
            if spelling.same(one, value):
                return one
    return value


def _pair(asked, chosen, written):
    """Whoever sets one threshold sets both: the other follows in the same unit, where nobody demands more of it."""
    if "space_left" not in chosen or "admin_space_left" in chosen or asked.own.intersection(PAIR):
        return
    space, admin = chosen["space_left"], str(asked.settings.get("admin_space_left", written.get("admin_space_left", "")))
    numbers = [text.rstrip("%") for text in (space, admin)]
    fits = all(text.isdecimal() for text in numbers) and space.endswith("%") == admin.endswith("%") and int(numbers[1]) < int(numbers[0])
    if not fits and numbers[0].isdecimal():
        chosen["admin_space_left"] = "%d%%" % max(1, int(numbers[0]) // 5) if space.endswith("%") else str(int(numbers[0]) // 2)


def _untaken(asked, settled):
    """{key: reason} of what auditd or this host refuses and no user wrote: a benchmark's value, or the failure policy's mail."""
    found = {}
    for problem in settled.problems:
        if not problem.fatal or problem.key is None or problem.key in asked.own or not asked.demands:
            continue
        if problem.key in settled.chosen or problem.key in ACTION_KEYS and _is_mail(settled.policy.get(problem.key)):
            found[problem.key] = problem.reason
    return found


def _is_mail(value):
    return spelling.same(value, MAIL)


def _give_up(settled, key):
    """Without the benchmark's value the policy's counts; where that is the mail that was refused, it is a line in syslog."""
    had = settled.chosen.pop(key, None)
    if key in PAIR:
        for other in PAIR:
            settled.chosen.pop(other, None)
    if _is_mail(settled.policy.get(key)) and (had is None or _is_mail(had)):
        settled.policy[key] = WARNS


def _crossed(settled, release, partition):
    """{threshold: reason} where the room that is free is below it already and the action behind it takes the host away."""
    if not partition or partition.get("free_mb") is None:
        return {}
    effective = _conf.effective(settled.conf, release)
    for key in PAIR:
        action = str(effective.get(ACTION_AT[key]) or "").partition(" ")[0].upper()
        limit = threshold(effective.get(key), partition.get("size_mb"))
        if key in settled.chosen and action in stops.TAKES_AWAY and limit is not None and partition["free_mb"] <= limit:
            return {key: CROSSED % (effective[key], limit, partition["free_mb"], ACTION_AT[key], action)}
    return {}


def breaking(before: dict, after: dict) -> "list[str]":
    """A sentence for each key that changes every record, and so what parsers of the log read. Both: {key: value} as auditd runs with it."""
    return ["%s changes from %s to %s: %s; whatever parses the log has to know" % (key, before.get(key), after.get(key), effect)
            for key, effect in sorted(BREAKING.items()) if not spelling.same(before.get(key), after.get(key))]
