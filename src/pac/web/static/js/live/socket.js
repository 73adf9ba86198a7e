// @ts-check
/**
 * A connection that comes back: pac.v2.json over a WebSocket, with backoff, pings and drain (docs/PROTOCOL.md).
 *
 * It knows frames and nothing of rooms: who uses it subscribes again in `onopen`, from where its log ends.
 * Everything it takes from the browser comes in as `env`, so that a test can run an hour in a second.
 */

export const SUBPROTOCOL = 'pac.v2.json';
const RETRY_FIRST_MS = 1_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
const STABLE_AFTER_MS = 30_000;
const SILENT_AFTER_MS = 30_000;
const PONG_WITHIN_MS = 5_000;
const WELCOME_WITHIN_MS = 15_000;

/**
 * @typedef {{op: string, id?: string, code?: string, message?: string, retry_after_ms?: number, [field: string]: any}} Frame
 * @typedef {{
 *   WebSocket: new (url: string, protocols: string) => WebSocket,
 *   setTimeout: (call: () => void, ms: number) => any,
 *   clearTimeout: (timer: any) => void,
 *   now: () => number,
 *   random: () => number,
 * }} Env
 * @typedef {'connecting' | 'open' | 'waiting' | 'ended'} State
 */

/** What a close code asks for: to come back, to sign in, or to stop. */
export function afterClose(/** @type {number} */ code) {
  if (code === 4501 || code === 4502) return 'sign-in';
  if ((code >= 4500 && code < 4600) || code === 1002 || code === 1007 || code === 1009) return 'stop';
  return 'return';
}

/** @returns {Env} */
export function browserEnv() {
  return {
    WebSocket: window.WebSocket,
    setTimeout: (call, ms) => window.setTimeout(call, ms),
    clearTimeout: (timer) => window.clearTimeout(timer),
    now: () => Date.now(),
    random: () => Math.random(),
  };
}

export class LiveSocket {
  /**
   * @param {string} url
   * @param {Env} env
   * @param {{
   *   onopen: () => void,
   *   onframe: (frame: Frame) => void,
   *   onstate: (state: State, until: number) => void,
   *   onended: (why: 'sign-in' | 'stop', code: number) => void,
   * }} listener `until` is when the next attempt is made, while waiting
   */
  constructor(url, env, listener) {
    this.url = url;
    this.env = env;
    this.listener = listener;
    /** @type {State} */
    this.state = 'waiting';
    /** @type {WebSocket | null} */
    this.socket = null;
    this.failures = 0;
    this.openedAt = 0;
    /** @type {number | null} ms to wait after a drain, as the server told */
    this.drainMs = null;
    this.lastAttempt = -Infinity;
    this.nextId = 1;
    /** @type {Map<string, {resolve: (frame: Frame) => void, reject: (fault: Frame) => void}>} */
    this.asked = new Map();
    this.retryTimer = this.quietTimer = this.pongTimer = this.welcomeTimer = null;
  }

  connect() {
    if (this.state === 'ended' || this.state === 'connecting' || this.state === 'open') return;
    this.env.clearTimeout(this.retryTimer);
    this.lastAttempt = this.env.now();
    this.setState('connecting');
    const socket = new this.env.WebSocket(this.url, SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ op: 'hello', id: 'hello', client: 'pac-web' }));
    socket.onmessage = (event) => { if (socket === this.socket) this.heard(event.data); };
    socket.onclose = (event) => { if (socket === this.socket) this.closed(event.code); };
    socket.onerror = () => {};
    this.welcomeTimer = this.env.setTimeout(() => this.drop(), WELCOME_WITHIN_MS);
  }

  /** The network is back, or somebody pressed "now": at most one attempt a second. */
  connectNow() {
    if (this.state === 'waiting' && this.env.now() - this.lastAttempt >= 1_000) this.connect();
  }

  /** Send a frame and forget it. False when there is no connection. */
  tell(/** @type {object} */ frame) {
    if (this.state !== 'open' || !this.socket) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Send a frame with an id and wait for its `ok`. Rejects with the `error` frame, or with
   * `{op: 'error', code: 'disconnected'}` when the connection goes first.
   * @returns {Promise<Frame>}
   */
  ask(/** @type {{op: string, [field: string]: any}} */ frame) {
    const id = String(this.nextId++);
    return new Promise((resolve, reject) => {
      if (!this.tell({ ...frame, id })) reject({ op: 'error', code: 'disconnected' });
      else this.asked.set(id, { resolve, reject });
    });
  }

  /** No answer where one is due: ask whether the line lives, and take it for dead if not. */
  probe() {
    if (this.state !== 'open' || this.pongTimer) return;
    this.tell({ op: 'ping' });
    this.pongTimer = this.env.setTimeout(() => this.drop(), PONG_WITHIN_MS);
  }

  end() {
    this.setState('ended');
    this.socket?.close(1000);
    this.clearTimers();
  }

  heard(/** @type {string} */ text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    this.restartQuietTimer();
    if (this.pongTimer) { this.env.clearTimeout(this.pongTimer); this.pongTimer = null; }
    if (frame.op === 'welcome') {
      this.env.clearTimeout(this.welcomeTimer);
      this.openedAt = this.env.now();
      this.setState('open');
      this.listener.onopen();
      return;
    }
    if (frame.op === 'drain') this.drainMs = frame.reconnect_in_ms;
    if ((frame.op === 'ok' || frame.op === 'error') && frame.id !== undefined) {
      const asked = this.asked.get(frame.id);
      this.asked.delete(frame.id);
      if (asked) { if (frame.op === 'ok') asked.resolve(frame); else asked.reject(frame); }
      return;
    }
    this.listener.onframe(frame);
  }

  /** The line is dead, whatever the browser thinks of it. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    if (socket) { socket.onclose = null; socket.close(); }
    this.closed(1006);
  }

  closed(/** @type {number} */ code) {
    this.clearTimers();
    this.socket = null;
    const asked = [...this.asked.values()];
    this.asked.clear();
    if (this.state !== 'ended') this.comeBack(code);
    for (const { reject } of asked) reject({ op: 'error', code: 'disconnected' });
  }

  comeBack(/** @type {number} */ code) {
    const then = afterClose(code);
    if (then !== 'return') {
      this.setState('ended');
      this.listener.onended(/** @type {'sign-in' | 'stop'} */ (then), code);
      return;
    }
    if (this.openedAt && this.env.now() - this.openedAt >= STABLE_AFTER_MS) this.failures = 0;
    this.openedAt = 0;
    const wait = this.drainMs ?? this.backoff();
    this.drainMs = null;
    this.failures += 1;
    this.setState('waiting', this.env.now() + wait);
    this.retryTimer = this.env.setTimeout(() => this.connect(), wait);
  }

  /** Full jitter: random(0.5 s, min(30 s, 1 s · 2ⁿ)). */
  backoff() {
    const longest = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.failures);
    return RETRY_MIN_MS + this.env.random() * (longest - RETRY_MIN_MS);
  }

  restartQuietTimer() {
    this.env.clearTimeout(this.quietTimer);
    this.quietTimer = this.env.setTimeout(() => this.probe(), SILENT_AFTER_MS);
  }

  clearTimers() {
    for (const timer of [this.retryTimer, this.quietTimer, this.pongTimer, this.welcomeTimer]) this.env.clearTimeout(timer);
    this.pongTimer = null;
  }

  setState(/** @type {State} */ state, until = 0) {
    this.state = state;
    this.listener.onstate(state, until);
  }
}
