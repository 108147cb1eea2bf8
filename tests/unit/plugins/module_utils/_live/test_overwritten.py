# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands write over the files of auditing, and which only read them or write beside them."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._live.overwritten import overwritten

CONF, RULES_D, COMPILED = "/etc/audit/auditd.conf", "/etc/audit/rules.d", "/etc/audit/audit.rules"
WRITES = {
    "cp /opt/auditd.conf /etc/audit/auditd.conf": CONF,
    "0 3 * * * root /bin/cp -f /opt/auditd.conf /etc/audit/": CONF,
    "cp /opt/golden/* /etc/audit": "/etc/audit/*",
    "cp -r /opt/golden/. /etc/audit": "/etc/audit",
    "cp -t /etc/audit/rules.d /opt/a.rules": RULES_D + "/a.rules",
    "install -m 640 x.rules /etc/audit/rules.d/50-x.rules": RULES_D + "/50-x.rules",
    "install --target-directory=/etc/audit/rules.d /opt/x.rules": RULES_D + "/x.rules",
    "rsync -a --delete /srv/rules/ /etc/audit/rules.d/": RULES_D,
    "ln -sf /opt/auditd.conf /etc/audit/auditd.conf": CONF,
    "mv /etc/audit/auditd.conf /root/old.conf": CONF,
    "rm -f /etc/audit/rules.d/*.rules": RULES_D + "/*.rules",
    "rm -rf '/etc/audit/rules.d'": RULES_D,
    "truncate -s 0 /etc/audit/audit.rules": COMPILED,
    "echo 'disk_full_action = HALT' >> /etc/audit/auditd.conf": CONF,
    ":>/etc/audit/rules.d/10-base.rules": RULES_D + "/10-base.rules",
    "curl -s https://x/y | tee /etc/audit/auditd.conf > /dev/null": CONF,
    "sed -i s/SYSLOG/HALT/ /etc/audit/auditd.conf": CONF,
    "sed -ri.bak 's/a/b/' /etc/audit/auditd.conf": CONF,
    "perl -pi -e 's/a/b/' /etc/audit/auditd.conf": CONF,
    "curl -o /etc/audit/auditd.conf https://x/y": CONF,
    "wget -q https://x/y -O /etc/audit/rules.d/x.rules": RULES_D + "/x.rules",
    "tar -xzf /opt/x.tar.gz -C /etc/audit": "/etc/audit",
    "dd if=/opt/x of=/etc/audit/auditd.conf": CONF,
    "cd /etc/audit/rules.d && rm *": RULES_D + "/*",
    "cd /etc/audit; cp /opt/x auditd.conf": CONF,
    "D=/etc/audit/rules.d\nrm -f $D/30-stig.rules": RULES_D + "/30-stig.rules",
    "C=/etc/audit/auditd.conf\nif true; then cp /opt/x ${C}; fi": CONF,
    "ExecStartPre=-/bin/cp /opt/x /etc/audit/auditd.conf": CONF,
    "cp /opt/x /etc/audit/auditd.conf 2>/dev/null": CONF,
    "0 3 * * * root cp /opt/x /etc/audit/auditd.conf >/dev/null 2>&1": CONF,
    "cp /opt/x /etc/audit/auditd.conf &> /dev/null": CONF,
    "cp /opt/x /etc/audit/auditd.conf # as the image has it": CONF,
    "sed -i 's|SYSLOG|HALT|' /etc/audit/auditd.conf": CONF,
    "sed -i 's;a;b;' /etc/audit/auditd.conf": CONF,
    "sed -i 's/ #x/ >y/' /etc/audit/auditd.conf": CONF,
    "bash -c 'cp /opt/x /etc/audit/auditd.conf; true'": CONF,
    "cd /etc/audit; cat /opt/x > auditd.conf": CONF,
    "( cd /etc/audit && cp /opt/x auditd.conf )": CONF,
    "cd /etc/audit && ln -s /opt/auditd.conf auditd.conf": CONF,
    "find /etc/audit/rules.d -name '*.rules' -delete": RULES_D + "/*.rules",
    "find /etc/audit/ -type f -exec rm {} +": "/etc/audit/*",
    "for f in /etc/audit/rules.d/*.rules; do rm -f \"$f\"; done": RULES_D + "/*.rules",
    "for f in x.conf auditd.conf; do cp /opt/$f /etc/audit/$f; done": CONF,
    "D=/etc\ncp /opt/x $D/audit/auditd.conf": CONF,
    "E=/etc\nD=$E/audit\ncp /opt/x ${D}/auditd.conf": CONF,
    "local D=/etc/audit\ncp /opt/x $D/auditd.conf": CONF,
    "cp /opt/{auditd.conf,audit.rules} /etc/audit/": CONF,
    "mv /etc/audit/auditd.conf{,.bak}": CONF,
    "cp /opt/x /etc/audit//auditd.conf": CONF,
    "\\cp /opt/x /etc/audit/./auditd.conf": CONF,
    "tar -xzf /opt/x.tgz -C / etc/audit/auditd.conf": CONF,
    "tar xzf /opt/x.tgz --directory=/etc/audit": "/etc/audit",
    "unzip -o /opt/x.zip -d /etc/audit": "/etc/audit",
    "cp -ft /etc/audit /opt/auditd.conf": CONF,
    "curl -fsSLo /etc/audit/auditd.conf https://x": CONF,
    "wget -qO /etc/audit/auditd.conf https://x": CONF,
    "patch /etc/audit/auditd.conf < /opt/x": CONF,
}
DOES_NOT = [
    "cp /etc/audit/auditd.conf /var/backups/", "cp -a /etc/audit /var/backups", "rsync -a /etc/audit/ backup:/srv/",
    "cat /etc/audit/auditd.conf",
    "tar czf /root/audit.tgz /etc/audit", "tar czf /root/x.tgz -C / etc/audit/auditd.conf", "cp /opt/x /etc/audit/auditd.conf.new",
    "grep HALT /etc/audit/auditd.conf > /tmp/x", "sed -n p /etc/audit/auditd.conf", "diff /etc/audit/auditd.conf /opt/x || mail root",
    "echo rm /etc/audit/auditd.conf", "cp README /etc/audit/", "cp x.rules.bak /etc/audit/rules.d/", "rm /etc/audit/rules.d/old.bak",
    "cd /etc/audit; ls", "cd /etc/audit; cd /tmp; rm *", "chmod 640 /etc/audit/auditd.conf", "md5sum /etc/audit/rules.d/*.rules",
    "if true; then cp /opt/x ${C}; fi",
    "ln -s /etc/audit/auditd.conf /root/conf", "rm -f /etc/audit/plugins.d/x.conf", "mail -s /etc/audit/auditd.conf root", "cp", "",
    "grep install /etc/audit/auditd.conf", "ausearch -c rm -f /etc/audit/auditd.conf", "man install /etc/audit/auditd.conf",
    "tar -C /etc/audit -czf /root/a.tgz .", "tar cf /root/a.tar -C /etc/audit rules.d", "tee /tmp/x < /etc/audit/auditd.conf",
    "perl -MFile::Basename -ne print /etc/audit/auditd.conf", "cp -p /etc/audit/auditd.conf{,.bak}", "ln -s /etc/audit/auditd.conf",
    "rm -f /etc/audit/*.rpmsave /etc/audit/rules.d/*.rpmnew /etc/audit/rules.d/*.bak", "rm /etc/audit/rules.d/*~",
    "find /etc/audit -name '*.rpmsave' -delete", "find /etc/audit/rules.d -name '*.bak' -exec rm {} +",
    "find /etc/audit/rules.d ! -name '*.rules' -delete", "find /etc/audit -type f -exec md5sum {} +",
    "echo 'see <b>/etc/audit/auditd.conf</b>'", "echo \"audit -> /etc/audit/auditd.conf\"", "install -d -m 0750 /etc/audit/rules.d",
    "D=/etc/audit\nD=/tmp\nrm $D/auditd.conf",
]


@pytest.mark.parametrize("text", WRITES)
def test_what_is_written_over(text):
    assert overwritten(text) == WRITES[text]


@pytest.mark.parametrize("text", DOES_NOT)
def test_what_is_left_as_it_is(text):
    assert overwritten(text) is None


def test_a_long_table_takes_no_long_time():
    text = "* * * * * cp /etc/audit/auditd.conf /tmp/x\n" * 1500 + "rm " * 20000
    assert overwritten(text) is None


@pytest.mark.parametrize("line", ["A=/etc/audit$A$A$A$A$A$A", "rm /etc/audit$A", "cd /etc/audit; rm x", "/etc/audit 'x\"", "cat >> > <"])
def test_a_script_of_a_user_takes_no_long_time(line):
    """A variable that holds itself several times grew without end: the run of a comparison that came to it did not end."""
    assert overwritten("A=$A$A/etc/audit\n" + (line + "\n") * (65000 // len(line))) is None
