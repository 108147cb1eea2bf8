# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a demanded rule, and what this kernel records of calls that the rule demands: they agree."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import kernel_events
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rules import coverage, grammar

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the calls are written for x86_64")
HERE = "/var/tmp/auditops-coverage"  # on a disk
USER = "-F auid>=1000 -F auid!=unset"
CHMOD = "-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat " + USER
CHMOD32 = CHMOD.replace("b64", "b32")
WATCH = f"-w {HERE}/file -p wa"
DIRECTORY = f"-w {HERE}/directory/ -p wa"
PROGRAM = f"-a always,exit -F path={HERE}/program -F perm=x {USER}"
SETUID = "-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0"
ACCESS = f"-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES {USER}"
CLOCK = "-a always,exit -F arch=b64 -S clock_settime -F a0=0x0"
MODULES = f"-a always,exit -F arch=b64 -S init_module,delete_module {USER}"


def whoever(**call):
    """The same call by users, who logged in as they are or as another, and by what has not logged in."""
    return [dict(call, auid=auid, uid=uid) for auid in (1000, 70000, 0, None) for uid in (0, 1000)]


CALLS = {  # demanded rule: calls; those count that the kernel records when it has this rule alone
    CHMOD: [*whoever(call=[90, [HERE + "/file", 0o600]]), *whoever(call=[90, [HERE + "/root", 0o600]]),
            {"auid": 1000, "uid": 0, "call": [268, [-100, HERE + "/file", 0o600]], "forks": True}],
    CHMOD32: whoever(call=[15, [HERE + "/file", 0o600]], is_i386=True),
    WATCH: [*whoever(call=[257, [-100, HERE + "/file", os.O_WRONLY]]), *whoever(call=[90, [HERE + "/file", 0o600]]),
            *whoever(call=[295, [-100, HERE + "/file", os.O_WRONLY]], is_i386=True)],
    DIRECTORY: [*whoever(call=[257, [-100, HERE + "/directory/inside", os.O_WRONLY]]), *whoever(call=[90, [HERE + "/directory", 0o777]])],
    PROGRAM: whoever(program=HERE + "/program", call=[59, []]),
    SETUID: whoever(program=HERE + "/setuid", call=[59, []]),
    ACCESS: whoever(call=[257, [-100, HERE + "/root", os.O_RDONLY]]),
    CLOCK: whoever(call=[227, [0, 0]]),
    MODULES: [*whoever(call=[175, [0, 0, 0]]), *whoever(call=[176, ["nosuch", 0]])],
}
WHOLE: dict[str, list[frozenset[str]]] = {}  # what the kernel recorded of each of these calls by the demanded rule alone
FILESYSTEM = "-a never,filesystem -F fstype"
# a demanded rule, what the kernel has, whether all of it is recorded
ROWS = [
    *[(demanded, [demanded], True) for demanded in CALLS],
    *[(demanded, [], False) for demanded in CALLS],
    # the list filesystem: no watch of a file that it takes matches
    *[(demanded, [FILESYSTEM + "=DISK", demanded], False) for demanded in (WATCH, DIRECTORY, PROGRAM)],
    *[(demanded, [demanded, FILESYSTEM + "=DISK"], False) for demanded in (WATCH, PROGRAM)],
    *[(WATCH, [FILESYSTEM + which, WATCH], True) for which in ("=tracefs", "=debugfs", "=0x9fa0")],
    (WATCH, [FILESYSTEM.replace("never", "always") + "=DISK", WATCH], True),
    *[(demanded, [FILESYSTEM + "=DISK", demanded], True) for demanded in (CLOCK, MODULES)],
    # the list exclude: its action plays no part
    *[(demanded, [f"-a {action},exclude -F msgtype={kind}", demanded], False) for action in ("always", "never") for demanded, kind in (
        (CHMOD, "SYSCALL"), (CHMOD, "PATH"), (CHMOD, "CWD"), (WATCH, "PATH"), (PROGRAM, "EXECVE"), (SETUID, "EXECVE"), (MODULES, "SYSCALL"),
        (CLOCK, "SYSCALL"))],
    *[(demanded, [f"-a always,exclude -F msgtype={kind}", demanded], True) for demanded, kind in (
        (CHMOD, "EOE"), (CHMOD, "PROCTITLE"), (CHMOD, "EXECVE"), (CLOCK, "PATH"), (MODULES, "CWD"), (WATCH, "LOGIN"))],
    (CHMOD, ["-a always,exclude -F uid=1000", CHMOD], False),
    (CHMOD, ["-a always,exclude -F msgtype=PATH -F auid=unset", CHMOD], True),
    (CHMOD, ["-a always,exclude -F msgtype>1300 -F msgtype<1310", CHMOD], False),
    (CHMOD, ["-a always,exclude -F msgtype>1310 -F msgtype<1320", CHMOD], True),
    # the list task: a process is asked when it is made, and logs in afterwards
    *[(CHMOD, [f"-a never,task{condition}", CHMOD], False) for condition in ("", " -F auid=unset", " -F uid=0")],
    *[(CHMOD, [f"-a never,task -F {condition}", CHMOD], True) for condition in ("auid=0", "auid<1000")],
    # the list exit: the first rule that matches
    (CHMOD, ["-a never,exit -F arch=b64 -S chmod -F auid=1000", CHMOD], False),
    (CHMOD, ["-a never,exit -F arch=b32 -S all", CHMOD], True),
    (CHMOD, ["-a never,exit -F arch=b64 -S chmod -F auid=unset", CHMOD], True),
    (CHMOD, [CHMOD, "-a never,exit -F arch=b64 -S chmod"], True),
    (CHMOD, [f"-a never,exit -F dir={HERE}", CHMOD], False),
    (CHMOD, [f"-a never,exit -F path={HERE}/file -F perm=x", CHMOD], True),
    (CHMOD, [CHMOD + " -F success=1"], False),
    (CHMOD, [CHMOD + " -F success=1", CHMOD + " -F success=0"], True),
    (CHMOD, [CHMOD + " -F exit=0", CHMOD + " -F exit!=0"], True),
    (CHMOD, [CHMOD + " -F exit<0"], False),  # words without a sign: nothing is below 0
    (CHMOD, [CHMOD.replace("auid>=1000", "auid>=1001")], False),
    (CHMOD, [CHMOD.replace("auid>=1000", "auid>=500")], True),
    (CHMOD, [CHMOD + " -F perm=a"], True),
    (CHMOD, [CHMOD + " -F perm=w"], False),
    (CHMOD, [CHMOD + " -C uid!=obj_uid"], False),
    (CHMOD32, [CHMOD], False),
    (CHMOD32, [CHMOD.replace(" -F arch=b64", "")], False),  # chmod of x86_64 is another number on i386
    (WATCH, [WATCH.replace("wa", "w")], False),
    (WATCH, [WATCH.replace("wa", "w"), WATCH.replace("wa", "a")], True),
    (WATCH, [f"-a always,exit -F arch=b64 -F path={HERE}/file -F perm=wa"], False),
    (WATCH, [f"-a always,exit -F arch={arch} -F path={HERE}/file -F perm=wa" for arch in ("b64", "b32")], True),
    (WATCH, [f"-w {HERE} -p wa"], True),
    (WATCH, [f"-a always,exit -F dir={HERE}/directory -F perm=wa"], False),
    (WATCH, [f"-a always,exit -F path={HERE}/file -F perm=wa -F obj_uid=0"], False),
    (DIRECTORY, [f"-a always,exit -F path={HERE}/directory -F perm=wa"], False),
    (DIRECTORY, [f"-w {HERE}/directory/inside -p wa"], False),
    (DIRECTORY, [f"-a never,exit -F path={HERE}/directory/inside -F perm=w", DIRECTORY], False),
    (PROGRAM, [f"-w {HERE}/program -p x"], True),
    (PROGRAM, [f"-w {HERE}/program -p wa"], False),
    (PROGRAM, ["-a always,exit -F arch=b64 -S execveat", "-a always,exit -F arch=b32 -S execve"], False),
    (SETUID, [SETUID.replace("euid=0", "euid=1000")], False),
    (SETUID, [SETUID.replace(" -F euid=0", "")], True),
    (ACCESS, [ACCESS.replace("EACCES", "EPERM")], False),
    (ACCESS, [ACCESS.replace("exit=-EACCES", "success=0")], True),
    (ACCESS, [ACCESS.replace("exit=-EACCES", "exit<0")], False),
    (CLOCK, [CLOCK + " -F inode!=0"], False),
    (CLOCK, [CLOCK.replace("0x0", "0x1")], False),
    (MODULES, [MODULES.replace(",delete_module", "")], False),
]


