# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail to an account of another host: what the mail program's configuration and queue say, and the verdict on the control it is for."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import mail
from baked import Baked

MAIN_CF, EXIM = "etc/postfix/main.cf", "etc/exim4/update-exim4.conf.conf"
SPOOLS = {"postfix": "var/spool/postfix/deferred/A/A17", "exim4": "var/spool/exim4/input/1sAbc-H", "nullmailer-send":
          "var/spool/nullmailer/queue/1.2"}


def write(root, path, text="", mode=0o644):
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


@pytest.mark.parametrize(("programs", "files", "refuses"), [
    ([], {}, "unknown"),
    (["sendmail"], {}, "unknown"),
    (["postfix", "msmtp"], {}, "unknown"),
    (["postfix"], {}, None),
    (["postfix"], {MAIN_CF: "relayhost = [mail.example.org]:587\n"}, None),
    (["postfix"], {MAIN_CF: "default_transport = error\n"}, "default_transport = error in /etc/postfix/main.cf"),
    (["postfix"], {MAIN_CF: "default_transport=error: no mail\nrelayhost =\n"}, "default_transport = error: no mail"),
    (["postfix"], {MAIN_CF: "# default_transport = error\n"}, None),
    (["postfix"], {MAIN_CF: "relayhost = [a]\n default_transport = error\n"}, None),
    (["postfix"], {MAIN_CF: "default_transport = smtp\n"}, None),
    (["exim4"], {EXIM: "dc_eximconfig_configtype='local'\n"}, "dc_eximconfig_configtype = local"),
    (["exim4"], {EXIM: "dc_eximconfig_configtype='none'\n"}, "dc_eximconfig_configtype = none"),
    (["exim4"], {EXIM: "dc_eximconfig_configtype='internet'\n"}, None),
    (["exim4"], {EXIM: "dc_eximconfig_configtype='satellite'\ndc_smarthost='relay.example.org'\n"}, None),
    (["exim4"], {EXIM: "dc_eximconfig_configtype='smarthost'\ndc_smarthost=''\n"}, "no dc_smarthost"),
    (["exim4"], {}, None),
    (["nullmailer-send"], {}, "no relay in /etc/nullmailer/remotes"),
    (["nullmailer-send"], {"etc/nullmailer/remotes": "# none\n\n"}, "no relay"),
    (["nullmailer-send"], {"etc/nullmailer/remotes": "relay.example.org smtp\n"}, None),
    (["ssmtp"], {"etc/ssmtp/ssmtp.conf": "mailhub=\n"}, "no mailhub"),
    (["ssmtp"], {"etc/ssmtp/ssmtp.conf": "mailhub=relay.example.org\n"}, None),
    (["ssmtp"], {"etc/ssmtp/ssmtp.conf": "MailHub relay.example.org\n"}, None),
    (["msmtp"], {}, "no host in /etc/msmtprc"),
    (["msmtp"], {"etc/msmtprc": "account default\nhost relay.example.org\n"}, None),
])
def test_what_the_program_is_set_to(tmp_path, programs, files, refuses):
    for name in programs:
        write(tmp_path, "usr/sbin/" + name, mode=0o755)
    for path, text in files.items():
        write(tmp_path, path, text)
    found = mail.read(Host(str(tmp_path)))
    if refuses == "unknown":
        assert found is None
        return
    assert found["program"] == programs[0] and found["oldest"] is None
    assert (found["refuses"] is None) is (refuses is None) and (refuses or "") in (found["refuses"] or "")


@pytest.mark.parametrize("program", SPOOLS)
def test_the_oldest_message_of_the_queue(tmp_path, program):
    write(tmp_path, "usr/sbin/" + program, mode=0o755)
    for name, when in (("", 1000), ("2", 2000)):
        os.utime(write(tmp_path, SPOOLS[program] + name), (when, when))
    assert mail.read(Host(str(tmp_path)))["oldest"] == 1000


def queue(hours):
    def act(tree):
        when = time.time() - hours * 3600
        os.utime(write(tree.root, SPOOLS["postfix"]), (when, when))
    return act


def settings(text):
    return lambda tree: write(tree.root, MAIN_CF, text)


AWAY = "audit@example.org"
VERDICTS = [
    # account, what is done to the tree, status, words
    ("root", None, "pass", ""),
    ("audit@localhost.localdomain", None, "pass", ""),
    ("root", lambda tree: (tree.root / "usr/lib/sendmail").unlink(), "fail", "/usr/lib/sendmail is not there"),
    ("root", lambda tree: (tree.root / "usr/lib/sendmail").chmod(0o644), "fail", "cannot be executed"),
    ("root", settings("default_transport = error\n"), "pass", ""),  # mail to root stays on the host
    (AWAY, None, "not_checked", "whether mail to audit@example.org arrives is for the administrators of the mail system to show"),
    (AWAY, settings("relayhost = [relay.example.org]\n"), "not_checked", "whether mail to"),
    (AWAY, settings("default_transport = error\n"), "fail", "postfix sends no mail to other hosts (default_transport = error"),
    (AWAY, lambda tree: (tree.root / "usr/lib/sendmail").unlink(), "fail", "/usr/lib/sendmail is not there"),
    (AWAY, queue(2), "not_checked", "whether mail to"),
    (AWAY, queue(49), "fail", "mail has waited in the queue of postfix since"),
]


@pytest.mark.parametrize(("account", "change", "status", "words"), VERDICTS)
def test_verdict(tmp_path, account, change, status, words):
    tree = Baked(tmp_path, "stig_rhel_9", "rhel_9")
    tree.write("etc/audit/auditd.conf", _conf.merge(tree.conf(), {"action_mail_acct": account}, tree.release).text, 0o600)
    write(tmp_path, "usr/sbin/postfix", mode=0o755)
    if change:
        change(tree)
    document = tree.document()
    control = {control["id"]: control for control in document["controls"]}["RHEL-09-653040"]  # space_left_action: email
    assert (control["status"], words in control["why"]) == (status, True), control
    assert "mail" not in document["live"]["storage"], "a queue moves by itself"
    spoken_of = {ident for item in document["items"] if item["severity"] != "info" for ident in item["controls"]}
    assert "stig_rhel_9:RHEL-09-653040" in spoken_of or status != "fail"
