# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running auditd and its files: has it loaded the auditd.conf that lies there, does it write the log that lies there, and could
it be started again if it were stopped.

No release tells most of what it runs with, and auditd's own record of its last reload goes with the log into an archive. So the last
proof is kept: the digest of the file that was proven to be in force, and the very process that had loaded it.
"""

import hashlib
import json
import os
import re
import time

from .._errors import AuditError
from .._host import files as _io
from .._paths import AUDITD_CONF
from .process import proc

PROOF = "/var/lib/auditops/auditd_conf.json"
SECOND_LOOK = 0.2  # seconds; between the renaming of a log and the opening of the next one auditd holds none


def in_force(host, pid, record, path=AUDITD_CONF):
    """Whether auditd runs with the file: True, False (it is known to run with an older one), None (nobody can tell).

    ``record`` is its last DAEMON_START or DAEMON_CONFIG (None: none is left).
    """
    found, data = host.stat(path), host.read(path)
    if found is None or data is None:
        return None
    # the time of last change as well: unlike the other one it cannot be set back
    return judge(found.st_mtime, found.st_ctime, record, _started_at(pid), _proven_at(host, pid, data))


def judge(modified_at, changed_at, record, started_at, proven_at):
    """in_force() by times alone, in seconds since the epoch; ``proven_at`` is that of a proof for these bytes and this process."""
    if record is not None and record["res"] == "failed":
        return False
    if record is not None and record["res"] == "success" and record["time"] > max(modified_at, changed_at):
        return True
    if proven_at is not None and (record is None or record["time"] <= proven_at):
        return True
    if started_at is not None and started_at > max(modified_at, changed_at):
        return True
    if record is not None and record["res"] == "success" and modified_at > record["time"]:
        return False
    return None


def remember(host, pid, data):
    """Keep the proof that this process runs with a file of these bytes. What cannot be kept costs one reload, not the change."""
    started = _started_ticks(pid)
    if started is None:
        return
    proof = {"pid": pid, "proven_at": time.time(), "sha256": hashlib.sha256(data).hexdigest(), "started": started}
    path = host.path(PROOF, follow=False)
    try:
        _io.make_directory(os.path.dirname(path), 0o700)
        _io.write_atomic(path, json.dumps(proof, sort_keys=True).encode("ascii") + b"\n", 0o600)
    except (AuditError, OSError):
        pass  # a read-only /var: the next run proves it anew


def _proof(host):
    try:
        proof = json.loads(host.text(PROOF) or "{}")
        return proof if isinstance(proof, dict) and isinstance(proof.get("proven_at"), (int, float)) else {}
    except (AuditError, ValueError):
        return {}


def is_remembered(host, pid, data):
    return _proven_at(host, pid, data) is not None


def _proven_at(host, pid, data):
    proof = _proof(host)
    wanted = (hashlib.sha256(data).hexdigest(), pid, _started_ticks(pid))
    return proof["proven_at"] if proof and (proof.get("sha256"), proof.get("pid"), proof.get("started")) == wanted else None


def _started_ticks(pid):
    """When a process started, in clock ticks since boot: field 22 of /proc/PID/stat, proc(5). None where that cannot be read."""
    try:
        with open(proc(pid, "stat"), "rb") as stream:
            return int(stream.read().rpartition(b") ")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def _started_at(pid):
    """Seconds since the epoch at which a process started, at most a second too early; None where that cannot be read."""
    ticks = _started_ticks(pid)
    try:
        with open(proc("stat"), "rb") as stream:
            boot = int(re.search(br"^btime (\d+)", stream.read(), re.M).group(1))
    except (OSError, ValueError, AttributeError):
        return None
    return None if ticks is None else boot + ticks / float(os.sysconf("SC_CLK_TCK"))


def holds_log(host, pid, log_file):
    """True where auditd holds the file at ``log_file`` open, False where that was deleted or moved under it, None: nobody can tell."""
    held = _holds(host, pid, log_file)
    if held is False:
        time.sleep(SECOND_LOOK)
        held = _holds(host, pid, log_file)
    return held


def _holds(host, pid, log_file):
    files = proc(pid, "fd")
    try:
        there = host.stat(log_file)
        numbers = os.listdir(files)
    except (AuditError, OSError):
        return None
    return there is not None and (there.st_dev, there.st_ino) in {_file(os.path.join(files, number)) for number in numbers}


def _file(path):
    try:
        found = os.stat(path)
    except OSError:
        return None  # closed in between
    return found.st_dev, found.st_ino


def is_written(host, pid, report, log_file):
    """False where auditd should write the file at ``log_file`` and does not hold it; see holds_log()."""
    if not report["writing_to_logs"] or report["logging_suspended"]:
        return True
    return holds_log(host, pid, log_file)
