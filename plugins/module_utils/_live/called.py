# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether auditd of a host can be relied on to call audit-resume at space_left (audit_rotation_guard = exec), or is to write to syslog.

auditd closes its log before it calls the program: where the call cannot succeed, nothing is recorded until the guard sees it.
"""

from .._paths import RESUME_PROGRAM
from .._release import release_tuple
from .._rotation.conf import CALLED

KEY = "space_left_action"
CALL = "EXEC " + RESUME_PROGRAM
INSTEAD = "SYSLOG"
ENFORCE = "/sys/fs/selinux/enforce"  # selinux(8): 1 while it denies
MEASURED = ((3, 0), (4, 1))  # 3.0, 3.0.9 and 4.0.2: at which sizes of the log auditd looks at the free room, and that it calls then


def refusal(host, release: "str | None", failure_policy: "str | None" = None) -> "str | None":
    """Why this host is not to rely on the call; None where it can."""
    if failure_policy == "stop_host":
        return "auditd_failure_policy is stop_host, and auditd records nothing from its call of the program until it is resumed"
    if release is None or not MEASURED[0] <= release_tuple(release) < MEASURED[1]:
        return "when auditd %s calls the program was never measured (3.0 to 4.0 were)" % (release or "of an unknown release")
    if enforces(host) and not was_called(host):
        return ("SELinux enforces here, and no call by auditd has been seen to succeed on this host (%s): its policy may deny the call, "
                "after auditd has closed its log" % CALLED)
    return None


def taken(
        host, settings: "dict | None", guard: "str | None", *, release=None, failure_policy=None, program_counts: bool = False,
) -> "tuple[dict | None, str | None]":
    """(``settings`` with what the host can have in the place of the call, why that is not the call; None where it is).

    ``program_counts``: a program that is not there yet is a reason, too. auditd would refuse a file that names it.
    """
    key = next((key for key in settings or {} if key.lower() == KEY), None)
    if guard != "exec" or settings is None or key is None or str(settings[key]) != CALL:
        return settings, None
    reason = refusal(host, release, failure_policy)
    if reason is None and program_counts and host.stat(RESUME_PROGRAM) is None:
        reason = "role audit_rotation has not installed the program yet"
    return (settings, None) if reason is None else (dict(settings, **{key: INSTEAD}), reason)


def own_keys(keys: "list[str] | tuple", guard: "str | None", reason: "str | None") -> "list[str]":
    """The keys that the user wrote: a call that this host cannot have leaves its key to the benchmarks and the failure policy."""
    return [key for key in keys or () if not (guard == "exec" and reason and key.lower() == KEY)]


def enforces(host) -> bool:
    """Whether SELinux denies what its policy does not allow. A tree is judged by what its next boot would do."""
    if host.is_live:
        return (host.text_if_readable(ENFORCE) or "").strip() == "1"
    words = [line.partition("=")[2].strip() for line in (host.text_if_readable("/etc/selinux/config") or "").splitlines()
             if line.strip().startswith("SELINUX=")]
    return words[-1:] == ["enforcing"]


def was_called(host) -> bool:
    """Whether auditd has called the program on this host, and logs again after it: the program notes that itself."""
    return host.stat(CALLED) is not None
