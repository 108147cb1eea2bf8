# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lets others than root change rules, settings and logs is taken away by the module audit_rules, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
import struct

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import permissions as _permissions
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules as _rules
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import demands
from ansible_collections.auditops.auditd.plugins.module_utils._live import permissions as _live
from ansible_collections.auditops.auditd.plugins.modules import audit_rules
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can own a tree as a host does, and take it from others")

DEFAULTS = {name: option.get("default") for name, option in audit_rules.ARGUMENT_SPEC.items()}
FOREIGN = "/etc/audit/rules.d/70-foreign.rules"
LOG = "/var/log/audit/audit.log"
# tag, permission bits and id, as the kernel keeps an access control list: version 2, then the owner, uid 12, the group, the mask, others
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry) for entry in ((1, 6, 2**32 - 1), (2, 6, 12), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 0, 2**32 - 1)))


@pytest.fixture
def host(tmp_path):
    tmp_path.chmod(0o755)
    for path, text in {
        "/etc/audit/auditd.conf": "log_file = %s\n" % LOG, FOREIGN: "-w /etc/passwd -p wa -k identity\n", LOG: "", LOG + ".1": "",
        "/usr/sbin/auditctl": "", "/etc/passwd": "root:x:0:0::/:/bin/sh\n",
    }.items():
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o640)
    (tmp_path / "usr/sbin/auditctl").chmod(0o755)
    converge(Host(str(tmp_path)))
    return Host(str(tmp_path))


def converge(host, *, check_mode=False):
    return _rules.converge(host, dict(DEFAULTS, release="3.0.9", rules=["-w /etc/group -p wa -k group"]), check_mode=check_mode)


def owner_and_mode(host, path):
    found = os.stat(host.path(path))
    return found.st_uid, stat.S_IMODE(found.st_mode)


def loosen(host, path, uid, mode):
    os.chown(host.path(path), uid, -1)
    os.chmod(host.path(path), mode)


CURED = {  # path, owner and mode before, mode after
    "everybody writes to a foreign file": (FOREIGN, 0, 0o666, 0o644),
    "a group writes to a foreign file": (FOREIGN, 0, 0o660, 0o640),
    "a foreign file is somebody's": (FOREIGN, 1000, 0o600, 0o600),
    "a foreign file is somebody's and open": (FOREIGN, 1000, 0o606, 0o604),
    "audit.rules is somebody's": ("/etc/audit/audit.rules", 1000, 0o600, 0o600),
    "rules.d is open": ("/etc/audit/rules.d", 0, 0o777, 0o755),
    "rules.d has the sticky bit": ("/etc/audit/rules.d", 0, 0o1777, 0o1755),
    "/etc/audit is somebody's": ("/etc/audit", 1000, 0o755, 0o755),
    "auditd.conf is open": ("/etc/audit/auditd.conf", 0, 0o666, 0o644),
    "the log directory is open": ("/var/log/audit", 0, 0o770, 0o750),
    "a log is open": (LOG, 0, 0o622, 0o600),
    "a rotated log is somebody's": (LOG + ".1", 33, 0o440, 0o440),
}


@pytest.mark.parametrize("case", CURED)
def test_cured(host, case):
    path, uid, mode, after = CURED[case]
    loosen(host, path, uid, mode)
    checked = converge(host, check_mode=True)
    assert checked["changed"] and checked["permissions"] == [path] and owner_and_mode(host, path) == (uid, mode)
    assert {"before": {"owner": uid, "mode": "%04o" % mode}, "after": {"owner": 0, "mode": "%04o" % after},
            "before_header": path, "after_header": path} in checked["diff"]
    done = converge(host)
    assert done["changed"] and done["permissions"] == [path] and not done["problems"]
    assert owner_and_mode(host, path) == (0, after)
    again = converge(host)
    assert not again["changed"] and again["permissions"] == [] and again["diff"] == []


LEFT = {  # path, mode: no bit is added, no bit to read goes
    "a foreign file that all may read": (FOREIGN, 0o644),
    "a foreign file that nobody may read": (FOREIGN, 0o000),
    "a log for its readers": (LOG, 0o444),
    "a closed directory": ("/var/log/audit", 0o700),
    "a tool": ("/usr/sbin/auditctl", 0o777),
}


@pytest.mark.parametrize("case", LEFT)
def test_left(host, case):
    path, mode = LEFT[case]
    loosen(host, path, 0, mode)
    done = converge(host)
    assert not done["changed"] and done["permissions"] == [] and owner_and_mode(host, path) == (0, mode)


