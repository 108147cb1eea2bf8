# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks of commands in the documentation, each with its mark: what runs it, or why nothing does.

A mark stands above the block, as a comment that readers of the page do not see. In a guide ``.. Commands: MARK``, in a README
``<!-- Commands: MARK -->``. MARK is ``run over trees`` (tests/playbooks/test_doc_commands.py takes the lines as they stand),
``run over trees; fails`` (the last one has to end with 2), ``run by FILE`` (a test or a tool of the checkout that has the same commands)
or ``not run, REASON``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[2]
OVER_TREES = "run over trees"
FAILS = "run over trees; fails"
RUN_BY = re.compile(r"run by (\S+)")
NOT_RUN = re.compile(r"not run, \S.*")
SHELLS = ("console", "shell", "bash", "sh")
DIRECTIVE = re.compile(r"\s*\.\. code-block:: (\S+)|(.*[^:.]|)::\s*$")
FENCE = re.compile(r"```(\w*)$")
MARK = re.compile(r"\s*(?:\.\. Commands: (?P<guide>.*)|<!-- Commands: (?P<readme>.*) -->)$")
PROGRAM = re.compile(
    r"\s*[$#]? ?(?:ansible[a-z-]*|apt-get|audit-\w+|auditctl|aws|curl|dnf|git|make|molecule|mount|pip|podman|pytest|python3|sed|ssh) ")


@dataclass(frozen=True)
class Block:
    file: str
    line: int
    mark: str
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """What a reader types; where a prompt stands before it, the rest is output."""
        prompted = [line[2:] for line in self.lines if line.startswith("$ ")]
        return prompted or [line for line in self.lines if line.strip() and not line.startswith("#")]


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def body(lines: list[str], start: int, margin: int) -> list[str]:
    """The lines from ``start`` that stand further in than ``margin``, without their common indent."""
    end = start
    while end < len(lines) and (not lines[end].strip() or indent(lines[end]) > margin):
        end += 1
    found = lines[start:end]
    common = min((indent(line) for line in found if line.strip()), default=0)
    return [line[common:].rstrip() for line in found]


def mark_above(lines: list[str], number: int) -> str:
    """The mark in the last line with text above this one."""
    above = [line for line in lines[:number] if line.strip()][-1:]
    found = MARK.match(above[0]) if above else None
    return (found["guide"] or found["readme"]) if found else ""


def in_guide(lines: list[str]) -> list[tuple[int, bool, list[str]]]:
    """Each literal block: its line, whether it is declared as a shell's, its text."""
    found = []
    for number, line in enumerate(lines):
        if directive := DIRECTIVE.match(line):
            found.append((number, directive[1] in SHELLS, body(lines, number + 1, indent(line))))
    return found


def in_readme(lines: list[str]) -> list[tuple[int, bool, list[str]]]:
    found, number = [], 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        if fence:
            end = lines.index("```", number + 1)
            found.append((number, fence[1] in SHELLS, lines[number + 1:end]))
            number = end
        elif lines[number].startswith("    ") and not lines[number - 1].strip():
            text = body(lines, number, 3)
            found.append((number, any(map(PROGRAM.match, text)), text))
            number += len(text)
        number += 1
    return found


def blocks(path: Path) -> list[Block]:
    """The blocks of commands of a guide or a README."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = (in_guide if path.suffix == ".rst" else in_readme)(lines)
    file = str(path.relative_to(COLLECTION))
    return [Block(file, number + 1, mark_above(lines, number), tuple(text))
            for number, of_shell, text in found if of_shell or any(map(PROGRAM.match, text))]


def documents() -> list[Path]:
    return [COLLECTION / "README.md", COLLECTION / "CONTRIBUTING.md", *sorted(COLLECTION.glob("roles/*/README.md")),
            *sorted(COLLECTION.glob("docs/docsite/rst/*.rst"))]


def everything() -> list[Block]:
    return [block for path in documents() if path.exists() for block in blocks(path)]


def complaint(block: Block) -> str | None:
    """What is wrong with the mark of a block; None where it is right."""
    if block.mark in (OVER_TREES, FAILS) or NOT_RUN.fullmatch(block.mark):
        return None
    runner = RUN_BY.fullmatch(block.mark)
    if not runner:
        return f"{block.name}: {block.mark!r} is no mark: say '{OVER_TREES}', 'run by FILE' or 'not run, REASON'"
    path = COLLECTION / runner[1]
    if not path.is_file():
        return f"{block.name}: there is no {runner[1]}"
    text = path.read_text(encoding="utf-8")
    words = {word for line in block.commands for word in re.findall(r"auditops\.auditd\.(\w+)", line)}
    missing = sorted(word for word in words if word not in text)
    return f"{block.name}: {runner[1]} does not speak of {', '.join(missing)}" if missing else None
