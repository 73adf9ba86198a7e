// @ts-check
/**
 * The random room: guests without an account, in the frames of the original (docs/PROTOCOL.md, guests). Nothing of
 * it is kept, so there is no log to fill and nothing to resume: it connects, listens and speaks.
 */

import { EnterKeys, enterSendsHere } from './ui/composer/keys.js';
import { parts } from './ui/list/words.js';
import { loadTexts, say } from './ui/texts.js';

const CHANNEL = 'random';
const ROWS_MAX = 300;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

const page = /** @type {HTMLElement} */ (document.getElementById('guest'));
const list = /** @type {HTMLElement} */ (document.getElementById('messages'));
const scroller = /** @type {HTMLElement} */ (document.getElementById('scroller'));
const banner = /** @type {HTMLElement} */ (document.getElementById('connection'));
const nameForm = /** @type {HTMLFormElement} */ (document.getElementById('name-form'));
const nameField = /** @type {HTMLInputElement} */ (document.getElementById('guest-name'));
const form = /** @type {HTMLFormElement} */ (document.getElementById('composer-form'));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById('composer'));

await loadTexts(page.dataset.texts ?? '');
// Nobody is asked for a name before they have looked in: a guest has a number until they take one.
nameField.value = page.dataset.nickname || String(crypto.getRandomValues(new Uint16Array(1))[0] % 9_000 + 1_000);

const home = page.dataset.socketUrl || `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/message`;
const address = home.replace(/\/message$/, '/simplemessage');
let nickname = nameField.value;
let failures = 0;
/** @type {WebSocket | null} */
let socket = null;

// A guest's name is of the first SUBSCRIBE: another name is another connection.
nameForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const wanted = nameField.value.trim();
  field.focus();
  if (!wanted || wanted === nickname) return;
  nickname = wanted;
  const left = socket;
  connect();
  left?.close();
});

form.addEventListener('submit', (event) => { event.preventDefault(); send(); });
const keys = new EnterKeys(enterSendsHere);
function act(/** @type {Event} */ event, /** @type {import('./ui/composer/keys.js').Verdict} */ verdict) {
  if (verdict === 'leave') return;
  event.preventDefault();
  if (verdict === 'send') send();
}
field.addEventListener('keydown', (event) => act(event, keys.keydown(event)));
field.addEventListener('beforeinput', (event) => act(event, keys.beforeinput(event)));

function frame(/** @type {string} */ command, /** @type {string} */ message) {
  return JSON.stringify({
    command, message, sendTime: new Date().toISOString(), identifier: { channel: CHANNEL, memberId: '', nickname, token: '' },
  });
}

function send() {
  const text = field.value;
  if (!text.trim() || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(frame('MESSAGE', text));
  field.value = '';
}

function connect() {
  const opened = new WebSocket(address);
  socket = opened;
  opened.onopen = () => {
    if (opened !== socket) { opened.close(); return; }
    failures = 0;
    banner.hidden = true;
    if (field.disabled) {
      field.disabled = false;
      if (matchMedia('(pointer: fine)').matches) field.focus();
    }
    opened.send(frame('SUBSCRIBE', ''));
  };
  opened.onmessage = (event) => show(JSON.parse(event.data));
  opened.onclose = () => {
    if (opened !== socket) return; // another was opened under another name
    banner.textContent = say('Connecting…');
    banner.hidden = false;
    const longest = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures);
    failures += 1;
    setTimeout(connect, RETRY_MIN_MS + Math.random() * longest);
  };
}

/** Frames of the original carry text escaped for HTML: back to what was typed, to be shown as text. */
export function unescaped(/** @type {string} */ text) {
  return text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (whole, name) => (
    /** @type {Record<string, string>} */ ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" })[name] ?? whole));
}

function linkTo(/** @type {string} */ address) {
  const link = document.createElement('a');
  link.href = address;
  link.rel = 'noopener noreferrer nofollow ugc';
  link.target = '_blank';
  link.textContent = address;
  return link;
}

function show(/** @type {{message: string, timestamp: string, identifier: {nickname: string}}} */ said) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= 48;
  const row = document.createElement('li');
  const who = unescaped(said.identifier.nickname);
  const text = unescaped(said.message);
  if (who === 'SYSTEM') {
    row.className = 'system';
    const line = document.createElement('p');
    line.textContent = text;
    row.append(line);
  } else {
    row.className = 'message';
    const head = document.createElement('p');
    head.className = 'who';
    const name = document.createElement('bdi');
    name.className = 'author';
    name.textContent = who;
    const time = document.createElement('time');
    time.textContent = said.timestamp.slice(0, 5);
    head.append(name, ' ', time);
    const body = document.createElement('p');
    body.className = 'body';
    body.dir = 'auto';
    body.append(...parts(text).map((part) => (part.address ? linkTo(part.address) : part.text)));
    row.append(head, body);
  }
  list.append(row);
  while (list.children.length > ROWS_MAX) list.firstElementChild?.remove();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

connect();
