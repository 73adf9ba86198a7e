// @ts-check
/**
 * Keeps the service worker, and offers to install the app where the page has a place for the offer (settings).
 *
 * A page is never reloaded under somebody's hands: a new build is used from the next page on.
 */

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
const place = document.getElementById('install');
if (place) offerInstall(place);
