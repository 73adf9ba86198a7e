"""The product as the model speaks of it: people by name, rooms and invitations by number, outcomes as a word.

The real actions on the real SQLite adapters, as REST and the socket call them; only HTTP is left out. One event
loop is held open between the calls, with the log's writer on it.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from pac.accounts.model import Actor, AppRole, Member, MemberId
from pac.adapters.local.broker import LocalBroker
from pac.adapters.local.intake import LocalIntake
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.clock import Instant
from pac.errors import CidConflict, Refusal, StoreUnavailable
from pac.ids import SeededIds
from pac.messages.access import Range, read_history
from pac.messages.appender import FactAppender, Round
from pac.messages.deletion import delete_message
from pac.messages.facts import Outbox
from pac.messages.intake import Answer
from pac.messages.model import Cid, Draft, Entry, LogPage, MessageType, Seq
from pac.rooms.access import access_room
from pac.rooms.actions import (
    RoomChange,
    RoomFields,
    change_room,
    create_room,
    end_room,
    exit_room,
    hand_over,
    join_room,
)
from pac.rooms.administration import end_by_administrator, unvoid_room, void_room
from pac.rooms.admission import Decision, accept_invitation, answer_request, invite, revoke_invitation
from pac.rooms.events import RoomFact
from pac.rooms.model import (
    Invitation,
    JoinRequest,
    LobbySort,
    Membership,
    Room,
    RoomId,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomRow,
)
from pac.rooms.moderation import give_role, kick, note_ends_of_bans, set_status
from pac.rooms.rules import Action, slow_mode_s
from pac.rooms.store import RoomTransaction
from pac.transactions import Listeners
from tests.support.clock import START, SteppedClock

T = TypeVar("T")
NOWHERE = RoomId("f" * 32)
WHY = "because the model says so"


class ForgetfulOutbox:
    """An outbox whose process dies between the append and the removal, when it is told to."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.dies = False

    async def pending(self, limit: int) -> Sequence[RoomFact]:
        return await self._outbox.pending(limit)

    async def remove(self, fact_ids: Sequence[str]) -> None:
        if self.dies:
            raise StoreUnavailable("cut off")
        await self._outbox.remove(fact_ids)


@dataclass
class Inside:
    """A room and all that stands in the database about it."""

    room: Room
    places: Sequence[Membership]
    count: int
    asking: Sequence[JoinRequest]
    links: Sequence[Invitation]


