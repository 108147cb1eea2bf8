# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader: the live audit state of a host, all layers, as one document.

It reads; the only thing it ever sends is SIGCONT, for auditd's state report. What cannot be read is None and
``unavailable`` says why: a layer that was not seen is not a layer that is in sync.
"""

import os
import re
import stat
import time

from .._errors import AuditError, NotAvailable
from .._host import os_release
from .._paths import AUDITD_CONF, LOG_FILE

COMPILED_RULES = "/etc/audit/audit.rules"
GRUB = "/etc/default/grub"
UNITS = "/etc/systemd/system"
KERNEL_CMDLINE = "/etc/kernel/cmdline"  # kernel-install(8), where there is no grub
REPORT_TIMEOUT = 10.0  # seconds; a report takes 10 to 100 ms


class Parsed(object):
    """What the document holds as text, kept parsed for the comparison: no file is read or parsed twice."""

    def __init__(self):
        self.host = None  # the _host.Host that was read
        self.conf = None  # _conf.Conf of auditd.conf
        self.environment = None  # _conf.Environment, which remembers what it was asked
        self.files = {}  # path in rules.d -> text
        self.disk = self.compiled = None  # _ruleset.Compiled
        self.loaded = None  # [_rule.Rule]


def collect(host, release=None, parsed=None):
    """The document: version, distribution, auditd_conf, daemon, kernel, rules, rotation, storage, boot, unavailable.

    ``release`` overrides the host's own (an offline tree may not tell). ``parsed`` is a Parsed to fill. AuditError where a
    live host is read without root, because nothing useful can be read then.
    """
    if host.is_live and os.geteuid() != 0:
        raise AuditError("reading the live audit state needs root: run with become")
    parsed = parsed or Parsed()
    parsed.host = host
    live = {
        "collected_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "root": host.root,
        "unavailable": {},
    }
    for name, reader in READERS:
        try:
            live[name] = reader(host, live, parsed, release)
        except AuditError as error:
            live[name] = None
            live["unavailable"][name] = str(error)
    return as_text(live)


def as_text(value):
    """The same with every byte that is no UTF-8 replaced by U+FFFD: a document is JSON and goes through terminals."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return value
    if isinstance(value, dict):
        return {as_text(key): as_text(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_text(entry) for entry in value]
    return value


def _version(host, live, parsed, release):
    if release:
        return release
    from .._host import audit_release as _daemon_release
    found, reason = _daemon_release.release(host)
    if found is None:
        raise NotAvailable(reason)
    return found


def _distribution(host, live, parsed, release):
    words = os_release.fields(host)
    if words is None:
        raise NotAvailable("there is no /etc/os-release")
    return {"id": words.get("ID"), "name": words.get("NAME"), "version": words.get("VERSION_ID"), "family": os_release.family(words)}


def _auditd_conf(host, live, parsed, release):
    from .._conf import text as _conf
    from .._conf import validator
    from .._conf.environment import Environment
    path = AUDITD_CONF
    text = host.text(path)
    if text is None:
        raise NotAvailable("%s does not exist%s" % (path, "" if live["version"] else ": audit is not installed"))
    parsed.conf = _conf.parse(text)
    parsed.environment = Environment(host)
    problems = validator.validate(parsed.conf, live["version"], parsed.environment, file_stat=host.lstat(path))
    return dict(
        _file(host, path),
        text=text,
        settings=dict(parsed.conf.settings),
        effective=dict(_conf.effective(parsed.conf, live["version"])),
        problems=[dict(problem._asdict()) for problem in problems],
    )


def _file(host, path):
    found = host.stat(path)
    mode = "%04o" % stat.S_IMODE(found.st_mode)
    return {"path": path, "mode": mode, "uid": found.st_uid, "gid": found.st_gid, "changed_at": found.st_mtime}


def _daemon(host, live, parsed, release):
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: no daemon runs in it" % host.root)
    from .._daemon import evidence as _daemon_files
    from .._daemon import process as _daemon_signal
    from .._daemon import records as _daemon_records
    from .._daemon import report as _daemon_report
    pid = _daemon_signal.find(host)
    found = {
        "installed": host.which("auditd") is not None,
        "enabled": _enabled(host),
        "running": pid is not None,
        "pid": pid,
        "report": None,
        "last_record": None,
        "older_settings": None,
        "log_held": None,
    }
    if pid is None:
        live["unavailable"]["daemon.report"] = "auditd is not running"
        return found
    try:
        found["report"] = _daemon_report.report(host, pid, REPORT_TIMEOUT, live["version"])
    except AuditError as error:
        live["unavailable"]["daemon.report"] = str(error)
    conf = live["auditd_conf"]
    if conf is not None:
        log_file = conf["effective"].get("log_file") or LOG_FILE
        try:
            found["last_record"] = _daemon_records.last_record(host, log_file, ("DAEMON_CONFIG", "DAEMON_START"))
        except AuditError as error:
            live["unavailable"]["daemon.last_record"] = str(error)
        in_force = _daemon_files.in_force(host, pid, found["last_record"])
        found["older_settings"] = None if in_force is None else not in_force
        if found["report"] is not None:
            found["log_held"] = _daemon_files.is_written(host, pid, found["report"], log_file)
    return found


def _enabled(host):
    """Whether something starts auditd at boot: a target of systemd wants it, or sysvinit has a start link. None where neither is used."""
    targets = [name for name in host.listdir(UNITS) if name.endswith((".wants", ".requires"))]
    levels = [name for name in host.listdir("/etc") if re.match(r"rc[2-5]\.d$", name)]
    if not targets and not levels:
        return None
    return any(host.lstat("%s/%s/auditd.service" % (UNITS, name)) is not None for name in targets) or any(
        re.match(r"S\d+auditd$", link) for name in levels for link in host.listdir("/etc/" + name))


def _kernel(host, live, parsed, release):
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: its kernel is not running" % host.root)
    from .. import _kernel
    found = {"status": _kernel.status(host.run), "features": None}
    try:
        found["features"] = _kernel.features(host.run)
    except AuditError as error:
        live["unavailable"]["kernel.features"] = str(error)
    return found


def _rules(host, live, parsed, release):
    from .._rules import compiled as _ruleset
    from .._rules import localise as _localise
    parsed.files = _ruleset.read_rules_d(host)
    options = _localise.options(host)
    parsed.disk = _ruleset.compile_rules(parsed.files, live["version"], _ruleset.awk_of(host), **options)
    files = {path: dict(_file(host, path), text=text) for path, text in parsed.files.items()}
    found = {"disk": dict(_ruled(parsed.disk), files=files), "compiled": None, "loaded": None}
    try:
        text = host.text(COMPILED_RULES)
        if text is None:
            raise NotAvailable("%s does not exist" % COMPILED_RULES)
        same = text == parsed.disk.text
        parsed.compiled = parsed.disk if same else _ruleset.parse_rules_file(text, COMPILED_RULES, release=live["version"], **options)
        found["compiled"] = dict(_ruled(parsed.compiled), **_file(host, COMPILED_RULES))
    except AuditError as error:
        live["unavailable"]["rules.compiled"] = str(error)
    try:
        found["loaded"] = _loaded(host, live, parsed)
    except AuditError as error:
        live["unavailable"]["rules.loaded"] = str(error)
    return found


def _ruled(compiled):
    rules = [rule.canonical for rule in compiled.rules]
    return {"count": len(rules), "rules": rules, "control": dict(compiled.control), "problems": compiled.problems}


def _loaded(host, live, parsed):
    if live["kernel"] is None:
        raise NotAvailable(live["unavailable"]["kernel"])
    from .. import _kernel
    from .._rules import grammar as _rule_grammar
    parsed.loaded = [_rule_grammar.from_loaded(rule) for rule in _kernel.loaded_rules(host.run)]
    rules = [rule.canonical for rule in parsed.loaded]
    return {"count": len(rules), "rules": rules}


def _rotation(host, live, parsed, release):
    from . import rotation as _live_rotation
    log_file = ((live["auditd_conf"] or {}).get("effective") or {}).get("log_file") or LOG_FILE
    return _live_rotation.read(host, live["unavailable"], log_file)


def _storage(host, live, parsed, release):
    from . import storage as _storage
    settings = (live["auditd_conf"] or {}).get("effective") or {}
    found, missing = _storage.measure(host, settings)
    live["unavailable"].update(missing)
    return found


def _boot(host, live, parsed, release):
    if host.is_live:
        path, line = "/proc/cmdline", host.text("/proc/cmdline")
    else:
        path, line = _offline_cmdline(host)
    if line is None:
        raise NotAvailable("no boot line: there is neither %s nor %s" % (GRUB, KERNEL_CMDLINE))
    words = dict(word.partition("=")[::2] for word in line.split())
    limit = words.get("audit_backlog_limit", "")
    return {"source": path, "audit": words.get("audit"), "audit_backlog_limit": int(limit) if limit.isdigit() else None}


def _offline_cmdline(host):
    text = host.text(GRUB)
    if text is not None:
        lines = re.findall(r"^\s*GRUB_CMDLINE_LINUX(?:_DEFAULT)?=[\"']?([^\"'\n]*)", text, re.M)
        return GRUB, " ".join(lines)
    return KERNEL_CMDLINE, host.text(KERNEL_CMDLINE)


# Each reader sees what those before it found.
READERS = (
    ("version", _version),
    ("distribution", _distribution),
    ("auditd_conf", _auditd_conf),
    ("daemon", _daemon),
    ("kernel", _kernel),
    ("rules", _rules),
    ("rotation", _rotation),
    ("storage", _storage),
    ("boot", _boot),
)
