# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several who change one host at once; what somebody else put into auditd.conf; a quota that holds root too."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from auditd_site import COLLECTION, wait_for
from test_remediate_live import cron, host, settings, stock  # noqa: F401 # pylint: disable=unused-import
from test_rotation_live import ROOMY
from test_rotation_obstacles_live import here  # noqa: F401 # pylint: disable=unused-import

FOREIGN = """while :; do
    augenrules --load > /dev/null 2>&1
    sed -i 's/^# theirs .*/# theirs '$RANDOM'/' /etc/audit/auditd.conf
    auditctl -w /etc/auditops-theirs -p wa -k theirs > /dev/null 2>&1
    auditctl -W /etc/auditops-theirs -p wa -k theirs > /dev/null 2>&1
    sleep 0.2
done"""


def remediate(host):  # noqa: F811
    """A remediation on its way; communicate() gives what it said."""
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_LOCALHOST_WARNING="False")
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "here,", "-c", "local", "-e",
            f"ansible_python_interpreter=/usr/bin/python3 audit_drift_report_dir={host.report}", "auditops.auditd.remediate"]
    return subprocess.Popen(argv, cwd=host.directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_remediations_and_a_foreign_tool_at_once(host):  # noqa: F811
    """Nobody's change is half done, no record is lost, and when it is quiet again a run brings the host in order."""
    site = host.site
    site.start(stock(max_log_file_action="KEEP_LOGS", disk_full_action="HALT", disk_error_action="HALT") + "# theirs 0\n")
    stop = threading.Event()

    def send():
        number = 0
        while not stop.wait(0.01):
            site.send(1, f"meanwhile{number}x")
            number += 1
        sent.append(number)
    sent: list[int] = []
    sender = threading.Thread(target=send)
    sender.start()
    foreign = subprocess.Popen(["bash", "-c", FOREIGN])
    runs = [remediate(host) for _each in range(2)]
    said = [run.communicate()[0] for run in runs]
    foreign.kill()
    foreign.wait()
    stop.set()
    sender.join()
    for output in said:
        assert "Traceback" not in output and "MODULE FAILURE" not in output, output[-4000:]
    assert "HALT" not in settings(site).values(), said
    assert host.run("remediate").changed >= 0
    assert host.run("remediate").changed == 0
    assert host.document()["status"] == "in_sync"
    wait_for(lambda: f"meanwhile{sent[0] - 1}x " in _records(site), "the last record")
    found = [int(number) for number in re.findall(r"op=auditops-meanwhile(\d+)x ", _records(site))]
    assert found == list(range(sent[0])), "lost, doubled or out of order"


def _records(site):
    from test_remediate_live import read_archives
    return read_archives(site)


def test_a_line_that_auditd_refuses_keeps_halt_not_in_force(host):  # noqa: F811
    site = host.site
    pid = site.start(stock(disk_full_action="HALT", admin_space_left_action="HALT"))
    conf = site.path("/etc/audit/auditd.conf")
    conf.write_text(conf.read_text() + "log_colour = red\n")
    done = host.run("remediate", "--tags", "audit_stop", expect=0)
    assert "log_colour" in done.output and site.pid == pid
    assert "log_colour = red" in conf.read_text() and "HALT" not in settings(site).values()
    text = (site.log_dir / "audit.log").read_text()
    assert re.findall(r"type=DAEMON_CONFIG .*op=reconfigure .*res=(\w+)", text)[-1:] == ["success"], "the running auditd has loaded it"
    assert host.run("remediate", "--tags", "audit_stop").changed == 0
    host.run("remediate", "-e", '{"auditd_conf": {"log_colour": null}}')
    assert "log_colour" not in conf.read_text() and host.document()["status"] == "in_sync"


def test_an_auditd_of_another_directory_is_named_and_left_alone(host, tmp_path):  # noqa: F811
    site = host.site
    site.configure(stock())
    other = tmp_path / "auditd.conf"
    other.write_text(stock(disk_full_action="HALT"))
    assert site.command("/sbin/auditd", "-c", str(tmp_path)).returncode == 0
    pid = wait_for(lambda: site.pid, "auditd to start")
    done = host.run("remediate", expect=2)
    assert "started with another directory (-c)" in done.output and "Traceback" not in done.output
    assert "daemon.configuration" in {item["id"] for item in host.document()["items"]}
    assert site.pid == pid and other.read_text() == stock(disk_full_action="HALT")
    assert settings(site)["disk_full_action"] == "SYSLOG", "what the next start reads is in order"


@contextlib.contextmanager
def project_quota(directory: Path, megabytes: int):
    """A limit for the directory; a project is the only kind that holds root too, xfs_quota(8)."""
    def quota(*commands):
        subprocess.run(["xfs_quota", "-x", *(word for command in commands for word in ("-c", command)), str(directory)], check=True,
                       capture_output=True)
    quota(f"project -s -p {directory} 42", f"limit -p bhard={megabytes}m 42")
    try:
        yield
    finally:
        quota("limit -p bhard=0 42")


def test_a_quota_that_is_used_up_is_named_and_auditd_is_not_asked(here):  # noqa: F811
    site = here.site
    image = site.root / "var/tmp/auditops-quota.img"
    with open(image, "wb") as stream:
        stream.truncate(400 << 20)
    site.stack.callback(image.unlink)
    subprocess.run(["mkfs.xfs", "-q", image], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop,prjquota", image, site.log_dir], check=False, capture_output=True).returncode:
        pytest.skip("this kernel mounts no xfs with project quotas")
    site.stack.callback(subprocess.run, ["umount", site.log_dir], check=True)
    site.stack.callback(site.kill)
    with project_quota(site.log_dir, 8):
        site.start(**ROOMY)
        site.send(100, "before", 400)
        blob = site.log_dir / "blob"
        with contextlib.suppress(OSError), open(blob, "wb") as stream:
            while True:
                stream.write(b"\0" * 65536)
                stream.flush()
        done = here.run()
        assert done.returncode == 16 and "quota" in done.stderr, done.stderr
        assert "not asked to rotate" in done.stderr
        blob.unlink()
        assert here.run().returncode == 0
        assert here.numbers("before") == list(range(100))
