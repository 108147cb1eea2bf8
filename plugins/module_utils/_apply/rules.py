# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module audit_rules does, state by state: files, compiled file and kernel as one thing that is in order or is not."""

import os
import stat
from collections import OrderedDict

from .._errors import AuditError, NotAvailable
from .._host import files as _io
from .._rules import compiled as _ruleset
from .._rules import delta as _ruleset_delta
from .._rules import files as _ruleset_files
from .._rules import lines as _rule_lines

FILE_MODE, DIRECTORY_MODE = 0o600, 0o750
STOPS_AT_BOOT = ("the kernel refuses this rule of a file that is not ours, and auditctl -R stops here at boot: correct it, or take "
                 "audit_rules_purge quarantine")
LINK = "it was a symbolic link to %s: the link is replaced or moved, what it leads to is not touched"
NOT_ROOT = "only root may write %s: run the task with become"


def parsed(text, release=None):
    """The answer of state parsed: no host is looked at, and a line is taken as a file, a command line or auditctl -l shows it."""
    from .._rules import lint as _ruleset_lint
    text = "\n".join("" if line.strip() == "No rules" else line for line in (text or "").split("\n"))
    compiled = _ruleset.parse_rules_file(text, None, grammar="any", release=release)
    notes = {id(problem) for problem in compiled.problems if not problem["fatal"]}
    problems = [{name: problem[name] for name in ("line", "token", "reason")} for problem in compiled.problems if id(problem) not in notes]
    lint = [dict(finding._asdict()) for finding in _ruleset_lint.lint(compiled)]
    for problem in compiled.problems:
        if id(problem) in notes:
            lint.append(dict(_public(problem), kind="note", severity="low", rule=problem["token"]))
            del lint[-1]["token"]
    rules = [rule.canonical for rule in compiled.statements if not rule.delete]
    return {"changed": False, "rules": rules, "problems": problems, "control": dict(compiled.control), "lint": lint}


def gathered(host, release=None):
    """The answer of state gathered: disk, compiled file and kernel, each null with a reason where it cannot be read."""
    from .._rules import lint as _ruleset_lint
    from .._rules import localise as _localise
    release = release or release_of(host)
    files = _ruleset.read_rules_d(host)
    options = _localise.options(host)
    disk = _ruleset.compile_rules(files, release, _ruleset.awk_of(host), **options)
    text = host.text(_ruleset.AUDIT_RULES)
    compiled = None if text is None else _ruleset.parse_rules_file(text, release=release, **options)
    unavailable, kernel = {}, None
    if compiled is None:
        unavailable["compiled"] = "there is no %s" % _ruleset.AUDIT_RULES
    try:
        kernel = _kernel_state(host)
    except NotAvailable as error:
        unavailable["kernel"] = str(error)
    return {
        "changed": False,
        "gathered": {
            "files": dict(files), "disk": _canonical(disk.rules), "control": dict(disk.control),
            "compiled": None if compiled is None else _canonical(compiled.rules),
            "kernel": None if kernel is None else _canonical(kernel.rules),
            "status": None if kernel is None else kernel.status,
            "features": None if kernel is None else kernel.features,
            "cost": _ruleset_lint.cost(disk.rules if kernel is None else kernel.rules),
        },
        "problems": [_public(problem) for problem in disk.problems],
        "lint": [dict(finding._asdict()) for finding in _ruleset_lint.lint(disk, host)],
        "unavailable": unavailable,
    }


def rendered(host, params):
    """The answer of state rendered."""
    from .._rules import staging as _rule_staging
    release = params["release"] or release_of(host)
    current = _ruleset.read_rules_d(host)
    params, extra = _with_profiles(host, params, release, current)
    staged = _rule_staging.stage(host, current, params, "overridden", release)
    texts = OrderedDict((path, staged.files[path]) for path in staged.own)
    texts[_ruleset.AUDIT_RULES] = staged.compiled.text
    problems = [_public(problem) for problem in staged.problems]
    return dict(extra, changed=False, rendered=texts, left_out=staged.skipped, problems=problems)


