# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role auditd that an auditd.conf means."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys, text
from ansible_collections.auditops.auditd.plugins.module_utils._drift.finding import same
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES, STOPPING_WORDS
from ansible_collections.auditops.auditd.plugins.plugin_utils import judges

from .found import Adopted, Source, Variable

ROTATED_BY_TIME = {"max_log_file_action": "IGNORE", "num_logs": "5"}  # what the role sets beside the four disk actions
# What distributions ship otherwise than upstream: Debian's patch 02 sets the group
STOCK_OF_FAMILY = {"debian": {"log_group": "adm"}}
STRICTEST_MODE, WIDEST_MODE = 0o600, 0o640
UNPRUNED = ("max_log_file_action = KEEP_LOGS keeps every log for good, until the partition is full and disk_full_action decides what "
            "becomes of the host")
STOPS = "{key} = {value} stops the host: adopted as auditd_failure_policy: stop_host"


def adopt(document: dict, adopted: Adopted, panics: Source | None) -> None:
    """Fill in auditd_failure_policy, auditd_conf and auditd_mode. ``panics``: where the rules set -f 2."""
    conf = document["auditd_conf"]
    if conf is None:
        adopted.note(f"auditd.conf was not read: {document['unavailable'].get('auditd_conf', 'unknown')}")
        return
    effective = {key: value for key, value in conf["effective"].items() if value is not None}
    lines = _lines(conf, adopted)
    policy = policy_of(effective, panics is not None)
    default = {**FAILURE_POLICIES[policy]["settings"], **ROTATED_BY_TIME}
    wanted = {key: effective[key] for key, value in default.items() if key in effective and not same(value, effective[key])}
    wanted.update(_own(document, lines, default))
    _take(_policy(policy, lines, panics), wanted, lines, adopted)
    _warn(effective, policy, panics is not None, adopted)
    _mode(conf, adopted)


def translate(found: Mapping[str, tuple[str, Source]], adopted: Adopted, *, panics: Source | None) -> None:
    """The same of settings {key: (value, where it is said)} that are no file: what nobody says is left to each host, and a value that
    counts where a key is absent is not said, for an auditd that does not know the key refuses the file."""
    said = {key: value for key, (value, _source) in found.items()}
    policy = policy_of(said, panics is not None)
    default = {**FAILURE_POLICIES[policy]["settings"], **ROTATED_BY_TIME}
    shipped = _shipped(None)
    wanted = {key: value for key, value in said.items() if not same(default.get(key, shipped.get(key, _absent(key))), value)}
    _take(_policy(policy, found, panics), wanted, found, adopted)
    _warn(said, policy, panics is not None, adopted)


def policy_of(effective: Mapping[str, str], panics: bool) -> str:
    """The failure policy that needs the fewest keys beside it; only stop_host may stop a host."""
    stops = panics or any(_word(effective.get(key)) in STOPPING_WORDS for key in keys.ACTION_KEYS)
    fitting = ["stop_host"] if stops else ["keep_running", "suspend_auditing"]

    def beside(policy: str) -> int:
        return sum(not same(value, effective.get(key)) for key, value in FAILURE_POLICIES[policy]["settings"].items())

    return min(fitting, key=lambda policy: (beside(policy), fitting.index(policy)))


def _word(value: object) -> str:
    return str(value or "").partition(" ")[0].upper()


def _lines(conf: dict, adopted: Adopted) -> dict[str, tuple[str, Source]]:
    """{key: (value, Source)} of what the file sets, the last line of a key; each line is counted."""
    found: dict[str, tuple[str, Source]] = {}
    for line in text.parse(conf["text"]).lines:
        kind = "blank" if not line.text.strip() else "comment" if line.text.lstrip().startswith("#") else "setting"
        adopted.lines[f"auditd.conf {kind}"] += 1
        if kind == "setting" and line.key is not None and line.value:
            found[line.key] = (line.value, Source(conf["path"], line.number))
    for problem in conf["problems"]:
        if problem["fatal"]:
            setting = f"{problem['key']} = {problem['value']}: " if problem["key"] else ""
            line = f" line {problem['line']}" if problem["line"] else ""
            adopted.note(f"{conf['path']}{line}: {setting}{problem['reason']}")
    return found


