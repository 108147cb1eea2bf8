# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place where a real auditd runs for a test: this machine, or the root of another release on the same kernel."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import kept_places

CHROOTS = Path(os.environ.get("AUDITOPS_CHROOTS", "/nonexistent"))
SUITES = {"bullseye": "3.0", "bookworm": "3.0.9", "trixie": "4.0.2"}  # the roots there, and the release of audit in each
COLLECTION = Path(__file__).resolve().parents[2]
RUNNER = "auditd_runner.py"
CARRIED = "tmp/auditops-live"  # where a root of another release gets a copy of the plugins
BACKLOG_LIMIT = 8192
USER_MESSAGE = 1112  # AUDIT_USER_LOGIN: a type of the range that user space may send (linux/audit.h)
NETLINK_AUDIT = 9

# Loud enough to rotate, quiet enough to leave this machine alone; a test changes what it is about.
SETTINGS = {
    "log_file": "/var/log/audit/audit.log", "log_group": "root", "log_format": "ENRICHED", "flush": "INCREMENTAL_ASYNC", "freq": 50,
    "max_log_file": 8, "num_logs": 5, "max_log_file_action": "ROTATE", "space_left": 2, "space_left_action": "SYSLOG",
    "admin_space_left": 1, "admin_space_left_action": "SYSLOG", "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG",
}


def conf_text(**changes) -> str:
    """auditd.conf with SETTINGS and the changes; None leaves a key out."""
    return "".join(f"{key} = {value}\n" for key, value in dict(SETTINGS, **changes).items() if value is not None)


def kernel_status() -> dict[str, int]:
    """auditctl -s as numbers; empty where it cannot be read."""
    done = subprocess.run(["auditctl", "-s"], check=False, capture_output=True, text=True)
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", done.stdout, re.MULTILINE)} if done.returncode == 0 else {}


def release_of(text: str) -> str | None:
    """The release in what ``auditctl -v`` prints."""
    found = re.search(r"version (\S+)", text)
    return found.group(1) if found else None


def roots() -> dict[str, Path]:
    """Where an auditd of a release of its own can be had: this machine, and the roots whose release is another one."""
    if not shutil.which("auditctl"):
        return {"here": Path("/")}
    own = release_of(subprocess.run(["auditctl", "-v"], check=False, capture_output=True, text=True).stdout)
    return {"here": Path("/"), **{name: CHROOTS / name for name, release in SUITES.items() if release != own}}


