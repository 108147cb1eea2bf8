# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next boot would load of rules.d, against what the policy says: words of other files, lines that stop the load, odd names."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled, files, quarantine
from rules_tree import Tree

WATCH, OTHER = "-w /etc/passwd -p wa -k id", "-w /etc/group -p wa -k id"
RULES_D = "etc/audit/rules.d/"
ROLE = {  # what role audit_rules asks with nothing set
    "rules": [], "failure_policy": "keep_running", "control": {"failure": 1},
    "control_defaults": {"backlog_limit": 8192, "backlog_wait_time": 60000}, "immutable": "keep",
}


def role(**changes):
    return {**ROLE, **changes}


def severities(tree, **wanted):
    return {name: item["severity"] for name, item in tree.drifted(**wanted).items() if item["severity"] != "info"}


def boot(tree):
    """What auditctl -R makes of the compiled file."""
    return compiled.parse_rules_file((tree.root / "etc/audit/audit.rules").read_text(), machine="x86_64").control


# another file's name and text, what is asked beside the role's defaults -> the finding before, what the boot sets afterwards
WORDS = [
    ("zz-last.rules", "-e 0\n", {}, "e", {"-e": "1", "-f": "1", "-b": "8192"}),
    ("zz-last.rules", "-b 320\n", {}, "b", {"-b": "8192"}),
    ("zz-last.rules", "-f 0\n", {}, "f", {"-f": "1"}),
    ("zz-last.rules", "-f 2\n", {}, "f", {"-f": "1"}),
    ("zz-last.rules", "-r 5\n", {"control": {"rate_limit": 0}}, "r", {"-r": "0"}),
    ("zz-last.rules", "--backlog_wait_time 1\n", {"control": {"backlog_wait_time": 7}}, "backlog_wait_time", {"--backlog_wait_time": "7"}),
    ("zz-last.rules", "--backlog_wait_time 1\n", {}, None, {"--backlog_wait_time": "1"}),
    ("zz-last.rules", "-b 100 -f 2\n", {}, "b", {"-f": "1", "-b": "8192"}),
    ("10-lock.rules", "-e 2\n", {}, None, {"-e": "2"}),
    ("zz-last.rules", "-e 2\n", {}, None, {"-e": "2"}),
    ("zz-last.rules", "-e 2\n", {"immutable": "false"}, "e", {"-e": "1"}),
    ("10-lock.rules", "-e 1\n", {"immutable": "true"}, None, {"-e": "2"}),
    ("zzzz-last.rules", "-e 1\n", {"immutable": "true"}, "e", {"-e": "2"}),
    ("10-b.rules", "-b 16384\n", {}, None, {"-b": "16384"}),
    ("10-b.rules", "-b 16384\n", {"control": {"backlog_limit": 9000}}, None, {"-b": "9000"}),
    ("11-loginuid.rules", "--loginuid-immutable\n", {}, None, {"--loginuid-immutable": True}),
    ("zzzzzzzzzzz.rules", "-f 2\n", {}, None, {"-f": "1"}),
    ("zz-z.rules", "-f 2\n", {}, "f", {"-f": "1"}),
    ("zz------.rules", "-f 2\n", {}, "f", {"-f": "1"}),
    ("_under.rules", "-f 2\n", {}, "f", {"-f": "1"}),
    ("}.rules", "-e 0\n", {}, "e", {"-e": "1"}),
    ("\u00e9.rules", "-e 0\n", {}, "e", {"-e": "1"}),
]


@pytest.mark.parametrize(("name", "text", "asked", "finding", "result"), WORDS)
def test_only_what_the_user_sets_beats_other_files_and_defaults_never_weaken(tmp_path, name, text, asked, finding, result):
    wanted = dict(ROLE, **asked)
    tree = Tree(tmp_path)
    tree.apply(**ROLE)
    tree.write(RULES_D + name, text)
    found = severities(tree, **wanted)
    if finding:  # the intruder comes after the role has run
        assert found["disk.rules_d.control." + finding] == "high"
    tree.apply(**wanted)
    assert {word: boot(tree)[word] for word in result} == result
    assert severities(tree, **wanted) == {} and not tree.apply(**wanted)["changed"]
    ours = [path for path in tree.rules_d() if path.endswith("auditops-finalize.rules")]
    behind = max(tree.rules_d(), key=compiled.natural_key)
    assert len(ours) == 1 and (behind == ours[0] or behind.endswith(name) and not finding), "ours is last where another file beats it"


