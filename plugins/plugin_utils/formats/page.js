// Draws the views of the report from the data in the page, each one when it is first asked for.
(function () {
  const page = pageParts();
  const findings = findingsView(page);
  const hosts = hostsView(page);
  const stops = stopsView(page);
  const changes = changesView(page);
  const drawHost = hostView(Object.assign({ findings, stops }, page));
  const drawControls = (root) => controlsView(page)(root);

  const views = ["overview", "findings", "hosts", "controls", "changes", "left", "host"];
  const draws = {
    overview: stops.draw, findings: findings.draw, hosts: hosts.draw, controls: drawControls, changes: changes.draw, left: changes.drawLeft,
  };
  const drawn = new Set();
  function drawOnce(view) {
    if (draws[view] && !drawn.has(view)) { drawn.add(view); draws[view](document.getElementById(view + "-body")); }
  }
  function show(focus) {
    const [wanted, argument] = splitHash();
    const view = views.includes(wanted) ? wanted : "overview";
    drawOnce(view);
    if (view === "hosts" && (argument !== null || hosts.hasOnlySet())) hosts.choose(argument);
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