@pytest.fixture
def events(kernel_audit):
    shutil.rmtree(HERE, ignore_errors=True)
    os.makedirs(HERE + "/directory")
    for name, mode, owner in (("file", 0o666, 1000), ("root", 0o600, 0), ("directory/inside", 0o666, 1000)):
        with open(os.path.join(HERE, name), "w"):
            os.chown(os.path.join(HERE, name), owner, owner)
            os.chmod(os.path.join(HERE, name), mode)
    for name, mode in (("program", 0o755), ("setuid", 0o4755)):
        shutil.copy("/bin/true", os.path.join(HERE, name))
        os.chmod(os.path.join(HERE, name), mode)
    try:
        with kernel_events.watched() as watched:
            yield watched
    finally:
        shutil.rmtree(HERE)


@pytest.fixture
def disk():
    """The type of the filesystem, as a rule of the list filesystem names it."""
    return "0x" + subprocess.run(["stat", "-f", "-c", "%t", "/var/tmp"], check=True, capture_output=True, text=True).stdout.strip()


def why_not(demanded, loaded):
    return coverage.Recorded(loaded, "x86_64").why_not(grammar.parse(demanded, machine="x86_64").resolve(os.path.isdir))


def lacking(events, demanded, lines):
    """(the rules as loaded, [(a call, the types of records that it has by the demanded rule alone and not by these)])"""
    calls = CALLS[demanded]
    if demanded not in WHOLE:
        _alone, WHOLE[demanded] = events.recorded([demanded], calls)
        assert any(WHOLE[demanded]), "the demanded rule records one of them"
    loaded, found = events.recorded(lines, calls)
    return loaded, [(call, wanted - have) for call, wanted, have in zip(calls, WHOLE[demanded], found, strict=True) if wanted - have]


