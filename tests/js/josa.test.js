import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { josa } from '../../src/pac/web/static/js/ui/josa.js';

const TABLE = JSON.parse(readFileSync(new URL('./josa.json', import.meta.url), 'utf8'));

test('josa table', () => {
  assert.equal(TABLE.length, 40);
  for (const [word, pair, wanted] of TABLE) assert.equal(josa(word, pair), wanted, `${word} ${pair}`);
});

test('a name typed as separate jamo reads as its syllables', () => {
  assert.equal(josa('지은'.normalize('NFD'), '은/는'), '은');
});
