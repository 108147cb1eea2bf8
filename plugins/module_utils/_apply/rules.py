# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module audit_rules does, state by state: files, compiled file and kernel as one thing that is in order or is not."""

import os
from collections import OrderedDict

from .. import _kernel
from .._arguments import OF_LIBRARY
from .._errors import AuditError, NotAvailable
from .._host import audit_release as _audit_release
from .._policy import locks
from .._rules import compiled as _compiled
from .._rules import delta as _delta
from .._rules import files as _files
from .._rules import lines as _lines
from .._rules import lint as _lint
from .._rules import load_plan as _load_plan
from .._rules import localise as _localise
from .._rules import passing as _passing
from .._rules import quarantine
from .._rules import staging as _staging
from . import loader as _loader
from . import package_modes
from . import permissions as _permissions
from . import rules_files as _rules_files

STOPS_AT_BOOT = ("the kernel refuses this rule of a file that is not ours, and auditctl -R stops here at boot: correct it, or take "
                 "audit_rules_purge quarantine")
OURS_STOPS = ("%s: %s: auditctl -R stops there, and nothing behind it would be loaded at boot; nothing was changed: mend that line, or set "
              "audit_rules_on_error to skip")
OTHERS_STOP = ("%s: %s: auditctl -R stops there, and no file of ours that is read before it can let it go on; nothing was changed: mend "
               "that line, or take audit_rules_purge quarantine")
NOT_ROOT = "only root may write %s: run the task with become"
GAP = ("%s; deleting and loading the list again leaves %d rules away for about %.2f seconds, which allow_gap (audit_rules_allow_gap: true) "
       "accepts; nothing was changed")
LOSES_LOCK = ("purge quarantine (audit_rules_purge) would move %s away, and with it -e 2: nothing would lock the rules any more. Take "
              "immutable: true (audit_rules_immutable) to keep the lock, or false to give it up; nothing was changed")
LOSES_RULES = ("purge quarantine (audit_rules_purge) would move %s away, and the host would load %d fewer rules of %s, the first %r: "
               "correct what leaves them out of our own files first; nothing was changed")


def parsed(text: "str | None", release: "str | None" = None) -> dict:
    """The answer of state parsed: no host is looked at, and a line is taken as a file, a command line or auditctl -l shows it."""
    text = "\n".join("" if line.strip() == "No rules" else line for line in (text or "").split("\n"))
    compiled = _compiled.parse_rules_file(text, None, grammar="any", release=release)
    problems = [{name: problem[name] for name in ("line", "token", "reason")} for problem in compiled.problems if problem["fatal"]]
    lint = [dict(finding._asdict()) for finding in _lint.lint(compiled)]
    for problem in compiled.problems:
        if not problem["fatal"]:
            lint.append(dict(_public(problem), kind="note", severity="low", rule=problem["token"]))
            del lint[-1]["token"]
    rules = [rule.canonical for rule in compiled.statements if not rule.delete]
    return {"changed": False, "rules": rules, "problems": problems, "control": dict(compiled.control), "lint": lint}


def gathered(host, release: "str | None" = None) -> dict:
    """The answer of state gathered: disk, compiled file and kernel, each null with a reason where it cannot be read."""
    release = release or release_of(host)
    files = _compiled.read_rules_d(host)
    options = _localise.run_options(host)
    disk = _compiled.compile_rules(files, release, _compiled.awk_of(host), **options)
    text = host.text(_compiled.AUDIT_RULES)
    compiled = None if text is None else _compiled.parse_rules_file(text, release=release, **options)
    unavailable, kernel = {}, None
    if compiled is None:
        unavailable["compiled"] = "there is no %s" % _compiled.AUDIT_RULES
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
            "cost": _lint.cost(disk.rules if kernel is None else kernel.rules),
        },
        "problems": [_public(problem) for problem in disk.problems],
        "lint": [dict(finding._asdict()) for finding in _lint.lint(disk, host)],
        "unavailable": unavailable,
    }


