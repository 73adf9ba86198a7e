// @ts-check
/**
 * The rooms of the lobby: which of them are shown and in which order. No document here.
 *
 * Counts are always the newest; the order is kept until it may change (nobody points at the list), or is asked for.
 */

import { computed, signal } from '../vendor/signals-core.js';
import { search } from './search.js';

/** @typedef {import('./my_rooms.js').RoomRow & {description: string, mayJoin: boolean, asks: boolean, isFull: boolean}} LobbyRow */
/** @typedef {{rooms: LobbyRow[], total: number}} Told */

export class LobbyRows {
  constructor() {
    this.query = signal('');
    /** null until the server has answered */
    this.told = signal(/** @type {Told | null} */ (null));
    this.order = signal(/** @type {string[]} */ ([]));
    this.isHeld = signal(false);
    /** the order that the server would have now is another one */
    this.isStale = signal(false);
    this.found = computed(() => {
      const byId = new Map((this.told.value?.rooms ?? []).map((row) => [row.roomId, row]));
      const rows = this.order.value.flatMap((id) => byId.get(id) ?? []);
      return search(this.query.value, rows, (row) => row.name);
    });
  }

  /** All rooms are here: what is typed needs no server. */
  get isWhole() {
    const told = this.told.peek();
    return told !== null && told.rooms.length >= told.total;
  }

  /** @param {Told} told @param {boolean} mayOrder the order may be made new whatever is pointed at */
  take(told, mayOrder) {
    const fresh = told.rooms.map((row) => row.roomId);
    const known = this.order.peek();
    this.told.value = told;
    if (mayOrder || !known.length || !this.isHeld.peek()) { this.reorder(); return; }
    const still = new Set(fresh);
    const kept = known.filter((id) => still.has(id));
    this.isStale.value = kept.length !== fresh.length || kept.some((id, at) => id !== fresh[at]);
  }

  reorder() {
    this.order.value = (this.told.peek()?.rooms ?? []).map((row) => row.roomId);
    this.isStale.value = false;
  }
}
