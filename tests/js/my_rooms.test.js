// The rooms at the left: what is unread, and in which order they stand.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LobbyRows } from '../../src/pac/web/static/js/ui/lobby_rows.js';
import { MyRooms } from '../../src/pac/web/static/js/ui/my_rooms.js';

const row = (roomId, lastActivityAt, unread = 0) => ({ roomId, name: roomId, lastActivityAt, unread, roomStatus: 'ALIVE', onlineCount: 0, roomMembersCount: 1 });
const said = (room, seq, ts, member = 'ben', type = 'TEXT') => ({ op: 'message', room, seq, ts, type, member: { id: member, nickname: member } });
const names = (rooms) => rooms.sorted.value.map(({ roomId }) => roomId);
const unread = (rooms) => Object.fromEntries(rooms.rows.peek().map((one) => [one.roomId, one.unread]));

test('a message counts once, and moves its room up', () => {
  const rooms = new MyRooms([row('b', '2026-02'), row('a', '2026-01')], 'ada');
  rooms.said(said('a', 1, '2026-03'));
  rooms.said(said('a', 1, '2026-03'));
  assert.deepEqual(names(rooms), ['a', 'b']);
  assert.deepEqual(unread(rooms), { a: 1, b: 0 });
  assert.equal(rooms.unread.value, 1);
});

test('what one says oneself is read, and what the room says is no message', () => {
  const rooms = new MyRooms([row('a', '2026-01', 3)], 'ada');
  rooms.said(said('a', 1, '2026-03', 'ben', 'SYSTEM'));
  assert.deepEqual(unread(rooms), { a: 3 });
  rooms.said(said('a', 2, '2026-03', 'ada'));
  assert.deepEqual(unread(rooms), { a: 0 });
});

test('no row moves while the pane is pointed at; afterwards all stand where they belong', () => {
  const rooms = new MyRooms([row('b', '2026-02'), row('a', '2026-01')], 'ada');
  assert.deepEqual(names(rooms), ['b', 'a']);
  rooms.isHeld.value = true;
  rooms.said(said('a', 1, '2026-03'));
  assert.deepEqual(names(rooms), ['b', 'a']);
  rooms.set([...rooms.rows.peek(), row('c', '2026-04')]);
  assert.deepEqual(names(rooms), ['b', 'a', 'c'], 'a new one comes last');
  rooms.isHeld.value = false;
  assert.deepEqual(names(rooms), ['c', 'a', 'b']);
});

test('read elsewhere up to the end is read; up to somewhere is for the server to count', () => {
  const rooms = new MyRooms([row('a', '2026-01')], 'ada');
  rooms.stands({ op: 'x', room: 'a', top: 7, unread: 4, roomStatus: 'ALIVE', online: 1, members: 2 });
  assert.deepEqual(unread(rooms), { a: 4 });
  assert.equal(rooms.read('a', 5), false);
  assert.equal(rooms.read('a', 7), true);
  assert.deepEqual(unread(rooms), { a: 0 });
});

test('a lobby that is pointed at keeps its order and its counts are new', () => {
  const lobby = new LobbyRows();
  const rows = [row('a', '1'), row('b', '2')];
  lobby.take({ rooms: rows, total: 2 }, true);
  lobby.isHeld.value = true;
  lobby.take({ rooms: [{ ...rows[1], onlineCount: 5 }, rows[0]], total: 2 }, false);
  assert.deepEqual(lobby.found.value.map(({ row: one }) => [one.roomId, one.onlineCount]), [['a', 0], ['b', 5]]);
  assert.equal(lobby.isStale.value, true);
  lobby.reorder();
  assert.deepEqual(lobby.found.value.map(({ row: one }) => one.roomId), ['b', 'a']);
  assert.equal(lobby.isStale.value, false);
});
