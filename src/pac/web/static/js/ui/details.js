// @ts-check
/**
 * The pane at the right: who is in the room and what it is, who asks to come in, which invitations are open.
 *
 * Loaded when it is opened. What an operator may do with a member is what the server says of that row; each of it is
 * asked about first, with the member's name.
 */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { avatar } from './avatar.js';
import { Admissions } from './admissions.js';
import { rest } from './rest.js';
import { badges, roleWords, sign, statusWords } from './signs.js';
import { say } from './texts.js';

const DAY_MS = 86_400_000;
const SEARCH_AFTER_MS = 200;

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {{id: string, nickname: string, status: string, role: string, joinDateTime: string, voidUntil: string | null,
 *   online: boolean, mayModerate: boolean, mayAppoint: boolean}} Member */
/** @typedef {'members' | 'about' | 'admissions'} Tab */
/** @typedef {(words: string, act: string, typed?: string) => Promise<boolean>} Confirm */
/** @typedef {{view: RoomView, language: string, close: () => void, confirm: Confirm}} Props */

/** @extends {Component<Props>} */
export class Details extends Component {
  tab = signal(/** @type {Tab} */ ('members'));

  render(/** @type {Props} */ { view, language, close, confirm }) {
    const may = view.may.value;
    const requests = view.room.value.requests;
    const shown = this.tab.value === 'admissions' && !may.change ? 'members' : this.tab.value;
    const tab = (/** @type {Tab} */ name, /** @type {any[]} */ ...words) => h(
      'button', { type: 'button', class: 'tab', 'aria-pressed': shown === name, onClick: () => { this.tab.value = name; } }, words,
    );
    return [
      h(
        'header', { class: 'details-head' },
        h('div', { class: 'tabs', role: 'group', 'aria-label': say('Details') },
          tab('members', say('Members')), tab('about', say('About')),
          may.change && tab('admissions', say('Let in'), requests > 0 && h('span', { class: 'unread' }, requests))),
        h('button', { type: 'button', class: 'round', 'aria-label': say('Close'), title: say('Close'), onClick: close }, sign('close')),
      ),
      h(
        'div', { class: 'details-body', key: view.id },
        shown === 'members' ? h(Members, { view, language, confirm })
          : shown === 'about' ? h(About, { view, language })
            : h(Admissions, { view, language, confirm }),
      ),
    ];
  }
}

/** @extends {Component<{view: RoomView, language: string}>} */
class About extends Component {
  render(/** @type {{view: RoomView, language: string}} */ { view, language }) {
    const room = view.room.value;
    const day = new Intl.DateTimeFormat(language, { dateStyle: 'long' });
    return h(
      'div', { class: 'details-about' },
      h('h2', null, h('bdi', null, room.name)),
      h('p', null, badges(room)),
      room.description ? h('p', { class: 'body' }, h('bdi', null, room.description)) : h('p', { class: 'hint' }, say('Nothing is said about this room.')),
      h(
        'dl', { class: 'facts' },
        room.owner && [h('dt', null, say('Owner')), h('dd', null, h('bdi', null, room.owner.nickname))],
        h('dt', null, say('Members')), h('dd', null, `${room.roomMembersCount}/${room.capacity}`),
        h('dt', null, say('Made')), h('dd', null, day.format(Date.parse(room.createdAt))),
        room.slowModeSeconds > 0 && [h('dt', null, say('Slow mode')), h('dd', null, say('one message every {seconds} s', { seconds: room.slowModeSeconds }))],
      ),
    );
  }
}

/** Operators first, then who is here, then by name. @param {Member} one @param {Member} other */
function byPlace(one, other) {
  return Number(other.role === 'SYSOP') - Number(one.role === 'SYSOP') || Number(other.online) - Number(one.online)
    || one.nickname.localeCompare(other.nickname);
}

/** @typedef {{view: RoomView, language: string, confirm: Confirm}} MembersProps */
/** @extends {Component<MembersProps>} */
class Members extends Component {
  rows = signal(/** @type {Member[] | null} */ (null));
  trouble = signal('');
  query = '';
  page = 1;
  isLast = true;
  timer = 0;

  componentDidMount() {
    this.off = this.props.view.room.subscribe(() => this.again());
    this.offOnline = this.props.view.online.subscribe(() => this.again());
    this.load();
  }

  componentWillUnmount() {
    window.clearTimeout(this.timer);
    this.off?.();
    this.offOnline?.();
  }

