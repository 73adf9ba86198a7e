// @ts-check
/**
 * A connection that comes back: pac.v2.json over a WebSocket, with backoff, pings and drain (docs/PROTOCOL.md).
 *
 * It knows frames and nothing of rooms: who uses it subscribes again in `onopen`, from where its logs end. A
 * WebSocket that was given up is never heard again, whatever it still has to say.
 */

export const SUBPROTOCOL = 'pac.v2.json';
const RETRY_FIRST_MS = 1_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
const NOW_EVERY_MS = 1_000;
const STABLE_AFTER_MS = 30_000;
const SILENT_AFTER_MS = 30_000;
const PONG_WITHIN_MS = 5_000;
const PONG_BUSY_MS = 30_000;
const WELCOME_WITHIN_MS = 15_000;
const ANSWER_WITHIN_MS = 8_000;
const SLOW_CONSUMER = 4008;

/**
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').State} State
 * @typedef {import('./types.js').Ended} Ended
 * @typedef {{resolve: (frame: Frame) => void, reject: (fault: Frame) => void, timer: any}} Question
 */

/** What a close code asks for: to come back, to sign in, or to stop. */
export function afterClose(/** @type {number} */ code) {
  if (code === 4501 || code === 4502) return 'sign-in';
  if ((code >= 4500 && code < 4600) || [1002, 1007, 1008, 1009].includes(code)) return 'stop';
  return 'return';
}

export class LiveSocket {
  /**
   * @param {string} url
   * @param {import('./types.js').Env} env
   * @param {{onopen: (welcome: Frame) => void, onframe: (frame: Frame) => void, onstate: (state: State) => void}} listener
   */
  constructor(url, env, listener) {
    this.url = url;
    this.env = env;
    this.listener = listener;
    /** @type {State} */
    this.state = 'waiting';
    /** When the next attempt is made, ms, while waiting. */
    this.until = 0;
    /** @type {Ended | null} */
    this.ended = null;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.failures = 0;
    this.openedAt = 0;
    this.heardAt = 0;
    this.pingedAt = 0;
    this.attemptedAt = -Infinity;
    /** @type {number | null} ms to wait after a drain, as the server told */
    this.drainMs = null;
    this.nextId = 1;
    /** @type {Map<string, Question>} */
    this.asked = new Map();
    this.retryTimer = this.quietTimer = this.pongTimer = this.welcomeTimer = null;
  }

  connect() {
    if (this.state !== 'waiting') return;
    this.env.clearTimeout(this.retryTimer);
    this.attemptedAt = this.env.now();
    this.until = 0;
    this.welcomeTimer = this.env.setTimeout(() => this.drop(), WELCOME_WITHIN_MS);
    this.setState('connecting');
    /** @type {WebSocket} */
    let socket;
    try {
      socket = new this.env.WebSocket(this.url, SUBPROTOCOL);
    } catch {
      this.closed(1006); // forbidden by the page's policy, or no address at all
      return;
    }
    this.socket = socket;
    socket.onopen = () => { if (socket === this.socket) socket.send(JSON.stringify({ op: 'hello', id: 'hello', client: 'pac-web' })); };
    socket.onmessage = (event) => { if (socket === this.socket) this.heard(event.data); };
    socket.onclose = (event) => { if (socket === this.socket) this.closed(event.code); };
    socket.onerror = () => {}; // a close follows
  }

