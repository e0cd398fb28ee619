#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""page.py REPORT.html - what must hold of the page in a browser, a rule each.

Prints "ok RULE" or "FAILED RULE: why", and "all rules hold" at the end.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from webdriver import Browser  # noqa: E402

PAGE = "file://" + str(pathlib.Path(sys.argv[1]).resolve())
failures = 0


def rule(name, holds, why=""):
    global failures
    failures += not holds
    print(f"ok {name}" if holds else f"FAILED {name}: {why}", flush=True)


COLUMN = """
  const table = document.getElementById('violation-table');
  return [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[arguments[0]].dataset.v || r.cells[arguments[0]].textContent);
"""
CLICK_HEAD = "document.querySelectorAll('#violation-table th button')[arguments[0]].click()"

# The ratio of WCAG 2.1 for every element that has text of its own, against the
# first background below it that is not transparent.
CONTRAST = """
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0.9) return c; } return [255, 255, 255, 1]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (e.closest('script, style, title, [hidden], details:not([open]) > :not(summary)')) continue;
    const style = getComputedStyle(e);
    if (style.visibility === 'hidden' || style.display === 'none') continue;
    const svg = e.closest('svg');
    const color = parse(svg ? style.fill : style.color), back = behind(svg && !svg.querySelector('.wt-paper') ? svg.parentElement : svg ? svg.parentElement : e);
    const a = light(color) + 0.05, b = light(back) + 0.05, ratio = Math.max(a, b) / Math.min(a, b);
    if (ratio < 4.5) bad.push(e.tagName + '.' + (e.getAttribute('class') || '') + ' "' + e.textContent.trim().slice(0, 30) + '" ' + ratio.toFixed(2));
  }
  return bad;
"""

PLACES = """
  const box = document.querySelector('.timeline'), bad = box.querySelector('.wt-bad.wt-mark, .wt-mark.wt-bad');
  const r = bad.getBoundingClientRect(), font = getComputedStyle(box.querySelector('svg text')).fontSize;
  return {from: Number(box.dataset.from), to: Number(box.dataset.to), x: r.left, font, width: r.height};
"""


# Visible labels of the first timelines that lie on each other.
OVERLAPS = """
  const bad = [];
  for (const svg of [...document.querySelectorAll('.timeline svg')].slice(0, 4)) {
    const area = svg.getBoundingClientRect(), boxes = [];
    for (const t of svg.querySelectorAll('.wt-tag, .wt-in')) {
      if (t.getAttribute('visibility') === 'hidden') continue;
      const r = t.getBoundingClientRect();
      if (r.width && r.right > area.left && r.left < area.right) boxes.push([r.left + 1, r.right - 1, r.top + 4, r.bottom - 4, t.textContent]);
    }
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
      if (a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3]) bad.push(a[4] + ' | ' + b[4]);
    }));
  }
  return bad;
"""


def labels(b):
    """At every zoom labels keep apart, and what is violated says so."""
    def press(action):
        b.run("for (const t of [...document.querySelectorAll('.timeline')].slice(0, 4)) t.querySelector(`[data-do=${arguments[0]}]`).click()", action)
    found = {"as drawn": b.run(OVERLAPS)}
    for name, actions in (("what matters", ["first"]), ("closer", ["in"]), ("closest", ["in", "in", "in"]),
                          ("to the left", ["left"]), ("all", ["all"])):
        for action in actions:
            press(action)
        found[name] = b.run(OVERLAPS)
    for name, bad in found.items():
        rule(f"no label lies on another: {name}", not bad, bad[:4])
    press("all")
    ticks = b.run("return [...document.querySelectorAll('.wt-axis text')].map(t => t.textContent)")
    rule("a tick of 0 has no sign", "\u22120" not in ticks and "0" in ticks, ticks[:9])
    press("first")
    silent = b.run("return [...document.querySelectorAll('.timeline svg')].slice(0, 4).filter(s => ![...s.querySelectorAll('.wt-bad .wt-tag')].some(t => t.getAttribute('visibility') !== 'hidden')).length")
    rule("what is violated says so", silent == 0, silent)


