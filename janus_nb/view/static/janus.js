// The page's script. The page is complete without it; this adds search, zoom, replay, operations, comparison and export.
// It reads the data that `janus_nb.view.model.as_data` writes ("janus": 2), and changes nothing in the page's own markup.

const VERSION = 2;
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  for (const child of children) node.append(child);
  return node;
};

export function pages(scope) {
  const found = [];
  for (const data of scope.querySelectorAll("script.janus-data")) {
    const root = data.parentElement.querySelector(".jn[data-janus]");
    if (root) found.push([root, JSON.parse(data.textContent)]);
  }
  return found;
}

export function enhance(root, data) {
  if (!root || root.querySelector(":scope > .tool")) return;
  if (data && data.janus !== VERSION) data = null;
  const tools = make("div", { className: "tool" });
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "JANUS report");
  tools.append(search(root), ...zoom(root), ...pinning(root));
  if (data) tools.append(replay(root, data), operations(root, data), comparison(root, data), ablation(root), ...exports_(root, data));
  const two = root.querySelector(".two");
  root.insertBefore(tools, root.querySelector(".tabs") || two || null);
  keys(root);
}

// -- search -------------------------------------------------------------------------------------------------------------

function search(root) {
  const box = make("input", { type: "search", placeholder: "search lines, boxes, operations" });
  box.setAttribute("aria-label", "search in the report");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const node of root.querySelectorAll(".src tr.r, li.box, details tr")) {
      const text = (node.textContent + " " + (node.title || "")).toLowerCase();
      node.classList.toggle("found", wanted !== "" && text.includes(wanted));
    }
    for (const details of root.querySelectorAll("details")) if (wanted && details.querySelector("tr.found")) details.open = true;
  });
  return box;
}

// -- zoom, pan ----------------------------------------------------------------------------------------------------------

function zoom(root) {
  const drawings = () => [...root.querySelectorAll(".gr")].filter(d => d.offsetParent !== null);
  const scale = (drawing, factor) => {
    const list = drawing.querySelector("ol");
    const now = Math.min(3, Math.max(0.2, factor === 0 ? Math.min(1.5, (drawing.clientWidth - 4) / list.offsetWidth) : (+list.dataset.zoom || 1) * factor));
    list.dataset.zoom = now;
    list.style.transform = `scale(${now})`;
    list.style.marginBottom = `${(now - 1) * list.offsetHeight}px`;
    list.style.marginRight = `${(now - 1) * list.offsetWidth}px`;
  };
  for (const drawing of root.querySelectorAll(".gr")) {
    let from = null;
    drawing.addEventListener("pointerdown", e => {
      if (e.target.closest("li.box")) return;
      from = [e.clientX + drawing.scrollLeft, e.clientY + drawing.scrollTop];
      drawing.setPointerCapture(e.pointerId);
    });
    drawing.addEventListener("pointermove", e => {
      if (from) drawing.scrollTo(from[0] - e.clientX, from[1] - e.clientY);
    });
    drawing.addEventListener("pointerup", () => { from = null; });
    drawing.addEventListener("wheel", e => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      scale(drawing, e.deltaY < 0 ? 1.1 : 0.9);
    }, { passive: false });
  }
  return [["−", "smaller", 0.8], ["+", "larger", 1.25], ["fit", "fit the graph into its frame", 0]].map(([text, title, factor]) => {
    const button = make("button", { type: "button", textContent: text, title });
    button.setAttribute("aria-label", title);
    button.addEventListener("click", () => drawings().forEach(d => scale(d, factor)));
    return button;
  });
}

// -- selection: a click keeps a line lit -------------------------------------------------------------------------------------

const placeOf = node => [...node.classList].find(c => /^u\d+l\d+$/.test(c));

