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

/* As the drawing has it: groups of three from five digits on. */
function tickText(t) {
  const digits = Math.abs(t) < 10000 ? String(Math.abs(t)) : Math.abs(t).toLocaleString("en").replaceAll(",", " ");
  return (t < 0 ? "\u2212" : "") + digits;
}

function layTicks(svg, from, to) {
  const axis = svg.querySelector(".wt-axis");
  const line = axis.querySelector("line").cloneNode(true), text = axis.querySelector("text").cloneNode(true);
  const step = tickStep(to - from);
  axis.replaceChildren();
  for (let t = Math.ceil(from / step) * step; t <= to; t += step)
    for (const one of [line.cloneNode(true), text.cloneNode(true)]) {
      one.dataset.t0 = one.dataset.t1 = String(t);
      if (one.tagName === "text") one.textContent = tickText(t);
      axis.append(one);
    }
}

/* How much of a box is in view. */
function visibleWidth(axis, x0, x1) {
  return Math.max(axis.clamp(x1) - axis.clamp(x0), 0);
}

function show(element, shown) {
  element.setAttribute("visibility", shown ? "visible" : "hidden");
}

/* A name inside a box: at the visible beginning, if it has room there and no longer one has. */
function layInside(text, axis, x0, x1) {
  const room = visibleWidth(axis, x0, x1), unless = Number(text.dataset.unless || Infinity);
  text.setAttribute("x", axis.clamp(x0) + 4);
  show(text, room >= Number(text.dataset.w) && room < unless);
}

/* The name of a step above its box: over the middle of what is visible, unless it fits inside. */
function layStepTag(mark, axis, x0, x1) {
  const room = visibleWidth(axis, x0, x1);
  const middle = (axis.clamp(x0) + axis.clamp(x1)) / 2;
  mark.dataset.out = room === 0 || room >= Number(mark.dataset.unless) ? "yes" : "";
  return middle;
}

/* Labels of marks must not meet: the more important ones come last in the drawing and choose first,
   on the side where they stood or on the other one.  What is violated always says so. */
function layTags(marks, axis) {
  const taken = [];
  const isFree = (box) => taken.every((o) => Math.abs(o.row - box.row) > 11 || box.left > o.right + 3 || box.right < o.left - 3);
  for (const mark of [...marks].reverse()) {
    const tag = mark.querySelector(".wt-tag"), lead = mark.querySelector(".wt-lead");
    if (!tag) continue;
    const { e: x, f: y } = mark.transform.baseVal.consolidate().matrix;
    const width = Number(tag.dataset.w), row = y + Number(tag.getAttribute("y"));
    tag.dataset.side ||= tag.getAttribute("text-anchor") === "end" ? "left" : "right";
    const boxOn = (side) => {
      const left = side === "left" ? x - 5 - width : x + 5;
      return { row, side, left, right: left + width };
    };
    const boxes = [boxOn(tag.dataset.side), boxOn(tag.dataset.side === "left" ? "right" : "left")];
    const fits = (box) => box.left >= axis.left && box.right <= axis.right + 4;
    const inView = x >= axis.left && x <= axis.right && !mark.dataset.out;
    const box = inView && (boxes.find((b) => fits(b) && isFree(b)) || (mark.classList.contains("wt-bad") && (boxes.find(fits) || boxes[0])));
    show(tag, Boolean(box));
    if (lead) show(lead, Boolean(box));
    if (!box) continue;
    taken.push(box);
    tag.setAttribute("x", box.side === "left" ? -5 : 5);
    tag.setAttribute("text-anchor", box.side === "left" ? "end" : "start");
  }
}

function layMark(mark, axis, x0, x1) {
  const x = mark.classList.contains("wt-step-tag") ? layStepTag(mark, axis, x0, x1) : x0;
  mark.setAttribute("transform", "translate(" + x + " " + mark.dataset.y + ")");
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
      layMark(one, axis, x0, x1);
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
  const showTime = (from, to) => {
    const width = Math.min(Math.max(to - from, 20), all[1] - all[0]);
    from = Math.min(Math.max((from + to - width) / 2, all[0]), all[1] - width);
    view = [from, from + width];
    timelineLayout(svg, view[0], view[1]);
    box.dataset.from = String(view[0]);
    box.dataset.to = String(view[1]);
  };
  const zoom = (factor, at) => {
    const middle = at === undefined ? (view[0] + view[1]) / 2 : at;
    showTime(middle - (middle - view[0]) * factor, middle + (view[1] - middle) * factor);
  };
  const pan = (share) => showTime(view[0] + share * (view[1] - view[0]), view[1] + share * (view[1] - view[0]));
  const actions = {
    in: () => zoom(0.6), out: () => zoom(1 / 0.6), left: () => pan(-0.25), right: () => pan(0.25),
    first: () => showTime(first[0], first[1]), all: () => showTime(all[0], all[1]),
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
    showTime(view[0] + by, view[1] + by);
  });
  window.addEventListener("pointerup", () => { held = null; });
}
for (const box of document.querySelectorAll(".timeline")) addTimeline(box);
document.documentElement.dataset.ready = "yes";
