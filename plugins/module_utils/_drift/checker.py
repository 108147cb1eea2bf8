# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare audit-check, by which a host compares itself, with the policy: program, schedule, and whether it does."""

from collections.abc import Iterator

from .. import _utc
from .._rotation import checker as _checker
from .._rotation import files as _rotation
from .rotation import different, not_ours


def compare(sides) -> "Iterator[dict]":
    """The findings about audit-check; they belong to the layer schedule."""
    policy, have = sides.wanted.get("audit_check"), sides.parsed.checker
    if not policy or have is None:
        return
    if policy.get("state") == "absent":
        left = [path for path in (_checker.PROGRAM,) + _checker.SCHEDULED if have.files[path].is_there and path != _checker.STAMP]
        if left:
            yield sides.item("schedule.check_stale", "nothing", left)
        return
    if have.installed_at is None:
        yield sides.item("schedule.check", "installed", "not installed")
        return
    yield from _program(sides, have)
    if have.scheduler_refused:
        yield sides.item("schedule.check_scheduler", policy.get("scheduler") or "auto", have.scheduler_refused)
    else:
        yield from _schedule(sides, policy, have)
    if have.files[_checker.POLICY].is_there:
        wrong = not_ours(have.files[_checker.POLICY], 0o600, sides.is_live)
        if wrong:
            yield sides.item("schedule.check_file." + _name(_checker.POLICY), *wrong)


def _program(sides, have):
    wanted = sides.wanted.get("program") or {}
    other = [path for path, digest in sorted(have.program.items()) if path in wanted and wanted[path] != digest]
    if other:
        yield sides.item("schedule.check_program", "the program of this collection", other)
    for path in sorted(have.program):
        wrong = not_ours(have.files[path], _rotation.mode_of(path), sides.is_live)
        if wrong and path not in other:
            yield sides.item("schedule.check_file." + _name(path), *wrong)
    if have.interpreter:
        yield sides.item("schedule.check_interpreter", "present", have.interpreter)


def _schedule(sides, policy, have):
    for path, (text, mode) in sorted(_checker.desired_files(policy, have.scheduler, have.minute).items()):
        wrong = different(have.files[path], text, mode, sides.is_live)
        if wrong:
            yield sides.item("schedule.check_file." + _name(path), *wrong)
    missing = sorted(set(_checker.desired_links(policy, have.scheduler)) - set(have.links))
    if missing:
        yield sides.item("schedule.check_scheduler", "enabled", "%s is not enabled" % ", ".join(map(_name, missing)))
    there = [path for path, facts in have.files.items() if facts.is_there] + have.links
    stale = [path for path in _checker.stale_files(policy, have.scheduler) if path in there and path != _checker.STAMP]
    if stale:
        yield sides.item("schedule.check_stale", have.scheduler or "nothing", stale)
    if sides.is_live and _checker.is_scheduled(policy):
        last = max(have.compared_at or 0, have.installed_at)
        longest = 2 * _checker.period(policy)
        if _utc.epoch(sides.live["collected_at"]) - last > longest:
            yield sides.item("schedule.check_age", "within %d seconds" % longest,
                             _utc.iso(have.compared_at) if have.compared_at else "never")


def _name(path):
    return path.rpartition("/")[2]
