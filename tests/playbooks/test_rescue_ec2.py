# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EC2 rescue end to end: moto is the cloud, a loop device stands for the volume. It needs moto, boto3, amazon.aws and root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import test_remediation_steps as hardened
import yaml

REGION = "eu-west-1"
LAB = Path(os.environ.get("AUDITOPS_LAB") or Path(os.environ.get("XDG_CACHE_HOME") or "/var/tmp") / "auditops-lab")
WITH_AWS = LAB / "collections"  # make aws-collection


def play(directory, *options, playbook="rescue_ec2", collections=(WITH_AWS,), **environment):
    paths = os.pathsep.join(map(str, [hardened.COLLECTION.parents[2], *collections]))
    everything = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=paths, ANSIBLE_NOCOLOR="1", AWS_DEFAULT_REGION=REGION,
                      AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", **environment)
    command = [sys.executable, "-m", "ansible", "playbook", "-i", directory / "hosts.json", f"auditops.auditd.{playbook}", *options]
    return subprocess.run(command, check=False, env=everything, capture_output=True, text=True, cwd=directory)


def inventory(directory, **variables):
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "auditd_release": "3.1.5", **variables}
    host.update(audit_drift_report_dir=str(directory / "report"), audit_ec2_region=REGION)
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {"helper": host}}}))


def test_without_the_collection_one_sentence_says_so(tmp_path):
    inventory(tmp_path, audit_ec2_instance="i-1", audit_ec2_helper="i-2")
    done = play(tmp_path, collections=())
    assert done.returncode != 0 and "rescue_ec2 needs the collection amazon.aws on the controller" in done.stdout


