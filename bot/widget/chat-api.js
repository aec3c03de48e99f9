// The conversation: what is kept on the device and what is owed to the server. Draws nothing.

const KEY = "konbit.chat";
const KEPT_MESSAGES = 200;
const TIMEOUT_MS = 30000; // a translated answer over 2G is slow, not lost
const LONGEST_WAIT_MS = 30000;
const TRANSIENT = [401, 408, 425, 429];

class Refused extends Error {}
const unanswered = (status, waitMs) => Object.assign(new Error(`unanswered ${status}`), { status, waitMs });

const empty = () => ({
  token: null, session: null, cursor: 0, chosen: null, language: null, words: null, items: [], queue: [],
});

// crypto.randomUUID is missing from the browsers of older phones.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

// Storage can be forbidden, full or spoilt: the conversation then lives as long as the page.
function attempt(risky, otherwise) {
  try {
    return risky();
  } catch (error) {
    return otherwise;
  }
}
const stored = () => attempt(() => localStorage.getItem(KEY), null);
const parsed = (text) => Object.assign(empty(), attempt(() => JSON.parse(text), null));

async function request(path, { method = "GET", token, body, signal }) {
  const own = new AbortController();
  const stop = () => own.abort();
  const timer = setTimeout(stop, TIMEOUT_MS);
  signal.addEventListener("abort", stop);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), signal: own.signal, cache: "no-store", credentials: "same-origin",
    });
    if (response.ok) return await response.json();
    const wait = Number(response.headers.get("Retry-After")) * 1000;
    const said = await response.json().catch(() => ({}));
    const refused = response.status < 500 && !TRANSIENT.includes(response.status) && said.error && said.error.message;
    throw refused ? new Refused(said.error.message) : unanswered(response.status, wait);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

export class Conversation {
  constructor({ changed, returned }) {
    this.changed = changed;
    this.returned = returned;
    this.saved = stored();
    this.state = parsed(this.saved);
    this.forgetRequests();
    addEventListener("storage", () => this.followOtherTab());
  }

  // Everything still under way belongs to an era; ending the era makes late answers harmless.
  forgetRequests() {
    if (this.era) this.era.abort();
    clearTimeout(this.timer);
    this.era = new AbortController();
    this.busy = false;
    this.attempts = 0;
    this.trouble = null;
  }

  ask(path, options) {
    const era = this.era;
    return request(path, { ...options, signal: era.signal }).then((answer) => {
      if (era.signal.aborted) throw unanswered(0);
      return answer;
    });
  }

  save() {
    if (this.left) return;
    this.state.items = this.state.items.slice(-KEPT_MESSAGES);
    const text = JSON.stringify(this.state);
    attempt(() => {
      localStorage.setItem(KEY, text);
      this.saved = text;
    });
    this.changed();
  }

  // Without this a second tab would write an erased conversation back.
  followOtherTab() {
    const text = stored();
    if (text === this.saved || this.left) return;
    this.saved = text;
    if (text === null) this.forgetRequests();
    this.state = text === null ? { ...empty(), words: this.state.words } : parsed(text);
    this.changed();
  }

  open() {
    this.loadWords();
    return this.flush();
  }

  write(text) {
    this.enqueue({ text }, { text, lang: this.state.language });
  }

  choose(item, choice) {
    this.enqueue({ choice: choice.value }, { text: choice.title, lang: item.lang });
  }

  enqueue(body, shown) {
    const id = newId();
    this.spendChoices();
    this.state.items.push({ key: id, mine: true, dir: "auto", choices: [], ...shown });
    this.state.queue.push({ id, ...body });
    if (this.trouble && this.trouble.said) this.trouble = null;
    this.save();
    this.flush();
  }

  chooseLanguage(code) {
    this.state.chosen = code;
    this.state.language = code;
    this.state.queue = this.state.queue.filter((entry) => !entry.language);
    if (this.state.token) this.state.queue.push({ id: newId(), language: code });
    this.save();
    this.loadWords();
    this.flush();
  }

  retry() {
    this.attempts = 0;
    return this.flush();
  }

  async flush() {
    if (this.busy || this.left) return;
    const era = this.era;
    clearTimeout(this.timer);
    this.busy = true;
    this.changed();
    try {
      if (!this.state.token && !this.state.items.length) await this.begin();
      while (this.state.queue.length) await this.deliver(this.state.queue[0]);
      this.attempts = 0;
      if (this.trouble && !this.trouble.said) this.trouble = null;
    } catch (error) {
      if (!era.signal.aborted) this.retryLater(error);
    }
    if (era.signal.aborted) return;
    this.busy = false;
    this.changed();
  }

