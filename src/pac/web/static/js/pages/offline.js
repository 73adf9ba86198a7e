// @ts-check
/** The page without a network: what was written here and has not gone out yet, to be read and copied. */

import { say, loadTexts } from '../ui/texts.js';

const DRAFT = 'draft:';

/** @typedef {{cid: string, uid: string, body: string, created: number}} Written */

const member = localStorage.getItem('pac-uid') ?? '';
await loadTexts(document.documentElement.dataset.texts ?? '');
show(say('Not sent yet'), (await outbox()).map((item) => item.body));
show(say('Drafts'), drafts());
document.getElementById('again')?.addEventListener('click', () => location.reload());
window.addEventListener('online', () => location.reload());

/** Of whoever was signed in here last, and of nobody else. @returns {Promise<Written[]>} */
async function outbox() {
  return new Promise((resolve) => {
    const opening = indexedDB.open('pac');
    opening.onerror = () => resolve([]);
    opening.onupgradeneeded = () => opening.transaction?.abort(); // there is none: make none
    opening.onsuccess = () => {
      const reading = opening.result.transaction('outbox').objectStore('outbox').getAll();
      reading.onerror = () => resolve([]);
      reading.onsuccess = () => resolve(
        /** @type {Written[]} */ (reading.result)
          .filter((item) => item.uid === member)
          .sort((one, other) => one.created - other.created),
      );
    };
  });
}

function drafts() {
  const mine = `${DRAFT}${member}:`;
  return Object.keys(localStorage).filter((key) => member && key.startsWith(mine)).map((key) => {
    const kept = localStorage.getItem(key) ?? '';
    try {
      const draft = JSON.parse(kept);
      const taken = Array.isArray(draft?.taken) ? draft.taken.map((/** @type {{body: string}} */ one) => one.body) : [];
      return typeof draft?.text === 'string' ? [...taken, draft.text].filter(Boolean).join('\n') : kept;
    } catch {
      return kept; // plain text
    }
  }).filter(Boolean);
}

function show(/** @type {string} */ heading, /** @type {string[]} */ bodies) {
  const place = document.getElementById('kept');
  if (!place || !bodies.length) return;
  const title = document.createElement('h2');
  title.textContent = heading;
  const list = document.createElement('ul');
  list.className = 'plain';
  for (const body of bodies) {
    const row = document.createElement('li');
    row.className = 'line kept';
    row.textContent = body;
    list.append(row);
  }
  place.append(title, list);
  place.hidden = false;
}
