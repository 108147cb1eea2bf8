# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_conf without an auditd: the validator as users call it, and the file below a root. tests/live has the rest."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.modules import auditd_conf

FIXTURES = Path(__file__).parents[1] / "module_utils/fixtures"
CASES = [case for case in json.loads((FIXTURES / "auditd_conf_cases.json").read_text())["cases"] if case["mode"] == "0640"]
STOCK = (
    "# kept\nlog_file = /var/log/audit/audit.log\nnum_logs = 5\nspace_left = 75\n# kept too\nadmin_space_left = 50\nmax_log_file = 8\n"
)
SAFE = dict.fromkeys(("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action"), "SYSLOG")


class Module:
    def __init__(self, check_mode=False, **params):
        self.params = {name: option.get("default") for name, option in auditd_conf.ARGUMENT_SPEC.items()} | params
        self.check_mode = check_mode
        self.warnings = []

    def run_command(self, argv, **options):
        raise AssertionError(f"{argv} is run for an offline tree")

    def warn(self, text):
        self.warnings.append(text)


def run(root, check_mode=False, **params):
    """The result, with the warnings, of the module's run()."""
    module = Module(check_mode, root=str(root), **params)
    return dict(auditd_conf.run(module), warnings=module.warnings)


def snapshot(root):
    return {
        str(path.relative_to(root)): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(root.rglob("*"))
    }


