# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison as text for a terminal, as JSON for a program and as a page."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt.report import plain

from .difference import Comparison

SCHEMA = 1
STYLE = ("body{font:15px system-ui,sans-serif;margin:2em;color:#222;background:#fff}table{border-collapse:collapse;width:100%}"
         "th,td{border:1px solid #bbb;padding:.4em;text-align:left;vertical-align:top}td{overflow-wrap:anywhere}th{background:#eee}"
         "pre{margin:0;white-space:pre-wrap}")
SENTENCE = {"same": "are the same", "different": "differ", "unknown": "are the same as far as both were seen"}


def headline(found: Comparison) -> str:
    return f"{plain(found.left)} and {plain(found.right)} {SENTENCE[found.status]}" + (
        f" in {len(found.differences)} places" if len(found.differences) > 1 else " in 1 place" if found.differences else "")


def text(found: Comparison) -> str:
    lines = [headline(found) + ":" if found.differences else headline(found) + "."]
    for one in found.differences:
        lines += [f"  {plain(one.layer)}: {plain(one.name)}", *_side("<", one.left), *_side(">", one.right)]
    lines += [f"  not compared: {plain(sentence)}" for sentence in (*found.unknown, *found.beside)]
    if found.alike:
        lines.append("  the same: " + ", ".join(f"{count} in {layer}" for layer, count in sorted(found.alike.items())))
    return "\n".join(lines) + "\n"


def _side(sign: str, value: str | list[str] | None) -> Iterator[str]:
    for line in value if isinstance(value, list) else ["(nothing)" if value is None else value]:
        yield f"    {sign} {plain(line)}"


def as_json(found: Comparison) -> str:
    return json.dumps({
        "schema": SCHEMA, "status": found.status, "left": found.left, "right": found.right, "about": list(found.about),
        "differences": [{"layer": one.layer, "name": one.name, "left": one.left, "right": one.right} for one in found.differences],
        "unknown": found.unknown, "not_of_trees": found.beside, "same": found.alike,
    }, indent=1, sort_keys=True) + "\n"


def page(found: Comparison) -> str:
    """One self-contained page: nothing is asked of the network, and nothing in a value is more than text."""
    rows = "".join(f"<tr><td>{_safe(one.layer)}</td><td>{_safe(one.name)}</td><td>{_cell(one.left)}</td><td>{_cell(one.right)}</td></tr>\n"
                   for one in found.differences)
    table = (f"<table><thead><tr><th>layer</th><th>what</th><th>{_safe(found.left)}</th><th>{_safe(found.right)}</th></tr></thead>\n"
             f"<tbody>{rows}</tbody></table>" if rows else "")
    unknown = "".join(f"<li>{_safe(sentence)}</li>" for sentence in (*found.unknown, *found.beside))
    same = ", ".join(f"{count} in {_safe(layer)}" for layer, count in sorted(found.alike.items()))
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
            f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{html.escape(headline(found))}</title>"
            f"<style>{STYLE}</style></head>\n<body><h1>{_safe(found.left)} and {_safe(found.right)} {SENTENCE[found.status]}</h1>\n"
            f"<p>{_safe(found.left)}: {_safe(found.about[0])}. {_safe(found.right)}: {_safe(found.about[1])}.</p>\n{table}\n"
            + (f"<h2>Not compared</h2><ul>{unknown}</ul>\n" if unknown else "") + (f"<p>The same: {same}.</p>\n" if same else "")
            + "</body></html>\n")


def _safe(value: str) -> str:
    return html.escape("".join(char if char.isprintable() else "?" for char in value))


def _cell(value: str | list[str] | None) -> str:
    if value is None:
        return "<em>nothing</em>"
    return "<pre>" + "\n".join(map(_safe, value if isinstance(value, list) else [value])) + "</pre>"
