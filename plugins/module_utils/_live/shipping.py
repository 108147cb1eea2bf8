# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes the records of a host on: the plugins of auditd by their files, whether they run, and what waits to be sent."""

from .._errors import AuditError
from .._shipping import archives, cloudwatch, on_host, plugins, processes, queue_file, rate_limits, remote_conf
from .._shipping import wanted as _wanted
from . import shipping_archives, shipping_cloudwatch


def read(reading) -> dict:
    """{plugins: {syslog, remote: {path, text, program, running}}, remote: {path, text, queue, unread}, rate_limits: {journald, rsyslog},
    deaf_on}.

    ``text``: None where there is no file; ``running``: its arguments, None where it does not run or nobody looked; ``queue``: {entries,
    waiting, oldest}, None without one; ``unread``: whether the audisp-remote that runs was started before that file was written.
    ``rate_limits``: {} where nothing goes to syslog. ``deaf_on``: the port on which auditd is to collect and does not listen, None for
    none.
    """
    host, release = reading.host, reading.live["version"]
    found = {word: _plugin(reading, word) for word in plugins.KINDS}
    conf_path = remote_conf.path_of(release)
    conf_text = host.text_if_readable(conf_path)
    to_syslog = plugins.is_active(found["syslog"]["text"])
    limits = {"journald": rate_limits.journald(host), "rsyslog": rate_limits.rsyslog(host)} if to_syslog else {}
    return {
        "plugins": found, "rate_limits": limits, "deaf_on": _deaf_on(reading),
        "remote": {"path": conf_path, "text": conf_text, "queue": _queue(host, remote_conf.parse(conf_text)),
                   "unread": _is_unread(reading, found["remote"], conf_path)},
    }


def _is_unread(reading, plugin, conf_path):
    if plugin["running"] is None:
        return False
    ran = processes.running(reading.live["daemon"]["pid"], plugin["program"])
    return ran is not None and processes.has_read(reading.host, ran[0], conf_path) is False


def _deaf_on(reading):
    pid, port = (reading.live["daemon"] or {}).get("pid"), str(reading.settings.get("tcp_listen_port") or "")
    if not pid or not port.isdecimal() or not int(port):
        return None
    return int(port) if processes.listens(pid, int(port)) is False else None


def _plugin(reading, word):
    host, release = reading.host, reading.live["version"]
    path = plugins.path_of(word, release, reading.settings)
    text, program = host.text_if_readable(path), plugins.program_of(host, word, release)
    pid = (reading.live["daemon"] or {}).get("pid")
    running = processes.running(pid, program) if pid and program and plugins.is_active(text) else None
    return {"path": path, "text": text, "program": program, "running": None if running is None else running[1]}


def _queue(host, conf):
    path = conf.get("queue_file")
    if conf.get("mode", "").lower() != "forward" or not path:
        return None
    found = queue_file.read(host.path(path))
    return None if found is None else {"entries": found.entries, "waiting": found.waiting, "oldest": found.oldest}


def read_policy(reading) -> None:
    """Fills ``shipping_left`` of Parsed, and ``shipping_archives`` and ``shipping_cloudwatch``, or ``shipping_refused``: why this host
    cannot have the policy.
    """
    policy, parsed = reading.wanted.get("audit_shipping"), reading.parsed
    if not policy:
        return
    parsed.shipping_left = _left(reading, policy)
    if not policy["to"]:
        return
    try:
        _wanted.check(policy, reading.live["version"])
        if "remote" in policy["to"]:
            conf = remote_conf.parse(_wanted.target("remote", policy, "", reading.live["version"]).conf[1])
            on_host.check_remote(reading.host, conf, reading.settings)
        parsed.shipping_archives = shipping_archives.read(reading.host, policy)
        if "cloudwatch" in policy["to"]:
            parsed.shipping_cloudwatch = shipping_cloudwatch.read(reading)
    except AuditError as error:
        parsed.shipping_refused = str(error)


def _left(reading, policy):
    """{what ships: [path]} of what this collection set up and the policy no longer names."""
    host, release = reading.host, reading.live["version"]
    found = {}
    for word in _wanted.TARGETS:
        path = plugins.path_of(word, release, reading.settings)
        text = host.text_if_readable(path) if word not in policy["to"] else None
        if plugins.is_ours(text) and plugins.is_active(text):
            found[word] = [path]
    if not archives.is_scheduled(policy):
        found["archives"] = archives.stale_files(host, policy, None)
    if not cloudwatch.wants(policy):
        found["cloudwatch"] = [path for path in cloudwatch.FILES if host.lstat(path) is not None]
    return {word: paths for word, paths in found.items() if paths}