@pytest.fixture
def tree(tmp_path):
    """A host with audit 3.0.9 and Debian's package database."""
    for path, content in {
        "etc/audit/auditd.conf": STOCK, "etc/group": "root:x:0:\nadm:x:4:\n", "sbin/auditd": "", "sbin/auditctl": "",
        "var/log/audit/.keep": "",
        "var/lib/dpkg/status": "Package: auditd\nStatus: install ok installed\nVersion: 1:3.0.9-1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    for program in ("auditd", "auditctl"):
        (tmp_path / "sbin" / program).chmod(0o755)
    (tmp_path / "etc/audit/auditd.conf").chmod(0o640)
    return tmp_path


@pytest.fixture(scope="session")
def golden_host(tmp_path_factory):
    """The host on which the golden verdicts were taken, as a tree."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the verdicts depend on who owns scripts and on a device file")
    root = tmp_path_factory.mktemp("golden")
    for directory in ("etc", "var/log/audit", "opt/exec", "usr/lib", "dev"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "etc/group").write_text("root:x:0:\nadm:x:4:\n")
    for mode in (0o750, 0o755, 0o555, 0o550, 0o700, 0o500):
        (root / f"opt/exec/e{mode:04o}").write_text("")
        (root / f"opt/exec/e{mode:04o}").chmod(mode)
    (root / "usr/lib/sendmail").write_text("")
    (root / "usr/lib/sendmail").chmod(0o755)
    os.mknod(root / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    return root


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_rendered_gives_the_verdict_of_the_real_parser(golden_host, case):
    before = snapshot(golden_host)
    for release, wanted in case["verdict"].items():
        try:
            result = run(golden_host, state="rendered", content=case["text"], release=release)
        except AuditError as error:
            verdict = "rejected"
            assert any(problem["fatal"] for problem in error.details["problems"]) and str(error)
        else:
            verdict = "ok"
            assert result["rendered"] == case["text"] and result["changed"] is False
            assert not any(problem["fatal"] for problem in result["problems"])
        assert verdict == wanted, release
    assert snapshot(golden_host) == before


def test_rendered_from_settings(tree):
    result = run(tree, state="rendered", settings={"num_logs": 5, "space_left": 75, "admin_space_left": 50, "write_logs": True})
    assert result["rendered"] == "num_logs = 5\nspace_left = 75\nadmin_space_left = 50\nwrite_logs = yes\n"
    assert result["release"] == "3.0.9"


def test_merged_changes_only_what_it_is_told(tree):
    before = snapshot(tree)
    check = run(tree, check_mode=True, settings={"num_logs": 9, "freq": 50})
    assert snapshot(tree) == before
    result = run(tree, settings={"num_logs": 9, "freq": 50})
    assert (tree / "etc/audit/auditd.conf").read_text() == STOCK.replace("num_logs = 5", "num_logs = 9") + "freq = 50\n"
    for key in ("changed", "actions", "before", "after", "diff", "restart_required", "problems"):
        assert check[key] == result[key]
    assert result["changed"] and result["actions"] == ["write"] and check["proof"] is None
    assert (result["before"]["num_logs"], result["after"]["num_logs"]) == ("5", "9")
    assert stat.S_IMODE((tree / "etc/audit/auditd.conf").stat().st_mode) == 0o640
    after = snapshot(tree)
    again = run(tree, settings={"num_logs": 9, "freq": 50})
    assert again["changed"] is False and again["actions"] == [] and snapshot(tree) == after


def test_merged_removes_a_key(tree):
    run(tree, settings={"max_log_file": None})
    assert (tree / "etc/audit/auditd.conf").read_text() == STOCK.replace("max_log_file = 8\n", "")


def test_replaced_is_exactly_what_was_given(tree):
    content = "space_left = 10\nadmin_space_left = 5\n# mine\n"
    assert run(tree, state="replaced", content=content)["changed"]
    assert (tree / "etc/audit/auditd.conf").read_text() == content
    run(tree, state="replaced", settings={"space_left": 4, "admin_space_left": 3})
    assert (tree / "etc/audit/auditd.conf").read_text() == "space_left = 4\nadmin_space_left = 3\n"


def test_a_missing_file_starts_from_what_upstream_ships(tree):
    (tree / "etc/audit/auditd.conf").unlink()
    result = run(tree, settings={"num_logs": 7})
    assert result["before"] == {} and result["diff"]["before"] == ""
    expected = _conf.merge(_conf.parse(_conf.stock("3.0.9")), {"num_logs": 7})
    assert (tree / "etc/audit/auditd.conf").read_text() == expected.text
    assert stat.S_IMODE((tree / "etc/audit/auditd.conf").stat().st_mode) == 0o600


def test_gathered(tree):
    (tree / "etc/audit/auditd.conf").write_text(STOCK + "num_logs = x\n")
    result = run(tree, state="gathered")
    assert result["gathered"]["space_left"] == "75" and result["changed"] is False
    assert [problem["line"] for problem in result["problems"] if problem["fatal"]] == [8]


def test_gathered_where_there_is_no_file(tmp_path):
    assert run(tmp_path, state="gathered")["gathered"] == {}


@pytest.mark.parametrize("params, said", [
    ({"settings": {"num_logs": "x"}}, "num_logs = x"),
    ({"settings": {"no_such_key": 1}}, "no_such_key"),
    ({"settings": {"report_interval": 60}}, "report_interval"),
    ({"settings": {"space_left": 5}}, "space_left"),
    ({"settings": {"num_logs": 1}, "rotation_wanted": True}, "num_logs"),
    ({"settings": {"disk_full_action": "HALT"}, "failure_policy": "keep_running"}, "disk_full_action"),
    ({"settings": {"disk_full_action": "exec /missing"}}, "/missing"),
    ({"settings": {"log_group": "nosuchgroup"}}, "nosuchgroup"),
    ({"settings": {"space_left_action": "email"}}, "sendmail"),
    ({"settings": {"name": "a\nnum_logs = 0"}}, "newline"),
    ({"settings": {"name": "a # b"}}, "#"),
    ({"settings": {"num_logs": [1]}}, "num_logs"),
    ({"settings": {"num_logs": 5}, "release": "three"}, "three"),
    ({"settings": {"a": 1}, "content": "x"}, "both given"),
    ({"state": "replaced"}, "needs settings or content"),
    ({"content": "x"}, "merged"),
])
def test_bad_input_is_refused_in_one_sentence_before_anything_is_written(tree, params, said):
    before = snapshot(tree)
    with pytest.raises(AuditError) as caught:
        run(tree, **params)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert snapshot(tree) == before


def test_unsupported_keys_can_be_dropped(tree):
    result = run(tree, settings={"report_interval": "60s", "num_logs": 6}, unsupported_keys="drop")
    assert result["dropped"] == ["report_interval"] and "report_interval" not in result["after"]
    assert result["after"]["num_logs"] == "6"
    assert any("report_interval" in warning for warning in result["warnings"])
    assert "report_interval" not in (tree / "etc/audit/auditd.conf").read_text()


def test_backup(tree):
    result = run(tree, settings={"num_logs": 6}, backup=True)
    assert Path(result["backup_file"]).read_text() == STOCK
    assert run(tree, settings={"num_logs": 6}, backup=True)["backup_file"] is None


@pytest.mark.parametrize("text", [
    STOCK + "disk_full_action = HALT\n", "disk_full_action = halt\n", "space_left_action = SINGLE\nx = y\n",
    "dispatcher = /sbin/audispd\ndisp_qos = lossy\noverflow_action = HALT\n", "transport = TLS\nadmin_space_left_action = HALT\n", "",
], ids=["stock", "one-line", "a-key-of-no-release", "of-2.8", "of-4.2", "empty"])
def test_what_stops_a_host_goes_also_where_nobody_knows_the_release(tmp_path, text):
    """An image that has auditd.conf and no program: SYSLOG is a word of every release."""
    for path, content in {"etc/audit/auditd.conf": text, "etc/group": "root:x:0:\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    done = run(tmp_path, settings=SAFE, scope="stops", failure_policy="keep_running")
    after = (tmp_path / "etc/audit/auditd.conf").read_text()
    assert done["changed"] == (after != text) and after.lower().count("halt") == after.lower().count("single") == 0
    assert not text or len(after.splitlines()) == len(text.splitlines()), "nothing else is written"
    assert not run(tmp_path, settings=SAFE, scope="stops", failure_policy="keep_running")["changed"]


def test_a_step_for_stops_has_nothing_to_do_without_a_file(tmp_path):
    (tmp_path / "etc").mkdir()
    assert not run(tmp_path, settings=SAFE, scope="stops", failure_policy="keep_running")["changed"]


def test_audit_is_not_installed(tmp_path):
    with pytest.raises(AuditError, match="audit is not installed"):
        run(tmp_path, settings={"num_logs": 6})
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    assert run(tmp_path, settings={"num_logs": 6}, release="4.0.3")["changed"], "an image that will get audit later"
    assert "num_logs = 6" in (tmp_path / "etc/audit/auditd.conf").read_text()


def test_a_link_at_the_path_is_replaced_and_not_followed(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_text(STOCK)
    conf = tree / "etc/audit/auditd.conf"
    conf.unlink()
    conf.symlink_to(outside)
    run(tree, settings={"num_logs": 6})
    assert outside.read_text() == STOCK and not conf.is_symlink()


def test_another_path_is_only_written(tree):
    result = run(tree, path="/etc/audit/auditd.conf.next", state="replaced", content="space_left = 2\nadmin_space_left = 1\n")
    assert result["actions"] == ["write"] and (tree / "etc/audit/auditd.conf").read_text() == STOCK
    assert (tree / "etc/audit/auditd.conf.next").exists()


def test_what_auditd_would_drop_silently_is_a_problem_and_a_warning(tree):
    result = run(tree, state="rendered", content=STOCK + "freq = 50")
    assert any("newline" in problem["reason"] for problem in result["problems"])


MODES = [
    # mode of the file, mode asked for, mode afterwards, changed
    (0o640, None, 0o640, False),
    (0o640, "0600", 0o600, True),
    (0o600, "0600", 0o600, False),
    (0o640, "600", 0o600, True),
]


@pytest.mark.parametrize(("old", "asked", "new", "changed"), MODES)
def test_mode_of_a_file_whose_text_is_right(tree, old, asked, new, changed):
    path = tree / "etc/audit/auditd.conf"
    path.chmod(old)
    before = path.stat().st_mtime_ns
    predicted = run(tree, check_mode=True, settings={"space_left": 75}, mode=asked)
    assert stat.S_IMODE(path.stat().st_mode) == old
    result = run(tree, settings={"space_left": 75}, mode=asked)
    assert (stat.S_IMODE(path.stat().st_mode), result["changed"], predicted["changed"]) == (new, changed, changed)
    assert path.stat().st_mtime_ns == before, "auditd has nothing to load"


@pytest.mark.parametrize("asked", ["0666", "0620", "rw", "08", "00600"])
def test_a_mode_that_is_none_is_refused(tree, asked):
    with pytest.raises(AuditError, match="octal digits"):
        run(tree, settings={"space_left": 75}, mode=asked)


UNENDED = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5"


def test_a_newline_that_a_lookup_took_away_is_written(tree):
    run(tree, state="replaced", content=UNENDED, release="3.0.9")
    assert (tree / "etc/audit/auditd.conf").read_text() == UNENDED + "\n"


def test_what_is_rendered_is_judged_as_given_and_ends_with_a_newline(tree):
    result = run(tree, state="rendered", content=UNENDED, release="3.0.9")
    assert "no newline" in str(result["problems"])
    assert result["rendered"] == UNENDED + "\n"


def test_thresholds_are_computed_from_the_log_and_drift_agrees(tree):
    """400 MB a day: written once by the module, in sync for drift, and nothing to do the second time. Nobody's file says auto."""
    logs = tree / "var/log/audit"
    for day in range(5):
        log = logs / f"audit.log.{5 - day}"
        log.write_bytes(b"type=USER msg=audit(1700000000.000:1): x\n")
        os.truncate(log, 400 << 20)
        os.utime(log, (1700000000 + day * 86400,) * 2)
    settings = {"space_left": "auto", "admin_space_left": "auto"}
    first = run(tree, settings=settings, reaction_hours=48)
    assert first["changed"] and (first["after"]["space_left"], first["after"]["admin_space_left"]) == ("800", "266")
    assert run(tree, settings=settings, reaction_hours=48)["changed"] is False
    wanted = {"auditd": {"settings": settings, "reaction_hours": 48}}
    live, parsed = document.look(Host(str(tree)), wanted)
    found = document.compare(live, parsed, wanted)
    assert not [item for item in found["items"] if "space_left" in item["id"] or "policy" in item["id"]]
    assert {key: found["audit_storage_recommend"][key] for key in ("space_left", "peak_day_mb")} == {"space_left": 800, "peak_day_mb": 400}


ROTATION = {"usr/local/sbin/audit-rotate": "#!/usr/bin/python3\n",
            "etc/cron.d/audit-rotate": "0 0 * * * root /usr/local/sbin/audit-rotate\n"}


@pytest.mark.parametrize(("value", "profiles", "there", "refused"), [
    ("keep_logs", [], False, "auditd would keep every log until the disk is full"),
    ("KEEP_LOGS", ["cis_debian_12"], False, "auditd would keep every log"),
    ("rotate", ["cis_debian_12"], False, "auditd would delete records that nobody has archived"),
    ("ROTATE", [], False, None),  # auditd bounds the log itself, and no benchmark asks more
    ("keep_logs", [], True, None), ("rotate", ["cis_debian_12"], True, None), ("IGNORE", [], False, None),
])
@pytest.mark.parametrize("check_mode", [False, True])
def test_keep_logs_and_rotate_need_the_rotation(tree, value, profiles, there, refused, check_mode):
    for path, text in ROTATION.items() if there else ():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    before = snapshot(tree / "etc")
    wanted = {"settings": {"max_log_file_action": value}, "own_keys": ["max_log_file_action"], "rotation_wanted": True,
              "failure_policy": "stop_host", "profiles": profiles}
    if refused is None:
        assert not any("rotation by time, and" in text for text in run(tree, check_mode, **wanted)["warnings"])
    elif check_mode:
        assert any(refused in text for text in run(tree, True, **wanted)["warnings"]), "the rotation may come in the step before"
    else:
        with pytest.raises(AuditError) as caught:
            run(tree, **wanted)
        assert refused in str(caught.value) and "auditd_conf.max_log_file_action = " in str(caught.value)
        assert "role audit_rotation" in str(caught.value) and snapshot(tree / "etc") == before


def test_keep_logs_waits_until_the_rotation_is_proven(tree):
    """As IGNORE does: until something prunes, the log keeps the bound that it has."""
    for path, text in ROTATION.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    (tree / "etc/audit/auditd.conf").write_text(STOCK + "max_log_file_action = ROTATE\n")
    result = run(tree, settings={"max_log_file_action": "KEEP_LOGS"}, own_keys=["max_log_file_action"], rotation_wanted=True)
    assert result["deferred"] == ["max_log_file_action"] and result["after"]["max_log_file_action"] == "ROTATE"


@pytest.mark.parametrize("scope", ["stops", "all"])
def test_what_stops_a_host_goes_out_of_a_file_of_windows_too(tree, scope):
    """auditd takes no such file. Written again without its line endings, it takes every word of it, HALT among them."""
    path = tree / "etc/audit/auditd.conf"
    path.write_bytes((STOCK + "disk_full_action = HALT\nmax_log_file_action = KEEP_LOGS\n").replace("\n", "\r\n").encode())
    settings = {"disk_full_action": "SYSLOG"} | ({} if scope == "stops" else {"max_log_file_action": "IGNORE"})
    run(tree, settings=settings, scope=scope, failure_policy="keep_running", rotation_wanted=True, rotation="unproven")
    text = path.read_text()
    assert "disk_full_action = SYSLOG\n" in text and "max_log_file_action = KEEP_LOGS\n" in text and "\r" not in path.read_bytes().decode()
