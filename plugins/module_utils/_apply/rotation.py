# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting the rotation on a host: plan, write, roll back, switch the scheduler, run once."""

import os
import stat

from .._conf.words import settings_of
from .._errors import AuditError
from .._host import files as _io
from .._host.host import Host
from .._live import rotation_proof
from .._live import storage as _storage
from .._paths import AUDITD_CONF, LOG_FILE, RESUME_PROGRAM
from .._rotation import checker as _checker
from .._rotation import conf as _rotate_conf
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from .._rotation.conflicts import conflicts
from . import permissions as _permissions
from . import rotation_units as _units

LAUNCHERS = _rotation.LAUNCHERS + (_checker.PROGRAM,)
MODULES = {"gzip": "zlib", "bzip2": "bz2", "xz": "lzma"}
# Exit codes of audit-rotate (exits.py) that a host may have before the rest of the policy is in force: daemon_dead, num_logs, write_logs,
# and no_space, which is what the guard and retention are being installed for.
TOLERATED = (6, 7, 8, 11)
BOUNDED_BY_AUDITD = ("rotate", "suspend")  # KEEP_LOGS never deletes
LONGEST_WAIT = "120"  # seconds for another run to end


class Plan(object):
    """``written`` {path: (bytes, mode)}, ``links`` {path: target}, ``removed`` [path], ``before`` {path: bytes or None}.

    ``what`` it installs, in words. ``warnings``: sentences about what the change leaves behind. ``library_goes``: nothing needs the library
    any more.
    """

    def __init__(self, scheduler=None, interpreter=None, what="the rotation"):
        self.what = what
        self.library_goes = False
        self.scheduler = scheduler
        self.interpreter = interpreter
        self.log_file = None
        self.written = {}
        self.links = {}
        self.loose = []  # directories of the program that others may write to
        self.removed = []
        self.permissions = None  # _apply.permissions.Permissions of the logs: the program works in no directory that others can write to
        self.before = {}
        self.hidden: "tuple[str, ...]" = ()  # paths of files whose content is not shown: there may be secrets in them
        self.conflicts = []
        self.warnings = []

    @property
    def changed(self):
        """True where the host is not as wanted."""
        return bool(self.written or self.links or self.removed or self.loose or self.closed_to_others)

    @property
    def closed_to_others(self):
        """The log directory and the logs from which write bits of others, or an owner other than root, are taken."""
        return list(self.permissions.wanted) if self.permissions else []

    def diff(self):
        """[{before, after, before_header, after_header}] for every file."""
        found = []
        program = [path for path in sorted(list(self.written) + self.removed) if _is_program(path)]
        if program:
            before = _names([path for path in program if self.before.get(path) is not None], "before")
            after = _names([path for path in program if path in self.written], "after")
            found.append(_difference(_rotation.LIBRARY, before, after))
        for path in sorted(set(self.written) - set(program)):
            data, _mode = self.written[path]
            found.append(self._difference_of(path, data))
        for path in sorted(self.links):
            found.append(_difference(path, "", "link to %s\n" % self.links[path]))
        for path in sorted(set(self.removed) - set(program)):
            found.append(self._difference_of(path, None))
        return found + (self.permissions.diffs() if self.permissions else [])

    def _difference_of(self, path, data):
        before = self.before.get(path)
        if path not in self.hidden:
            return _difference(path, _shown(before), _shown(data))
        words = ["content %s, not shown: it may hold secrets\n" % ("as it was" if data == before else when) for when in ("before", "after")]
        return _difference(path, "" if before is None else words[0], "" if data is None else words[1])


