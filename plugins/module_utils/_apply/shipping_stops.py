# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take out of audisp-remote.conf what stops the host, halt and single, and nothing else: in the file, and in the audisp-remote that runs.

auditd itself gets no signal, so that nothing happens to one that has suspended logging.
"""

import stat

from .._conf import text as _conf
from .._daemon import control as _daemon
from .._errors import AuditError
from .._host import audit_release
from .._host import files as _io
from .._paths import AUDITD_CONF
from .._shipping import on_host, plugins, remote_conf
from . import audisp_remote


def converge(host, policy: dict, release: "str | None" = None, *, backup: bool = False, check_mode: bool = False) -> dict:
    """{changed, files: [path], diff, backup_file, waiting: [sentence]}. ``policy``: remote_conf and failure_policy of the module; under
    stop_host the file stays as it is, and where the plugin is not active nothing is to be done. An audisp-remote that was started before
    its file was written is started again. ChangedMeanwhile where somebody else has written the file.
    """
    result: dict = {"changed": False, "files": [], "diff": [], "backup_file": None, "waiting": []}
    release = release or audit_release.release(host)[0]
    settings = dict(_conf.effective(_conf.parse(host.text(AUDITD_CONF)), release))
    plugin = host.text(plugins.path_of("remote", release, settings))
    if not plugins.is_active(plugin):
        return result
    path = remote_conf.path_of(release)
    program = plugins.parse(plugin).get("path") or plugins.KINDS["remote"].program
    auditd = _daemon.find(host) if host.is_live else None
    before = host.text(path)
    after = before and _without_stops(host, before, policy, release)
    if before != after:
        result.update(changed=True, files=[path], diff=[{"before": before, "after": after, "before_header": path, "after_header": path}])
        if not check_mode:
            result["backup_file"] = _io.backup(host.path(path)) if backup else None
            _write(host, path, before, after)
    elif auditd is not None:
        result["changed"] = audisp_remote.is_stale(host, auditd, program, path)
    if result["changed"] and auditd is not None and not check_mode:
        result["waiting"] = audisp_remote.start_again(host, auditd, program)
    return result


def _without_stops(host, text, policy, release):
    if policy["failure_policy"] == "stop_host":
        return text
    return remote_conf.without_stops(text, {key: _permitted(host, key, policy, release) for key in remote_conf.ACTION_KEYS})


def _write(host, path, before, after):
    real, status = host.path(path, follow=False), host.stat(path)
    identity = _io.identity(real)

    def check_unchanged():
        if _io.identity(real) != identity or host.text(path) != before:
            raise _io.ChangedMeanwhile(path)

    _io.write_atomic(real, after.encode("utf-8", "surrogateescape"), stat.S_IMODE(status.st_mode), status.st_gid, uid=status.st_uid,
                     before_rename=check_unchanged)


def _permitted(host, key, policy, release):
    """What is to stand instead: the user's word where policy and host take it, else the role's own."""
    ours = remote_conf.KEYS[key].ours
    word = remote_conf.permitted(key, policy["remote_conf"], release, policy["failure_policy"])
    try:
        on_host.check_remote(host, {key: word or ours}, {})  # a program has to be one that root may run
    except AuditError:
        return ours
    return word or ours
