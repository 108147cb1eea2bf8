# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail a report: summary.md is the text, index.html is attached. Needs Python and a mail server that takes the mail as it comes.

usage: mail_report.py REPORT_DIRECTORY FROM TO [SERVER[:PORT]]     SERVER is localhost:25 without it
"""

from __future__ import annotations

import re
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path


def message(report: Path, sender: str, to: str) -> EmailMessage:
    text = (report / "summary.md").read_text(encoding="utf-8")
    # as in "**6 hosts**: 6 drifted"
    head = next((line for line in text.splitlines() if line.startswith("**")), "")
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = "Audit drift: " + re.sub(r"[*]|&#\d+;", "", head)
    mail.set_content(text)
    mail.add_attachment((report / "index.html").read_bytes(), maintype="text", subtype="html", filename="audit-drift.html")
    return mail


def main(argv: list[str]) -> None:
    if len(argv) not in (4, 5):
        sys.exit(__doc__)
    server, _colon, port = (argv[4] if len(argv) == 5 else "localhost").partition(":")
    mail = message(Path(argv[1]), argv[2], argv[3])
    with smtplib.SMTP(server, int(port or 25), timeout=60) as connection:
        connection.send_message(mail)


if __name__ == "__main__":
    main(sys.argv)