def requests(browser):
    """URLs that the page asked for, but for itself."""
    urls = []
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(message["params"]["request"]["url"])
    return [u for u in urls if u.split("#")[0] != PAGE and not u.startswith(("data:", "about:", "chrome:"))]


def sorting(b):
    before = b.run(COLUMN, 9)
    b.run(CLICK_HEAD, 9)
    up = [float(v or "-inf") if v else float("-inf") for v in b.run(COLUMN, 9)]
    rule("a click on a head sorts by number", up == sorted(up) and len(up) == len(before), up[:5])
    b.run(CLICK_HEAD, 9)
    down = [float(v) if v else float("-inf") for v in b.run(COLUMN, 9)]
    rule("a second click turns the order round", down == sorted(up, reverse=True), down[:5])
    state = b.run("return [...document.querySelectorAll('#violation-table th')].map(t => t.getAttribute('aria-sort'))")
    rule("only the sorted head says so", state.count("descending") == 1 and state[9] == "descending", state)
    b.run(CLICK_HEAD, 0)


def filtering(b):
    everything = len(b.run(COLUMN, 0))
    b.find("#filter input").keys("torn")
    rules = set(b.run(COLUMN, 1))
    rule("words filter the rows", rules == {"TORN"}, rules)
    shown = b.run("return document.getElementById('shown').textContent")
    rule("the page says how many rows are left", shown.endswith(f"of {everything} rows"), shown)
    b.find("#filter button[type=reset]").click()
    time.sleep(0.2)
    rule("clearing shows all again", len(b.run(COLUMN, 0)) == everything)
    b.find("#filter select[name=rule]").keys("STALE")
    rule("a rule filters the rows", set(b.run(COLUMN, 1)) == {"STALE"})
    b.find("#filter button[type=reset]").click()
    time.sleep(0.2)


def zooming(b):
    b.run("document.documentElement.style.scrollBehavior = 'auto'; document.querySelector('.timeline').scrollIntoView()")
    b.find(".timeline button[data-do=all]").click()
    everything = b.run(PLACES)
    b.find(".timeline button[data-do=first]").click()
    first = b.run(PLACES)
    b.find(".timeline button[data-do=in]").click()
    close = b.run(PLACES)
    rule("zooming in shows less time", close["to"] - close["from"] < 0.7 * (first["to"] - first["from"]), [first, close])
    rule("all shows more than what matters", everything["to"] - everything["from"] > first["to"] - first["from"])
    rule("zooming moves marks", abs(close["x"] - first["x"]) > 1, [first, close])
    rule("zooming leaves text as it is", close["font"] == first["font"] and close["width"] == first["width"])
    ticks = b.run("return [...document.querySelector('.timeline').querySelectorAll('.wt-axis text')].map(t => Number(t.dataset.t0))")
    rule("the axis has ticks of the view", 2 <= len(ticks) <= 12 and all(close["from"] <= t <= close["to"] for t in ticks), ticks)
    b.find(".timeline button[data-do=out]").click()
    b.run("document.querySelector('.timeline .view').focus()")
    b.press("Right")
    moved = b.run(PLACES)
    b.press("0")
    back = b.run(PLACES)
    rule("an arrow key moves the view", moved["from"] != first["from"], moved)
    rule("0 shows what matters", back["from"] == first["from"] and back["to"] == first["to"], back)
    outside = b.run("""
      const svg = document.querySelector('.timeline svg'), out = [];
      for (const t of svg.querySelectorAll('text')) {
        if (t.getAttribute('visibility') === 'hidden' || getComputedStyle(t).visibility === 'hidden') continue;
        const r = t.getBoundingClientRect(), s = svg.getBoundingClientRect();
        if (r.width && (r.left < s.left - 1 || r.right > s.right + 1)) out.push(t.textContent);
      }
      return out;""")
    rule("no label leaves the drawing", not outside, outside)


