// What a desk writes rests sealed on this device: AES-256-GCM under a key that is born here and never leaves in clear.
// The key lies here twice, wrapped: by the officer's passphrase (PBKDF2), for the hour without network; and by a key
// that the server gives to the logged-in officer, so a forgotten passphrase loses nothing.  Ten wrong passphrases, and
// only the server's key opens.
const NAME = "openhpki-desk";
const ROUNDS = 600000;
const TRIES = 10;
const utf8 = new TextEncoder();

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

let opened;
const database = () => {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("vaults", { keyPath: "account" });
      request.result.createObjectStore("entries", { keyPath: "nonce" }).createIndex("account", "account");
      request.result.createObjectStore("days", { keyPath: "account" });
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  return opened;
};

// "strict": on the disk before we say that it is kept.
const store = async (name, mode, act) => {
  const transaction = (await database()).transaction(name, mode, { durability: "strict" });
  const result = act(transaction.objectStore(name));
  const value = result instanceof IDBRequest ? await asked(result) : result;
  if (mode === "readwrite") {
    await new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
    });
  }
  return value;
};

const iv = () => crypto.getRandomValues(new Uint8Array(12));
const bytes = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));

const passKey = async (passphrase, salt) => {
  const typed = utf8.encode(passphrase.normalize("NFKC"));
  const base = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
};
const serverKey = (base64) =>
  crypto.subtle.importKey("raw", bytes(base64), "AES-GCM", false, ["wrapKey", "unwrapKey"]);

const wrap = async (key, by, account) => {
  const nonce = iv();
  const how = { name: "AES-GCM", iv: nonce, additionalData: utf8.encode(account) };
  return { iv: nonce, box: new Uint8Array(await crypto.subtle.wrapKey("raw", key, by, how)) };
};
const unwrap = (wrapped, by, account, extractable) => {
  const how = { name: "AES-GCM", iv: wrapped.iv, additionalData: utf8.encode(account) };
  return crypto.subtle.unwrapKey("raw", wrapped.box, by, how, "AES-GCM", extractable, ["encrypt", "decrypt"]);
};

export const vaults = () => store("vaults", "readonly", (all) => all.getAll());

const keep = async (key, { account, name, passphrase, server }) => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const byServer = await wrap(key, await serverKey(server), account);
  const byPass = await wrap(key, await passKey(passphrase, salt), account);
  await store("vaults", "readwrite", (all) => all.put({ account, name, salt, byPass, byServer, wrong: 0 }));
  return unwrap(byServer, await serverKey(server), account, false);
};

/** A vault for this officer on this device; one that is there gets the new passphrase and keeps what lies in it. */
export const makeVault = async (facts) => {
  const known = await store("vaults", "readonly", (all) => all.get(facts.account));
  const key = known
    ? await unwrap(known.byServer, await serverKey(facts.server), facts.account, true)
    : await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  return keep(key, facts);
};

/** The key in memory; throws when the passphrase is wrong. */
export const openByPassphrase = async (account, passphrase) => {
  const vault = await store("vaults", "readonly", (all) => all.get(account));
  if (!vault?.byPass) throw new Error("closed");
  try {
    const key = await unwrap(vault.byPass, await passKey(passphrase, vault.salt), account, false);
    await store("vaults", "readwrite", (all) => all.put({ ...vault, wrong: 0 }));
    return key;
  } catch {
    const wrong = vault.wrong + 1;
    const left = wrong >= TRIES ? { ...vault, wrong, byPass: null } : { ...vault, wrong };
    await store("vaults", "readwrite", (all) => all.put(left));
    throw new Error(left.byPass ? "wrong" : "closed");
  }
};

export const openByServer = async (account, server) => {
  const vault = await store("vaults", "readonly", (all) => all.get(account));
  return vault ? unwrap(vault.byServer, await serverKey(server), account, false) : null;
};

const seal = async (key, bound, value) => {
  const nonce = iv();
  const how = { name: "AES-GCM", iv: nonce, additionalData: utf8.encode(bound) };
  return { iv: nonce, box: new Uint8Array(await crypto.subtle.encrypt(how, key, utf8.encode(JSON.stringify(value)))) };
};
const open = async (key, bound, sealed) => {
  const how = { name: "AES-GCM", iv: sealed.iv, additionalData: utf8.encode(bound) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, sealed.box)));
};

export const putEntry = async (key, account, entry) => {
  const sealed = await seal(key, `${account}/${entry.nonce}`, entry);
  await store("entries", "readwrite", (all) => all.put({ nonce: entry.nonce, account, ...sealed }));
};
export const entries = async (key, account) => {
  const rows = await store("entries", "readonly", (all) => all.index("account").getAll(account));
  const found = await Promise.all(rows.map((row) => open(key, `${account}/${row.nonce}`, row)));
  return found.sort((one, other) => one.claimed_at.localeCompare(other.claimed_at));
};
export const dropEntry = (nonce) => store("entries", "readwrite", (all) => all.delete(nonce));

export const putDay = async (key, account, day) => {
  const sealed = await seal(key, `${account}/day`, day);
  await store("days", "readwrite", (all) => all.put({ account, ...sealed }));
};
export const dayOf = async (key, account) => {
  const row = await store("days", "readonly", (all) => all.get(account));
  return row ? open(key, `${account}/day`, row) : null;
};
export const dropDays = () => store("days", "readwrite", (all) => all.clear());
