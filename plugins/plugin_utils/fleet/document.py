# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One drift document as a report may rely on it: lifted to the newest schema, checked, long texts cut, equal parts shared.

The documents come from hosts: their values are data, never a path, never markup, and a broken one is named, not fatal.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.auditops.auditd.plugins.module_utils._drift.tables import SCHEMA
from ansible_collections.auditops.auditd.plugins.module_utils._severity import SEVERITIES

STATUSES = ("drifted", "unknown", "in_sync")
STATUS_WORDS = {"drifted": "drifted", "unknown": "not known", "in_sync": "in sync"}
VERDICTS = ("pass", "fail", "waived", "skipped", "not_checked")
PHASES = ("now", "before", "after")
LARGEST_DOCUMENT = 32 << 20  # bytes
LONGEST_TEXT = 20_000  # characters of one value; what is longer is cut, with a note
MOST_ENTRIES = 5_000  # of one list
DEEPEST = 50
LONGEST_NAME = 200  # bytes; with the suffixes below the 255 that filesystems take
MOMENT = re.compile(r"[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z", re.ASCII)

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode

SHARED = ("items", "controls", "exceptions", "waived")  # what hosts have in common
ITEM_TEXTS = ("id", "layer", "why", "fix")
WAIVER_TEXTS = ("subject", "benchmark", "policy", "reason", "compensating")
CONTROL_TEXTS = ("benchmark", "id", "title", "why")
ROOM_NUMBERS = ("mb_per_day", "peak_mb_per_day", "stored_mb_per_day", "space_left", "admin_space_left")
ROOM_OR_NONE = ("keep_days", "needed_mb", "days_until_full", "reaction_hours")
EXCEPTION_TEXTS = ("control", "key", "setting", "file", "benchmark", "reason", "owner", "approved_by", "expires", "ticket")


def file_name(host: str) -> str:
    """The name of a host's document: what a file name cannot hold is percent-encoded, so no inventory name leaves the directory."""
    name = quote(host, safe="", errors="surrogateescape")
    name = "%2E" + name[1:] if name.startswith(".") else name or "%00"
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name + ".json"


def as_text(document: dict) -> str:
    """The document as it lies in the spool: sorted, indented, one final newline."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def compact(value: object) -> str:
    """The same for one line of a format."""
    return _encode(value)


def digest(policy: object) -> str:
    """What separates a host that drifted from one whose policy changed. The same policy gives the same digest."""
    text = json.dumps(policy, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def failed(host: str, reason: str, *, collected_at: str, run: dict | None, phase: str, unreachable: bool = False) -> dict:
    """The document of a host that could not be compared, or on which the run failed: unknown, with the error's own sentence."""
    return {
        "schema": SCHEMA, "host": host, "run": run, "policy": None, "phase": phase, "collected_at": collected_at, "root": None,
        "status": "unknown", "error": cut(reason), "unreachable": unreachable,
        "summary": {"items": 0, "severity": dict.fromkeys(SEVERITIES, 0), "layer": {}},
        "items": [], "controls": [], "exceptions": [], "live": {"unavailable": {"host": cut(reason)}}, "waived": [],
    }


def lift(document: dict) -> dict:
    """A document of schema 1 as one of schema 2: what 1 did not have is empty. ValueError for a schema that is not known."""
    schema = document.get("schema")
    if schema == 1 and not isinstance(schema, bool):
        return {"run": None, "policy": None, "controls": [], "exceptions": [], **document, "schema": SCHEMA}
    if schema != SCHEMA or isinstance(schema, bool):
        raise ValueError(f"its schema is {schema!r}, not 1 or {SCHEMA}")
    return document


