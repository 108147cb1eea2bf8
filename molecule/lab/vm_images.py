# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk images of Debian 12 and 13 that boot under qemu: ``vm_images.py [IMAGE...]`` builds what is missing and prints their directory.

An image has systemd, its own kernel, auditd, sshd and Python; the word behind the dash of a name adds what MORE has for it. An image
is three files: NAME.img (raw, ext4, no partitions), NAME.vmlinuz and NAME.initrd. One takes two to three minutes; afterwards it is reused.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import lab

IMAGES = {"debian12": "bookworm", "debian12-cron": "bookworm", "debian13": "trixie", "debian13-cron": "trixie", "debian13-lvm": "trixie"}
DIRECTORY = lab.CACHE / "images"
KEY = lab.CACHE / "ssh_key"
SIZE = "2500M"
PACKAGES = ["auditd", "dbus", "e2fsprogs", "initramfs-tools", "iproute2", "kmod", "linux-image-cloud-amd64", "logrotate", "openssh-server",
            "procps", "python3", "systemd-sysv", "udev", "zstd"]
MORE = {"cron": ["cron"], "lvm": ["fdisk", "lvm2", "xfsprogs"]}
# An initramfs with the four drivers that qemu's devices want is built and unpacked in a tenth of the time of a full one.
BEFORE = """set -eu; root=$1
mkdir -p "$root/etc/initramfs-tools/conf.d"
printf 'MODULES=list\\nCOMPRESS=zstd\\nCOMPRESSLEVEL=1\\n' > "$root/etc/initramfs-tools/conf.d/lab"
printf 'virtio_blk\\nvirtio_pci\\nvirtio_net\\next4\\n' > "$root/etc/initramfs-tools/modules"
"""
# The journal is kept on disk: what a host said before it powered itself off is evidence.
AFTER = """set -eu; root=$1; key=$2
install -d -m 0700 "$root/root/.ssh"; install -m 0600 "$key" "$root/root/.ssh/authorized_keys"
printf '[Match]\\nName=eth* en*\\n[Network]\\nDHCP=ipv4\\nLinkLocalAddressing=no\\n' > "$root/etc/systemd/network/10-lab.network"
printf '/dev/vda / ext4 defaults,noatime 0 1\\n' > "$root/etc/fstab"
echo lab > "$root/etc/hostname"; echo '127.0.0.1 localhost lab' > "$root/etc/hosts"
chroot "$root" systemctl enable systemd-networkd ssh auditd
install -d "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
printf '[Journal]\\nStorage=persistent\\nSystemMaxUse=32M\\n' > "$root/etc/systemd/journald.conf.d/lab.conf"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/*
# What only costs boot time under emulation
for unit in systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
"""


def key() -> Path:
    """The key that opens every machine of this lab, made here; its public half is in the images."""
    with lab.lock("ssh-key"):
        if not KEY.exists():
            lab.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "auditops-lab", "-f", KEY)
    return KEY


def build(name: str) -> Path:
    """The image of this name, built where it is not there or where its recipe has changed."""
    image = DIRECTORY / f"{name}.img"
    packages = [*PACKAGES, *MORE.get(name.partition("-")[2], [])]
    public = key().with_suffix(".pub")
    recipe = lab.digest(name, *packages, SIZE, BEFORE, AFTER, public.read_text(encoding="ascii"))
    with lab.lock(f"image-{name}"):
        if not lab.is_built(image, recipe):
            lab.need("mmdebstrap", "mke2fs", "qemu-img", "qemu-system-x86_64")
            print(f"building {image}", file=sys.stderr, flush=True)
            DIRECTORY.mkdir(parents=True, exist_ok=True)
            _build(image, IMAGES[name], packages, public)
            lab.built(image, recipe)
    return image


def _build(image: Path, suite: str, packages: list[str], public: Path) -> None:
    root = image.with_suffix(".root")
    lab.discard(root)
    scripts = {name: image.with_suffix(f".{name}.sh") for name in ("before", "after")}
    scripts["before"].write_text(BEFORE, encoding="ascii")
    scripts["after"].write_text(AFTER, encoding="ascii")
    hooks = [f'--setup-hook=sh {scripts["before"]} "$1"', f'--customize-hook=sh {scripts["after"]} "$1" {public}']
    lab.bootstrap(suite, root, packages, hooks)
    for kind, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd", "initrd.img-*")):
        shutil.copy(next((root / "boot").glob(pattern)), image.with_suffix(f".{kind}"))
    image.unlink(missing_ok=True)
    lab.run("mke2fs", "-q", "-t", "ext4", "-d", root, "-L", "root", image, SIZE)
    lab.discard(root)
    for script in scripts.values():
        script.unlink()


def main() -> int:
    status = lab.build_each("image", sys.argv[1:] or list(IMAGES), IMAGES, build)
    if status == 0:
        print(DIRECTORY)
    return status


if __name__ == "__main__":
    sys.exit(main())
