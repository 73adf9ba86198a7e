// @ts-check
/** What the pages do for whoever is not signed in. */

import { sendOnce, showPasswords } from '../ui/forms.js';
import { loadTexts } from '../ui/texts.js';

sendOnce();
await loadTexts(document.documentElement.dataset.texts ?? '');
showPasswords();