def rendered(host, params: dict) -> dict:
    """The answer of state rendered."""
    release = params["release"] or release_of(host)
    current = _compiled.read_rules_d(host)
    params, extra = _with_profiles(host, params, release, current)
    staged = _staging.stage(host, current, params, release=release)
    texts = OrderedDict((path, staged.files[path]) for path in staged.own)
    texts[_compiled.AUDIT_RULES] = staged.compiled.text
    problems = [_public(problem) for problem in staged.problems]
    return dict(extra, changed=False, rendered=texts, left_out=staged.skipped, problems=problems)


def converge(host, params: dict, *, check_mode: bool = False) -> dict:
    """The answer of states merged, replaced and overridden: files written, kernel loaded and proven, or all as it was."""
    if os.geteuid() != 0 and host.is_live and not check_mode:
        raise AuditError(NOT_ROOT % _compiled.RULES_D)
    release = params["release"] or release_of(host)
    current = _compiled.read_rules_d(host)
    restored = quarantine.restorable(host, current) if params.get("purge") == "restore" else {}
    params, extra = _with_profiles(host, params, release, current)
    files = dict(current, **{path: text for path, (_name, text) in restored.items()})
    staged = _staging.stage(host, files, params, state=params["state"], release=release)
    _refuse_what_would_not_boot(staged, params)
    _refuse_what_quarantine_loses(staged, params, current, extra)
    kernel, unavailable = None, None
    if host.is_live and params["load"]:
        try:
            kernel = _kernel_state(host)
        except NotAvailable as error:
            if not check_mode:
                raise AuditError("the rules cannot be loaded: %s. With load: false only the files are written; nothing was changed" % error)
            unavailable = str(error)
    job = _Job(params, staged, _rules_files.Files(host, staged, current, restored), kernel)
    result = dict(job.result(), **extra)
    if unavailable:
        result["problems"] = result["problems"] + [{"file": None, "line": None, "token": "kernel", "reason": unavailable}]
    if result["changed"] and not check_mode:
        job.apply(result)
    return result


def _with_profiles(host, params, release, current):
    """(params with the files of its profiles, what of them the module returns); as they are where there are none."""
    if not any(params.get(name) for name in OF_LIBRARY):
        return params, {}
    stated = list(current.values()) + [host.text(_compiled.AUDIT_RULES)]
    from .._library import profiles as _profiles  # measured: 21 ms of compiling on a host whose policy names no profile
    params, resolved = _profiles.expand(host, params, release, stated)
    return params, _profiles.returned(resolved)


def release_of(host) -> "str | None":
    """The release of audit on a host, None where nothing shows it."""
    return _audit_release.release(host)[0]


def _kernel_state(host):
    if not host.is_live:
        raise NotAvailable("%s is an offline tree" % host.root)
    return _loader.read()


def _canonical(rules):
    return [rule.canonical for rule in rules]


def _public(problem):
    return {name: problem[name] for name in ("file", "line", "token", "reason")}


def _refuse_what_would_not_boot(staged, params):
    """A bad line of ours is an error, unless it is to be skipped; one of another file is passed over and named."""
    failed = [problem for problem in staged.compiled.problems if problem["fatal"]]
    if params["on_error"] == "abort":
        ours = [problem for problem in failed if problem["file"] in staged.own and problem["line"]]
        stops = staged.compiled.aborts_at or (ours[0] if ours and not _passing.says_go_on(staged.compiled) else None)
        if stops is not None:
            message = OURS_STOPS if stops["file"] in staged.own else OTHERS_STOP
            raise AuditError(message % (_lines.where(stops, params, stops["token"]), stops["reason"]),
                             problems=[_public(problem) for problem in staged.problems])
    staged.skipped += [_public(problem) for problem in failed]


