# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-ship: every archive to S3, or to a command of the site, once and verified; and the stamp up to which the rotation may prune.

It runs by its own clock and holds no lock of the rotation, so a slow network holds up no rotation. What was shipped is remembered by the
name of the archive without the suffix of its compression: the same records compressed later are not shipped again.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

from . import agent, settings, shipped, status, store
from ._errors import AuditError
from ._host.files import write_atomic
from ._host.host import Host
from ._rotation.conf import PATH
from ._rotation.files import writable_by_others
from ._rotation.ship_conf import AGENT
from ._utc import iso
from .exits import Failure
from .job import checked_directory
from .lock import held_file
from .names import Names, oldest_first

USAGE = """usage: audit-ship [--config FILE] [--rotate-config FILE] [--status]

  Ships the archives that are not shipped yet, the oldest first, as FILE says: ship.json beside rotate.conf (/etc/audit), where the rotation
  too reads which targets have to have an archive before it may go. --status prints what was shipped.

The exit code is 0 where everything is shipped, 14 where an archive could not be; the next run tries again. Others: audit-rotate --help.
"""
LOCK = "ship.lock"
CHUNK = 1 << 20
DIGITS = 12  # of a checksum that tells apart two archives of one name
SHOWN = 300  # characters of what a program says
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C", "HOME": "/root"}


class NotShipped(AuditError):
    """A target did not take an archive; the message says why."""


def main(arguments):
    """Ship, and return the exit code."""
    try:
        options = _options(arguments)
        if options is None:
            sys.stdout.write(USAGE)
            return 0
        chosen = settings.load(options["--rotate-config"], "/")
        if options["--status"]:  # before the configuration is read: it may be the trouble that somebody looks for
            sys.stdout.write(json.dumps(shipped.read(chosen.state_dir), indent=1, sort_keys=True) + "\n")
        wanted = shipped.configuration(options["--config"] or chosen.ship_conf)
        if options["--status"]:
            return 0
        with held_file(os.path.join(chosen.state_dir, LOCK)):
            return _ship(chosen, wanted)
    except AuditError as error:
        sys.stderr.write("audit-ship: %s\n" % error)
        return getattr(error, "code", 1)


def _options(arguments):
    options, left = {"--config": None, "--rotate-config": PATH, "--status": False}, list(arguments)
    while left:
        word = left.pop(0)
        if word in ("--help", "-h"):
            return None
        if word == "--status":
            options[word] = True
        elif word in options and left:
            options[word] = left.pop(0)
        else:
            raise Failure("usage", "%s is not an option of audit-ship, or lacks its value" % word)
    return options


def _archives(chosen):
    """[Entry] of all archives in the order in which the rotation prunes them, those that wait on another filesystem too."""
    owner = checked_directory(chosen.directory, dry_run=True)  # others could exchange what a program is given by its name
    return oldest_first(Names.beside(chosen, status.read(chosen)).scan_all(chosen, owner), time.time())


def _ship(chosen, wanted):
    archives, failed = _archives(chosen), {}
    document, unseen = shipped.read(chosen.state_dir), {}
    document["targets"] = [target["name"] for target in wanted["targets"]]
    of_agents = {target["name"]: target for target in wanted["targets"] if target["kind"] == AGENT}
    manifest = document["archives"] = {
        entry.stem: dict(_still_of(entry, document["archives"].get(entry.stem, {}), of_agents)) for entry in archives}
    for entry in archives:
        done = manifest[entry.stem]
        for target in wanted["targets"]:
            if target["name"] in done or target["name"] in failed:
                continue
            if target["name"] in of_agents:
                _by_agent(entry, target, done, unseen)
                continue
            try:
                done[target["name"]] = _with_retries(entry, target, wanted)
                _remember(chosen, document)  # after each archive, so that a run which is killed is continued
            except NotShipped as error:
                failed[target["name"]] = "%s: %s" % (entry.name, error)  # the others would wait for the same
    document["run"] = {"at": iso(), "failed": failed, "unseen": unseen}
    _remember(chosen, document)
    if archives:
        _write(chosen, shipped.STAMP, "%d\n" % _shipped_until(archives, shipped.Remembered(document, wanted["targets"])))
    for name, reason in sorted(failed.items()):
        sys.stderr.write("audit-ship: %s did not take %s\n" % (name, reason))
    return Failure("partly", "").code if failed else 0


def _by_agent(entry, target, done, unseen):
    """Add the archive to ``done`` where the agent has sent it, and to ``unseen`` {target: {archives, bytes, since}} where nothing will ever
    show whether it has.
    """
    name, record = target["name"], dict(shipped.record_of(entry), at=iso())
    if agent.has_sent(entry.time, target):
        done[name] = record
    elif agent.started_after(entry.time, target):
        if target.get("unseen") == shipped.PRUNE:
            done[name] = dict(record, unseen=True)
            return
        account = unseen.setdefault(name, {"archives": 0, "bytes": 0, "since": iso(entry.time)})
        account["archives"] += 1
        account["bytes"] += entry.status.st_size


