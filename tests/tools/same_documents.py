# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift documents of host trees, made in each way by each ansible-core and each Python of a host: all the same but for the time.

``same_documents.py TREE [INVENTORY [CORE...]]``: TREE holds ansible_collections; INVENTORY is a JSON inventory whose hosts have
``audit_root``, by default the fleet of the demo; CORE is a release of ansible-core, as 2.19, by default all of matrix.py, whose Pythons
stand for those of hosts. The ways: the module, code that is sent with pipelining and without, and the installed program
``audit-check --root``, which is given the policy that went to the host. What cannot be had is named.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matrix

PROFILES = ["auto"]
START = ("import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import comparison; "
         "sys.exit(comparison.main(sys.argv[1], sys.argv[2:]))")
OF_A_RUN = ("collected_at", "run")
MODULE, PIPED, LAID = "module", "code, pipelining", "code"
DIRECTORIES = {MODULE: "module", PIPED: "piped", LAID: "laid"}
# Takes no code on its stdin, so that the module has to come
ONLY_MODULES = '#!/bin/sh\n[ "$1" != -ISc ] && exec {python} "$@"\n'
# Keeps what it is given
KEEPING = ('#!/bin/sh\n[ "$1" = -ISc ] || exec {python} "$@"\nkept=$(mktemp {directory}/XXXXXX)\ncat > "$kept"\n'
           'exec {python} "$@" < "$kept"\n')


@dataclass(frozen=True)
class Controller:
    """An ansible-core, the collection's tree and the hosts."""

    bin: Path
    tree: Path
    inventory: Path

    def play(self, playbook: str, scratch: Path, *, pipelining: bool = False, **variables) -> str:
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(self.tree), ANSIBLE_NOCOLOR="1", ANSIBLE_FORKS="4",
                           ANSIBLE_PIPELINING=str(int(pipelining)), PATH=f"{self.bin}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1")
        argv = [str(self.bin / "ansible-playbook"), "-v", "-i", str(self.inventory), playbook, "-e",
                json.dumps({"audit_drift_report_dir": str(scratch), "audit_rules_profiles": PROFILES, **variables})]
        done = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if "Traceback" in done.stdout + done.stderr or (done.returncode and not scratch.is_dir()):
            raise OSError(f"{playbook} ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout

    def documents(self, way: str, python: str, scratch: Path) -> dict[str, str]:
        """{host: document} by a way; what code was given is kept in scratch/given."""
        scratch.mkdir()
        (scratch / "given").mkdir()
        wrapper = scratch / "python3"
        wrapper.write_text((ONLY_MODULES if way == MODULE else KEEPING).format(python=shlex.quote(python), directory=scratch / "given"))
        wrapper.chmod(0o755)
        # found and not named: by a name, the Python that answers is not that one
        known_by = {"ansible_python_interpreter": "auto_silent", "ansible_interpreter_python_fallback": [str(wrapper)]}
        if way == MODULE:
            known_by = {"ansible_python_interpreter": str(wrapper)}
        said = self.play("auditops.auditd.drift", scratch / "report", pipelining=way == PIPED, **known_by)
        read = {path.stem: json.loads(path.read_text()) for path in (scratch / "report/hosts").glob("*.json")}
        # one whose variables are refused is not compared
        found = {host: content(document) for host, document in read.items() if not document.get("error")}
        taken = said.count(f'"way": "{way.partition(",")[0]}"')
        if taken != len(found):
            raise OSError(f"{taken} of {len(found)} hosts took the way {way}: {said[-1500:]}")
        return found


def content(document: dict) -> str:
    return json.dumps({name: value for name, value in document.items() if name not in OF_A_RUN}, indent=1, sort_keys=True)


def install(controller: Controller, scratch: Path) -> Path:
    """The library as the module audit_check installs it; its directory."""
    root = scratch / "installed"
    for name in ("usr/bin/python3", "usr/sbin/cron"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch(0o755)
    task = {"auditops.auditd.audit_check": {"root": str(root)}, "run_once": True}
    book = scratch / "install.yml"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    controller.play(str(book), root, ansible_python_interpreter=sys.executable)
    return root / "usr/local/lib/audit-rotate"


def by_program(library: Path, python: str, given: Path) -> dict[str, str]:
    """{host: document} by the installed program, for each policy that was given to a host."""
    found = {}
    for path in sorted(given.iterdir()):
        data = path.read_bytes()
        start = data.index(b"\n") + 1
        request = json.loads(data[start + int(data[:start]):])
        root = request["options"]["root"]
        argv = [python, "-IS", "-c", START, str(library), "--policy", "-", "--root", root]
        done = subprocess.run(argv, check=False, input=json.dumps(request), capture_output=True, text=True)
        found[request["host"]] = content(json.loads(done.stdout)) if done.stdout else done.stderr
    return found


def different(name: str, found: dict[str, str], wanted: dict[str, str]) -> int:
    """How many documents are not as wanted; says which, and where the first of them differs."""
    hosts = [host for host in sorted(wanted) if found.get(host) != wanted[host]]
    print(f"{name:50} {len(wanted) - len(hosts)} of {len(wanted)} the same", flush=True)
    for host in hosts[:3]:
        pairs = zip(found.get(host, "").splitlines(), wanted[host].splitlines(), strict=False)
        print(f"  {host}: {next((pair for pair in pairs if pair[0] != pair[1]), 'of another length')}")
    return len(hosts)


def compare(tree: Path, inventory: Path | None, cores: list[str], scratch: Path) -> int:
    have, failed, wanted = matrix.pythons(), 0, None
    if inventory is None:
        subprocess.run([sys.executable, str(tree / "ansible_collections/auditops/auditd/demo/fleet.py"), str(scratch / "demo")], check=True,
                       capture_output=True)
        inventory = scratch / "demo/inventory.json"
    for name, core in ((name, matrix.CORES[name]) for name in cores or matrix.CORES):
        try:
            controller = Controller(matrix.environment_of(name, core, have), tree, inventory)
        except OSError as error:
            print(f"not run: ansible-core {name}: {error}")
            continue
        minors = [minor for minor in core.targets if minor in have]
        own = scratch / name
        own.mkdir()
        for way, minor in ((MODULE, minors[0]), (MODULE, minors[-1]), (PIPED, minors[0]), (LAID, minors[-1])):
            found = controller.documents(way, have[minor], own / f"{DIRECTORIES[way]}-{minor}")
            wanted = wanted or found
            failed += different(f"core {name}, {way}, Python 3.{minor}", found, wanted)
        library = install(controller, own)
        for minor, python in sorted(have.items()):
            found = by_program(library, python, own / f"{DIRECTORIES[LAID]}-{minors[-1]}/given")
            failed += different(f"core {name}, audit-check, Python 3.{minor}", found, wanted)
    return failed if wanted else 1


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        tree, inventory = Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if sys.argv[2:] else None
        return 1 if compare(tree, inventory, sys.argv[3:], Path(scratch)) else 0


if __name__ == "__main__":
    sys.exit(main())
