# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package manager is told of a mode that a benchmark makes stricter: on Debian it keeps it, elsewhere it is on record."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import package_modes
from ansible_collections.auditops.auditd.plugins.module_utils._errors import NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import package_modes as recorded

RULES, CONF = "/etc/audit/rules.d/audit.rules", "/etc/audit/auditd.conf"


class PackagedHost(Host):
    """A host with these programs, whose commands answer as in C(answers): {argv as text: (rc, stdout)}."""

    def __init__(self, root, programs, answers):
        super().__init__(str(root))
        self.programs, self.answers, self.ran = programs, answers, []

    def which(self, program):
        return "/usr/bin/" + program if program in self.programs else None

    def run(self, argv):
        self.ran.append(" ".join(argv))
        if self.answers is None:
            raise NotAvailable("an offline tree")
        code, out = self.answers.get(self.ran[-1], (1, ""))
        return code, out, "" if code == 0 else "no"


ADD = f"dpkg-statoverride --add root root 0600 {RULES}"
CASES = {
    "Debian keeps it": (["dpkg-statoverride"], {f"dpkg-query -S {RULES}": (0, f"auditd: {RULES}\n"), ADD: (0, "")},
                        ["keeps mode 0600 over an upgrade of auditd"], True),
    "somebody changed the file": (["dpkg-statoverride"], {
        f"dpkg-query -S {RULES}": (0, f"auditd: {RULES}\n"), ADD: (0, ""),
        "dpkg --verify auditd": (0, f"??5?????? c {CONF}\n??5?????? c {RULES}\n")},
        ["keeps mode 0600 over an upgrade of auditd", "dpkg --verify auditd says ??5??????"], True),
    "an override is there": (["dpkg-statoverride"], {
        f"dpkg-query -S {RULES}": (0, f"auditd: {RULES}\n"), f"dpkg-statoverride --list {RULES}": (0, f"root root 0640 {RULES}\n")},
        ["left alone"], False),
    "Debian refuses": (["dpkg-statoverride"], {f"dpkg-query -S {RULES}": (0, f"auditd: {RULES}\n")}, ["did not take mode 0600"], True),
    "a file of no package": (["dpkg-statoverride"], {}, [], False),
    "rpm reports it": (["rpm"], {
        f"rpm -qf {RULES}": (0, "audit-3.1.5-1.el9\n"), "rpm -V audit-3.1.5-1.el9": (1, f".M.......  c {RULES}\n.M....... c {CONF}\n")},
        [f"{RULES}: rpm -V audit-3.1.5-1.el9 says .M......., because a benchmark asks for mode 0600"], False),
    "rpm has nothing to say": (["rpm"], {f"rpm -qf {RULES}": (0, "audit-3.1.5-1.el9\n"), "rpm -V audit-3.1.5-1.el9": (0, "")}, [], False),
    "an offline tree": (["dpkg-statoverride"], None, [], False),
    "neither": ([], {}, [], False),
}


@pytest.mark.parametrize("case", CASES)
def test_tell(tmp_path, case):
    programs, answers, said, added = CASES[case]
    host = PackagedHost(tmp_path, programs, answers)
    sentences = package_modes.tell(host, {RULES: 0o600})
    assert len(sentences) == len(said) and all(word in sentence for word, sentence in zip(said, sentences, strict=True))
    assert (ADD in host.ran) == added
    assert recorded.read(host) == ({RULES: "; ".join(sentences)} if said else {})


@pytest.mark.parametrize("text", ["", "[1]", "{", "null"])
def test_a_record_that_is_none(tmp_path, text):
    path = tmp_path / recorded.PATH[1:]
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert recorded.read(Host(str(tmp_path))) == {}


def test_what_was_recorded_before_stays(tmp_path):
    for name in (CONF, RULES):
        answers = {f"dpkg-query -S {name}": (0, f"auditd: {name}\n")}
        package_modes.tell(PackagedHost(tmp_path, ["dpkg-statoverride"], answers), {name: 0o600})
    assert set(recorded.read(Host(str(tmp_path)))) == {CONF, RULES}
    assert (tmp_path / recorded.PATH[1:]).stat().st_mode & 0o777 == 0o600