def test_a_list_of_others_keeps_its_mask(host):
    real = host.path(LOG)
    try:
        os.setxattr(real, "system.posix_acl_access", ACL)
    except OSError as error:
        pytest.skip("no access control lists here: %s" % error.strerror)
    assert owner_and_mode(host, LOG) == (0, 0o660)
    assert not converge(host)["changed"] and os.getxattr(real, "system.posix_acl_access") == ACL
    (item,) = findings(host)
    assert item["id"] == "disk.permissions.var.log.audit.audit.log" and "setfacl" in item["fix"] and "chmod go-w" not in item["fix"]
    os.chown(real, 12, -1)
    assert converge(host)["permissions"] == [LOG] and owner_and_mode(host, LOG) == (0, 0o660)


def findings(host):
    live, parsed = _drift.look(host, {"audit_rules": DEFAULTS}, "3.0.9")
    assert "permissions" not in live["unavailable"]
    return [item for item in _drift.compare(live, parsed, {"audit_rules": DEFAULTS})["items"] if item["id"].startswith("disk.permissions.")]


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_planted_link_is_not_followed(host, tmp_path, kind):
    """Where others could write, what lies there may lead to a file of theirs or of root's."""
    victim = tmp_path / "victim"
    victim.write_text("-w /etc/hosts -p wa -k hosts\n")
    loosen(host, "/victim", 1000, 0o666)
    place = host.path("/etc/audit/rules.d/80-link.rules")
    os.link(victim, place) if kind == "hard" else os.symlink("/victim", place)
    done = converge(host)
    assert done["permissions"] == [] and owner_and_mode(host, "/victim") == (1000, 0o666)


def test_what_was_replaced_meanwhile_is_left(host):
    loosen(host, FOREIGN, 0, 0o666)
    permissions = _permissions.Permissions(host, [FOREIGN])
    loosen(host, FOREIGN, 1000, 0o600)
    permissions.apply()
    assert not permissions.wanted and "run again" in permissions.problems[0]["reason"]
    assert owner_and_mode(host, FOREIGN) == (1000, 0o600)


def test_a_mode_that_cannot_be_set_does_not_hold_up_the_rules(host, monkeypatch):
    loosen(host, LOG, 0, 0o666)
    os.unlink(host.path("/etc/audit/audit.rules"))

    def refuse(_descriptor, _mode, _set=os.fchmod):
        if os.readlink("/proc/self/fd/%d" % _descriptor) == host.path(LOG):
            raise OSError(errno.EPERM, "Operation not permitted")
        _set(_descriptor, _mode)

    monkeypatch.setattr(os, "fchmod", refuse)
    done = converge(host)
    assert done["changed"] and done["permissions"] == [] and os.path.exists(host.path("/etc/audit/audit.rules"))
    assert [(problem["file"], problem["token"]) for problem in done["problems"]] == [(LOG, "permissions")]
    assert not converge(host)["changed"]


def test_lost_and_found_is_nobodys_foreign_file(host):
    """fsck's directory on a volume of its own, and one that is a log's by its name alone."""
    for directory in ("/var/log/audit", "/etc/audit/rules.d"):
        os.mkdir(host.path(directory) + "/lost+found", 0o700)
        loosen(host, directory + "/lost+found", 1000, 0o777)
    assert _live.look(host, "/var/log/audit/lost.log", []) == {}
    assert converge(host)["permissions"] == [] and findings(host) == []


LIBRARY = controls.library()
CONF, COMPILED, PLUGIN = "/etc/audit/auditd.conf", "/etc/audit/audit.rules", "/etc/audit/plugins.d/syslog.conf"
STRICTER = {  # profiles, path, (gid, mode) before, (gid, mode) after
    "a STIG wants 0600 of the distribution's rules": (["stig_rhel_9"], FOREIGN, (0, 0o640), (0, 0o600)),
    "CIS takes what all may read": (["cis_rhel_9"], FOREIGN, (0, 0o644), (0, 0o640)),
    "CIS leaves what is stricter": (["cis_rhel_9"], FOREIGN, (0, 0o400), (0, 0o400)),
    "the strictest of two": (["cis_rhel_9", "stig_rhel_9"], CONF, (0, 0o640), (0, 0o600)),
    "Debian's checkers want 0600 in rules.d": (["cis_debian_12"], FOREIGN, (0, 0o640), (0, 0o600)),
    "and 0640 beside it": (["cis_debian_12"], CONF, (0, 0o644), (0, 0o640)),
    "audit.rules": (["stig_rhel_9"], COMPILED, (0, 0o640), (0, 0o600)),
    "another group": (["cis_rhel_9"], CONF, (4, 0o640), (0, 0o640)),
    "a plugin's settings": (["cis_rhel_9"], PLUGIN, (0, 0o644), (0, 0o640)),
    "a benchmark that bounds nothing here": (["pci_dss"], FOREIGN, (4, 0o644), (4, 0o644)),
    "a log is auditd's to close": (["stig_rhel_9"], LOG, (0, 0o640), (0, 0o640)),
    "a tool is its package's": (["cis_rhel_9"], "/usr/sbin/auditctl", (0, 0o775), (0, 0o775)),
}


