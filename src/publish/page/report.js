// report.js - sorting, filtering, zooming and the theme of report.html.  The page reads without it.
"use strict";

/* ---- theme */

const themes = ["auto", "light", "dark"];
const themeButton = document.getElementById("theme");
function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  themeButton.textContent = "Theme: " + name;
  themeButton.dataset.name = name;
}
themeButton.hidden = false;
setTheme("auto");
themeButton.addEventListener("click", () =>
  setTheme(themes[(themes.indexOf(themeButton.dataset.name) + 1) % themes.length]));

/* ---- tables: a click on a head sorts, a second one the other way round */

function cellKey(row, column, numeric) {
  const cell = row.cells[column];
  const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
  if (!numeric) return text;
  const number = parseFloat(text);
  return Number.isNaN(number) ? -Infinity : number;
}

function sortTable(table, th) {
  const column = th.cellIndex, numeric = th.classList.contains("n");
  const down = th.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells)
    if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  th.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, i) => ({ row, i, key: cellKey(row, column, numeric) }));
  rows.sort((a, b) => {
    const order = numeric ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true });
    return (Number.isNaN(order) ? 0 : down ? -order : order) || a.i - b.i;
  });
  body.append(...rows.map((one) => one.row));
}

for (const table of document.querySelectorAll("table.sortable"))
  for (const th of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    th.setAttribute("aria-sort", th.dataset.sorted || "none");
    button.addEventListener("click", () => sortTable(table, th));
  }

/* ---- the filter of the violations */

