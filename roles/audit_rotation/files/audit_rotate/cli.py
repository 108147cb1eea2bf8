# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of audit-rotate. Arguments are read by hand: the guard, run every few minutes, spends nothing on a parser."""

import os
import sys

from . import VERSION, attempt, guard, settings
from ._rotation.conf import KEYS, PATH
from .exits import EXITS, Failure

USAGE = (
    "usage: audit-rotate [--archive-only | --guard | --watch MINUTES | --status] [--config FILE] [--root DIR] [--dry-run] [--verbose]\n"
    "                    [--wait SECONDS] [--detach]\n")
WAIT = 300  # seconds; longer than a large log takes to compress

FLAGS = {
    "--archive-only": ("mode", "archive-only"), "--guard": ("mode", "guard"), "--status": ("mode", "status"), "--help": ("mode", "help"),
    "-h": ("mode", "help"), "--version": ("mode", "version"), "--dry-run": ("dry_run", True), "--verbose": ("verbose", True),
    "-v": ("verbose", True), "--detach": ("detach", True),
}
VALUES = {"--config": "config", "--root": "root", "--wait": "wait", "--watch": "watch"}


def main(arguments):
    """Run with these arguments and return the exit code."""
    try:
        options = parse(arguments)
        if options["mode"] in ("help", "version"):
            sys.stdout.write(help_text() if options["mode"] == "help" else "audit-rotate %s\n" % VERSION)
            return 0
        if options["mode"] == "watch":
            from . import watch  # json and all that a run imports stay out of a look of the guard: 64 of 75 ms of CPU (measured)
            return watch.watch(
                dict(options, program=sys.argv[0], arguments=list(arguments)), options["watch"] * 60, options["detach"])
        chosen = settings.load(options["config"] or PATH, options["root"], config_is_ours=options["config"] is None)
        if options["mode"] == "status":
            from . import status  # json: 6 ms of CPU beside the 11 of a look of the guard, which needs none of it (measured)
            code, text = status.show(chosen)
            sys.stdout.write(text)
            return code
        if options["mode"] == "guard":
            why = guard.reason(chosen)
            return 0 if why is None else attempt.guarded_run(options, chosen, why)
        return attempt.run(options, chosen)
    except Failure as failure:
        attempt.complain(failure, to_syslog=failure.name != "usage", to_user=True)
        return failure.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # a fault of this program: the administrator's log is to have it, and the trace goes to stderr
        import syslog
        syslog.syslog(syslog.LOG_ERR, "unexpected: %r (exit code 1)" % error)
        raise


def parse(arguments):
    """{mode, config, root, dry_run, verbose, wait, watch, detach}. Failure ``usage`` for what is not an option."""
    options = {
        "mode": "rotate", "config": None, "root": "/", "dry_run": False, "verbose": False, "wait": None, "watch": None, "detach": False}
    left = list(arguments)
    while left:
        word = left.pop(0)
        name, sign, value = word.partition("=")
        if word in FLAGS:
            key, setting = FLAGS[word]
            if key == "mode":
                _choose_mode(options, setting, word)
            options[key] = setting
        elif name in VALUES:
            if not sign:
                if not left:
                    raise Failure("usage", "%s needs a value" % name)
                value = left.pop(0)
            options[VALUES[name]] = value
            if name == "--watch":
                _choose_mode(options, "watch", word)
        else:
            raise Failure("usage", "%s is not an option of audit-rotate; see audit-rotate --help" % word)
    return _checked(options)


def _choose_mode(options, mode, word):
    if options["mode"] not in ("rotate", mode):
        raise Failure("usage", "--%s and %s exclude each other" % (options["mode"], word))
    options["mode"] = mode


def _checked(options):
    wait, minutes = options["wait"], options["watch"]
    if minutes is not None and not (minutes.isdecimal() and 0 < int(minutes or 0) < 60):
        raise Failure("usage", "--watch %s: it takes 1 to 59 minutes" % minutes)
    options["watch"] = int(minutes) if minutes else None
    if wait is not None and not (wait and set(wait) <= set("0123456789")):
        raise Failure("usage", "--wait %s: it takes whole seconds" % wait)
    options["wait"] = int(wait) if wait is not None else 0 if options["mode"] in ("guard", "watch") else WAIT
    if options["root"] != "/":
        if not os.path.isdir(options["root"]):
            raise Failure("usage", "--root %s: there is no such directory" % options["root"])
        options["root"] = os.path.realpath(options["root"])
    if options["root"] != "/":
        if options["mode"] in ("guard", "watch"):
            raise Failure("usage", "--guard and --watch are for the running system: %s is an offline tree" % options["root"])
        if options["mode"] == "rotate":
            options["mode"] = "archive-only"  # there is no daemon to ask
    return options


def help_text():
    """What --help prints: options, keys of rotate.conf, exit codes; the tables are those the program runs by."""
    lines = [USAGE, """
Rotates the audit log with proof, gives rotated logs a name of their own, compresses them and deletes what the policy allows.

  --archive-only  all but asking auditd to rotate
  --guard         only when the log is over its ceiling, the disk is short of room, rotated logs wait or auditd has suspended logging
  --watch MINUTES stay, look at the log and the room beside it all the time, ask --guard's whole question that often
  --detach        with --watch: go on in the background
  --status        print what the last run did, as JSON
  --config FILE   instead of %s
  --root DIR      work on an offline tree (implies --archive-only)
  --dry-run       say what would be done and change nothing
  --verbose       say what is done
  --wait SECONDS  how long to wait for another run to end (%d; with --guard 0)

Keys of rotate.conf (key = value; a line that starts with # is a comment):
""" % (PATH, WAIT)]
    for key, (_kind, default, _words, meaning) in KEYS.items():
        lines.append("  %-19s %s (default: %s)\n" % (key, meaning, default if default != "" else "none"))
    lines.append("\nExit codes:\n")
    for name in sorted(EXITS, key=lambda name: EXITS[name][0]):
        lines.append("  %3d  %s\n" % EXITS[name])
    return "".join(lines)