  /**
   * The network is back, the page is looked at, or somebody pressed "now": try without waiting, at most once a
   * second. A line that is thought to be up is asked whether it is.
   */
  connectNow() {
    if (this.state === 'open' && this.env.now() - this.heardAt >= NOW_EVERY_MS) this.probe();
    if (this.state !== 'waiting') return;
    const soonest = this.attemptedAt + NOW_EVERY_MS;
    if (this.env.now() >= soonest) this.connect();
    else if (soonest < this.until) this.waitUntil(soonest);
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
      if (!this.tell({ ...frame, id })) { reject({ op: 'error', code: 'disconnected' }); return; }
      const timer = this.env.setTimeout(() => this.unanswered(id), ANSWER_WITHIN_MS);
      this.asked.set(id, { resolve, reject, timer });
    });
  }

  /** The server answers within 5 s. First the line is asked; one that lives and keeps its answers is given up too. */
  unanswered(/** @type {string} */ id) {
    const question = this.asked.get(id);
    if (!question) return;
    this.probe();
    question.timer = this.env.setTimeout(() => this.drop(), 2 * ANSWER_WITHIN_MS);
  }

  /** Ask whether the line lives, and take it for dead if it does not say so. */
  probe() {
    if (this.state !== 'open' || this.pingedAt) return;
    this.pingedAt = this.env.now();
    this.tell({ op: 'ping' });
    this.pongTimer = this.env.setTimeout(() => this.pongIsDue(), PONG_WITHIN_MS);
  }

  /** Other frames keep a busy line alive for a while, since the pong comes behind them; they do not replace it. */
  pongIsDue() {
    const now = this.env.now();
    const left = PONG_WITHIN_MS - (now - Math.max(this.heardAt, this.pingedAt));
    if (left <= 0 || now - this.pingedAt >= PONG_BUSY_MS) this.drop();
    else this.pongTimer = this.env.setTimeout(() => this.pongIsDue(), left);
  }

  /** The page goes: no more of it. */
  end() {
    const socket = this.socket;
    this.socket = null;
    this.forgetLine();
    if (this.state !== 'ended') this.setState('ended');
    socket?.close(1000);
    this.rejectAll();
  }

  heard(/** @type {string} */ text) {
    /** @type {Frame} */
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return; // no frame of ours; what it should have been is missed by the log, and asked for
    }
    this.heardAt = this.env.now();
    if (frame.op === 'welcome') this.welcomed(frame);
    else if (frame.op === 'pong') this.ponged();
    else if (frame.op === 'drain') this.drainMs = frame.reconnect_in_ms;
    else if ((frame.op === 'ok' || frame.op === 'error') && frame.id !== undefined) this.answered(frame);
    else this.listener.onframe(frame);
  }

  welcomed(/** @type {Frame} */ frame) {
    if (this.state !== 'connecting') return;
    this.env.clearTimeout(this.welcomeTimer);
    this.openedAt = this.env.now();
    this.quietTimer = this.env.setTimeout(() => this.maybeSilent(), SILENT_AFTER_MS);
    this.state = 'open';
    this.listener.onopen(frame);
    this.listener.onstate('open');
  }

  ponged() {
    this.env.clearTimeout(this.pongTimer);
    this.pingedAt = 0;
  }

  answered(/** @type {Frame} */ frame) {
    const question = this.asked.get(frame.id ?? '');
    if (!question) return;
    this.asked.delete(frame.id ?? '');
    this.env.clearTimeout(question.timer);
    if (frame.op === 'ok') question.resolve(frame);
    else question.reject(frame);
  }

  maybeSilent() {
    const left = SILENT_AFTER_MS - (this.env.now() - this.heardAt);
    if (left <= 0) this.probe();
    this.quietTimer = this.env.setTimeout(() => this.maybeSilent(), left > 0 ? left : SILENT_AFTER_MS);
  }

  /** The line is dead, whatever the browser thinks of it. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    this.closed(1006);
    socket?.close();
  }

  closed(/** @type {number} */ code) {
    this.socket = null;
    this.forgetLine();
    const then = afterClose(code);
    if (then === 'return') this.comeBack(code);
    else {
      this.ended = { why: then, code };
      this.setState('ended');
    }
    this.rejectAll();
  }

  comeBack(/** @type {number} */ code) {
    if (this.openedAt && this.env.now() - this.openedAt >= STABLE_AFTER_MS) this.failures = 0;
    // a reader that was too slow has nothing to wait for, once: the log has what it missed
    const atOnce = code === SLOW_CONSUMER && this.failures === 0;
    const wait = atOnce ? 0 : this.drainMs ?? this.backoff();
    this.openedAt = 0;
    this.drainMs = null;
    this.failures += 1;
    this.state = 'waiting';
    this.waitUntil(this.env.now() + wait);
  }

  /** Full jitter: random(0.5 s, min(30 s, 1 s · 2ⁿ)). */
  backoff() {
    const longest = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.failures);
    return RETRY_MIN_MS + this.env.random() * (longest - RETRY_MIN_MS);
  }

  waitUntil(/** @type {number} */ moment) {
    this.until = moment;
    this.env.clearTimeout(this.retryTimer);
    this.retryTimer = this.env.setTimeout(() => this.connect(), Math.max(0, moment - this.env.now()));
    this.listener.onstate('waiting');
  }

  forgetLine() {
    for (const timer of [this.retryTimer, this.quietTimer, this.pongTimer, this.welcomeTimer]) this.env.clearTimeout(timer);
    this.pingedAt = 0;
  }

  rejectAll() {
    const asked = [...this.asked.values()];
    this.asked.clear();
    for (const { reject, timer } of asked) {
      this.env.clearTimeout(timer);
      reject({ op: 'error', code: 'disconnected' });
    }
  }

  setState(/** @type {State} */ state) {
    this.state = state;
    this.listener.onstate(state);
  }
}