class Product:
    def __init__(self, folder: Path, migrated: Path) -> None:
        self.folder = folder
        self.clock = SteppedClock()
        self.ids = SeededIds(20261123)
        self.actors: dict[str, Actor] = {}
        self.rooms: list[RoomId] = []
        self.invitations: list[tuple[str, str]] = []
        self.loop = uvloop.new_event_loop()
        shutil.copy(migrated, folder / migrated.name)
        self.open()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def now(self) -> Instant:
        return self.clock.now()

    def open(self) -> None:
        self.database = SqlDatabase(sqlite_url(self.folder), Listeners())
        self.log = SqliteMessageLog(
            self.folder, clock=self.clock, ids=self.ids, on_fatal=lambda _: None, readers=1
        )
        self.wait(self.log.open())
        # Nothing of a step waits for the time: the writer's watch over it sleeps until it is cancelled.
        self.intake = LocalIntake(
            self.log, LocalBroker(), clock=self.clock, ids=self.ids, wait=lambda _: asyncio.sleep(3_600)
        )
        self._writing = self.loop.create_task(self.intake.run())
        self._watched = sqlite3.connect(f"{sqlite_url(self.folder).database}", isolation_level=None)
        self.outbox = ForgetfulOutbox(SqlOutbox(self.database))
        self.appender = FactAppender(self.outbox, self.intake, ids=self.ids, before_append=_nothing)

    def close(self) -> None:
        async def stop() -> None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing
            await self.log.close()
            await self.database.close()

        self._watched.close()
        self.wait(stop())

    def finish(self) -> None:
        self.close()
        self.loop.close()

    # What came of it

    def told(self, work: Callable[[], Awaitable[str | None]]) -> str:
        async def outcome() -> str:
            try:
                return await work() or "ok"
            except Refusal as refusal:
                return refusal.code

        return self.wait(outcome())

    def changed(self, work: Callable[[RoomTransaction], Awaitable[str | None]]) -> str:
        async def change() -> str | None:
            async with self.database.writing() as tx:
                return await work(tx)

        return self.told(change)

    def room(self, number: int) -> RoomId:
        return self.rooms[number] if 0 <= number < len(self.rooms) else NOWHERE

    def member(self, name: str) -> MemberId:
        return MemberId(f"id-of-{name}")

    async def top(self, number: int) -> int:
        room_id = self.room(number)
        return (await self.log.positions([room_id]))[room_id].top

    # Verbs

    def sign_up(self, name: str, *, admin: bool = False) -> str:
        role = AppRole.ROLE_ADMIN if admin else AppRole.ROLE_USER
        member = Member(self.member(name), name, name.title(), role, self.now)

        async def work(tx: RoomTransaction) -> str | None:
            await tx.accounts.add(member, None)
            self.actors[name] = member.actor
            return None

        return self.changed(work)

    def create(self, who: str, name: str, capacity: int, public: str, slow: int) -> str:
        fields = RoomFields(name, capacity=capacity, public=RoomPublic(public), slow_mode_s=slow)

        async def work(tx: RoomTransaction) -> str | None:
            room, _ = await create_room(tx, self.actors[who], fields, now=self.now, ids=self.ids)
            self.rooms.append(room.id)
            return None

        return self.changed(work)

    def join(self, who: str, number: int) -> str:
        async def work(tx: RoomTransaction) -> str | None:
            joined = await join_room(
                tx,
                self.actors[who],
                self.room(number),
                now=self.now,
                ids=self.ids,
                read_up_to=await self.top(number),
            )
            return "asked" if joined is None else None

        return self.changed(work)

    def answer(self, who: str, number: int, asker: str, *, accept: bool) -> str:
        async def work(tx: RoomTransaction) -> None:
            await answer_request(
                tx,
                self.actors[who],
                self.room(number),
                self.member(asker),
                Decision.ACCEPT if accept else Decision.REFUSE,
                now=self.now,
                ids=self.ids,
                read_up_to=await self.top(number),
            )

        return self.changed(work)

    def invite(self, who: str, number: int, most: int | None, hours: int | None) -> str:
        async def work(tx: RoomTransaction) -> None:
            invitation, token = await invite(
                tx,
                self.actors[who],
                self.room(number),
                max_uses=most,
                expires_in_hours=hours,
                now=self.now,
                ids=self.ids,
            )
            self.invitations.append((invitation.id, token))

        return self.changed(work)

    def revoke(self, who: str, number: int, which: int) -> str:
        name = self.invitations[which][0] if which < len(self.invitations) else "none"

        async def work(tx: RoomTransaction) -> None:
            await revoke_invitation(tx, self.actors[who], self.room(number), name, now=self.now, ids=self.ids)

        return self.changed(work)

    def accept(self, who: str, which: int, number: int) -> str:
        """`number`: the room it leads to, as the route finds it before it asks."""
        token = self.invitations[which][1] if which < len(self.invitations) else "none"

        async def work(tx: RoomTransaction) -> None:
            await accept_invitation(
                tx, self.actors[who], token, now=self.now, ids=self.ids, read_up_to=await self.top(number)
            )

        return self.changed(work)

    def exit(self, who: str, number: int) -> str:
        return self.changed(
            lambda tx: exit_room(tx, self.actors[who], self.room(number), now=self.now, ids=self.ids)
        )

    def kick(self, who: str, number: int, target: str) -> str:
        return self.changed(
            lambda tx: kick(
                tx, self.actors[who], self.room(number), self.member(target), now=self.now, ids=self.ids
            )
        )

    def set_status(self, who: str, number: int, target: str, status: str, until: int | None) -> str:
        async def work(tx: RoomTransaction) -> None:
            await set_status(
                tx,
                self.actors[who],
                self.room(number),
                self.member(target),
                RoomMemberStatus(status),
                until=None if until is None else Instant(START + until),
                now=self.now,
                ids=self.ids,
            )

        return self.changed(work)

    def note_bans(self) -> int:
        async def work(tx: RoomTransaction) -> str:
            return str(await note_ends_of_bans(tx, now=self.now, ids=self.ids))

        return int(self.changed(work))

    def give_role(self, who: str, number: int, target: str, role: str) -> str:
        async def work(tx: RoomTransaction) -> None:
            await give_role(
                tx,
                self.actors[who],
                self.room(number),
                self.member(target),
                RoomRole(role),
                now=self.now,
                ids=self.ids,
            )

        return self.changed(work)

    def hand_over(self, who: str, number: int, target: str) -> str:
        async def work(tx: RoomTransaction) -> None:
            await hand_over(
                tx, self.actors[who], self.room(number), self.member(target), now=self.now, ids=self.ids
            )

        return self.changed(work)

    def change(self, who: str, number: int, wanted: dict[str, Any]) -> str:
        fields = dict(wanted)
        if "public" in fields:
            fields["public"] = RoomPublic(fields["public"])
        if "slow" in fields:
            fields["slow_mode_s"] = fields.pop("slow")

        async def work(tx: RoomTransaction) -> None:
            await change_room(
                tx, self.actors[who], self.room(number), RoomChange(**fields), now=self.now, ids=self.ids
            )

        return self.changed(work)

    def end(self, who: str, number: int, *, as_administrator: bool) -> str:
        end = end_by_administrator if as_administrator else end_room

        async def work(tx: RoomTransaction) -> None:
            await end(tx, self.actors[who], self.room(number), now=self.now, ids=self.ids)

        return self.changed(work)

    def void(self, who: str, number: int, *, undo: bool) -> str:
        void = unvoid_room if undo else void_room

        async def work(tx: RoomTransaction) -> None:
            await void(tx, self.actors[who], self.room(number), WHY, now=self.now, ids=self.ids)

        return self.changed(work)

    # The log

    def send(
        self, who: str, number: int, cid: str, body: str, reply_to: int | None
    ) -> tuple[str, int, int | None]:
        """Decided, numbered and stored; the outcome, the seq, and the slow mode that would hold the sender."""
        actor, room_id = self.actors[who], self.room(number)
        said: tuple[int, int | None] = (0, None)

        async def work() -> str:
            nonlocal said
            async with self.database.reading() as tx:
                standing = await access_room(tx, actor, room_id, Action.SEND, self.now)
            slow = slow_mode_s(standing.room, standing.membership, self.now)
            draft = Draft(
                room_id,
                actor.id,
                actor.nickname,
                Cid(cid),
                MessageType.TEXT,
                body,
                reply_to=None if reply_to is None else Seq(reply_to),
            )
            answer: asyncio.Future[Answer] = self.loop.create_future()
            self.intake.submit(draft, answer.set_result)
            outcome = await answer
            if isinstance(outcome, CidConflict):
                raise outcome
            assert not isinstance(outcome, Exception), outcome
            said = (outcome.seq, slow)
            return "dup" if outcome.duplicate else "ok"

        return self.told(work), *said

    def delete(self, who: str, number: int, seq: int) -> str:
        async def carried(_: float) -> None:
            await self._carry()

        return self.told(
            lambda: delete_message(
                self.database,
                self.log,
                self.actors[who],
                self.room(number),
                Seq(seq),
                now=self.now,
                ids=self.ids,
                wait=carried,
            )
        )

    async def _carry(self) -> None:
        while True:
            came_of_it = await self.appender.append_pending()
            assert came_of_it is not Round.STUCK
            if came_of_it is Round.EMPTY:
                return

    def carry(self) -> None:
        self.wait(self._carry())

    def carry_and_die(self) -> None:
        """The facts are in the log, and the outbox has them still."""
        self.outbox.dies = True
        try:
            self.wait(self.appender.append_pending())
        finally:
            self.outbox.dies = False

    def read(self, who: str, number: int, **part: Any) -> tuple[str, LogPage]:
        page = LogPage((), more=False)

        async def work() -> None:
            nonlocal page
            page = await read_history(
                self.database, self.log, self.actors[who], self.room(number), Range(**part), self.now
            )

        return self.told(work), page

    def mark_read(self, who: str, number: int, seq: int) -> str:
        async def work(tx: RoomTransaction) -> None:
            room_id = self.room(number)
            await access_room(tx, self.actors[who], room_id, Action.SUBSCRIBE, self.now)
            top = await self.top(number)
            await tx.rooms.note_read({(room_id, self.member(who)): min(seq, top)})

        return self.changed(work)

    def members(self, who: str, number: int) -> tuple[str, Sequence[Membership]]:
        found: Sequence[Membership] = ()

        async def work() -> None:
            nonlocal found
            async with self.database.reading() as tx:
                await access_room(tx, self.actors[who], self.room(number), Action.SUBSCRIBE, self.now)
                found = (await tx.rooms.members_page(self.room(number), number=0, size=100)).rows

        return self.told(work), found

    # What is there

    def version(self) -> int:
        """Another number once somebody has changed the database (https://sqlite.org/pragma.html, data_version)."""
        return int(self._watched.execute("PRAGMA data_version").fetchone()[0])

    def lobbies(self, viewers: Iterable[str]) -> dict[str, Sequence[RoomRow]]:
        """What each viewer sees."""

        async def ask() -> dict[str, Sequence[RoomRow]]:
            found: dict[str, Sequence[RoomRow]] = {}
            async with self.database.reading() as tx:
                for who in viewers:
                    page = await tx.rooms.lobby(
                        self.member(who), number=0, size=100, query="", sort=LobbySort.NEWEST
                    )
                    assert page.total == len(page.rows)
                    found[who] = page.rows
            return found

        return self.wait(ask())

    def joined(self, who: str) -> dict[RoomId, tuple[RoomRow, int | None]]:
        """The rooms of a member, and what is unread there; nothing is told to those who are banned."""

        async def ask() -> dict[RoomId, tuple[RoomRow, int | None]]:
            async with self.database.reading() as tx:
                rows = (await tx.rooms.joined_by(self.member(who), number=0, size=100)).rows
            cursors = {
                row.room.id: Seq(row.membership.read_seq)
                for row in rows
                if row.membership is not None and not row.membership.is_banned(self.now)
            }
            unread = await self.log.unread(cursors.items())
            count = {room_id: number for (room_id, _), number in unread.items()}
            return {row.room.id: (row, count.get(row.room.id)) for row in rows}

        return self.wait(ask())

    def inside(self, number: int) -> Inside:
        async def ask() -> Inside:
            room_id = self.rooms[number]
            async with self.database.reading() as tx:
                room = await tx.rooms.by_id(room_id)
                assert room is not None
                return Inside(
                    room,
                    await tx.rooms.memberships(room_id, limit=100),
                    await tx.rooms.count_present(room_id),
                    (await tx.admissions.requests(room_id, number=0, size=100)).rows,
                    (await tx.admissions.open_invitations(room_id, self.now, number=0, size=100)).rows,
                )

        return self.wait(ask())

    def entries(self, number: int) -> Sequence[Entry]:
        """A room's whole log."""
        return self.wait(self.log.read_after(self.rooms[number], Seq(0), 1_000)).entries

    def problems(self) -> Sequence[str]:
        return self.wait(self.log.problems())


async def _nothing() -> None:
    """There is no live service whose caches could be behind."""