class _Job(object):
    """One run: what is to do, and doing it."""

    def __init__(self, params, staged, files, kernel):
        self.params, self.staged, self.files, self.kernel = params, staged, files, kernel
        self.wanted = staged.compiled.rules
        self.permissions = _permissions.Permissions(files.host, files.kept, bounds=params.get("bounds"))
        self.plan, self.control = _load_plan.NOTHING, []
        if kernel is not None:
            self.have = kernel.rules
            self.control = _loader.control_steps(staged.compiled.control, kernel, params)
            if not kernel.immutable:
                self.plan = self._plan()
        else:
            self.have = _compiled.parse_rules_file(self.files.compiled_before or "").rules
        self.comparison = _delta.compare(self.wanted, self.have)

    def _plan(self):
        try:
            return _load_plan.plan(self.wanted, self.have)
        except _load_plan.TwinError as error:
            return self._plan_with_gap(error)

    def _plan_with_gap(self, error):
        """The plan that leaves rules away for a while, where the user accepts that."""
        plan = _load_plan.plan(self.wanted, self.have, allow_gap=True)
        if not self.params.get("allow_gap"):
            raise AuditError(GAP % (error, plan.gap, plan.gap * _loader.DELETE_SECONDS))
        return plan

    @property
    def immutable(self):
        return self.kernel is not None and self.kernel.immutable

    @property
    def _kernel_differs(self):
        comparison = self.comparison
        return self.kernel is not None and bool(comparison.missing or comparison.extra or comparison.out_of_order or self.control)

    def result(self):
        staged, comparison, plan = self.staged, self.comparison, self.plan
        loads = not self.immutable and bool(plan.steps or self.control)
        commands = []
        if loads:
            commands = [_load_plan.command(step) for step in plan.steps] + [_loader.control_command(step) for step in self.control]
        result = {
            "changed": self.files.differ or loads or bool(self.permissions.wanted),
            "commands": commands,
            "missing": _rendered(comparison.missing),
            "extra": _rendered(comparison.extra),
            "out_of_order": _rendered(comparison.out_of_order),
            "reloaded": plan.reason if loads else None,
            "proven": None if self.kernel is None else not (comparison.missing or comparison.extra or comparison.out_of_order),
            "loaded": None if self.kernel is None else len(self.kernel.rules),
            "left_out": staged.skipped,
            "quarantined": list(staged.quarantined),
            "quarantined_rules": _rendered(_of_files(self.files.current, staged.quarantined)),
            "restored": list(self.files.restored),
            "previous": _compiled.PREVIOUS if self.files.previous else None,
            "taken_over": staged.taken_over,
            "reboot_required": self.immutable and self._kernel_differs,
            "problems": [_public(problem) for problem in staged.problems] + self.files.problems() + self.permissions.problems,
            "permissions": list(self.permissions.wanted),
            "packages_told": [],
            "before": _side(self.have, self._control_before(), sorted(self.files.current)),
            "after": _side(self.wanted, dict(staged.compiled.control), list(staged.files)),
        }
        if self.immutable:
            result["after"] = dict(result["after"], rules=result["before"]["rules"], at_boot=result["after"]["rules"])
        result["diff"] = self._diff(result)
        return result

    def _control_before(self):
        if self.kernel is None:
            return dict(_compiled.parse_rules_file(self.files.compiled_before or "").control)
        words = {option: str(self.kernel.status[word]) for word, option in _compiled.CONTROL_OPTIONS.items()}
        return dict(words, **{"-e": str(self.kernel.status["enabled"])})

    def _diff(self, result):
        diffs = self.files.diffs() + self.permissions.diffs()
        if self.kernel is not None and result["commands"]:
            before, after = ("".join(line + "\n" for line in result[side]["rules"]) for side in ("before", "after"))
            diffs.append({"before": before, "after": after, "before_header": "kernel", "after_header": "kernel"})
        return diffs

    def apply(self, result):
        """Write, load, prove; on any failure the files are put back, and the kernel is as the loader left it: as before.

        Write bits that were taken from others stay away: nobody is to write here while this runs, nor after it failed.
        """
        self._close_to_others(result)
        try:
            self.files.apply(backup=bool(self.params["backup"]))
            if result["commands"]:
                self._load(result)
        except Exception as error:
            left = self.files.put_back()
            if left:
                raise AuditError("%s; not put back: %s" % (error, ", ".join(left)), **getattr(error, "details", {}))
            raise
        if self.params["backup"]:
            result["backups"] = self.files.backups

    def _close_to_others(self, result):
        self.permissions.apply()
        result["packages_told"] = package_modes.tell(self.files.host, self.permissions.made_stricter())
        result["permissions"] = list(self.permissions.wanted)
        result["problems"] += [problem for problem in self.permissions.problems if problem not in result["problems"]]
        result["changed"] = self.files.differ or bool(result["commands"] or self.permissions.wanted)

    def _load(self, result):
        tolerant = self.params["on_error"] == "abort" and _passing.says_go_on(self.staged.compiled)
        all_may = tolerant or self.params["on_error"] == "skip"
        ours = set(self.staged.own)

        def may_skip(rule):
            return all_may or rule.file not in ours
        with _kernel.Netlink() as netlink:
            try:
                loaded = _loader.load(netlink, self.wanted, self.plan, self.control, self.kernel, may_skip=may_skip)
            except _load_plan.TwinError as error:
                self.plan = self._plan_with_gap(error)
                result["reloaded"] = self.plan.reason
                loaded = _loader.load(netlink, self.wanted, self.plan, self.control, self.kernel, may_skip=may_skip)
        result["commands"] = loaded.commands
        result["proven"] = True
        result["loaded"] = loaded.count
        refused = {}
        for rule, why in loaded.skipped:
            reason = "the kernel refused it: %s" % why
            result["left_out"].append({"file": rule.file, "line": rule.line, "token": rule.render(), "reason": reason})
            refused.setdefault(rule.file, []).append((rule, why))
        if refused and not tolerant:
            self._write_without(refused, result)

    def _write_without(self, refused, result):
        """What the kernel refused becomes a comment, or is passed over where it is somebody else's: auditctl -R would stop there at the
        next boot, with nothing behind it loaded."""
        staged = self.staged
        for path, rules in refused.items():
            if path in staged.own:
                staged.files[path] = _files.without(staged.files[path], {rule.line: why for rule, why in rules})
                self.files.rewrite(path, staged.files[path])
            else:
                staged.passes_over.update(((rule.text or "").strip(), why) for rule, why in rules)
        others = [rule for path, rules in refused.items() if path not in staged.own for rule, _why in rules]
        if others:
            self._pass_over(others, result)
        staged.compiled = staged.compile(staged.files)
        result["after"] = _side(staged.compiled.rules, result["after"]["control"], result["after"]["files"])
        self.files.rewrite(_compiled.AUDIT_RULES, staged.compiled.text)

    def _pass_over(self, rules, result):
        """Let auditctl -R go on behind these rules of other files at the next boot."""
        path = _staging.pass_over(self.staged)
        if path is not None:
            self.files.replace(path, self.staged.files[path])
            return
        result["proven"] = False
        for rule in rules:
            result["problems"].append({"file": rule.file, "line": rule.line, "token": rule.file, "reason": STOPS_AT_BOOT})


