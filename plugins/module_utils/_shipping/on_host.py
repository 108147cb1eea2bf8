# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audisp-remote needs of a host: programs that only root can change, keys that only root can read, room for its queue."""

from .._errors import AuditError
from .._rotation.files import writable_by_others
from . import queue_file, remote_conf
from .wanted import loops


def check_remote(host, conf: "dict[str, str]", settings: "dict[str, str]") -> None:
    """AuditError for what of a complete configuration this host cannot have; ``settings``: what its auditd.conf says."""
    if loops(conf, settings):
        raise AuditError("audit_shipping_remote_server = %s: the auditd of this host listens on port %s itself, and would get each of its "
                         "records again; name the host that collects, or leave this host out" % (conf["remote_server"], conf["port"]))
    for name, program in remote_conf.programs(conf):
        found = host.stat(program)
        unsafe = "there is no such file" if found is None else writable_by_others(host, program)
        if unsafe:
            raise AuditError("audit_shipping_remote_conf.%s = exec %s: root must not run it: %s" % (name, program, unsafe))
    for name, mode in remote_conf.SECRETS.items():
        if conf.get(name):
            _check_secret(host, name, conf[name], mode)


def _check_secret(host, name, path, mode):
    found = host.stat(path)
    if found is None:
        raise AuditError("audit_shipping_remote_conf.%s = %s: there is no such file on this host" % (name, path))
    if found.st_mode & 0o777 & ~mode or host.has_owners and found.st_uid != 0:
        raise AuditError("audit_shipping_remote_conf.%s = %s: it must belong to root, with mode %04o or stricter" % (name, path, mode))


def check_room(host, conf: "dict[str, str]") -> None:
    """AuditError where the queue would not fit: its file is allocated whole when the plugin starts, and could take the room of the log."""
    if conf.get("mode") != "forward" or not host.is_live or queue_file.read(host.path(conf["queue_file"])):
        return
    directory = conf["queue_file"].rpartition("/")[0]
    while host.stat(directory) is None:
        directory = directory.rpartition("/")[0] or "/"
    room, needed = host.statvfs(directory), queue_file.megabytes(int(conf["queue_depth"]))
    free = room.f_bavail * room.f_frsize >> 20
    if free < 2 * needed:
        raise AuditError("audit_shipping_remote_conf.queue_depth = %s: it takes %d MB below %s at once, and only %d MB are free there: "
                         "give a smaller queue_depth, or another queue_file" % (conf["queue_depth"], needed, directory, free))