def test_a_word_that_mawk_leaves_behind_ours_is_beaten(tmp_path):
    tree = Tree(tmp_path)
    (tmp_path / "usr/bin/mawk").write_text("")
    (tmp_path / "usr/bin/awk").symlink_to("mawk")
    tree.write(RULES_D + "50-x.rules", "  -f 2\n")
    tree.apply(**ROLE)
    assert boot(tree)["-f"] == "1" and severities(tree, **ROLE) == {}


# what stands in rules.d -> the line where the load stops, how many rules survive, words of the reason
STOPS = {
    "missing directory": (WATCH + "\n-w /var/lib/nope/a -p wa\n" + OTHER, 2, 1, "no directory /var/lib/nope"),
    "missing directory of dir=": ("-a always,exit -F dir=/var/nope -F perm=wa\n" + WATCH, 1, 0, "no directory /var/nope"),
    "unknown user": (WATCH + "\n" + OTHER + "\n-a never,exit -S all -F uid=chrony\n", 3, 2, "Unknown user: chrony"),
    "unknown call": ("-a always,exit -S opne\n" + WATCH, 1, 0, "Syscall name unknown"),
    "duplicate in another spelling": (WATCH + "\n-a always,exit -F path=/etc/passwd -F perm=wa -F key=id\n", 2, 1, "Rule exists"),
    "tab": (WATCH + "\n\t\t\n" + OTHER, 2, 1, "no option"),
    "typo": ("-a alwys,exit -S open\n", 1, 0, "bad keyword"),
    "a shell's >": ("-a always,exit -S execve -F auid -F auid!=4294967295 -k exec\n", 1, 0, "-F missing operation"),
    "two paths": (WATCH + "\n-a always,exit -F path=/etc/a -F path=/etc/b -F perm=wa\n", 2, 1, "not path and path"),
    "path and dir": ("-a always,exit -F path=/etc/a -F dir=/etc -F perm=wa\n", 1, 0, "not path and dir"),
}


@pytest.mark.parametrize(("text", "line", "survive", "reason"), STOPS.values(), ids=STOPS)
def test_a_load_that_stops_is_critical_with_its_place_and_reason(tmp_path, text, line, survive, reason):
    tree = Tree(tmp_path)
    tree.apply(**ROLE)
    tree.write(RULES_D + "50-x.rules", text if text.endswith("\n") else text + "\n")
    found = tree.drifted(**ROLE)["disk.rules_d.aborts"]
    assert found["severity"] == "critical" and found["actual"].startswith("/etc/audit/rules.d/50-x.rules line %d: " % line)
    assert reason in found["why"] and " %d of " % survive in found["why"] and "auditd does not start" not in found["why"]
    tree.apply(**ROLE)
    skipped = tree.drifted(**ROLE)["disk.rules_d.skipped"]
    assert severities(tree, **ROLE) == {"disk.rules_d.skipped": "high"}
    assert skipped["actual"][0].startswith("/etc/audit/rules.d/50-x.rules line %d: " % line) and reason in skipped["actual"][0]
    skipping = dict(ROLE, on_error="skip")
    assert severities(tree, **skipping) == {} and "disk.rules_d.skipped" in tree.drifted(**skipping)
    assert not tree.apply(**ROLE)["changed"] and not tree.apply(**skipping)["changed"]
    tree.write(RULES_D + "50-x.rules", WATCH + "\n")
    tree.apply(**ROLE)
    assert "00-auditops-continue.rules" not in tree.rules_d()


def test_no_newline_at_the_end_of_a_file_stops_the_load_in_the_next(tmp_path):
    tree = Tree(tmp_path)
    tree.write(RULES_D + "50-x.rules", WATCH)
    tree.write(RULES_D + "60-y.rules", OTHER + "\n")
    assert "50-x.rules line 1" in tree.drifted(**ROLE)["disk.rules_d.aborts"]["actual"]


@pytest.mark.parametrize(("release", "word"), [("4.0.2", "-i"), ("4.0.3", "-c"), ("3.0.9", "-c")])
def test_skipped_lines_do_not_take_auditd_down_with_audit_4(tmp_path, release, word):
    tree = Tree(tmp_path, "debian_13")
    tree.release = release
    tree.write(RULES_D + "50-x.rules", "-w /var/lib/nope/a -p wa\n")
    tree.apply(**role())
    assert word in (tmp_path / "etc/audit/audit.rules").read_text().split("\n")


