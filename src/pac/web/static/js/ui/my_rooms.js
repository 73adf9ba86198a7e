// @ts-check
/**
 * The rooms of the left pane: what is unread in each, what is being written there, in which order they stand.
 *
 * Last activity first, as the server sorts them; but a row never moves away under the pointer: the order is kept while
 * the pane is pointed at or has the focus, and made new when it is left.
 */

import { computed, signal } from '../vendor/signals-core.js';

/** @typedef {import('../live/types.js').Frame & {room: string}} Frame */
/** @typedef {{roomId: string, name: string, roomStatus: string, roomPublic: string, roomMembersCount: number, capacity: number,
 *   onlineCount: number, lastActivityAt: string, role: string | null, status: string | null, unread: number | null}} RoomRow */

export class MyRooms {
  /** @param {RoomRow[]} rows @param {string} me */
  constructor(rows, me) {
    this.me = me;
    this.rows = signal(rows);
    /** rooms in which something is half written */
    this.drafts = signal(/** @type {ReadonlySet<string>} */ (new Set()));
    this.isHeld = signal(false);
    this.order = rows.map((row) => row.roomId);
    this.sorted = computed(() => this.inOrder());
    this.unread = computed(() => this.rows.value.reduce((sum, row) => sum + (row.unread ?? 0), 0));
    /** the highest seq heard of in each room */
    this.tops = /** @type {Map<string, number>} */ (new Map());
  }

  inOrder() {
    const rows = [...this.rows.value];
    if (this.isHeld.value) {
      const place = new Map(this.order.map((id, at) => [id, at]));
      rows.sort((one, other) => (place.get(one.roomId) ?? Infinity) - (place.get(other.roomId) ?? Infinity));
    } else {
      rows.sort((one, other) => (one.lastActivityAt < other.lastActivityAt ? 1 : one.lastActivityAt > other.lastActivityAt ? -1 : 0));
    }
    this.order = rows.map((row) => row.roomId);
    return rows;
  }

  get ids() { return this.rows.peek().map((row) => row.roomId); }

  /** As the server has them now. */
  set(/** @type {RoomRow[]} */ rows) { this.rows.value = rows; }

  change(/** @type {string} */ id, /** @type {Partial<RoomRow>} */ fields) {
    const rows = this.rows.peek();
    const row = rows.find((one) => one.roomId === id);
    if (!row || Object.entries(fields).every(([name, value]) => row[/** @type {keyof RoomRow} */ (name)] === value)) return;
    this.rows.value = rows.map((one) => (one === row ? { ...row, ...fields } : one));
  }

  /** A message of any of them. */
  said(/** @type {Frame} */ frame) {
    const top = this.tops.get(frame.room) ?? 0;
    if (frame.seq <= top) return;
    this.tops.set(frame.room, frame.seq);
    const row = this.rows.peek().find((one) => one.roomId === frame.room);
    if (!row) return;
    const counts = frame.type !== 'SYSTEM' && frame.member.id !== this.me;
    this.change(frame.room, {
      lastActivityAt: row.lastActivityAt < frame.ts ? frame.ts : row.lastActivityAt,
      unread: frame.member.id === this.me && frame.type !== 'SYSTEM' ? 0 : (row.unread ?? 0) + (counts ? 1 : 0),
    });
  }

  /** Of a subscribe's answer. */
  stands(/** @type {Frame} */ standing) {
    this.tops.set(standing.room, Math.max(this.tops.get(standing.room) ?? 0, standing.top ?? 0));
    /** @type {Partial<RoomRow>} */
    const fields = { roomStatus: standing.roomStatus, onlineCount: standing.online, roomMembersCount: standing.members };
    if (standing.unread !== undefined) fields.unread = standing.unread;
    this.change(standing.room, fields);
  }

  /** Read up to here, here or on another device. Answers false where nobody knows what is left. */
  read(/** @type {string} */ id, /** @type {number} */ seq) {
    if (seq < (this.tops.get(id) ?? 0)) return false;
    this.change(id, { unread: 0 });
    return true;
  }

  /** Fields of a `room` frame. */
  changed(/** @type {Frame} */ frame) {
    /** @type {Partial<RoomRow>} */
    const fields = {};
    for (const name of /** @type {const} */ (['name', 'roomStatus', 'roomPublic', 'roomMembersCount', 'capacity'])) {
      if (frame[name] !== undefined) Object.assign(fields, { [name]: frame[name] });
    }
    this.change(frame.room, fields);
  }

  drafted(/** @type {string} */ id, /** @type {boolean} */ has) {
    if (this.drafts.peek().has(id) === has) return;
    const drafts = new Set(this.drafts.peek());
    if (has) drafts.add(id);
    else drafts.delete(id);
    this.drafts.value = drafts;
  }
}