const filter = document.getElementById("filter");
if (filter) {
  filter.hidden = false;
  const table = document.getElementById("violation-table");
  const rows = [...table.tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const shown = document.getElementById("shown");
  const apply = () => {
    const words = filter.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const protocol = filter.elements.protocol.value, rule = filter.elements.rule.value;
    let n = 0;
    rows.forEach((row, i) => {
      const fits = (!protocol || row.dataset.protocol === protocol) && (!rule || row.dataset.rule === rule) &&
        words.every((word) => texts[i].includes(word));
      row.hidden = !fits;
      n += fits;
    });
    shown.textContent = n === rows.length ? "" : n + " of " + rows.length + " rows";
  };
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("reset", () => setTimeout(apply));
}

/* ---- timelines: only the time axis is stretched, never the text */

/* The contract with witness_svg() is in src/witness/witness.h. */
function axisOf(svg, from, to) {
  const left = Number(svg.dataset.left), right = Number(svg.dataset.right);
  const scale = (right - left) / (to - from);
  return {
    left, right,
    x: (t) => left + (t - from) * scale,
    clamp: (x) => Math.min(Math.max(x, left), right),
  };
}

function tickStep(range) {
  let step = 1;
  for (let i = 0; range / step > 9; i++) step = i % 3 === 1 ? (step / 2) * 5 : step * 2;
  return step;
}

function layTicks(svg, from, to) {
  const axis = svg.querySelector(".wt-axis");
  const line = axis.querySelector("line").cloneNode(true), text = axis.querySelector("text").cloneNode(true);
  const step = tickStep(to - from);
  axis.replaceChildren();
  for (let t = Math.ceil(from / step) * step; t <= to; t += step)
    for (const one of [line.cloneNode(true), text.cloneNode(true)]) {
      one.dataset.t0 = one.dataset.t1 = String(t);
      if (one.tagName === "text") one.textContent = t.toLocaleString("en").replaceAll(",", "\u202f").replace("-", "\u2212");
      axis.append(one);
    }
}

/* A label inside a box: at the visible beginning, if there is room. */
function layInside(text, axis, x0, x1) {
  const from = axis.clamp(x0), to = axis.clamp(x1);
  text.setAttribute("x", from + 4);
  text.setAttribute("visibility", to - from < Number(text.dataset.w) ? "hidden" : "visible");
}

/* Labels of marks in one row must not meet: the more important comes last and stays. */
function layTags(marks, axis) {
  const taken = [];
  for (const mark of [...marks].reverse()) {
    const tag = mark.querySelector("text[data-dx]");
    if (!tag) continue;
    const matrix = mark.transform.baseVal.consolidate().matrix;
    const width = Number(tag.dataset.w), dx = Number(tag.dataset.dx), y = matrix.f + Number(tag.getAttribute("y"));
    const left = dx < 0 ? matrix.e + dx - width : matrix.e + dx;
    const inside = matrix.e >= axis.left && matrix.e <= axis.right && left >= axis.left && left + width <= axis.right + 4;
    const free = taken.every((o) => Math.abs(o.y - y) > 11 || left > o.right + 4 || left + width < o.left - 4);
    const shown = inside && free;
    tag.setAttribute("visibility", shown ? "visible" : "hidden");
    const lead = mark.querySelector(".wt-lead");
    if (lead) lead.setAttribute("visibility", shown ? "visible" : "hidden");
    if (shown) taken.push({ y, left, right: left + width });
  }
}

function timelineLayout(svg, from, to) {
  const axis = axisOf(svg, from, to), marks = [];
  layTicks(svg, from, to);
  for (const one of svg.querySelectorAll("[data-t0]")) {
    const x0 = axis.x(Number(one.dataset.t0)), x1 = axis.x(Number(one.dataset.t1));
    if (one.tagName === "rect") {
      one.setAttribute("x", x0);
      one.setAttribute("width", Math.max(x1 - x0, 2));
    } else if (one.tagName === "line") {
      one.setAttribute("x1", x0);
      one.setAttribute("x2", x1);
    } else if (one.tagName === "g") {
      one.setAttribute("transform", "translate(" + x0 + " " + one.dataset.y + ")");
      marks.push(one);
    } else if (one.dataset.w) {
      layInside(one, axis, x0, x1);
    } else {
      one.setAttribute("x", x0);
    }
  }
  layTags(marks, axis);
}

function timelineTime(svg, share, from, to) {
  const axis = axisOf(svg, from, to), units = share * svg.viewBox.baseVal.width;
  return from + ((units - axis.left) / (axis.right - axis.left)) * (to - from);
}

function addTimeline(box) {
  const svg = box.querySelector("svg"), tools = box.querySelector(".tools");
  const all = [Number(svg.dataset.from), Number(svg.dataset.to)];
  const first = [Number(svg.dataset.viewFrom), Number(svg.dataset.viewTo)];
  let view = first.slice();
  const show = (from, to) => {
    const width = Math.min(Math.max(to - from, 20), all[1] - all[0]);
    from = Math.min(Math.max((from + to - width) / 2, all[0]), all[1] - width);
    view = [from, from + width];
    timelineLayout(svg, view[0], view[1]);
    box.dataset.from = String(view[0]);
    box.dataset.to = String(view[1]);
  };
  const zoom = (factor, at) => {
    const middle = at === undefined ? (view[0] + view[1]) / 2 : at;
    show(middle - (middle - view[0]) * factor, middle + (view[1] - middle) * factor);
  };
  const pan = (share) => show(view[0] + share * (view[1] - view[0]), view[1] + share * (view[1] - view[0]));
  const actions = {
    in: () => zoom(0.6), out: () => zoom(1 / 0.6), left: () => pan(-0.25), right: () => pan(0.25),
    first: () => show(first[0], first[1]), all: () => show(all[0], all[1]),
  };
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const action = event.target.dataset && actions[event.target.dataset.do];
    if (action) action();
  });
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "first", Home: "all" };
  const area = box.querySelector(".view");
  area.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    actions[name]();
    event.preventDefault();
  });
  const timeAt = (event) => {
    const r = svg.getBoundingClientRect();
    return timelineTime(svg, (event.clientX - r.left) / r.width, view[0], view[1]);
  };
  area.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; /* The page scrolls as ever. */
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event));
    event.preventDefault();
  }, { passive: false });
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) held = { time: timeAt(event), id: event.pointerId };
  });
  window.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    const by = held.time - timeAt(event);
    show(view[0] + by, view[1] + by);
  });
  window.addEventListener("pointerup", () => { held = null; });
}
for (const box of document.querySelectorAll(".timeline")) addTimeline(box);
document.documentElement.dataset.ready = "yes";