def _refuse_what_quarantine_loses(staged, params, current, resolved):
    """Moving files away must not leave less of the chosen benchmark in force, or the rules unlocked, without somebody saying so."""
    if not staged.quarantined:
        return
    names = ", ".join(os.path.basename(path) for path in staged.quarantined)
    before = staged.compile(current)
    if before.control.get("-e") == "2" and staged.compiled.control.get("-e") != "2" and locks(params) is None:
        raise AuditError(LOSES_LOCK % names)
    asked = {statement.canonical for statement in _rules_of_controls(resolved, staged)}
    after = {rule.canonical for rule in staged.compiled.rules}
    lost = [rule for rule in before.rules if rule.canonical in asked and rule.canonical not in after]
    if lost:
        raise AuditError(LOSES_RULES % (names, len(lost), ", ".join(resolved["profiles"]), lost[0].render()))


def _rules_of_controls(resolved, staged):
    """[Rule] of all lines of the chosen benchmarks, those too that are left out of our files."""
    lines = [line for control in (resolved or {}).get("controls", ()) if control["status"] != "skipped" for line in control["lines"]]
    return staged.compile({"controls.rules": "\n".join(lines) + "\n"}).statements if lines else []


def _of_files(current, paths):
    return [rule for path in paths for rule in _compiled.parse_rules_file(current[path], path).statements]


def _rendered(rules):
    return [rule.render() for rule in rules]


def _side(rules, control, files):
    return {"rules": _rendered(rules), "control": control, "files": files}
