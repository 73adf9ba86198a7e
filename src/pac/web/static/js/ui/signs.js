// @ts-check
/** Signs and marks as templates/marks.html draws them: a sign says nothing that words do not. */

import { h } from '../vendor/preact.js';
import { say } from './texts.js';

/** @type {Record<string, string>} */
const SIGNS = { AVAILABLE: 'open', OBSERVER: 'eye', PRIVATE: 'lock', INVISIBLE: 'hidden', VOID: 'void' };

export function sign(/** @type {string} */ name) {
  return h('span', { class: `sign sign-${name}`, 'aria-hidden': 'true' });
}

export function signOf(/** @type {{roomPublic: string, roomStatus: string}} */ room) {
  return sign(room.roomStatus === 'ENDED' ? 'ended' : SIGNS[room.roomPublic] ?? 'open');
}

function publicWords(/** @type {string} */ value) {
  switch (value) {
    case 'OBSERVER': return say('Read along');
    case 'PRIVATE': return say('By request');
    case 'INVISIBLE': return say('Hidden');
    case 'VOID': return say('Disabled');
    default: return say('Open');
  }
}

export function badges(/** @type {{roomPublic: string, roomStatus: string}} */ room) {
  return [
    h('span', { class: 'badge', key: 'public' }, sign(SIGNS[room.roomPublic] ?? 'open'), publicWords(room.roomPublic)),
    room.roomStatus === 'ENDED' && h('span', { class: 'badge ended', key: 'ended' }, sign('ended'), say('Ended')),
  ];
}

export function roleWords(/** @type {string} */ role) {
  return role === 'SYSOP' ? say('Operator') : role === 'OBSERVER' ? say('Reader') : say('Member');
}

export function statusWords(/** @type {string | null} */ status) {
  return status === 'WARNING' ? say('Warned') : status === 'VOID' ? say('Banned') : status === 'EXITED' ? say('Gone') : '';
}

export function unreadMark(/** @type {number | null} */ count) {
  if (!count) return null;
  return h('span', { class: 'unread' }, count < 100 ? count : '99+', h('span', { class: 'unseen' }, ` ${say('unread messages')}`));
}
