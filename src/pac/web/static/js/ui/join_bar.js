// @ts-check
/**
 * What stands in the composer's place where one may not write: why, and what can be done about it. Drawn as
 * templates/room.html draws it.
 */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { say } from './texts.js';

const HOUR_MS = 3_600_000;

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {{view: RoomView, language: string, refresh: () => void}} Props `refresh`: a ban has run out, or a seat may be free */

/** Why not, where it is only told: '' where the form says it, or where one may write. */
export function noticeOf(/** @type {RoomView} */ view, /** @type {string} */ language, /** @type {number} */ now) {
  const [room, may, gone] = [view.room.value, view.may.value, view.gone.value];
  if (gone?.code === 'banned') return bannedWords(gone.until, language, now);
  if (gone?.code === 'gone') return say('An administrator has disabled this room.');
  if (room.roomStatus === 'ENDED') return say('This room has ended. Its members can still read it.');
  if (may.send) return '';
  if (room.hasAsked) return say('You asked to join. An operator of the room will answer.');
  if (may.join) return '';
  if (gone?.code === 'kicked') return say('You were removed from this room.');
  if (gone?.code === 'left') return say('You are no longer in this room.');
  if (!may.read) return say('Only its members read this room.');
  return say('You read along in this room. Only members its operators chose can write.');
}

/** @param {number} until @param {string} language @param {number} now */
function bannedWords(until, language, now) {
  if (!until) return say('You are banned from this room.');
  const left = until - now;
  if (left < HOUR_MS) {
    const seconds = Math.ceil(Math.max(0, left) / 1_000);
    return say('You are banned from this room for another {minutes} min {seconds} s.', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
  }
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(until);
  return say('You are banned from this room until {time}.', { time });
}

/** @extends {Component<Props>} */
export class JoinBar extends Component {
  now = signal(Date.now());

  componentDidMount() {
    this.timer = window.setInterval(() => this.tick(), 1_000);
  }

  componentWillUnmount() { window.clearInterval(this.timer); }

  tick() {
    this.now.value = Date.now();
    const { gone, room, may } = this.props.view;
    const until = gone.peek()?.until ?? 0;
    const isSeatAwaited = may.peek().join && isFull(room.peek()) && this.now.value % 10_000 < 1_000;
    if ((until && this.now.value > until + 500) || isSeatAwaited) this.props.refresh();
  }

  render(/** @type {Props} */ { view, language }) {
    const room = view.room.value;
    const may = view.may.value;
    const gone = view.gone.value;
    const words = noticeOf(view, language, gone?.until ? this.now.value : 0);
    if (words) return h('p', { class: 'notice', id: 'notice' }, words);
    const isTooMany = isFull(room) && !room.asks;
    return h(
      'form', { class: 'notice', method: 'post', action: `/chat/room/${room.roomId}/join` },
      h('span', null, gone?.code === 'kicked' ? say('You were removed from this room.')
        : may.read ? say('You are reading along.')
          : room.asks ? say('Somebody in the room has to let you in.') : say('Join to read and write here.')),
      h('button', { class: 'primary', disabled: isTooMany }, isTooMany ? say('Full') : room.asks ? say('Ask to join') : say('Join')),
    );
  }
}

function isFull(/** @type {import('./state.js').Room} */ room) { return room.roomMembersCount >= room.capacity; }
