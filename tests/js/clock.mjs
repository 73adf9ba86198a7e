// A clock and a line that do what they are told.

export class Clock {
  constructor() {
    this.time = 1_000_000;
    this.timers = new Map();
    this.next = 1;
  }

  env(WebSocket) {
    return {
      WebSocket,
      setTimeout: (call, ms) => { this.timers.set(this.next, { at: this.time + ms, call }); return this.next++; },
      clearTimeout: (timer) => this.timers.delete(timer),
      now: () => this.time,
      random: () => 0.5,
    };
  }

  /** Let time pass, calling what falls due in its order; promises settle in between. */
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = due[1].at;
      due[1].call();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A WebSocket whose other end is the test. */
export function fakeSockets() {
  const made = [];
  class FakeSocket {
    constructor(url, protocol) { this.url = url; this.protocol = protocol; this.sent = []; made.push(this); }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.closedByPage = true; }

    opens() { this.onopen(); }

    says(frame) { this.onmessage({ data: JSON.stringify(frame) }); }

    closes(code) { this.onclose({ code }); }
  }
  return { FakeSocket, made };
}
