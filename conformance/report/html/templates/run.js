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
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

const { rules: RULES, blames: BLAMES, own: OWN_SOURCE, left_out: LEFT_OUT } = JSON.parse(document.getElementById("texts").textContent);
const WEIGHT = { must: 0, should: 1, may: 2, info: 3 };

// The details of a case, built when it is first opened.

function details(entry) {
  const tokens = entry.tokens && (entry.tokens.input || entry.tokens.output);
  return h("div", { class: "body" },
    h("p", { class: "meta" },
      h("span", {}, entry.level + " case"), h("span", {}, `${entry.file}:${entry.line}`),
      entry.model ? h("span", {}, entry.model) : null,
      tokens ? h("span", {}, `${entry.tokens.input} + ${entry.tokens.output} tokens`) : null,
      h("span", {}, link(entry.source, "source"))),
    (entry.attempts || []).map((it) => h("p", { class: "hint" }, `${it.got}, retried after ${seconds(it.waited)}`)),
    outcome(entry, entry.source), entry.upstream ? upstream(entry.upstream, entry.source) : null);
}

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
  const { pointer, event, offset } = found.where;
  const where = [event === undefined ? "" : `event ${event}`, pointer || "", offset === undefined ? "" : `byte ${offset}`];
  const impact = [rule.impact, rule.breaks].filter(Boolean).join(": ");
  const source = rule.source === OWN_SOURCE ? caseSource : rule.source;
  const row = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);
  return h("div", { class: `finding ${theirs(found) ? "theirs" : found.level}` },
    h("p", {}, h("span", { class: `level ${found.level}` }, found.level), " ",
      h("span", { class: "mono" }, found.rule), steps > 1 ? ` (step ${found.step})` : ""),
    h("p", {}, rule.sentence),
    h("dl", {}, row("expected", found.expected), row("got", found.got),
      row("where", where.filter(Boolean).join(", ")), row("blame", found.blame && BLAMES[found.blame]), row("impact", impact),
      row("source", source ? link(source, source) : "")));
}

function exchange(it, index, entry) {
  const title = `${entry.exchanges.length > 1 ? `${index + 1}. ` : ""}${it.request.method} ${it.request.url}`;
  const hits = new Set(entry.findings.filter((f) => f.step === index + 1 && f.where.event !== undefined).map((f) => f.where.event));
  const status = it.status === null ? "no answer" : `status ${it.status}`;
  return h("div", { class: "exchange" },
    h("h3", {}, title),
    h("p", { class: "hint" }, [status, seconds(it.seconds), it.problem || it.ended, it.http_version].join(" · ")),
    it.events.length ? part("Stream", true, drawing(it, hits), eventTable(it, hits)) : null,
    part("Response", !it.events.length, headers("Response headers", it.headers), body("Response body", chunksText(it.chunks))),
    part("Request", false, headers("Request headers", it.request.headers), body("Request body", bytesText(it.request.body))),
    part("curl", false, code("curl command", it.curl), copyButton(it.curl)));
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
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy by hand";
    }
  });
  return button;
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

// The list: opening, filtering, links.

const cases = [...document.querySelectorAll("#list > .case")];
const byId = new Map(cases.map((element) => [element.id, element]));
const texts = new Map();
const text = (element) => {
  if (!texts.has(element)) texts.set(element, element.querySelector("summary").textContent.toLowerCase());
  return texts.get(element);
};

function fill(element) {
  const data = element.querySelector(":scope > script");
  if (!data) return;
  data.remove();
  element.append(details(JSON.parse(data.textContent)));
}

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".case")) fill(event.target);
}, true);

const form = document.getElementById("filters");
const search = document.getElementById("search");
const selects = ["outcome", "family", "area", "endpoint", "level", "route", "rule"]
  .map((name) => document.getElementById(name)).filter(Boolean);

const has = (value, select) => (select.id === "rule" ? value.split(" ").includes(select.value) : value === select.value);

function fits(element, words) {
  return selects.every((select) => !select.value || has(element.dataset[select.id], select)) &&
    words.every((word) => text(element).includes(word));
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const element of cases) {
    const fit = fits(element, words);
    if (element.hidden === fit) element.hidden = !fit;
    shown += fit;
  }
  const all = shown === cases.length;
  document.getElementById("status").textContent = all ? many(shown, "case") : `${shown} of ${many(cases.length, "case")}`;
  document.getElementById("none").hidden = shown > 0;
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
form.addEventListener("reset", () => queueMicrotask(filter));
document.getElementById("all").addEventListener("click", showAll);

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

function follow() {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {
    return;
  }
  const element = byId.get(id);
  if (!element) return;
  if (element.hidden) showAll();
  element.open = true;
  fill(element);
  element.scrollIntoView();
  element.querySelector("summary").focus({ preventScroll: true });
}

addEventListener("hashchange", follow);
document.addEventListener("toggle", (event) => {
  if (event.target.open && byId.get(event.target.id) === event.target) {
    history.replaceState(null, "", "#" + encodeURIComponent(event.target.id));
  }
}, true);
filter();
follow();
