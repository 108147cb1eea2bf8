# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CIS level 2 of this machine's product, loaded by the module: each control's thing is done, and its key is in the log."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules as _rule_policy
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host import os_release
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import privileged as _privileged
from ansible_collections.auditops.auditd.plugins.module_utils._library.product import product as product_of
from ansible_collections.auditops.auditd.plugins.modules import audit_rules
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from auditd_site import wait_for

# Runs in a process of its own: a login session of uid 1000, which acts as nobody where it says so. argv: as whom, what, with what
ACTOR = """
import ctypes, os, sys
who, what, argument = sys.argv[1:4]
open("/proc/self/loginuid", "w").write("1000")
if who == "nobody":
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(1024)
def denied(flags):
    try:
        os.open(argument, flags)
    except PermissionError:
        return
    sys.exit("not denied")
actions = {
    "exec": lambda: os.execv(argument, [argument, "--version"]),
    "open": lambda: denied(os.O_RDONLY), "noatime": lambda: denied(os.O_RDONLY | os.O_NOATIME),
    "chmod": lambda: os.chmod(argument, 0o600), "chown": lambda: os.chown(argument, os.getuid(), os.getgid()),
    "setxattr": lambda: os.setxattr(argument, "user.auditops", b"1"), "unlink": lambda: os.unlink(argument),
    "mount": lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None),
    # by number: a newer C library makes adjtimex() a clock_adjtime and settimeofday() a clock_settime
    "syscall": lambda: libc.syscall(int(argument), 0, 0, 0), "buffer": lambda: libc.syscall(int(argument), buffer, 0, 0),
    "sethostname": lambda: libc.sethostname(b"x", 1), "setdomainname": lambda: libc.setdomainname(b"x", 1),
    "clock_settime": lambda: libc.clock_settime(0, buffer),
}
actions[what]()
"""

# control: [(as whom, what, with what or None for a file of its own, what the event must show)]; watches are touched instead
ACTIONS = {
    "user_emulation": [("nobody", "exec", "SETUID", "auditops-setuid")],
    "clock_settime": [("nobody", "clock_settime", "-", "syscall=227")],
    "time_change": [("nobody", "buffer", "159", "syscall=159"), ("nobody", "buffer", "164", "syscall=164")],
    "system_name": [("nobody", "sethostname", "-", "syscall=170"), ("nobody", "setdomainname", "-", "syscall=171")],
    "access": [("nobody", "open", "/etc/shadow", "exit=-13"), ("nobody", "noatime", "/etc/passwd", "exit=-1 ")],
    "chmod": [("root", "chmod", "FILE", "auditops-file")],
    "chown": [("root", "chown", "FILE", "auditops-file")],
    "xattr": [("root", "setxattr", "FILE", "auditops-file")],
    "mount": [("nobody", "mount", "-", "syscall=165")],
    "delete": [("root", "unlink", "FILE", "auditops-file")],
    "modules": [("nobody", "syscall", number, "syscall=" + number) for number in ("175", "176", "313")],
    "modules_create": [("nobody", "syscall", "174", "syscall=174")],
    "modules_query": [("nobody", "syscall", "178", "syscall=178")],
    "privileged_commands": [("nobody", "exec", "/usr/bin/chage", "/usr/bin/chage"), ("nobody", "exec", "/usr/bin/su", "/usr/bin/su")],
}


def run_command(argv, **_options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def events(text: str) -> dict[str, str]:
    """{serial: all records of the event}"""
    found: dict[str, str] = {}
    for line in text.splitlines():
        serial = re.search(r"audit\([\d.]+:(\d+)\)", line)
        if serial:
            found[serial.group(1)] = found.get(serial.group(1), "") + line + "\n"
    return found


def touch(path: Path):
    """Write to what is watched and leave it as it was."""
    if path.is_symlink():
        link = path.with_name("auditops-live")
        link.symlink_to(os.readlink(path))
        link.rename(path)
    elif path.is_dir():
        inside = path / "auditops-live"
        inside.touch()
        inside.unlink()
    elif path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    else:
        path.touch()
        path.unlink()


def test_each_control_is_in_the_log(audited, tmp_path, monkeypatch):
    # what other tests leave set-uid in there comes and goes
    monkeypatch.setattr(_privileged, "CONTAINER_STORES", (*_privileged.CONTAINER_STORES, "/tmp"))
    # a search that is cut off, as on a machine with a million files, finds more the next time
    monkeypatch.setattr(_privileged, "discover", functools.partial(_privileged.discover, seconds=600))
    product = product_of(os_release.fields(Host("/")))
    library = controls.library()
    if "cis_" + product not in library["benchmarks"] or os.uname().machine != "x86_64":
        pytest.skip(f"written for x86_64 and a product of the library, this is {product}")

    audited.start()
    options = {name: option.get("default") for name, option in audit_rules.ARGUMENT_SPEC.items()}
    policy = dict(options, profiles=["auto"], library=library, failure_policy="keep_running", control={"failure": 1}, purge="quarantine")
    host = Host("/", run_command)
    result = _rule_policy.converge(host, policy)
    assert result["proven"] and result["left_out"] == []
    assert not _rule_policy.converge(host, policy)["changed"]
    started = time.process_time()
    wanted = {"audit_rules": policy}
    items = _drift.compare(*_drift.look(host, wanted), wanted)["items"]
    took = time.process_time() - started
    assert [item["id"] for item in items if ".rules" in item["id"]] == []
    print(f"drift with profiles: {took * 1000:.0f} ms CPU")

    setuid = Path("/var/tmp/auditops-setuid")
    shutil.copy("/bin/true", setuid)
    setuid.chmod(0o4755)
    missing, absent, seen = {}, [], 0
    try:
        for control in result["controls"]:
            for action in ACTIONS.get(control["name"]) or [("root", line, None, None) for line in control["lines"]]:
                outcome = attempt(audited, control, action, tmp_path, setuid)
                if outcome == "absent":
                    absent.append(control["name"])
                elif outcome:
                    missing.setdefault(control["name"], []).append(outcome)
                else:
                    seen += 1
    finally:
        setuid.unlink()
    assert missing == {}
    assert set(absent) <= {"setfacl", "chacl", "kmod", "chcon"}, "programs that this machine has not got"
    assert seen >= len(result["controls"]) - len(absent)


def attempt(site, control, action, directory, setuid):
    """None where the event is in the log under the control's key, else what is wrong; absent where there is nothing to do it with."""
    who, what, argument, needle = action
    before = len(site.log())
    if argument is None:
        line = what
        watched = re.search(r"(?:-w |path=|dir=)(\S+)", line).group(1)
        if "perm=x" in line:
            if not Path(watched).exists():
                return "absent"
            who, what, argument, needle = "nobody", "exec", watched, watched
        else:
            touch(Path(watched.rstrip("/")))
            needle, what = "key=", None
    if what:
        if argument in ("FILE", "SETUID"):
            file = Path("/var/tmp/auditops-file")
            file.touch()
            argument = str(file if argument == "FILE" else setuid)
        subprocess.run([sys.executable, "-c", ACTOR, who, what, argument], check=False, capture_output=True)
        Path("/var/tmp/auditops-file").unlink(missing_ok=True)

    def logged():
        return any(f'key="{control["key"]}"' in event and needle in event for event in events(site.log()[before:]).values())

    try:
        wait_for(logged, "the event")
    except AssertionError:
        keys = sorted({key for event in events(site.log()[before:]).values() for key in re.findall(r'key="([^"]+)"', event)})
        return f"{action}: {control['key']} is not among the keys {keys}"
    return None
