// The chat page: draws the conversation and listens to the person. What is kept and sent: chat-api.js.
import { Conversation } from "./chat-api.js";

const LONGEST_TEXT = 2000;
const HINT_FROM = 1800;
const POLL_MS = 20000;
const SETTLE_MS = 500; // arrow keys in a closed menu fire a change per language passed
const NEAR_END_PX = 80;

const SEPARATOR = "[ .\\u00a0\\u2010-\\u2013-]?";
// Web addresses come first so that the digits inside them are never taken for a number to call.
// No look-behind: it stops the whole script on iPhones before iOS 16.4.
const TO_CALL = new RegExp([
  "(?:https?://|www\\.)[!-~]+",
  "\\+\\d(?:[ ().\\u00a0\\u2010-\\u2013-]{0,2}\\d){7,13}",
  `(?:1${SEPARATOR})?\\(?[2-9]\\d{2}\\)?${SEPARATOR}[2-9]\\d{2}${SEPARATOR}\\d{4}`,
  "[2-9]\\d{2}[\\u2010\\u2011-]\\d{4}",
  "911|988|211",
].join("|"), "g");
const PART_OF_MORE_BEFORE = /[\w$#€]$|\d[.,:-]$|[A-Za-z]\/$/;
const PART_OF_MORE_AFTER = /^(?:\w|[.:-]\d| [NS][EW]\b| [NSEW]\.? \d)/; // "211 NW 3rd St" is a house

const $ = (id) => document.getElementById(id);
const bubbles = new Map();
let passing = null; // key of a word role=status shows for a while
let following = true; // the end of the conversation is in view
let settling = null;

function make(tag, properties = {}, children = []) {
  return fill(Object.assign(document.createElement(tag), properties), children);
}

function fill(element, children) {
  for (const child of children) element.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  return element;
}

// Rewriting the same text would make a screen reader say it again.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function word(key) {
  const { words } = conversation.state;
  if (words && words.strings[key]) return words.strings[key];
  const english = $("words").content.querySelector(`[data-key="${key}"]`);
  return english ? english.textContent : null;
}

// Translators write Arabic and Persian digits; same length, so positions hold.
const foldDigits = (text) => text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));

function telephone(number) {
  const digits = number.replace(/\D/g, "");
  if (number[0] === "+" || digits.length > 10) return `tel:+${digits}`;
  return digits.length === 10 ? `tel:+1${digits}` : `tel:${digits}`;
}

function linked(text) {
  const folded = foldDigits(text);
  const parts = [];
  let done = 0;
  for (let match = TO_CALL.exec(folded); match; match = TO_CALL.exec(folded)) {
    const start = match.index;
    const end = start + match[0].length;
    const partOfMore = PART_OF_MORE_BEFORE.test(folded.slice(0, start)) || PART_OF_MORE_AFTER.test(folded.slice(end));
    if (/^[hw]/.test(match[0]) || partOfMore) continue;
    const link = make("a", { href: telephone(match[0]), textContent: text.slice(start, end) });
    parts.push(text.slice(done, start), make("bdi", { dir: "ltr" }, [link]));
    done = end;
  }
  return parts.concat(text.slice(done));
}

function drawBubble(item) {
  const speaker = make("span", { className: "unseen" });
  const text = make("div", { className: "bubble", dir: item.dir || "auto" }, item.mine ? [item.text] : linked(item.text));
  const choices = item.choices.map((choice) => {
    const button = make("button", { type: "button", className: "choice", dir: item.dir || "auto", textContent: choice.title });
    if (item.lang) button.lang = item.lang;
    button.addEventListener("click", () => button.getAttribute("aria-disabled") || choose(item.key, choice));
    return button;
  });
  const row = make("li", { className: item.mine ? "mine" : "ours" }, [speaker, text]);
  if (choices.length) row.appendChild(make("div", { className: "choices" }, choices));
  return { row, speaker, text, choices };
}

function drawItem(item, waiting) {
  const drawn = bubbles.get(item.key);
  setText(drawn.speaker, `${word(item.mine ? "widget.you_said" : "widget.we_said")} `);
  drawn.text.lang = item.lang || drawn.text.lang || document.documentElement.lang;
  drawn.row.classList.toggle("waiting", waiting.has(item.key));
  // Not the disabled property: it would throw a keyboard user out of the place where they stand.
  if (item.spent) for (const button of drawn.choices) button.setAttribute("aria-disabled", "true");
}

function drawMessages() {
  const { items, queue } = conversation.state;
  const keys = new Set(items.map((item) => item.key));
  for (const [key, drawn] of bubbles) {
    if (keys.has(key)) continue;
    drawn.row.remove();
    bubbles.delete(key);
  }
  const fresh = items.filter((item) => !bubbles.has(item.key));
  for (const item of fresh) {
    bubbles.set(item.key, drawBubble(item));
    $("messages").appendChild(bubbles.get(item.key).row);
  }
  const waiting = new Set(queue.map((entry) => entry.id));
  for (const item of items) drawItem(item, waiting);
  $("empty").hidden = items.length > 0;
  if (fresh.length) show(fresh);
}

function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
}

function toEnd() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

// A long answer is shown from its beginning; someone reading further up is not moved.
function show(fresh) {
  if (following || fresh.some((item) => item.mine)) $("scroll").scrollTop = bubbles.get(fresh[0].key).row.offsetTop - 12;
  following = isAtEnd();
  if (following) return;
  const { text, lang, dir } = fresh[fresh.length - 1];
  Object.assign($("newer-text"), { textContent: text, lang: lang || "", dir: dir || "auto" });
  $("newer").hidden = false;
}

