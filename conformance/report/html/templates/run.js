"use strict";
// Every text from a gateway becomes a text node: no HTML is parsed, no handler set, no URL of another scheme linked.

const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|\p{Surrogate}/gu;
const hex = (character) => {
  const code = character.codePointAt(0);
  return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
};
const visible = (text) => String(text).replace(ACTING, hex);

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value);
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== "") element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}
const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes = {}, ...children) =>
  build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const link = (url, text) => (/^https?:\/\//.test(url) ? h("a", { href: url, rel: "noreferrer" }, text) : url);
const seconds = (value) => value.toFixed(value < 1 ? 3 : 2) + " s";
const coded = (text) => text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

const { rules: RULES, blames: BLAMES, own: OWN_SOURCE, left_out: LEFT_OUT, problems: PROBLEMS } =
  JSON.parse(document.getElementById("texts").textContent);
const WEIGHT = { must: 0, should: 1, may: 2, info: 3 };

// A case in the list, and its details, built when it is first opened.

const MARKS = { failed: "✗", unverified: "?", warned: "!", known: "≈", passed: "✓", not_applicable: "–" };
const words = (name) => name.replaceAll("_", " ");

function caseElement(row) {
  const mark = h("span", { class: `mark ${row.outcome}` }, h("span", { "aria-hidden": "true" }, MARKS[row.outcome]), " ", words(row.outcome));
  const why = row.rule.length ? h("span", { class: "rules" }, row.rule.join(", ")) : row.reason && h("span", { class: "why" }, row.reason);
  const what = h("span", { class: "what" }, h("span", { class: "id" }, row.id), h("span", { class: "title" }, row.title), why);
  return h("details", { class: "case", id: row.id, "data-outcome": row.outcome },
    h("summary", {}, mark, what, h("span", { class: "time" }, `${row.seconds.toFixed(2)} s`)));
}

function details(entry, problems) {
  const tokens = entry.tokens && (entry.tokens.input || entry.tokens.output);
  return h("div", { class: "body" },
    problems.length ? h("ul", { class: "belongs", "aria-label": "Problems of this case" }, problems.map(problemLink)) : null,
    h("p", { class: "meta" },
      h("span", {}, entry.level + " case"), h("span", {}, `${entry.file}:${entry.line}`),
      entry.model ? h("span", {}, entry.model) : null,
      tokens ? h("span", {}, `${entry.tokens.input} + ${entry.tokens.output} tokens`) : null,
      h("span", {}, link(entry.source, "source"))),
    (entry.attempts || []).map((it) => h("p", { class: "hint" }, `${it.got}, retried after ${seconds(it.waited)}`)),
    outcome(entry, entry.source), entry.upstream ? upstream(entry.upstream, entry.source) : null);
}

const problemLink = ({ anchor, title, where }) =>
  h("li", {}, "Problem ", h("a", { href: `#${anchor}` }, coded(title)), " ", h("span", { class: "hint" }, "in ", coded(where)));

// The result of a case at the gateway or at its upstream; findings that are blamed on the upstream come last.

const theirs = (found) => Number(found.blame === "upstream");

function outcome(entry, source) {
  const steps = entry.exchanges.length;
  const findings = [...entry.findings].sort((a, b) => theirs(a) - theirs(b) || a.step - b.step || WEIGHT[a.level] - WEIGHT[b.level]);
  return [
    entry.reason ? h("p", { class: "reason" }, "Reason: " + entry.reason) : null,
    findings.length ? h("div", { class: "findings" }, findings.map((found) => finding(found, steps, source))) : null,
    steps ? entry.exchanges.map((it, index) => exchange(it, index, entry)) : h("p", { class: "hint" }, unseen(entry.left_out)),
  ];
}

const unseen = (count) =>
  count ? `${many(count, "exchange")}, ${LEFT_OUT}.` : "No request was sent.";

function upstream(entry, source) {
  const ended = `The upstream, tested directly: ${entry.outcome.replaceAll("_", " ")}`;
  return h("details", { class: "part upstream" }, h("summary", {}, ended), h("div", { class: "body" }, outcome(entry, source)));
}

function finding(found, steps, caseSource) {
  const rule = Object.hasOwn(RULES, found.rule) ? RULES[found.rule] : { sentence: "", impact: "", breaks: "", source: "" };
  const impact = [rule.impact, rule.breaks].filter(Boolean).join(": ");
  const source = rule.source === OWN_SOURCE ? caseSource : rule.source;
  const row = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);
  return h("div", { class: `finding ${theirs(found) ? "theirs" : found.level}` },
    h("p", {}, h("span", { class: `level ${found.level}` }, found.level), " ",
      h("span", { class: "mono" }, found.rule), steps > 1 ? ` (step ${found.step})` : ""),
    h("p", {}, coded(rule.sentence)),
    h("dl", {}, row("expected", found.expected), row("got", found.got),
      row("where", placeOf(found, 1)), row("blame", found.blame && BLAMES[found.blame]), row("impact", impact && coded(impact)),
      row("source", source ? link(source, source) : "")),
    found.more ? repeated(found, steps) : null);
}