def links(b):
    name = b.run("return document.querySelector('#violation-table a').getAttribute('href')")
    b.run("document.querySelector('#violation-table a').click()")
    b.run("document.documentElement.style.scrollBehavior = 'auto'; document.querySelector(':target').scrollIntoView()")
    rule("a row leads to its timeline", b.run("return document.querySelector(':target').id") == name[1:], name)
    b.open("about:blank")
    b.open(PAGE + name)
    time.sleep(0.6)
    top = b.run("return document.querySelector(':target').getBoundingClientRect().top")
    rule("a shared link opens at its violation", -60 <= top <= 200, top)
    broken = b.run("return [...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.querySelector(a.getAttribute('href'))).map(a => a.href)")
    rule("every link leads somewhere", not broken, broken[:3])
    ids = b.run("const n = {}; for (const e of document.querySelectorAll('[id]')) n[e.id] = (n[e.id] || 0) + 1; return Object.keys(n).filter(k => n[k] > 1)")
    rule("no id is there twice", not ids, ids[:5])


def keyboard(b):
    b.open(PAGE)
    b.press("Tab")
    rule("the first stop of the keyboard skips to the content", b.run("return document.activeElement.className") == "skip")
    reached = set()
    for _ in range(40):
        b.press("Tab")
        reached.add(b.run("const e = document.activeElement; return e.id || e.dataset.do || e.name || e.getAttribute('href') || e.tagName"))
    rule("the theme button is reached by keyboard", "theme" in reached, sorted(map(str, reached)))
    b.run("document.querySelector('#violation-table th:nth-child(7) button').focus()")
    b.press("Enter")
    rule("enter sorts", b.run("return document.querySelector('#violation-table th:nth-child(7)').getAttribute('aria-sort')") == "ascending")
    outline = b.run("return getComputedStyle(document.activeElement).outlineStyle")
    rule("the focus is seen", outline != "none", outline)
    nameless = b.run("return [...document.querySelectorAll('button, input, select, svg[role=img]')].filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label'))).length")
    rule("everything that can be used has a name", nameless == 0, nameless)


def theme(b):
    b.open(PAGE)
    color = "return getComputedStyle(document.body).backgroundColor"
    before = b.run(color)
    b.find("#theme").click()
    b.find("#theme").click()
    rule("the theme can be chosen", b.run(color) != before and b.run("return document.documentElement.dataset.theme") == "dark")


def main():
    with Browser(1280, 900) as b:
        b.open(PAGE)
        rule("the script ran to its end", b.run("return document.documentElement.dataset.ready") == "yes")
        sorting(b)
        filtering(b)
        labels(b)
        zooming(b)
        links(b)
        keyboard(b)
        theme(b)
        rule("no error on the console", not b.log("browser"), b.log("browser"))
        asked = requests(b)
        rule("no request leaves the page", not asked, asked)
        blocked = b.run("return fetch('http://127.0.0.1:9/').then(() => 'sent', e => String(e))")
        violations = [e for e in b.log("browser") if "Content Security Policy" in e["message"]]
        rule("the policy forbids requests", len(violations) > 0, blocked)
    for name, dark in (("light", False), ("dark", True)):
        with Browser(1280, 900, dark=dark) as b:
            b.open(PAGE)
            bad = b.run(CONTRAST)
            rule(f"text has a contrast of 4.5 in {name}", not bad, bad[:6])
    with Browser(390, 800, mobile=True) as b:
        b.open(PAGE)
        wide = b.run("return document.documentElement.scrollWidth")
        rule("a phone shows the page without scrolling sideways", wide <= 390, wide)
    if failures == 0:
        print("all rules hold")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
