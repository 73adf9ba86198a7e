// Served at /sw.js behind a line that sets BUILD, the hash of all static files.
//
// It keeps the files of this build and the page without a network, and nothing that belongs to a member: what the
// server says about people stays with the server. A page is asked of the network; /offline stands in for it when
// that fails or takes longer than five seconds.

/* global BUILD */
const CACHE = `pac-${BUILD}`;
const STATIC = `/static/${BUILD}/`;
const OFFLINE = '/offline';
const PAGE_WITHIN_MS = 5_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keepOffline().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith(STATIC)) event.respondWith(file(request));
});

/** The page without a network, and every file it names: it has to stand by itself. */
async function keepOffline() {
  const cache = await caches.open(CACHE);
  const answer = await fetch(OFFLINE, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`/offline was answered with ${answer.status}`);
  const html = await answer.clone().text();
  await cache.put(OFFLINE, answer);
  const named = [...html.matchAll(/"(\/static\/[^"]+)"/g)].map((found) => found[1]);
  await cache.addAll([...new Set(named)]);
}

async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('pac-') && name !== CACHE).map((name) => caches.delete(name)));
}

async function page(request) {
  const aborting = new AbortController();
  const timer = setTimeout(() => aborting.abort(), PAGE_WITHIN_MS);
  try {
    return await fetch(request, { signal: aborting.signal });
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}

/** A file of this build never changes: its address is its hash. */
async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return answer;
}
