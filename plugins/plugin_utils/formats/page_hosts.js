// The view of hosts: filtered, sorted, a page of them at a time.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function hostsView(page) {
  const { data, field, statusWords, hosts, names, newOn, el, badge, hostLink, counts, age, pages, choice, search } = page;
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

  return { draw: drawHosts, choose: (word) => chooseHosts(word), hasOnlySet: () => onlySet >= 0 };
}