// The places in which a finding repeats, with its texts there if they differ.

function repeated(found, steps) {
  const text = (it) => [placeOf(it, steps), it.got === undefined ? "" : `: expected ${it.expected}; got ${it.got}`];
  return h("details", { class: "more" }, h("summary", {}, found.more),
    h("ul", { tabindex: "0", "aria-label": "Other places of this finding" }, found.also.map((it) => h("li", {}, text(it)))));
}

function placeOf({ step, where: { pointer, event, offset } }, steps) {
  const parts = [steps > 1 && `step ${step}`, event !== undefined && `event ${event}`, pointer, offset !== undefined && `byte ${offset}`];
  return parts.filter(Boolean).join(", ") || "the same place";
}

function exchange(it, index, entry) {
  const title = `${entry.exchanges.length > 1 ? `${index + 1}. ` : ""}${it.request.method} ${it.request.url}`;
  const places = entry.findings.flatMap((found) => [found, ...found.also]).filter((place) => place.step === index + 1);
  const hits = new Set(places.map((place) => place.where.event).filter((event) => event !== undefined));
  const status = it.status === null ? "no answer" : `status ${it.status}`;
  return h("div", { class: "exchange" },
    h("h3", {}, title),
    h("p", { class: "hint" }, [status, seconds(it.seconds), it.problem || it.ended, it.http_version].join(" · ")),
    it.events.length ? part("Stream", true, drawing(it, hits), eventTable(it, hits)) : null,
    part("Response", !it.events.length, headers("Response headers", it.headers), body("Response body", chunksText(it.chunks))),
    part("Request", false, headers("Request headers", it.request.headers), body("Request body", bytesText(it.request.body))),
    (it.behind || []).map(behind),
    part("curl", false, code("curl command", it.curl), copyButton(it.curl)));
}

// A request of the gateway to its upstream, and the answer of the suite, in a case from both ends.

function behind(it, index, all) {
  const number = all.length > 1 ? ` ${index + 1}` : "";
  const status = it.status === null ? "no answer" : `status ${it.status}`;
  return part(`Behind the gateway: request${number} to the upstream (${it.family})`, false,
    h("p", { class: "hint" }, [`${it.request.method} ${it.request.url}`, status, seconds(it.seconds), it.problem || it.ended].join(" · ")),
    headers("Headers to the upstream", it.request.headers), body("Body to the upstream", bytesText(it.request.body)),
    headers("Headers of the upstream", it.headers), body("Body of the upstream", chunksText(it.chunks)));
}

function part(name, open, ...children) {
  return h("details", { class: "part", open: open && "" }, h("summary", {}, name), h("div", {}, children));
}

function code(label, text) {
  return h("pre", { tabindex: "0", role: "group", "aria-label": label }, text);
}

const headers = (label, pairs) =>
  pairs.length ? code(label, pairs.map(([name, value]) => `${name}: ${value}`).join("\n")) : null;

const bytesText = (bytes) => (bytes.text !== undefined ? bytes.text : `base64: ${bytes.base64}`);
const chunksText = (chunks) => chunks.map(bytesText).join("");

function body(label, text) {
  if (!text) return h("p", { class: "hint" }, "No body.");
  try {
    const parsed = JSON.parse(text);
    const pretty = JSON.stringify(parsed, null, 2);
    return [code(label, pretty), part("As it was sent", false, code(`${label}, as it was sent`, text))];
  } catch {
    return code(label, text);
  }
}

function copyButton(text) {
  const button = h("button", { type: "button", class: "plain" }, "Copy");
  button.addEventListener("click", () => copy(text, button));
  return button;
}

async function copy(text, button) {
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  button.textContent = isCopied || copySelected(text) ? "Copied" : "Select and copy by hand";
  setTimeout(() => { button.textContent = "Copy"; }, 3000);
}

// Pages that were opened over plain HTTP have no clipboard.

