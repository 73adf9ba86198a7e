"""What rooms and their logs should do, in plain dicts and lists. Nothing of the product is imported here.

Every verb returns what the caller is told: "ok", or the code of the refusal. The table is the page's (table.py);
what the page says in prose is `_refusal` and the lines it is cited on.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.model.table import read_table

HOUR = 3_600_000
TABLE = read_table()
JOINED = {"S", "M", "O"}
READING = {"subscribe", "read_history"}
AFTER_THE_END = READING | {"know", "delete_any", "leave", "void", "break_glass"}
LOBBY = ("AVAILABLE", "OBSERVER", "PRIVATE")


@dataclass
class Person:
    name: str
    nickname: str
    admin: bool


@dataclass
class Place:
    """Somebody who is in a room now, the banned included."""

    role: str
    joined_at: int
    status: str = "ALIVE"
    until: int | None = None
    read: int = 0


@dataclass
class Line:
    """An entry of a log. Of a SYSTEM line the cid and the words are the product's own."""

    type: str
    who: str
    body: str | None
    cid: str | None = None
    event: str | None = None
    target: int | None = None
    reply_to: int | None = None
    at: int | None = None
    deleted: str | None = None


@dataclass
class Invitation:
    room: int
    maker: str
    expires: int | None
    most: int | None
    uses: int = 0
    revoked: bool = False


@dataclass
class Room:
    owner: str
    name: str
    capacity: int
    public: str
    slow: int
    description: str = ""
    former: str | None = None
    ended: bool = False
    places: dict[str, Place] = field(default_factory=dict)
    asking: dict[str, int] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)
    pending: list[Line] = field(default_factory=list)
    cids: dict[tuple[str, str], int] = field(default_factory=dict)

    def unread(self, place: Place) -> int:
        return sum(line.type == "TEXT" for line in self.log[place.read :])


