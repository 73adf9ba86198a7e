"""Everybody in their place in a room, so that the table can be walked from outside: over REST and over the socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from pac.accounts.model import MemberId
from pac.clock import HOUR_MS, Instant
from pac.errors import Refusal
from pac.ids import IdSource
from pac.messages.log import MessageLog
from pac.messages.model import Cid, DeletedBy, Entry, MessageType, Seq
from pac.rooms.model import Membership, Room, RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.rooms.rules import Action, Relation
from pac.rooms.store import RoomTransaction
from pac.transactions import Database
from tests.rooms.test_rules import expected

STANDINGS = {
    "owner": (RoomRole.SYSOP, RoomMemberStatus.ALIVE),
    "sysop": (RoomRole.SYSOP, RoomMemberStatus.ALIVE),
    "member": (RoomRole.MEMBER, RoomMemberStatus.ALIVE),
    "observer": (RoomRole.OBSERVER, RoomMemberStatus.ALIVE),
    "warned": (RoomRole.MEMBER, RoomMemberStatus.WARNING),
    "banned": (RoomRole.MEMBER, RoomMemberStatus.VOID),
    "exited": (RoomRole.MEMBER, RoomMemberStatus.EXITED),
}
PEOPLE = [*STANDINGS, "none", "admin"]
TARGET = "target"
"""A member beside them, to whom things are done."""

LETTERS = {
    RoomRole.SYSOP: Relation.SYSOP,
    RoomRole.MEMBER: Relation.MEMBER,
    RoomRole.OBSERVER: Relation.OBSERVER,
}
SEQ_OF = {who: Seq(number) for number, who in enumerate([TARGET, *PEOPLE], 1)}
"""The message of each in the log; every one of them is deleted already, so that whoever may delete it is answered
at once."""


class Somebody(Protocol):
    @property
    def id(self) -> MemberId: ...

    @property
    def nickname(self) -> str: ...


@dataclass(frozen=True)
class Place:
    """One of PEOPLE, and the room they are looked at in."""

    who: str
    public: RoomPublic
    status: RoomStatus

    @property
    def letters(self) -> set[Relation]:
        role, status = STANDINGS.get(self.who, (None, RoomMemberStatus.EXITED))
        joined = role is not None and status is not RoomMemberStatus.EXITED
        found = {LETTERS[role]} if joined and role is not None else {Relation.NONE}
        if self.who == "owner":
            found.add(Relation.OWNER)
        return found | ({Relation.ADMIN} if self.who == "admin" else set())

    def refusal(self, action: Action) -> type[Refusal] | None:
        """What the page says."""
        return expected(self.letters, action, self.public, self.status, banned=self.who == "banned")

    def refusal_to_delete_own(self) -> type[Refusal] | None:
        """Who may delete any message may delete their own, also where they no longer write; else as `send`."""
        return self.refusal(Action.SEND) if self.refusal(Action.DELETE_ANY) else None


PLACES = [Place(*place) for place in product(PEOPLE, RoomPublic, RoomStatus)]


def secret_of(room_id: RoomId) -> str:
    """The one body in the log of a furnished room; who may not read it must not be shown it."""
    return f"between us in {room_id}"


async def furnish(
    database: Database[RoomTransaction],
    log: MessageLog,
    people: Mapping[str, Somebody],
    public: RoomPublic,
    status: RoomStatus,
    *,
    now: Instant,
    ids: IdSource,
    standings: Mapping[str, tuple[RoomRole, RoomMemberStatus]] = STANDINGS,
) -> RoomId:
    """A room with everybody in their place, a message of each of them, and one that can be read."""
    room = Room(RoomId(ids.room_id()), "Plaza", "", None, 100, public, status, people["owner"].id, now)
    async with database.writing() as tx:
        await tx.rooms.add(room)
        for name, (role, standing) in {**standings, TARGET: STANDINGS["member"]}.items():
            until = Instant(now + HOUR_MS) if standing is RoomMemberStatus.VOID else None
            member = people[name]
            await tx.rooms.save_membership(
                Membership(room.id, member.id, member.nickname, role, standing, now, void_until=until)
            )
    said = [(people[name], "", DeletedBy.AUTHOR) for name in SEQ_OF]
    await log.append(
        [
            Entry(
                room.id, Seq(number), ids.uuid7(now), now, MessageType.TEXT, author.id, author.nickname,
                Cid(f"c{number}"), body, deleted=deleted,
            )
            for number, (author, body, deleted) in enumerate(
                [*said, (people[TARGET], secret_of(room.id), None)], 1
            )
        ]
    )  # fmt: skip
    return room.id
