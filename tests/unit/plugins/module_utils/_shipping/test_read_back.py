# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a record is in CloudWatch Logs, asked by its API: moto is the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import read_back

COLLECTION = Path(read_back.__file__).parents[3]
GROUP, STREAM = "/example/audit", "i-0123456789abcdef0"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture(scope="module")
def logs():
    """(client, endpoint) of a service with one group and one stream."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    cloud = server.ThreadedMotoServer(port=0)
    cloud.start()
    endpoint = "http://{}:{}".format(*cloud.get_host_and_port())
    client = boto3.client("logs", region_name="eu-west-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    yield client, endpoint
    cloud.stop()


def put(logs, *messages):
    now = int(time.time() * 1000)
    logs[0].put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=[{"timestamp": now, "message": one} for one in messages])


class Clock:
    """A clock that stands still but for its sleeps; ``then`` is done at the first."""

    def __init__(self, then=None):
        self.now, self.then, self.slept = 0.0, then, 0

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept += 1
        if self.then:
            self.then()
            self.then = None


def place(**change):
    return {"log_group": GROUP, "log_stream": None, "since": time.time() - 3600, **change}


def test_a_record_that_is_there_is_found_by_its_id(logs):
    put(logs, "type=USER msg=audit(1795410116.123:41): other", "type=USER msg=audit(1795410116.123:42): op=x id=7f3a9c21")
    for text in ("1795410116.123:42", "id=7f3a9c21"):
        for stream in (None, STREAM):
            found = read_back.find(logs[0], place(log_stream=stream), text, 0)
            assert (found["record"], found["stream"]) == ("1795410116.123:42", STREAM)


def test_a_record_that_comes_late_is_waited_for(logs):
    clock = Clock(lambda: put(logs, "type=USER msg=audit(1795410117.000:43): id=comes-late"))
    assert read_back.find(logs[0], place(), "id=comes-late", 60, clock=clock)["record"] == "1795410117.000:43" and clock.slept == 1


class Endless:
    """A service that names a next page each time, and takes a second for each."""

    def __init__(self, clock):
        self.clock, self.asked = clock, 0

    def filter_log_events(self, **_arguments):
        self.clock.now += 1
        self.asked += 1
        assert self.asked < 1000
        return {"events": [], "nextToken": "again"}


@pytest.mark.parametrize("timeout", [0, 30, 200])
def test_pages_without_end_end(timeout):
    clock = Clock()
    with pytest.raises(AuditError, match=f"after {timeout} seconds"):
        read_back.find(Endless(clock), place(), "1795410116.123:99", timeout, clock=clock)
    assert timeout <= clock.now <= timeout + read_back.LONGEST_QUESTION + 1


@pytest.mark.parametrize("change", [{}, {"log_stream": STREAM}])
def test_a_record_that_does_not_come_is_a_failure(logs, change):
    clock = Clock()
    with pytest.raises(AuditError, match="no event in /example/audit.* has 1795410116.123:99 after 30 seconds: the agent has not sent it"):
        read_back.find(logs[0], place(**change), "1795410116.123:99", 30, clock=clock)
    assert clock.now == 30


@pytest.mark.parametrize("text, timeout, said", [
    ("short", 1, "give 6 to 200 characters"), ('a "quoted" word', 1, "without quotes"), ("x" * 201, 1, "give 6 to 200"),
    ("1795410116.123:42", -1, "timeout = -1: give a number of seconds"),
])
def test_what_cannot_be_looked_for_is_one_sentence(text, timeout, said):
    with pytest.raises(AuditError, match=said):
        read_back.check(text, timeout)


def module(logs, **arguments):
    """The answer of the module, run as Ansible runs it."""
    environment = {**os.environ, **KEYS, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1"}
    given = {"log_group": GROUP, "endpoint_url": logs[1], "timeout": 0, **arguments}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "adhoc", "localhost", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}",
         "-m", "auditops.auditd.audit_cloudwatch_info", "-a", json.dumps(given)],
        check=False, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.partition("=>")[2])


def test_the_module_says_where_the_record_is_or_that_it_is_not(logs):
    put(logs, "type=USER msg=audit(1795410118.000:44): id=by-the-module")
    found = module(logs, text="id=by-the-module")
    assert (found["record"], found["changed"]) == ("1795410118.000:44", False)
    assert "no event in /example/audit has id=nowhere" in module(logs, text="id=nowhere")["msg"]
    assert "does not answer" in module(logs, text="id=by-the-module", log_group="/none")["msg"]
