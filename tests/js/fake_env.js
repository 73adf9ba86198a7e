// A browser that does what it is told: its clock is stepped, its chance is seeded, its tabs share what tabs share.

/** Numbers 0 ≤ x < 1, the same for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Promises settle. */
export async function settle() {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

export class Clock {
  constructor() {
    this.time = Date.UTC(2026, 10, 23);
    this.timers = new Map();
    this.next = 1;
  }

  set(call, ms) {
    this.timers.set(this.next, { at: this.time + ms, call });
    return this.next++;
  }

  /** Let time pass, calling what falls due in its order; promises settle in between. */
  async pass(ms) {
    const end = this.time + ms;
    await settle();
    for (;;) {
      let first = null;
      for (const [key, timer] of this.timers) if (timer.at <= end && (!first || timer.at < first[1].at)) first = [key, timer];
      if (!first) break;
      this.timers.delete(first[0]);
      this.time = Math.max(this.time, first[1].at);
      first[1].call();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** localStorage with events for the other tabs, and with an end. */
export class FakeStorage {
  constructor(room = Infinity) {
    this.map = new Map();
    this.room = room;
    this.listeners = new Map();
  }

  /** As one tab sees it: it is not told what it wrote itself. */
  of(tab) {
    const told = (key) => { for (const [other, calls] of this.listeners) if (other !== tab) for (const call of calls) call(key); };
    const { map } = this;
    const store = this;
    return {
      onStorage: (call) => this.listeners.set(tab, [...(this.listeners.get(tab) ?? []), call]),
      storage: {
        get length() { return map.size; },
        key: (at) => [...map.keys()][at] ?? null,
        getItem: (key) => map.get(key) ?? null,
        setItem: (key, value) => {
          if (value.length > store.room) throw new DOMException('full', 'QuotaExceededError');
          map.set(key, value);
          told(key);
        },
        removeItem: (key) => { if (map.delete(key)) told(key); },
      },
    };
  }
}

/** The Web Locks of one browser: exclusive, granted in the order asked. */
export class FakeLocks {
  constructor() {
    this.held = new Map();
    this.queue = [];
  }

  request(name, { ifAvailable = false }, call) {
    return new Promise((resolve, reject) => {
      if (this.held.has(name) && ifAvailable) { Promise.resolve(call(null)).then(resolve, reject); return; }
      this.queue.push({ name, call, resolve, reject });
      this.grant();
    });
  }

  grant() {
    for (const wish of [...this.queue]) {
      if (this.held.has(wish.name)) continue;
      this.queue.splice(this.queue.indexOf(wish), 1);
      this.held.set(wish.name, wish);
      Promise.resolve(wish.call({ name: wish.name })).then(wish.resolve, wish.reject).finally(() => {
        this.held.delete(wish.name);
        this.grant();
      });
    }
  }

  async query() { return { held: [...this.held.keys()].map((name) => ({ name })), pending: [] }; }
}

/** BroadcastChannel: everybody but the one who says it. */
export class FakeAir {
  constructor() { this.ends = new Set(); }

  channel(name) {
    const end = { name, call: () => {} };
    this.ends.add(end);
    return {
      post: (message) => { for (const other of this.ends) if (other !== end && other.name === name) Promise.resolve().then(() => other.call(message)); },
      hear: (call) => { end.call = call; },
      close: () => this.ends.delete(end),
    };
  }
}

/** One tab's env. `browser` is what its tabs share: {locks, air, storage}. */
export function fakeEnv(clock, { WebSocket = null, seed = 1, browser = {}, tab = {}, session = new Map() } = {}) {
  const random = seeded(seed);
  const shared = (browser.storage ?? new FakeStorage()).of(tab);
  return {
    WebSocket,
    setTimeout: (call, ms) => clock.set(call, ms),
    clearTimeout: (timer) => clock.timers.delete(timer),
    now: () => clock.time,
    random,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    locks: browser.locks ?? null,
    channel: browser.air ? (name) => browser.air.channel(name) : null,
    session: { getItem: (key) => session.get(key) ?? null, setItem: (key, value) => session.set(key, value) },
    unsafe: false,
    ...shared,
  };
}
