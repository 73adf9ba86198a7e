// @ts-check
/** The sentences of system entries, in the reader's language: the same as templates/marks.html makes of them. */

import { say, sayMany } from '../texts.js';

/** @typedef {import('./rows.js').Entry} Entry */

/** What happened; of `people` different ones, if the line stands for several entries. */
export function words(/** @type {Entry} */ entry, people = 1) {
  const name = entry.member.nickname;
  const count = people - 1;
  switch (entry.event) {
    case 'joined': return count
      ? sayMany('{name} and {count} other joined.', '{name} and {count} others joined.', count, { name })
      : say('{name} joined.', { name });
    case 'left': return count
      ? sayMany('{name} and {count} other left.', '{name} and {count} others left.', count, { name })
      : say('{name} left.', { name });
    case 'renamed': return count
      ? sayMany('{name} and {count} other renamed the room.', '{name} and {count} others renamed the room.', count, { name })
      : say('{name} renamed the room.', { name });
    case 'kicked': return say('{name} was removed from the room.', { name });
    case 'banned': return say('{name} was banned.', { name });
    case 'unbanned': return say('{name} is no longer banned.', { name });
    case 'role': return say('{name} has a new role.', { name });
    case 'owner': return say('{name} is the owner now.', { name });
    case 'changed': return say('{name} changed the room.', { name });
    case 'ended': return say('{name} ended the room.', { name });
    default: return entry.body;
  }
}

/** A run of deleted messages. */
words.gone = (/** @type {number} */ count) => sayMany('{count} deleted message', '{count} deleted messages', count);

/** A deleted message. */
words.goneBy = (/** @type {string} */ by) =>
  by === 'author' ? say('This message was deleted.') : say('An operator deleted this message.');
