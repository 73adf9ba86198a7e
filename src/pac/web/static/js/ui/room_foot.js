// @ts-check
/** What stands below the messages: the field, or why there is none. */

import { Component, h } from '../vendor/preact.js';
import { Composer } from './composer/composer.js';
import { JoinBar } from './join_bar.js';
import { sign } from './signs.js';
import { say } from './texts.js';
import { TypingLine } from './typing_line.js';

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {import('./composer/composer.js').Handle} Handle */
/** @typedef {{view: RoomView, state: import('./state.js').State, actions: import('./actions.js').Actions,
 *   drafts: import('../live/drafts.js').Drafts, typists: import('./typing_line.js').Typists,
 *   enterSends: import('../vendor/signals.js').ReadonlySignal<boolean>, composer: (handle: Handle | null) => void}} Props */

/** @extends {Component<Props>} */
export class RoomFoot extends Component {
  render(/** @type {Props} */ { view, state, actions, drafts, typists, enterSends, composer }) {
    const may = view.may.value;
    const isMine = may.send && !view.gone.value;
    return [
      isMine && h(Warned, { key: 'warned', view, state }),
      may.read && h(TypingLine, { key: 'typing', typists }),
      isMine
        ? h(Composer, {
          key: view.id, handle: composer, room: view.room.peek(), uid: state.me.id, drafts, limit: state.bodyChars, until: view.until, enterSends,
          use: { send: (body) => { actions.send(body); }, typing: (on) => actions.typing(on) },
        })
        : h(JoinBar, { key: `join-${view.id}`, view, language: state.language, refresh: () => actions.refresh(view) }),
    ];
  }
}

/**
 * Who was warned is told so, above what they write, until they have read it.
 * @extends {Component<{view: RoomView, state: import('./state.js').State}>}
 */
class Warned extends Component {
  render(/** @type {{view: RoomView, state: import('./state.js').State}} */ { view, state }) {
    const status = state.rooms.rows.value.find((row) => row.roomId === view.id)?.status;
    if (status !== 'WARNING' || view.hasSeenWarning.value) return null;
    return h(
      'p', { class: 'warned', role: 'status' },
      h('span', null, say('An operator has warned you: for now you can send one message every 10 seconds here.')),
      h('button', { type: 'button', class: 'round', 'aria-label': say('Close'), title: say('Close'), onClick: () => { view.hasSeenWarning.value = true; } }, sign('close')),
    );
  }
}