  /** Who came, went, or is somebody else now: soon, and once for many. */
  again() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.load(), SEARCH_AFTER_MS);
  }

  /** All pages that were asked for so far. */
  async load() {
    const query = this.query;
    try {
      /** @type {Member[]} */
      const rows = [];
      for (let page = 1; page <= this.page; page += 1) {
        const found = await rest('GET', `/api/v1/room/${this.props.view.id}/member?page=${page}&q=${encodeURIComponent(query)}`);
        rows.push(...found.content);
        this.isLast = found.last;
      }
      if (query !== this.query) return;
      this.trouble.value = '';
      this.rows.value = this.isLast ? rows.sort(byPlace) : rows;
    } catch (refused) {
      this.trouble.value = /** @type {Error} */ (refused).message;
    }
  }

  /**
   * @param {string} words asked first, '' for what is easily undone
   * @param {string} act
   * @param {() => Promise<unknown>} work
   * @param {string} typed what has to be typed before, '' for nothing
   */
  async carryOut(words, act, work, typed) {
    if (words && !(await this.props.confirm(words, act, typed))) return;
    try {
      await work();
      this.trouble.value = '';
    } catch (refused) {
      this.trouble.value = /** @type {Error} */ (refused).message;
    }
    await this.load();
  }

  render(/** @type {MembersProps} */ { view }) {
    const rows = this.rows.value;
    return h(
      'div', { class: 'details-members' },
      (view.room.value.roomMembersCount > 12 || this.query) && h('input', {
        type: 'search', class: 'side-find', 'aria-label': say('Search members'), placeholder: say('Search members'), maxLength: 64,
        onInput: (/** @type {InputEvent} */ event) => {
          this.query = /** @type {HTMLInputElement} */ (event.currentTarget).value.trim();
          this.page = 1;
          this.again();
        },
      }),
      this.trouble.value && h('p', { class: 'trouble', role: 'alert' }, this.trouble.value, ' ', h('button', { type: 'button', onClick: () => this.load() }, say('Try again'))),
      rows === null && !this.trouble.value && h('p', { class: 'hint', role: 'status' }, say('Loading members…')),
      rows && h('ul', { class: 'plain' }, rows.map((member) => this.row(view, member))),
      rows && !rows.length && h('p', { class: 'hint' }, say('Nobody is called that here.')),
      rows && !this.isLast && h('button', { type: 'button', class: 'wide', onClick: () => { this.page += 1; this.load(); } }, say('More')),
    );
  }

  /** @param {RoomView} view @param {Member} member */
  row(view, member) {
    const isOwner = view.room.value.owner?.id === member.id;
    const words = statusWords(member.status);
    const until = member.voidUntil && new Intl.DateTimeFormat(this.props.language, { dateStyle: 'medium', timeStyle: 'short' }).format(Date.parse(member.voidUntil));
    return h(
      'li', { key: member.id, class: 'person' },
      avatar(member),
      h(
        'span', { class: 'person-name' },
        h('bdi', null, member.nickname),
        h('span', { class: 'person-marks' },
          member.online && h('span', { class: 'online' }, say('here')),
          isOwner ? h('span', null, say('Owner')) : member.role !== 'MEMBER' && h('span', null, roleWords(member.role)),
          words && h('span', { class: 'badge ended' }, words, until && ` · ${say('until {time}', { time: until })}`)),
      ),
      (member.mayModerate || member.mayAppoint) && this.menu(view, member),
    );
  }

  /** @param {RoomView} view @param {Member} member */
  menu(view, member) {
    const name = member.nickname;
    const at = `/api/v1/room/${view.id}/member/${member.id}`;
    const put = (/** @type {object} */ body) => () => rest('PUT', at, body);
    const ban = (/** @type {number} */ days) => put({ status: 'VOID', ...(days ? { voidUntil: new Date(Date.now() + days * DAY_MS).toISOString() } : {}) });
    const act = (/** @type {string} */ words, /** @type {string} */ asked, /** @type {() => Promise<unknown>} */ work, kind = '', typed = '') => h(
      'button', {
        type: 'button', class: kind,
        onClick: (/** @type {MouseEvent} */ event) => {
          /** @type {HTMLElement} */ (event.currentTarget).closest('details')?.removeAttribute('open');
          this.carryOut(asked, words, work, typed);
        },
      }, words,
    );
    return h(
      'details', { class: 'menu', name: 'person-menu' },
      h('summary', { 'aria-label': say('What to do with {name}', { name }) }, sign('more')),
      h(
        'div', { class: 'menu-body' },
        member.mayModerate && [
          member.role !== 'MEMBER' && act(say('Make a member'), '', put({ role: 'MEMBER' })),
          member.role !== 'OBSERVER' && act(say('Make a reader'), say('Make {name} a reader? They read on and no longer write.', { name }), put({ role: 'OBSERVER' })),
          member.mayAppoint && member.role !== 'SYSOP' && act(say('Make an operator'), say('Make {name} an operator of this room?', { name }), put({ role: 'SYSOP' })),
          member.status === 'ALIVE' ? act(say('Warn: slow mode'), '', put({ status: 'WARNING' })) : act(say('Pardon'), '', put({ status: 'ALIVE' })),
          act(say('Remove from the room'), say('Remove {name} from the room? They may come back as the room allows.', { name }), () => rest('DELETE', at)),
          act(say('Ban for a day'), say('Ban {name} for a day?', { name }), ban(1)),
          act(say('Ban for a week'), say('Ban {name} for a week?', { name }), ban(7)),
          act(say('Ban until lifted'), say('Ban {name} until somebody lifts it?', { name }), ban(0), 'danger'),
        ],
        member.mayAppoint && act(say('Hand the room over'), say('Hand the room over to {name}? You stay as an operator.', { name }), () => rest('PUT', `/api/v1/room/${view.id}/owner`, { ownerMemberId: member.id }), '', view.room.value.name),
      ),
    );
  }
}
