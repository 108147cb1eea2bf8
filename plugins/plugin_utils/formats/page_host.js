// One host in full: facts, findings, what its remediation changed, what its log needs, controls that are not passed.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function hostView(page) {
  const { data, field, statusWords, hosts, byName, el, many, badge, code, counts, age, named, inLines } = page;
  const ID = 0; // of a finding
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
    if (host[field.error] >= 0) parts.push(el("p", {}, el("b", {}, inLines(data.errors[host[field.error]]))));
    host[field.stops].forEach(([sentence, number]) => {
      const state = data.stopStates[number];
      parts.push(el("p", { class: state === "no longer" ? "gone" : "critical" }, sentence, state ? " (" + state + ")" : ""));
    });
    parts.push(el("table", { class: "facts" }, el("caption", {}, "Facts"), el("tbody", {}, facts.map(([label, value]) =>
      el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, value))))));
    parts.push(...page.stops.lastOf(name));
    if (status !== "in_sync") parts.push(el("p", {}, "To remediate: ", code([commandFor(name)])));
    parts.push(items.length ? page.findings.table("Findings", items, new Map(host[field.whys] || [])) : el("p", {}, "No findings."));
    if (host[field.before] >= 0) {
      const ids = new Set(items.map((item) => data.items[item][ID]));
      const goneNow = data.sets[host[field.before]].filter((item) => !ids.has(data.items[item][ID]));
      if (goneNow.length && host[field.error] < 0) parts.push(page.findings.table("Gone since before the remediation", goneNow));
    }
    if (host[field.lastGood]) {
      parts.push(el("p", {}, "What was known before, read " + age(host[field.lastGood][0]) + ":"), page.findings.table("Findings then", data.sets[host[field.lastGood][2]]));
    }
    if (host[field.controls] >= 0) {
      const [idents, verdicts] = data.verdictRows[host[field.controls]];
      const rows = idents.map((ident, place) => [ident, data.verdicts[Number(verdicts[place])]]).filter((row) => row[1] !== "pass");
      parts.push(el("table", { class: "list" }, el("caption", {}, "Controls that are not passed"), el("tbody", {}, rows.slice(0, 200).map(([ident, verdict]) =>
        el("tr", {}, el("td", {}, badge(verdict, verdict.replace("_", " "))), el("th", { scope: "row" }, data.controls[ident].slice(0, 2).join(" ")), el("td", {}, data.controls[ident][2]))))));
    }
    root.replaceChildren(...parts);
  }

  return drawHost;
}
