// @ts-check
/** What the keys do, in a dialog. */

import { h } from '../vendor/preact.js';
import { over } from './dialog.js';
import { say } from './texts.js';

export function openShortcuts() {
  const keys = [
    ['Ctrl+K, ⌘K', say('Go to a room')],
    ['Enter', say('Send')],
    ['Shift+Enter', say('New line')],
    ['Shift+Tab', say('From the field to the messages')],
    ['↑ ↓ Home End', say('From message to message')],
    ['Enter', say('On a message: what can be done with it')],
    ['C', say('On a message: copy it')],
    ['Delete', say('On a message: delete it')],
    ['Esc', say('Close, back to the field')],
    ['?', say('This list')],
  ];
  over('question', say('Keys'), () => [
    h('h2', { key: 'title' }, say('Keys')),
    h('dl', { class: 'keys', key: 'keys' }, keys.map(([key, words]) => [h('dt', { key: words }, h('kbd', null, key)), h('dd', { key: `${words}-` }, words)])),
    h('form', { method: 'dialog', class: 'answers', key: 'close' }, h('button', null, say('Close'))),
  ]);
}
