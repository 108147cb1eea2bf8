# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as text: its policy allows its own script and style alone, nothing from a host is markup, and the data fit a large fleet."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import history, reader
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import html_page, page_data, table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report


class Page(HTMLParser):
    """Tags, attributes, and the text of each script and style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.inside, self.shown = [], [], {"script": [], "style": []}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend((tag, name, value) for name, value in attrs)

    def handle_data(self, data):
        if self.tags[-1:] and self.cdata_elem in self.inside:
            self.inside[self.cdata_elem].append(data)
        else:
            self.shown.append(data)


def page_of(tmp_path, *found, **more):
    spool = Spool(tmp_path)
    for one in found:
        spool.write(one, phase="now")
    return table.text(Report(reader.load([str(tmp_path)], **more)), "html")


def embedded(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text)[1])


def test_the_policy_names_its_own_script_and_style(tmp_path):
    page = Page(page_of(tmp_path, documents.document("web1", [documents.item()])))
    (policy,) = [value for _tag, name, value in page.attributes if name == "content" and value.startswith("default-src")]
    script, style = page.inside["script"][-1], page.inside["style"][0]
    for text, directive in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy


def test_nothing_is_asked_of_the_network(tmp_path):
    text = page_of(tmp_path, documents.document("web1", [documents.item()], [documents.risk()]))
    page = Page(text)
    assert not {"link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not [value for _tag, name, value in page.attributes if name == "src" or (name == "href" and not value.startswith("#"))]
    assert not [name for _tag, name, _value in page.attributes if name == "style" or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://|fetch\(|XMLHttp|innerHTML|eval\(", text)


def test_nothing_from_a_host_becomes_markup(tmp_path):
    spool = Spool(tmp_path)
    hostile = documents.hostile_document()
    spool.write(hostile, phase="before")
    spool.write({**hostile, "items": [], "status": "in_sync"}, phase="after")
    spool.write(documents.hostile_document("other" + documents.HOSTILE), phase="now")
    (tmp_path / "hosts" / "<b>.json").write_text("{")
    fleet = reader.load([str(tmp_path)])
    text = table.text(Report(fleet), "html")
    page = Page(text)
    assert page.tags.count("script") == 2 and "img" not in page.tags and "b>" not in page.tags
    assert not [name for _tag, name, _value in page.attributes if name.startswith("on")]
    assert text.count("<script") == 2
    assert documents.HOSTILE in {host[0] for host in embedded(text)["hosts"]}


def test_without_a_script_the_worst_is_readable(tmp_path):
    found = [documents.document(f"web{number}", [documents.item()], [documents.risk(days=3 + number)]) for number in range(12)]
    shown = " ".join(Page(page_of(tmp_path, *found)).shown)
    for words in ("12 hosts", "can stop themselves", "within 3 to 14 days", "disk_full_action", "It powers off.", "web0 ,  web1"):
        assert words in shown


@pytest.mark.parametrize("hosts", [[], [documents.document("a")]])
def test_quiet_fleets(tmp_path, hosts):
    text = page_of(tmp_path, *hosts)
    assert "No host is known to stop itself." in text and f"{len(hosts)} host" in text


def test_hosts_stop_by_path_soonest_first(tmp_path):
    late = documents.risk(days=40)
    soon = {**documents.risk(days=2), "key": "admin_space_left_action", "actual": "single", "sentence": "In about 2 days it is down"}
    spool = Spool(tmp_path)
    for number in range(3):
        spool.write(documents.document(f"h{number}", risks=[late] + [soon] * (number == 2)), phase="now")
    fleet = reader.load([str(tmp_path)])
    found = html_page.paths(fleet)
    assert [(path.name, len(path.hosts), path.days) for path in found] == [
        ("admin_space_left_action = SINGLE", 1, [2]), ("disk_full_action = HALT", 3, [40, 40, 40])]
    rows = re.findall("<tr>.*?</tr>", re.search('<table class="list" id="stopping">.*?</table>', table.text(Report(fleet), "html"))[0])
    assert ["In about 2 days it is down" in row for row in rows] == [False, True, False], "each path says its own sentence"
    assert ["is full in about 40 days" in row for row in rows] == [False, False, True]


def test_figures_of_before_are_not_those_of_the_fleet_where_a_part_was_remediated(tmp_path):
    spool = Spool(tmp_path)
    spool.write(documents.document("cured", [documents.item()], [documents.risk()], phase="before"), phase="before")
    spool.write(documents.document("cured", phase="after"), phase="after")
    spool.write(documents.document("other", [documents.item()]), phase="now")
    shown = " ".join(Page(table.text(Report(reader.load([str(tmp_path)])), "html")).shown)
    assert "Before their remediation, of 1 host: 1 drifted; 1 could stop themselves." in shown and "(before:" not in shown


def test_words_of_auditd_conf_are_one_finding_in_any_case(tmp_path):
    found = [documents.document(f"h{number}", [documents.item(expected=word)]) for number, word in enumerate(("SYSLOG", "syslog"))]
    assert len(embedded(page_of(tmp_path, *found))["items"]) == 1
    (group,) = reader.load([str(tmp_path)]).groups
    assert len(group.hosts) == 2


def test_the_page_says_who_can_stop_itself_since_the_remediation(tmp_path):
    spool = Spool(tmp_path)
    spool.write(documents.document("cured", [documents.item()], [documents.risk()], phase="before"), phase="before")
    spool.write(documents.document("cured", phase="after"), phase="after")
    spool.write(documents.document("chosen", [documents.item()], phase="before"), phase="before")
    spool.write(documents.document("chosen", risks=[documents.risk(days=None)], phase="after"), phase="after")
    text = table.text(Report(reader.load([str(tmp_path)])), "html")
    assert '<b class=critical>1</b><a href="#hosts=stopping">can stop itself</a> <span class="soft">(before: 1)</span>' in text
    assert '<span class="gone">1 no longer</span>, <span class="critical">1 since the remediation</span>' in text
    states = {host[0]: [one[1] for one in host[embedded(text)["hostRow"].index("stops")]] for host in embedded(text)["hosts"]}
    assert {name: [embedded(text)["stopStates"][number] for number in found] for name, found in states.items()} == {
        "chosen": ["since the remediation"], "cured": ["no longer"]}


def test_a_host_that_says_why_in_words_of_its_own_keeps_them(tmp_path):
    """One finding for all of them, and yet nobody may read the days of another host as those of this one."""
    found = [documents.document(f"h{days}", [documents.item(why=f"full in {days} days"), documents.item("disk.x")]) for days in (3, 4)]
    data = embedded(page_of(tmp_path, *found, documents.document("h5", [documents.item("disk.x")])))
    assert [len(data[name]) for name in ("hosts", "items")] == [3, 2]
    place, whys, texts = data["hostRow"].index("set"), data["hostRow"].index("whys"), data["texts"]
    said = {}
    for host in data["hosts"]:
        own = dict(map(tuple, host[whys] or []))
        said[host[0]] = sorted(texts[own.get(number, data["items"][number][5])] for number in data["sets"][host[place]])
    assert said == {"h3": ["It powers off.", "full in 3 days"], "h4": ["It powers off.", "full in 4 days"], "h5": ["It powers off."]}


def test_where_nothing_is_known_the_pictures_say_so(tmp_path):
    text = page_of(tmp_path, documents.document("a"))
    assert '<td class="none">No host is known to stop itself.</td>' in text and '<td class="none">Not known for any host.</td>' in text


@pytest.mark.parametrize(("days", "words"), [([1], "within 1 day<"), ([2], "within 2 days<"), ([1, 3], "within 1 to 3 days<")])
def test_days_are_counted_as_a_reader_does(tmp_path, days, words):
    found = [documents.document(f"h{number}", [documents.item()], [documents.risk(days=number)]) for number in days]
    assert words in page_of(tmp_path, *found)


def test_what_the_log_needs_is_in_the_data(tmp_path):
    room = {"mb_per_day": 400, "peak_mb_per_day": 900.5, "stored_mb_per_day": 60, "needed_mb": 6000, "days_until_full": 12, "fits": False,
            "space_left": 900, "admin_space_left": 300, "keep_days": 90, "reaction_hours": 24}
    odd = {**room, "days_until_full": "<b>", "needed_mb": None}
    rooms = {"a": room, "b": {**room, "space_left": "x"}, "c": odd}
    text = page_of(tmp_path, *(documents.document(name, audit_storage_recommend=one) for name, one in rooms.items()))
    data = embedded(text)
    rows = [host[data["hostRow"].index("room")] for host in data["hosts"]]
    proper = {name: room[name] for name in data["roomRow"]}
    assert [row and dict(zip(data["roomRow"], row, strict=True)) for row in rows] == [
        proper, 0, {**proper, "needed_mb": None, "days_until_full": None}]
    chart = re.search("<caption>Days until the log has no room</caption>.*?</table>", text)[0]
    assert re.findall("<th scope=\"row\">(.*?)</th>.*?<td>(\\d+)</td></tr>", chart)[1] == ("7 to 29 days", "1")


def test_equal_texts_stand_once_in_the_data(tmp_path):
    found = [documents.document(f"web{number:03}", [documents.item(), documents.item("disk.other")]) for number in range(200)]
    text = page_of(tmp_path, *found)
    data = embedded(text)
    assert len(data["items"]) == 2 and data["sets"] == [[0, 1]] and len(data["hosts"]) == 200
    assert text.count("It powers off.") <= 4


def test_values_are_shortened_to_what_the_page_has_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr(page_data, "ROOM_FOR_VALUES", 100_000)
    found = [documents.document(f"web{number:03}", [documents.item(actual=f"{number}" + "x" * 15_000)]) for number in range(100)]
    assert len(page_of(tmp_path, *found)) < 400_000


def test_what_is_new_names_its_hosts_and_the_changed_policy(tmp_path):
    runs = [{"id": letter * 32, "started": f"2026-03-0{day}T00:00:00Z"} for day, letter in enumerate("ab", 1)]
    spool = Spool(tmp_path / "spool")
    for run, items, policy in ((runs[0], [], "1"), (runs[1], [documents.item()], "2")):
        spool.write(documents.document("changed", items, run=run, policy={"digest": policy}), phase="now")
        spool.write(documents.document("drifted", items, run=run), phase="now")
        fleet = reader.load([str(tmp_path / "spool")], run=run)
        changes = history.compare(tmp_path / "history", fleet)
        history.record(tmp_path / "history", fleet)
    data = embedded(table.text(Report(fleet, changes), "html"))
    assert (data["since"], data["new"], data["intentional"]) == (runs[0]["started"], {"disk.auditd_conf.disk_full_action": [0, 1]}, [0])