class Rooms:
    def __init__(self) -> None:
        self.now = 0
        self.people: dict[str, Person] = {}
        self.rooms: list[Room] = []
        self.invitations: list[Invitation] = []
        self.sent: dict[tuple[int, int], tuple[str, int | None]] = {}
        """As they were sent, by room and seq: deletion does not make a cid free for another body."""

    # Who may

    def banned(self, room: Room, who: str) -> bool:
        place = room.places.get(who)
        return (
            place is not None and place.status == "VOID" and (place.until is None or self.now < place.until)
        )

    def status(self, room: Room, who: str) -> str:
        place = room.places[who]
        return "ALIVE" if place.status == "VOID" and not self.banned(room, who) else place.status

    def letters(self, room: Room, who: str, *, invited: bool) -> set[str]:
        place = room.places.get(who)
        found = {place.role[0]} if place else {"I" if invited else "N"}
        if place and room.owner == who:
            found.add("owner")
        if self.people[who].admin:
            found.add("A")
        return found

    def refusal(self, room: Room | None, who: str, action: str, *, invited: bool = False) -> str | None:
        """None when they may. Each step is a line of the page, in its order of strength."""
        if room is None:
            return "not_found"
        letters = self.letters(room, who, invited=invited)
        if not letters & TABLE["know"][room.public]:
            return "not_found"
        if self.banned(room, who):
            # "refused everywhere in that room"; "an administrator who is banned there still has what A has"
            letters &= {"A"}
            if not letters & TABLE[action][room.public]:
                return "banned"
        if room.ended:
            if action not in AFTER_THE_END:
                return "room_ended"
            if action in READING and not letters & JOINED:
                return "forbidden"
        if letters & TABLE[action][room.public]:
            if action == "leave" and "owner" in letters and not room.ended:
                return "owner_may_not_leave"
            return None
        return "read_only" if action == "send" and letters & TABLE["subscribe"][room.public] else "forbidden"

    def _of(self, room: Room, actor: str, target: str) -> str | None:
        """Nobody moderates themselves or the owner, and only the owner a SYSOP."""
        if target not in room.places:
            return "not_found"
        if target in (actor, room.owner):
            return "forbidden"
        return "forbidden" if room.places[target].role == "SYSOP" and room.owner != actor else None

    def room(self, number: int) -> Room | None:
        return self.rooms[number] if 0 <= number < len(self.rooms) else None

    # Verbs

    def tell(self, room: Room, event: str, who: str, target: int | None = None) -> None:
        room.pending.append(Line("SYSTEM", who, None, event=event, target=target))

    def carry(self) -> None:
        for room in self.rooms:
            for line in room.pending:
                line.at = self.now
                self._write(room, line)
            room.pending.clear()

    def _write(self, room: Room, line: Line) -> None:
        room.log.append(line)
        if line.event == "deleted":
            assert line.target is not None
            emptied = room.log[line.target - 1]
            if emptied.deleted is None:
                emptied.body, emptied.deleted = "", "author" if emptied.who == line.who else "moderator"

    def sign_up(self, name: str, *, admin: bool = False) -> str:
        if name in self.people:
            return "name_taken"
        self.people[name] = Person(name, name.title(), admin)
        return "ok"

    def create(self, who: str, name: str, capacity: int, public: str, slow: int) -> str:
        if _faulty(name, capacity, slow) or public == "VOID":
            return "invalid_fields"
        room = Room(who, name, capacity, public, slow, places={who: Place("SYSOP", self.now)})
        self.rooms.append(room)
        self.tell(room, "joined", who)
        return "ok"

    def _take_place(self, room: Room, who: str, role: str) -> str:
        if len(room.places) >= room.capacity:
            return "room_full"
        room.places[who] = Place(role, self.now, read=len(room.log))
        room.asking.pop(who, None)
        self.tell(room, "joined", who)
        return "ok"

    def join(self, who: str, number: int) -> str:
        room = self.room(number)
        if room is None:
            return "not_found"
        action = {"PRIVATE": "ask", "OBSERVER": "join_as_observer"}.get(room.public, "join_as_member")
        refusal = self.refusal(room, who, action)
        if refusal:
            return "already_joined" if refusal == "forbidden" and who in room.places else refusal
        if action == "ask":
            room.asking.setdefault(who, self.now)
            return "asked"
        return self._take_place(room, who, "OBSERVER" if action == "join_as_observer" else "MEMBER")

    def answer(self, who: str, number: int, asker: str, *, accept: bool) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "admit")
        if refusal or room is None:
            return refusal or "not_found"
        if asker not in room.asking:
            return "not_found"
        if accept:
            return self._take_place(room, asker, "MEMBER")
        del room.asking[asker]
        return "ok"

    def invite(self, who: str, number: int, most: int | None, hours: int | None) -> str:
        if most == 0 or hours == 0:
            return "invalid_fields"
        refusal = self.refusal(self.room(number), who, "moderate")
        if refusal is None:
            expires = None if hours is None else self.now + hours * HOUR
            self.invitations.append(Invitation(number, who, expires, most))
        return refusal or "ok"

    def is_open(self, invitation: Invitation) -> bool:
        return (
            not invitation.revoked
            and (invitation.expires is None or self.now < invitation.expires)
            and (invitation.most is None or invitation.uses < invitation.most)
        )

    def revoke(self, who: str, number: int, which: int) -> str:
        refusal = self.refusal(self.room(number), who, "moderate")
        if refusal:
            return refusal
        if which >= len(self.invitations):
            return "not_found"
        invitation = self.invitations[which]
        if invitation.room != number or not self.is_open(invitation):
            return "not_found"
        invitation.revoked = True
        return "ok"

    def accept(self, who: str, which: int) -> str:
        if which >= len(self.invitations) or not self.is_open(self.invitations[which]):
            return "not_found"
        invitation = self.invitations[which]
        room = self.rooms[invitation.room]
        maker = room.places.get(invitation.maker)
        if maker is None or maker.role != "SYSOP" or self.banned(room, invitation.maker):
            return "not_found"
        refusal = self.refusal(room, who, "know", invited=True)
        refusal = refusal or self.refusal(room, who, "join_as_member", invited=True)
        if refusal:
            return "already_joined" if refusal == "forbidden" and who in room.places else refusal
        outcome = self._take_place(room, who, "MEMBER")
        invitation.uses += outcome == "ok"
        return outcome

    def exit(self, who: str, number: int) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "leave")
        if refusal or room is None:
            stranger = room is not None and who not in room.places
            return "not_joined" if refusal == "forbidden" and stranger else refusal or "not_found"
        del room.places[who]
        self.tell(room, "left", who)
        return "ok"

    def kick(self, who: str, number: int, target: str) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "moderate")
        if refusal or room is None:
            return refusal or "not_found"
        refusal = self._of(room, who, target)
        if refusal is None:
            del room.places[target]
            self.tell(room, "kicked", target)
        return refusal or "ok"

    def set_status(self, who: str, number: int, target: str, status: str, until: int | None) -> str:
        if until is not None and until <= self.now:
            return "invalid_fields"
        room = self.room(number)
        refusal = self.refusal(room, who, "moderate" if status == "VOID" else "admit")
        if refusal or room is None:
            return refusal or "not_found"
        refusal = self._of(room, who, target)
        if refusal:
            return refusal
        was = self.status(room, target)
        room.places[target].status, room.places[target].until = status, until
        if (was == "VOID") != (status == "VOID"):
            self.tell(room, "banned" if status == "VOID" else "unbanned", target)
        return "ok"

    def note_bans(self) -> int:
        over = sorted(
            (place.until, number, who)
            for number, room in enumerate(self.rooms)
            for who, place in room.places.items()
            if place.status == "VOID" and place.until is not None and place.until <= self.now
        )
        for _, number, who in over:
            place = self.rooms[number].places[who]
            place.status, place.until = "ALIVE", None
            self.tell(self.rooms[number], "unbanned", who)
        return len(over)

    def give_role(self, who: str, number: int, target: str, role: str) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "appoint" if role == "SYSOP" else "moderate")
        if refusal or room is None:
            return refusal or "not_found"
        refusal = self._of(room, who, target)
        if refusal is None and room.places[target].role != role:
            room.places[target].role = role
            self.tell(room, "role", target)
        return refusal or "ok"

    def hand_over(self, who: str, number: int, target: str) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "appoint")
        if refusal or room is None:
            return refusal or "not_found"
        if target not in room.places or self.banned(room, target):
            return "not_a_member"
        if target != who:
            old, new = room.places[who], room.places[target]
            old.role, new.role = new.role, old.role
            room.owner = target
            self.tell(room, "owner", target)
            if old.role != "SYSOP":
                self.tell(room, "role", who)
        return "ok"

    def change(self, who: str, number: int, wanted: dict[str, Any]) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "change")
        if refusal or room is None:
            return refusal or "not_found"
        if wanted.get("public") == "VOID":
            return "forbidden"
        before = {name: getattr(room, name) for name in ("name", "description", "capacity", "public", "slow")}
        after = {**before, **wanted}
        if _faulty(after["name"], after["capacity"], after["slow"]):
            return "invalid_fields"
        if "capacity" in wanted and after["capacity"] < len(room.places):
            return "capacity_too_small"
        for name, value in after.items():
            setattr(room, name, value)
        if after["name"] != before["name"]:
            self.tell(room, "renamed", who)
        if {**after, "name": ""} != {**before, "name": ""}:
            self.tell(room, "changed", who)
        return "ok"

    def end(self, who: str, number: int, *, as_administrator: bool) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "void") if as_administrator else None
        refusal = refusal or self.refusal(room, who, "end")
        if refusal or room is None:
            return refusal or "not_found"
        room.ended = True
        self.tell(room, "ended", who)
        return "ok"

    def void(self, who: str, number: int, *, undo: bool) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "void")
        if refusal or room is None:
            return refusal or "not_found"
        if undo and room.public == "VOID":
            assert room.former is not None
            room.public, room.former = room.former, None
        elif not undo and room.public != "VOID":
            room.public, room.former = "VOID", room.public
        return "ok"

    # The log

    def slow_mode(self, room: Room, who: str) -> int:
        """WARNING: one message every 10 seconds; SYSOPs know no slow mode but that."""
        warned = 10 if self.status(room, who) == "WARNING" else 0
        return warned if room.places[who].role == "SYSOP" else max(warned, room.slow)

    def send(self, who: str, number: int, cid: str, body: str, reply_to: int | None) -> tuple[str, int]:
        """What is told, and the seq: "dup" for what is there already."""
        room = self.room(number)
        refusal = self.refusal(room, who, "send")
        if refusal or room is None:
            return refusal or "not_found", 0
        seq = room.cids.get((who, cid))
        if seq is not None:
            return ("dup" if self.sent[number, seq] == (body, reply_to) else "cid_conflict"), seq
        self._write(room, Line("TEXT", who, body, cid, reply_to=reply_to, at=self.now))
        seq = room.cids[who, cid] = len(room.log)
        self.sent[number, seq] = (body, reply_to)
        return "ok", seq

    def delete(self, who: str, number: int, seq: int) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "know")
        if refusal or room is None:
            return refusal or "not_found"
        line = room.log[seq - 1] if 1 <= seq <= len(room.log) else None
        text = line is not None and line.type == "TEXT"
        any_refused = self.refusal(room, who, "delete_any")
        refusal = any_refused
        if refusal and text and line is not None and line.who == who:
            refusal = self.refusal(room, who, "send")
        if refusal or line is None or not text:
            return refusal or "not_found"
        if line.deleted is None:
            self.tell(room, "deleted", who, target=seq)
            self.carry()
        return "ok"

    def read(self, who: str, number: int) -> str:
        return self.refusal(self.room(number), who, "read_history") or "ok"

    def mark_read(self, who: str, number: int, seq: int) -> str:
        room = self.room(number)
        refusal = self.refusal(room, who, "subscribe")
        if refusal is None and room is not None and who in room.places:
            place = room.places[who]
            place.read = max(place.read, min(seq, len(room.log)))
        return refusal or "ok"

    # Lists

    def lobby(self) -> set[int]:
        return {number for number, room in enumerate(self.rooms) if not room.ended and room.public in LOBBY}

    def joined(self, who: str) -> set[int]:
        return {
            number for number, room in enumerate(self.rooms) if who in room.places and room.public != "VOID"
        }


def _faulty(name: str, capacity: int, slow: int) -> bool:
    return not 1 <= len(name) <= 64 or not 1 <= capacity <= 100_000 or not 0 <= slow <= 3_600
