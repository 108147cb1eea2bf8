"use strict";
// Draws the views of the report from the data in the page. Texts of hosts only ever become text nodes. At most PAGE rows are drawn at once.
(function () {
  const PAGE = 50;
  const SHOWN_LINES = 6; // of a value, until somebody asks for the rest
  const SVG = "http:" + "//www.w3.org/2000/svg"; // a name, not an address: nothing is asked for there
  const data = JSON.parse(document.getElementById("data").textContent);
  const field = {};
  data.hostRow.forEach((name, place) => { field[name] = place; });
  const [ID, SEVERITY, LAYER, ACTUAL, EXPECTED, WHY, FIX, CONTROLS] = [0, 1, 2, 3, 4, 5, 6, 7];
  const statusWords = { drifted: "drifted", unknown: "not known", in_sync: "in sync" };
  const hosts = data.hosts;
  const names = hosts.map((host) => host[field.name].toLowerCase());
  const byName = new Map(hosts.map((host, number) => [host[field.name], number]));
  const newOn = countOn(data.new);

  function countOn(byId) {
    const found = new Map();
    for (const list of Object.values(byId)) for (const host of list) found.set(host, (found.get(host) || 0) + 1);
    return found;
  }

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) node.append(child);
    return node;
  }
  const many = (number, one, more) => number + " " + (number === 1 ? one : more || one + "s");
  const badge = (word, words) => el("span", { class: "badge " + word }, words || word);
  // A word that a browser would break at a hyphen or a slash goes to the next line whole, as long as a line has room for it.
  // A list of many words between commas breaks behind one of these.
  const parted = (word) => word.split(/(?<=,)/).flatMap((part, place) => (place ? [el("wbr"), part] : [part]));
  const whole = (text) => text.split(" ").flatMap((word, place) => [place ? " " : null,
    word.length > 30 && word.includes(",") ? parted(word) : /^--|\w[-/]\w/.test(word) ? el("span", { class: "word" }, word) : word]);
  const code = (lines) => lines.flatMap((line, number) => (number ? [el("br"), el("code", {}, whole(line))] : [el("code", {}, whole(line))]));
  const folded = (lines) => (lines.length <= SHOWN_LINES + 1 ? code(lines)
    : [code(lines.slice(0, SHOWN_LINES)), el("details", {}, el("summary", {}, "and " + many(lines.length - SHOWN_LINES, "line") + " more"), code(lines.slice(SHOWN_LINES)))]);
  const severity = (number) => data.severities[number];
  const hostLink = (number) => el("a", { class: "word", href: "#host=" + encodeURIComponent(hosts[number][field.name]) }, hosts[number][field.name] || "(no name)");

  const hostLinks = (on) => el("span", { class: "names" }, on.flatMap((host) => [hostLink(host), " "]));

  function counts(host) {
    const parts = [];
    host[field.counts].forEach((number, place) => {
      if (number) parts.push(parts.length ? ", " : null, el("span", { class: severity(place) }, number + " " + severity(place)));
    });
    return parts.length ? parts : ["none"];
  }

  function age(moment) {
    if (!moment) return "not known";
    const days = Math.floor((Date.now() - Date.parse(moment)) / 86400000);
    const words = days < 1 ? "" : days === 1 ? " (1 day ago)" : " (" + days + " days ago)";
    return moment.replace("T", " ").replace("Z", " UTC") + words;
  }

  // A list of rows with pages. draw(row) gives cells; the caller keeps the rows.
  function pages(rows, columns, draw, options) {
    const settings = Object.assign({ caption: "", start: 0 }, options);
    const body = el("tbody");
    const status = el("span", { role: "status" });
    const before = el("button", { type: "button", onclick: () => show(start - PAGE) }, "Back");
    const after = el("button", { type: "button", onclick: () => show(start + PAGE) }, "Next");
    let start = 0;
    const head = el("tr", {}, columns.map((column) => column.sort
      ? el("th", { scope: "col", "aria-sort": column.sorted || "none" }, el("button", { type: "button", onclick: column.sort }, column.words))
      : el("th", { scope: "col" }, column.words)));
    function show(from) {
      start = Math.max(0, Math.min(from, rows.length - 1));
      body.replaceChildren(...rows.slice(start, start + PAGE).flatMap(draw));
      status.textContent = rows.length ? (start + 1) + " to " + Math.min(start + PAGE, rows.length) + " of " + rows.length : "None";
      before.disabled = start === 0;
      after.disabled = start + PAGE >= rows.length;
    }
    show(settings.start);
    const table = el("table", { class: "list" + (settings.kind ? " fixed " + settings.kind : "") }, settings.caption ? el("caption", {}, settings.caption) : null, el("thead", {}, head), body);
    return [el("div", { class: "pager" }, before, after, status), table];
  }

  function option(value, words) { return el("option", { value: value }, words); }
  function choice(label, words, changed) {
    const select = el("select", { onchange: changed }, option("", "all"), words.map((word, number) => option(String(number), word)));
    return [el("div", {}, el("label", {}, label, el("br"), select)), select];
  }
  function search(label, changed) {
    const input = el("input", { type: "search", oninput: changed, autocomplete: "off" });
    return [el("div", {}, el("label", {}, label, el("br"), input)), input];
  }

  // ---- findings
  const groups = new Map();
  data.sets.forEach((set) => set.forEach((item) => groups.set(item, [])));
  const bySet = data.sets.map(() => []);
  hosts.forEach((host, number) => bySet[host[field.set]].push(number));
  data.sets.forEach((set, number) => set.forEach((item) => { for (const host of bySet[number]) groups.get(item).push(host); }));
  const findings = [...groups.entries()].filter((entry) => entry[1].length).map(([item, on]) => ({ item: data.items[item], on: on.sort((a, b) => a - b) }));
  findings.sort((a, b) => a.item[SEVERITY] - b.item[SEVERITY] || b.on.length - a.on.length || (a.item[ID] < b.item[ID] ? -1 : 1));

  function hostList(on, title, most) {
    const box = el("div");
    const [control, input] = search(title, draw);
    function draw() {
      const wanted = input.value.toLowerCase();
      const found = wanted ? on.filter((host) => names[host].includes(wanted)) : on;
      const shown = found.slice(0, most || PAGE);
      box.replaceChildren(el("p", {}, hostLinks(shown), found.length > shown.length ? "and " + (found.length - shown.length) + " more; search to narrow" : found.length ? "" : "None"));
    }
    draw();
    return on.length > 10 ? [control, box] : [box];
  }

  function findingRow(finding) {
    const item = finding.item;
    const detail = el("tr", { hidden: true });
    const button = el("button", { type: "button", "aria-expanded": "false", onclick: () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      detail.hidden = !open;
      if (open) detail.replaceChildren(el("td", { colspan: "5" }, el("div", { class: "detail" }, findingWords(item), hostList(finding.on, "Search these hosts"))));
      else detail.replaceChildren();
    } }, many(finding.on.length, "host"));
    return [el("tr", {},
      el("td", {}, badge(severity(item[SEVERITY]))), el("th", { scope: "row" }, item[ID]),
      el("td", { "data-label": "Has" }, code(item[ACTUAL].slice(0, SHOWN_LINES)), item[ACTUAL].length > SHOWN_LINES ? " ..." : ""),
      el("td", { "data-label": "Policy" }, code(item[EXPECTED].slice(0, SHOWN_LINES)), item[EXPECTED].length > SHOWN_LINES ? " ..." : ""),
      el("td", {}, button)), detail];
  }

  function findingWords(item) {
    return [
      el("p", {}, data.texts[item[WHY]]), el("p", {}, el("span", { class: "soft" }, "Fix: "), data.texts[item[FIX]]),
      item[CONTROLS].length ? el("p", { class: "soft" }, item[CONTROLS].map((number) => data.texts[number]).join(", ")) : null,
      item[ACTUAL].length > SHOWN_LINES ? el("p", {}, el("span", { class: "soft" }, "Has: "), el("br"), code(item[ACTUAL])) : null,
      item[EXPECTED].length > SHOWN_LINES ? el("p", {}, el("span", { class: "soft" }, "Policy: "), el("br"), code(item[EXPECTED])) : null,
    ];
  }

  function drawFindings(root) {
    const list = el("div");
    const [searchBox, text] = search("Search findings", draw);
    const [severityBox, worst] = choice("Severity", data.severities, draw);
    const layers = [...new Set(findings.map((finding) => finding.item[LAYER]))].sort();
    const [layerBox, layer] = choice("Layer", layers, draw);
    function draw() {
      const wanted = text.value.toLowerCase();
      const found = findings.filter((finding) =>
        (worst.value === "" || finding.item[SEVERITY] === Number(worst.value)) && (layer.value === "" || finding.item[LAYER] === layers[Number(layer.value)]) &&
        (!wanted || (finding.item[ID] + " " + finding.item[ACTUAL].join(" ")).toLowerCase().includes(wanted)));
      list.replaceChildren(...pages(found, ["Severity", "Finding", "Has", "Policy", "Hosts"].map((words) => ({ words: words })), findingRow, { kind: "finding" }));
    }
    draw();
    const same = bySet.map((on, set) => ({ set: set, on: on })).filter((entry) => entry.on.length > 1 && data.sets[entry.set].length);
    same.sort((a, b) => b.on.length - a.on.length);
    root.replaceChildren(el("div", { class: "filters", role: "search" }, searchBox, severityBox, layerBox), list,
      el("h3", {}, "Hosts that drifted in the same way"),
      el("ul", { class: "plain" }, same.slice(0, 20).map((entry) => el("li", {},
        el("a", { href: "#hosts=" + entry.set }, many(entry.on.length, "host")), " share exactly these ", many(data.sets[entry.set].length, "finding"), ": ",
        data.sets[entry.set].slice(0, 3).map((number) => data.items[number][ID]).join(", "), data.sets[entry.set].length > 3 ? ", ..." : "")),
      same.length > 20 ? el("li", {}, "and " + (same.length - 20) + " more groups") : null, same.length ? null : el("li", {}, "None.")));
  }

  // ---- hosts
  let onlySet = -1;
  const sorts = {
    name: (a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0),
    worst: (a, b) => hosts[a][field.status] - hosts[b][field.status] || compareCounts(a, b) || sorts.name(a, b),
    read: (a, b) => ((hosts[a][field.collected] || "") < (hosts[b][field.collected] || "") ? -1 : hosts[a][field.collected] === hosts[b][field.collected] ? 0 : 1),
    system: (a, b) => hosts[a][field.system] - hosts[b][field.system] || sorts.name(a, b),
    news: (a, b) => (newOn.get(b) || 0) - (newOn.get(a) || 0) || sorts.name(a, b),
  };
  function compareCounts(a, b) {
    for (let place = 0; place < data.severities.length; place += 1) {
      const difference = hosts[b][field.counts][place] - hosts[a][field.counts][place];
      if (difference) return difference;
    }
    return 0;
  }

  function hostRow(number) {
    const host = hosts[number];
    const status = data.statuses[host[field.status]];
    return el("tr", {},
      el("th", { scope: "row" }, hostLink(number)), el("td", { "data-label": "Status" }, badge(status, statusWords[status])),
      el("td", { "data-label": "Findings" }, host[field.error] >= 0 && !host[field.set] && status === "unknown" ? data.errors[host[field.error]].slice(0, 200) : counts(host)),
      el("td", { "data-label": "System" }, data.systems[host[field.system]]), el("td", { "data-label": "audit" }, data.releases[host[field.release]]),
      el("td", { "data-label": "Read" }, age(host[field.collected]), host[field.inRun] ? " (this run)" : ""),
      el("td", { "data-label": "New" }, newOn.get(number) ? String(newOn.get(number)) : "-"));
  }

  let order = "worst";
  let reverse = false;
  let chooseHosts = () => {}; // by the word behind #hosts=: a status, stopping, or the number of a set of findings
  const canStop = (host) => host[field.stops].some((stop) => data.stopStates[stop[1]] !== "no longer");
  const sortedOnce = {}; // by name of the order: a filter goes through ten thousand hosts at each key, and sorts none of them
  function inOrder() {
    if (!sortedOnce[order]) sortedOnce[order] = hosts.map((host, number) => number).sort(sorts[order]);
    return sortedOnce[order];
  }
  function drawHosts(root) {
    const list = el("div");
    const setBox = el("p");
    const [searchBox, text] = search("Search hosts", () => draw());
    const [statusBox, status] = choice("Status", data.statuses.map((word) => statusWords[word]), () => draw());
    const [severityBox, worst] = choice("At least", data.severities, () => draw());
    const [groupBox, group] = choice("Group", data.groups, () => draw());
    const [systemBox, system] = choice("Distribution", data.systems, () => draw());
    const [stopBox, stopping] = choice("Can stop itself", ["yes"], () => draw());
    const [newBox, only] = choice("Since last run", ["new findings"], () => draw());
    function fits(host, number, wanted) {
      if (wanted && !names[number].includes(wanted)) return false;
      if (onlySet >= 0 && host[field.set] !== onlySet) return false;
      if (status.value !== "" && host[field.status] !== Number(status.value)) return false;
      if (group.value !== "" && !host[field.groups].includes(Number(group.value))) return false;
      if (system.value !== "" && host[field.system] !== Number(system.value)) return false;
      if (only.value !== "" && !newOn.get(number)) return false;
      if (stopping.value !== "" && !canStop(host)) return false;
      return worst.value === "" || host[field.counts].slice(0, Number(worst.value) + 1).some(Boolean);
    }
    function sorted(name) {
      return { sort: () => { reverse = order === name ? !reverse : false; order = name; draw(name); }, sorted: order === name ? (reverse ? "descending" : "ascending") : "none" };
    }
    function draw(focus) {
      const wanted = text.value.toLowerCase();
      const found = inOrder().filter((number) => fits(hosts[number], number, wanted));
      if (reverse) found.reverse();
      const columns = [["Host", "name"], ["Status", "worst"], ["Findings", "worst"], ["System", "system"], ["audit", null], ["Read", "read"], ["New", "news"]]
        .map(([words, name]) => Object.assign({ words: words }, name && words !== "Findings" ? sorted(name) : {}));
      list.replaceChildren(...pages(found, columns, hostRow));
      const places = { name: 0, worst: 1, system: 2, read: 3, news: 4 };
      if (typeof focus === "string") list.querySelectorAll("thead button")[places[focus]].focus();
      setBox.replaceChildren(...(onlySet < 0 ? [] : ["Only hosts that drifted in the same way. ",
        el("button", { type: "button", onclick: () => { onlySet = -1; location.hash = "#hosts"; draw(); } }, "Show all")]));
    }
    chooseHosts = (word) => {
      const set = word === null || word === "" ? -1 : Number(word);
      onlySet = Number.isInteger(set) && set >= 0 && set < data.sets.length ? set : -1;
      if (data.statuses.includes(word)) status.value = String(data.statuses.indexOf(word));
      if (word === "stopping") stopping.value = "0";
      draw();
    };
    draw();
    root.replaceChildren(el("div", { class: "filters", role: "search" }, searchBox, statusBox, severityBox, stopBox, groupBox, systemBox, newBox), setBox, list);
  }

  // ---- stops that have happened
  const [STOPPED_HOST, STOPPED_NUMBER, STOPPED_WHEN, STOPPED_BY, STOPPED_SURE, STOPPED_WORDS, STOPPED_LINES] = [0, 1, 2, 3, 4, 5, 6];
  const stopOf = new Map(data.stopped.map((stop) => [stop[STOPPED_HOST], stop]));
  function drawStopped(root) {
    if (!data.stopped.length) return;
    const spans = [7, 30, 90, 365].concat(data.stopsOfDays).filter((days, place, all) => all.indexOf(days) === place).sort((a, b) => a - b);
    const list = el("div");
    const latest = Date.parse(data.asOf || data.stopped[0][STOPPED_WHEN]);
    const [spanBox, span] = choice("Stopped in the last", spans.map((days) => many(days, "day")), draw);
    const [byBox, by] = choice("By", Object.values(data.stoppedBy), draw);
    span.value = String(spans.indexOf(data.stopsOfDays));
    function draw() {
      const words = Object.keys(data.stoppedBy);
      const least = span.value === "" ? -Infinity : latest - 86400000 * spans[Number(span.value)];
      const found = data.stopped.filter((stop) => (span.value === "" || Date.parse(stop[STOPPED_WHEN]) > least) && (by.value === "" || stop[STOPPED_BY] === words[Number(by.value)]));
      list.replaceChildren(...pages(found, ["Host", "When", "By", "Why"].map((head) => ({ words: head })), (stop) => [el("tr", {},
        el("th", { scope: "row", class: "key" }, stop[STOPPED_NUMBER] < 0 ? stop[STOPPED_HOST] : hostLink(stop[STOPPED_NUMBER])), el("td", { "data-label": "When" }, age(stop[STOPPED_WHEN])),
        el("td", { "data-label": "By" }, data.stoppedBy[stop[STOPPED_BY]]), el("td", { "data-label": "Why" }, stop[STOPPED_WORDS]))]));
    }
    draw();
    root.replaceChildren(el("h3", {}, "Hosts that stopped"), el("div", { class: "filters", role: "search" }, spanBox, byBox), list);
  }
  function lastStop(name) {
    const stop = stopOf.get(name);
    if (!stop) return [];
    const lines = stop[STOPPED_LINES];
    return [el("p", {}, el("b", {}, "Last stop: "), stop[STOPPED_WORDS]), lines.length ? el("details", {}, el("summary", {}, "What the logs say of it, " + many(lines.length, "line")),
      el("table", { class: "list" }, el("thead", {}, columns(["Time", "Source", "Text"])), el("tbody", {}, lines.map(([moment, source, text]) => el("tr", {},
        el("td", {}, moment ? age(moment) : "no time"), el("td", { "data-label": "Source" }, code([source])), el("td", { "data-label": "Text" }, code([text]))))))) : null].filter(Boolean);
  }

  // ---- one host
  function itemTable(caption, items) {
    return el("table", { class: "list fixed item" }, el("caption", {}, caption), el("thead", {}, el("tr", {},
      ["Severity", "Finding", "Has", "Policy", "Why and fix"].map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, items.slice().sort((a, b) => data.items[a][SEVERITY] - data.items[b][SEVERITY] || (data.items[a][ID] < data.items[b][ID] ? -1 : 1)).slice(0, 150).map((number) => {
      const item = data.items[number];
      return el("tr", {}, el("td", {}, badge(severity(item[SEVERITY]))), el("th", { scope: "row" }, item[ID]),
        el("td", { "data-label": "Has" }, folded(item[ACTUAL])), el("td", { "data-label": "Policy" }, folded(item[EXPECTED])), el("td", {}, findingWords(item).slice(0, 3)));
    })));
  }

  function commandFor(name) {
    return "ansible-playbook -i INVENTORY auditops.auditd.remediate --limit '" + name.replace(/'/g, "'\\''") + "'";
  }

  // What the log of a host needs: its own figures, and what to set.
  function roomFacts(host) {
    if (!host[field.room]) return [["What the log needs", "not known: its logs span less than an hour"]];
    const room = {};
    data.roomRow.forEach((one, place) => { room[one] = host[field.room][place]; });
    const full = room.days_until_full;
    const kept = room.keep_days ? " for " + many(room.keep_days, "day") : "";
    const fits = room.fits === null ? "" : room.fits ? ", which it has" : ", which is more than there is";
    const needs = room.needed_mb === null ? "not known: archives are kept without a limit by age" : room.needed_mb + " MB" + kept + fits;
    return [
      ["Full", full === null ? "not known" : full === 0 ? "now" : "in " + many(full, "day") + " if nothing is removed"], ["What the log needs", needs],
      ["At its fastest", room.peak_mb_per_day === null ? "not known" : room.peak_mb_per_day + " MB/day"],
      ["Recommended", room.space_left === null ? "not known" : [code(["space_left = " + room.space_left, "admin_space_left = " + room.admin_space_left]),
        room.reaction_hours ? " (" + many(room.reaction_hours, "hour") + " to react)" : ""]],
    ];
  }

  function drawHost(root, title, name) {
    const number = byName.get(name);
    title.textContent = name;
    if (number === undefined) { root.replaceChildren(el("p", {}, "There is no such host in this report.")); return; }
    const host = hosts[number];
    const status = data.statuses[host[field.status]];
    const [lost, free, size, growth] = host[field.figures];
    const facts = [
      ["Read", age(host[field.collected]) + (host[field.inRun] ? ", in this run" : "")], ["System", data.systems[host[field.system]]],
      ["audit", data.releases[host[field.release]]], ["Groups", host[field.groups].map((group) => data.groups[group]).join(", ") || "none"],
      ["Records lost", lost === null ? "not known" : String(lost)],
      ["Room for the log", free === null ? "not known" : free + " MB free" + (size === null ? "" : " of " + size + " MB")],
      ["Growth", growth === null ? "not known" : growth + " MB/day"],
    ].concat(host[field.error] >= 0 ? [] : roomFacts(host));
    const items = data.sets[host[field.set]];
    const parts = [el("p", {}, badge(status, statusWords[status]), " ", counts(host), host[field.failed] ? " (this run failed on it)" : "")];
    if (host[field.error] >= 0) parts.push(el("p", {}, el("b", {}, data.errors[host[field.error]])));
    host[field.stops].forEach(([sentence, number]) => {
      const state = data.stopStates[number];
      parts.push(el("p", { class: state === "no longer" ? "gone" : "critical" }, sentence, state ? " (" + state + ")" : ""));
    });
    parts.push(el("table", { class: "facts" }, el("caption", {}, "Facts"), el("tbody", {}, facts.map(([label, value]) =>
      el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, value))))));
    parts.push(...lastStop(name));
    if (status !== "in_sync") parts.push(el("p", {}, "To remediate: ", code([commandFor(name)])));
    parts.push(items.length ? itemTable("Findings", items) : el("p", {}, "No findings."));
    if (host[field.before] >= 0) {
      const ids = new Set(items.map((item) => data.items[item][ID]));
      const goneNow = data.sets[host[field.before]].filter((item) => !ids.has(data.items[item][ID]));
      if (goneNow.length && host[field.error] < 0) parts.push(itemTable("Gone since before the remediation", goneNow));
    }
    if (host[field.lastGood]) {
      parts.push(el("p", {}, "What was known before, read " + age(host[field.lastGood][0]) + ":"), itemTable("Findings then", data.sets[host[field.lastGood][2]]));
    }
    if (host[field.controls] >= 0) {
      const [idents, verdicts] = data.verdictRows[host[field.controls]];
      const rows = idents.map((ident, place) => [ident, data.verdicts[Number(verdicts[place])]]).filter((row) => row[1] !== "pass");
      parts.push(el("table", { class: "list" }, el("caption", {}, "Controls that are not passed"), el("tbody", {}, rows.slice(0, 200).map(([ident, verdict]) =>
        el("tr", {}, el("td", {}, badge(verdict, verdict.replace("_", " "))), el("th", { scope: "row" }, data.controls[ident].slice(0, 2).join(" ")), el("td", {}, data.controls[ident][2]))))));
    }
    root.replaceChildren(...parts);
  }

  // ---- controls, in page_controls.js
  const columns = (heads) => el("tr", {}, heads.map((words) => el("th", { scope: "col" }, words)));
  function picture(parts) {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of [["class", "bar"], ["viewBox", "0 0 100 10"], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    let start = 0;
    for (const [kind, width] of parts) {
      const part = document.createElementNS(SVG, "rect");
      for (const [name, value] of [["class", kind], ["x", start], ["width", width], ["height", 10]]) part.setAttribute(name, value);
      svg.append(part);
      start += width;
    }
    return svg;
  }
  const drawControls = (root) => controlsView({ data, field, hosts, el, many, badge, code, pages, choice, search, hostList, columns, picture })(root);

  // ---- since the last run
  function drawChanges(root) {
    if (!data.since) { root.replaceChildren(el("p", {}, "There is no earlier run of these hosts to compare with.")); return; }
    const intentional = new Set(data.intentional);
    const parts = [el("p", {}, "Since the run of " + age(data.since) + ".")];
    const flapping = "Changed at least " + data.flaps + " times in the last " + data.lookBack + " runs: two things set it in turn, such as two policies or another tool, or it depends on the moment.";
    const kinds = [["New", data.new, ""], ["Fixed", data.fixed, ""], ["Comes and goes", data.flapping, flapping]];
    for (const [words, byId, why] of kinds) {
      const rows = Object.entries(byId).sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
      parts.push(el("h3", {}, words), why ? el("p", { class: "soft" }, why) : "", rows.length ? el("table", { class: "list" }, el("thead", {}, el("tr", {}, ["Finding", "Hosts", "Because", "Which"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, rows.slice(0, 50).map(([ident, on]) => {
          const changed = on.filter((host) => intentional.has(host)).length;
          const because = changed === on.length ? "the policy changed" : changed ? "the policy changed on " + changed + ", the others drifted" : "the host changed";
          return el("tr", {}, el("th", { scope: "row" }, ident), el("td", { "data-label": "Hosts" }, String(on.length)), el("td", { "data-label": "Because" }, because),
            el("td", { "data-label": "Which" }, hostLinks(on.slice(0, 5)), on.length > 5 ? " and " + (on.length - 5) + " more" : ""));
        }))) : el("p", {}, "None."), rows.length > 50 ? el("p", {}, "and " + (rows.length - 50) + " more") : "");
    }
    root.replaceChildren(...parts);
  }

  // ---- not known
  function drawLeft(root) {
    const byError = new Map();
    hosts.forEach((host, number) => { if (data.statuses[host[field.status]] === "unknown") byError.set(host[field.error], (byError.get(host[field.error]) || []).concat(number)); });
    const lost = [...byError].sort((a, b) => b[1].length - a[1].length);
    const parts = lost.slice(0, PAGE).flatMap(([error, on]) => [el("h3", {}, many(on.length, "host") + " not known: " + (error >= 0 ? data.errors[error] : "a part of the policy could not be compared")),
      ...hostList(on, "Search these hosts")]);
    if (lost.length > PAGE) parts.push(el("p", {}, "and " + (lost.length - PAGE) + " more reasons"));
    parts.push(el("h3", {}, "Documents"));
    parts.push(data.problems.length ? el("table", { class: "list" }, el("caption", {}, "Not read"), el("tbody", {}, data.problems.slice(0, 200).map(([name, reason]) =>
      el("tr", {}, el("th", { scope: "row" }, el("code", {}, name)), el("td", {}, reason))))) : el("p", {}, "Every document was read."));
    if (data.problemCount > 200) parts.push(el("p", {}, "and " + (data.problemCount - 200) + " more"));
    if (data.goneCount) {
      parts.push(el("details", {}, el("summary", {}, many(data.goneCount, "host") + " left the inventory and count nowhere else"),
        el("ul", {}, data.gone.map(([name, moment]) => el("li", {}, name, ", read " + age(moment))), data.goneCount > data.gone.length ? el("li", {}, "and " + (data.goneCount - data.gone.length) + " more") : null)));
    }
    root.replaceChildren(...parts);
  }

  // ---- views
  const views = ["overview", "findings", "hosts", "controls", "changes", "left", "host"];
  const draws = { overview: drawStopped, findings: drawFindings, hosts: drawHosts, controls: drawControls, changes: drawChanges, left: drawLeft };
  const drawn = new Set();
  function drawOnce(view) {
    if (draws[view] && !drawn.has(view)) { drawn.add(view); draws[view](document.getElementById(view + "-body")); }
  }
  function show(focus) {
    const [wanted, argument] = splitHash();
    const view = views.includes(wanted) ? wanted : "overview";
    drawOnce(view);
    if (view === "hosts" && (argument !== null || onlySet >= 0)) chooseHosts(argument);
    if (view === "host") drawHost(document.getElementById("host-body"), document.getElementById("host-name"), argument || "");
    for (const name of views) document.getElementById(name).hidden = name !== view;
    for (const link of document.querySelectorAll("#nav a")) {
      if (link.getAttribute("href") === "#" + (view === "host" ? "hosts" : view)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (focus) { document.getElementById(view === "host" ? "host-name" : "main").focus(); window.scrollTo(0, 0); }
  }
  function splitHash() {
    const hash = location.hash.slice(1);
    const place = hash.indexOf("=");
    if (place < 0) return [hash, null];
    try { return [hash.slice(0, place), decodeURIComponent(hash.slice(place + 1))]; } catch (error) { return [hash.slice(0, place), null]; }
  }
  document.getElementById("nav").hidden = false;
  window.addEventListener("hashchange", () => show(true));
  window.addEventListener("beforeprint", () => {
    for (const view of views.slice(0, 6)) { drawOnce(view); document.getElementById(view).hidden = false; }
    for (const button of document.querySelectorAll("#findings-body button[aria-expanded=false]")) button.click();
    for (const details of document.querySelectorAll("main details")) details.open = true;
  });
  window.addEventListener("afterprint", () => show(false));
  show(false);
})();
