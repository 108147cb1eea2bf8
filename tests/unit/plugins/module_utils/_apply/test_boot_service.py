# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd out of the boot and back: whatever the start system and whoever wrote the units, what comes back is what was there."""

from __future__ import annotations

import contextlib
import itertools
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import boot_service
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import units
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import services
from fake_host import FakeHost

UNIT = "[Service]\nExecStart=/sbin/auditd\n[Install]\nWantedBy=multi-user.target\n"
OWN = UNIT.replace("/sbin/auditd", "/sbin/auditd -s nochange")
WANTS = "/etc/systemd/system/multi-user.target.wants/"
VENDOR = "/usr/lib/systemd/system/"


def put(root, path, text="", mode=0o644):
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    target.chmod(mode)


def link(root, path, target):
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def rhel(root):
    put(root, "/usr/lib/systemd/systemd", "", 0o755)
    put(root, "/sbin/auditd", "", 0o755)
    put(root, VENDOR + "auditd.service", UNIT)
    link(root, WANTS + "auditd.service", VENDOR + "auditd.service")
    put(root, "/etc/audit/audit.rules", "-D\n-f 2\n")


def debian_13(root):
    rhel(root)
    put(root, VENDOR + "audit-rules.service", UNIT)
    link(root, WANTS + "audit-rules.service", VENDOR + "audit-rules.service")


def own_unit(root):
    rhel(root)
    put(root, "/etc/systemd/system/auditd.service", OWN, 0o640)


def sysvinit(root):
    put(root, "/sbin/auditd", "", 0o755)
    put(root, "/etc/init.d/auditd", "#!/bin/sh\n", 0o755)
    for level in "2345":
        link(root, f"/etc/rc{level}.d/S01auditd", "../init.d/auditd")
    link(root, "/etc/rc0.d/K01auditd", "../init.d/auditd")


SYSTEMS = [rhel, debian_13, own_unit, sysvinit]


def state(root):
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith("var") or path.is_dir() and not path.is_symlink():
            continue
        found[name] = os.readlink(path) if path.is_symlink() else (path.read_bytes(), path.stat().st_mode)
    return found


@pytest.mark.parametrize("build", SYSTEMS)
def test_out_of_the_boot_and_back(tmp_path, build):
    build(tmp_path)
    host = Host(str(tmp_path))
    before = state(tmp_path)
    done = boot_service.converge(host, "disabled")
    assert done["changed"] and not services.enabled(host)
    if host.has_systemd:
        assert units.is_masked(host, units.AUDITD)
    after = state(tmp_path)
    assert {name: value for name, value in after.items() if name.startswith("usr/lib")} == {
        name: value for name, value in before.items() if name.startswith("usr/lib")}, "no unit of a package is touched"
    assert not boot_service.converge(host, "disabled")["changed"] and state(tmp_path) == after
    assert boot_service.converge(host, "enabled")["changed"] and services.enabled(host)
    rules = {"etc/audit/audit.rules"} & set(before)
    assert {name: value for name, value in state(tmp_path).items() if name not in rules} == {
        name: value for name, value in before.items() if name not in rules}
    assert not boot_service.converge(host, "enabled")["changed"]


def test_an_own_unit_is_not_moved_to_where_a_volume_will_hide_it(tmp_path):
    """A rescue with /var not mounted: what lay below it would be gone for a host that mounts it, and its unit with it."""
    own_unit(tmp_path)
    before = state(tmp_path)
    (tmp_path / "etc/fstab").write_text("UUID=1 / xfs defaults 0 0\nUUID=2 /var xfs defaults 0 0\n")
    (tmp_path / "var").mkdir(exist_ok=True)
    boot_service.converge(Host(str(tmp_path)), "disabled")
    assert list((tmp_path / "var").iterdir()) == []
    (tmp_path / "etc/fstab").unlink()  # as if the host ran, with its /var
    host = Host(str(tmp_path))
    assert not boot_service.converge(host, "disabled")["changed"]
    assert boot_service.converge(host, "enabled")["changed"] and services.enabled(host)
    others = ("etc/auditops-boot", "etc/audit/audit.rules")  # its own store, and the rules without their panic
    left, had = ({name: value for name, value in one.items() if not name.startswith(others)} for one in (state(tmp_path), before))
    assert left == had