@pytest.fixture
def cloud():
    """EC2 with a patient and a helper; yields (client, patient, helper, endpoint)."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    if not WITH_AWS.is_dir():
        pytest.skip(f"amazon.aws is not in {WITH_AWS}: make aws-collection")
    running = server.ThreadedMotoServer(port=0)
    running.start()
    endpoint = "http://{}:{}".format(*running.get_host_and_port())
    client = boto3.client("ec2", region_name=REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test")
    image = client.describe_images()["Images"][0]["ImageId"]
    made = client.run_instances(ImageId=image, MinCount=2, MaxCount=2, Placement={"AvailabilityZone": REGION + "a"})["Instances"]
    patient, helper = (one["InstanceId"] for one in made)
    client.stop_instances(InstanceIds=[patient])
    _root_of_a_snapshot(client, patient)
    yield client, patient, helper, endpoint
    running.stop()


def _root_of_a_snapshot(client, instance):
    """EC2's own root volumes come of a snapshot; moto's do not, and amazon.aws reads its id."""
    plain = root_volume(client, instance)
    device = client.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["RootDeviceName"]
    snapshot = client.create_snapshot(VolumeId=plain)["SnapshotId"]
    made = client.create_volume(SnapshotId=snapshot, AvailabilityZone=REGION + "a")["VolumeId"]
    client.detach_volume(VolumeId=plain, InstanceId=instance)
    client.attach_volume(VolumeId=made, InstanceId=instance, Device=device)


@pytest.fixture
def volume(tmp_path):
    """A loop device with the root of a host that was hardened until it halted; yields the device."""
    image, point = tmp_path / "root.img", tmp_path / "mnt"
    with open(image, "wb") as stream:
        stream.truncate(256 << 20)
    if os.geteuid() != 0:
        pytest.skip("a loop device needs root")
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    hardened.hardened_to_halt(tmp_path / "tree")
    point.mkdir()
    subprocess.run(["mount", "-o", "loop", image, point], check=True)
    subprocess.run(["cp", "-a", f"{tmp_path}/tree/.", point], check=True)
    subprocess.run(["umount", point], check=True)
    device = subprocess.run(["losetup", "--find", "--show", image], check=True, capture_output=True, text=True).stdout.strip()
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


def conf(device, tmp_path):
    command = ["mount", "-o", "ro", device, str(tmp_path / "mnt")]
    end = time.monotonic() + 300
    # Busy as long as a process that another test started in a mount namespace of its own has what the play had mounted.
    while subprocess.run(command, check=False, capture_output=True).returncode and time.monotonic() < end:
        time.sleep(0.2)
    assert os.path.ismount(tmp_path / "mnt"), command
    try:
        return (tmp_path / "mnt/etc/audit/auditd.conf").read_text()
    finally:
        subprocess.run(["umount", tmp_path / "mnt"], check=True)


def attached_to(client, volume):
    return [one["InstanceId"] for one in client.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"]]


def snapshots(client, volume):
    return client.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"]


def root_volume(client, instance):
    found = client.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]


def test_out_and_back(cloud, volume, tmp_path):
    client, patient, helper, endpoint = cloud
    disk = root_volume(client, patient)
    inventory(tmp_path, audit_ec2_instance=patient, audit_ec2_helper=helper, audit_ec2_helper_device=volume)
    checked = play(tmp_path, "--check", AWS_ENDPOINT_URL=endpoint)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert attached_to(client, disk) == [patient] and not snapshots(client, disk)
    assert "HALT" in conf(volume, tmp_path)

    done = play(tmp_path, AWS_ENDPOINT_URL=endpoint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HALT" not in conf(volume, tmp_path)
    assert len(snapshots(client, disk)) == 1
    found = client.describe_instances(InstanceIds=[patient])["Reservations"][0]["Instances"][0]
    assert attached_to(client, disk) == [patient] and found["State"]["Name"] == "running"
    assert found["BlockDeviceMappings"][0]["DeviceName"] == found["RootDeviceName"]
    assert not [tag for tag in client.describe_volumes(VolumeIds=[disk])["Volumes"][0].get("Tags", []) if tag["Key"] == "auditops-rescue"]
    again = play(tmp_path, AWS_ENDPOINT_URL=endpoint)
    assert again.returncode != 0 and "is running: cure it while it is up" in again.stdout


def detached(client, disk, patient, helper):
    client.detach_volume(VolumeId=disk, InstanceId=patient)


def attached_here(client, disk, patient, helper):
    detached(client, disk, patient, helper)
    client.attach_volume(VolumeId=disk, InstanceId=helper, Device="/dev/sdf")


def only_noted(client, disk, patient, helper):
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "auditops-rescue", "Value": patient}]}]
    client.create_snapshot(VolumeId=disk, TagSpecifications=tags)


@pytest.mark.parametrize("so_far", [only_noted, detached, attached_here])
def test_a_run_that_was_cut_off_is_taken_up(cloud, volume, tmp_path, so_far):
    """The tag says where the volume belongs, also while the instance no longer lists it; what was done is not done again."""
    client, patient, helper, endpoint = cloud
    disk = root_volume(client, patient)
    found = client.describe_instances(InstanceIds=[patient])["Reservations"][0]["Instances"][0]
    client.create_tags(Resources=[disk], Tags=[{"Key": "auditops-rescue", "Value": f"{patient} {found['RootDeviceName']}"}])
    so_far(client, disk, patient, helper)
    inventory(tmp_path, audit_ec2_instance=patient, audit_ec2_helper=helper, audit_ec2_helper_device=volume)
    done = play(tmp_path, AWS_ENDPOINT_URL=endpoint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert attached_to(client, disk) == [patient] and "HALT" not in conf(volume, tmp_path) and len(snapshots(client, disk)) == 1


def instance(name, state="stopped", zone="eu-west-1a", codes=()):
    return {"instance_id": name, "state": {"name": state}, "placement": {"availability_zone": zone},
            "product_codes": [{"product_code_id": code, "product_code_type": "marketplace"} for code in codes]}


# what EC2 says of instances and volume -> the beginning of what is refused, None where nothing is
REFUSALS = {
    "stopped": ({"patient": instance("i-1")}, None),
    "running": ({"patient": instance("i-1", state="running")}, "i-1 is running: cure it while it is up by remediate --tags audit_stop"),
    "running_and_may_be_stopped": ({"patient": instance("i-1", state="running"), "audit_ec2_stop": True}, None),
    "marketplace": ({"patient": instance("i-1", codes=["aw0evgkw8e5c1q413zgy5pjce"])},
                    "i-1 comes from the marketplace (product code aw0evgkw8e5c1q413zgy5pjce): EC2 attaches its volume to a stopped "
                    "instance only; make a volume of a snapshot of it"),
    "another_zone": ({"patient": instance("i-1", zone="eu-west-1b")},
                     "i-2 is in eu-west-1a and i-1 in eu-west-1b: a volume is attached within one availability zone only"),
    "instance_store": ({"patient": instance("i-1"), "audit_ec2_volume": ""}, "the root device of i-1 is no EBS volume"),
    "not_attached": ({"patient": instance("i-1"), "audit_ec2_attaching": {"failed": True, "msg": "VolumeInUse"}},
                     "vol-1 cannot be attached to i-2: VolumeInUse"),
    "encrypted": ({"patient": instance("i-1"), "volume": {"encrypted": True, "kms_key_id": "arn:aws:kms:key/1"},
                   "audit_ec2_attaching": {"failed": True, "msg": "Client.InvalidVolume"}},
                  "vol-1 cannot be attached to i-2: Client.InvalidVolume; it is encrypted by arn:aws:kms:key/1, which this account has to "
                  "be allowed to use"),
}
JUDGES = ("Refuse what cannot be rescued in this way", "Say why it cannot be attached")


def test_what_cannot_be_rescued_is_said_plainly(tmp_path):
    """The playbook's own tasks that refuse, over what EC2 says of an instance; no cloud is asked."""
    [block] = yaml.safe_load((hardened.COLLECTION / "playbooks/tasks/ec2_out.yml").read_text())
    tasks = [task for task in block["block"] if task["name"] in JUDGES]
    assert len(tasks) == len(JUDGES)
    hosts = {}
    for name, (given, _said) in REFUSALS.items():
        known = {"ansible_connection": "local", "audit_ec2_instance": "i-1", "audit_ec2_helper": "i-2", "audit_ec2_volume": "vol-1",
                 "audit_ec2_attaching": {"failed": False}, "audit_ec2_volumes": {"volumes": [given.get("volume", {})]}, **given}
        hosts[name] = {**known, "audit_ec2_both": {"instances": [given["patient"], instance("i-2", state="running")]}}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    done = subprocess.run([sys.executable, "-m", "ansible", "playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml"], check=False,
                          capture_output=True, text=True, env=dict(os.environ, ANSIBLE_NOCOLOR="1"))
    said = {name: hardened.failures(done.stdout, name) for name in REFUSALS}
    for name, (_given, wanted) in REFUSALS.items():
        assert wanted in said[name] if wanted else not said[name], (name, said[name], done.stdout, done.stderr)
