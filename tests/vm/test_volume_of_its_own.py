# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM and ext4 with the tools and the kernel of a host: the log's volume grows, gets a sister of its own, and is there after a reboot."""

from __future__ import annotations

import json

# A disk of 1 GiB, a partition of 300 MiB, a volume group on it, and /var/log on a logical volume of 150 MiB
LAYOUT = """set -e; service auditd stop; umount /var/log/audit; sed -i /auditlog/d /etc/fstab; wipefs -qa /dev/vdb
printf 'label: gpt\\nstart=2048,size=614400\\n' | sfdisk -q /dev/vdb; udevadm settle
pvcreate -q /dev/vdb1; vgcreate -q vg /dev/vdb1; lvcreate -q -y -n log -L 152M vg; mkfs.ext4 -q /dev/vg/log
mount /dev/vg/log /mnt; cp -a /var/log/. /mnt/; umount /mnt; mount /dev/vg/log /var/log
echo "/dev/vg/log /var/log ext4 defaults 0 2" >> /etc/fstab; systemctl daemon-reload; systemctl restart systemd-journald
install -d -m 0700 /var/log/audit; service auditd start"""
# An emulated machine on a busy one takes minutes until udev has seen its disks: that is no missing volume
PATIENT = """set -e; mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\nDefaultDeviceTimeoutSec=30min\\nDefaultTimeoutStartSec=30min\\n' > /etc/systemd/system.conf.d/patient.conf"""
# Numbered messages to the kernel, as fast as it takes them, until the file is gone
LOAD = """import os, socket, struct
channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9); number = 0
open('/run/load', 'w').close()
while os.path.exists('/run/load'):
    text = b'op=auditops-vm n=%d end' % number
    channel.send(struct.pack('=IHHII', 16 + len(text), 1107, 5, number, 0) + text); channel.recv(4096); number += 1
open('/run/sent', 'w').write(str(number))"""
COUNT = r"cat /var/log/audit/audit.log* | grep -o 'op=auditops-vm n=[0-9]*' | sort | uniq -c | awk '{print $1}' | sort | uniq -c"
SIZES = "lsblk -bnro NAME,SIZE /dev/vdb; findmnt -bnro TARGET,SOURCE,OPTIONS,SIZE -T /var/log/audit"


def grown(story, changed: int, **variables) -> str:
    done = story.play("grow", **variables)
    assert done.returncode == 0 and f"changed={changed} " in done.stdout, done.stdout[-2000:]
    return story.machine.run(script=SIZES).stdout


def sizes(text: str) -> dict[str, int]:
    return {line.split()[0]: int(line.split()[1]) >> 20 for line in text.splitlines() if not line.startswith("/")}


def test_lvm_grows_and_the_log_gets_a_volume_of_its_own_that_is_there_after_a_reboot(host):
    story = host("debian13-lvm", 1024)
    machine = story.machine
    machine.run(script=PATIENT)
    machine.run(script=LAYOUT)
    assert sizes(machine.run(script=SIZES).stdout) == {"vdb": 1024, "vdb1": 300, "vg-log": 152}

    # what the group has; then what lies behind the partition
    assert sizes(grown(story, 1, audit_storage_size="200M"))["vg-log"] == 200
    found = sizes(grown(story, 1, audit_storage_size="400M"))
    assert found["vg-log"] == 400 and found["vdb1"] > 1000
    assert int(machine.run(script="df -BM --output=size /var/log | tail -n 1").stdout.strip(" M\n")) > 340, "ext4 has grown"
    grown(story, 0, audit_storage_size="400M")

    # free space with traces of an older filesystem is nobody's to format
    machine.run(script="lvcreate -q -y -n old -L 100M vg && mkfs.ext4 -q /dev/vg/old && lvremove -q -y vg/old")
    refused = story.play("grow", audit_storage_separate=True, audit_storage_size="300M")
    assert refused.returncode != 0 and "traces of something older" in refused.stdout and "audit_log" not in machine.run(script="lvs").stdout
    machine.run(script="lvcreate -q -y -Wn -Zn -n old -L 100M vg && wipefs -qa /dev/vg/old && lvremove -q -y vg/old")

    # a volume of its own, while the kernel sends what it can
    before = machine.run(script="auditctl -s | grep ^lost").stdout  # what the setup lost while auditd was stopped
    machine.run(script=f"auditctl -b 65536 > /dev/null; nohup setsid python3 -c \"{LOAD}\" > /tmp/load 2>&1 < /dev/null & sleep 2")
    text = grown(story, 1, audit_storage_separate=True, audit_storage_size="300M")
    machine.run(script="rm /run/load; for n in 1 2 3 4 5 6 7 8 9; do test -s /run/sent && break; sleep 1; done; sleep 3")
    assert "/var/log/audit /dev/mapper/vg-audit_log " in text and "nodev" in text and "noexec" in text, text
    sent = int(machine.run(script="cat /run/sent").stdout)
    assert machine.run(script=COUNT).stdout.split() == [str(sent), "1"], "each of them once"
    assert sent > 1000 and machine.run(script="auditctl -s | grep ^lost").stdout == before
    assert machine.run(script="mount --bind /var/log /mnt; ls /mnt/audit; umount /mnt").stdout == "", "nothing is left below"

    machine.reboot()
    assert story.is_audited()
    assert "/dev/mapper/vg-audit_log" in machine.run(script="findmnt -nro SOURCE /var/log/audit").stdout
    assert "/var/log/audit/audit.log" in machine.run(script="readlink /proc/$(pidof auditd)/fd/*; stat -c %m /var/log/audit").stdout
    held = json.loads(machine.run(script="findmnt -J /var/log/audit").stdout)["filesystems"][0]
    assert held["fstype"] == "ext4"
    grown(story, 0, audit_storage_separate=True, audit_storage_size="300M")

    # and a host whose volume is missing boots all the same, once its device was waited for, and is audited
    machine.run(script="rm /etc/systemd/system.conf.d/patient.conf; systemctl daemon-reexec")
    machine.run(script="lvchange -an vg/audit_log || (service auditd stop; umount /var/log/audit; lvchange -an vg/audit_log);"
                " lvchange --setactivationskip y vg/audit_log")
    machine.reboot()
    assert story.is_audited() and machine.run(script="mountpoint -q /var/log/audit", check=False).returncode != 0
