// @ts-check
/** What /dev/ui shows: people, rooms and a conversation, at a moment that stands still for whoever sets the clock. */

export const NOW = Date.now();
export const ME = { id: 'me', nickname: '하늘' };

const JIEUN = { id: 'jieun', nickname: '지은' };
const MINSU = { id: 'minsu', nickname: '민수' };
const ADA = { id: 'ada', nickname: 'Ada Lovelace-Byron' };
const MINUTE = 60_000;
const at = (/** @type {number} */ minutes) => new Date(NOW - minutes * MINUTE).toISOString();

const may = { read: true, send: true, join: false, leave: true, change: false, end: false, delete: false, moderate: false };
const room = {
  roomId: 'r1', name: '한강 산책 모임', description: '주말 아침에 같이 걸어요. 비가 오면 다음 주로 미룹니다.', imageUrl: null, capacity: 50,
  roomMembersCount: 12, roomStatus: 'ALIVE', roomPublic: 'AVAILABLE', createdAt: '2026-03-01T00:00:00Z', slowModeSeconds: 10,
  owner: { id: 'jieun', nickname: '지은' }, online: 5, requests: 0, hasAsked: false, asks: false, isFull: false,
};

/** The page's state for this room. @param {object} roomFields @param {object} mayFields @returns {any} */
export function pageOf(roomFields, mayFields) {
  return { me: { ...ME, isAdmin: false }, language: 'ko', socketUrl: '', bodyChars: 4_000, rooms: [], room: { ...room, ...roomFields }, may: { ...may, ...mayFields }, log: null, read: 0 };
}

/** @param {string} roomId @param {string} name @param {object} [more] @returns {any} */
function row(roomId, name, more) {
  return {
    roomId, name, description: '', roomStatus: 'ALIVE', roomPublic: 'AVAILABLE', roomMembersCount: 12, capacity: 50, onlineCount: 0,
    lastActivityAt: at(Number(roomId.slice(1)) * 7), role: 'MEMBER', status: 'ALIVE', unread: 0, mayJoin: false, asks: false, isFull: false, ...more,
  };
}

export const myRooms = [
  row('r1', '한강 산책 모임'),
  row('r2', 'Release planning for the spring that is far too long', { unread: 3, roomPublic: 'PRIVATE' }),
  row('r3', '점심 뭐 먹지', { unread: 120 }),
  row('r4', '독서 모임 (11월)', { roomPublic: 'INVISIBLE' }),
  row('r5', '공지', { roomPublic: 'OBSERVER', unread: 1, status: 'WARNING' }),
  row('r6', '지난 워크숍', { roomStatus: 'ENDED' }),
  row('r7', '자유 게시판', { status: 'VOID' }),
];

export const lobby = [
  row('r1', '한강 산책 모임', { description: room.description, onlineCount: 5 }),
  row('r2', 'Release planning', { roomPublic: 'PRIVATE', mayJoin: true, asks: true, description: 'Dates, owners and what still has to be decided.', role: null, status: null, unread: null }),
  row('r3', '점심 뭐 먹지', { mayJoin: true, onlineCount: 23, roomMembersCount: 1_204, capacity: 2_000, role: null, status: null, unread: null }),
  row('r4', '자전거 한강 라이딩', { mayJoin: true, isFull: true, roomMembersCount: 50, role: null, status: null, unread: null }),
  row('r5', '공지', { roomPublic: 'OBSERVER', unread: 7 }),
];

/** @param {number} seq @param {{id: string, nickname: string}} member @param {number} minutes before now @param {string} body @param {object} [more] @returns {any} */
function said(seq, member, minutes, body, more) {
  return { op: 'message', room: 'r1', seq, id: `id${seq}`, ts: at(minutes), type: 'TEXT', member, body, ...more };
}

const event = (/** @type {string} */ name, more = {}) => ({ type: 'SYSTEM', event: name, ...more });

export const conversation = [
  said(1, JIEUN, 1_500, '내일 아침 몇 시에 볼까요?'),
  said(2, JIEUN, 1_499, '저는 8시도 괜찮아요 🙂'),
  said(3, MINSU, 1_470, '8시는 좀 이르지 않나요… 전철 첫차를 타도 8시 반쯤 도착할 것 같아서, 가능하면 9시에 여의나루역 2번 출구에서 만나면 좋겠습니다.'),
  said(4, ME, 1_469, '9시 좋아요'),
  said(5, ADA, 60, '', event('joined')),
  said(6, { id: 'k', nickname: '강산' }, 59, '', event('joined')),
  said(7, ADA, 42, 'Good morning! Is this where we meet? https://example.org/maps/yeouinaru?exit=2'),
  said(8, ADA, 41, 'for (const walker of walkers) {\n  walker.bring(\'water\');\n}'),
  said(9, JIEUN, 40, '🎉🎉'),
  said(10, MINSU, 20, '', { deleted: true }),
  said(11, ME, 6, '지금 출발합니다'),
  said(12, ME, 5, 'ㅋㅋㅋ 벌써 늦었네요'),
  said(13, JIEUN, 3, '천천히 오세요. 따뜻한 거 사 둘게요.'),
  said(14, ADA, 2, 'I brought cake for everybody 🍰'),
];

const waiting = (/** @type {string} */ cid, /** @type {string} */ body, /** @type {string} */ state, more = {}) => ({ cid, room: 'r1', body, state, created: NOW - 10_000, ...more });

export const onItsWay = /** @type {any[]} */ ([
  waiting('c1', '오프라인에서 쓴 글', 'queued'),
  waiting('c2', '보내는 중인 글', 'sending'),
  waiting('c3', '너무 빨리 쓴 글', 'waiting', { until: NOW + 3_000 }),
  waiting('c4', '내보내진 뒤에 쓴 글', 'failed', { code: 'not_member', reason: '이 방의 참여자가 아닙니다.' }),
  waiting('c5', '어제 쓰고 보내지 못한 글', 'stale'),
]);

const person = (/** @type {{id: string, nickname: string}} */ member, more = {}) => ({
  ...member, status: 'ALIVE', role: 'MEMBER', joinDateTime: '2026-03-01T00:00:00Z', voidUntil: null, online: false, mayModerate: false, mayAppoint: false, ...more,
});

/** What the server would say to a component's question. @returns {any} */
export function answers(/** @type {string} */ path) {
  if (path.includes('/member')) {
    return { last: true, content: [
      person(JIEUN, { role: 'SYSOP', online: true }), person(ME, { online: true }), person(ADA, { online: true, mayModerate: true }),
      person(MINSU, { status: 'WARNING', mayModerate: true }), person({ id: 'q', nickname: '강산' }, { role: 'OBSERVER', mayModerate: true }),
      person({ id: 'v', nickname: '도배왕' }, { status: 'VOID', voidUntil: at(-4_320), mayModerate: true }),
    ] };
  }
  if (path.includes('/request')) return { content: [{ id: 'x', nickname: 'Margarethe', askedAt: at(12) }, { id: 'y', nickname: '서준', askedAt: at(90) }] };
  if (path.includes('/invitation')) return { content: [{ id: 'i', url: null, maxUses: 10, uses: 3, expiresAt: at(-2_880) }] };
  return {};
}
