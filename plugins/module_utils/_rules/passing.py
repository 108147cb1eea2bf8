# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad lines of other people's rules files, and our file that is read first and lets auditctl -R go on behind them.

A line that is somebody else's is not ours to change, and no reason to load nothing at all: without that file auditctl -R stops at it, and
the host boots without the rules behind it (Debian 13: without auditd).
"""

import os

from .._release import release_tuple
from . import compiled as _compiled
from . import files as _files
from . import localise as _localise

ENDING = "auditops-continue.rules"
PREFIXES = ("00-", "0-", "~", "~~", "~~~")  # a tilde sorts before all else (compiled.natural_key)
GO_ON = ("-c", "-i")  # auditctl(8): continue, ignore
ENDS_WITH_0 = ((4, 0), (4, 0, 3))  # from, before: auditd.service requires audit-rules.service, and -c ends with return code 1


def is_ours(path: str, text: str) -> bool:
    """Whether a file of rules.d is the one that is read first."""
    return path.endswith(ENDING) and _files.managed(text)


def path_before(paths: "list[str]", release=None) -> "str | None":
    """The path of a file that augenrules reads before all ``paths``; None where no name is left for one."""
    names = _compiled.names_read(paths, release)
    first = min(names, key=_compiled.natural_key, default=None)
    for name in [prefix + ENDING for prefix in PREFIXES]:
        if first is None or _compiled.natural_key(name) < _compiled.natural_key(first):
            return _compiled.RULES_D + "/" + name
    return None


def text(release, refused: "dict[str, str]") -> str:
    """The text of the file, with the lines {line: reason} that only the kernel knows to be bad, so that the next run knows them too.

    After -c auditctl -R goes on behind a bad line and ends with return code 1, with which audit-rules.service of 4.0 to 4.0.2 takes
    auditd down; there it is -i, which ends with 0.
    """
    version = release_tuple(release) if isinstance(release, str) else release
    word = "-i" if version and ENDS_WITH_0[0] <= version < ENDS_WITH_0[1] else "-c"
    return "\n".join(["", _files.MARK, word] + [_files.KERNEL_NOTE % refused[line] + line for line in sorted(refused)]) + "\n"


def refused_by_kernel(host, files: "dict[str, str]") -> "dict[str, str]":
    """{line: reason} of other files' lines that the kernel refused in an earlier run; not those whose path is there by now."""
    found = {}
    for path, written in files.items():
        if is_ours(path, written):
            found.update(_files.refused_by_kernel(written))
    for line in [line for line, reason in found.items() if reason in _localise.NO_PATH]:
        rule = next(iter(_compiled.parse_rules_file(line).statements), None)
        if rule is not None and _localise.missing_path(host, rule) is None:
            del found[line]
    return found


def judging(options: dict, refused: "dict[str, str]", files: "dict[str, str]") -> dict:
    """``options`` of C(compiled.compile_rules) under which lines of other ``files`` that stand in ``refused`` are refused."""
    before = options.get("refused")
    others = {path for path, written in files.items() if not _files.managed(written)}

    def judge(rule):
        line = (rule.text or "").strip()
        if rule.file in others and line in refused:
            return line, "the kernel refused it: %s" % refused[line]
        return before(rule) if before else None
    return dict(options, refused=judge) if before or refused else options


def says_go_on(compiled) -> bool:
    """Whether another file than ours lets auditctl -R go on behind a bad line."""
    lines = [compiled.set_by[word] for word in GO_ON if word in compiled.set_by]
    return any(not os.path.basename(line.file or "").endswith(ENDING) for line in lines)