def _still_of(entry, records, of_agents):
    """(target, record) of those that are of this archive. One of an agent from a release that noted the time alone is made whole: what an
    agent sent then, nobody can see any more. A record that was made unseen counts only while the configuration says prune."""
    for name, record in records.items():
        if not shipped.counts(record, of_agents.get(name, {})):
            continue
        if name in of_agents and set(record) == {"at"}:
            record = dict(shipped.record_of(entry), **record)
        if shipped.is_of(record, entry):
            yield name, record


def _shipped_until(archives, remembered):
    """Epoch seconds, for other readers: each archive up to then is with each target; 0 where that is so of none. A date to come says
    nothing of the others.
    """
    until, now = 0, time.time()
    for entry in archives:
        if not remembered.has(entry):
            return min(until, int(entry.time) - 1)
        if entry.time <= now:
            until = int(entry.time)
    return until


def _remember(chosen, document):
    _write(chosen, shipped.MANIFEST, json.dumps(document, sort_keys=True))


def _write(chosen, name, text):
    write_atomic(os.path.join(chosen.state_dir, name), text.encode("utf-8"), 0o600)


def _with_retries(entry, target, wanted):
    """What is remembered of an archive that a target took, after as many tries as it has."""
    pause = wanted.get("pause", 1)
    for attempt in range(wanted.get("attempts", 4)):
        if attempt:
            time.sleep(pause)
            pause *= 4
        try:
            return _once(entry, target, wanted.get("timeout", 3600))
        except NotShipped as error:
            reason = error
    raise reason


def _once(entry, target, timeout):
    try:
        descriptor = store.open_plain(entry.path)
    except OSError as error:
        raise NotShipped("it cannot be read: %s" % error.strerror)
    with open(descriptor, "rb") as stream:
        digest, size = _digest(stream)
    KINDS[target["kind"]](entry, target, digest, size, timeout)
    return dict(shipped.record_of(entry), sha256=digest, bytes=size, at=iso())


def _digest(stream):
    """(sha256, size)"""
    digest, size = hashlib.sha256(), 0
    chunk = stream.read(CHUNK)
    while chunk:
        digest.update(chunk)
        size += len(chunk)
        chunk = stream.read(CHUNK)
    return digest.hexdigest(), size


def _to_s3(entry, target, digest, size, timeout):
    """By the AWS command line program; proven by what S3 then says of the object. What is there already is not sent again, and another
    archive that has this name, as after the clock was put back, is not overwritten.
    """
    key = "/".join(part for part in (target.get("prefix", "").strip("/"), entry.name) if part)
    has = _in_s3(target, key, timeout)
    if has == (size, digest):
        return
    if has and has[1] not in (None, digest):
        key += "." + digest[:DIGITS]
        if _in_s3(target, key, timeout) == (size, digest):
            return
    place = "s3://%s/%s" % (target["bucket"], key)
    copy = ["s3", "cp", "--only-show-errors", "--metadata", "sha256=" + digest]
    _run([target["program"]] + target.get("options", []) + copy + target.get("copy_options", []) + [entry.path, place], timeout)
    if _in_s3(target, key, timeout) != (size, digest):
        raise NotShipped("aws s3 cp ended with 0, and %s is not there with %d bytes and this checksum" % (place, size))


def _in_s3(target, key, timeout):
    """(bytes, sha256 or None) of an object, None where there is none."""
    ask = ["s3api", "head-object", "--bucket", target["bucket"], "--key", key, "--output", "json"]
    try:
        said = json.loads(_run([target["program"]] + target.get("options", []) + ask, timeout))
        metadata = {name.lower(): value for name, value in (said.get("Metadata") or {}).items()}
    except (NotShipped, ValueError, AttributeError):
        return None  # not there, or not allowed to be asked: the copy says which
    return said.get("ContentLength"), metadata.get("sha256")


def _by_command(entry, target, digest, _size, timeout):
    """A command of the site: it has the archive where it ends with 0."""
    words = {"{path}": entry.path, "{name}": entry.name, "{sha256}": digest}
    argv = []
    for word in target["argv"]:
        for name, value in words.items():
            word = word.replace(name, value)
        argv.append(word)
    _run(argv, timeout)


def _run(argv, timeout):
    """The output of a program that only root can change, run without a shell. NotShipped where it fails or does not end."""
    unsafe = writable_by_others(Host("/"), argv[0]) if os.path.exists(argv[0]) else "%s does not exist" % argv[0]
    if unsafe:
        raise NotShipped("root must not run it: %s" % unsafe)
    environment = dict(ENVIRONMENT, **{name: value for name, value in os.environ.items() if name.startswith("AWS_")})
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd="/",
            start_new_session=True)
    except OSError as error:
        raise NotShipped("%s: %s" % (argv[0], error.strerror))
    try:
        out, complaint = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it started too: it holds the pipe that is read here
        process.communicate()
        raise NotShipped("%s did not end within %d seconds" % (argv[0], timeout))
    if process.returncode:
        said = complaint.decode("utf-8", "replace").strip()[-SHOWN:]
        raise NotShipped("%s ended with %d: %s" % (argv[0], process.returncode, said or "it says nothing"))
    return out.decode("utf-8", "replace")


KINDS = {"s3": _to_s3, "command": _by_command}
