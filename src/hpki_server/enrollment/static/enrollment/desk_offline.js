// The desk's page for the hour without network.  Nothing of it reaches the server but what the officer wrote, once.
import * as vault from "./desk_vault.js";

const desk = document.getElementById("desk");
const one = (what, within = desk) => within.querySelector(what);
const words = one("[data-words]").dataset;
const IDLE = 5 * 60 * 1000;
const ROUND = 20 * 1000;
const WRITING = 60 * 1000;
const LIST_FOR = 24 * 60 * 60 * 1000;
const NUMBER = /^\d{2}-\d{4}-\d{6}$/;

// What is open now; all of it leaves the memory when the desk is locked.
let key = null;
let account = null;
let cases = new Map();
// By kind: the refused entry that stands in the form again.  It goes when the new one lies on the disk.
const rewriting = new Map();
// What the server says about who is logged in.
let session = null;
let net = "unknown";

// Japan's time and, on the Japanese page, the Japanese calendar, wherever the machine believes to be.
const CALENDAR = document.documentElement.lang === "ja" ? "ja-JP-u-ca-japanese" : "en-GB";
const inJapan = (moment, parts) =>
  new Intl.DateTimeFormat(CALENDAR, { timeZone: "Asia/Tokyo", ...parts }).format(new Date(moment));

const show = (...parts) => {
  for (const part of desk.querySelectorAll("[data-show]")) {
    if (part.dataset.show !== "signed-out") part.hidden = !parts.includes(part.dataset.show);
  }
};
const say = (form, text) => {
  const place = one("[data-error]", form);
  place.textContent = text;
  place.hidden = !text;
};
const tellNet = (state) => {
  net = state;
  for (const chip of desk.querySelectorAll("[data-net]")) chip.hidden = chip.dataset.net !== state;
  one('[data-show="signed-out"]').hidden = state !== "signed-out";
  one('[data-act="send"]').hidden = state !== "online";
};

const askServer = async () => {
  try {
    const answer = await fetch(desk.dataset.day, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(6000) });
    if (answer.ok) {
      session = await answer.json();
      tellNet("online");
    } else {
      // Sent to the login page, or not allowed: the network works, the session does not.
      session = null;
      tellNet("signed-out");
    }
  } catch {
    session = null;
    tellNet("offline");
  }
  return session;
};

const lock = () => {
  key = account = null;
  cases = new Map();
  rewriting.clear();
  for (const form of desk.querySelectorAll("form")) form.reset();
  for (const list of desk.querySelectorAll("datalist, [data-entries]")) list.replaceChildren();
  for (const found of desk.querySelectorAll("[data-found]")) found.textContent = "";
  one("[data-count]").hidden = true;
  one("[data-kept]").textContent = "";
};
const lockAndAsk = async () => {
  lock();
  await choose();
};

const choose = async () => {
  const known = await vault.vaults();
  const mine = session ? known.find((each) => each.account === session.account) : null;
  if (session && mine) {
    const opened = await vault.openByServer(session.account, session.key);
    if (opened) return unlock(session.account, opened);
  }
  if (session) return show("setup");
  if (!known.length) return show("empty");
  one("#vault").replaceChildren(...known.map((each) => new Option(each.name, each.account)));
  return show("locked");
};

const unlock = async (whose, opened) => {
  key = opened;
  account = whose;
  if (session?.account === whose) await vault.putDay(key, account, { at: session.at, cases: session.cases });
  const day = await vault.dayOf(key, account);
  const fresh = day && Date.now() - Date.parse(day.at) < LIST_FOR ? day : { at: "", cases: [] };
  cases = new Map(fresh.cases.map((each) => [each.number, each]));
  fill("#intake-list", "submitted");
  fill("#visit-list", "notified");
  one("[data-kept]").textContent = fresh.at ? `${words.keptAt} ${inJapan(fresh.at, { dateStyle: "long", timeStyle: "short" })}` : "";
  show("open");
  await list();
  await sendAll();
};
const fill = (place, state) => {
  const rows = [...cases.values()].filter((each) => each.state === state);
  one(place).replaceChildren(...rows.map((each) => new Option(`${each.name} ${each.kana}`, each.number)));
};

const list = async () => {
  const kept = await vault.entries(key, account);
  const waiting = kept.filter((entry) => entry.mark !== "done");
  one("[data-entries]").replaceChildren(...kept.map(row));
  one("[data-none]").hidden = kept.length > 0;
  one("[data-count]").hidden = waiting.length === 0;
  one("[data-count] [data-number]").textContent = String(waiting.length);
  return kept;
};
const row = (entry) => {
  const item = one("[data-row]").content.cloneNode(true).firstElementChild;
  item.dataset.nonce = entry.nonce;
  one("[data-what]", item).textContent = words[entry.kind];
  one("[data-case]", item).textContent = `${entry.number} ${cases.get(entry.number)?.name ?? ""}`;
  const when = one("[data-when]", item);
  when.dateTime = entry.claimed_at;
  when.textContent = inJapan(entry.claimed_at, { hour: "2-digit", minute: "2-digit" });
  for (const mark of item.querySelectorAll("[data-mark]")) mark.hidden = mark.dataset.mark !== entry.mark;
  one("[data-trouble]", item).hidden = entry.mark !== "refused";
  one("[data-sentences]", item).replaceChildren(...(entry.sentences ?? []).map((sentence) => {
    const line = document.createElement("li");
    line.textContent = sentence;
    return line;
  }));
  one("[data-now]", item).textContent = entry.state ? `${words.now} ${entry.state}` : "";
  const again = one('[data-act="again"]', item);
  const drop = one('[data-act="drop"]', item);
  again.hidden = entry.mark !== "refused";
  drop.hidden = entry.mark === "waiting";
  again.addEventListener("click", () => rewrite(entry));
  drop.addEventListener("click", async () => {
    await vault.dropEntry(entry.nonce);
    await list();
  });
  return item;
};

