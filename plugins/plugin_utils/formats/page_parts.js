"use strict";
// What the views have in common: the data of the page, and how a text, a value, a host and a list of rows are drawn.
// Texts of hosts only ever become text nodes. At most PAGE rows are drawn at once.
function pageParts() {
  const PAGE = 50;
  const LONG_WORD = 30; // characters; a longer one may go on in the next line, behind a mark within it
  const SHOWN_LINES = 6; // of a value, until somebody asks for the rest
  const SVG = "http:" + "//www.w3.org/2000/svg"; // a name, not an address: nothing is asked for there
  const data = JSON.parse(document.getElementById("data").textContent);
  const field = {};
  data.hostRow.forEach((name, place) => { field[name] = place; });
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
  const partedAt = (word, mark) => word.split(mark).flatMap((part, place) => (place ? [el("wbr"), part] : [part]));
  const whole = (text) => text.split(" ").flatMap((word, place) => [place ? " " : null,
    word.length > LONG_WORD && word.includes(",") ? partedAt(word, /(?<=,)/)
      : word.length > LONG_WORD ? el("span", { class: "word" }, partedAt(word, /(?<=[/._=])/))
        : /^-|\w[-/]\w/.test(word) ? el("span", { class: "word" }, word) : word]);
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

  // A word of a finding's id goes to the next line whole where the id is longer than its column.
  const named = (ident) => (ident.length > LONG_WORD ? partedAt(ident, /(?<=[._])/) : ident);
  const inLines = (text) => text.split("\n").flatMap((line, number) => (number ? [el("br"), line] : [line]));

  return {
    PAGE, SHOWN_LINES, data, field, statusWords, hosts, names, byName, newOn, el, many, badge, code, folded, severity, hostLink, hostLinks, counts, age, pages,
    choice, search, hostList, columns, picture, named, whole, inLines,
  };
}