def present(host: Host, params: dict, running: "str | None") -> Plan:
    """The Plan for C(state=present). AuditError for what is asked and cannot be had on this host."""
    if not params["program"]:
        raise AuditError("program: the program's files are missing; call this module by its action plugin, as a task does")
    config = _rotate_conf.complete(params["config"])
    scheduler = _schedule.scheduler_of(host, params["scheduler"])
    plan = Plan(scheduler, _rotation.interpreter_of(host, params["interpreter"], running))
    log_file = plan.log_file = config["log_file"] or _log_file(host)
    _check_compressor(host, config, plan.interpreter)
    check_modules(host, plan.interpreter)
    wanted = {path: (text.encode("utf-8"), mode) for path, (text, mode) in _rotation.desired_files(
        params, scheduler, _schedule.minute_of(host), log_file.rpartition("/")[0], has_systemd=host.has_systemd).items()}
    wanted.update(program_files(params["program"], _rotation.LAUNCHERS, plan.interpreter))
    stale = _rotation.stale_files(params, scheduler, has_systemd=host.has_systemd)
    fill(host, plan, wanted, _rotation.desired_links(params, scheduler, has_systemd=host.has_systemd), stale)
    plan.removed += _rotation.unexpected(host, params["program"])
    plan.loose = [path for path in _rotation.directories(params["program"]) if _rotation.is_loose(host, path)]
    plan.before.update((path, _regular(host, path)) for path in plan.removed)
    plan.conflicts = conflicts(host, log_file)
    plan.permissions = _permissions.Permissions(host, (), kinds=_permissions.LOGS, log_file=log_file)
    return plan


def program_files(program: "dict[str, str]", launchers: "tuple[str, ...]", interpreter: str) -> "dict[str, tuple[bytes, int]]":
    """{path: (content, mode)} of the library and of these launchers, for this interpreter."""
    found = {}
    for path, text in program.items():
        if path in launchers:
            text = _rotation.launcher(text, interpreter)
        elif not path.startswith(_rotation.LIBRARY + "/"):
            continue  # another role's launcher
        found[path] = (text.encode("utf-8"), _rotation.mode_of(path))
    return found


def fill(host: Host, plan: Plan, wanted: dict, links: "dict[str, str]", stale: "list[str]") -> None:
    """Into the plan: what of the files ``wanted`` {path: (content, mode)} and of ``links`` is not so yet; what of ``stale`` is there."""
    for path in sorted(wanted):
        plan.before[path] = _regular(host, path)
        if plan.before[path] != wanted[path][0] or not _is_ours(host.lstat(path), wanted[path][1]):
            plan.written[path] = wanted[path]
    for path, target in sorted(links.items()):
        if host.link_target(path) != target:
            plan.links[path] = target
    plan.removed = [path for path in stale if host.lstat(path) is not None]
    plan.before.update((path, _regular(host, path)) for path in plan.removed)


def absent(host: Host) -> Plan:
    """The Plan for C(state=absent). The library stays while the checker is there, which uses it, too."""
    lines = [line.strip() for line in (host.text(AUDITD_CONF) or "").splitlines() if RESUME_PROGRAM in line.split()]
    named = [line for line in lines if not line.startswith("#")]
    if named:
        raise AuditError(
            "%s has %s: without the program auditd refuses the file at its next start; set audit_rotation_guard: timed (or "
            "auditd_conf.space_left_action) and run role auditd first; nothing was changed" % (AUDITD_CONF, named[0]))
    plan = Plan()
    plan.library_goes = host.lstat(_checker.PROGRAM) is None
    # the schedule first: nothing is to start half a program
    everything = _rotation.stale_files({}, None) + list(_rotation.LAUNCHERS) + (library(host) if plan.library_goes else [])
    fill(host, plan, {}, {}, everything + [_rotation.CONF])
    plan.warnings = _unbounded(host)
    return plan


def library(host: Host) -> "list[str]":
    """The files of the library that lie on a host, whichever release of this collection put them there."""
    package = [directory + "/" + name for directory in _rotation.installed_packages(host) for name in host.listdir(directory)
               if name.endswith(".py")]
    beside = [_rotation.LIBRARY + "/" + name for name in host.listdir(_rotation.LIBRARY)]
    return package + [path for path in beside if _rotation.is_file(host, path)]


def _unbounded(host):
    """[sentence] where nothing bounds the log once the rotation has gone."""
    settings = settings_of(host.text(AUDITD_CONF) or "")
    action = settings.get("max_log_file_action", "ignore").lower()
    if action in BOUNDED_BY_AUDITD:
        return []
    return ["max_log_file_action = %s in %s was right with the rotation and now leaves the log without a bound: set ROTATE with "
            "max_log_file and num_logs (variable auditd_conf)" % (action.upper(), AUDITD_CONF)]


