// @ts-check
/**
 * What every page of somebody who is signed in does: it keeps the service worker, offers to install the app where it has
 * a place for the offer (settings), looks as it is preferred in another tab, and leaves nothing behind at sign-out.
 *
 * A page is never reloaded under somebody's hands: a new build is used from the next page on.
 */

import { openOutboxStore } from '../live/store.js';
import { askState } from '../ui/actions.js';
import { confirm } from '../ui/dialog.js';
import '../ui/preferences.js';
import { sendOnce, showPasswords } from '../ui/forms.js';
import { Side } from '../ui/side.js';
import { SignOut, forget } from '../ui/sign_out.js';
import { listenForSummons } from '../ui/summons.js';
import { loadTexts } from '../ui/texts.js';

/** @typedef {Event & {prompt: () => Promise<void>}} InstallPrompt */
/** @typedef {{createPolicy: (name: string, rules: object) => {createScriptURL: (url: string) => any}}} TrustedTypes */

const WORKER = '/sw.js';

export function keepWorker() {
  if (!('serviceWorker' in navigator)) return; // plain HTTP in a company's network, or an old browser
  const types = /** @type {TrustedTypes | undefined} */ (/** @type {any} */ (window).trustedTypes);
  const policy = types?.createPolicy('pac-sw', {
    createScriptURL: (/** @type {string} */ url) => {
      if (url !== WORKER) throw new TypeError(`not our worker: ${url}`);
      return url;
    },
  });
  const url = policy ? policy.createScriptURL(WORKER) : WORKER;
  navigator.serviceWorker.register(url).catch(() => {
    // Without it the pages work as before; only the page for no network is missing.
  });
}

/** The button is hidden until the browser says that the app can be installed. */
export function offerInstall(/** @type {HTMLElement} */ place) {
  const button = place.querySelector('button');
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    place.hidden = false;
    button?.addEventListener('click', () => {
      place.hidden = true;
      /** @type {InstallPrompt} */ (event).prompt().catch(() => {});
    }, { once: true });
  });
}

/** Whose drafts and unsent words the page without a network may show. */
const member = document.documentElement.dataset.member;
if (member) localStorage.setItem('pac-uid', member);

keepWorker();
sendOnce();
const place = document.getElementById('install');
if (place) offerInstall(place);

/** The room page has a live outbox and a socket, and goes by them. */
async function keepWithoutSocket(/** @type {string} */ uid) {
  const { texts } = document.documentElement.dataset;
  await loadTexts(texts ?? '');
  const store = await openOutboxStore();
  const mine = async () => (await store.all()).filter((row) => row.uid === uid);
  showPasswords();
  const pane = document.getElementById('rooms-pane');
  if (pane) new Side(pane);
  listenForSummons({ rooms: myRooms, go: (id) => location.assign(`/chat/room/${id}`) });
  new SignOut({ waiting: async () => (await mine()).length, clear: () => forget(uid, store), confirm });
}

async function myRooms() {
  const page = await askState('/chat/rooms');
  return typeof page === 'number' ? [] : page.rooms;
}

if (member && !document.getElementById('room')) keepWithoutSocket(member);