@pytest.mark.parametrize(("words", "takes_auditd"), [("", True), ("-c\n", True), ("-i\n", False)])
def test_auditd_that_requires_its_rules(tmp_path, words, takes_auditd):
    tree = Tree(tmp_path, "debian_13")
    tree.write("usr/lib/systemd/system/auditd.service", "[Unit]\nRequires=audit-rules.service\nAfter=audit-rules.service\n")
    tree.write(RULES_D + "50-x.rules", words + "-w /var/lib/nope/a -p wa\n")
    found = tree.drifted(**ROLE).get("disk.rules_d.aborts")
    assert (found is not None and "auditd does not start" in found["why"]) == takes_auditd


def odd(tree, kind):
    path = tree.root / RULES_D / "99-x.rules"
    {"directory": path.mkdir, "pipe": lambda: os.mkfifo(path), "dangling link": lambda: path.symlink_to("/no/where"),
     "loop": lambda: path.symlink_to("99-x.rules")}[kind]()


@pytest.mark.parametrize(("kind", "severity"), [("directory", None), ("pipe", "critical"), ("dangling link", "medium"), ("loop", "medium")])
def test_an_odd_name_blocks_neither_role_nor_check(tmp_path, kind, severity):
    tree = Tree(tmp_path)
    tree.write(RULES_D + "50-x.rules", WATCH + "\n")
    odd(tree, kind)
    tree.apply(**role(rules=[OTHER]))
    text = (tmp_path / "etc/audit/audit.rules").read_text()
    assert WATCH in text and OTHER in text and not tree.apply(**role(rules=[OTHER]))["changed"]
    found = tree.drifted(**role(rules=[OTHER]))
    assert set(found) == {"disk.rules_d_odd.99-x.rules"}
    assert found["disk.rules_d_odd.99-x.rules"]["severity"] == (severity or "info")


def test_what_was_asked_for_and_left_out_is_a_finding(tmp_path):
    tree = Tree(tmp_path)
    wanted = role(rules=[WATCH, "-w /opt/app/secrets/key -p wa -k app"])
    tree.apply(**wanted)
    found = tree.drifted(**wanted)
    assert set(found) == {"disk.rules_d.left_out"} and found["disk.rules_d.left_out"]["severity"] == "medium"
    assert found["disk.rules_d.left_out"]["actual"] == [
        "/opt/app/secrets/key: there is no directory /opt/app/secrets for /opt/app/secrets/key to be in"]
    (tmp_path / "opt/app/secrets").mkdir(parents=True)
    tree.apply(**wanted)
    assert tree.drifted(**wanted) == {}


REFUSED = {
    "-w /home/*/.ssh/authorized_keys -p wa -k ssh": "takes neither wildcards",
    "-w /etc/cron.* -p wa -k cron": "takes neither wildcards",
    "-a always,exit -F path=/a -F dir=/etc -F perm=wa": "takes one path, dir or inode",
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.items())
def test_what_no_kernel_takes_is_refused_in_the_words_of_the_user(tmp_path, line, reason):
    tree = Tree(tmp_path)
    with pytest.raises(AuditError, match=r"audit_rules_extra\[1\] .*%s.*nothing was changed" % reason):
        tree.apply(**role(rules=[WATCH, line]))
    assert tree.rules_d() == {}


def test_rules_that_stand_only_in_audit_rules_are_kept_and_reported(tmp_path):
    tree = Tree(tmp_path)
    handwritten = "-D\n-b 320\n-w /etc/passwd -p wa -k id\n"
    tree.write("etc/audit/audit.rules", handwritten)
    assert tree.drifted(**ROLE)["compiled.audit_rules.only_there"]["severity"] == "high"
    result = tree.apply(**ROLE)
    assert result["previous"] == "/etc/audit/audit.rules.prev"
    assert (tmp_path / "etc/audit/audit.rules.prev").read_text() == handwritten
    assert result["taken_over"] == "/etc/audit/rules.d/60-from-audit-rules.rules"
    assert "\n-w /etc/passwd -p wa -k id\n-b 320\n" in (tmp_path / result["taken_over"].lstrip("/")).read_text()
    assert "-w /etc/passwd -p wa -k id\n" in (tmp_path / "etc/audit/audit.rules").read_text()
    assert tree.drifted(**ROLE) == {}
    again = tree.apply(**ROLE)
    assert (again["changed"], again["previous"], again["taken_over"]) == (False, None, None)
    adopted = role(rules=[WATCH])
    tree.apply(**adopted)
    assert tree.drifted(**adopted) == {}


