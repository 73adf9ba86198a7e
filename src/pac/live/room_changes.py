"""What a change of a room or a membership means for the sockets of this node.

First the rights: a subscription gets its new standing, and ends when that no longer lets it read. Then the news:
`membership` to every socket of the member it is about, and, at most once a second and room, `room` to those who
read it, with the fields that are different now or have been meanwhile.
"""

from typing import TYPE_CHECKING

from pac.accounts.model import MemberId
from pac.clock import rfc3339
from pac.errors import Banned, Hidden, Refusal
from pac.live.commands.unsubscribe import end_subscription
from pac.live.connection import Connection
from pac.live.frames import Opcode, framed
from pac.live.protocol import MembershipChanged, Person, RoomChanged, Unsubscribed, encode
from pac.live.subscriptions import Progress
from pac.rooms.access import Standing, allowed, may
from pac.rooms.changes import Change
from pac.rooms.events import Fact
from pac.rooms.model import Membership, Room, RoomId
from pac.rooms.rules import Action

if TYPE_CHECKING:
    from pac.live.node import Node

TELL_EVERY_S = 1.0
MEMBERS_PAGE = 1_000

_OF_THE_ROOM = frozenset({Fact.RENAMED, Fact.CHANGED, Fact.ENDED, Fact.VOIDED, Fact.UNVOIDED})
_OF_REQUESTS = frozenset({Fact.ASKED, Fact.ACCEPTED, Fact.REFUSED})
_OF_THE_COUNT = frozenset({Fact.JOINED, Fact.LEFT, Fact.KICKED})
_SETTINGS = (
    "name", "description", "imageUrl", "capacity", "roomStatus", "roomPublic", "slowModeSeconds"
)  # fmt: skip
_ENDINGS = {Fact.LEFT: "left", Fact.KICKED: "kicked"}
"""What ends a subscription whatever the room lets strangers do."""