  retryLater(error) {
    this.attempts += 1;
    const offline = navigator.onLine === false;
    // One lost packet is not news; a second failure is.
    if (offline || this.attempts > 1) this.trouble = { word: offline ? "widget.offline" : "widget.not_sent" };
    if (!this.state.queue.length && this.trouble) this.trouble = { word: "widget.offline" };
    const spaced = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (this.attempts - 1)) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.flush(), Math.max(spaced, error.waitMs || 0));
  }

  async begin() {
    const language = this.state.chosen;
    const answer = await this.ask("/chat/sessions", { method: "POST", body: language ? { language } : {} });
    const state = this.state;
    state.token = answer.token;
    state.session = newId();
    state.queue = state.queue.filter((entry) => !entry.language || entry.language !== language);
    this.receive(answer, { complete: true });
    this.save();
  }

  async deliver(entry) {
    if (!this.state.token) await this.begin();
    if (!this.state.queue.some((waiting) => waiting.id === entry.id)) return;
    try {
      const answer = await this.post(entry);
      this.dequeue(entry);
      if (entry.language) this.spendChoices();
      const item = this.state.items.find((shown) => shown.key === entry.id);
      if (item && entry.text) item.lang = answer.language;
      this.receive(answer, { complete: false });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.giveBack(entry, error.message);
    }
    this.save();
  }

  async post(entry) {
    const send = () => {
      const path = entry.language ? "/chat/language" : "/chat/messages";
      return this.ask(path, { method: "POST", token: this.state.token, body: entry.language ? { language: entry.language } : entry });
    };
    try {
      return await send();
    } catch (error) {
      if (error.status !== 401) throw error;
      this.state.token = null;
      await this.begin();
      return send();
    }
  }

  dequeue(entry) {
    this.state.queue = this.state.queue.filter((waiting) => waiting.id !== entry.id);
  }

  giveBack(entry, said) {
    this.dequeue(entry);
    this.state.items = this.state.items.filter((item) => item.key !== entry.id);
    this.trouble = { said };
    if (entry.text) this.returned(entry.text);
  }

  // Only a complete listing moves the cursor: an answer may overtake a message from the staff.
  receive(answer, { complete }) {
    const { state } = this;
    const known = new Set(state.items.map((item) => item.key));
    // Words still waiting are the next message: choices shown now would be sent behind them.
    const spent = state.queue.some((entry) => !entry.language);
    for (const message of answer.messages) {
      const key = `${state.session}:${message.id}`;
      if (!known.has(key)) state.items.push({ ...message, key, spent, mine: false, choices: message.choices || [] });
      if (complete) state.cursor = message.id;
    }
    if (answer.language && !state.queue.some((entry) => entry.language)) {
      state.language = answer.language;
      this.loadWords();
    }
  }

  spendChoices() {
    for (const item of this.state.items) item.spent = true;
  }

  async poll() {
    this.followOtherTab();
    this.loadWords();
    if (this.state.queue.length) this.flush();
    const { token, cursor } = this.state;
    if (!token || this.busy) return;
    try {
      const answer = await this.ask(`/chat/messages?after=${encodeURIComponent(cursor)}`, { token });
      if (token !== this.state.token) return;
      this.receive(answer, { complete: true });
      this.save();
    } catch (error) {
      if (error.status !== 401 || token !== this.state.token) return;
      this.state.token = null;
      this.save();
    }
  }

  // The server may answer in another language than asked, so what was asked is what is compared.
  async loadWords() {
    const wanted = this.state.language || this.state.chosen || "";
    const shown = this.loaded !== undefined && this.state.words && this.state.words.language === wanted;
    if (shown || this.loaded === wanted || this.loading === wanted) return;
    this.loading = wanted;
    try {
      const words = await this.ask(`/chat/strings${wanted ? `?lang=${encodeURIComponent(wanted)}` : ""}`, {});
      if (this.loading !== wanted) return;
      this.loaded = wanted;
      this.state.words = words;
      this.save();
    } catch (error) {
      // The words at hand stay; the next poll asks again.
    } finally {
      if (this.loading === wanted) this.loading = null;
    }
  }

  erase() {
    const { chosen, words } = this.state;
    this.forget();
    this.state = { ...empty(), chosen, language: chosen, words };
    return this.open();
  }

  leave() {
    this.left = true;
    this.forget();
    this.state = empty();
  }

  forget() {
    this.forgetRequests();
    this.loading = null;
    this.saved = null;
    attempt(() => localStorage.removeItem(KEY));
  }
}