def test_the_panic_goes_with_auditd(tmp_path):
    rhel(tmp_path)
    boot_service.converge(Host(str(tmp_path)), "disabled")
    assert "-f 1" in (tmp_path / "etc/audit/audit.rules").read_text()


@pytest.mark.parametrize("build", SYSTEMS)
@pytest.mark.parametrize("service", ["keep", "disabled", "enabled"])
def test_check_mode_changes_nothing(tmp_path, build, service):
    build(tmp_path)
    before = state(tmp_path)
    boot_service.converge(Host(str(tmp_path)), service, check_mode=True)
    assert state(tmp_path) == before and not (tmp_path / "var").exists()


@pytest.mark.parametrize("build", SYSTEMS)
@pytest.mark.parametrize("service", ["disabled", "enabled"])
def test_a_run_that_was_killed_is_finished_by_the_next(tmp_path, monkeypatch, build, service):
    """Killed before its first, second, ... change: the next run ends where an uninterrupted one does."""
    class Killed(BaseException):
        pass

    build(tmp_path / "whole")
    boot_service.converge(Host(str(tmp_path / "whole")), "disabled")
    if service == "enabled":
        boot_service.converge(Host(str(tmp_path / "whole")), "enabled")
    for moment in range(1, 7):
        root = tmp_path / str(moment)
        build(root)
        if service == "enabled":
            boot_service.converge(Host(str(root)), "disabled")
        calls = itertools.count(1)

        def act(function, moment=moment, calls=calls):
            def wrapped(*args):
                if next(calls) == moment:
                    raise Killed
                return function(*args)
            return wrapped

        with monkeypatch.context() as patch:
            patch.setattr(boot_service, "ACTIONS", {name: act(function) for name, function in boot_service.ACTIONS.items()})
            with contextlib.suppress(Killed):
                boot_service.converge(Host(str(root)), service)
        boot_service.converge(Host(str(root)), service)
        assert state(root) == state(tmp_path / "whole"), moment


def test_a_mask_of_others_is_kept_unasked_and_taken_away_when_asked(tmp_path):
    rhel(tmp_path)
    link(tmp_path, "/etc/systemd/system/auditd.service", "/dev/null")
    host = Host(str(tmp_path))
    assert not boot_service.converge(host, "keep")["changed"] and units.is_masked(host, units.AUDITD)
    assert boot_service.converge(host, "enabled")["steps"] == ["unmask /etc/systemd/system/auditd.service"]


def test_a_tree_never_linked_gets_the_link_of_its_install_section(tmp_path):
    rhel(tmp_path)
    (tmp_path / (WANTS + "auditd.service").lstrip("/")).unlink()
    boot_service.converge(Host(str(tmp_path)), "enabled")
    assert os.readlink(tmp_path / (WANTS + "auditd.service").lstrip("/")) == VENDOR + "auditd.service"


def test_a_deleted_unit_is_named_in_a_tree_and_reinstalled_on_a_host(tmp_path):
    rhel(tmp_path)
    (tmp_path / (VENDOR + "auditd.service").lstrip("/")).unlink()
    with pytest.raises(AuditError, match="was deleted.*apt-get install --reinstall auditd"):
        boot_service.converge(Host(str(tmp_path)), "enabled")
    host = FakeHost(str(tmp_path))
    put(tmp_path, "/run/systemd/system/x", "")
    host.install("dnf", lambda *arguments: put(tmp_path, VENDOR + "auditd.service", UNIT) or (0, "", ""))
    assert boot_service.converge(host, "enabled")["steps"] == ["reinstall auditd.service"]
    assert [command[1:] for command in host.ran] == [["reinstall", "-y", "audit"]]


def test_a_live_host_is_reloaded(tmp_path):
    rhel(tmp_path)
    put(tmp_path, "/run/systemd/system/x", "")
    host = FakeHost(str(tmp_path))
    host.install("systemctl", lambda *arguments: (0, "", ""))
    boot_service.apply(host, boot_service.plan(host, "disabled"))
    assert [command[1:] for command in host.ran] == [["daemon-reload"]]
