// @ts-check
/** The list's few signs, drawn in the colour of the text around them. */

import { h } from '../../vendor/preact.js';

const PATHS = {
  clock: ['M8 4.5V8l2.5 1.5', 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z'],
  copy: ['M5.5 5.5v-3h8v8h-3', 'M2.5 5.5h8v8h-8Z'],
  link: ['M6.5 9.5 9.5 6.5', 'M7 5l2-2a2.8 2.8 0 0 1 4 4l-2 2', 'M9 11l-2 2a2.8 2.8 0 0 1-4-4l2-2'],
  bin: ['M2.5 4.5h11', 'M6 4.5v-2h4v2', 'M4 4.5l.6 9h6.8l.6-9', 'M6.7 7v4', 'M9.3 7v4'],
  warn: ['M8 2 14.5 13.5h-13Z', 'M8 6.5v3', 'M8 11.4v.2'],
};

export function icon(/** @type {keyof typeof PATHS} */ name) {
  return h(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', focusable: 'false' },
    PATHS[name].map((d) => h('path', { key: d, d })),
  );
}
