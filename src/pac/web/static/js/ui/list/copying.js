// @ts-check
/** Copying several rows gives lines `name (time): text`, without dividers and buttons; copying within one gives its text. */

/** @typedef {import('./rows.js').Row} Row */

/** What to put on the clipboard for this selection; '' where the browser's own way is right. */
export function copied(
  /** @type {Selection} */ selection,
  /** @type {HTMLElement} */ list,
  /** @type {(li: Element) => Row | undefined} */ rowOf,
  /** @type {(at: number) => string} */ clock,
) {
  if (selection.isCollapsed || !selection.rangeCount) return '';
  const range = selection.getRangeAt(0);
  const lines = [];
  for (const li of list.querySelectorAll('li.message, li.system')) {
    if (/** @type {HTMLElement} */ (li).hidden || !range.intersectsNode(li)) continue;
    const row = rowOf(li);
    const text = within(range, li.querySelector('.body, .gone, .system bdi') ?? li);
    if (!row || !text.trim()) continue;
    lines.push(row.kind === 'message' ? `${row.name} (${clock(row.at)}): ${text}` : text);
  }
  return lines.length > 1 ? lines.join('\n') : '';
}

function within(/** @type {Range} */ range, /** @type {Element} */ element) {
  if (!range.intersectsNode(element)) return '';
  const part = document.createRange();
  part.selectNodeContents(element);
  if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0) part.setStart(range.startContainer, range.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString();
}

/** Text to the clipboard, also where there is no secure context. */
export async function toClipboard(/** @type {string} */ text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    const focused = document.activeElement;
    field.value = text;
    field.className = 'unseen';
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
