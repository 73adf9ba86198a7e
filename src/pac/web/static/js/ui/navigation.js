// @ts-check
/**
 * From room to room without leaving the page: addresses stay what they are, so that Back, a reload, a link in another
 * tab and a middle click do what they do everywhere.
 */

const ROOM = /^\/chat\/room\/([0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27})$/;

/** @typedef {{open: (id: string, at: number) => Promise<boolean>, left: () => void, arrived: () => void}} Use
 *  `open` answers false where the room may not be known: the server then says so on a page of its own */

/** Which room an address is, and where in it. @returns {{id: string, at: number} | null} */
export function roomOf(/** @type {URL | Location} */ address) {
  const found = ROOM.exec(address.pathname);
  if (!found || address.origin !== location.origin) return null;
  const at = Number(new URLSearchParams(address.search).get('at'));
  return { id: found[1], at: Number.isSafeInteger(at) && at > 0 ? at : 0 };
}

export class Navigation {
  /** @param {Use} use @param {() => string} shown the room on screen */
  constructor(use, shown) {
    this.use = use;
    this.shown = shown;
    document.addEventListener('click', (event) => this.pressed(event));
    window.addEventListener('popstate', () => this.popped());
  }

  pressed(/** @type {MouseEvent} */ event) {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href, location.href);
    const goal = roomOf(url);
    if (!goal || (goal.at && goal.id === this.shown())) return; // a permalink into this room loads the page
    event.preventDefault();
    if (goal.id === this.shown()) { this.use.arrived(); return; }
    this.go(goal, url.pathname + url.search);
  }

  /** @param {{id: string, at: number}} goal @param {string} path */
  async go(goal, path) {
    this.use.left();
    try {
      if (await this.use.open(goal.id, goal.at)) {
        history.pushState(null, '', path);
        this.use.arrived();
        return;
      }
    } catch {
      // no line: let the browser say so, and keep the address
    }
    location.assign(path);
  }

  async popped() {
    const goal = roomOf(location);
    if (!goal) { location.reload(); return; }
    if (goal.id === this.shown()) return;
    this.use.left();
    try {
      if (await this.use.open(goal.id, goal.at)) { this.use.arrived(); return; }
    } catch {
      // as above
    }
    location.reload();
  }
}