class Pool:
    """Equal entries of ten thousand documents as one object each: most hosts share most of theirs."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], object] = {}
        self._seen: dict[tuple[str, bytes], object] = {}  # in the order in which its keys came: a quarter of the time of sorting them

    def shared(self, kind: str, value: Any, check: Callable[[object], object]) -> object:
        """``check`` of the value, cut, done once for all equal values. What it returns lives as long as the pool."""
        data = marshal.dumps(value, 2)
        seen = (kind, data if len(data) < LONGEST_TEXT else hashlib.sha256(data).digest())
        if seen not in self._seen:
            short = cut(value)
            key = (kind, _encode(short))
            if key not in self._kept:
                self._kept[key] = check(short)
            self._seen[seen] = self._kept[key]
        return self._seen[seen]


class Misnamed(ValueError):
    """A document in the file of another host: it is left out, so that no host counts twice."""


def read(path: Path, pool: Pool) -> dict:
    """The document in a file. OSError, ValueError and RecursionError say what is wrong with it."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("it is not a regular file")
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise ValueError("it is larger than any drift document")
    raw = json.loads(path.read_bytes().decode("utf-8"))
    document = checked(raw, pool)
    if file_name(raw["host"]) != path.name:
        raise Misnamed(f"it names the host {document['host'][:200]!r}, whose file has another name; it is left out: no host counts twice")
    return document


def checked(document: object, pool: Pool) -> dict:
    """The document, cut, with every value that a report relies on in its proper type; ValueError where it has none."""
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    document = lift(document)
    if document.get("status") not in STATUSES:
        raise ValueError(f"its status is {document.get('status')!r}")
    if not isinstance(document.get("host"), str):
        raise ValueError("it does not name its host")
    own: dict = {name: value for name, value in document.items() if name not in SHARED}
    own = own if _is_short(own) else cut(own)  # type: ignore[assignment]
    return {
        **own,
        "collected_at": moment(document.get("collected_at")),
        "phase": document.get("phase") if document.get("phase") in PHASES else "now",
        "run": _run(own.get("run")),
        "policy": _named(own.get("policy"), "digest"),
        "error": str(own["error"]) if own.get("error") else None,
        "items": [pool.shared("item", entry, _item) for entry in _list(document, "items")],
        "controls": pool.shared("controls", _list(document, "controls"), _controls),
        "exceptions": [pool.shared("exception", entry, _exception) for entry in _list(document, "exceptions")],
        "waived": [pool.shared("waived", entry, _waiver) for entry in _list(document, "waived")],
        "live": _live(own.get("live")),
        "audit_storage_recommend": _room(own.get("audit_storage_recommend")),
    }


def refuse_malformed(document: dict) -> None:
    """ValueError where an entry of its lists is nothing that a report can rely on, or where it says in sync and has a finding."""
    try:
        for name, check in (("items", _item), ("exceptions", _exception), ("waived", _waiver)):
            for entry in document.get(name) or []:
                check(entry)
        _controls(document.get("controls"))
    except TypeError as error:
        raise ValueError(f"one of its entries is of a wrong type: {error}") from None
    for item in document.get("items") or []:
        missing = [name for name in ITEM_TEXTS if not isinstance(item.get(name), str)]
        if missing:
            raise ValueError(f"a finding has no {missing[0]}")
        if document.get("status") == "in_sync" and item["severity"] != "info":
            raise ValueError(f"it is in sync, and has the finding {item['id']}")


def _is_short(value: dict | list, depth: int = 0) -> bool:
    """Whether there is nothing to cut and no character to replace: then nobody copies the value."""
    if depth > DEEPEST or len(value) > MOST_ENTRIES or (isinstance(value, dict) and not all(map(_is_short_text, value))):
        return False
    for entry in value.values() if isinstance(value, dict) else value:
        if isinstance(entry, str):
            if not _is_short_text(entry):
                return False
        elif isinstance(entry, (dict, list)) and not _is_short(entry, depth + 1):
            return False
    return True


