// Renders the Screen values that kioskd sends, and sends back what was touched. Decides nothing.
"use strict";

// kioskd gives a sign of life every 15 s; two missed ones and a bit.
const SILENCE_MAX_MS = 40_000;
const RECONNECT_MS = 1_000;
// Until "one moment" becomes "out of service".
const PATIENCE_MS = 12_000;
// A second tap of a double tap must not touch what appeared under the finger.
const SETTLE_MS = 250;
const ANSWER_MAX_MS = 10_000;
// While keys are pressed kioskd is told so this often, and waits for the next one.
const TYPING_MS = 4_000;

const LANGUAGES = ["zh-Hans", "en"];
const STEPS = [
  [["number", "confirmNumber"], ["account"], ["insertNotes", "finishing"], ["outcome", "rating", "goodbye"]],
  [["claimSlip"], ["claimNumber"], ["claimAnswer"]],
];
// Screens that are a menu: their choices are tiles in the middle.
const MENUS = ["language", "service"];
// Screens of a payment that is over: elsewhere the big amount is what has gone in so far.
const PAID = ["outcome", "claimAnswer"];
// How a line of the body looks, by its key: how the payment stands, and what has just happened.
const GOOD = /^state\.(credited|refunded)$/;
const STATE = /^state\./;
const NEWS = /^hindrance\.|\.(refused|returned|cameBack|stopped|full|doubtful|recovered|failed|unknown|unavailable|notFound|noteSlip)\b/;

const ICONS = {
  attract: "M20 4h24a5 5 0 0 1 5 5v46a5 5 0 0 1-5 5H20a5 5 0 0 1-5-5V9a5 5 0 0 1 5-5zM28 53h8M24 17l8 10 8-10M32 27v15M24 29h16M24 36h16",
  topUp: "M20 4h24a5 5 0 0 1 5 5v46a5 5 0 0 1-5 5H20a5 5 0 0 1-5-5V9a5 5 0 0 1 5-5zM28 53h8M24 17l8 10 8-10M32 27v15M24 29h16M24 36h16",
  claim: "M14 4h30v30M14 4v52l6-4 6 4 5-3.500M22 16h14M22 26h8M42 36a9 9 0 1 1 0 18a9 9 0 1 1 0-18zM49 52l9 9",
  confirmNumber: "M20 4h24a5 5 0 0 1 5 5v46a5 5 0 0 1-5 5H20a5 5 0 0 1-5-5V9a5 5 0 0 1 5-5zM28 53h8M23 29l7 7 12-13",
  account: "M32 8a11 11 0 1 1 0 22a11 11 0 1 1 0-22zM10 58c0-13 9-20 22-20s22 7 22 20",
  finishing: "M32 6a26 26 0 1 1 0 52a26 26 0 1 1 0-52zM32 16v17l11 7",
  outcome: "M14 4h36v54l-6-4-6 4-6-4-6 4-6-4-6 4zM23 18h18M23 29h18M23 40h10",
  claimAnswer: "M14 4h36v54l-6-4-6 4-6-4-6 4-6-4-6 4zM23 18h18M23 29h18M23 40h10",
  goodbye: "M32 6a26 26 0 1 1 0 52a26 26 0 1 1 0-52zM20 33l9 9 16-19",
  outOfService: "M32 6a26 26 0 1 1 0 52a26 26 0 1 1 0-52zM32 18v18M32 44v3",
  star: "M32 5l8.300 17.300 18.700 2.600-13.600 13.200 3.300 18.900L32 48l-16.700 9 3.300-18.900L5 24.900l18.700-2.600z",
  delete: "M22 12h34a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H22L5 32zM32 24l16 16M48 24L32 40",
  alert: "M32 6a26 26 0 1 1 0 52a26 26 0 1 1 0-52zM32 18v18M32 44v3",
};

const $ = (id) => document.getElementById(id);
const texts = {};
let shown = null;
let typed = "";
// The id of the screen whose input is on its way; one at a time.
let sending = null;
let typedAt = 0;
let settling = 0;
let counting = 0;
let notice = 0;
// What each part of the screen was built from: a part is built anew only when that changed, so that a button
// under a finger stays the same button.
let built = {};

// Texts

async function loadTexts() {
  for (const language of LANGUAGES) {
    while (!texts[language]) {
      try {
        const answer = await fetch(`/texts/${language}.json`, { cache: "no-store" });
        if (answer.ok) texts[language] = await answer.json();
      } catch { /* kioskd is not there yet */ }
      if (!texts[language]) await pause(RECONNECT_MS);
    }
  }
}

function language() { return shown ? shown.language : LANGUAGES[0]; }

function has(key) { return key in (texts[language()] ?? {}); }