def test_a_later_delete_of_all_is_reported(tmp_path):
    tree = Tree(tmp_path)
    (tmp_path / "usr/bin/mawk").write_text("")
    (tmp_path / "usr/bin/awk").symlink_to("mawk")
    tree.apply(**role(rules=[WATCH]))
    tree.write(RULES_D + "99-theirs.rules", "  -D\n" + OTHER + "\n")
    found = tree.drifted(**role(rules=[WATCH]))["disk.rules_d.deleted"]
    assert found["severity"] == "high" and "99-theirs.rules line 1" in found["actual"][0]


def test_a_quarantine_that_would_unlock_the_host_is_refused(tmp_path):
    tree = Tree(tmp_path)
    tree.write(RULES_D + "10-lock.rules", "-e 2\n")
    wanted = role(purge="quarantine")
    with pytest.raises(AuditError, match="10-lock.rules.*-e 2.*nothing was changed"):
        tree.apply(**wanted)
    assert list(tree.rules_d()) == ["10-lock.rules"]
    tree.apply(**{**wanted, "immutable": "true"})
    assert boot(tree)["-e"] == "2"


def test_a_quarantine_that_loses_no_rule_of_the_benchmark_is_done(tmp_path):
    tree = Tree(tmp_path)
    wanted = {"profiles": ["cis_debian_12"], "purge": "quarantine"}
    (line,) = [line for line in tree.apply(profiles=["cis_debian_12"])["after"]["rules"] if "/etc/passwd" in line][:1]
    assert line not in tree.apply(profiles=["cis_debian_12"], skip=["key:identity"])["after"]["rules"]
    tree.write(RULES_D + "50-theirs.rules", line + "\n")
    (tmp_path / "etc/audit/rules.d/30-auditops-identity.rules").unlink(missing_ok=True)
    result = tree.apply(**wanted)  # our own file has the rule: nothing is lost
    assert result["quarantined"] == ["/etc/audit/rules.d/50-theirs.rules"]


def test_a_quarantine_that_would_lose_rules_of_the_benchmark_is_refused(tmp_path):
    """Ours has a rule only as a comment, because the kernel refused it once; the other file has it in force."""
    tree = Tree(tmp_path)
    line = next(line for line in tree.apply(profiles=["cis_debian_12"])["after"]["rules"] if "/etc/passwd" in line)
    ours = next(path for path in (tmp_path / RULES_D).iterdir() if line in path.read_text().split("\n"))
    ours.write_text(ours.read_text().replace(line, files.KERNEL_NOTE % "Invalid argument" + line))
    tree.write(RULES_D + "50-theirs.rules", line + "\n")
    before = {path.name: path.read_text() for path in (tmp_path / RULES_D).iterdir()}
    with pytest.raises(AuditError, match="would move 50-theirs.rules away, and the host would load 1 fewer rules of cis_debian_12"):
        tree.apply(profiles=["cis_debian_12"], purge="quarantine", on_error="skip")
    assert {path.name: path.read_text() for path in (tmp_path / RULES_D).iterdir()} == before


def test_a_quarantine_has_a_manifest_and_can_be_undone(tmp_path):
    tree = Tree(tmp_path)
    tree.write(RULES_D + "50-theirs.rules", OTHER + "\n")
    foretold = tree.apply(**role(purge="quarantine"))
    assert foretold["quarantined_rules"] == [OTHER]
    manifest = json.loads((tmp_path / "etc/audit/rules.d.quarantine/MANIFEST.json").read_text())
    assert manifest["50-theirs.rules"]["from"] == "/etc/audit/rules.d/50-theirs.rules"
    undone = tree.apply(**role(purge="restore"))
    assert undone["restored"] == ["/etc/audit/rules.d/50-theirs.rules"]
    assert (tmp_path / RULES_D / "50-theirs.rules").read_text() == OTHER + "\n"
    assert OTHER in (tmp_path / "etc/audit/audit.rules").read_text()
    assert json.loads((tmp_path / "etc/audit/rules.d.quarantine/MANIFEST.json").read_text()) == {}
    assert not tree.apply(**role(purge="restore"))["changed"] and severities(tree, **role(purge="restore")) == {}


