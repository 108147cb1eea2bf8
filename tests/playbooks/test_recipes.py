# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of the guide to reports, run as they stand there: a pipeline, a mail, ansible-runner, ansible-pull; that for GitLab."""

from __future__ import annotations

import email.policy
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_fleet_runs import COLLECTION, Site

GUIDE = COLLECTION / "docs/docsite/rst/reports.rst"
DRIFT = "- import_playbook: auditops.auditd.drift\n"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def recipe(word):
    """The lines of the one console block of the guide that has a word."""
    blocks = [block.partition("\n\n")[2].partition("\n\n")[0] for block in GUIDE.read_text().split(".. code-block:: console")[1:]]
    (found,) = [block for block in blocks if word in block]
    return [line.strip() for line in found.splitlines()]


def shell(site, line, **environment):
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "False",
                "ANSIBLE_HOME": str(site.directory / ".ansible"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(["sh", "-c", line], cwd=site.directory, env={**os.environ, **settings, **environment},
                          capture_output=True, text=True, check=False)


def here(site, line, **names):
    """A recipe with the names of this site. Trees need no root, and the report goes to the default directory."""
    site.variables.pop("audit_drift_report_dir", None)
    site.write()
    for name, value in {"HOSTS": "hosts.json", "-b ": "", "docs/examples": str(COLLECTION / "docs/examples"), **names}.items():
        line = line.replace(name, str(value))
    return line


def test_a_pipeline_fails_and_shows_test_results(site):
    (line,) = recipe("fail_on=high")
    run = shell(site, here(site, line))
    assert run.returncode == 2 and "findings of severity high or above" in run.stdout, run.stdout + run.stderr
    assert {path.name for path in (site.directory / "audit-report").iterdir()} >= {"index.html", "junit.xml", "fleet.sarif"}


class Inbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def test_a_mail_has_the_summary_and_the_page(site):
    controller = pytest.importorskip("aiosmtpd.controller")
    drift, mail = recipe("mail_report.py")
    assert shell(site, here(site, drift)).returncode == 0
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = controller.Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        run = shell(site, here(site, mail, **{"SERVER:25": f"127.0.0.1:{port}"}))
    finally:
        server.stop()
    assert run.returncode == 0, run.stderr
    ((sender, to, data),) = inbox.mails
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert (sender, to, found["Subject"]) == ("audit@example.com", ["security@example.com"], "Audit drift: 3 hosts: 3 drifted")
    report = site.directory / "audit-report"
    assert found.get_body().get_content().splitlines() == (report / "summary.md").read_text().splitlines()
    (page,) = found.iter_attachments()
    assert page.get_filename() == "audit-drift.html" and page.get_content().splitlines() == (report / "index.html").read_text().splitlines()


def test_ansible_runner(site):
    pytest.importorskip("ansible_runner")
    (line,) = recipe("ansible-runner run")
    line = here(site, line)
    (site.directory / "runner/project").mkdir(parents=True)
    (site.directory / "runner/inventory").mkdir()
    (site.directory / "runner/project/drift.yml").write_text(DRIFT)
    (site.directory / "runner/inventory/hosts.json").write_text((site.directory / "hosts.json").read_text())
    run = shell(site, line)
    assert run.returncode == 0, run.stdout + run.stderr
    fleet = json.loads((site.directory / "audit-report/fleet.json").read_text())
    assert fleet["counts"]["drifted"] == 3 and "Audit drift of 3 hosts: 3 drifted" in run.stdout


def test_hosts_that_pull_are_merged(site):
    (line,) = recipe("ansible-pull")
    repository = site.directory / "repository"
    repository.mkdir()
    (repository / "drift.yml").write_text(DRIFT)
    for argv in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "Compare"]):
        subprocess.run(["git", *argv], cwd=repository, check=True)
    names_of_trees = list(site.hosts)
    site.hosts["localhost"] = {}  # ansible-pull fetches the repository there
    for number, name in enumerate(names_of_trees, 1):
        names = {"REPOSITORY": f"file://{repository}", "CHECKOUT": f"checkout-{name}", "NAME": name}
        names["/var/lib/audit-report"] = f"slice{number}"
        run = shell(site, here(site, line.replace("HOSTS", str(site.directory / "hosts.json")), **names))
        assert run.returncode == 0, run.stdout + run.stderr
    slices = [next(site.directory.rglob(f"slice{number}")) for number in (1, 2, 3)]
    options = {"sources": [str(path) for path in slices], "dest": str(site.directory / "report"), "formats": ["json"]}
    task = {"name": "Merge", "auditops.auditd.audit_report": options}
    (site.directory / "merge.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    assert site.play_file("merge.yml").returncode == 0 and set(site.statuses()) == {"web1", "web2", "web3"}


def test_the_example_for_gitlab_fails_on_high(site):
    example = yaml.safe_load((COLLECTION / "docs/examples/gitlab-ci.yml").read_text())
    (line,) = example["drift"]["script"]
    run = shell(site, here(site, line), AUDIT_INVENTORY="hosts.json", AUDIT_SSH_KEY="/dev/null")
    assert run.returncode == 2 and "findings of severity high or above" in run.stdout, run.stdout + run.stderr
    assert (site.directory / example[".audit"]["artifacts"]["paths"][0] / "index.html").exists()