// A missing text or gap stays visible as its name: a defect that somebody sees.
function say(message) {
  const text = (texts[language()] ?? {})[message.key] ?? message.key;
  return text.replace(/\{(\w+)\}/g, (whole, gap) => message.gaps?.[gap] ?? whole);
}

function sayKey(key, gaps = {}) { return say({ key, gaps }); }

function yuan(fen) {
  const magnitude = Math.abs(fen);
  const whole = Math.floor(magnitude / 100).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${fen < 0 ? "-" : ""}${whole}.${String(magnitude % 100).padStart(2, "0")}`;
}

// DOM

function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((each) => each !== null));
  return element;
}

function icon(name, className = "icon") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 64 64");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function pause(ms) { return new Promise((done) => setTimeout(done, ms)); }

// Builds one part when what it shows has changed. Parts keep their order in the stage.
function part(parent, name, value, build) {
  const signature = JSON.stringify([value, language()]);
  let holder = parent.querySelector(`:scope > [data-part="${name}"]`);
  if (!holder) {
    holder = make("div", `part ${name}`);
    holder.dataset.part = name;
    parent.append(holder);
  }
  if (built[name] === signature) return;
  built[name] = signature;
  const nodes = build();
  holder.hidden = nodes.length === 0;
  holder.replaceChildren(...nodes);
}

// The screen

function render(screen) {
  const changed = !shown || shown.id !== screen.id || shown.language !== screen.language;
  shown = screen;
  if (changed) {
    // Nothing of the last screen stays in the document, least of all a phone number.
    clearStage();
    settle();
  }
  document.documentElement.lang = screen.language;
  document.body.dataset.screen = screen.name;
  document.body.dataset.screenId = screen.id;
  document.body.dataset.keypad = screen.keypad ? "yes" : "no";
  renderFrame(screen);
  renderStage(screen);
  renderActions(screen);
  fit();
  count(screen);
  raiseCurtain();
}

function clearStage() {
  typed = "";
  built = {};
  $("stage").replaceChildren();
  $("actions").replaceChildren();
  $("notice").hidden = true;
}

function settle() {
  document.body.dataset.ready = "no";
  clearTimeout(settling);
  settling = setTimeout(() => {
    settling = 0;
    ready();
  }, SETTLE_MS);
}

function ready() {
  document.body.dataset.ready = !settling && sending === null ? "yes" : "no";
}

function renderFrame(screen) {
  $("operator").textContent = sayKey("page.operator");
  $("language").textContent = sayKey("page.language");
  const { site, hotline } = document.body.dataset;
  $("site").textContent = site;
  $("hotline").textContent = hotline && has("page.hotline") ? sayKey("page.hotline", { hotline }) : "";
  const way = STEPS.find((steps) => steps.flat().includes(screen.name));
  $("steps").hidden = !way;
  if (!way) return $("steps").replaceChildren();
  const now = way.findIndex((names) => names.includes(screen.name));
  $("steps").replaceChildren(...way.map((names, index) => {
    const step = make("li", index < now ? "past" : index === now ? "now" : "",
      make("b", "", String(index + 1)), make("span", "", sayKey(`page.step.${names[0]}`)));
    if (index === now) step.setAttribute("aria-current", "step");
    return step;
  }));
}

function renderStage(screen) {
  const stage = $("stage");
  part(stage, "emblem", screen.name, () =>
    ICONS[screen.name] && !screen.keypad ? [icon(screen.name, "emblem")] : []);
  part(stage, "heading", screen.title, () => [make("h1", "", say(screen.title))]);
  part(stage, "body", screen.body, () => screen.body.map(line));
  part(stage, "slot", screen.denominations.length > 0, () => screen.denominations.length > 0 ? slot() : []);
  part(stage, "amount", screen.amount, () => screen.amount === null ? [] : amount(screen.amount));
  part(stage, "notes", screen.denominations, () => notes(screen.denominations));
  part(stage, "facts", screen.facts, () => facts(screen.facts));
  part(stage, "keypad", screen.keypad && { ...screen.keypad, complaint: null }, () =>
    screen.keypad ? keypad(screen.keypad) : []);
  renderComplaint(screen.keypad);
  const menu = screen.choices.filter((choice) => isTile(screen, choice));
  part(stage, "menu", menu, () => menu.map((choice) => tile(choice)));
  const marks = screen.choices.filter(isMark);
  part(stage, "marks", marks, () => marks.map(mark));
  // The clock comes last: it is the question's, not the text's.
  part(stage, "clock", screen.secondsLeft !== null, () => screen.secondsLeft === null ? [] : clock());
}

// Where there is much to say, ornaments give way first, then the type gets smaller.
function fit() {
  const stage = $("stage");
  for (const tight of ["no", "bare", "small"]) {
    document.body.dataset.tight = tight;
    if (stage.scrollHeight <= stage.clientHeight + 1) return;
  }
}

function renderActions(screen) {
  const choices = screen.choices.filter((choice) => !isTile(screen, choice) && !isMark(choice));
  const order = { primary: 0, plain: 1, quiet: 2 };
  const sorted = [...choices].sort((left, right) => order[left.weight] - order[right.weight]);
  part($("actions"), "buttons", sorted, () => sorted.map((choice) => button(choice)));
}

function isTile(screen, choice) { return MENUS.includes(screen.name) && choice.weight !== "quiet" && choice.id !== "quit"; }
function isMark(choice) { return /^[1-5]$/.test(choice.id); }

// Parts of a screen

function line(message) {
  if (STATE.test(message.key)) {
    const good = GOOD.test(message.key);
    return make("p", good ? "state good" : "state", icon(good ? "goodbye" : "alert"), make("span", "", say(message)));
  }
  return make("p", NEWS.test(message.key) ? "news" : "", say(message));
}

function amount(fen) {
  const figure = make("strong", "", yuan(fen));
  figure.dataset.amount = fen;
  return [make("span", "caption", sayKey(PAID.includes(shown.name) ? "page.amount" : "page.inserted")),
    make("div", "figure", make("i", "", "¥"), figure)];
}

function slot() {
  return [make("div", "mouth", make("div", "bill"))];
}

function notes(denominations) {
  if (denominations.length === 0) return [];
  const row = make("div", "row", ...denominations.map((fen) => {
    const note = make("div", "note", make("b", "", String(fen / 100)), make("span", "", sayKey("page.yuan")));
    note.dataset.note = fen;
    return note;
  }));
  return [make("span", "caption", sayKey("page.accepted")), row];
}

function facts(list) {
  if (list.length === 0) return [];
  return [make("dl", "", ...list.map((fact) =>
    make("div", "", make("dt", "", say(fact.label)), make("dd", "", fact.value))))];
}

function choiceButton(choice, className, ...content) {
  const element = make("button", `${className} ${choice.weight}`, ...content);
  element.type = "button";
  element.dataset.choice = choice.id;
  element.disabled = choice.unavailable !== null;
  element.addEventListener("click", () => send({ choice: choice.id }));
  return element;
}

function reason(choice) {
  return choice.unavailable ? make("small", "", say(choice.unavailable)) : null;
}

function button(choice) { return choiceButton(choice, "action", make("span", "", say(choice.label)), reason(choice)); }

function tile(choice) {
  const words = make("span", "words", make("b", "", say(choice.label)), reason(choice));
  return choiceButton(choice, "tile", ICONS[choice.id] ? icon(choice.id) : null, words, make("i", "arrow"));
}

function mark(choice) {
  const stars = make("span", "stars", ...Array.from({ length: Number(choice.id) }, () => icon("star")));
  return choiceButton(choice, "mark", stars, make("b", "", say(choice.label)));
}

// The keypad: digits stay here until OK.

function keypad(pad) {
  const display = make("output", "display");
  const keys = make("div", "keys", ...["1", "2", "3", "4", "5", "6", "7", "8", "9", "delete", "0", "ok"].map((key) => {
    const face = key === "delete" ? icon("delete") : key === "ok" ? sayKey("page.ok") : key;
    const element = make("button", `key ${key.length > 1 ? key : ""}`, face);
    element.type = "button";
    element.dataset.key = key;
    if (key === "delete") element.setAttribute("aria-label", sayKey("page.delete"));
    element.addEventListener("click", () => press(key));
    return element;
  }));
  const complaint = make("p", "complaint");
  queueMicrotask(showTyped);
  return [display, complaint, keys].map((each) => (each.dataset.pad = pad.field, each));
}

function press(key) {
  const pad = shown?.keypad;
  if (!pad || document.body.dataset.ready !== "yes") return;
  if (key === "ok") {
    if (typed) send({ fields: { [pad.field]: typed } });
    return;
  }
  typed = key === "delete" ? typed.slice(0, -1) : (typed + key).slice(0, pad.digits);
  showTyped();
  tellTyping();
}

// A slow typist is there all the same. Nothing depends on the answer.
function tellTyping() {
  const now = performance.now();
  if (now - typedAt < TYPING_MS) return;
  typedAt = now;
  post({ screen: shown.id, fields: { typing: "" } }).catch(() => {});
}

function grouped(pad, digits) {
  const padded = digits.padEnd(pad.digits, "_");
  const groups = [];
  let from = 0;
  for (const length of [...pad.groups, pad.digits]) {
    if (from < pad.digits) groups.push(padded.slice(from, from + length));
    from += length;
  }
  return groups;
}

function showTyped() {
  const display = document.querySelector(".display");
  const pad = shown?.keypad;
  if (!display || !pad) return;
  let place = 0;
  display.replaceChildren(...grouped(pad, typed).map((group) => make("span", "group", ...[...group].map((digit) => {
    const next = place++ === typed.length;
    return make("span", digit === "_" ? (next ? "empty next" : "empty") : "digit", digit === "_" ? "" : digit);
  }))));
  display.dataset.typed = typed.length;
  const [erase, ok] = ["delete", "ok"].map((key) => document.querySelector(`[data-key="${key}"]`));
  erase.disabled = ok.disabled = typed === "";
}

function renderComplaint(pad) {
  const line = document.querySelector(".complaint");
  if (!line) return;
  line.hidden = !pad.complaint;
  line.replaceChildren(...(pad.complaint ? [icon("alert"), make("span", "", say(pad.complaint))] : []));
}

// Seconds run here between two screens; when they are up, kioskd says what comes.

function clock() {
  const ring = icon("finishing", "ring");
  ring.replaceChildren();
  for (const name of ["track", "run"]) {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [key, value] of [["cx", 32], ["cy", 32], ["r", 28], ["pathLength", 100], ["class", name]]) {
      circle.setAttribute(key, value);
    }
    ring.append(circle);
  }
  return [ring, make("b", "seconds"), make("span", "unit", sayKey("page.seconds"))];
}

function count(screen) {
  clearInterval(counting);
  if (screen.secondsLeft === null) return;
  const end = performance.now() + screen.secondsLeft * 1000;
  const whole = Math.max(screen.secondsLeft, 1);
  const show = () => {
    const left = Math.max(0, (end - performance.now()) / 1000);
    const seconds = document.querySelector(".seconds");
    if (seconds) seconds.textContent = String(Math.ceil(left));
    document.querySelector(".ring .run")?.style.setProperty("stroke-dashoffset", String(100 - 100 * left / whole));
  };
  show();
  counting = setInterval(show, 200);
}

// Inputs: one at a time, each for the screen it was made on.

async function send(input) {
  if (!shown || sending !== null || document.body.dataset.ready !== "yes") return;
  sending = shown.id;
  ready();
  try {
    const answer = await post({ screen: sending, ...input });
    // 409: the screen went away meanwhile, and the stream brings the new one.
    if (!answer.ok && answer.status !== 409) tell("page.tryAgain");
  } catch {
    tell("page.tryAgain");
  }
  sending = null;
  ready();
}

function post(body) {
  return fetch("/screen", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
}

function tell(key) {
  $("notice").textContent = sayKey(key);
  $("notice").hidden = false;
  clearTimeout(notice);
  notice = setTimeout(() => { $("notice").hidden = true; }, 4_000);
}

// The curtain: kioskd is not there, and the page says so.

let lostAt = performance.now();

function raiseCurtain() {
  lostAt = null;
  $("curtain").hidden = true;
}

function lowerCurtain() {
  lostAt ??= performance.now();
  const patient = performance.now() - lostAt < PATIENCE_MS;
  document.body.dataset.ready = "no";
  document.body.dataset.screen = "";
  clearInterval(counting);
  clearStage();
  $("steps").replaceChildren();
  const curtain = $("curtain");
  curtain.hidden = false;
  if (!texts[language()]) return;
  curtain.querySelector("h1").textContent = sayKey(patient ? "page.moment.title" : "page.gone.title");
  curtain.querySelector("p").textContent = sayKey(patient ? "page.moment.body" : "page.gone.body");
}

// The stream. Read by hand, because a silent kioskd must be noticed too, and EventSource hides its signs of life.

async function watch() {
  for (;;) {
    const silence = new AbortController();
    try { await read(silence); } catch { /* said by the curtain */ }
    silence.abort();
    shown = shown && { id: null, language: shown.language };
    lowerCurtain();
    await pause(RECONNECT_MS);
  }
}

async function read(silence) {
  let alarm = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  try {
    const answer = await fetch("/screen", {
      headers: { Accept: "text/event-stream" }, cache: "no-store", signal: silence.signal,
    });
    if (!answer.ok) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      const screens = frames.map(dataOf).filter((data) => data !== null);
      // Only the newest matters; what was shown in between is over.
      if (screens.length > 0) render(JSON.parse(screens.at(-1)));
    }
  } finally {
    clearTimeout(alarm);
  }
}

function dataOf(frame) {
  const lines = frame.split("\n").filter((line) => line.startsWith("data:"));
  return lines.length === 0 ? null : lines.map((line) => line.slice(5).trimStart()).join("\n");
}

for (const event of ["contextmenu", "dragstart", "selectstart"]) {
  document.addEventListener(event, (happened) => happened.preventDefault());
}

loadTexts().then(watch);
