{% load static %}// Keeps the desk's page on this device: the network first, the kept copy when it does not answer.  It keeps no case,
// no name and no answer of the server but these files.
"use strict";
const KEPT = "desk-1";
const PAGE = "{% url 'enrollment:desk-offline' %}";
const FILES = [PAGE, "{% static 'openhpki.css' %}", "{% static 'openhpki.svg' %}", "{% static 'enrollment/enrollment.css' %}", "{% static 'enrollment/desk.css' %}", "{% static 'enrollment/desk_vault.js' %}", "{% static 'enrollment/desk_offline.js' %}"];
const PATIENCE = 4000;

const fresh = async (request) => {
  const answer = await Promise.race([fetch(request), new Promise((_, late) => setTimeout(late, PATIENCE))]);
  const url = new URL(request.url ?? request, self.location.origin);
  if (answer.ok && !answer.redirected && FILES.includes(url.pathname)) {
    const kept = await caches.open(KEPT);
    await kept.put(url.pathname, answer.clone());
  }
  return answer;
};

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    await Promise.all(FILES.map(async (file) => {
      const answer = await fetch(new Request(file, { redirect: "error", cache: "reload" }));
      if (!answer.ok) throw new Error(file);
      await kept.put(file, answer);
    }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const page = request.mode === "navigate";
  if (!page && !FILES.includes(url.pathname)) return;
  event.respondWith(fresh(request).catch(async () => {
    const kept = await caches.open(KEPT);
    return (await kept.match(page ? PAGE : url.pathname)) ?? Response.error();
  }));
});
