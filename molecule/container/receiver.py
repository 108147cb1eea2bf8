# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes what is PUT, into a directory, and answers GET with the time up to which it has everything: now. GETs are counted in ``asked``."""

import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

DIRECTORY = Path(sys.argv[1])


class Receiver(BaseHTTPRequestHandler):
    """One request at a time."""

    def do_PUT(self):
        """Keep the body under the name that was asked for."""
        (DIRECTORY / Path(self.path).name).write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(b"")

    def do_GET(self):
        """Say up to when everything is here."""
        with open(DIRECTORY / "asked", "a", encoding="ascii") as stream:
            stream.write("x")
        self.answer(b"%d\n" % time.time())

    def answer(self, body):
        """200, with a body."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


DIRECTORY.mkdir(exist_ok=True)
HTTPServer(("127.0.0.1", 18417), Receiver).serve_forever()
