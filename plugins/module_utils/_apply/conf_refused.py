# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a stop out of an auditd whose auditd.conf it would refuse, for a line that is somebody else's.

Such a file can be loaded neither now nor at the next start, and what stops the host stays in force in the running auditd. So auditd is
given, for one reload, the file without what it refuses; then the file stands there again, its other lines as they were.
"""

from .._conf import text as _conf
from .._conf import validator
from .._conf.environment import Environment
from .._conf.keys import known, version
from .._daemon import control as _daemon
from .._errors import AuditError

ROUNDS = 10  # what a line hides from the parser may be refused in its turn
# What bounds, names and places the log: nobody knows what the running auditd has for it, and a guess may delete logs or move them
NEVER_GUESSED = ("log_file", "log_group", "write_logs", "local_events", "num_logs", "max_log_file_action", "plugin_dir")
REPORTED = ("max_log_file", "space_left", "admin_space_left")  # the state report says what it has
STAYS = ("auditd.conf keeps lines that auditd refuses: %s. What stops the host is out of it%s; auditd does not start with this file: "
         "auditd_conf.KEY: null takes a line out, auditd_conf_state: replaced writes the whole file")
LOADED = ", and the running auditd has loaded it without these lines"


def fatal(host, release: "str | None", conf: "_conf.Conf") -> list:
    """[Problem] for which auditd of this host refuses the file."""
    return [problem for problem in validator.validate(conf, release, Environment(host)) if problem.fatal]


def loadable(host, release: "str | None", conf: "_conf.Conf", timeout: float) -> "_conf.Conf | None":
    """The nearest Conf that the running auditd loads; None where none runs. AuditError where what is refused must not be guessed."""
    pid = _daemon.find(host)
    if pid is None:
        return None
    report = _daemon.report(host, pid, timeout, release)
    shipped = _conf.parse(_conf.stock(release)).settings
    for _unused in range(ROUNDS):
        problems = fatal(host, release, conf)
        if not problems:
            return conf
        settings = {problem.key: _instead(problem, report, shipped, release) for problem in problems if problem.key}
        if "flush" in settings:  # an incremental one needs it
            settings["freq"] = shipped["freq"]
        mended = _conf.merge(_without_nameless(conf, problems), settings, release)
        if mended == conf:
            break
        conf = mended
    raise _refused(problems[0])


def _instead(problem, report, shipped, release):
    """The value for a key whose line is refused; None where the key goes."""
    key = problem.key
    if release is not None and not known(key, version(release)):
        return None
    value = report.get(key + "_mb") if key in REPORTED else shipped.get(key)
    if key in NEVER_GUESSED or key in REPORTED and value is None:
        raise _refused(problem)
    return value


def _refused(problem):
    return AuditError("%s; nothing was changed" % validator.sentence(problem), problems=[dict(problem._asdict())])


def _without_nameless(conf, problems):
    """The file without the refused lines that name no key, and that no setting can replace."""
    numbers = {problem.line for problem in problems if not problem.key}
    return _conf.parse("".join(line.text + "\n" for line in conf.lines if line.number not in numbers))


def raise_own(problems: list, settings: dict) -> None:
    """Raise AuditError where the policy's own ``settings`` are what is refused."""
    keys = tuple(key.lower() for key in settings)
    own = [problem for problem in problems if problem.key in keys]
    if own:
        raise AuditError(validator.sentence(own[0], keys),
                         problems=[dict(problem._asdict()) for problem in problems])


def said(problems: list, *, loaded: bool) -> str:
    """What is left to do, for the user."""
    return STAYS % ("; ".join(validator.sentence(problem) for problem in problems), LOADED if loaded else "")
