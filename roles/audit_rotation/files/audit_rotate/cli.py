# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of audit-rotate. Arguments are read by hand: the guard, run every few minutes, spends nothing on a parser."""

import os
import sys
import time

from . import VERSION, guard, settings
from ._rotation.conf import KEYS, PATH
from .exits import EXITS, Failure

USAGE = "usage: audit-rotate [--archive-only | --guard | --status] [--config FILE] [--root DIR] [--dry-run] [--verbose] [--wait SECONDS]\n"
WAIT = 300  # seconds; longer than a large log takes to compress

FLAGS = {
    "--archive-only": ("mode", "archive-only"), "--guard": ("mode", "guard"), "--status": ("mode", "status"), "--help": ("mode", "help"),
    "-h": ("mode", "help"), "--version": ("mode", "version"), "--dry-run": ("dry_run", True), "--verbose": ("verbose", True),
    "-v": ("verbose", True),
}
VALUES = {"--config": "config", "--root": "root", "--wait": "wait"}


def main(arguments):
    """Run with these arguments and return the exit code."""
    try:
        options = parse(arguments)
        if options["mode"] in ("help", "version"):
            sys.stdout.write(help_text() if options["mode"] == "help" else "audit-rotate %s\n" % VERSION)
            return 0
        chosen = settings.load(options["config"] or PATH, options["root"], config_is_ours=options["config"] is None)
        if options["mode"] == "status":
            from . import status  # json: 6 ms of CPU beside the 11 of a look of the guard, which needs none of it (measured)
            code, text = status.show(chosen)
            sys.stdout.write(text)
            return code
        why = None
        if options["mode"] == "guard":
            why = guard.reason(chosen)
            if why is None or (why[0] == "quiet" and not guard.is_suspended(chosen)):
                return 0
        return _run(options, chosen, why)
    except Failure as failure:
        _complain(failure, failure.name != "usage", True)
        return failure.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # a fault of this program: the administrator's log is to have it, and the trace goes to stderr
        import syslog
        syslog.syslog(syslog.LOG_ERR, "unexpected: %r (exit code 1)" % error)
        raise


def _run(options, chosen, why):
    from . import run  # a look of the guard that ends before this line costs 11 ms of CPU; with it, 75 (measured, Python 3.11)
    from .status import read, was_told
    verbose = options["verbose"] or options["dry_run"]

    def say(text):
        if verbose:
            sys.stdout.write(text + "\n")
    if why:
        say(why[1])
    before = read(chosen)
    try:
        failure, unused = run.run(
            chosen, options["mode"], why and why[0], dry_run=options["dry_run"], say=say, wait=options["wait"])
    except Failure as error:
        if options["mode"] == "guard" and error.name == "locked":
            return 0  # the run that holds the lock does what the guard would
        raise
    if failure is None:
        return 0
    repeated = why and was_told(before, failure.name, time.time())
    _complain(failure, not options["dry_run"], not repeated)
    return failure.code


def parse(arguments):
    """{mode, config, root, dry_run, verbose, wait}. Failure ``usage`` for what is not an option."""
    options = {"mode": "rotate", "config": None, "root": "/", "dry_run": False, "verbose": False, "wait": None}
    left = list(arguments)
    while left:
        word = left.pop(0)
        name, sign, value = word.partition("=")
        if word in FLAGS:
            key, setting = FLAGS[word]
            if key == "mode" and options["mode"] not in ("rotate", setting):
                raise Failure("usage", "--%s and %s exclude each other" % (options["mode"], word))
            options[key] = setting
        elif name in VALUES:
            if not sign:
                if not left:
                    raise Failure("usage", "%s needs a value" % name)
                value = left.pop(0)
            options[VALUES[name]] = value
        else:
            raise Failure("usage", "%s is not an option of audit-rotate; see audit-rotate --help" % word)
    return _checked(options)


def _checked(options):
    wait = options["wait"]
    if wait is not None and not (wait and set(wait) <= set("0123456789")):
        raise Failure("usage", "--wait %s: it takes whole seconds" % wait)
    options["wait"] = int(wait) if wait is not None else 0 if options["mode"] == "guard" else WAIT
    if options["root"] != "/":
        if not os.path.isdir(options["root"]):
            raise Failure("usage", "--root %s: there is no such directory" % options["root"])
        options["root"] = os.path.realpath(options["root"])
    if options["root"] != "/":
        if options["mode"] == "guard":
            raise Failure("usage", "--guard is for the running system: %s is an offline tree" % options["root"])
        if options["mode"] == "rotate":
            options["mode"] = "archive-only"  # there is no daemon to ask
    return options


def help_text():
    """What --help prints: options, keys of rotate.conf, exit codes; the tables are those the program runs by."""
    lines = [USAGE, """
Rotates the audit log with proof, gives rotated logs a name of their own, compresses them and deletes what the policy allows.

  --archive-only  all but asking auditd to rotate
  --guard         only when the log is over its ceiling, the disk is short of room or auditd has suspended logging
  --status        print what the last run did, as JSON
  --config FILE   instead of %s
  --root DIR      work on an offline tree (implies --archive-only)
  --dry-run       tell what would be done and change nothing
  --verbose       tell what is done
  --wait SECONDS  how long to wait for another run to end (%d; with --guard 0)

Keys of rotate.conf (key = value; a line that starts with # is a comment):
""" % (PATH, WAIT)]
    for key, (_kind, default, _words, meaning) in KEYS.items():
        lines.append("  %-19s %s (default: %s)\n" % (key, meaning, default if default != "" else "none"))
    lines.append("\nExit codes:\n")
    for name in sorted(EXITS, key=lambda name: EXITS[name][0]):
        lines.append("  %3d  %s\n" % EXITS[name])
    return "".join(lines)


def _complain(failure, to_syslog, to_user):
    if to_user:
        sys.stderr.write("audit-rotate: %s\n" % failure)
    if to_syslog and to_user:
        import syslog
        syslog.syslog(syslog.LOG_ERR, "%s (exit code %d)" % (failure, failure.code))