function drawWords() {
  const { words, language } = conversation.state;
  if (!words) return;
  document.documentElement.lang = words.language;
  document.documentElement.dir = words.dir;
  for (const element of document.querySelectorAll("[data-word]")) {
    const text = words.strings[element.dataset.word];
    if (text) setText(element, text);
  }
  $("field").placeholder = word("widget.field");
  fitField();
  setText($("clinic"), words.clinic || word("widget.title"));
  document.title = [word("widget.title"), words.clinic].filter(Boolean).join(" · ");
  drawNotice(words.strings["widget.notice"]);
  drawMenu(words.languages, language || words.language);
}

function drawNotice(text) {
  const place = $("notice");
  if (!text || place.textContent === text) return;
  place.textContent = "";
  fill(place, linked(text));
}

function drawMenu(languages, current) {
  const menu = $("language");
  const codes = languages.map(({ code }) => code).join();
  if (menu.dataset.codes !== codes) {
    menu.textContent = "";
    for (const { code, name, dir } of languages) menu.appendChild(make("option", { value: code, lang: code, dir, textContent: name }));
    menu.dataset.codes = codes;
  }
  if (!settling) menu.value = current;
}

function drawState() {
  const { busy, trouble } = conversation;
  setText($("status"), passing ? word(passing) : busy && !trouble ? word("widget.thinking") : "");
  const said = !trouble ? "" : trouble.said || word(trouble.word);
  $("trouble").classList.toggle("present", Boolean(said));
  setText($("alert"), said);
  const again = $("again");
  const useless = !trouble || Boolean(trouble.said);
  if (useless && document.activeElement === again) $("scroll").focus({ preventScroll: true });
  again.hidden = useless;
}

function draw() {
  drawWords();
  drawState();
  drawMessages();
}

function fitField() {
  const field = $("field");
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

function drawField() {
  fitField();
  const field = $("field");
  const length = lengthOf(field.value);
  const over = length > LONGEST_TEXT;
  setText($("hint"), length >= HINT_FROM ? `${length} / ${LONGEST_TEXT}` : "");
  passing = over ? "widget.too_long" : null;
  field.setAttribute("aria-invalid", String(over));
  drawState();
}

// The server counts characters, not UTF-16 halves.
const lengthOf = (text) => Array.from(text.trim()).length;

function send(event) {
  event.preventDefault();
  const field = $("field");
  const length = lengthOf(field.value);
  if (!length || length > LONGEST_TEXT) return;
  const text = field.value.trim();
  field.value = "";
  drawField();
  conversation.write(text);
}

function choose(key, choice) {
  passing = null;
  conversation.choose(conversation.state.items.find((item) => item.key === key), choice);
}

function takeBack(text) {
  const field = $("field");
  field.value = field.value ? `${text}\n${field.value}` : text;
  drawField();
}

function leave(event) {
  event.preventDefault();
  const away = event.currentTarget.href;
  clearTimeout(settling);
  conversation.leave();
  $("app").remove();
  document.title = "\u200e";
  location.replace(away);
}

// iOS lays the keyboard over the page instead of shrinking it; a pinched zoom is not a keyboard.
function fitKeyboard() {
  const { height, scale } = window.visualViewport;
  if (conversation.left || Math.abs(scale - 1) > 0.01) return;
  $("app").style.setProperty("--seen", `${height}px`);
}

function listen() {
  const field = $("field");
  $("compose").addEventListener("submit", send);
  field.addEventListener("input", drawField);
  field.addEventListener("keydown", (event) => {
    // Enter that ends a Chinese or Vietnamese composition is not Enter (229: Safari).
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  });
  // Pressing Send must not close the phone's keyboard.
  $("send").addEventListener("mousedown", (event) => event.preventDefault());
  $("again").addEventListener("click", () => conversation.retry());
  $("leave").addEventListener("click", leave);
  $("erase").addEventListener("click", () => {
    field.value = "";
    drawField();
    passing = "widget.erased";
    conversation.erase();
  });
  $("language").addEventListener("change", (event) => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      settling = null;
      conversation.chooseLanguage(event.target.value);
    }, SETTLE_MS);
  });
  $("newer").addEventListener("click", () => {
    toEnd();
    $("scroll").focus({ preventScroll: true });
  });
  $("scroll").addEventListener("scroll", () => {
    following = isAtEnd();
    if (following) $("newer").hidden = true;
  });
  // The keyboard, a growing field or a failure line must not push the last words out of view.
  if (window.ResizeObserver) new ResizeObserver(() => following && toEnd()).observe($("scroll"));
  const poll = () => document.visibilityState === "visible" && !conversation.left && conversation.poll();
  setInterval(poll, POLL_MS);
  document.addEventListener("visibilitychange", poll);
  addEventListener("online", () => conversation.retry().then(poll));
  addEventListener("pageshow", (event) => event.persisted && (conversation.left ? location.reload() : poll()));
  if (window.visualViewport) window.visualViewport.addEventListener("resize", fitKeyboard);
  return poll;
}

const conversation = new Conversation({ changed: draw, returned: takeBack });
const poll = listen();
draw();
// What was said before the reload is not news: the log speaks only from here on.
setTimeout(() => $("log").setAttribute("aria-live", "polite"), 0);
toEnd();
$("field").focus({ preventScroll: true });
conversation.open().then(poll);
