// @ts-check
/** What stands below the messages: the field, or why there is none. */

import { Component, h } from '../vendor/preact.js';
import { Composer } from './composer/composer.js';
import { JoinBar } from './join_bar.js';
import { TypingLine } from './typing_line.js';

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {import('./composer/composer.js').Handle} Handle */
/** @typedef {{view: RoomView, state: import('./state.js').State, actions: import('./actions.js').Actions,
 *   drafts: import('../live/drafts.js').Drafts, typists: import('./typing_line.js').Typists,
 *   composer: (handle: Handle | null) => void}} Props */

/** @extends {Component<Props>} */
export class RoomFoot extends Component {
  render(/** @type {Props} */ { view, state, actions, drafts, typists, composer }) {
    const may = view.may.value;
    const isMine = may.send && !view.gone.value;
    return [
      may.read && h(TypingLine, { key: 'typing', typists }),
      isMine
        ? h(Composer, {
          key: view.id, handle: composer, room: view.room.peek(), uid: state.me.id, drafts, limit: state.bodyChars, until: view.until,
          use: { send: (body) => { actions.send(body); }, typing: (on) => actions.typing(on) },
        })
        : h(JoinBar, { key: `join-${view.id}`, view, language: state.language, refresh: () => actions.refresh(view) }),
    ];
  }
}
