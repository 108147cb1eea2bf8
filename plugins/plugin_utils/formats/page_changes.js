// What changed since the last run, and what is not known.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function changesView(page) {
  const { PAGE, data, field, hosts, el, many, hostLinks, age, hostList, named, inLines } = page;
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
          return el("tr", {}, el("th", { scope: "row" }, named(ident)), el("td", { "data-label": "Hosts" }, String(on.length)), el("td", { "data-label": "Because" }, because),
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
    const parts = lost.slice(0, PAGE).flatMap(([error, on]) => [el("h3", {}, many(on.length, "host") + " not known: ", error >= 0 ? inLines(data.errors[error]) : "a part of the policy could not be compared"),
      ...hostList(on, "Search these hosts")]);
    if (!lost.length) parts.push(el("p", {}, "The state of every host is known."));
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

  return { draw: drawChanges, drawLeft };
}