def why_not() -> str | None:
    """Why no real auditd can run here, None where it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("auditd") or not shutil.which("auditctl"):
        return "needs auditd (package audit or auditd)"
    status = kernel_status()
    if not status:
        return "the kernel's audit cannot be used here (container, or audit=0)"
    if status["enabled"] == 2:
        return "the kernel's audit rules are immutable until the next boot"
    if status["pid"]:
        return f"an auditd runs here already (process {status['pid']}): stop it first"
    return None


@contextlib.contextmanager
def open_site(root: Path):
    """A Site with empty logs; what a test may change of its files is put back (kept_places.PLACES), its auditd is ended."""
    kept_places.put_back(root)
    kept_places.save(root)
    kept_places.empty(root / "var/log/audit")
    site = Site(root)
    try:
        with contextlib.ExitStack() as stack:
            if root != Path("/"):
                stack.enter_context(_proc(root))
                stack.callback(shutil.rmtree, root / CARRIED, ignore_errors=True)
                shutil.copytree(COLLECTION / "plugins", root / CARRIED / "ansible_collections/auditops/auditd/plugins", dirs_exist_ok=True)
            site.stack = stack
            stack.callback(site.kill)
            yield site
    finally:
        kept_places.put_back(root)


@contextlib.contextmanager
def _proc(root: Path):
    if os.path.ismount(root / "proc"):
        yield
        return
    subprocess.run(["mount", "--bind", "/proc", root / "proc"], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", root / "proc"], check=True)


class Site:
    """What a test does with an auditd. Paths are the site's own: "/etc/audit/auditd.conf" is below ``root``."""

    def __init__(self, root: Path):
        self.root = root
        self.stack = contextlib.ExitStack()
        self._started: set[int] = set()
        self.release = release_of(self.command("auditctl", "-v").stdout)

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def command(self, *argv: str, **options) -> subprocess.CompletedProcess:
        """Run a program of the site in the site."""
        where = [] if self.root == Path("/") else ["chroot", str(self.root)]
        return subprocess.run([*where, *argv], check=False, capture_output=True, text=True, **options)

    # auditd

    @property
    def pid(self) -> int | None:
        """The auditd of this site, None where none runs."""
        for name in ("run/audit/auditd.pid", "run/auditd.pid"):
            try:
                pid = int((self.root / name).read_text())
                if Path(f"/proc/{pid}/comm").read_text().strip() == "auditd" and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
                    return pid
            except (OSError, ValueError):
                continue
        return None

    def configure(self, text: str | None = None, **changes) -> str:
        """Write auditd.conf (the text, or conf_text(changes)) and return it."""
        text = conf_text(**changes) if text is None else text
        self.path("/etc/audit/auditd.conf").write_text(text)
        self.path("/etc/audit/auditd.conf").chmod(0o640)
        return text

    def start(self, text: str | None = None, **changes) -> int:
        """Start auditd with this configuration and return its pid."""
        self.configure(text, **changes)
        time.sleep(TICK)
        done = self.command("/sbin/auditd")
        assert done.returncode == 0, f"auditd returned {done.returncode}: {done.stderr}"
        wait_for(lambda: self.pid and kernel_status()["pid"] == self.pid, "auditd to start")
        kept_places.note_started(self.pid)
        subprocess.run(["auditctl", "-b", str(BACKLOG_LIMIT)], capture_output=True, check=True)
        return self.pid

    def kill(self, number: int = signal.SIGTERM):
        """End this site's auditd, by SIGKILL if it does not go."""
        pid = self.pid
        for each in (number, signal.SIGKILL):
            if pid is None or self.pid != pid:
                return
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, each)
            with contextlib.suppress(AssertionError):
                wait_for(lambda: self.pid != pid, "auditd to end", 10)

    def report(self) -> dict:
        """A fresh state report, as _daemon reads it."""
        return self.call("_daemon.report", "report", pid=self.pid)["result"]

    # what it wrote

    @property
    def log_dir(self) -> Path:
        return self.path("/var/log/audit")

    def log(self) -> str:
        """All of the log, oldest first: audit.log.N ... audit.log."""
        files = sorted(self.log_dir.glob("audit.log*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
        return "".join(path.read_text(errors="replace") for path in files)

    def records(self, kind: str) -> list[str]:
        return [line for line in self.log().split("\n") if f"type={kind} " in line]

    # load and room

    def numbers(self, tag: str) -> list[int]:
        """The numbers of the messages of send(tag) that are in the log, in its order."""
        return [int(number) for number in re.findall(rf"op=auditops-{tag} n=(\d+)", self.log())]

    @contextlib.contextmanager
    def load(self, tag: str = "load", per_second: int = 500):
        """Send numbered messages to the kernel meanwhile; the list this yields holds how many there were in the end."""
        sent: list[int] = []
        stop = threading.Event()

        def work():
            number = 0
            with contextlib.closing(_audit_socket()) as channel:
                while not stop.is_set():
                    for _unused in range(max(1, per_second // 50)):
                        _send(channel, tag, number, 100)
                        number += 1
                    time.sleep(0.02)
            sent.append(number)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield sent
        finally:
            stop.set()
            thread.join()

    def fill_log(self, megabytes: float, tag: str = "fill"):
        """Send messages of 400 bytes until the log must have grown by so many MiB."""
        self.send(int(megabytes * 1024 * 1024 / 480), tag, 400)

    def send(self, count: int, tag: str, padding: int = 0):
        """Send so many numbered messages to the kernel, each with so many bytes more than it needs."""
        with contextlib.closing(_audit_socket()) as channel:
            for number in range(count):
                _send(channel, tag, number, padding)

    def flood(self, count: int, tag: str, per_second: int, padding: int = 0):
        """Send ``count`` numbered messages, no faster than that many a second."""
        began = time.monotonic()
        with contextlib.closing(_audit_socket()) as channel:
            for number in range(count):
                _send(channel, tag, number, padding)
                ahead = number / per_second - (time.monotonic() - began)
                if ahead > 0.01:
                    time.sleep(ahead)

    def small_partition(self, megabytes: int = 16, filesystem: str = "ext4") -> Path:
        """Put /var/log/audit on a loop-mounted filesystem of this size until the test ends."""
        image = self.root / "var/tmp/auditops-live.img"
        with open(image, "wb") as stream:
            stream.truncate(megabytes << 20)
        self.stack.callback(image.unlink)
        subprocess.run([f"mkfs.{filesystem}", "-q", image], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", image, self.log_dir], check=True)
        self.stack.callback(kept_places.unmount, self.log_dir)  # a program that auditd called may still be there
        self.stack.callback(self.kill)
        return self.log_dir

    def fill_partition(self, leave_kilobytes: int = 0) -> Path:
        """Fill the log partition with a file, whose path this returns."""
        return fill(self.log_dir, leave_kilobytes)

    @contextlib.contextmanager
    def syslog(self):
        """A system log daemon that writes /var/log/syslog of the site: auditd says there why it refuses a configuration."""
        path, device = self.path("/var/log/syslog"), self.path("/dev/log")
        if device.exists():
            yield path
            return
        before = path.read_bytes() if path.exists() else None
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.bind(str(device))
        channel.settimeout(0.1)
        stop = threading.Event()

        def work():
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    stamp, _blank, message = channel.recv(8192).rstrip(b"\0\n").partition(b" auditd")
                    with open(path, "ab") as stream:
                        stream.write(stamp.partition(b">")[2] + b" host auditd" + message + b"\n")

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield path
        finally:
            stop.set()
            thread.join()
            channel.close()
            device.unlink()
            path.unlink(missing_ok=True)
            if before is not None:
                path.write_bytes(before)

    # the code under test

    def call(self, module: str, function: str, **arguments) -> dict:
        """Call a function of module_utils in the site, with its Python and a Host: {"result"} or {"error", "type", "details"}."""
        return self.runner({"module": module, "function": function, "arguments": arguments})

    def module(self, name: str, inject: str | None = None, check: bool = False, **parameters) -> dict:
        """Run plugins/modules/NAME's run() with these parameters (and the fault ``inject`` of the runner)."""
        return self.runner({"plugin": name, "parameters": parameters, "inject": inject, "check": check})

    def module_process(self, name: str, **parameters) -> subprocess.Popen:
        """As module(), but not waited for."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(self._runner_argv(), stdin=subprocess.PIPE, text=True, **quiet)
        process.stdin.write(json.dumps({"plugin": name, "parameters": parameters}))
        process.stdin.close()
        return process

    def runner(self, request: dict) -> dict:
        """The answer of tests/live/auditd_runner.py, run in the site."""
        done = subprocess.run(self._runner_argv(), check=False, input=json.dumps(request), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _runner_argv(self) -> list[str]:
        source = (Path(__file__).parent / RUNNER).read_text()
        if self.root == Path("/"):
            return ["python3", "-c", source, str(COLLECTION.parents[2])]
        return ["chroot", str(self.root), "python3", "-c", source, "/" + CARRIED]


def fill(directory: Path, leave_kilobytes: int = 0) -> Path:
    """Fill the filesystem of a directory with the file "blob" in it, to the last block unless some KiB are to be left."""
    blob = directory / "blob"
    chunk = 1 << 20
    with open(blob, "wb", buffering=0) as stream:
        while chunk:
            room = os.statvfs(directory)
            left = room.f_bavail * room.f_frsize - (leave_kilobytes << 10)
            if leave_kilobytes and left <= 0:
                break
            try:
                stream.write(b"x" * (min(left, chunk) if leave_kilobytes else chunk))
                os.fsync(stream.fileno())
            except OSError:
                chunk //= 2
    return blob


def _audit_socket() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)


def _send(channel: socket.socket, tag: str, number: int, padding: int):
    text = f"op=auditops-{tag} n={number} {'x' * padding}".encode() + b"\0"
    channel.send(struct.pack("=IHHII", 16 + len(text), USER_MESSAGE, 1, number & 0xFFFFFFFF, 0) + text)


TICK = 0.03  # seconds; what was written in the same tick of the clock as auditd's first record is not known to be in force


def wait_for(check, what: str, timeout: float = 20.0):
    """The first true result of check(); the test fails where none comes."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        result = check()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout:g} s for {what}")
