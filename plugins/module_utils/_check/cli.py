# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program audit-check: a host compares itself with the policy that it was given or has kept."""

import json
import os
import sys
import syslog

from .. import _patterns
from .._errors import AuditError
from .._host import files as _io
from .._rotation.checker import BENCHMARKS, POLICY
from . import kept, words
from .answer import answer, library_of
from .commands import run_command

EXITS = {"in_sync": 0, "drifted": 1, "unknown": 2}
ERROR = 3
STDIN = "-"


def main(arguments: "list[str]", installed) -> int:
    """``arguments``: the command line. ``installed``: C(_parcel.Installed) that this code comes from. Returns the exit code."""
    options = _options(arguments)
    try:
        benchmarks = os.path.join(os.path.dirname(installed.path), os.path.basename(BENCHMARKS))
        return _answer(installed, benchmarks) if options.request else _check(options, installed, benchmarks)
    except AuditError as error:
        _complain(str(error), to_syslog=options.scheduled)
        return ERROR
    except Exception as error:  # whoever reads the journal of a timer can use one line, not a traceback
        _complain("it ended unexpectedly: %r" % error, to_syslog=options.scheduled)
        return ERROR
    finally:
        _keep_compiled(installed)


class _Fixed(object):
    """The options of the two commands that no person types."""

    policy, root, textfile, json, status, request, scheduled = POLICY, None, None, False, False, False, False


def _options(arguments):
    """The options of a command line. The one of a controller and those of the timer are known without argparse, which takes 10 ms."""
    fixed = _Fixed()
    fixed.request, fixed.scheduled = arguments == ["--request"], arguments[:1] == ["--scheduled"]
    if fixed.scheduled and len(arguments) == 3 and arguments[1] == "--textfile" and arguments[2][:1] == "/":
        fixed.textfile = arguments[2]
    if fixed.request or (fixed.scheduled and (fixed.textfile or len(arguments) == 1)):
        return fixed
    return _parser().parse_args(arguments)


def _parser():
    import argparse

    parser = argparse.ArgumentParser(
        prog="audit-check", description="Compare the audit settings of this host with a policy, and write the drift document as JSON.",
        epilog="Exit codes: 0 in sync, 1 drifted, 2 unknown (something could not be compared), 3 an error.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write the document (the default)")
    form.add_argument("--status", action="store_true", help="write ten lines for a person instead")
    form.add_argument("--scheduled", action="store_true",
                      help="write nothing: keep the document in /var/lib/auditops/drift, and say to syslog when the status changes")
    form.add_argument("--request", action="store_true", help="answer a controller; its request is read from stdin")
    parser.add_argument("--policy", metavar="FILE", default=POLICY, help="the policy, - for stdin (default: %(default)s)")
    parser.add_argument("--root", metavar="DIR", help="compare the system below this directory instead of the running one")
    parser.add_argument("--textfile", metavar="FILE", help="also write gauges for the textfile collector of Prometheus")
    return parser


def _check(options, installed, benchmarks):
    request = _read(sys.stdin) if options.policy == STDIN else kept.read_policy(options.policy)
    if options.root:
        request = dict(request, options=dict(request["options"], root=options.root))
    known = kept.known(installed.digest)
    document = _document(request, benchmarks, known)
    if options.textfile:
        _io.write_atomic(options.textfile, words.metrics(document).encode("utf-8"), 0o644)
    if options.scheduled:
        kept.keep_known(installed.digest, known)
        line = words.change_line(document, kept.keep_document(document))
        if line:
            _to_syslog(line, syslog.LOG_NOTICE)
    else:
        sys.stdout.write("\n".join(words.status_lines(document)) + "\n" if options.status else
                         json.dumps(document, indent=2, sort_keys=True) + "\n")
    return EXITS[document["status"]]


def _document(request, benchmarks, known):
    """The document that this policy gives now, in the form that a controller spools."""
    found = answer(_with_library(request["options"], benchmarks), run_command, known)
    if found.get("failed"):
        raise AuditError(found["msg"])
    return dict(found["drift"], host=request.get("host") or os.uname().nodename, run=None, policy=request.get("policy"), phase="now")


def _answer(installed, benchmarks):
    """One line of JSON for the controller: whose code this is, and the document or why there is none."""
    request = _read(sys.stdin)
    found = {"id": request.get("id"), "host": request.get("host"), "code": installed.digest, "interpreter": _same_interpreter(request)}
    try:
        found.update(_drift(request, installed, benchmarks))
        if request.get("keep"):
            kept.keep_policy(request)
    except AuditError as error:
        found["unusable"] = str(error)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _drift(request, installed, benchmarks):
    if request.get("max_age") is not None:
        document = kept.newest(request.get("host"), request.get("policy"), request["max_age"])
        if document is not None:
            return {"drift": document, "collected": True}
    known = kept.known(installed.digest) if installed.path else None
    return answer(_with_library(request["options"], benchmarks), run_command, known)


def _with_library(options, benchmarks):
    """The options with the benchmark library where they name it by its digest instead of carrying it."""
    rules = options.get("audit_rules") or {}
    wanted = (rules.get("library") or {}).get("sha256") if isinstance(rules.get("library"), dict) else None
    if not wanted:
        return options
    return dict(options, audit_rules=dict(rules, library=library_of(benchmarks, wanted)))


def _same_interpreter(request):
    """Whether this is the Python that the controller uses here; true where it does not say."""
    wanted = request.get("interpreter")
    return not wanted or os.path.realpath(wanted) == os.path.realpath(sys.executable)


def _read(stream):
    try:
        request = json.load(stream)
    except (ValueError, RecursionError) as error:
        raise AuditError("the policy on stdin is no JSON: %s" % error)
    if not isinstance(request, dict) or not isinstance(request.get("options"), dict):
        raise AuditError("the policy on stdin has no options")
    return request


def _keep_compiled(installed):
    """So that the next start does not compile. Where it cannot be written, the next one compiles, too."""
    if os.geteuid() != 0:
        return
    try:
        missing = installed.compiled_text(_patterns.to_keep)
        if missing:
            _io.write_atomic(missing[0], missing[1], 0o644)
    except (AuditError, OSError, ValueError):
        pass


def _complain(sentence, *, to_syslog):
    if to_syslog:
        _to_syslog("no comparison with the policy: " + sentence, syslog.LOG_ERR)
    sys.stderr.write("audit-check: %s\n" % sentence)


def _to_syslog(line, priority):
    syslog.openlog("audit-check", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(priority, line)