function pinning(root) {
  root.addEventListener("click", e => {
    const node = e.target.closest(".src tr.r, li.box, tr[tabindex]");
    if (!node || !root.contains(node)) return;
    const place = placeOf(node);
    const was = node.classList.contains("pinned");
    for (const other of root.querySelectorAll(".pinned")) other.classList.remove("pinned", "found");
    if (place && !was) {
      for (const other of root.querySelectorAll("." + place)) other.classList.add("pinned", "found");
      const box = [...root.querySelectorAll("li.box." + place)].find(b => b.offsetParent !== null);
      if (box && !node.matches("li.box")) box.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  return [];
}

function keys(root) {
  root.addEventListener("keydown", e => {
    const node = e.target.closest(".src tr.r, li.box");
    if (!node) return;
    if (e.key === "Enter" || e.key === " ") {
      e.preventDefault();
      node.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      const all = [...root.querySelectorAll(node.matches("li.box") ? "li.box" : ".src tr.r[tabindex]")].filter(n => n.offsetParent !== null);
      all[all.indexOf(node) + step]?.focus();
    }
  });
}

// -- replay: the story of the loop, one stretch at a time ------------------------------------------------------------------------

const STORY = {
  profiled: "Python runs, and the profiler watches which branches are taken, and of which types and shapes the values are",
  compared: "the graph is run on the same iterations as Python, and everything is compared; Python's result stands",
  graph: "the graph runs, and commits",
  fallback: "an assumption does not hold: nothing of the iteration is committed, and Python runs it from its own start",
  eager: "Python runs",
  partial: "Python runs, with graphs for some lines",
};

function replay(root, data) {
  const button = make("button", { type: "button", textContent: "▶ step through", title: "what happened, one stretch of iterations at a time" });
  const said = make("p", { className: "dim" });
  said.setAttribute("aria-live", "polite");
  let at = -1;
  button.addEventListener("click", () => {
    const track = data.tracks[0];
    if (!track) return;
    at = (at + 1) % track.stretches.length;
    const [kind, count, seconds, version] = track.stretches[at];
    const first = track.stretches.slice(0, at).reduce((n, s) => n + s[1], 0);
    said.textContent = `${at + 1} of ${track.stretches.length}: iteration${count > 1 ? `s ${first} to ${first + count - 1}` : ` ${first}`}` +
      `${version ? ` (graph ${version})` : ""}: ${STORY[kind]}; ${seconds < 1 ? (seconds * 1e3).toFixed(1) + " ms" : seconds.toFixed(2) + " s"}.`;
    button.after(said);
    const bar = root.querySelectorAll(".bar")[1];
    bar?.querySelectorAll("span").forEach((s, i) => s.classList.toggle("off", i !== at));
    const tab = data.graphs.findIndex(g => g.version === version);
    const radio = root.querySelectorAll(".tabs input")[tab];
    if (version && radio) radio.checked = true;
  });
  return button;
}

// -- operations of a graph ---------------------------------------------------------------------------------------------------------

function panel(root, name, fill, title) {
  const button = make("button", { type: "button", textContent: name, title });
  button.setAttribute("aria-pressed", "false");
  let shown = null;
  button.addEventListener("click", () => {
    if (shown) shown.remove();
    shown = shown ? null : fill();
    button.setAttribute("aria-pressed", String(!!shown));
    if (shown) root.querySelector(".two").after(shown);
  });
  return button;
}

function chosen(root, data) {
  const radios = [...root.querySelectorAll(".tabs input")];
  return data.graphs[Math.max(0, radios.findIndex(r => r.checked))];
}

function operations(root, data) {
  return panel(root, "operations", () => {
    const graph = chosen(root, data);
    const table = make("table", {}, make("tr", {}, ...["line", "operation", "kind", "result", "reads"].map(h => make("th", { textContent: h }))));
    for (const [box, name, kind, spec, inputs] of graph?.operations || []) {
      const node = graph.nodes[box];
      const row = make("tr", {}, ...[node.unit < 0 ? node.role : node.lines[0], name, graph.kinds[kind], graph.specs[spec],
        inputs.map(i => graph.operations[i][1]).join(", ")].map(c => make("td", { textContent: c })));
      if (node.unit >= 0) row.className = `u${node.unit}l${node.lines[0]}`;
      table.append(row);
    }
    const frame = make("div", { className: "scroll" }, table);
    frame.style.maxHeight = "420px";
    frame.style.overflow = "auto";
    return make("div", { className: "operations" }, make("p", { className: "h", textContent: `${graph ? graph.title : "no graph"}: every operation` }), frame);
  }, "every operation of the graph that is shown");
}

// -- versions side by side ------------------------------------------------------------------------------------------------------------

function comparison(root, data) {
  if (data.graphs.length < 2) return "";
  return panel(root, "compare versions", () => {
    const count = graph => {
      const lines = new Map();
      for (const n of graph.nodes) if (n.unit >= 0) lines.set(`${n.unit}:${n.lines[0]}`, (lines.get(`${n.unit}:${n.lines[0]}`) || 0) + n.count);
      return lines;
    };
    const all = data.graphs.map(count);
    const places = [...new Set(all.flatMap(m => [...m.keys()]))].sort((a, b) => a.split(":")[0] - b.split(":")[0] || a.split(":")[1] - b.split(":")[1]);
    const table = make("table", {}, make("tr", {}, ...["line", "", ...data.graphs.map(g => g.name)].map(h => make("th", { textContent: h }))));
    for (const place of places) {
      const [unit, n] = place.split(":");
      const line = data.units[unit]?.lines.find(l => l.n === +n);
      const row = make("tr", { className: `u${unit}l${n}` }, make("td", { textContent: n }), make("td", {}, make("code", { textContent: line ? line.text.trim() : "" })));
      all.forEach((m, i) => {
        const before = i ? all[i - 1].get(place) : m.get(place);
        row.append(make("td", { textContent: m.has(place) ? `${m.get(place)} ops${before === undefined ? " (new)" : before !== m.get(place) ? " (changed)" : ""}` : "—" }));
      });
      table.append(row);
    }
    return make("div", {}, make("p", { className: "h", textContent: "Operations of each line, version by version" }), make("div", { className: "scroll" }, table));
  }, "what each version has of each line");
}

// -- single optimisations off: the line to put on top of the cell -------------------------------------------------------------------------

function ablation(root) {
  return panel(root, "switch off …", () => {
    const out = make("code", { textContent: "%%janus" });
    const copy = make("button", { type: "button", textContent: "copy" });
    copy.addEventListener("click", () => navigator.clipboard?.writeText(out.textContent));
    const flags = ["--no-unroll", "--no-specialize", "--no-parallel", "--no-multistep", "--no-partial"];
    const boxes = flags.map(flag => {
      const input = make("input", { type: "checkbox" });
      input.addEventListener("change", () => {
        out.textContent = ["%%janus", ...flags.filter((_, i) => boxes[i].querySelector("input").checked)].join(" ");
      });
      return make("label", {}, input, ` ${flag}`);
    });
    return make("div", { className: "tool ablation" }, "Run the cell again with this first line:", ...boxes, out, copy);
  }, "the first line that runs this cell without single optimisations");
}

// -- export ---------------------------------------------------------------------------------------------------------------------------

function save(name, type, content) {
  const link = make("a", { download: name, href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function drawn(root, graph) {
  const colour = getComputedStyle(root);
  const ink = colour.color, ground = colour.backgroundColor;
  const text = t => t.replace(/[&<>"]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
  const cut = (t, n) => (t.length > n ? t.slice(0, n - 1) + "…" : t);
  const boxes = graph.nodes.map(n =>
    `<rect x="${n.x}" y="${n.y}" width="154" height="44" rx="6" fill="${ground}" stroke="${ink}"/>` +
    `<text x="${n.x + 8}" y="${n.y + 18}" font-family="monospace" font-size="11" font-weight="600" fill="${ink}">${text(cut(`${n.unit < 0 ? "" : n.lines[0] + " "}${n.title}`, 21))}</text>` +
    `<text x="${n.x + 8}" y="${n.y + 34}" font-family="sans-serif" font-size="11" fill="${ink}">${text(cut(`${n.role} ${n.count} ops ${n.spec}`, 26))}</text>`).join("");
  const paths = graph.paths.map(d => `<path d="${d}" fill="none" stroke="${ink}" opacity=".6"/>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${graph.width}" height="${graph.height}" viewBox="0 0 ${graph.width} ${graph.height}">` +
    `<rect width="100%" height="100%" fill="${ground}"/>${paths}${boxes}</svg>`;
}

function exports_(root, data) {
  const quoted = t => JSON.stringify(t);
  const kinds = {
    SVG: () => save("janus.svg", "image/svg+xml", drawn(root, chosen(root, data))),
    PNG: () => {
      const graph = chosen(root, data), image = new Image();
      image.onload = () => {
        const canvas = make("canvas", { width: graph.width * 2, height: graph.height * 2 });
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(blob => save("janus.png", "image/png", blob));
      };
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawn(root, graph));
    },
    DOT: () => {
      const graph = chosen(root, data);
      const nodes = graph.nodes.map((n, i) => `  b${i} [label=${quoted((n.unit < 0 ? "" : `line ${n.lines[0]}: `) + n.title)}];`);
      save("janus.dot", "text/vnd.graphviz", ["digraph janus {", ...nodes, ...graph.edges.map(([a, b]) => `  b${a} -> b${b};`), "}"].join("\n"));
    },
    JSON: () => save("janus.json", "application/json", JSON.stringify(data)),
    HTML: () => {
      const copy = root.cloneNode(true);
      copy.querySelectorAll(".tool, .operations").forEach(n => n.remove());
      const style = root.previousElementSibling?.matches("style") ? root.previousElementSibling.outerHTML : "";
      save("janus.html", "text/html", `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>JANUS</title>${style}${copy.outerHTML}`);
    },
  };
  const choice = make("select", {}, make("option", { value: "", textContent: "save as …" }), ...Object.keys(kinds).map(k => make("option", { value: k, textContent: k })));
  choice.setAttribute("aria-label", "save the graph or the report");
  choice.addEventListener("change", () => {
    const kind = kinds[choice.value];
    choice.value = "";
    if (kind && (data.graphs.length || ["JSON", "HTML"])) kind();
  });
  return [choice];
}

// -- as a widget ------------------------------------------------------------------------------------------------------------------------
// `initialize` runs once for a kernel, without anything being displayed: pages are ordinary outputs, which it finds by their
// names and brings to life as soon as they are in the document. `render` shows one page as a widget of its own.

function initialize({ model }) {
  const known = new Map();
  const visit = () => {
    for (const root of document.querySelectorAll(".jn[data-janus]")) {
      const data = known.get(root.dataset.janus);
      if (data && !root.querySelector(":scope > .tool")) enhance(root, data);
    }
  };
  const receive = message => {
    if (message?.janus === "page") {
      known.set(message.name, message.data);
      visit();
    }
  };
  model.on("msg:custom", receive);
  const watching = new MutationObserver(changes => {
    if (changes.some(c => [...c.addedNodes].some(n => n.nodeType === 1 && (n.matches(".jn[data-janus]") || n.querySelector(".jn[data-janus]"))))) {
      const unknown = [...document.querySelectorAll(".jn[data-janus]")].map(r => r.dataset.janus).filter(n => !known.has(n));
      if (unknown.length) model.send({ janus: "want", names: unknown });
      visit();
    }
  });
  watching.observe(document.body, { childList: true, subtree: true });
  model.send({ janus: "want", names: [...document.querySelectorAll(".jn[data-janus]")].map(r => r.dataset.janus) });
  return () => {
    watching.disconnect();
    model.off("msg:custom", receive);
  };
}

function render({ model, el }) {
  const draw = () => {
    el.innerHTML = model.get("html");
    const root = el.querySelector(".jn[data-janus]");
    if (root) enhance(root, JSON.parse(model.get("data") || "null"));
  };
  model.on("change:html", draw);
  draw();
  return () => model.off("change:html", draw);
}

export default { initialize, render };
