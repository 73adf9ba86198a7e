// @ts-check
/**
 * My rooms beside a page that has no socket: asked for now and then while somebody looks, so that what is unread shows
 * there too. Until the first answer the server's own rows stand.
 */

import { h, render } from '../vendor/preact.js';
import { MyRooms } from './my_rooms.js';
import { RoomsPane } from './rooms_pane.js';
import { askState } from './actions.js';

const EVERY_MS = 15_000;

export class Side {
  constructor(/** @type {HTMLElement} */ place) {
    this.place = place;
    /** @type {MyRooms | null} */
    this.rooms = null;
    this.isAsking = false;
    window.setInterval(() => this.ask(), EVERY_MS);
    document.addEventListener('visibilitychange', () => this.ask());
  }

  async ask() {
    if (document.hidden || this.isAsking) return;
    this.isAsking = true;
    try {
      const page = await askState('/chat/rooms');
      if (typeof page !== 'number') this.show(page);
    } catch {
      // no line: what is shown stays
    } finally {
      this.isAsking = false;
    }
  }

  show(/** @type {import('./state.js').PageState} */ page) {
    if (this.rooms) { this.rooms.set(page.rooms); return; }
    this.rooms = new MyRooms(page.rooms, page.me.id);
    this.place.replaceChildren();
    render(h(RoomsPane, { rooms: this.rooms, shown: () => '' }), this.place);
  }
}
