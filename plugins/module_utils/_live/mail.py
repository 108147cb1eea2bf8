# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether mail for other hosts leaves this one, by configuration and queue of the program behind sendmail; nothing is sent to find out.

Sources: postconf(5), update-exim4.conf(8) of Debian, nullmailer-send(8), ssmtp.conf(5), msmtp(1).
"""

import os
import stat
from collections import namedtuple

from .._errors import AuditError

Program = namedtuple("Program", "name refuses queue depth")
Program.__doc__ = """A mail program: ``refuses`` (host -> the setting by which it sends nothing to other hosts, None), and the directory of
its ``queue`` with the levels of directories in it."""
LOCAL_DOMAINS = ("@localhost", "@localhost.localdomain")
LOCAL_TYPES = ("local", "none")
BY_SMARTHOST = ("satellite", "smarthost")


def is_away(account: str) -> bool:
    """Whether mail to the account has to leave this host."""
    return "@" in account and not account.endswith(LOCAL_DOMAINS)


def _lines(host, path):
    return [line for line in (host.text_if_readable(path) or "").splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _settings(host, path):
    found = {}
    for line in _lines(host, path):
        key, equals, value = line.partition("=")
        if equals and not line[:1].isspace():  # postconf(5): a line that begins with a blank goes on with the one before
            found[key.strip()] = value.strip().strip("'\"")
    return found


def _postfix(host):
    found = _settings(host, "/etc/postfix/main.cf")
    value = found.get("default_transport", "")
    return "default_transport = %s in /etc/postfix/main.cf" % value if value.partition(":")[0] in ("error", "discard", "local") else None


def _exim(host):
    found = _settings(host, "/etc/exim4/update-exim4.conf.conf")
    kind = found.get("dc_eximconfig_configtype")
    if kind in LOCAL_TYPES:
        return "dc_eximconfig_configtype = %s in /etc/exim4/update-exim4.conf.conf" % kind
    return "no dc_smarthost in /etc/exim4/update-exim4.conf.conf" if kind in BY_SMARTHOST and not found.get("dc_smarthost") else None


def _nullmailer(host):
    return None if _lines(host, "/etc/nullmailer/remotes") else "no relay in /etc/nullmailer/remotes"


def _ssmtp(host):
    # keys in any case, and a blank does for the equals sign: read_config() of ssmtp.c
    lines = [line.replace("=", " ").split() for line in _lines(host, "/etc/ssmtp/ssmtp.conf")]
    named = any(words[0].lower() == "mailhub" for words in lines if len(words) > 1)
    return None if named else "no mailhub in /etc/ssmtp/ssmtp.conf"


def _msmtp(host):
    named = any(line.split()[0] == "host" for path in ("/etc/msmtprc", "/root/.msmtprc") for line in _lines(host, path))
    return None if named else "no host in /etc/msmtprc"


PROGRAMS = (
    Program("postfix", _postfix, "/var/spool/postfix/deferred", 1),
    Program("exim4", _exim, "/var/spool/exim4/input", 1),
    Program("nullmailer-send", _nullmailer, "/var/spool/nullmailer/queue", 0),
    Program("ssmtp", _ssmtp, None, 0),
    Program("msmtp", _msmtp, None, 0),
)


def read(host) -> "dict | None":
    """{program, refuses, oldest}: the setting by which it sends nothing to other hosts or None, and since when (epoch) the oldest message
    waits or None. None where no program is known here, or more than one is and nobody can tell which of them is sendmail.
    """
    found = [program for program in PROGRAMS if host.which(program.name) is not None]
    if len(found) != 1:
        return None
    program = found[0]
    times = _times(host, program.queue, program.depth) if program.queue else []
    return {"program": program.name, "refuses": program.refuses(host), "oldest": min(times) if times else None}


def _times(host, directory, depth):
    """When each message of a queue came."""
    found = []
    try:
        names = host.listdir(directory)
    except AuditError:
        return found
    for name in names:
        path = os.path.join(directory, name)
        facts = host.lstat(path)
        if facts is not None and stat.S_ISREG(facts.st_mode):
            found.append(int(facts.st_mtime))
        elif facts is not None and stat.S_ISDIR(facts.st_mode) and depth:
            found += _times(host, path, depth - 1)
    return found
