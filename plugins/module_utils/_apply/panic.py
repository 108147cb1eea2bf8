# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take C(-f 2) out, with which the kernel panics when it cannot record: now, at the next boot, and nothing else.

No rule is read, compiled or loaded here, so that nothing that is wrong with a rule keeps a host from being cured.
"""

import os
import re

from .. import _kernel
from .._errors import AuditError, NotAvailable
from .._host import files as _io
from .._policy import FAILURE_POLICIES
from .._release import release_tuple
from .._rules import compiled as _compiled
from .._rules import finalize as _finalize

DEFAULT_POLICY = "keep_running"
STATED = re.compile(r"^(?!\s*#)(.*(?:^| )-[a-zA-Z]*f *)2(?= |$)", re.M)
NOT_BEATEN = "%s line %s: %r has the last word on the kernel's failure mode, whatever our own file says: take that line out"


def converge(host, failure_policy: "str | None", *, release: "str | None" = None, check_mode: bool = False) -> dict:
    """Make the kernel's failure mode that of the policy wherever it is 2; {changed, commands, written, removed, diff, reboot_required,
    unavailable}. AuditError where the policy itself stops the host; and, with all else cured, where the kernel keeps its mode or
    another file's word cannot be beaten."""
    failure = FAILURE_POLICIES[failure_policy or DEFAULT_POLICY]["failure"]
    if str(failure) == _finalize.PANIC:
        raise AuditError("state: no_panic contradicts failure_policy = %s, which asks for -f 2; nothing was changed" % failure_policy)
    result: dict = {"commands": [], "written": [], "removed": [], "diff": [], "reboot_required": False, "unavailable": None}
    unmoved = _in_the_kernel(host, failure, result, check_mode)
    texts, refused = _at_the_next_boot(host, failure, release)
    for path, (before, after) in texts.items():
        result["removed" if after is None else "written"].append(path)
        result["diff"].append({"before": before or "", "after": after or "", "before_header": path, "after_header": path})
        if not check_mode:
            _write(host, path, after)
    result["changed"] = bool(result["commands"] or texts)
    if unmoved or refused:
        raise AuditError("; ".join(reason for reason in (unmoved, refused) if reason), **result)
    return result


def _in_the_kernel(host, failure, result, check_mode):
    """Why the kernel keeps its failure mode, None where nothing stands against it: then the next boot is cured all the same."""
    if not host.is_live:
        result["unavailable"] = "%s is an offline tree" % host.root
        return None
    try:
        status = _kernel.status(host.run)
    except NotAvailable as error:
        result["unavailable"] = str(error)
        return None
    if str(status["failure"]) != _finalize.PANIC:
        return None
    if status["enabled"] == _kernel.IMMUTABLE:
        result["reboot_required"] = True
        return None
    result["commands"].append("-f %d" % failure)
    if check_mode:
        return None
    try:
        with _kernel.Netlink() as netlink:
            _kernel.set_status(netlink, failure=failure)
            found = _kernel.netlink_status(netlink)["failure"]
    except AuditError as error:
        found, reason = None, "the kernel did not take -f %d: %s" % (failure, error)
    else:
        reason = "the kernel took -f %d and still says failure %s" % (failure, found)
    if found == failure:
        return None
    result["commands"].pop()
    return reason


def _at_the_next_boot(host, failure, release):
    """({path: (text before, text after or None)}, why another file's word still wins or None): rules.d, then the compiled file."""
    changes, refused = {}, None
    current = _compiled.read_rules_d(host)
    awk, version = _compiled.awk_of(host), release_tuple(release)
    if str(_compiled.control_of(current, version, awk).get("-f")) == _finalize.PANIC:
        wanted = _with_our_word(current, failure, version, awk)
        changes.update((path, (current.get(path), wanted.get(path))) for path in list(current) + list(wanted)
                       if current.get(path) != wanted.get(path))
        refused = _last_word(wanted, version, awk)
    text = host.text(_compiled.AUDIT_RULES)
    if text is not None and STATED.search(text):
        changes[_compiled.AUDIT_RULES] = (text, STATED.sub(lambda found: found.group(1) + str(failure), text))
    return changes, refused


def _with_our_word(current, failure, version, awk):
    """{path: text} of rules.d with our last file saying -f; its other words stay, an older one of ours goes."""
    others = {path: text for path, text in current.items() if not _finalize.is_ours(path, text)}
    ours = {path: text for path, text in current.items() if path not in others}
    words = {option: value if value is True else int(value) for option, value in _compiled.control_of(ours, version, awk).items()
             if option != "-D"}
    words["-f"] = failure
    path = _finalize.path_behind(list(others), version)
    rate = int(_compiled.control_of(current, version, awk).get("-r", 0))
    for indented, rate_again in ((False, None), (True, None), (True, rate)):
        wanted = _in_order(dict(others, **{path: _finalize.text(words, indented=indented, rate=rate_again)}))
        if str(_compiled.control_of(wanted, version, awk).get("-f")) != _finalize.PANIC:
            break
    return wanted


def _last_word(files, version, awk):
    compiled = _compiled.compile_rules(files, version, awk)
    if str(compiled.control.get("-f")) != _finalize.PANIC:
        return None
    line = compiled.set_by["-f"]
    return NOT_BEATEN % (line.file, line.number, line.text.strip())


def _in_order(files):
    return _compiled.RulesD((path, files[path]) for path in sorted(files, key=lambda path: _compiled.natural_key(os.path.basename(path))))


def _write(host, path, text):
    real = host.path(path, follow=False)
    if text is None:
        _io.remove(real)
        return
    _io.make_directory(os.path.dirname(real), _compiled.DIRECTORY_MODE)
    _io.write_atomic(real, text.encode("utf-8", "surrogateescape"), _compiled.FILE_MODE)
