# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first thing that runs where a controller sends the code of a comparison to a Python of the host by stdin: it imports the rest.

A module of Ansible is read byte by byte by a pipelined Python, and imports Ansible's own support: 0.3 s of CPU that a comparison does not
need (measured).
"""

import importlib
import sys
import types

NAME = "auditops_auditd"  # what the modules are imported as


def main(packed: str, texts: "dict[str, str]") -> int:
    """Answer the request on the rest of stdin. ``packed``: what C(_parcel.pack) gave. ``texts``: what it was given."""
    for name in ("", "._errors", "._hashes", "._json_text", "._parcel"):  # what imports the others
        module = types.ModuleType(NAME + name)
        module.__package__, module.__path__ = NAME, []
        sys.modules[NAME + name] = module
        exec(texts.get(name[1:] + ".py", ""), module.__dict__)  # noqa: S102  as an import does
    parcel = sys.modules[NAME + "._parcel"]
    parcel.Importer(NAME, texts).install()
    return importlib.import_module(NAME + "._check.cli").main(["--request"], parcel.Sent(packed))
