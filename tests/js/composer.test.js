import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnterKeys } from '../../src/pac/web/static/js/ui/composer/keys.js';
import { codePoints, measured, together } from '../../src/pac/web/static/js/ui/composer/text.js';

const enter = (more) => ({ isComposing: false, keyCode: 13, key: 'Enter', shiftKey: false, ctrlKey: false, metaKey: false, repeat: false, ...more });
const newline = (more) => ({ inputType: 'insertLineBreak', isComposing: false, ...more });

/** What became of each event, in order: a keydown that is left to the browser may be followed by beforeinput. */
function play(events, sends = true) {
  const keys = new EnterKeys(() => sends);
  return events.map(([kind, event]) => {
    if (kind === 'start') return keys.compositionstart();
    if (kind === 'end') return keys.compositionend();
    return keys[kind](event);
  }).filter((verdict) => verdict === 'send').length;
}

const IME = { keyCode: 229, isComposing: true };

for (const [name, events, sent] of [
  ['a plain Enter', [['keydown', enter()]], 1],
  ['Korean in Chrome: 229 composing, end, plain Enter', [['start'], ['keydown', enter(IME)], ['end'], ['keydown', enter()]], 1],
  ['Korean in Safari: end, 229 not composing, line break', [['start'], ['end'], ['keydown', enter({ keyCode: 229 })], ['beforeinput', newline()]], 1],
  ['Japanese in Chrome: 229 composing, end, nothing', [['start'], ['keydown', enter(IME)], ['end']], 0],
  ['Japanese in Safari: end, 229 not composing, nothing', [['start'], ['end'], ['keydown', enter({ keyCode: 229 })]], 0],
  ['Shift+Enter while composing in Safari', [['start'], ['end'], ['keydown', enter({ keyCode: 229, shiftKey: true })], ['beforeinput', newline()]], 0],
  ['a held Enter', [['keydown', enter()], ['keydown', enter({ repeat: true })], ['keydown', enter({ repeat: true })]], 1],
  ['Shift+Enter', [['keydown', enter({ shiftKey: true })], ['beforeinput', newline()]], 0],
  ['a pasted line break', [['beforeinput', { inputType: 'insertFromPaste', isComposing: false }]], 0],
]) {
  test(`${name} sends ${sent}`, () => assert.equal(play(events), sent));
}

test('where Enter is a new line, Ctrl+Enter and Cmd+Enter send', () => {
  assert.equal(play([['keydown', enter()], ['beforeinput', newline()]], false), 0);
  assert.equal(play([['keydown', enter({ ctrlKey: true })]], false), 1);
  assert.equal(play([['keydown', enter({ metaKey: true })]], false), 1);
});

test('a held Enter that was swallowed makes no new line either', () => {
  const keys = new EnterKeys(() => true);
  assert.equal(keys.keydown(enter({ repeat: true })), 'swallow');
  assert.equal(keys.beforeinput(newline()), 'swallow');
});

test('length is counted as the server counts it', () => {
  assert.deepEqual(['한글', '\u1112\u1161\u11ab', '👍🏽', '🇰🇷', ''].map(codePoints), [2, 1, 2, 2, 0]);
});

test('the counter is silent below nine tenths, then tells both numbers, then how much is too much', () => {
  assert.deepEqual([89, 90, 100, 112].map((size) => measured('x'.repeat(size), 100)), [
    { words: '', isOver: false, isBlank: false },
    { words: '90/100', isOver: false, isBlank: false },
    { words: '100/100', isOver: false, isBlank: false },
    { words: '-12', isOver: true, isBlank: false },
  ]);
  assert.equal(measured('👍'.repeat(60), 100).words, '', 'units are not code points');
  assert.equal(measured(' \n\t', 100).isBlank, true);
});

test('a text that is given back stands before what was begun since', () => {
  assert.deepEqual([together('back', ''), together('back', 'new')], ['back', 'back\nnew']);
});