def apply(host: Host, plan: Plan) -> None:
    """Write the plan. Where a step fails, what was written before is put back and AuditError says which step it was."""
    done, before = [], _state(host, plan)
    try:
        _units.stop(host, plan.removed)
        if plan.permissions:
            plan.permissions.apply()
        # the program first: a schedule must not find half of it
        for path in plan.loose:
            _tighten(host.path(path, follow=False))
        if any(path.startswith(_rotation.PACKAGE + "/") for path in plan.written):
            for directory in _rotation.installed_packages(host):
                _remove_library(host.path(directory + "/__pycache__", follow=False))  # Python believes some of these unseen
        order = sorted(plan.written, key=lambda path: (not _is_program(path), path in LAUNCHERS, path))
        for path in order:
            done.append(path)
            _make_parent(host, path)
            _io.write_atomic(host.path(path, follow=False), *plan.written[path])
        for path, target in plan.links.items():
            done.append(path)
            _make_parent(host, path)
            _relink(host.path(path, follow=False), target)
        for path in plan.removed:
            done.append(path)
            _io.remove(host.path(path, follow=False))
        _units.start(host, list(plan.written) + list(plan.links), plan.removed)
    except (AuditError, OSError) as error:
        failed = _roll_back(host, done, before) + _started_again(host, done + plan.removed, before)
        reason = str(error) if isinstance(error, AuditError) else "%s: %s" % (error.filename, error.strerror)
        outcome = "not put back: " + ", ".join(failed) if failed else "all is as it was"
        raise AuditError("%s could not be installed: %s; %s" % (plan.what, reason, outcome), rolled_back=not failed)
    if plan.library_goes:
        _remove_library(host.path(_rotation.LIBRARY, follow=False))


def is_due(host: Host, plan: Plan) -> bool:
    """True where the program is to run now, not at its next tick: it changed, never ran, ran badly or long ago, or rotated logs wait."""
    if plan.changed or rotation_proof.last_run_trouble(host):
        return True
    return bool(_storage.rotated_plain(_storage.finished_logs(host, plan.log_file), plan.log_file))


def run_changes(host: Host) -> bool:
    """Whether a run that is due is expected to change something: one that last ended with a tolerated code is expected to end so again.
    Other than on a running host, a run only archives, so what that host's own run came to says nothing.
    """
    return not host.is_live or (rotation_proof.status(host) or {}).get("exit_code") not in TOLERATED


def run_once(host: Host, run_command, program: "dict[str, str]") -> dict:
    """Run the installed program, for an offline tree its sources ``program`` {installed path: text}, and return {exit, error, status}."""
    if host.is_live:
        rc, _out, err = run_command([_rotation.PROGRAM, "--wait", LONGEST_WAIT])
    else:
        rc, _out, err = _run_sources(host, run_command, program)
    status = rotation_proof.status(host)
    error = err.strip().replace("audit-rotate: ", "") or None
    if rc == 0 and not rotation_proof.ended_well(host, status):
        rc, error = 1, "it ended with 0 and recorded no success in %s" % _rotation.STATUS
    return {"exit": rc, "error": error, "status": status}


def _run_sources(host, run_command, program):
    """On a tree, from a directory of our own: whoever made the tree does not get to run code on this machine."""
    import shutil
    import sys
    import tempfile
    directory = tempfile.mkdtemp(prefix="audit-rotate.")  # 0700
    try:
        for path, text in program.items():
            inside = path[len(_rotation.LIBRARY) + 1:] if path.startswith(_rotation.LIBRARY + "/") else path.rpartition("/")[2]
            place = os.path.join(directory, inside)
            _io.make_directory(os.path.dirname(place), 0o700)
            _io.write_atomic(place, text.encode("utf-8"))
        return run_command([
            sys.executable, "-B", "-IS", os.path.join(directory, _rotation.PROGRAM.rpartition("/")[2]), "--archive-only",
            "--wait", LONGEST_WAIT, "--root", host.root])
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _check_compressor(host, config, interpreter):
    """What is asked and absent is an error now, not at the first tick."""
    method = config["compress"]
    if method == "zstd" and host.which("zstd") is None:
        raise AuditError("audit_rotation_compress = zstd: the program zstd is not installed; install it, or set auto, xz or gzip")
    if method == "gzip" and config["threads"] > 1 and host.which("pigz") is None:
        raise AuditError("audit_rotation_threads = %d with gzip needs the program pigz, which is not installed" % config["threads"])
    if method in MODULES and host.is_live:
        rc, _out, _err = host.run([interpreter, "-IS", "-c", "import " + MODULES[method]])
        if rc:
            raise AuditError("audit_rotation_compress = %s: %s was built without %s; set another method" % (
                method, interpreter, MODULES[method]))


