# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An EBS volume is enlarged and then what lies on it: moto is the cloud, a loop device is the disk as the host sees it. Needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time

import pytest
import test_rescue_ec2 as ec2

GIB = 1 << 30


@pytest.fixture
def client():
    """EC2 without instances."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    if not ec2.WITH_AWS.is_dir():
        pytest.skip(f"amazon.aws is not in {ec2.WITH_AWS}: make aws-collection")
    running = server.ThreadedMotoServer(port=0)
    running.start()
    endpoint = "http://{}:{}".format(*running.get_host_and_port())
    yield boto3.client("ec2", region_name=ec2.REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test")
    running.stop()


@pytest.fixture
def mounted(tmp_path):
    """An xfs of 1 GB on a whole disk; yields (its mount point, what makes the disk 2 GB)."""
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control") or not shutil.which("mkfs.xfs"):
        pytest.skip("needs root, loop devices and mkfs.xfs")
    image, point = tmp_path / "disk", tmp_path / "mnt"
    point.mkdir()
    image.write_bytes(b"")
    os.truncate(image, GIB)

    def run(*argv):
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def enlarge():
        os.truncate(image, 2 * GIB)
        run("losetup", "-c", device)

    device = run("losetup", "-f", "--show", str(image))
    with contextlib.ExitStack() as stack:
        stack.callback(run, "losetup", "-d", device)
        run("mkfs.xfs", "-q", device)
        run("mount", device, str(point))
        stack.callback(run, "umount", str(point))
        yield point, enlarge


def grow(client, directory, point, *options, **variables):
    ec2.inventory(directory, audit_storage_path=str(point), audit_storage_ebs=True, audit_storage_ebs_size=2, audit_storage_ebs_timeout=60,
                  audit_storage_ebs_region=ec2.REGION, **variables)
    return ec2.play(directory, *options, playbook="grow", AWS_ENDPOINT_URL=client.meta.endpoint_url)


def size(client, volume):
    return client.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]


def small_volume(client):
    """Of a snapshot, because moto's volumes without one lack a field that EC2's have and amazon.aws reads."""
    where = {"Size": 1, "AvailabilityZone": ec2.REGION + "a"}
    snapshot = client.create_snapshot(VolumeId=client.create_volume(**where)["VolumeId"])["SnapshotId"]
    return client.create_volume(SnapshotId=snapshot, **where)["VolumeId"]


def test_the_volume_grows_and_then_what_lies_on_it(client, mounted, tmp_path):
    point, enlarge = mounted
    volume = small_volume(client)
    shown = grow(client, tmp_path, point, "--check", audit_storage_ebs_volume=volume)
    assert shown.returncode == 0 and size(client, volume) == 1, shown.stdout + shown.stderr

    def disk():
        """The host sees its disk grow some time after AWS was asked."""
        while size(client, volume) < 2:
            time.sleep(0.2)
        enlarge()

    watcher = threading.Thread(target=disk, daemon=True)
    watcher.start()
    done = grow(client, tmp_path, point, audit_storage_ebs_volume=volume)
    assert done.returncode == 0, done.stdout + done.stderr
    watcher.join(10)
    assert size(client, volume) == 2 and os.statvfs(point).f_blocks * os.statvfs(point).f_frsize > 1.9 * GIB
    said = " ".join(done.stdout.split())
    assert f"AWS makes {volume} 2 GB. It may show it as optimizing" in said and "refuse another change of it for six hours" in said
    again = grow(client, tmp_path, point, audit_storage_ebs_volume=volume)
    assert "optimizing" not in again.stdout
    assert "changed=0" in again.stdout and "Enlarge the volume" in again.stdout and "skipping" in again.stdout


def test_a_disk_that_names_no_volume_and_one_that_is_not_there(client, mounted, tmp_path):
    point, _enlarge = mounted
    unnamed = grow(client, tmp_path, point)
    assert unnamed.returncode != 0 and "set audit_storage_ebs_volume to its id" in unnamed.stdout
    unknown = grow(client, tmp_path, point, audit_storage_ebs_volume="vol-0123456789abcdef0")
    assert unknown.returncode != 0 and "was not enlarged to 2 GB" in unknown.stdout and "six hours" in unknown.stdout
    assert os.statvfs(point).f_blocks * os.statvfs(point).f_frsize < GIB


def test_without_the_collection_one_sentence_says_so(tmp_path):
    ec2.inventory(tmp_path, audit_storage_ebs=True, audit_storage_ebs_size=2)
    done = ec2.play(tmp_path, playbook="grow", collections=())
    assert done.returncode != 0 and "audit_storage_ebs = true needs the collection amazon.aws" in done.stdout
