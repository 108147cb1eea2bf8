# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd accepts in auditd.conf without a word, and does otherwise than the file seems to say.

Each trap looks at a C(validator.Judgement) and adds the problems it finds. They are not fatal for the parser; those that
would leave a host without rotation that is wanted, without mail, or with a daemon that does not start are fatal where asked.
"""

from .._errors import AuditError
from .._paths import SENDMAIL
from . import odd as odd_characters
from . import reader
from .checks import GID_MAX, dirname, leading_digits
from .keys import ACTION_KEYS, KEYS, RESOLVED_AT_START, at, lower
from .words import LONGEST_LINE

SAFE_QUEUE = 512
DEFAULT_BOOST = "4"
REPORT_OFTEN = 6 * 3600


def report(judgement, *, rotation_wanted: bool) -> None:
    """Add the problems of every trap."""
    for trap in TRAPS:
        trap(judgement)
    _rotation(judgement, rotation_wanted)


def _skipped_lines(judgement):
    reasons = {
        "long": "the line is longer than %d bytes and auditd %s skips it; shorten it" % (
            at(LONGEST_LINE, judgement.release), judgement.name),
        "unterminated": "the last line has no newline at its end and auditd drops it; end the file with a newline",
        "nul": "the line contains a NUL byte and auditd skips it and the next one; remove the byte",
        "after_nul": "the line before contains a NUL byte, and auditd skips this one with it; remove the byte",
    }
    for skipped in judgement.reading.skipped:
        line = judgement.conf.lines[skipped.line - 1]
        sets = line.key is not None
        judgement.add(skipped.line, line.key, line.value, reasons[skipped.cause], fatal=judgement.writing and sets)


def _duplicates(judgement):
    seen: "dict[str, int]" = {}
    for entry in judgement.reading.entries:
        if reader.is_setting(entry.words):
            key = lower(entry.words[0])
            if key in seen:
                judgement.add(entry.line, key, " ".join(entry.words[2:]), "the key is set on line %d already and the last one counts; "
                              "keep one of them" % seen[key], fatal=False)
            seen[key] = entry.line


def _words_behind_actions(judgement):
    for key, words in judgement.words.items():
        if at(KEYS[key].kind, judgement.release) != "action" or key in judgement.refused:
            continue
        used = 2 if lower(words[0]) == "exec" else 1
        if len(words) > used:
            what = "the program is run without arguments" if used == 2 else "only exec takes a path"
            judgement.add_for(key, "auditd ignores %r: %s; leave it out" % (" ".join(words[used:]), what))


def _odd_characters(judgement):
    for key, words in judgement.words.items():
        if key in judgement.refused:
            continue
        text = " ".join(words)
        odd = odd_characters.first(text)
        if "\r" in text:
            judgement.add_for(key, odd_characters.CARRIAGE_RETURN)
        elif odd:
            judgement.add_for(key, "auditd takes %s as part of the value; check it" % odd)
        elif words[0][0] in "\"'":
            judgement.add_for(key, "auditd takes the quotes as part of the value; leave them out")


def _numbers_read_otherwise(judgement):
    values = judgement.values
    for key in ("space_left", "admin_space_left"):
        word = judgement.words.get(key, [""])[0]
        if key not in judgement.refused and "%" in word and word != values[key]:
            judgement.add_for(key, "auditd reads this as %s; write it so" % values[key])
    word = judgement.words.get("log_group", [""])[0]
    if word[:1].isdecimal() and "log_group" not in judgement.refused:
        group = leading_digits(word) % GID_MAX
        if word != str(group):
            judgement.add_for("log_group", "auditd reads this as group number %d; write the number or a name" % group)
    word = judgement.words.get("tcp_client_ports", [""])[0]
    if word.count("-") > 1 and "tcp_client_ports" not in judgement.refused:
        judgement.add_for("tcp_client_ports", "auditd %s reads this as %s and 4.2 refuses it; write one range" % (
            judgement.name, values["tcp_client_ports"]))


def _log_file(judgement):
    if "log_file" not in judgement.set_at or "log_file" in judgement.refused:
        return
    path = judgement.words["log_file"][0]
    if not path.startswith("/"):
        judgement.add_for("log_file", "a relative path depends on the directory auditd is started in; give an absolute path")
    if path.endswith("/"):
        judgement.add_for("log_file", "the path ends in a slash and auditd will not be able to create the file; give the path of a file")
    directory = dirname(path)
    if directory in ("/var/log", "/var", "/home", "/root", "/opt", "/srv", "/mnt", "/etc", "/usr", "/run"):
        judgement.add_for("log_file", "auditd sets the mode and group of %s itself; use a directory of its own" % directory)
    if judgement.environment is None:
        return
    try:
        found = judgement.environment.stat(path)
    except AuditError:
        return
    if found is not None and found.st_mode & 0o137:
        mode = found.st_mode & 0o7777
        judgement.add_for("log_file", "the log has mode %04o and auditd warns at every start; make it 0600 or 0640" % mode)


def _sizes(judgement):
    values = judgement.values
    action = values["max_log_file_action"]
    if "max_log_file" not in judgement.refused and values["max_log_file"] == "0" and (
            "max_log_file" in judgement.set_at or action != "IGNORE"):
        judgement.add_for("max_log_file", "0 is not unlimited: every record is over the limit, and %s; give the MB a log may grow to" % {
            "ROTATE": "auditd rotates after each one", "KEEP_LOGS": "auditd rotates after each one",
            "SUSPEND": "auditd suspends logging at once", "SYSLOG": "auditd warns at each one",
        }.get(action, "any max_log_file_action but IGNORE is taken each time"))
    if action == "KEEP_LOGS":
        judgement.add_for("max_log_file_action", "KEEP_LOGS ignores num_logs and never deletes a log, so that the disk fills; prune the "
                          "logs, or give ROTATE or IGNORE")
    space, admin = values["space_left"], values["admin_space_left"]
    if {"space_left", "admin_space_left"} & judgement.refused or "%" not in space + admin:
        return
    if "%" in space and "%" in admin:
        if int(space[:-1]) <= int(admin[:-1]):
            judgement.add_for("space_left", "space_left (%s) must be larger than admin_space_left (%s): auditd does not check percentages, "
                              "and the thresholds fire in the wrong order; raise space_left" % (space, admin))
    else:
        judgement.add_for("space_left", "auditd does not compare a percentage with MB (admin_space_left is %s), and the order depends on "
                          "the size of the disk; give both in the same unit" % admin)


def _mail(judgement):
    used = [key for key in ACTION_KEYS if judgement.values.get(key) == "EMAIL" and key not in judgement.refused]
    environment = judgement.environment
    if used and environment is not None and not environment.executable(SENDMAIL):
        for key in used:
            judgement.add_for(key, "EMAIL needs an executable %s and this host has none, so that the warning is lost; install a mail "
                              "transfer agent, or give SYSLOG" % SENDMAIL, fatal=judgement.writing)
    line, account = judgement.set_at.get("verify_email"), judgement.set_at.get("action_mail_acct")
    if line and account and line > account:
        judgement.add_for("verify_email", "verify_email only counts for an action_mail_acct below it, and that is on line %d; move it "
                          "above" % account)


def _node_name(judgement):
    style = judgement.values["name_format"]
    if style == "USER" and not judgement.values["name"]:
        judgement.add_for("name_format", "USER needs the key name, without which auditd does not start; set name", fatal=judgement.writing)
    if style not in RESOLVED_AT_START:
        return
    if judgement.release >= (4, 2, 0):
        judgement.add_for("name_format", "every HUP makes auditd %s write node=(null) instead of the name; use USER with name, or restart "
                          "auditd instead of HUP" % judgement.name)
    elif judgement.writing:
        judgement.add_for("name_format", "the name is resolved only when auditd starts, and a HUP that changes to %s makes it write "
                          "node=(null); restart auditd after the change" % style)
    if style != "HOSTNAME":
        judgement.add_for("name_format", "%s asks DNS for the host's name, and auditd does not start without an answer; HOSTNAME needs "
                          "none" % style)


def _formats(judgement):
    style = judgement.values["log_format"]
    if style == "RAW" and (4, 1, 0) <= judgement.release <= (4, 1, 4):
        judgement.add_for("log_format", "auditd 4.1.0 to 4.1.4 crashes when it is stopped with RAW, and is started again; give ENRICHED")
    if style == "NOLOG":
        judgement.add_for("log_format", "NOLOG is deprecated and sets write_logs = no; set write_logs and a format")
    if judgement.values["flush"] in ("DATA", "SYNC") and judgement.values["freq"] != "0":
        judgement.add_for("freq", "freq only counts with flush = INCREMENTAL or INCREMENTAL_ASYNC; leave it out, or set 0")


def _deprecated(judgement):
    for key in ("dispatcher", "disp_qos"):
        if key in judgement.set_at and at(KEYS[key].kind, judgement.release) == "ignored":
            judgement.add_for(key, "the key is deprecated and ignored since auditd 3.0; remove it")
    if "enable_krb5" in judgement.set_at and "enable_krb5" not in judgement.refused and judgement.release >= (3, 0, 0):
        judgement.add_for("enable_krb5", "the key is deprecated since auditd 3.0; set transport = KRB5 or TCP instead")
    if judgement.values["space_left_action"] == "HALT" and "space_left_action" not in judgement.refused:
        judgement.add_for("space_left_action", "auditd refuses HALT here from 4.0.4 on; use it for admin_space_left_action")


def _left_out(judgement):
    for key in judgement.set_at:
        build = KEYS[key].build
        stock = at(KEYS[key].shipped, judgement.release)  # every distribution ships those lines, used or not
        if build and key not in judgement.refused and judgement.values[key] != stock and judgement.build(build) is False:
            judgement.add_for(key, "this host's auditd was built without %s and ignores the key; remove it" % build)


def _queue_and_priority(judgement):
    values = judgement.values
    depth = reader.number(values.get("q_depth") or "")
    if depth is not None and depth < SAFE_QUEUE and "q_depth" in judgement.set_at and "q_depth" not in judgement.refused:
        judgement.add_for("q_depth", "a queue of less than %d events overflows easily; give at least %d" % (SAFE_QUEUE, SAFE_QUEUE))
    if values["priority_boost"] != DEFAULT_BOOST and "priority_boost" not in judgement.refused:
        judgement.add_for("priority_boost", "a HUP adds a changed priority_boost to the one in force; restart auditd for the exact value")
    interval = reader.number(values.get("report_interval") or "")
    if interval is not None and interval > REPORT_OFTEN and "report_interval" not in judgement.refused:
        judgement.add_for("report_interval", "the reports are more than 6 hours apart; give 6h or less")


def _plugins(judgement):
    path = judgement.values.get("plugin_dir")
    if "plugin_dir" not in judgement.set_at or judgement.environment is None:
        return
    try:
        missing = not judgement.environment.directory(path)
    except AuditError:
        return
    if missing:
        judgement.add_for("plugin_dir", "the directory does not exist, and auditd runs without plugins; give /etc/audit/plugins.d")


def _rotation(judgement, wanted):
    if "num_logs" in judgement.refused or "max_log_file_action" in judgement.refused:
        return
    values = judgement.values
    if not judgement.conf.lines and not wanted:
        return
    if values["max_log_file_action"] != "KEEP_LOGS" and int(values["num_logs"]) < 2:
        judgement.add_for("num_logs", "with num_logs = %s auditd never rotates, not by size and not by SIGUSR1; give at least 2"
                          % values["num_logs"], fatal=wanted)
    if wanted and values.get("write_logs") == "no" and "write_logs" not in judgement.refused:
        judgement.add_for("write_logs", "auditd writes no log, so there is nothing to rotate; set write_logs = yes")


TRAPS = (
    _skipped_lines, _duplicates, _words_behind_actions, _odd_characters, _numbers_read_otherwise, _log_file, _sizes, _mail, _node_name,
    _formats, _deprecated, _left_out, _queue_and_priority, _plugins,
)
