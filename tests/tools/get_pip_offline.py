# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test takes for get-pip.py where it cannot download its own: Python's bundled pip installs the wanted one."""
import ensurepip
import os
import subprocess
import sys

environment = dict(os.environ)
ensurepip.bootstrap()  # points pip at an empty configuration for the rest of this process, hence the copy above
wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "-q"] + wanted, env=environment))
