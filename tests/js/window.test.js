import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as win from '../../src/pac/web/static/js/ui/list/window.js';

const entries = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => ({ seq: first + at }));
const held = (first, last, shows) => new win.Held(entries(first, last), shows);

test('the tail is a page, or what there is', () => {
  assert.deepEqual(win.tail(held(1, 200)), { first: 151, last: 200 });
  assert.deepEqual(win.tail(held(5, 9)), { first: 5, last: 9 });
});

test('a place has half a page on each side', () => {
  assert.deepEqual(win.around(held(1, 200), 100), { first: 75, last: 125 });
  assert.deepEqual(win.around(held(1, 200), 3), { first: 1, last: 28 });
});

test('a reader at the end follows and the top goes; one elsewhere lets the end go', () => {
  const full = { first: 101, last: 400 };
  assert.deepEqual(win.followed(held(1, 420), full, true), { first: 101, last: 420 });
  assert.deepEqual(win.followed(held(1, 421), full, true), { first: 122, last: 421 });
  assert.deepEqual(win.followed(held(1, 500), full, false), { first: 101, last: 420 });
});

test('what shows nothing is not counted: a purge leaves something to scroll', () => {
  const purged = held(1, 1_000, (place) => place < 400 || place >= 900);
  const span = win.tail(purged);
  assert.equal(purged.lines(span), 50);
  const older = win.older(purged, win.older(purged, span, { first: 950, last: 1_000 }), { first: 950, last: 1_000 });
  assert.equal(purged.lines(older), 150);
});

test('a long walk: no hole, no more than 320 lines, and what is in view stays', () => {
  for (let seed = 1; seed <= 60; seed += 1) walk(seed);
});

/** A reader who scrolls, rests, jumps and follows, while the log grows and what is held changes at both ends. */
function walk(seed) {
  let state = seed * 2_654_435_761 % 4_294_967_296;
  const random = (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
  const quiet = seed % 3 === 0 ? 3 : 0; // in every third walk one entry in three shows nothing
  const shows = (first) => (place) => !quiet || (first + place) % quiet !== 0;
  let [first, last] = [1_000, 1_050];
  let log = held(first, last, shows(first));
  let span = win.tail(log);
  let view = { first: span.last - 10, last: span.last };

  const clampView = () => {
    const at = Math.min(Math.max(view.first, span.first), span.last);
    view = { first: at, last: Math.min(span.last, at + 12) };
  };
  const check = (what, isReaderThere = true) => {
    const told = `seed ${seed}: ${what} ${JSON.stringify({ first, last, span, view })}`;
    assert.ok(span.first >= first && span.last <= last && span.first <= span.last, told);
    assert.ok(log.lines(span) <= win.LINES + win.SLACK, told);
    if (isReaderThere) assert.ok(span.first <= view.first && span.last >= view.last, told);
  };

  for (let step = 0; step < 300; step += 1) {
    const what = ['scroll', 'scroll', 'scroll', 'grow', 'grow', 'older', 'rest', 'jump', 'end', 'drop'][random(10)];
    if (what === 'scroll') {
      const by = random(120) - 60;
      view = { first: view.first + by, last: view.last + by };
      clampView();
      if (log.lines({ first: span.first, last: view.first }) < 40 && span.first > first) span = win.older(log, span, view);
      if (log.lines({ first: view.last, last: span.last }) < 40 && win.hasRoom(log, span)) span = win.newer(log, span, view);
      check(what);
    } else if (what === 'grow') {
      const isAttached = span.last === last;
      const isAtEnd = isAttached && view.last === span.last;
      last += 1 + random(random(5) === 0 ? 400 : 5);
      log = held(first, last, shows(first));
      if (isAttached) span = win.followed(log, span, isAtEnd);
      if (isAtEnd) view = { first: Math.max(span.first, span.last - 12), last: span.last };
      check(what);
    } else if (what === 'older' && first > 1) {
      first = Math.max(1, first - 50);
      log = held(first, last, shows(first));
      check(what);
    } else if (what === 'rest') {
      span = win.rested(log, span, view, random(2) === 0 && log.lines({ first: view.last, last: span.last }) < 40);
      check(what);
    } else if (what === 'jump') {
      span = win.around(log, first + random(last - first + 1));
      check(what, false);
      clampView();
    } else if (what === 'end') {
      span = win.tail(log);
      check(what, false);
      view = { first: Math.max(span.first, span.last - 12), last: span.last };
    } else if (what === 'drop' && last - first > 2_000) {
      if (span.first > first + 500) first = Math.min(span.first, last - 1_999);
      else last = Math.max(span.last, first + 1_999);
      log = held(first, last, shows(first));
      span = win.clipped(log, span) ?? win.tail(log);
      check(what, false);
      clampView();
    }
  }
}