@pytest.mark.parametrize("text", ['{"a.rules": 7, "b.rules": null}', "[1]", "no JSON"])
def test_a_manifest_that_is_not_ours_gives_nothing_back(tmp_path, text):
    directory = tmp_path / "etc/audit/rules.d.quarantine"
    directory.mkdir(parents=True)
    (directory / "MANIFEST.json").write_text(text)
    (directory / "a.rules").write_text("-f 2\n")
    assert quarantine.restorable(Host(str(tmp_path)), {}) == {}


# what stands in audit.rules, what stands in rules.d -> what is kept, and the words that the next boot sets
KEPT = {
    "hand edit below the header": (compiled.HEADER + "\n-D\n-w /etc/group -p wa -k id\n-w /etc/hosts -p wa -k net\n", OTHER + "\n",
                                   ["-w /etc/hosts -p wa -k net"], {"-f": "1"}),
    "a lock": ("-D\n-w /etc/hosts -p wa -k net\n-e 2\n", "", ["-w /etc/hosts -p wa -k net", "-e 2"], {"-e": "2"}),
    "a panic": ("-D\n-w /etc/hosts -p wa -k net\n-f 2\n", "", ["-w /etc/hosts -p wa -k net", "-f 2"], {"-f": "1"}),
    "a wait": ("-D\n--backlog_wait_time 10\n", "", ["--backlog_wait_time 10"], {"--backlog_wait_time": "10"}),
    "nothing new": (compiled.HEADER + "\n-D\n-w /etc/group -p wa -k id\n", "-a always,exit -F path=/etc/group -F perm=wa -F key=id\n", [],
                    {}),
    "what the kernel refuses": ("-w /no/such/file -p wa -k x\n-w /etc/hosts -p wa -k net\n", "", ["-w /etc/hosts -p wa -k net"], {}),
    "twice": ("-w /etc/hosts -p wa -k net\n-a always,exit -F path=/etc/hosts -F perm=wa -F key=net\n", "", ["-w /etc/hosts -p wa -k net"],
              {}),
    "what switches auditing off": ("-a never,task\n-w /etc/hosts -p wa -k net\n", "", ["-w /etc/hosts -p wa -k net"], {}),
    "an exception": ("-a never,exit -F path=/etc/motd\n", OTHER + "\n", ["-a never,exit -F path=/etc/motd"], {}),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_stands_in_audit_rules_alone_is_kept(tmp_path, name):
    written, beside, kept, words = KEPT[name]
    tree = Tree(tmp_path)
    tree.write("etc/audit/audit.rules", written)
    tree.write(RULES_D + "50-other.rules", beside)
    edited_last(tree)
    path = tree.apply(**ROLE)["taken_over"]
    assert ([line for line in (tmp_path / path.lstrip("/")).read_text().splitlines() if not line.startswith("#")] if path else []) == kept
    assert words.items() <= boot(tree).items()
    again = tree.apply(**ROLE)
    assert (again["changed"], again["taken_over"]) == (False, None)
    assert path is None or ("/12-" in path) == (name == "an exception")


def edited_last(tree):
    for path in tree.root.glob("etc/audit/rules.d*/**/*"):
        os.utime(path, (1, 1))
    os.utime(tree.root / RULES_D, (1, 1))


def test_what_somebody_took_out_of_rules_d_does_not_come_back(tmp_path):
    tree = Tree(tmp_path)
    tree.write(RULES_D + "50-other.rules", WATCH + "\n" + OTHER + "\n")
    tree.apply(**ROLE)
    edited_last(tree)
    tree.write(RULES_D + "50-other.rules", OTHER + "\n")
    os.utime(tree.root / "etc/audit/audit.rules", (2, 2))
    result = tree.apply(**ROLE)
    assert (result["taken_over"], result["previous"]) == (None, "/etc/audit/audit.rules.prev")
    assert WATCH not in (tree.root / "etc/audit/audit.rules").read_text()


def test_what_the_policy_names_is_not_kept_twice(tmp_path):
    tree = Tree(tmp_path)
    tree.write("etc/audit/audit.rules", WATCH + "\n")
    assert tree.apply(**role(rules=[WATCH]))["taken_over"] is None


def test_a_quarantine_keeps_a_copy_alone(tmp_path):
    tree = Tree(tmp_path)
    tree.write("etc/audit/audit.rules", WATCH + "\n")
    result = tree.apply(**role(purge="quarantine"))
    assert (result["taken_over"], result["previous"]) == (None, "/etc/audit/audit.rules.prev")