def under(host, profiles, *, check_mode=False, **params):
    return _rules.converge(host, dict(
        DEFAULTS, release="3.0.9", profiles=profiles, privileged="off", library=LIBRARY, **params), check_mode=check_mode)


def group_and_mode(host, path):
    found = os.stat(host.path(path))
    return found.st_gid, stat.S_IMODE(found.st_mode)


@pytest.mark.parametrize("case", STRICTER)
def test_a_chosen_benchmark_bounds_modes(host, case):
    profiles, path, before, after = STRICTER[case]
    real = host.path(path)
    os.makedirs(os.path.dirname(real), exist_ok=True)
    open(real, "a").close()
    os.chmod(real, 0o600)
    under(host, profiles)
    os.chown(real, 0, before[0])
    os.chmod(real, before[1])
    checked = under(host, profiles, check_mode=True)
    assert group_and_mode(host, path) == before
    assert checked["permissions"] == ([path] if before != after else [])
    done = under(host, profiles)
    assert done["permissions"] == checked["permissions"] and done["changed"] == (before != after)
    assert group_and_mode(host, path) == after
    assert not under(host, profiles)["changed"]


def test_an_exception_from_a_files_mode(host):
    under(host, ["stig_rhel_9"])
    os.chmod(host.path(FOREIGN), 0o644)
    register = [{"file": FOREIGN, "reason": "read by the scanner", "owner": "ops"}]
    assert under(host, ["stig_rhel_9"], exceptions=register)["permissions"] == []
    assert group_and_mode(host, FOREIGN) == (0, 0o644)


def reported(host, profiles):
    """({id: controls}, waived) of the files, under these profiles."""
    wanted = {"audit_rules": dict(DEFAULTS, profiles=profiles, privileged="off", library=LIBRARY), "benchmarks": demands.pack(LIBRARY)}
    live, parsed = _drift.look(host, wanted, "3.0.9")
    document = _drift.compare(live, parsed, wanted)
    return {item["id"]: item["controls"] for item in document["items"] if item["id"].startswith("disk.files.")}, document["waived"]


DRIFT = {  # profiles, path, (uid, gid, mode), controls
    "a foreign rules file": (["stig_rhel_9"], FOREIGN, (0, 0, 0o640), ["RHEL-09-653110"]),
    "auditd.conf of another group": (["stig_rhel_9"], CONF, (0, 4, 0o600), ["RHEL-09-232104"]),
    "auditd.conf of somebody, and open": (["stig_rhel_9"], CONF, (12, 0, 0o644), ["RHEL-09-232103", "RHEL-09-653110"]),
    "a log": (["stig_rhel_9"], LOG, (0, 0, 0o640), ["RHEL-09-653090"]),
    "the log directory": (["cis_rhel_9"], "/var/log/audit", (0, 0, 0o755), ["6.3.4.1"]),
    "a tool": (["cis_rhel_9"], "/usr/sbin/auditctl", (0, 5, 0o775), ["6.3.4.10", "6.3.4.8"]),
    "all as it has to be": (["cis_rhel_9"], FOREIGN, (0, 0, 0o640), []),
    "nobody asks": (["pci_dss"], FOREIGN, (0, 4, 0o644), []),
}


@pytest.mark.parametrize("case", DRIFT)
def test_drift_reports_what_is_looser(host, case):
    profiles, path, (uid, gid, mode), ids = DRIFT[case]
    under(host, profiles)
    for log, closed in ((LOG, 0o600), (LOG + ".1", 0o600), ("/var/log/audit", 0o700)):
        os.chmod(host.path(log), closed)
    os.chown(host.path(path), uid, gid)
    os.chmod(host.path(path), mode)
    items, waived = reported(host, profiles)
    name = "disk.files." + path[1:].replace("/", ".")
    assert items == ({name: [f"{profiles[0]}:{number}" for number in ids]} if ids else {})
    assert not [entry for entry in waived if entry["subject"] == path]


READ_MASK = struct.pack("<HHI", 16, 4, 2**32 - 1)


def test_a_list_that_lets_a_shipper_read_is_waived(host):
    under(host, ["stig_rhel_9"])
    real = host.path(CONF)
    try:
        os.setxattr(real, "system.posix_acl_access", ACL.replace(struct.pack("<HHI", 16, 6, 2**32 - 1), READ_MASK))
    except OSError as error:
        pytest.skip("no access control lists here: %s" % error.strerror)
    items, waived = reported(host, ["stig_rhel_9"])
    assert "disk.files.etc.audit.auditd.conf" not in items
    (entry,) = [entry for entry in waived if entry["subject"] == CONF]
    assert entry["reason"] == "read by user 12 for shipping" and entry["controls"] == ["stig_rhel_9:RHEL-09-653110"]
    assert under(host, ["stig_rhel_9"])["permissions"] == []