const rewrite = (entry) => {
  const form = one(`[data-form="${entry.kind}"]`);
  one("[data-number]", form).value = entry.number;
  for (const field of form.elements) {
    if (!field.name) continue;
    const value = entry.fields[field.name.split("-").slice(1).join("-")];
    if (field.type === "checkbox") field.checked = Boolean(value);
    else if (field.type === "radio") field.checked = field.value === value;
    else field.value = value ?? "";
  }
  rewriting.set(entry.kind, entry.nonce);
  one("[data-number]", form).focus();
};

const write = async (form, kind) => {
  const number = one("[data-number]", form).value.trim();
  say(form, "");
  if (!NUMBER.test(number)) return say(form, words.unnumbered);
  const fields = {};
  for (const [name, value] of new FormData(form)) fields[name.split("-").slice(1).join("-")] = value;
  if (kind === "intake" ? !fields.identity_kind : !fields.kind) return say(form, words.unchosen);
  const entry = { nonce: crypto.randomUUID(), kind, number, fields, claimed_at: new Date().toISOString(), mark: "waiting" };
  await vault.putEntry(key, account, entry);
  if (rewriting.has(kind)) await vault.dropEntry(rewriting.get(kind));
  rewriting.delete(kind);
  form.reset();
  one("[data-found]", form).textContent = "";
  await list();
  one("[data-entries]").scrollIntoView({ block: "nearest" });
  return sendAll();
};

let sending = false;
const sendAll = async () => {
  if (sending || !key || session?.account !== account) return;
  sending = true;
  try {
    for (const entry of await vault.entries(key, account)) {
      if (entry.mark !== "waiting" || !key) continue;
      if (!(await sendOne(entry))) break;
    }
  } finally {
    sending = false;
    if (key) await list();
  }
};
const sendOne = async (entry) => {
  const { nonce, kind, number, claimed_at, fields } = entry;
  let answer;
  try {
    answer = await fetch(desk.dataset.send, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": session.token },
      body: JSON.stringify({ nonce, kind, number, claimed_at, fields }),
      signal: AbortSignal.timeout(15000),
    });
  } catch {
    tellNet("offline");
    return false;
  }
  if (answer.type === "opaqueredirect" || answer.status === 403) {
    tellNet("signed-out");
    return false;
  }
  if ([400, 413].includes(answer.status)) {
    // It will never be taken as it is; the officer writes it again or discards it, and the others go on.
    await vault.putEntry(key, account, { ...entry, mark: "refused", sentences: [words.malformed], state: "" });
    return true;
  }
  if (![200, 409, 422].includes(answer.status)) return false;
  const said = await answer.json();
  if (said.outcome === "done") {
    // What was typed is the server's now; the device forgets it.
    await vault.putEntry(key, account, { nonce, kind, number, claimed_at, fields: {}, mark: "done" });
  } else {
    await vault.putEntry(key, account, { ...entry, mark: "refused", sentences: said.sentences, state: said.state });
  }
  return true;
};

let stirred = Date.now();
const round = async (returned = false) => {
  await askServer();
  // Somebody else is logged in on this device: the first officer's things are closed.
  if (session && account && session.account !== account) return lockAndAsk();
  // Logged out, here or in another window.  Whoever is typing when the network comes back may end the sentence.
  if (net === "signed-out" && key && (returned === true || Date.now() - stirred > WRITING)) {
    await vault.dropDays();
    return lockAndAsk();
  }
  return key ? sendAll() : undefined;
};

for (const kind of ["intake", "visit"]) {
  const form = one(`[data-form="${kind}"]`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write(form, kind);
  });
  one("[data-number]", form).addEventListener("input", (event) => {
    const number = event.target.value.trim();
    const found = cases.get(number);
    one("[data-found]", form).textContent = found ? `${found.name}　${found.born}` : NUMBER.test(number) ? words.unseen : "";
  });
}
one('[data-form="setup"]').addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const passphrase = one("#pass1").value;
  say(form, "");
  if (passphrase.length < 10) return say(form, words.short);
  if (passphrase !== one("#pass2").value) return say(form, words.differ);
  const facts = { account: session.account, name: session.name, passphrase, server: session.key };
  const made = await vault.makeVault(facts);
  form.reset();
  return unlock(session.account, made);
});
one('[data-form="unlock"]').addEventListener("submit", async (event) => {
  event.preventDefault();
  const whose = one("#vault").value;
  say(event.target, "");
  try {
    await unlock(whose, await vault.openByPassphrase(whose, one("#pass").value));
  } catch (error) {
    say(event.target, error.message === "closed" ? words.closed : words.wrong);
  }
  one("#pass").value = "";
});
one('[data-act="lock"]').addEventListener("click", async () => {
  session = null;
  await lockAndAsk();
});
one('[data-act="passphrase"]').addEventListener("click", () => session && show("setup"));
one('[data-act="send"]').addEventListener("click", () => round());

let resting;
const stir = () => {
  stirred = Date.now();
  clearTimeout(resting);
  resting = setTimeout(() => {
    session = null;
    lockAndAsk();
  }, IDLE);
};
for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, stir, { passive: true });
window.addEventListener("online", () => round());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && round(true));
window.addEventListener("offline", () => tellNet("offline"));
window.addEventListener("pagehide", lock);
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(() => { if (document.visibilityState === "visible") round(); }, ROUND);

if ("serviceWorker" in navigator) navigator.serviceWorker.register(desk.dataset.worker).catch(() => {});
navigator.storage?.persist?.();
await askServer();
if (net === "signed-out") await vault.dropDays();
await choose();
stir();
