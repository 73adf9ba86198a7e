// @ts-check
/**
 * One line of the list, drawn as templates/message_row.html draws it for the first view.
 *
 * It is drawn again only if something of it changed: at 50 messages a second 300 others stay as they are.
 */

import { Component, h } from '../../vendor/preact.js';
import { avatar } from '../avatar.js';
import { say } from '../texts.js';
import { words } from './events.js';
import { icon } from './icons.js';
import { isEmojiOnly, parts } from './words.js';

/** @typedef {import('./rows.js').Row} RowData */
/** @typedef {import('./rows.js').Item} Item */
/** @typedef {{copy: (row: RowData) => void, link: (row: RowData) => void, remove: (row: RowData) => void,
 *   retry: (cid: string) => void, edit: (item: Item) => void, discard: (cid: string) => void}} Verbs */
/** @typedef {{row: RowData, times: import('../times.js').Times, verbs: Verbs, isActive: boolean, isInside: boolean,
 *   isHot: boolean, flashes: boolean, mayDelete: boolean}} Props */

/** @extends {Component<Props>} */
export class Row extends Component {
  /** @override */
  shouldComponentUpdate(/** @type {Props} */ next) {
    const now = this.props;
    if (now.isActive !== next.isActive || now.isInside !== next.isInside || now.isHot !== next.isHot) return true;
    if (now.flashes !== next.flashes || now.mayDelete !== next.mayDelete || now.times !== next.times) return true;
    for (const name of /** @type {(keyof RowData)[]} */ (Object.keys(next.row))) {
      if (now.row[name] !== next.row[name]) return true;
    }
    return false;
  }

  render(/** @type {Props} */ props) {
    const { row } = props;
    if (row.kind === 'day') return h('li', { class: 'day' }, h('span', null, row.words));
    if (row.kind === 'unread') {
      return h('li', { class: 'unread-line', id: 'unread-line' }, h('span', null, say('Unread from here')));
    }
    if (row.hidden) return h('li', { class: 'system', 'data-seq': row.seq, hidden: true });
    const focus = { tabIndex: props.isActive ? 0 : -1, 'data-key': row.key };
    if (row.kind === 'system') {
      const kind = `system${row.gone ? ' fold' : ''}${props.flashes ? ' flash' : ''}`;
      return h('li', { class: kind, 'data-seq': row.seq, ...focus }, h('p', null, h('bdi', null, row.words)));
    }
    return this.message(props, focus);
  }

  message(/** @type {Props} */ props, /** @type {object} */ focus) {
    const { row } = props;
    const kind = ['message', row.own && 'own', row.continues && 'continues', props.flashes && 'flash'];
    return h(
      'li',
      {
        class: kind.filter(Boolean).join(' '), 'data-seq': row.seq || undefined, 'data-cid': row.cid || undefined,
        'data-state': row.state || undefined, ...focus,
      },
      h(
        'article', null,
        row.continues ? null : avatar({ id: row.author, nickname: row.name }),
        h('p', { class: 'who' }, h('bdi', { class: 'author' }, row.name), ' ', this.moment(props)),
        row.gone
          ? h('p', { class: 'gone' }, words.goneBy(row.gone))
          : h('p', { class: isEmojiOnly(row.body) ? 'body emoji' : 'body', dir: 'auto' }, linked(row.body, props.isInside)),
        state(row, props.verbs, props.isInside),
      ),
      props.isHot || props.isInside ? toolbar(props) : null,
    );
  }

  moment(/** @type {Props} */ { row, times, isInside }) {
    const time = h('time', { datetime: new Date(row.at).toISOString() }, times.clock(row.at));
    if (!row.seq) return h('span', { class: 'moment' }, time);
    return h('a', { class: 'moment', href: `?at=${row.seq}`, tabIndex: isInside ? 0 : -1 }, time);
  }
}

function linked(/** @type {string} */ body, /** @type {boolean} */ isInside) {
  return parts(body).map(({ text, address }) => address
    ? h('a', { href: address, rel: 'noopener noreferrer nofollow ugc', target: '_blank', tabIndex: isInside ? 0 : -1 }, text)
    : text);
}

/** What may be done to a message that is stored; the row's menu has the same, in the same order. */
export function offers(/** @type {RowData} */ row, /** @type {boolean} */ mayDelete) {
  if (row.kind !== 'message' || row.gone) return [];
  /** @type {{name: string, icon: 'copy' | 'link' | 'bin', verb: 'copy' | 'link' | 'remove'}[]} */
  const found = [{ name: say('Copy text'), icon: 'copy', verb: 'copy' }];
  if (row.seq) found.push({ name: say('Copy link'), icon: 'link', verb: 'link' });
  if (row.seq && (row.own || mayDelete)) found.push({ name: say('Delete'), icon: 'bin', verb: 'remove' });
  return found;
}

function toolbar(/** @type {Props} */ { row, verbs, mayDelete, isInside }) {
  const offered = row.seq ? offers(row, mayDelete) : [];
  if (!offered.length) return null;
  return h('div', { class: 'tools' }, offered.map((offer) => h(
    'button',
    {
      key: offer.verb, type: 'button', class: 'tool', 'data-verb': offer.verb, 'aria-label': offer.name, title: offer.name,
      tabIndex: isInside ? 0 : -1, onClick: () => verbs[offer.verb](row),
    },
    icon(offer.icon),
  )));
}

/** How a message on its way stands; in words and shape, never by colour alone. */
function state(/** @type {RowData} */ row, /** @type {Verbs} */ verbs, /** @type {boolean} */ isInside) {
  const { item } = row;
  if (!item || row.state === 'sent') return null;
  if (row.state === 'sending') {
    return h('span', { class: 'sending' }, icon('clock'), h('span', { class: 'unseen' }, say('Sending')));
  }
  const press = (/** @type {string} */ name, /** @type {() => void} */ call) =>
    h('button', { key: name, type: 'button', tabIndex: isInside ? 0 : -1, onClick: call }, name);
  const again = () => verbs.retry(item.cid);
  const drop = () => verbs.discard(item.cid);
  if (row.state === 'failed') {
    return h(
      'div', { class: 'state', role: 'alert' }, icon('warn'),
      h('span', null, say('Not sent: {reason}', { reason: item.reason ?? '' })),
      h('div', { class: 'state-do' }, press(say('Try again'), again), press(say('Edit'), () => verbs.edit(item)), press(say('Discard'), drop)),
    );
  }
  if (row.state === 'stale') {
    return h(
      'div', { class: 'state' }, icon('clock'), h('span', null, say('Written a while ago and not sent.')),
      h('div', { class: 'state-do' }, press(say('Send it now'), again), press(say('Discard'), drop)),
    );
  }
  const told = row.state === 'waiting'
    ? say('Goes out in {seconds} s', { seconds: row.seconds })
    : say('Not sent yet · goes out when connected');
  return h('div', { class: 'state' }, icon('clock'), h('span', null, told));
}
