// A server that speaks pac.v2.json as docs/PROTOCOL.md says, in one process and on a stepped clock. It can be slow,
// close, fall silent, lose and repeat pushes, and put a log back to an older state.

const REPLAY = 1_000;

export class FakeServer {
  /** `chance` is a seeded random; `delay` the most a frame takes, ms. */
  constructor(clock, { chance = () => 0, delay = 0, lose = 0, double = 0, roomsMax = 512 } = {}) {
    Object.assign(this, { clock, chance, delay, lose, double, roomsMax });
    this.rooms = new Map();
    this.lines = [];
    this.isUp = true;
    this.heard = [];
    /** op → function (frame, line) that answers instead; undefined from it means: as always. */
    this.instead = {};
    this.nextEpoch = 1;
    const server = this;
    this.WebSocket = class extends Line { constructor(url, protocol) { super(server, url, protocol); } };
  }

  get line() { return this.lines[this.lines.length - 1]; }

  room(id) {
    if (!this.rooms.has(id)) this.rooms.set(id, { epoch: `e${this.nextEpoch++}`, entries: [], cids: new Map(), code: '' });
    return this.rooms.get(id);
  }

  /** Somebody says something. */
  say(id, body, member = 'ben', cid = undefined) {
    const room = this.room(id);
    const seq = room.entries.length + 1;
    const entry = { op: 'message', room: id, seq, id: `m${seq}`, ts: new Date(this.clock.time).toISOString(), type: 'TEXT', member: { id: member, nickname: member }, body };
    room.entries.push(entry);
    if (cid) room.cids.set(`${member} ${cid}`, entry);
    for (const line of this.lines) {
      if (!line.subscribed.has(id)) continue;
      if (this.chance() < this.lose) continue;
      line.push(entry);
      if (this.chance() < this.double) line.push(entry);
    }
    return entry;
  }

  /** Many at once, told to nobody: what was missed. */
  grow(id, count) {
    for (let left = count; left > 0; left -= 1) {
      const room = this.room(id);
      const seq = room.entries.length + 1;
      room.entries.push({ op: 'message', room: id, seq, id: `m${seq}`, ts: '', type: 'TEXT', member: { id: 'ben', nickname: 'ben' }, body: `grown ${seq}` });
    }
  }

  /** Another log under the same room: restored from a backup. */
  restore(id, count) {
    const room = this.room(id);
    room.epoch = `e${this.nextEpoch++}`;
    room.entries = room.entries.slice(0, count).map((entry) => ({ ...entry, body: `${entry.body} restored` }));
  }

  tops() {
    for (const line of this.lines) for (const id of line.subscribed) line.push({ op: 'top', room: id, epoch: this.room(id).epoch, top: this.room(id).entries.length });
  }

  closeAll(code) { for (const line of [...this.lines]) line.shut(code); }

  said(op) { return this.heard.filter((frame) => frame.op === op); }

  answer(line, frame) {
    this.heard.push(frame);
    const other = this.instead[frame.op]?.(frame, line);
    if (other === 'nothing') return;
    if (other) { line.push({ id: frame.id, ...other }); return; }
    const { op, id, room: name } = frame;
    if (op === 'hello') {
      line.isOpen = true;
      line.push({ op: 'welcome', id, member: { id: 'ada', nickname: 'Ada', role: 'ROLE_USER' }, node: 'n1', ts: '', ping_ms: 25_000, limits: { frame: 65_536, body: 4_000, rooms: this.roomsMax, send_per_s: 5, send_burst: 20 } });
    } else if (op === 'ping') line.push({ op: 'pong', ts: '' });
    else if (op === 'subscribe') this.subscribe(line, frame);
    else if (op === 'unsubscribe') {
      for (const room of frame.rooms) line.subscribed.delete(room);
      line.push({ op: 'ok', id });
    } else if (op === 'history') {
      const { entries } = this.room(name);
      const limit = Math.min(frame.limit ?? 50, 100);
      const found = frame.after !== undefined ? entries.filter((entry) => entry.seq > frame.after).slice(0, limit)
        : entries.filter((entry) => entry.seq < (frame.before ?? Infinity)).slice(-limit);
      line.push({ op: 'ok', id, room: name, messages: found, more: false });
    } else if (op === 'send') this.send(line, frame);
    else if (op === 'presence') line.push({ op: 'ok', id, online: [], count: 0 });
    else if (op === 'delete') line.push({ op: 'ok', id });
  }

