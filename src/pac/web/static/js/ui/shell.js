// @ts-check
/**
 * The frame of the room page: its height over a phone's keyboard, and the pane of details, whose place a device
 * remembers. Which panes there are at which width is shell.css.
 */

const KEY = 'details';
const HAS_ROOM_FOR_SHEET = '(min-width: 720px)';
const HAS_ROOM_FOR_PANE = '(min-width: 1100px)';

/** iOS does not make the page smaller when its keyboard comes; the visual viewport says what is left. */
export function keepHeight() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const fit = () => sheet.replaceSync(viewport.scale > 1 ? '' : `:root { --vvh: ${Math.round(viewport.height)}px; }`);
  viewport.addEventListener('resize', fit);
  fit();
}

/** Details: open beside the room where there is room and they were open before; over it when asked. */
export class DetailsPane {
  /** @param {import('../vendor/signals.js').Signal<boolean>} isOpen @param {() => void} closed */
  constructor(isOpen, closed) {
    this.isOpen = isOpen;
    this.closed = closed;
    isOpen.value = matchMedia(HAS_ROOM_FOR_PANE).matches && remembered() !== 'closed';
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !isOpen.peek() || matchMedia(HAS_ROOM_FOR_PANE).matches) return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      this.close();
    });
    matchMedia(HAS_ROOM_FOR_PANE).addEventListener('change', (event) => {
      if (!event.matches) isOpen.value = false;
      else if (remembered() !== 'closed') isOpen.value = true;
    });
  }

  /** False where the window has no room for it: members are a page of their own there. */
  toggle() {
    if (!matchMedia(HAS_ROOM_FOR_SHEET).matches) return false;
    if (this.isOpen.peek()) this.close();
    else this.set(true);
    return true;
  }

  close() {
    this.set(false);
    this.closed();
  }

  set(/** @type {boolean} */ isOpen) {
    this.isOpen.value = isOpen;
    if (matchMedia(HAS_ROOM_FOR_PANE).matches) remember(isOpen ? 'open' : 'closed');
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

function remember(/** @type {string} */ value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // then it is as it is on every device
  }
}
