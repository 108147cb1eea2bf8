// Stops that have happened: the list of the overview, and the last one of a host with what the logs say of it.
// ``page`` brings what page_parts.js shares: the data and the functions that draw.
function stopsView(page) {
  const { data, el, many, code, hostLink, age, pages, choice, columns } = page;
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

  return { draw: drawStopped, lastOf: lastStop };
}
