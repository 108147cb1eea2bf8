# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running auditd and its files: has it loaded the auditd.conf that lies there, and does it write the log that lies there.

No release reports most of what it runs with, and auditd's own record of its last reload goes with the log into an archive. So the last
proof is kept: for which process (boot, number, start), of which file (bytes, inode, time of change), after which of its records, and which
keys wait for a restart. Whatever comes later and may have changed what auditd runs with ends the proof.
"""

import hashlib
import json
import os
import re
import time

from .._errors import AuditError
from .._host import files as _io
from .._paths import AUDITD_CONF, PID_PATHS
from .process import CLOCK_TICK, conf_read_by, proc, stat_number
from .records import last_record

PROOF = "/var/lib/auditops/auditd_conf.json"
TYPES = ("DAEMON_START", "DAEMON_CONFIG")
SECOND_LOOK = 0.2  # seconds; between the renaming of a log and the opening of the next one auditd holds none
CLOCK_SLACK = 15.0  # seconds from the start of auditd to its pid file and its first record: half a second, more on a machine that boots


def in_force(host, pid: int, record: "dict | None", path: str = AUDITD_CONF) -> "bool | None":
    """Whether auditd runs with the file: True, False (it is known to run with another one), None (not known).

    ``record`` is its last DAEMON_START or DAEMON_CONFIG (None: none is left). What waits for a restart does not count: waiting().
    """
    if conf_read_by(pid) not in (None, path):
        return False
    found, data = host.stat(path), host.read(path)
    if found is None or data is None:
        return None
    proof = _proof(host, pid)
    if record is not None and record["res"] == "failed":
        return False
    if proof:
        known = _by_proof(proof, record, _file_id(found), _digest(data))
        if known is not None or not proof.get("sha256"):
            return known
    # the time of last change as well: unlike the other one it cannot be set back
    return judge(found.st_mtime, found.st_ctime, record, _started_at(pid), steady=_clock_is_steady(host, pid, record))


def _by_proof(proof, record, file_id, digest):
    """True, False or None by a proof of this process. One that a change began and nobody ended has no digest: it proves nothing."""
    if not proof.get("sha256"):
        return None
    same_file = proof.get("file") == file_id
    if proof["sha256"] != digest:
        return False if record is not None and _stamp(record) == proof.get("record") else None
    if same_file or record is not None and _stamp(record) == proof.get("record"):
        return True
    return None


def judge(modified_at: float, changed_at: float, record: "dict | None", started_at: "float | None", *, steady: bool) -> "bool | None":
    """in_force() by times alone, in seconds since the epoch; ``steady``: nobody set the clock between the start of auditd and now.

    What happened within the same tick of the clock has no order: not known.
    """
    if record is not None and record["res"] == "failed":
        return False
    if not steady:
        return None
    changed_at = max(modified_at, changed_at) + CLOCK_TICK
    good = record if record is not None and record["res"] == "success" and record["time"] <= time.time() else None
    if good and good["time"] > changed_at and not good.get("clock_went_back"):
        return True
    if started_at is not None and started_at > changed_at:
        return True
    if good and modified_at > good["time"] + CLOCK_TICK:
        return False
    return None


def _clock_is_steady(host, pid, record):
    """True where the wall clock has not been set since this auditd started, as far as its pid file and its first record show.

    When it started counts from the boot, which no setting of the clock changes; both others were stamped by the clock of that moment.
    """
    started = _started_at(pid)
    if started is None:
        return False
    stamps = [host.stat(path).st_mtime for path in PID_PATHS if (host.text(path) or "").strip() == str(pid)]
    if record is not None and record["type"] == "DAEMON_START":
        stamps.append(record["time"])
    return bool(stamps) and all(abs(stamp - started) <= CLOCK_SLACK for stamp in stamps)


def remember(host, pid: int, data: bytes, log_file: str, waiting: "dict | None" = None) -> None:
    """Keep the proof that this process runs with a file of these bytes, but for the keys that wait: {key: what it has instead}.

    What cannot be kept costs one reload, not the change.
    """
    found = host.stat(AUDITD_CONF)
    record = last_record(host, log_file, TYPES)
    _write(host, pid, {
        "proven_at": time.time(), "sha256": _digest(data), "file": _file_id(found) if found else None,
        "record": _stamp(record) if record else None, "waiting": waiting or {}})


def begin(host, pid: int) -> None:
    """Write down that a reload is under way: until remember(), nothing shows what this process runs with.

    A signal that was not answered in time may still be answered after the old file is back, by a daemon that had read the new one.
    """
    _write(host, pid, {"waiting": waiting(host, pid)})


def waiting(host, pid: int) -> dict:
    """{key: what this process has for it} of the keys whose value in the file waits for a restart, as far as the last proof tells."""
    found = _proof(host, pid).get("waiting")
    return found if isinstance(found, dict) else {}


def is_remembered(host, pid: int, data: bytes) -> bool:
    """Whether the kept proof is of this process and a file of these bytes at its place."""
    proof, found = _proof(host, pid), host.stat(AUDITD_CONF)
    return bool(found and proof.get("sha256") == _digest(data) and proof.get("file") == _file_id(found))


def _write(host, pid, proof):
    started = _started_ticks(pid)
    if started is None:
        return
    proof.update(boot=_boot(), pid=pid, started=started)
    path = host.path(PROOF, follow=False)
    try:
        _io.make_directory(os.path.dirname(path), 0o700)
        _io.write_atomic(path, json.dumps(proof, sort_keys=True).encode("ascii") + b"\n", 0o600)
    except (AuditError, OSError):
        pass  # a read-only /var: the next run proves it again


def _proof(host, pid):
    """The kept proof where it is of this very process, else {}."""
    try:
        proof = json.loads(host.text(PROOF) or "{}")
    except (AuditError, ValueError, RecursionError):
        return {}
    if not isinstance(proof, dict) or (proof.get("pid"), proof.get("started"), proof.get("boot")) != (pid, _started_ticks(pid), _boot()):
        return {}
    return proof


def _digest(data):
    return hashlib.sha256(data).hexdigest()


def _file_id(found):
    """What differs once a file was replaced, edited, or moved away and back: the times are compared for equality only."""
    return [found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]


def _stamp(record):
    return [record["time"], record["serial"]]


def _boot():
    try:
        with open(proc("sys", "kernel", "random", "boot_id")) as stream:
            return stream.read().strip()
    except OSError:
        return None


def _started_ticks(pid):
    """When a process started, in clock ticks since boot: field 22 of /proc/PID/stat, proc(5). None where that cannot be read."""
    return stat_number(pid, 22)


def _started_at(pid):
    """Seconds since the epoch at which a process started, at most a second too early; None where that cannot be read."""
    ticks = _started_ticks(pid)
    try:
        with open(proc("stat"), "rb") as stream:
            boot = int(re.findall(br"^btime (\d+)", stream.read(), re.M)[0])
    except (OSError, ValueError, IndexError):
        return None
    return None if ticks is None else boot + ticks / float(os.sysconf("SC_CLK_TCK"))


def holds_log(host, pid: int, log_file: str) -> "bool | None":
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


def is_written(host, pid: int, report: dict, log_file: str) -> "bool | None":
    """False where auditd should write the file at ``log_file`` and does not hold it; see holds_log()."""
    if not report["writing_to_logs"] or report["logging_suspended"]:
        return True
    return holds_log(host, pid, log_file)