def _is_short_text(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and text.isascii()


def cut(value: object, depth: int = 0) -> object:
    """The value with no text and no list longer than a report can show, and nothing in it that is no character; what was cut is said."""
    if isinstance(value, str):
        text = value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]} ... [cut: {len(value)} characters]"
        return text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a pair of surrogates is no character anywhere else
    if depth > DEEPEST:
        raise ValueError("it is nested deeper than any drift document")
    if isinstance(value, list):
        more = [f"... [cut: {len(value)} entries]"] if len(value) > MOST_ENTRIES and not isinstance(value[0], dict) else []
        return [cut(entry, depth + 1) for entry in value[:MOST_ENTRIES]] + more
    if isinstance(value, dict):
        return {str(cut(name, depth + 1)): cut(entry, depth + 1) for name, entry in value.items()}
    return value


def _list(document: dict, name: str) -> list:
    value = document.get(name)
    return value[:MOST_ENTRIES] if isinstance(value, list) else []


def moment(value: object) -> str | None:
    """A time as our documents write it; None for anything else, which cannot be compared with another."""
    return value if isinstance(value, str) and MOMENT.fullmatch(value) else None


def _run(value: object) -> dict | None:
    run = _named(value, "id")
    return None if run is None else {**run, "started": moment(run.get("started"))}


def _named(value: object, name: str) -> dict | None:
    return value if isinstance(value, dict) and isinstance(value.get(name), str) else None


def _object(entry: object) -> dict:
    if not isinstance(entry, dict):
        raise ValueError("one of its entries is no object")
    return entry


def _texts(entry: dict, names: Iterable[str]) -> dict[str, str]:
    return {name: str(entry.get(name, "")) for name in names}


def _item(entry: object) -> dict:
    item = _object(entry)
    if item.get("severity") not in SEVERITIES:
        raise ValueError(f"the severity of a finding is {item.get('severity')!r}")
    controls = [str(control) for control in item.get("controls") or []]
    step = {"step": str(item["step"])} if "step" in item else {}  # documents of earlier releases have none
    return {"expected": None, "actual": None, **item, **_texts(item, ITEM_TEXTS), **step, "controls": controls}


def _controls(entries: object) -> tuple[dict, ...]:
    return tuple(_control(entry) for entry in entries) if isinstance(entries, list) else ()


def _control(entry: object) -> dict:
    control = _object(entry)
    if control.get("status") not in VERDICTS:
        raise ValueError(f"the status of a control is {control.get('status')!r}")
    items = [str(ident) for ident in control.get("items") or []]
    return {**control, **_texts(control, CONTROL_TEXTS), "items": items}


def _exception(entry: object) -> dict:
    exception = _object(entry)
    return {**exception, **{name: str(exception[name]) for name in EXCEPTION_TEXTS if exception.get(name) not in (None, "")}}


def _waiver(entry: object) -> dict:
    waiver = _object(entry)
    controls = [str(control) for control in waiver.get("controls") or []]
    return {**waiver, **_texts(waiver, WAIVER_TEXTS), "controls": controls}


def _room(value: object) -> dict | None:
    """What the log needs, its numbers as numbers; None where nothing is known."""
    if not isinstance(value, dict) or not all(_is_number(value.get(name)) for name in ROOM_NUMBERS):
        return None
    optional = {name: value.get(name) if _is_number(value.get(name)) else None for name in ROOM_OR_NONE}
    return {**value, **optional, "fits": value.get("fits") if isinstance(value.get("fits"), bool) else None}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def _live(value: object) -> dict:
    live = value if isinstance(value, dict) else {}
    storage = live["storage"] if isinstance(live.get("storage"), dict) else {}
    risks = [risk for risk in storage.get("risks") or [] if isinstance(risk, dict) and {"effect", "severity", "sentence"} <= set(risk)]
    distribution = live["distribution"] if isinstance(live.get("distribution"), dict) else {}
    return {**live, "storage": {**storage, "risks": risks}, "distribution": distribution}
