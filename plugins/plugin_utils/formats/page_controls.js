// The view of controls: a line for each benchmark, each control with its verdicts, hosts and findings, then exceptions and waivers.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function controlsView(page) {
  const { data, field, hosts, el, many, badge, code, pages, choice, search, hostList, columns } = page;
  const [BENCHMARK, IDENT, TITLE] = [0, 1, 2];
  const PASS = data.verdicts.indexOf("pass");
  const FAIL = data.verdicts.indexOf("fail");
  const inWords = (verdict) => verdict.replace("_", " ");
  const verdictName = (number) => data.verdicts[number];
  const states = { expired: "critical", expiring: "high", in_force: "pass" };
  const days = (moment) => Math.floor((Date.parse(moment) - Date.now()) / 86400000);
  const where = (on) => (on === -1 ? "all hosts" : on.length > 3 ? many(on.length, "host") : on.map((host) => hosts[host][field.name]).join(", "));

  // {control: {verdict: {why: [hosts]}}}, and how many hosts have which verdict
  const found = data.controls.map(() => data.verdicts.map(() => new Map()));
  const tally = data.controls.map(() => data.verdicts.map(() => 0));
  const byRow = data.verdictRows.map(() => []);
  hosts.forEach((host, number) => { if (host[field.controls] >= 0) byRow[host[field.controls]].push(number); });
  data.verdictRows.forEach(([controls, verdicts, whys], row) => controls.forEach((control, place) => {
    const verdict = Number(verdicts[place]);
    tally[control][verdict] += byRow[row].length;
    const on = found[control][verdict];
    on.set(whys[place], (on.get(whys[place]) || []).concat(byRow[row]));
  }));
  const benchmarks = [...new Set(data.controls.map((control) => control[BENCHMARK]))];

  function cells(numbers) {
    return numbers.map((number, verdict) => el("td", { class: "number", "data-label": inWords(verdictName(verdict)) },
      el("span", { class: number ? verdictName(verdict) : "soft" }, String(number))));
  }

  function bar(numbers) {
    const all = numbers.reduce((sum, number) => sum + number, 0) || 1;
    const picture = page.picture(numbers.map((number, verdict) => [verdictName(verdict), 100 * number / all]));
    return el("td", { class: "wide", "data-label": "Share passed" }, Math.floor(100 * numbers[PASS] / all) + " %", picture);
  }

  function overview() {
    const rows = benchmarks.map((benchmark) => {
      const own = data.controls.map((control, number) => number).filter((number) => data.controls[number][BENCHMARK] === benchmark);
      const sums = data.verdicts.map((word, verdict) => own.reduce((sum, control) => sum + tally[control][verdict], 0));
      const on = Math.max(...own.map((control) => tally[control].reduce((sum, number) => sum + number, 0)));
      return el("tr", {}, el("th", { scope: "row" }, benchmark), el("td", { class: "number", "data-label": "Hosts" }, String(on)),
        el("td", { class: "number", "data-label": "Controls" }, String(own.length)), bar(sums), cells(sums));
    });
    return el("table", { class: "list" }, el("caption", {}, "Verdicts by benchmark, a control on a host each"),
      el("thead", {}, columns(["Benchmark", "Hosts", "Controls", "Share passed"].concat(data.verdicts.map(inWords)))), el("tbody", {}, rows));
  }

  function controlRow(number) {
    const control = data.controls[number];
    const detail = el("tr", { hidden: true });
    const button = el("button", { type: "button", "aria-expanded": "false", onclick: () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      detail.hidden = !open;
      detail.replaceChildren(...(open ? [el("td", { colspan: String(4 + data.verdicts.length) }, el("div", { class: "detail" }, controlWords(number)))] : []));
    } }, "Why", el("span", { class: "unseen" }, " " + control[BENCHMARK] + " " + control[IDENT]));
    return [el("tr", {}, el("th", { scope: "row", class: "key" }, control[IDENT]), el("td", { class: "key", "data-label": "Benchmark" }, control[BENCHMARK]),
      el("td", { "data-label": "Title" }, control[TITLE]),
      cells(tally[number]), el("td", {}, button)), detail];
  }

  function controlWords(number) {
    const parts = [];
    found[number].forEach((byWhy, verdict) => [...byWhy].slice(0, 10).forEach(([why, on]) => {
      if (verdict === PASS || !on.length) return;
      parts.push(el("p", {}, badge(verdictName(verdict), inWords(verdictName(verdict))), " ", data.texts[why] || ""), ...hostList(on, "Search these hosts", 10));
    }));
    const findings = data.controlItems[number];
    if (findings.length) parts.push(el("p", { class: "soft" }, "Findings: ", findings.flatMap((ident, place) => (place ? [", ", el("code", {}, ident)] : [el("code", {}, ident)]))));
    return parts.length ? parts : [el("p", {}, "Passed on every host that was asked.")];
  }

  function controlsTable() {
    const list = el("div");
    const order = data.controls.map((control, number) => number);
    const [searchBox, text] = search("Search controls", draw);
    const [benchmarkBox, benchmark] = choice("Benchmark", benchmarks, draw);
    const [verdictBox, verdict] = choice("Verdict", data.verdicts.map(inWords), draw);
    order.sort((a, b) => tally[b][FAIL] - tally[a][FAIL] || a - b);
    function draw() {
      const wanted = text.value.toLowerCase();
      const rows = order.filter((row) => (benchmark.value === "" || data.controls[row][BENCHMARK] === benchmarks[Number(benchmark.value)]) &&
        (verdict.value === "" || tally[row][Number(verdict.value)] > 0) && (!wanted || data.controls[row].join(" ").toLowerCase().includes(wanted)));
      const heads = ["Control", "Benchmark", "Title"].concat(data.verdicts.map(inWords), "Details").map((words) => ({ words: words }));
      list.replaceChildren(...pages(rows, heads, controlRow));
    }
    draw();
    return [el("h3", {}, "Control by control"), el("div", { class: "filters", role: "search" }, searchBox, benchmarkBox, verdictBox), list];
  }

  function expiry(entry) {
    if (!entry.expires) return el("span", { class: "soft" }, "no date");
    const left = days(entry.expires + "T23:59:59Z");
    const state = entry.state in states ? entry.state : left < 0 ? "expired" : left <= 30 ? "expiring" : "in_force";
    const words = { expired: "expired", expiring: left < 0 ? "expiring" : "expires in " + many(left, "day"), in_force: "in force" };
    return [entry.expires + " ", badge(states[state], words[state])];
  }

  function exceptionRow([entry, on]) {
    const named = ["control", "key", "setting", "file"].filter((name) => entry[name]).map((name) => name + " " + entry[name]).join(", ");
    const subject = named || (entry.skip ? "skip " + entry.skip : (entry.controls || []).join(", "));
    return el("tr", {}, el("th", { scope: "row" }, subject || "not known", entry.benchmark ? [el("br"), el("span", { class: "soft" }, entry.benchmark)] : null),
      el("td", { "data-label": "Reason" }, entry.reason || "none given"), el("td", { "data-label": "Owner" }, entry.owner || "nobody"),
      el("td", { "data-label": "Approved by" }, entry.approved_by || "nobody"), el("td", { "data-label": "Expires" }, expiry(entry)),
      el("td", { "data-label": "Ticket" }, entry.ticket || "none"), el("td", { "data-label": "Hosts" }, where(on)));
  }

  function exceptions() {
    if (!data.exceptions.length) return [];
    const heads = ["Exception from", "Reason", "Owner", "Approved by", "Expires", "Ticket", "Hosts"].map((words) => ({ words: words }));
    const rows = data.exceptions.slice().sort((a, b) => ((a[0].expires || "9999") < (b[0].expires || "9999") ? -1 : 1));
    return [el("h3", {}, "Exceptions"), el("p", { class: "soft" }, "What is left out on purpose, the next to expire first. After its day a control is demanded again."),
      pages(rows, heads, (row) => [exceptionRow(row)])];
  }

  function waivers() {
    if (!data.waivers.length) return [];
    const heads = ["Control", "Benchmark", "Policy", "Why", "Instead", "Hosts"].map((words) => ({ words: words }));
    return [el("h3", {}, "Waived by policy"), el("p", { class: "soft" }, "What a benchmark demands and this policy sets aside, with what it does instead."),
      pages(data.waivers, heads, ([entry, on]) => [el("tr", {}, el("th", { scope: "row" }, entry.controls.join(", ") || entry.subject),
        el("td", { "data-label": "Benchmark" }, code([entry.benchmark])), el("td", { "data-label": "Policy" }, code([entry.policy])),
        el("td", { "data-label": "Why" }, entry.reason), el("td", { "data-label": "Instead" }, entry.compensating), el("td", { "data-label": "Hosts" }, where(on)))])];
  }

  return function draw(root) {
    const verdicts = data.controls.length ? [overview(), controlsTable()] : [el("p", {}, "No benchmark was chosen, so there is no verdict for a control.")];
    root.replaceChildren(...[verdicts, exceptions(), waivers()].flat(3));
  };
}

