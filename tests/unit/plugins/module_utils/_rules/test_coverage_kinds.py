# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of rule that benchmarks demand, beside rules that are narrower, wider, in front of it or elsewhere: is all of it recorded."""

from __future__ import annotations

import re

import pytest
from test_coverage import USER, why_not

# One line of each kind of demand that benchmarks have, and what makes each narrower or wider
KINDS = {
    "time": "-a always,exit -F arch=b64 -S adjtimex,settimeofday -k time-change",
    "time of i386": "-a always,exit -F arch=b32 -S adjtimex,settimeofday,stime -k time-change",
    "name of the host": "-a always,exit -F arch=b64 -S sethostname,setdomainname -k system-locale",
    "network": "-w /etc/hosts -p wa -k system-locale",
    "network directory": "-w /etc/sysconfig/network-scripts/ -p wa -k system-locale",
    "logins": "-w /var/log/lastlog -p wa -k logins",
    "identity": "-a always,exit -F arch=b64 -F path=/etc/group -F perm=wa -F key=identity",
    "modules": f"-a always,exit -F arch=b64 -S init_module,finit_module,delete_module {USER} -k modules",
    "mounts": f"-a always,exit -F arch=b64 -S mount {USER} -k mounts",
    "deletion": f"-a always,exit -F arch=b64 -S rename,unlink,unlinkat,renameat {USER} -k delete",
    "owner": f"-a always,exit -F arch=b64 -S chown,fchown,lchown,fchownat {USER} -k perm_mod",
    "attributes of root": "-a always,exit -F arch=b64 -S setxattr,removexattr -F auid=0 -k perm_mod",
    "denied": f"-a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate -F exit=-EPERM {USER} -k access",
    "privileged": f"-a always,exit -F path=/usr/bin/chsh -F perm=x {USER} -k privileged",
    "set-group-id": "-a always,exit -F arch=b64 -S execve -C gid!=egid -F egid=0 -k setgid",
    "sudo log": "-w /var/log/sudo.log -p wa -k sudo_log_file",
    "policy": "-w /usr/share/selinux/ -p wa -k MAC-policy",
    "module program": f"-a always,exit -F path=/usr/bin/kmod -F perm=x {USER} -k modules",
}


def options(line):
    """The line as a rule of the list exit, without its key: to add conditions to."""
    words = line.split()
    if words[0] == "-w":
        kind = "dir" if words[1].endswith("/") else "path"
        return f"-a always,exit -F {kind}={words[1].rstrip('/')} -F perm={words[3]}"
    return re.sub(r" (-k |-F key=)\S+", "", line)


NARROWER = [  # what makes less of each
    "-F uid=0", "-F uid!=0", "-F uid>=1000", "-F success=1", "-F success=0 -F a1=0", "-F exit=0", "-F exe=/usr/sbin/useradd",
    "-F exe!=/usr/bin/dpkg", "-F pid=1", "-F auid!=1000 -F auid!=0", "-F gid=0", "-F subj_type=unconfined_t", "-F a0=77", "-F sessionid=3",
    "-F ppid=1", "-F auid=unset", "-C uid!=suid", "-C auid=uid", "-F pers!=0",
]
IN_FRONT = ["-a never,exit -S all -F uid=33", "-a never,exit -F exe=/usr/sbin/cron", "-a never,exit -F auid>=0", "-a never,task -F uid=33",
            "-a always,exclude -F msgtype=SYSCALL -F uid=33", "-a never,exit -F success=0 -F auid<2000"]
HARMLESS = [  # in front of each, or added to each
    "-a never,exit -F arch=b64 -S getpid", "-a always,exit -F arch=b64 -S all -F uid=33 -k web", "-a always,exclude -F msgtype=EOE",
    "-a never,user -F subj_type=crond_t", "-a never,filesystem -F fstype=tracefs", "-a always,exit -F arch=b32 -S getpid -k x",
    "-a never,exit -F pid=0", "-a never,exit -F arch=b64 -S execveat -F a0=7",
]
ALWAYS_TRUE = ["-F uid>=0", "-F pid>0", "-F gid>=0", "-F success!=2", "-F a0>=0", "-F auid>=0", "-F ppid>=0"]


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_with_one_condition_too_many(kind):
    line = KINDS[kind]
    narrowed = {one: why_not(line, [f"{options(line)} {one} -k x"]) for one in NARROWER}
    assert [one for one, why in narrowed.items() if not why] == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_behind_a_rule_that_takes_a_part(kind):
    line = KINDS[kind]
    assert [rule for rule in IN_FRONT if not why_not(line, [rule, line])] == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_beside_what_does_not_meet_it(kind):
    line = KINDS[kind]
    assert {rule: why for rule in HARMLESS for why in [why_not(line, [rule, line])] if why} == {}
    assert {one: why for one in ALWAYS_TRUE for why in [why_not(line, [f"{options(line)} {one}"])] if why} == {}
    assert why_not(line, [options(line)]) is None, "the key plays no part"


@pytest.mark.parametrize("kind", [kind for kind, line in KINDS.items() if "-S" in line])
def test_each_kind_with_one_call_missing(kind):
    line = KINDS[kind]
    calls = re.search(r"-S (\S+)", line).group(1).split(",")
    for call in calls:
        rest = ",".join(other for other in calls if other != call) or "getpid"
        assert call in why_not(line, [line.replace(",".join(calls), rest)])
    assert why_not(line, [line.replace(",".join(calls), call) for call in calls]) is None
    assert why_not(line, [line.replace(",".join(calls), " -S ".join(reversed(calls)))]) is None


@pytest.mark.parametrize("kind", [kind for kind, line in KINDS.items() if "arch=" in line])
def test_each_kind_on_the_other_side_of_the_machine(kind):
    line = KINDS[kind].replace(",stime", "")  # of i386 alone
    assert why_not(line, [line.replace("b64", "b00").replace("b32", "b64").replace("b00", "b32")])


@pytest.mark.parametrize("kind", [kind for kind, line in KINDS.items() if "perm=" in line or " -p " in line])
def test_each_watch_with_less_access_or_elsewhere(kind):
    line = options(KINDS[kind])
    wanted = re.search(r"perm=(\w+)", line).group(1)
    for access in {"w", "a", "r", "x", "rx", "rw", "ra"} - {wanted}:
        if set(wanted) - set(access):
            assert why_not(KINDS[kind], [line.replace("perm=" + wanted, "perm=" + access)]), access
    assert why_not(KINDS[kind], [line.replace("perm=" + wanted, "perm=rwxa")]) is None
    assert why_not(KINDS[kind], [line.replace(" -F perm=" + wanted, "")]) is None
    where = re.search(r"(?:path|dir)=(\S+)", line).group(1)
    for other in (where + "2", where[:-1], where + "/x", where.rpartition("/")[0] + "/zz"):
        assert why_not(KINDS[kind], [line.replace(where, other)]), other
    if "path=" in line:
        assert why_not(KINDS[kind], [line.replace("path=" + where, "dir=" + where.rpartition("/")[0])]) is None
