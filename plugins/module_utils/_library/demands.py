# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks demand of settings, switches, files and the boot, by the product they were written for.

The library's data alone says so (roles/audit_rules/files/controls). The controller packs these parts of all benchmarks, 2 KB, because only
the host knows its product; the lines of rules travel apart, where a policy names profiles.
"""

import binascii
import json
import zlib
from collections import OrderedDict, namedtuple

from .conf import accepts

# The parts of a benchmark whose words are the ids of its controls
NUMBERED = ("rules", "auditd_conf", "remote_conf", "status", "sample_files", "host", "elsewhere")
SWITCHES = {"enabled": "-e", "failure": "-f"}  # word of the library's C(status) -> option of auditctl(8)

# subject: key of auditd.conf, switch, or a word of C(host); accepted: the values that satisfy it, () where none is named
Demand = namedtuple("Demand", "subject accepted ids")


def pack(library: dict) -> str:
    """The demands in C(library) (benchmarks, waivers) as one word of text."""
    parts = {name: {part: entry[part] for part in ("product", "auditd_conf", "status", "host", "modes") if part in entry}
             for name, entry in library["benchmarks"].items()}
    text = json.dumps({"benchmarks": parts, "waivers": library["waivers"]}, separators=(",", ":"), sort_keys=True)
    return binascii.b2a_base64(zlib.compress(text.encode("utf-8"), 9), newline=False).decode("ascii")


class Demands(object):
    """The demands on one host: those of its product's benchmarks and of the profiles that were chosen for its rules, ``chosen``."""

    def __init__(self, packed: "str | None", product: "str | None", chosen: "list[str] | tuple" = ()) -> None:
        data = json.loads(zlib.decompress(binascii.a2b_base64(packed)).decode("utf-8")) if packed else {"benchmarks": {}, "waivers": {}}
        self._benchmarks, self._reasons, self.chosen, self.product = data["benchmarks"], data["waivers"], list(chosen), product
        self.library = {"benchmarks": self._benchmarks}
        own = [name for name, entry in sorted(self._benchmarks.items()) if product and entry.get("product") == product]
        self.names = self.chosen + [name for name in own if name not in self.chosen]

    def ids(self, subject: str) -> "list[str]":
        """The controls that speak of a subject, "benchmark:id"; those of chosen profiles first."""
        return ["%s:%s" % (name, number) for name in self.names for number, subjects in _by_number(self._benchmarks.get(name, {}))
                if subject in subjects]

    def reason(self, subject: "str") -> "dict | None":
        """{reason, compensating} of a subject that policies set aside; None for any other."""
        return self._reasons.get(subject)

    def of(self, names: "list[str]") -> "list[Demand]":
        """The demands of these benchmarks, those that accept the same as one."""
        found = {}
        for name in names:
            benchmark = self._benchmarks.get(name, {})
            for number, subjects in _by_number(benchmark):
                for subject, accepted in subjects.items():
                    found.setdefault((subject, tuple(accepted)), []).append("%s:%s" % (name, number))
        return [Demand(subject, accepted, ids) for (subject, accepted), ids in sorted(found.items())]

    def settings(self, names: "list[str]", exceptions=None) -> "dict[str, list[Demand]]":
        """{key of auditd.conf: its demands} of these benchmarks, in their order, without those that C(exceptions.Exceptions) leave out."""
        found: "dict[str, list[Demand]]" = OrderedDict()
        for name in names:
            for number, keys in sorted(self._benchmarks.get(name, {}).get("auditd_conf", {}).items()):
                for key, accepted in keys.items():
                    if exceptions is None or exceptions.of_setting(name, number, key) is None:
                        found.setdefault(key, []).append(Demand(key, tuple(accepted), ["%s:%s" % (name, number)]))
        return found

    def waived(self, settings: dict, control: "dict[str, str]") -> "list[dict]":
        """What the chosen benchmarks demand and a policy sets aside, for its own sake.

        [{controls, subject, benchmark, policy, reason, compensating}].

        ``settings``: {key of auditd.conf: text} of the policy; ``control``: {option of auditctl(8): text}. What a policy does not speak of
        is not set aside.
        """
        found = []
        for subject, accepted, ids in self.of(self.chosen):
            switch = SWITCHES.get(subject)
            value = control.get(switch) if switch else settings.get(subject)
            if value is None or not accepted or accepts(accepted, value):
                continue
            known = self._reasons.get(subject)
            if known is None:
                continue
            found.append({
                "controls": ids,
                "subject": subject,
                "benchmark": " or ".join("%s %s" % (switch, one) if switch else one for one in accepted),
                "policy": "%s %s" % (switch, value) if switch else value,
                "reason": known["reason"],
                "compensating": known["compensating"],
            })
        return sorted(found, key=lambda entry: (entry["subject"], entry["benchmark"]))


def _by_number(benchmark):
    """(number, {subject: accepted values}) of a benchmark's parts."""
    for number, keys in sorted(benchmark.get("auditd_conf", {}).items()):
        yield number, keys
    for number, switches in sorted(benchmark.get("status", {}).items()):
        yield number, {switch: [str(value)] for switch, value in switches.items()}
    for number, subjects in sorted(benchmark.get("host", {}).items()):
        yield number, dict.fromkeys(subjects, ())
