# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of shipping for live tests: a real rsyslogd, and an auditd that only collects; both by their own configuration."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from auditd_site import wait_for

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def unpacked(directory: Path, *packages: str) -> Path:
    """The files of packages of this machine's distribution below a directory; nothing is installed. Without apt the test skips."""
    directory, root = directory / packages[0], directory / packages[0] / "unpacked"
    if root.exists():
        return root
    directory.mkdir()
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip(f"needs apt-get, for {', '.join(packages)}")
    done = subprocess.run(["apt-get", "-q", "download", *packages], check=False, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"apt-get download {' '.join(packages)}: {done.stderr.strip()[-200:]}")
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    return root


@contextlib.contextmanager
def rsyslogd(directory: Path, device: Path):
    """A real rsyslogd that reads this /dev/log; yields the file to which it writes what comes by facility local6."""
    if device.exists():
        pytest.skip(f"{device} is somebody else's")
    root = unpacked(directory, "rsyslog", "libestr0", "libfastjson4")
    received, configuration = directory / "local6.log", directory / "rsyslog.conf"
    configuration.write_text(
        f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{device}" UseSpecialParser="on")\n'
        f'global(workDirectory="{directory}")\nlocal6.* {received}\n*.*;local6.none {directory}/other.log\n')
    process = subprocess.Popen(
        [root / "usr/sbin/rsyslogd", "-n", "-f", configuration, "-i", directory / "rsyslogd.pid", "-M", root / LIBRARIES / "rsyslog"],
        env={**os.environ, "LD_LIBRARY_PATH": str(root / LIBRARIES)}, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: device.exists() or process.poll() is not None, "rsyslogd to listen")
        assert process.poll() is None, process.stderr.read()
        yield received
    finally:
        process.terminate()
        process.wait(20)
        device.unlink(missing_ok=True)


@contextlib.contextmanager
def remote_plugin(directory: Path):
    """audisp-remote in its place, installed for the test where it is not."""
    target = Path("/usr/sbin/audisp-remote")
    if target.exists():
        yield target
        return
    shutil.copy2(unpacked(directory, "audispd-plugins") / "sbin/audisp-remote", target)
    target.chmod(0o750)
    try:
        yield target
    finally:
        target.unlink()


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector:
    """An auditd with local_events = no that listens: it has no part in the kernel's audit, and a /run of its own."""

    def __init__(self, directory: Path):
        self.directory, self.port = directory, free_port()
        (directory / "plugins").mkdir(parents=True)
        (directory / "log").mkdir(mode=0o700)
        self.log_file = directory / "log" / "audit.log"
        (directory / "auditd.conf").write_text(
            f"local_events = no\nlog_file = {self.log_file}\nlog_group = root\nlog_format = RAW\nflush = INCREMENTAL_ASYNC\nfreq = 50\n"
            f"max_log_file = 64\nnum_logs = 2\nmax_log_file_action = IGNORE\nspace_left = 2\nadmin_space_left = 1\n"
            f"tcp_listen_port = {self.port}\ntcp_max_per_addr = 8\nuse_libwrap = no\nplugin_dir = {directory / 'plugins'}\n")
        (directory / "auditd.conf").chmod(0o640)
        self.process: subprocess.Popen | None = None

    def start(self):
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"mount -t tmpfs none /run && exec /sbin/auditd -n -c {self.directory}"])
        wait_for(self._listens, "the collector to listen")

    def _listens(self) -> bool:
        assert self.process.poll() is None, "the collector ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def end(self, *, kill: bool = False):
        if self.process and self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(20)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
