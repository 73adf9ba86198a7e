// @ts-check
/**
 * What is known, as signals: filled from the page's state (docs/CLIENT.md) and by live/, read by components, changed
 * by actions.js alone.
 */

import { computed, signal } from '../vendor/signals.js';
import { Held } from './held.js';
import { MyRooms } from './my_rooms.js';

/** @typedef {import('./held.js').Frame} Frame */
/** @typedef {import('./my_rooms.js').RoomRow} RoomRow */
/** @typedef {{id: string, nickname: string, isAdmin: boolean}} Me */
/** @typedef {{roomId: string, name: string, description: string, imageUrl: string | null, capacity: number, roomMembersCount: number,
 *   roomStatus: string, roomPublic: string, createdAt: string, slowModeSeconds: number, owner: {id: string, nickname: string} | null,
 *   online: number, requests: number, hasAsked: boolean, asks: boolean, isFull: boolean}} Room */
/** @typedef {{read: boolean, send: boolean, join: boolean, leave: boolean, change: boolean, end: boolean, delete: boolean,
 *   moderate: boolean}} May */
/** @typedef {{epoch: string, top: number, more: boolean, entries: Frame[]}} Log */
/** @typedef {{me: Me, language: string, socketUrl: string, bodyChars: number, rooms: RoomRow[], room: Room | null,
 *   may: May, log: Log | null, read: number}} PageState */
/** @typedef {import('../live/types.js').Item & {seq?: number}} Item */
/** Why nothing of the room comes any more, for people; `until` in ms where it ends by itself. @typedef {{code: string, until: number}} Gone */

/** One room that is shown, or was and is kept. */
export class RoomView {
  /** @param {PageState & {room: Room}} state @param {import('./held.js').History} history @param {number} at seq of a permalink */
  constructor(state, history, at) {
    this.id = state.room.roomId;
    this.room = signal(state.room);
    this.may = signal(state.may);
    this.held = new Held(state.log, history);
    this.items = signal(/** @type {Item[]} */ ([]));
    this.online = signal(state.room.online);
    this.mayDelete = computed(() => this.may.value.delete);
    this.gone = signal(/** @type {Gone | null} */ (null));
    /** the notice that one was warned has been closed */
    this.hasSeenWarning = signal(false);
    /** until when nothing may be sent, ms */
    this.until = signal(0);
    /** read up to here, on any device */
    this.read = state.read;
    /** the unread line stands after it, as long as the room is open */
    this.unreadAfter = state.read;
    this.at = at;
    /** where the list was left, and the caret */
    this.place = { at: /** @type {{seq: number, top: number} | null} */ (null) };
    this.caret = /** @type {[number, number] | null} */ (null);
    /** stored under this seq and not pushed yet: drawn until they are */
    this.sent = /** @type {Map<string, Item>} */ (new Map());
  }

  /** What the server says now; what is held of the log stays. */
  refresh(/** @type {PageState & {room: Room}} */ state) {
    this.room.value = state.room;
    this.may.value = state.may;
    this.online.value = state.room.online;
    this.gone.value = null;
    if (state.log && !this.held.entries.peek().length) {
      this.held.epoch = state.log.epoch;
      this.held.top = state.log.top;
      this.held.replace(state.log.entries, state.log.more, false);
    }
    this.read = Math.max(this.read, state.read);
  }

  /** How many of those that are held and not read yet count as unread; null where not all of them are held. */
  unreadFrom(/** @type {number} */ seq, /** @type {string} */ me) {
    if (this.held.hasNewer.peek() || seq + 1 < this.held.first) return null;
    return this.held.entries.peek().filter((entry) => entry.seq > seq && entry.type !== 'SYSTEM' && entry.member.id !== me && !entry.deleted).length;
  }
}

export class State {
  constructor(/** @type {PageState} */ page) {
    this.me = page.me;
    this.language = page.language;
    this.bodyChars = page.bodyChars;
    this.rooms = new MyRooms(page.rooms, page.me.id);
    this.view = signal(/** @type {RoomView | null} */ (null));
    this.isDetailsOpen = signal(false);
    /** what is being opened, for the row that was pressed */
    this.opening = signal('');
  }
}

export function pageState() {
  return /** @type {PageState} */ (JSON.parse(document.getElementById('state')?.textContent ?? 'null'));
}