function copySelected(text) {
  const area = h("textarea", { class: "unseen", readonly: "" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}

// A stream over time: a lane for each kind of event, and one for the bytes as they arrived.

const WIDTH = 800, LEFT = 210, RIGHT = 16, LANE = 20, MOST_LANES = 14;

function drawing(it, hits) {
  const names = [...new Set(it.events.map(([, , name]) => name))];
  const lanes = names.slice(0, MOST_LANES);
  if (names.length > MOST_LANES) lanes[MOST_LANES - 1] = "others";
  const lane = (name) => (lanes.includes(name) ? lanes.indexOf(name) : lanes.length - 1);
  const bottom = (lanes.length + 1) * LANE + 6;
  const end = Math.max(it.seconds, ...it.events.map(([, at]) => at), 0.001);
  const x = (at) => LEFT + (Math.min(Math.max(at, 0), end) / end) * (WIDTH - LEFT - RIGHT);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * end);
  const description = summary(it, hits);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${bottom + 20}`, role: "img", "aria-label": visible(description) },
    ticks.map((at) => [
      s("line", { class: "grid", x1: x(at), x2: x(at), y1: 2, y2: bottom }),
      s("text", { x: x(at), y: bottom + 14, "text-anchor": at === end ? "end" : at ? "middle" : "start" }, seconds(at)),
    ]).flat(),
    [...lanes, "bytes"].map((name, row) => s("text", { x: 0, y: row * LANE + 16 }, shortened(name))),
    it.events.map(([number, at, name]) => s("rect", {
      class: hits.has(number) ? "hit" : "event", x: x(at) - (hits.has(number) ? 3 : 1.5), y: lane(name) * LANE + 5,
      width: hits.has(number) ? 6 : 3, height: LANE - 6, rx: 1.5,
    }, s("title", {}, `${number}. ${name} at ${seconds(at)}`))),
    it.chunks.map((chunk) => s("rect", {
      class: "bytes", x: x(chunk.at || 0) - 0.5, y: lanes.length * LANE + 5, width: 1, height: LANE - 6,
    })));
  return [h("p", { class: "hint" }, description),
    h("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": "Events over time" }, svg)];
}

const shortened = (text) => (text.length > 30 ? text.slice(0, 29) + "…" : text);

function summary(it, hits) {
  const times = it.events.map(([, at]) => at);
  const gap = times.reduce((most, at, index) => Math.max(most, at - (index ? times[index - 1] : at)), 0);
  const broken = hits.size ? `; a finding at event ${[...hits].sort((a, b) => a - b).join(", ")}` : "";
  return `${many(times.length, "event")} in ${many(it.chunks.length, "piece")} and ${seconds(it.seconds)}; ` +
    `the first after ${seconds(times[0])}, the longest pause ${seconds(gap)}${broken}`;
}

function eventTable(it, hits) {
  const cell = (text) => h("td", {}, text);
  const row = ([number, at, name, data]) =>
    h("tr", { class: hits.has(number) && "hit" }, cell(hits.has(number) ? `${number} ✗` : number), cell(at.toFixed(3)), cell(name), cell(data));
  const head = ["Event", "Seconds", "Kind", "Data"].map((name) => h("th", { scope: "col" }, name));
  return part(`All ${many(it.events.length, "event")}`, false,
    h("div", { class: "events", tabindex: "0", role: "group", "aria-label": "All events" },
      h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, it.events.map(row)))));
}

// The list. A run may have thousands of cases: their elements are made in blocks, when they come near the viewport.

const ROWS = JSON.parse(document.getElementById("rows").textContent);
const byId = new Map(ROWS.map((row, index) => [row.id, Object.assign(row, { index })]));
const elements = new Map();
const list = document.getElementById("list");
const BLOCK = 50, ROW_HEIGHT = 4.1;
let shown = [], blocks = [];

function elementOf(row) {
  if (!elements.has(row)) elements.set(row, caseElement(row));
  return elements.get(row);
}

const nearby = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) if (isIntersecting) draw(target);
}, { rootMargin: "1500px" });

function draw(block) {
  const start = blocks.indexOf(block) * BLOCK;
  if (start < 0 || block.firstChild) return;
  nearby.unobserve(block);
  block.style.minHeight = "";
  block.append(...shown.slice(start, start + BLOCK).map(elementOf));
}

function show(rows) {
  nearby.disconnect();
  shown = rows;
  blocks = Array.from({ length: Math.ceil(rows.length / BLOCK) }, () => h("div"));
  blocks.forEach((block, index) => { block.style.minHeight = `${Math.min(BLOCK, rows.length - index * BLOCK) * ROW_HEIGHT}rem`; });
  list.replaceChildren(...blocks);
  if (blocks.length) draw(blocks[0]);
  for (const block of blocks.slice(1)) nearby.observe(block);
}

let allDetails = null;

function fill(element) {
  if (element.querySelector(":scope > .body")) return;
  const row = byId.get(element.id);
  allDetails = allDetails || document.getElementById("details").textContent.trim().split("\n");
  element.append(details(JSON.parse(allDetails[row.index]), row.problem.map((number) => PROBLEMS[number - 1]).filter(Boolean)));
}

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".case")) fill(event.target);
}, true);
addEventListener("beforeprint", () => blocks.forEach(draw));

const form = document.getElementById("filters");
const search = document.getElementById("search");
const selects = ["outcome", "family", "area", "endpoint", "level", "route", "problem", "rule"]
  .map((name) => document.getElementById(name)).filter(Boolean);

const has = (value, wanted) => (Array.isArray(value) ? value.includes(wanted) : value === wanted);
const textOf = (row) =>
  (row.text = row.text || [words(row.outcome), row.id, row.title, ...row.rule, row.reason].map(visible).join(" ").toLowerCase());

function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = selects.filter((select) => select.value);
  const fits = (row) => chosen.every((select) => has(row[select.id], select.value)) && wanted.every((word) => textOf(row).includes(word));
  const rows = ROWS.filter(fits);
  if (rows.length !== shown.length || rows.some((row, index) => row !== shown[index])) show(rows);
  const all = shown.length === ROWS.length;
  document.getElementById("status").textContent = all ? many(ROWS.length, "case") : `${shown.length} of ${many(ROWS.length, "case")}`;
  document.getElementById("none").hidden = shown.length > 0;
  const outcome = document.getElementById("outcome").value;
  for (const tile of document.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", tile.dataset.setOutcome === outcome);
}

function showAll() {
  form.reset();
  filter();
}

let waiting = 0;
search.addEventListener("input", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(filter);
});
form.addEventListener("change", filter);
form.addEventListener("submit", (event) => event.preventDefault());
for (const id of ["clear", "all"]) document.getElementById(id).addEventListener("click", showAll);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const wanted = button ? Object.entries(button.dataset).filter(([name]) => name.startsWith("set")) : [];
  if (!wanted.length) return;
  const same = button.getAttribute("aria-pressed") === "true";
  form.reset();
  for (const [name, value] of wanted) document.getElementById(name.slice(3).toLowerCase()).value = same ? "" : value;
  filter();
  const list = document.getElementById("cases");
  if (!same) {
    list.scrollIntoView();
    list.focus({ preventScroll: true });
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(PROBLEMS[button.dataset.copy - 1].curl, button);
});

// Links to cases and problems.

function follow() {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {
    return;
  }
  const element = byId.has(id) ? reached(byId.get(id)) : document.getElementById(id);
  if (!element) return;
  for (let it = element; it; it = it.parentElement) if (it.matches("details")) it.open = true;
  if (!element.matches("details")) return;
  if (byId.has(id)) fill(element);
  land(element);
  element.querySelector("summary").focus({ preventScroll: true });
}

// The element of a case, in the list even if a filter left it out.

function reached(row) {
  if (!shown.includes(row)) showAll();
  draw(blocks[Math.floor(shown.indexOf(row) / BLOCK)]);
  return elementOf(row);
}

// The blocks above a case get their real heights only when they come near the viewport, so a scroll may miss it: it is
// repeated until the case stays where it is, or the reader scrolls.

const STEADY = 5, MOST_FRAMES = 60;
let landing = 0;

function land(element) {
  cancelAnimationFrame(landing);
  let steady = 0, frames = 0, before = NaN;
  const step = () => {
    element.scrollIntoView({ block: "start", behavior: "instant" });
    const { top } = element.getBoundingClientRect();
    steady = Math.abs(top - before) < 1 ? steady + 1 : 0;
    before = top;
    if (steady < STEADY && ++frames < MOST_FRAMES) landing = requestAnimationFrame(step);
  };
  step();
}

for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) {
  addEventListener(kind, () => cancelAnimationFrame(landing), { passive: true });
}
addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) follow();
});
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".case")) {
    history.replaceState(null, "", "#" + encodeURIComponent(event.target.id));
  }
}, true);
filter();
follow();