def converge(host, params, check_mode=False):
    """The answer of states merged, replaced and overridden: files written, kernel loaded and proven, or all as it was."""
    from .._rules import staging as _rule_staging
    if os.geteuid() != 0 and host.is_live and not check_mode:
        raise AuditError(NOT_ROOT % _ruleset.RULES_D)
    release = params["release"] or release_of(host)
    current = _ruleset.read_rules_d(host)
    params, extra = _with_profiles(host, params, release, current)
    staged = _rule_staging.stage(host, current, params, params["state"], release)
    _refuse_what_would_not_boot(staged, params)
    kernel, unavailable = None, None
    if host.is_live and params["load"]:
        try:
            kernel = _kernel_state(host)
        except NotAvailable as error:
            if not check_mode:
                raise AuditError("the rules cannot be loaded: %s. With load: false only the files are written; nothing was changed" % error)
            unavailable = str(error)
    job = _Job(host, params, staged, current, kernel)
    result = dict(job.result(), **extra)
    if unavailable:
        result["problems"] = result["problems"] + [{"file": None, "line": None, "token": "kernel", "reason": unavailable}]
    if result["changed"] and not check_mode:
        job.apply(result)
    return result


def _with_profiles(host, params, release, current):
    """(params with the files of its profiles, what of them the module returns); as they are where there are none."""
    if not params.get("profiles"):
        return params, {}
    from .._library import profiles as _rule_profiles
    stated = list(current.values()) + [host.text(_ruleset.AUDIT_RULES)]
    params, resolved = _rule_profiles.expand(host, params, release, stated)
    return params, _rule_profiles.told(resolved)


def release_of(host):
    """The release of audit on a host, None where it does not tell."""
    from .._host import audit_release as _daemon_release
    return _daemon_release.release(host)[0]


def _kernel_state(host):
    from .._rules import localise as _localise
    from . import loader as _rule_loader
    if not host.is_live:
        raise NotAvailable("%s is an offline tree" % host.root)
    return _rule_loader.read(_localise.options(host).get("machine"))


def _canonical(rules):
    return [rule.canonical for rule in rules]


def _public(problem):
    return {name: problem[name] for name in ("file", "line", "token", "reason")}


def _refuse_what_would_not_boot(staged, params):
    """A set at which auditctl -R stops half way is refused as a whole, or told rule by rule."""
    stops = staged.compiled.aborts_at
    if stops is None:
        return
    if params["on_error"] == "abort":
        where = _rule_lines.where(stops, params, stops["token"])
        raise AuditError("%s: %s: auditctl -R stops there, and nothing behind it would be loaded at boot; nothing was changed"
                         % (where, stops["reason"]), problems=[_public(problem) for problem in staged.problems])
    for problem in staged.compiled.problems:
        if problem["fatal"]:
            staged.skipped.append(dict(_public(problem), reason=problem["reason"] + " (at boot auditctl -R stops here)"))


