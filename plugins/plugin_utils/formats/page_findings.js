// The view of findings: each one with its hosts, then the groups of hosts that drifted in the same way.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function findingsView(page) {
  const { SHOWN_LINES, data, field, hosts, el, many, badge, code, folded, severity, pages, choice, search, hostList, named, whole } = page;
  const [ID, SEVERITY, LAYER, ACTUAL, EXPECTED, WHY, FIX, CONTROLS] = [0, 1, 2, 3, 4, 5, 6, 7];
  const groups = new Map();
  data.sets.forEach((set) => set.forEach((item) => groups.set(item, [])));
  const bySet = data.sets.map(() => []);
  hosts.forEach((host, number) => bySet[host[field.set]].push(number));
  data.sets.forEach((set, number) => set.forEach((item) => { for (const host of bySet[number]) groups.get(item).push(host); }));
  const findings = [...groups.entries()].filter((entry) => entry[1].length).map(([item, on]) => ({ item: data.items[item], on: on.sort((a, b) => a - b) }));
  findings.sort((a, b) => a.item[SEVERITY] - b.item[SEVERITY] || b.on.length - a.on.length || (a.item[ID] < b.item[ID] ? -1 : 1));

  function findingRow(finding) {
    const item = finding.item;
    const detail = el("tr", { hidden: true });
    const button = el("button", { type: "button", "aria-expanded": "false", onclick: () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      detail.hidden = !open;
      if (open) detail.replaceChildren(el("td", { colspan: "5" }, el("div", { class: "detail" }, findingWords(item), inOtherWords(finding), hostList(finding.on, "Search these hosts"))));
      else detail.replaceChildren();
    } }, many(finding.on.length, "host"));
    return [el("tr", {},
      el("td", {}, badge(severity(item[SEVERITY]))), el("th", { scope: "row" }, named(item[ID])),
      el("td", { "data-label": "Has" }, code(item[ACTUAL].slice(0, SHOWN_LINES)), item[ACTUAL].length > SHOWN_LINES ? " ..." : ""),
      el("td", { "data-label": "Policy" }, code(item[EXPECTED].slice(0, SHOWN_LINES)), item[EXPECTED].length > SHOWN_LINES ? " ..." : ""),
      el("td", {}, button)), detail];
  }

  // Hosts of one finding may say why each with figures of its own; here stand those of one of them.
  function inOtherWords(finding) {
    const others = finding.on.filter((host) => (hosts[host][field.whys] || []).some(([item]) => data.items[item] === finding.item)).length;
    return others ? el("p", { class: "soft" }, many(others, "host") + (others === 1 ? " has" : " have") + " other figures, in the view of the host.") : null;
  }

  // why: of the host that is shown, where it is not that of the first host with this finding
  function findingWords(item, why) {
    return [
      el("p", {}, data.texts[why === undefined ? item[WHY] : why]), el("p", {}, el("span", { class: "soft" }, "Fix: "), data.texts[item[FIX]]),
      item[CONTROLS].length ? el("p", { class: "soft" }, whole(item[CONTROLS].map((number) => data.texts[number]).join(", "))) : null,
      item[ACTUAL].length > SHOWN_LINES ? el("p", {}, el("span", { class: "soft" }, "Has: "), el("br"), code(item[ACTUAL])) : null,
      item[EXPECTED].length > SHOWN_LINES ? el("p", {}, el("span", { class: "soft" }, "Policy: "), el("br"), code(item[EXPECTED])) : null,
    ];
  }

  function itemTable(caption, items, whys) {
    return el("table", { class: "list fixed item" }, el("caption", {}, caption), el("thead", {}, el("tr", {},
      ["Severity", "Finding", "Has", "Policy", "Why and fix"].map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, items.slice().sort((a, b) => data.items[a][SEVERITY] - data.items[b][SEVERITY] || (data.items[a][ID] < data.items[b][ID] ? -1 : 1)).slice(0, 150).map((number) => {
      const item = data.items[number];
      return el("tr", {}, el("td", {}, badge(severity(item[SEVERITY]))), el("th", { scope: "row" }, named(item[ID])),
        el("td", { "data-label": "Has" }, folded(item[ACTUAL])), el("td", { "data-label": "Policy" }, folded(item[EXPECTED])), el("td", {}, findingWords(item, whys && whys.get(number)).slice(0, 3)));
    })));
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
        el("a", { href: "#hosts=" + entry.set }, many(entry.on.length, "host")), data.sets[entry.set].length === 1 ? " share exactly this finding: " : " share exactly these " + data.sets[entry.set].length + " findings: ",
        data.sets[entry.set].slice(0, 3).map((number) => data.items[number][ID]).join(", "), data.sets[entry.set].length > 3 ? ", ..." : "")),
      same.length > 20 ? el("li", {}, "and " + (same.length - 20) + " more groups") : null, same.length ? null : el("li", {}, "None.")));
  }

  return { draw: drawFindings, words: findingWords, table: itemTable };
}