@pytest.mark.parametrize(("demanded", "lines", "is_covered"), ROWS)
def test_the_verdict_is_what_the_kernel_does(events, disk, demanded, lines, is_covered):
    loaded, missing = lacking(events, demanded, [line.replace("DISK", disk) for line in lines])
    assert (why_not(demanded, loaded) is None) is is_covered, missing
    assert bool(missing) is not is_covered, missing


CONDITIONS = [
    *[f"-F {name}{sign}{value}" for name in ("uid", "gid", "euid", "fsgid", "auid", "obj_uid") for sign in ("=", "!=", ">=") for value in (
        "0", "1000")],
    "-F auid!=unset", "-F auid=unset", "-F auid<70000", "-F success=1", "-F success=0", "-F exit=0", "-F exit!=0", "-F exit=-EACCES",
    "-F exit<0", "-F exit>0", "-C uid!=euid", "-C uid=euid", "-C auid!=uid", "-C uid=obj_uid", "-F pid!=0", "-F ppid>0", "-F a0=0",
    "-F a1&1", "-F a2=1", "-F pers=0", "-F sessionid!=unset", "-F perm=w", "-F perm=a", "-F perm=x", "-F perm=rwxa", "-F filetype=file",
    "-F inode!=0", "-F devmajor>=0", "-F saddr_fam=2", f"-F exe={HERE}/program", f"-F exe!={HERE}/program",
]
PLACES = [f"-F path={HERE}/file", f"-F dir={HERE}", f"-F dir={HERE}/directory", f"-F path={HERE}/program", "-F dir=/var"]
NAMES = ["chmod", "chmod,fchmod", "openat", "open,openat", "execve", "clock_settime", "init_module,delete_module", "delete_module", "all"]
SETS = 15


def drawn(draw, demanded):
    """A line near the demanded one, or one that takes records away."""
    def some(of, most):
        return draw.sample(of, draw.randint(0, most))

    near = demanded
    if near.startswith("-w"):
        _w, path, _p, access = near.split()
        kind = "dir" if path.endswith("/") else "path"
        near = "-a always,exit -F %s=%s -F perm=%s" % (kind, path.rstrip("/"), draw.choice((access, "w")))
    shape = "%s %s %s" % (draw.choice(("-F arch=b64", "-F arch=b32", "")), draw.choice(("-S " + draw.choice(NAMES), "")), " ".join(
        some(CONDITIONS, 3) + some(PLACES, 1)))
    kinds = ["SYSCALL", "PATH", "CWD", "EXECVE", "PROCTITLE"]
    return draw.choice((
        demanded, " ".join([near, *some(CONDITIONS, 2)]), " ".join([near.replace(" " + USER, ""), *some(CONDITIONS, 2)]),
        "-a always,exit " + shape, "-a never,exit " + shape,
        "-a never,exclude -F msgtype=%s %s" % (draw.choice(kinds), draw.choice(("", "-F uid=0", "-F auid=1000"))),
        "-a never,filesystem -F fstype=%s" % draw.choice(("DISK", "0x9fa0", "tracefs")),
        "-a never,task -F " + draw.choice(("uid=0", "auid=unset", "auid=0", "gid=5")),
    ))


def is_taken(line):
    try:
        return not grammar.parse(line, machine="x86_64").refused
    except AuditError:
        return False


@pytest.mark.parametrize("demanded", list(CALLS))
def test_no_set_that_passes_leaves_a_call_out(events, disk, demanded):
    """Sets drawn at random; each draw is the same every time."""
    draw, passed = random.Random(demanded), 0
    for _number in range(SETS):
        lines = list(dict.fromkeys(drawn(draw, demanded).replace("DISK", disk) for _line in range(draw.randint(1, 4))))
        lines = [line for line in lines if is_taken(line)]
        try:
            loaded, missing = lacking(events, demanded, lines)
        except _kernel.KernelError:
            continue  # two of them are one rule to the kernel
        if why_not(demanded, loaded) is None:
            passed += 1
            assert missing == [], lines
    assert passed