class _Job(object):
    """One run: what is to do, and doing it."""

    def __init__(self, host, params, staged, current, kernel):
        from . import loader as _rule_loader
        self.host, self.params, self.staged, self.current, self.kernel = host, params, staged, current, kernel
        self.compiled_before = host.text(_ruleset.AUDIT_RULES)
        self.texts = OrderedDict((path, staged.files[path]) for path in staged.own)
        self.texts[_ruleset.AUDIT_RULES] = staged.compiled.text
        self.links = {path: target for path, target in ((path, self._link(path)) for path in [*self.texts, *current]) if target}
        self.write = [path for path, text in self.texts.items() if self._before(path) != text or path in self.links]
        self.modes = [path for path in self.texts if path not in self.write and self._too_open(path)]
        self.wanted = staged.compiled.rules
        if kernel is not None:
            have = kernel.rules
            self.plan = _ruleset_delta.plan(self.wanted, have)
            self.steps = _rule_loader.control_steps(staged.compiled.control, kernel, params["immutable"])
        else:
            have = _ruleset.parse_rules_file(self.compiled_before or "").rules
            self.plan, self.steps = _ruleset_delta.Plan([], [], None), []
        self.have = have
        self.comparison = _ruleset_delta.compare(self.wanted, have)
        self.files_differ = bool(self.write or self.modes or staged.removed or staged.quarantined)

    def _real(self, path):
        """Where to write, remove or move: a link itself, never what it leads to."""
        return self.host.path(path, follow=False)

    def _link(self, path):
        found = self.host.lstat(path)
        return os.readlink(self._real(path)) if found is not None and stat.S_ISLNK(found.st_mode) else None

    def _before(self, path):
        return self.compiled_before if path == _ruleset.AUDIT_RULES else self.current.get(path)

    def _too_open(self, path):
        found = self.host.stat(path)
        return found is not None and bool(stat.S_IMODE(found.st_mode) & ~FILE_MODE)

    @property
    def immutable(self):
        return self.kernel is not None and self.kernel.immutable

    def result(self):
        from . import loader as _rule_loader
        staged, comparison = self.staged, self.comparison
        differs = bool(self.plan.steps or self.steps)
        loads = differs and not self.immutable
        commands = []
        if loads:
            commands = [_ruleset_delta.command(step) for step in self.plan.steps]
            commands += [_rule_loader.control_command(step) for step in self.steps]
        result = {
            "changed": self.files_differ or loads,
            "commands": commands,
            "missing": [rule.render() for rule in comparison.missing],
            "extra": [rule.render() for rule in comparison.extra],
            "out_of_order": [rule.render() for rule in comparison.out_of_order],
            "reloaded": self.plan.reason if loads else None,
            "proven": None if self.kernel is None else not any(comparison[:3]),
            "loaded": None if self.kernel is None else len(self.kernel.rules),
            "left_out": staged.skipped,
            "quarantined": list(staged.quarantined),
            "reboot_required": self.immutable and differs,
            "problems": [_public(problem) for problem in staged.problems] + self._link_problems(),
            "before": _side(self.have, self._control_before(), sorted(self.current)),
            "after": _side(self.wanted, dict(staged.compiled.control), list(staged.files)),
        }
        if self.immutable:
            result["after"] = dict(result["after"], rules=result["before"]["rules"], at_boot=result["after"]["rules"])
        result["diff"] = self._diff(result)
        return result

    def _link_problems(self):
        touched = set(self.write) | set(self.staged.removed) | set(self.staged.quarantined)
        return [{"file": path, "line": None, "token": target, "reason": LINK % target}
                for path, target in sorted(self.links.items()) if path in touched]

    def _control_before(self):
        if self.kernel is None:
            return dict(_ruleset.parse_rules_file(self.compiled_before or "").control)
        words = {option: str(self.kernel.status[word]) for word, option in _ruleset.CONTROL_OPTIONS.items()}
        return dict(words, **{"-e": str(self.kernel.status["enabled"])})

    def _diff(self, result):
        diffs = []
        for path in self.write:
            diffs.append({"before": self._before(path) or "", "after": self.texts[path], "before_header": path, "after_header": path})
        for path in self.staged.removed:
            diffs.append({"before": self.current[path], "after": "", "before_header": path, "after_header": path + " (removed)"})
        for path in self.staged.quarantined:
            diffs.append({"before": self.current[path], "after": "", "before_header": path, "after_header": _quarantine_path(path)})
        for path in self.modes:
            mode = "%04o" % stat.S_IMODE(self.host.stat(path).st_mode)
            diffs.append({"before": {"mode": mode}, "after": {"mode": "%04o" % FILE_MODE}, "before_header": path, "after_header": path})
        if self.kernel is not None and result["commands"]:
            before, after = ("".join(line + "\n" for line in result[side]["rules"]) for side in ("before", "after"))
            diffs.append({"before": before, "after": after, "before_header": "kernel", "after_header": "kernel"})
        return diffs

    def apply(self, result):
        """Write, load, prove; on any failure the files are put back, and the kernel is as the loader left it: as before."""
        backups = []
        undo = []
        try:
            self._write_files(undo, backups)
            if result["commands"]:
                self._load(result)
        except Exception:
            for path, data, mode in reversed(undo):
                real = self._real(path)
                if data is None:
                    _io.remove(real)
                elif path in self.links:
                    _io.remove(real)
                    os.symlink(self.links[path], real)
                else:
                    _io.write_atomic(real, data, mode)
            raise
        if self.params["backup"]:
            result["backups"] = backups

    def _write_files(self, undo, backups):
        directory = self.host.path(_ruleset.RULES_D)
        _io.make_directory(directory, DIRECTORY_MODE)
        order = sorted(self.write, key=lambda path: path == _ruleset.AUDIT_RULES)  # the compiled file last
        for path in self.staged.quarantined:
            _io.make_directory(self.host.path(_ruleset.QUARANTINE), DIRECTORY_MODE)
            target = _free_name(self.host, _quarantine_path(path))
            self._remember(path, undo, backups)
            undo.append((target, None, None))
            if path in self.links:
                os.symlink(self.links[path], self._real(target))
            else:
                _io.write_atomic(self._real(target), self.host.read(path), FILE_MODE)
            _io.remove(self._real(path))
        for path in self.staged.removed:
            self._remember(path, undo, backups)
            _io.remove(self._real(path))
        for path in order:
            self._remember(path, undo, backups)
            _io.write_atomic(self._real(path), self.texts[path].encode("utf-8", "surrogateescape"), FILE_MODE)
        for path in self.modes:
            self._remember(path, undo, [])
            _io.write_atomic(self._real(path), self.host.read(path), FILE_MODE)

    def _remember(self, path, undo, backups):
        found = self.host.stat(path)
        undo.append((path, b"" if path in self.links else self.host.read(path), None if found is None else stat.S_IMODE(found.st_mode)))
        if self.params["backup"] and found is not None and path not in self.links:
            backups.append(_io.backup(self._real(path)))

    def _load(self, result):
        from .._rules import localise as _localise
        from . import loader as _rule_loader
        tolerant = "-c" in self.staged.compiled.control or "-i" in self.staged.compiled.control
        on_error = "skip" if tolerant else self.params["on_error"]
        loaded = _rule_loader.load(self.wanted, self.plan, self.steps, self.kernel, on_error, _localise.options(self.host).get("machine"))
        result["commands"] = loaded.commands
        result["proven"] = True
        result["loaded"] = loaded.count
        refused = {}
        for rule, why in loaded.skipped:
            reason = "the kernel refused it: %s" % why
            result["left_out"].append({"file": rule.file, "line": rule.line, "token": rule.render(), "reason": reason})
            refused.setdefault(rule.file, {})[rule.line] = why
        if refused and not tolerant:
            self._write_without(refused, result)

    def _write_without(self, refused, result):
        """What the kernel refused becomes a comment: auditctl -R would stop there at the next boot, with nothing behind it loaded."""
        staged = self.staged
        for path, lines in refused.items():
            if path in staged.own:
                staged.files[path] = _ruleset_files.without(staged.files[path], lines)
                _io.write_atomic(self._real(path), staged.files[path].encode("utf-8", "surrogateescape"), FILE_MODE)
                continue
            result["proven"] = False
            for line in lines:
                result["problems"].append({"file": path, "line": line, "token": path, "reason": STOPS_AT_BOOT})
        staged.compiled = staged.compile(staged.files)
        result["after"] = _side(staged.compiled.rules, result["after"]["control"], result["after"]["files"])
        _io.write_atomic(self._real(_ruleset.AUDIT_RULES), staged.compiled.text.encode("utf-8", "surrogateescape"), FILE_MODE)


def _side(rules, control, files):
    return {"rules": [rule.render() for rule in rules], "control": control, "files": files}


def _quarantine_path(path):
    return _ruleset.QUARANTINE + "/" + os.path.basename(path)


def _free_name(host, path):
    name, number = path, 1
    while host.lstat(name) is not None:
        name, number = "%s.%d" % (path, number), number + 1
    return name