def _own(document: dict, lines: Mapping[str, tuple[str, Source]], default: Mapping[str, str]) -> dict[str, str]:
    """The keys of the file that neither the policy sets nor the distribution ships so."""
    release = document["version"]
    shipped = {**_shipped(release), **STOCK_OF_FAMILY.get((document["distribution"] or {}).get("family") or "", {})}
    effective = document["auditd_conf"]["effective"]
    return {key: effective[key] for key in lines
            if key not in default and effective.get(key) is not None and not keys.is_ignored(key, release)
            and not same(shipped.get(key), lines[key][0])}


def _absent(key: str) -> object:
    """The value of the newest release where nothing sets the key."""
    default = keys.KEYS[key].default
    return list(default.values())[-1] if isinstance(default, Mapping) else default


@functools.lru_cache(maxsize=64)
def _shipped(release: str | None) -> Mapping[str, str]:
    return text.parse(text.stock(release)).settings


def _policy(policy: str, lines: Mapping[str, tuple[str, Source]], panics: Source | None) -> Variable:
    """The policy with where it comes from: the first action that stops the host, or -f 2, where it is stop_host."""
    actions = [lines[key] for key in keys.ACTION_KEYS if key in lines]
    stopping = [source for word, source in actions if _word(word) in STOPPING_WORDS] + ([panics] if panics else [])
    source = next(iter([*stopping, *(source for _word_of, source in actions)]), Source("/etc/audit/auditd.conf"))
    return Variable(policy, policy, {None: source})


def _take(policy: Variable, wanted: dict[str, str], lines: Mapping[str, tuple[str, Source]], adopted: Adopted) -> None:
    if policy.value != "keep_running":
        adopted.variables["auditd_failure_policy"] = policy
    kept = {key: wanted[key] for key in keys.KEYS if key in wanted}
    for sentence, key in refused(json.dumps(kept, sort_keys=True), str(policy.value)):
        adopted.note(f"auditd.conf: {sentence}")
        kept.pop(key, None)
    if kept:
        sources = {key: lines[key][1] for key in kept if key in lines}
        adopted.variables["auditd_conf"] = Variable(kept, json.dumps(kept, sort_keys=True), sources)


@functools.lru_cache(maxsize=4096)
def refused(settings: str, policy: str) -> tuple[tuple[str, str], ...]:
    """((sentence, key), ...) of what the judge of variables holds against these settings (JSON) of auditd.conf."""
    left, found = json.loads(settings), []
    while left:
        sentences = judges.conf({"auditd_conf": left, "auditd_failure_policy": policy}, {})
        if not sentences:
            break
        key = next((name for name in left if sentences[0].startswith(f"auditd_conf.{name}")), next(iter(left)))
        found.append((sentences[0], key))
        del left[key]
    return tuple(found)


def _warn(effective: Mapping[str, str], policy: str, panics: bool, adopted: Adopted) -> None:
    """What stops the host or fills its disk, and what keep_running would make of it."""
    for key in keys.ACTION_KEYS:
        if _word(effective.get(key)) in STOPPING_WORDS:
            adopted.dangers.append(STOPS.format(key=key, value=effective[key]))
    if panics:
        adopted.dangers.append("-f 2 lets the kernel panic when it cannot record: adopted as auditd_failure_policy: stop_host")
        adopted.would_change.append("the kernel's failure flag: -f 2 -> -f 1")
    if _word(effective.get("max_log_file_action")) == "KEEP_LOGS":
        adopted.dangers.append(UNPRUNED)
        adopted.would_change.append("max_log_file_action: KEEP_LOGS -> IGNORE, with rotation by time and pruning")
    if policy == "keep_running":
        return
    safe = FAILURE_POLICIES["keep_running"]["settings"]
    for key in keys.ACTION_KEYS:
        is_milder = key in safe and key in effective and not same(safe[key], effective[key])
        if is_milder or _word(effective.get(key)) in STOPPING_WORDS:
            adopted.would_change.append(f"{key}: {effective.get(key)} -> {safe.get(key, 'SYSLOG')}")


def _mode(conf: dict, adopted: Adopted) -> None:
    mode = int(conf["mode"], 8)
    if mode & ~WIDEST_MODE:
        adopted.note(f"{conf['path']} has mode {conf['mode']}; auditd_mode takes 0640 or stricter")
    elif mode & ~STRICTEST_MODE:
        adopted.variables["auditd_mode"] = Variable("0640", "0640", {None: Source(conf["path"])})
