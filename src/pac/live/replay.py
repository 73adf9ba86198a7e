"""Bring the subscriptions of one socket up to the head of their rooms, page by page, as fast as it reads.

Pages are taken from the room's ring, or from the log for all who wait for the same (live/rings.py). A replay is
pulled, never queued whole: a page is taken when the outbox is open, and a socket that takes nothing costs one. One
such run per socket at a time; it ends when everything is live or the outbox is full, and is started again when the
outbox drains, an own send is answered, or a subscription falls behind.
"""

import asyncio
from collections.abc import Iterable

from pac import telemetry
from pac.errors import Unavailable
from pac.live.broadcaster import Broadcaster
from pac.live.connection import Connection, State
from pac.live.disconnects import Disconnect
from pac.live.outbox import Verdict
from pac.live.rings import Ring, Rings
from pac.live.subscriptions import Progress, Subscription
from pac.messages.model import Entry

PAGE_BYTES = 65_536
RETRY_S = 1.0
TRIES = 30


class Replay:
    def __init__(self, rings: Rings, broadcaster: Broadcaster) -> None:
        self._rings = rings
        self._broadcaster = broadcaster

    async def run(self, connection: Connection) -> Disconnect | None:
        """Until nothing is left that could be sent now. A code when the connection cannot go on."""
        failures = 0
        while connection.state is State.OPEN and connection.outbox.is_open:
            behind = [sub for sub in connection.subscriptions.values() if self._wants(sub)]
            if not behind:
                return None
            moved = False
            for subscription in behind:
                try:
                    moved |= await self._step(subscription)
                    failures = 0
                except Unavailable:
                    failures += 1
                    if failures >= TRIES:
                        return Disconnect.OVERLOADED
                    await asyncio.sleep(RETRY_S)
                    moved = True
            if not moved:
                return None
        return None

    def at_once(self, connection: Connection) -> bool:
        """Send what the rings have, as far as the outbox is open. True when nothing is left behind: most of a crowd
        that comes back is live again with no task of its own."""
        while connection.state is State.OPEN and connection.outbox.is_open:
            behind = [sub for sub in connection.subscriptions.values() if self._wants(sub)]
            if not behind:
                return True
            for subscription in behind:
                if self._broadcaster.attach(subscription):
                    continue
                ring = self._rings.covering(subscription.room_id, subscription.cursor)
                if ring is None or not self._send(subscription, ring):
                    return False
        return False

    @staticmethod
    def _wants(subscription: Subscription) -> bool:
        return subscription.progress is Progress.BEHIND and subscription not in subscription.readers.ahead

    async def _step(self, subscription: Subscription) -> bool:
        """Send one page. False when nothing can be done before something else happens."""
        if self._broadcaster.attach(subscription):
            return True
        cursor = subscription.cursor
        ring = await self._rings.after(subscription.room_id, cursor)
        if subscription.progress is not Progress.BEHIND or subscription.cursor != cursor:
            return True  # ended, or moved by another hand, while the page was read
        if ring is None:
            return False  # the head is told of before the log shows it, never for long
        if not ring.covers(cursor):
            return True  # it went on while this one waited for it
        return self._send(subscription, ring)

    def _send(self, subscription: Subscription, ring: Ring) -> bool:
        """One page of a ring that covers the cursor. False where an own send waits, or the outbox is full."""
        connection, cursor = subscription.connection, subscription.cursor
        entries = self._sendable(connection, ring.after(cursor))
        if not entries:
            return False  # an own send waits for its ok
        frames = ring.frames(connection.dialect, cursor, entries[-1].seq)
        if connection.outbox.entries(frames, subscription, cursor) is Verdict.QUEUED:
            telemetry.deliveries.inc(len(entries))
            subscription.cursor = entries[-1].seq
            self._broadcaster.attach(subscription)
            return True
        return False

    @staticmethod
    def _sendable(connection: Connection, entries: Iterable[Entry]) -> list[Entry]:
        """The first entries that fit a page, up to an own send whose `ok` is not out yet (PROTOCOL §3, send)."""
        sendable: list[Entry] = []
        size = 0
        for entry in entries:
            size += 4 * len(entry.body)
            if sendable and size > PAGE_BYTES:
                break
            own = connection.actor is not None and entry.member_id == connection.actor.id
            if own and (entry.room_id, entry.cid) in connection.in_flight:
                break
            sendable.append(entry)
        return sendable
