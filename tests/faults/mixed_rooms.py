"""Rooms in which everything happens at once: people talk, come and go, and those who run the rooms change them.

Each room has one host, who alone changes rights there, one change after the other: so it is always known who may
read, and the record can say when a right was lost and when it was given back. Talkers do all the rest, each on
their own, and lose their connections now and then.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tests.history.model import Deletion, Removed, Restored
from tests.history.recorder import Recorder
from tests.second.client import Broken, Client, Refused
from tests.second.recording import Recording
from tests.second.rest import Account, Problem

BAN_S = 2.6
"""Longer than the 2 s in which a lost right reaches every socket, so that a leak would show before it lapses."""
LAPSE_MARGIN_S = 0.1
GRANTED_WITHIN_S = 5.0
READABLE_BY_ALL = "OBSERVER"


class Place(StrEnum):
    OUT = "out"
    IN = "in"
    BANNED = "banned"


@dataclass(slots=True)
class Talker:
    account: Account
    client: Client
    recording: Recording

    @property
    def id(self) -> str:
        return self.account.id


@dataclass(slots=True)
class Chat:
    """`done`: what has happened, by kind; `refused`: what was answered with a no, by kind and code."""

    recorder: Recorder
    talkers: list[Talker]
    pace_s: float
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    emptied: set[tuple[str, int]] = field(default_factory=set)

    def restored(self, member: str, room: str) -> None:
        self.recorder.note(Restored, member=member, room=room)

    def removed(self, member: str, room: str) -> None:
        self.recorder.note(Removed, member=member, room=room)


class Host:
    """The owner of one room; `places` is who is where in it."""

    def __init__(self, chat: Chat, owner: Talker, room: str, chance: random.Random) -> None:
        self.owner = owner
        self.room = room
        self.public = "AVAILABLE"
        self.places = {talker.id: Place.OUT for talker in chat.talkers}
        self.places[owner.id] = Place.IN
        self._chat = chat
        self._talkers = {talker.id: talker for talker in chat.talkers}
        self._chance = chance
        self._lapses: dict[str, float] = {}
        self._renames = 0

    @property
    def _rest(self) -> Account:
        return self.owner.account

    async def run(self, until: float) -> None:
        """Change after change, chosen by chance among what can be done now."""
        changes = {
            "join": (10, self._join),
            "exit": (4, self._exit),
            "kick": (3, self._kick),
            "ban": (3, self._ban),
            "timed_ban": (3, self._timed_ban),
            "unban": (4, self._unban),
            "role": (4, self._role),
            "rename": (2, self._rename),
            "visibility": (3, self._visibility),
            "look_in": (3, self._look_in),
        }
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            kind = self._chance.choices(list(changes), [weight for weight, _ in changes.values()])[0]
            await self._let_back()
            if await changes[kind][1]():
                self._chat.done[kind] += 1
            await asyncio.sleep(self._chance.uniform(0, 2 * self._chat.pace_s / 10))
        await self.finish()

    async def finish(self) -> None:
        """Wait until the timed bans have lapsed, and let those back in."""
        while self._lapses:
            await asyncio.sleep(max(0.0, min(self._lapses.values()) - asyncio.get_running_loop().time()))
            await self._let_back()

    def _one(self, place: Place) -> Talker | None:
        found = [
            member
            for member, where in self.places.items()
            if where is place and member != self.owner.id and member not in self._lapses
        ]
        return self._talkers[self._chance.choice(found)] if found else None

    async def _subscribe(self, talker: Talker) -> None:
        """Allowed, so it is granted: a Refused here is a finding."""
        async with asyncio.timeout(GRANTED_WITHIN_S):
            await talker.client.subscribe(self.room)

    def _may_read_no_longer(self, member: str) -> None:
        if self.public != READABLE_BY_ALL or self.places[member] is Place.BANNED:
            self._chat.removed(member, self.room)

    # Coming and going

    async def _join(self) -> bool:
        talker = self._one(Place.OUT)
        if talker is not None:
            await self.let_in(talker)
        return talker is not None

    async def let_in(self, talker: Talker) -> None:
        """By the way that this kind of room has."""
        self._chat.restored(talker.id, self.room)
        match self.public:
            case "INVISIBLE":
                await talker.account.accept_invitation(await self._rest.invite(self.room))
            case "PRIVATE":
                await talker.account.join(self.room)
                await self._rest.answer_request(self.room, talker.id, "ACCEPT")
            case _:
                await talker.account.join(self.room)
        self.places[talker.id] = Place.IN
        await self._subscribe(talker)

    async def _exit(self) -> bool:
        talker = self._one(Place.IN)
        if talker is None:
            return False
        await talker.account.exit(self.room)
        self.places[talker.id] = Place.OUT
        self._may_read_no_longer(talker.id)
        return True

    async def _kick(self) -> bool:
        talker = self._one(Place.IN)
        if talker is None:
            return False
        await self._rest.kick(self.room, talker.id)
        self.places[talker.id] = Place.OUT
        self._may_read_no_longer(talker.id)
        return True

    async def _look_in(self) -> bool:
        """Somebody who is not in it reads a room that anyone may read."""
        talker = self._one(Place.OUT)
        if talker is None or self.public != READABLE_BY_ALL or talker.client.reads(self.room):
            return False
        await self._subscribe(talker)
        return True

    # Bans

    async def _ban(self) -> bool:
        talker = self._one(Place.IN)
        if talker is None:
            return False
        await self._rest.change_member(self.room, talker.id, status="VOID", reason="a test")
        self.places[talker.id] = Place.BANNED
        self._may_read_no_longer(talker.id)
        return True

    async def _timed_ban(self) -> bool:
        talker = self._one(Place.IN)
        if talker is None:
            return False
        loop = asyncio.get_running_loop()
        lapses = loop.time() + BAN_S
        until = datetime.now(UTC) + timedelta(seconds=BAN_S)
        await self._rest.change_member(
            self.room,
            talker.id,
            status="VOID",
            voidUntil=until.isoformat().replace("+00:00", "Z"),
            reason="a test",
        )
        self.places[talker.id] = Place.BANNED
        self._may_read_no_longer(talker.id)
        # The clock gives the right back, and nobody is asked: it is noted a little before that.
        loop.call_at(lapses - LAPSE_MARGIN_S, self._chat.restored, talker.id, self.room)
        self._lapses[talker.id] = lapses + LAPSE_MARGIN_S
        return True

    async def _unban(self) -> bool:
        talker = self._one(Place.BANNED)
        if talker is None:
            return False
        self._chat.restored(talker.id, self.room)
        await self._rest.change_member(self.room, talker.id, status="ALIVE")
        self.places[talker.id] = Place.IN
        await self._subscribe(talker)
        return True

    async def _let_back(self) -> None:
        now = asyncio.get_running_loop().time()
        for member in [member for member, lapses in self._lapses.items() if lapses <= now]:
            del self._lapses[member]
            self.places[member] = Place.IN
            await self._subscribe(self._talkers[member])
            self._chat.done["lapse"] += 1

    # The room

    async def _role(self) -> bool:
        talker = self._one(Place.IN)
        if talker is None:
            return False
        role = self._chance.choice(["SYSOP", "MEMBER", "MEMBER", "OBSERVER"])
        await self._rest.change_member(self.room, talker.id, role=role)
        return True

    async def _rename(self) -> bool:
        self._renames += 1
        await self._rest.change_room(self.room, name=f"방 {self._renames}")
        return True

    async def _visibility(self) -> bool:
        public = self._chance.choice(["AVAILABLE", READABLE_BY_ALL, "PRIVATE", "INVISIBLE"])
        strangers = [member for member, place in self.places.items() if place is Place.OUT]
        if public == READABLE_BY_ALL:
            for member in strangers:
                self._chat.restored(member, self.room)
        await self._rest.change_room(self.room, public=public)
        was, self.public = self.public, public
        if was == READABLE_BY_ALL and public != READABLE_BY_ALL:
            for member in strangers:
                self._chat.removed(member, self.room)
        return was != public


async def talk(chat: Chat, talker: Talker, until: float, chance: random.Random) -> None:
    """Say something, look around, take it back, lose the connection; at the end every answer has come."""
    loop = asyncio.get_running_loop()
    client = talker.client
    said: list[tuple[str, int]] = []
    number = 0
    while loop.time() < until:
        await asyncio.sleep(chance.uniform(0.2, 1.8) * chat.pace_s)
        rooms = [room for room in client.rooms if client.reads(room)]
        if not rooms:
            continue
        room = chance.choice(rooms)
        kind = chance.choices(["send", "delete", "read", "typing", "presence", "cut"], [60, 8, 8, 4, 4, 5])[0]
        try:
            match kind:
                case "send":
                    number += 1
                    answer = await client.send(room, f"{talker.account.username} {number}")
                    said.append((room, answer["seq"]))
                case "delete":
                    if not said:
                        continue
                    await _delete(chat, talker, *said.pop(chance.randrange(len(said))), chance)
                case "read":
                    client.read(room, chance.randint(1, max(1, client.rooms[room].last)))
                case "typing":
                    client.typing(room)
                case "presence":
                    await client.presence(room)
                case "cut":
                    client.cut()
        except Refused as refused:
            chat.refused[f"{kind} {refused.code}"] += 1
        except Problem as problem:
            chat.refused[f"{kind} {problem.status}"] += 1
        except Broken:
            chat.refused[f"{kind} broken"] += 1
        else:
            chat.done[kind] += 1


async def _delete(chat: Chat, talker: Talker, room: str, seq: int, chance: random.Random) -> None:
    """By the socket or by REST: it is the same deletion."""
    chat.recorder.note(Deletion, room=room, seq=seq)
    if chance.random() < 0.5:
        await talker.client.delete(room, seq)
    else:
        await talker.account.delete(room, seq)
    chat.emptied.add((room, seq))