def check_modules(host, interpreter):
    """Root's job must not import what somebody else can replace: the interpreter's own modules count as much as the interpreter."""
    if not host.is_live:
        return
    rc, out, err = host.run([interpreter, "-IS", "-c", "import sys; print('\\n'.join(path for path in sys.path if path))"])
    if rc:
        raise AuditError("interpreter = %s: it does not run: %s" % (interpreter, err.strip()))
    for path in out.splitlines():
        unsafe = _rotation.writable_by_others(host, path) if host.lstat(path) is not None else None
        if unsafe:
            raise AuditError("interpreter = %s: root must not run it, because it imports from %s, and %s" % (interpreter, path, unsafe))


def _log_file(host):
    text = host.text(AUDITD_CONF)
    if not text:
        return LOG_FILE
    return settings_of(text).get("log_file", LOG_FILE)


def _regular(host, path):
    """The bytes of a regular file, None for anything else: a link in its place is replaced, not followed."""
    status = host.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    with open(host.path(path, follow=False), "rb") as stream:
        return stream.read()


def _is_ours(status, mode):
    owner = os.geteuid() != 0 or (status.st_uid, status.st_gid) == (0, 0)
    return status is not None and owner and stat.S_IMODE(status.st_mode) == mode


def _make_parent(host, path):
    parent = path.rpartition("/")[0]
    if host.stat(parent) is None:
        _io.make_directory(host.path(parent), 0o750 if path == _rotation.CONF else 0o755)


def _tighten(path):
    """Root's alone; a link or file in its place goes, and what Python cached there may be anybody's."""
    import shutil
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    shutil.rmtree(os.path.join(path, "__pycache__"), ignore_errors=True)
    if os.path.basename(path) == "__pycache__":
        shutil.rmtree(path, ignore_errors=True)
        return
    if os.geteuid() == 0:
        os.chown(path, 0, 0)
    os.chmod(path, 0o755)


def _relink(path, target):
    temporary = path + ".auditops-new"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.rename(temporary, path)


def _state(host, plan):
    """{path: (kind, content, mode)} of everything that the plan touches."""
    found: "dict[str, tuple]" = {}
    for path in list(plan.written) + list(plan.links) + list(plan.removed):
        status = host.lstat(path)
        if status is None:
            found[path] = (None, None, None)
        elif stat.S_ISLNK(status.st_mode):
            found[path] = ("link", host.link_target(path), None)
        else:
            found[path] = ("file", _regular(host, path), stat.S_IMODE(status.st_mode))
    return found


def _roll_back(host, done, before):
    failed = []
    for path in reversed(done):
        kind, content, mode = before[path]
        here = host.path(path, follow=False)
        try:
            if kind == "file":
                _io.write_atomic(here, content, mode)
            elif kind == "link":
                _relink(here, content)
            else:
                _io.remove(here)
        except (AuditError, OSError):
            failed.append(path)
    return failed


def _started_again(host, touched, before):
    """Have run what ran before, now that its files are back; ["what runs it (why not)"] where that fails."""
    back = [path for path in touched if before[path][0] is not None]
    try:
        _units.start(host, back, [path for path in touched if path not in back])
    except (AuditError, OSError) as error:
        return ["what runs it (%s)" % error]
    return []


def _remove_library(path):
    """The package's directory with what Python cached in it; state and archives stay."""
    import shutil
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)


def _difference(path, before, after):
    return {"before": before, "after": after, "before_header": path, "after_header": path}


def _shown(data):
    return "" if data is None else data.decode("utf-8", "replace")


def _is_program(path):
    return path in LAUNCHERS or path.startswith(_rotation.LIBRARY + "/")


def _names(paths, when):
    """The program's own text is no reading: its files are only named."""
    return "".join("%s (%s)\n" % (path, when) for path in paths)
