# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-ship with the real AWS program: moto is S3, and what stands between them fails as networks and services do."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import itertools
import json
import os
import shutil
import subprocess
import threading
import time

import pytest
from ship_site import Site

BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C"}
BUCKETS = itertools.count()  # moto keeps them for the whole process
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"}


class Between(http.server.BaseHTTPRequestHandler):
    """Passes each request on to the server's ``target``; what changes something meets its ``fault``: fails, slow, cut or empty."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.pass_on(self.body())

    do_GET = do_HEAD

    def do_PUT(self):
        body, fault = self.body(), self.server.fault
        if fault == "fails":
            self.send_error(503, "Slow Down")
        elif fault == "cut":
            self.close_connection = True
        elif fault == "slow":
            time.sleep(self.server.longer)
            self.pass_on(body)
        else:
            self.pass_on(b"" if fault == "empty" else body)

    def body(self):
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def pass_on(self, body):
        there = http.client.HTTPConnection(*self.server.target)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("content-length", "expect")}
        if self.server.fault == "empty":
            headers = {name: value for name, value in headers.items() if "checksum" not in name.lower() and name.lower() != "content-md5"}
        there.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
        answer = there.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_words):
        pass


@pytest.fixture(scope="module")
def aws():
    """The AWS program, where it runs without anything of this user."""
    found = shutil.which("aws")
    if not found or os.geteuid() != 0:
        pytest.skip("needs root and the AWS command line program")
    found = os.path.realpath(found)
    if subprocess.run([found, "--version"], check=False, capture_output=True, env=BARE).returncode:
        pytest.skip(f"{found} does not run by itself")
    return found


@pytest.fixture
def s3(monkeypatch):
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    cloud = server.ThreadedMotoServer(port=0)
    cloud.start()
    between = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    between.target, between.fault, between.longer = cloud.get_host_and_port(), None, 30
    threading.Thread(target=between.serve_forever, daemon=True).start()
    client = boto3.client("s3", endpoint_url="http://{}:{}".format(*between.target))
    between.bucket = f"example-audit-{next(BUCKETS)}"
    client.create_bucket(Bucket=between.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client, between
    between.shutdown()
    between.server_close()
    cloud.stop()


@pytest.fixture
def site(aws, s3, tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("s3"), None)
    endpoint = "http://127.0.0.1:%d" % s3[1].server_port
    site.target = {"name": "s3", "kind": "s3", "program": aws, "bucket": s3[1].bucket, "prefix": "audit/web-1",
                   "options": ["--region", "eu-west-1", "--endpoint-url", endpoint]}
    site.configure(site.target, attempts=1)
    return site


def objects(s3):
    return {one["Key"] for one in s3[0].list_objects_v2(Bucket=s3[1].bucket).get("Contents", [])}


def test_archives_are_in_the_bucket_with_their_checksum(site, s3):
    site.rotated(2)
    done = site.ship()
    assert (done.returncode, done.stderr) == (0, "")
    assert objects(s3) == {"audit/web-1/" + name for name in site.archives}
    for name in site.archives:
        one = s3[0].get_object(Bucket=s3[1].bucket, Key="audit/web-1/" + name)
        data = (site.tree.log / name).read_bytes()
        assert one["Body"].read() == data and one["Metadata"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(site.pruned()) == 1


@pytest.mark.parametrize("fault", ["fails", "cut", "slow", "empty"])
def test_what_s3_does_not_have_whole_does_not_count_and_goes_the_next_time(site, s3, fault):
    site.rotated(2)
    site.configure(site.target, attempts=1, timeout=10 if fault == "slow" else 60)
    s3[1].fault = fault
    done = site.ship()
    assert done.returncode == 14 and site.archives[0] in done.stderr, done.stderr
    assert list(json.loads(site.ship("--status").stdout)["run"]["failed"]) == ["s3"]
    assert len(site.pruned()) == 2, "nothing is pruned"
    s3[1].fault = None
    assert site.ship().returncode == 0 and objects(s3) == {"audit/web-1/" + name for name in site.archives}
    assert len(site.pruned()) == 1
