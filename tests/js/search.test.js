// Names are found as a Korean keyboard writes them; the cases stand in search.json.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { find, pieces, search } from '../../src/pac/web/static/js/ui/search.js';

const cases = JSON.parse(readFileSync(new URL('search.json', import.meta.url), 'utf8'));

for (const { query, name, rank, marks } of cases) {
  test(`“${query}” in “${name}”`, () => {
    assert.deepEqual(find(query, name), rank === null ? null : { rank, marks });
  });
}

test('a name typed key by key is found at every key', () => {
  for (const typed of ['ㄷ', '다', '달', '닭', '달갸', '달걀']) assert.ok(find(typed, '달걀'), typed);
  for (const typed of ['ㅍ', '프', '플', '프로', '프롲', '프로제', '프로젝', '프로젝ㅌ', '프로젝트']) {
    assert.ok(find(typed, '프로젝트'), typed);
  }
});

test('decomposed names are found and marked by whole characters', () => {
  const name = '한글방'.normalize('NFD');
  assert.deepEqual(find('글', name), { rank: 1, marks: [[1, 2]] });
  assert.deepEqual(pieces(name, [[1, 2]]), [
    { text: '한', marked: false }, { text: '글', marked: true }, { text: '방', marked: false },
  ]);
});

test('prefixes come first, then substrings, then initials; equals stay as they were', () => {
  const names = ['시청 광장', '고장 난 시계', '광장', '서울 광장'];
  assert.deepEqual(search('광', names, (name) => name).map(({ row }) => row), ['광장', '시청 광장', '서울 광장']);
  assert.deepEqual(search('ㄱㅈ', names, (name) => name).map(({ row }) => row), names);
  assert.deepEqual(search(' ', names, (name) => name).map(({ row }) => row), names);
});

test('a thousand names are searched within a frame', () => {
  const names = Array.from({ length: 1_000 }, (_, number) => `프로젝트 회의방 ${number} 서울 시청 광장 모임`);
  search('ㄱ', names, (name) => name); // what is compiled once is not what is measured
  const times = [0, 1, 2].map(() => {
    const before = performance.now();
    search('ㅅㅇ 모', names, (name) => name);
    return performance.now() - before;
  });
  assert.ok(Math.min(...times) < 50, `${times}`);
});
