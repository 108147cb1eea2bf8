# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of variables in each role's README from its argument specification; the words around it are written by hand."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
BEGIN, END = "<!-- variables: written by make docs from meta/argument_specs.yml -->", "<!-- end of variables -->"
MARKUP = re.compile(r"\b([VCOMIB])\(((?:\\.|[^)\\])*)\)")


def in_markdown(text: str) -> str:
    """Ansible's documentation markup as Markdown, safe inside a cell of a table."""
    return MARKUP.sub(lambda found: f"`{found[2]}`" if found[2] else "empty", text).replace("|", "\\|")


def default_of(option: dict) -> str:
    if "default" not in option:
        return ""
    value = option["default"]
    if value == "":
        return "`''`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def row(name: str, option: dict) -> str:
    words = option["description"]
    words = [words] if isinstance(words, str) else list(words)
    if option.get("choices"):
        words.append("One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + ".")
    kind = "list of " + option["elements"] if option.get("elements") else option["type"]
    return f"| `{name}` | {kind} | {default_of(option)} | {in_markdown(' '.join(words))} |"


def variables(role: str) -> str:
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    rows = [row(name, option) for name, option in specs["main"]["options"].items()]
    return "\n".join(["| variable | type | default | meaning |", "|---|---|---|---|", *rows])


def readme(role: str) -> str:
    """The README of a role with its table as it is to be. ValueError where the marks are missing."""
    text = (ROLES / role / "README.md").read_text()
    before, begin, rest = text.partition(BEGIN)
    _table, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"roles/{role}/README.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{variables(role)}\n\n{END}{after}"


def main() -> None:
    for path in sorted(ROLES.glob("*/README.md")):
        path.write_text(readme(path.parent.name))


if __name__ == "__main__":
    main()
