// @ts-check
/**
 * Everything live/ takes from the browser, in one place: a test hands in another and runs an hour in a second.
 *
 * Anything may be missing. A plain-HTTP intranet has no locks; a browser may forbid storage, and then throws where
 * it is only looked at.
 */

/** @typedef {import('./types.js').Env} Env */

/** @returns {Env} */
export function browserEnv() {
  return {
    WebSocket: window.WebSocket,
    setTimeout: (call, ms) => window.setTimeout(call, ms),
    clearTimeout: (timer) => window.clearTimeout(timer),
    now: () => Date.now(),
    random: () => Math.random(),
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    locks: navigator.locks ?? null,
    channel: typeof BroadcastChannel === 'function' ? channel : null,
    storage: allowed(() => window.localStorage),
    session: allowed(() => window.sessionStorage),
    onStorage: (call) => window.addEventListener('storage', (event) => {
      if (event.storageArea === allowed(() => window.localStorage)) call(event.key);
    }),
    unsafe: false,
  };
}

/**
 * @template Thing
 * @param {() => Thing} get
 * @returns {Thing | null}
 */
function allowed(get) {
  try {
    return get();
  } catch {
    return null;
  }
}

/** @returns {import('./types.js').Channel} */
function channel(/** @type {string} */ name) {
  const line = new BroadcastChannel(name);
  return {
    post: (message) => line.postMessage(message),
    hear: (call) => { line.onmessage = (event) => call(event.data); },
    close: () => line.close(),
  };
}