  subscribe(line, { id, rooms }) {
    const answers = [];
    const replays = [];
    for (const { room: name, after, epoch } of rooms) {
      const room = this.room(name);
      const refused = this.refuses?.(name, line);
      if (refused || room.code) { answers.push({ room: name, message: 'no', ...(refused ?? { code: room.code }) }); line.subscribed.delete(name); continue; }
      if (!line.subscribed.has(name) && line.subscribed.size >= this.roomsMax) { answers.push({ room: name, code: 'too_many_rooms', message: 'no' }); continue; }
      const top = room.entries.length;
      const reset = (epoch !== undefined && epoch !== room.epoch) || (after !== undefined && (after > top || top - after > REPLAY));
      answers.push({ room: name, roomStatus: 'ALIVE', epoch: room.epoch, top, first: 1, online: 1, members: 2, role: 'MEMBER', status: 'ALIVE', read: 0, unread: 0, ...(reset ? { reset } : {}) });
      line.subscribed.add(name);
      if (after !== undefined && !reset) replays.push(...room.entries.slice(after));
    }
    line.push({ op: 'ok', id, rooms: answers });
    for (const entry of replays) line.push(entry);
  }

  send(line, { id, room: name, cid, body }) {
    if (!line.subscribed.has(name)) { line.push({ op: 'error', id, room: name, code: 'not_subscribed', message: 'no' }); return; }
    const stored = this.room(name).cids.get(`ada ${cid}`);
    if (stored && stored.body !== body) { line.push({ op: 'error', id, code: 'cid_conflict', message: 'no' }); return; }
    const seq = stored?.seq ?? this.room(name).entries.length + 1;
    line.push({ op: 'ok', id, room: name, cid, seq, ts: 'ts', ...(stored ? { dup: true } : {}) });
    if (!stored) this.say(name, body, 'ada', cid);
  }
}

/** One WebSocket, both ends of it. Frames keep their order in either direction, as on TCP. */
export class Line {
  constructor(server, url, protocol) {
    Object.assign(this, { server, url, protocol });
    this.subscribed = new Set();
    this.isClosed = this.isOpen = this.isDeaf = false;
    this.inAt = this.outAt = 0;
    this.queue = [];
    server.lines.push(this);
    this.later('outAt', () => { if (server.isUp) this.onopen?.(); else this.shut(1006); });
  }

  later(way, call) {
    const { clock, chance, delay } = this.server;
    this[way] = Math.max(this[way], clock.time + Math.floor(chance() * delay));
    clock.set(call, this[way] - clock.time);
  }

  // the page's end

  send(text) { this.later('inAt', () => { if (!this.isClosed && !this.isDeaf) this.server.answer(this, JSON.parse(text)); }); }

  close() { this.isClosed = true; this.gone(); }

  // the server's end

  push(frame) { this.later('outAt', () => { if (!this.isClosed && !this.isDeaf) this.onmessage?.({ data: JSON.stringify(frame) }); }); }

  shut(code) {
    if (this.isClosed) return;
    this.gone();
    this.later('outAt', () => { if (!this.isClosed) { this.isClosed = true; this.onclose?.({ code }); } });
  }

  /** Half open: nothing comes or goes, and nobody is told. */
  deafen() { this.isDeaf = true; this.gone(); }

  gone() {
    this.subscribed.clear();
    this.server.lines = this.server.lines.filter((line) => line !== this);
  }
}
