// @ts-check
/** A member's picture where there is none: a letter on one of eight colours, the same wherever the member is shown. */

import { h } from '../vendor/preact.js';

/** One of the classes `hue-0` … `hue-7` (the server does the same: pac.web.templating). */
export function hueOf(/** @type {string} */ id) {
  let sum = 0;
  for (const sign of id) sum += sign.codePointAt(0) ?? 0;
  return sum % 8;
}

/** Says nothing: the name stands beside it. */
export function avatar(/** @type {{id: string, nickname: string}} */ member) {
  return h('span', { class: `avatar hue-${hueOf(member.id)}`, 'aria-hidden': 'true' }, [...member.nickname][0] ?? '');
}
