// @ts-check
/**
 * The words the modules of live/ share. Types only: nothing here runs.
 *
 * @typedef {{op: string, id?: string, room?: string, code?: string, message?: string, retry_after_ms?: number,
 *   [field: string]: any}} Frame one object of pac.v2.json, in either direction
 *
 * @typedef {'connecting' | 'open' | 'waiting' | 'ended'} State
 * @typedef {{why: 'sign-in' | 'stop', code: number}} Ended
 *
 * @typedef {'queued' | 'sending' | 'waiting' | 'failed' | 'stale'} ItemState
 *
 * @typedef {object} Item what was written and is not stored yet, as it is shown
 * @property {string} cid
 * @property {string} room
 * @property {string} body
 * @property {ItemState} state
 * @property {number} created ms; what was written later has more, also within one millisecond
 * @property {string} [reason] why it failed, in the member's language; empty when it never left the browser
 * @property {string} [code] why it failed, as an error code of the protocol
 * @property {number} [until] ms, when a waiting one sends itself
 *
 * @typedef {Item & {uid: string, tab?: string}} Row an item as it is kept: whose it is, and which tab sends it
 *
 * @typedef {{all: () => Promise<Row[]>, put: (row: Row) => Promise<void>, remove: (cid: string) => Promise<void>,
 *   durable: boolean}} OutboxStore `durable`: what was put is there after a restart
 *
 * @typedef {{before?: number, after?: number, limit?: number}} Range
 * @typedef {{messages: Frame[], more: boolean}} Page
 *
 * @typedef {object} Env what is taken from the browser
 * @property {new (url: string, protocol: string) => WebSocket} WebSocket
 * @property {(call: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now ms since 1970
 * @property {() => number} random 0 ≤ x < 1
 * @property {(count: number) => Uint8Array} bytes random ones
 * @property {Pick<LockManager, 'request' | 'query'> | null} locks
 * @property {((name: string) => Channel) | null} channel to the other tabs
 * @property {Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'> | null} storage of all tabs
 * @property {Pick<Storage, 'getItem' | 'setItem'> | null} session this tab's, kept over a reload
 * @property {(call: (key: string | null) => void) => void} onStorage another tab has changed `storage` there
 * @property {boolean} unsafe what is in the outbox would not survive this page: warn before it is left
 *
 * @typedef {{post: (message: any) => void, hear: (call: (message: any) => void) => void, close: () => void}} Channel
 */

export {};
