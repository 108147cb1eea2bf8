# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site of the collection that Ansible finds, in the directory argv[1]; a broken link of ours fails the build.

The guides come from docs/docsite/rst, the reference from the plugins' and roles' own documentation. No network is needed: links into
Ansible's own documentation, which would need its index, stay plain text.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

COLLECTION = "auditops.auditd"
# labels of Ansible's own documentation that antsibull-docs refers to
ELSEWHERE = {"action_plugins", "common_return_values", "ansible_configuration_settings"}
UNDEFINED = re.compile(r"WARNING: undefined label: '([^']+)'")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def reference(site: Path) -> None:
    """The configuration, and one page for each plugin and role beside the guides."""
    options = ("--use-current", "--squash-hierarchy")
    looks = ("--sphinx-theme", "alabaster", "--project", COLLECTION, "--title", COLLECTION, "--copyright", "The auditops.auditd authors")
    run("antsibull-docs", "sphinx-init", *options, *looks, "--dest-dir", site, COLLECTION, cwd=site)
    (site / "rst").chmod(0o755)  # antsibull-docs refuses a directory that others may write to
    build = ("antsibull-docs", "--config-file", site / "antsibull-docs.cfg", "collection")
    run(*build, *options, "--fail-on-error", "--dest-dir", site / "rst", COLLECTION, cwd=site)


def complaints(output: str) -> list[str]:
    """The lines of Sphinx that name something wrong of ours."""
    lines = (line for line in output.splitlines() if line.strip())
    return [line for line in lines if not ((label := UNDEFINED.search(line)) and label[1] in ELSEWHERE)]


def main() -> int:
    site = Path(sys.argv[1]).resolve()
    if site.exists():
        shutil.rmtree(site)
    site.mkdir(parents=True)
    try:
        reference(site)
        sphinx = ("sphinx-build", "-q", "-b", "html", "-c", site, "-D", "extensions=sphinx_antsibull_ext")
        wrong = complaints(run(*sphinx, site / "rst", site / "html", cwd=site).stdout)
    except subprocess.CalledProcessError as error:
        wrong = [error.stdout]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(f"{site}/html/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
