"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const value = (cell, kind) => {
    const text = cell.dataset.value ?? cell.textContent.trim();
    return kind === "number" ? Number(text) : text.toLowerCase();
  };

  // Tables: a head sorts, first the way that puts the most on top; a second time turns it round.
  for (const table of all("table[data-live]")) {
    const body = table.tBodies[0];
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const kind = head.dataset.sort;
        const before = head.getAttribute("aria-sort");
        const down = before ? before === "ascending" : kind === "number";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [value(row.cells[column], kind), row]);
        rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }
  for (const input of all("input[data-filter]")) {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    const said = input.parentNode.querySelector("output");
    input.parentNode.hidden = rows.length < 6;
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      said.textContent = words.length ? `${shown} of ${rows.length}` : "";
    });
  }

  // What a link leads to is opened; for paper, the evidence of what is to be done is, too.
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const details = target.querySelector("details") ?? target.closest("details");
    if (details) details.open = true;
  };
  addEventListener("hashchange", open);
  open();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details[data-print]:not([open])");
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });

  // Charts: the still pictures become live ones, without eval; words go in as text alone.
  const specs = document.getElementById("specs");
  if (!specs || typeof vegaEmbed !== "function") return;
  // The library empties the places of charts by way of innerHTML; nothing else may pass there.
  window.trustedTypes?.createPolicy("default", { createHTML: (text) => (text === "" ? text : null) });
  const tip = document.createElement("dl");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);
  const tooltip = (handler, event, item, fields) => {
    tip.hidden = fields == null || typeof fields !== "object";
    if (tip.hidden) return;
    tip.replaceChildren(...Object.entries(fields).map(([name, text]) => {
      const row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      row.firstChild.textContent = name;
      row.lastChild.textContent = text;
      return row;
    }));
    const room = document.documentElement.clientWidth - tip.offsetWidth - 12;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, room))}px`;
    tip.style.top = `${event.clientY + 16}px`;
  };
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  const named = JSON.parse(specs.textContent);
  for (const place of all("[data-chart]")) {
    const live = document.createElement("div");
    live.className = "live";
    live.setAttribute("aria-hidden", "true");
    place.append(live);
    const spec = named[place.dataset.chart];
    const legend = spec.encoding.color?.legend;
    if (legend) legend.columns = Math.max(1, Math.floor((live.clientWidth - 80) / 170));
    if (spec.mark?.binSpacing && live.clientWidth < 600) spec.mark.binSpacing = 0;
    vegaEmbed(live, spec, {
      actions: false, ast: true, defaultStyle: false, renderer: "svg", tooltip,
    }).then(() => place.querySelector("svg.still")?.remove(), (fault) => {
      live.remove();
      console.error(fault);
    });
  }
})();
