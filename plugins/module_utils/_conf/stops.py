# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of a policy take a stop away from a host, what such a stop is, and what the host's own file has of it."""

from .._paths import RESUME_PROGRAM
from .._policy import FAILURE_POLICIES
from .keys import ACTION_KEYS
from .text import Conf, effective, merge  # pylint: disable=unused-import # named in an annotation

# How much of a host an action of auditd.conf(5) takes away. Every other word leaves it running and audited.
TAKES_AWAY = {"SUSPEND": 1, "SINGLE": 2, "HALT": 3}


def milder(before: "Conf | None", settings: "dict", release: "str | None") -> "dict":
    """The part of ``settings`` {key: value} that lessens what an action does to the host, and the keys that are removed (None).

    ``before``: the file as it is, None where there is none. A removed key belongs to it because one that auditd refuses keeps it
    from loading every other.
    """
    if before is None:
        return {}
    running = _said(before, release)
    return {key: value for key, value in settings.items()
            if value is None or key.lower() in ACTION_KEYS and _rank(value) < _rank(running.get(key.lower()))}


def completed(before: "Conf | None", settings: "dict", failure_policy: "str | None", release: "str | None") -> "dict":
    """``settings``, and SYSLOG for each action of the file that they do not name and that the failure policy forbids.

    Such an action is the host's own and no mistake of the policy: overflow_action = HALT, for one, which no policy sets.
    """
    refused = FAILURE_POLICIES[failure_policy]["refused"] if failure_policy else ()
    if before is None or not refused:
        return settings
    running, named = _said(before, release), {key.lower() for key in settings}
    return dict(settings, **{key: "SYSLOG" for key in ACTION_KEYS if key not in named and _word(running.get(key)) in refused})


def until_installed(host, settings: "dict") -> "dict":
    """``settings`` with SYSLOG for each action that is EXEC of audit-resume, while that is not there: auditd would refuse the file, and the
    rotation, which installs it, comes later in the same run."""
    return {key: "SYSLOG" if key.lower() in ACTION_KEYS and is_to_come(host, value) else value for key, value in settings.items()}


def is_to_come(host, value: "str | int | bool | None") -> bool:
    """Whether the value of an action is EXEC of audit-resume, which is not there yet."""
    word, _blank, path = str(value or "").partition(" ")
    return word.upper() == "EXEC" and path.strip() == RESUME_PROGRAM and host.stat(RESUME_PROGRAM) is None


def _said(before, release):
    """What auditd would take of the file once it is written again: without Windows line endings, which keep it from taking any of it."""
    return effective(merge(before, {}, release), release)


def _rank(value):
    return TAKES_AWAY.get(_word(value), 0)


def _word(value):
    return str(value or "").partition(" ")[0].upper()