class RoomChanges:
    def __init__(self, node: "Node") -> None:
        self._node = node
        self._parts = node.parts
        self._untold: dict[RoomId, set[Fact]] = {}
        self._told: dict[RoomId, tuple[float, RoomChanged]] = {}
        """When a room's readers were last told, and how it was then; of rooms that are read here."""

    async def apply(self, change: Change, room_id: RoomId) -> None:
        fact = change.fact
        if fact is Fact.DELETED:
            return  # the log tells it
        if self._node.subscriptions.readers(room_id) is not None:
            self._untold.setdefault(room_id, set()).add(fact or Fact.CHANGED)
        if fact is None or fact in _OF_THE_ROOM:
            await self._room_changed(room_id, fact)
        else:
            await self._member_changed(room_id, change.member_id, fact)

    # Rights

    async def _room_changed(self, room_id: RoomId, fact: Fact | None) -> None:
        async with self._parts.database.reading() as tx:
            room = await tx.rooms.by_id(room_id)
        if room is None:
            return
        readers = self._node.subscriptions.readers(room_id)
        for subscription in list(readers) if readers else []:
            standing = subscription.standing
            membership = standing.membership if standing else None
            self._revise(
                subscription.connection,
                room_id,
                Standing(room, membership),
                ending="ended" if fact is Fact.ENDED else None,
            )
        if fact is Fact.ENDED:
            for member_id in await self._connected_members_of(room_id):
                self._tell_member(member_id, MembershipChanged(room_id, Fact.ENDED))

    async def _member_changed(self, room_id: RoomId, member_id: MemberId, fact: Fact) -> None:
        sockets = self._node.sockets.of_member(member_id)
        if not sockets:
            return
        async with self._parts.database.reading() as tx:
            room = await tx.rooms.by_id(room_id)
            membership = await tx.rooms.membership(room_id, member_id)
        if room is None:
            return
        for socket in sockets:
            self._revise(socket.connection, room_id, Standing(room, membership), ending=_ENDINGS.get(fact))
        self._tell_member(member_id, self._news(room_id, fact, membership))

    def _revise(
        self, connection: Connection, room_id: RoomId, standing: Standing, *, ending: str | None
    ) -> None:
        """Give a subscription its new standing, and end it when that no longer lets it read."""
        subscription = connection.subscriptions.get(room_id)
        if subscription is None or connection.actor is None:
            return
        if subscription.progress is Progress.PENDING:
            subscription.stale = True
            return
        subscription.standing = standing
        code = ending
        try:
            allowed(connection.actor, standing, Action.SUBSCRIBE, self._parts.clock.now())
        except Banned:
            code = "banned"
        except Hidden:
            code = code or "gone"
        except Refusal:
            code = code or "forbidden"
        if code is not None and end_subscription(self._node, connection, room_id):
            frame = Unsubscribed(room_id, code)  # type: ignore[arg-type]
            self._node.perform(connection, connection.answer(frame))

    # News

    def _news(self, room_id: RoomId, fact: Fact, membership: Membership | None) -> MembershipChanged:
        if membership is None or not membership.is_present:
            return MembershipChanged(room_id, fact)
        until = membership.void_until
        return MembershipChanged(
            room_id,
            fact,
            role=membership.role,
            status=membership.status_at(self._parts.clock.now()),
            until=None if until is None else rfc3339(until),
        )

    def _tell_member(self, member_id: MemberId, frame: MembershipChanged) -> None:
        for socket in self._node.sockets.of_member(member_id):
            socket.perform(socket.connection.answer(frame))

    async def _connected_members_of(self, room_id: RoomId) -> list[MemberId]:
        connected = set(self._node.sockets.members())
        found: list[MemberId] = []
        offset = 0
        async with self._parts.database.reading() as tx:
            while page := await tx.rooms.memberships(room_id, limit=MEMBERS_PAGE, offset=offset):
                found += [membership.member_id for membership in page if membership.member_id in connected]
                offset += len(page)
        return found

    async def tell(self) -> None:
        """Tell the readers of rooms what is different; rooms told less than TELL_EVERY_S ago wait."""
        now = self._node.now()
        for room_id in list(self._told):
            if self._node.subscriptions.readers(room_id) is None:
                del self._told[room_id]
        for room_id in list(self._untold):
            told_at, before = self._told.get(room_id, (-TELL_EVERY_S, None))
            if now - told_at < TELL_EVERY_S:
                continue
            facts = self._untold.pop(room_id)
            await self._tell_readers(room_id, before, facts)

    async def _tell_readers(self, room_id: RoomId, before: RoomChanged | None, facts: set[Fact]) -> None:
        asks_changed = bool(facts & (_OF_REQUESTS | {Fact.JOINED}))
        async with self._parts.database.reading() as tx:
            room = await tx.rooms.by_id(room_id)
            if room is None:
                return
            count = await tx.rooms.count_present(room_id)
            owner = await tx.accounts.by_id(room.owner_id)
            asking = (await tx.admissions.requests(room_id, number=0, size=1)).total if asks_changed else 0
        readers = self._node.subscriptions.readers(room_id)
        if readers is None:
            return
        state = _state(room, count, Person(room.owner_id, owner.nickname if owner else ""))
        self._told[room_id] = self._node.now(), state
        difference = _difference(before, state, _touched(facts))
        frame = None if difference is None else framed(Opcode.TEXT, encode(difference))
        now = self._parts.clock.now()
        for subscription in list(readers):
            connection, standing = subscription.connection, subscription.standing
            if standing is None or connection.actor is None:
                continue
            if frame is not None:
                self._node.perform(connection, connection.tell(frame))
            if asks_changed and may(connection.actor, standing, Action.ADMIT, now):
                self._node.perform(connection, connection.answer(RoomChanged(room_id, requests=asking)))


def _state(room: Room, count: int, owner: Person) -> RoomChanged:
    """Everything that `room` can say, under the names of GET room."""
    return RoomChanged(
        room=room.id,
        name=room.name,
        description=room.description,
        imageUrl=room.image_url,
        capacity=room.capacity,
        roomMembersCount=count,
        roomStatus=room.status,
        roomPublic=room.public,
        slowModeSeconds=room.slow_mode_s,
        owner=owner,
    )


def _touched(facts: set[Fact]) -> set[str]:
    """The fields that were changed, be it forth and back: whoever has loaded the room in between holds what they
    were then, and these frames alone can tell that they are not."""
    names: set[str] = set()
    if facts & _OF_THE_ROOM:
        names.update(_SETTINGS)
    if facts & _OF_THE_COUNT:
        names.add("roomMembersCount")
    if Fact.OWNER in facts:
        names.add("owner")
    return names


def _difference(before: RoomChanged | None, after: RoomChanged, touched: set[str]) -> RoomChanged | None:
    """The fields that are not as they were, and the touched ones; all of them when it is not known how they were."""
    if before is None:
        return after
    changed = {
        name: getattr(after, name)
        for name in after.__struct_fields__
        if name != "room" and (name in touched or getattr(after, name) != getattr(before, name))
    }
    return RoomChanged(after.room, **changed) if changed else None
