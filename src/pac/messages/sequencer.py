"""Gives messages their numbers: dedup by (room, member, cid), next seq, batch. Pure: no clock, no store.

One turn is: `plan` a batch from what the log knows → the caller appends `plan.entries` → `committed`, or
`forget` when the outcome is anything else. Between `plan` and those the plan is the only one (one batch in
flight), so a number is never given twice by one sequencer; the log's fence (messages/log.py) holds against
others.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from pac.clock import Instant
from pac.messages.model import CidKey, Draft, Entry, Known, Position, Seq, digest
from pac.rooms.model import RoomId


class Numbered(Struct, frozen=True, gc=False):
    """A draft's place in the log. `duplicate`: it was there before, and nothing is stored again."""

    seq: Seq
    at: Instant
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """The cid is taken by another body."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`answers` in the order of the drafts; `entries` is what is to be stored, in order."""

    entries: tuple[Entry, ...]
    answers: tuple[Numbered | Conflict, ...]


class Sequencer:
    def __init__(self, new_id: Callable[[Instant], str]) -> None:
        self._new_id = new_id
        self._tops: dict[RoomId, Seq] = {}

    def unread_rooms(self, drafts: Collection[Draft]) -> set[RoomId]:
        """Rooms whose top must be read from the log before these drafts can be planned."""
        return {draft.room_id for draft in drafts if draft.room_id not in self._tops}

    def learn(self, positions: Mapping[RoomId, Position]) -> None:
        for room_id, position in positions.items():
            self._tops.setdefault(room_id, position.top)

    def plan(self, drafts: Sequence[Draft], known: Mapping[CidKey, Known], now: Instant) -> Plan:
        """Number the drafts. Every room of theirs must have been learned.

        `known` is what was looked up of their keys. One that is stored and was not looked up gets a number here,
        and its batch is refused by the log (SeqTaken).
        """
        tops: dict[RoomId, Seq] = {}
        planned: dict[CidKey, Entry] = {}
        entries: list[Entry] = []
        answers: list[Numbered | Conflict] = []
        for draft in drafts:
            key = draft.key
            if known and (before := known.get(key)) is not None:
                same = before.digest == digest(draft.type, draft.body, draft.reply_to)
                answers.append(Numbered(before.seq, before.at, duplicate=True) if same else Conflict())
                continue
            if (twin := planned.get(key)) is not None:
                answers.append(Numbered(twin.seq, now, duplicate=True) if _same(draft, twin) else Conflict())
                continue
            room_id = draft.room_id
            seq = Seq((tops.get(room_id) or self._tops[room_id]) + 1)
            tops[room_id] = seq
            entry = planned[key] = Entry(
                room_id,
                seq,
                self._new_id(now),
                now,
                draft.type,
                draft.member_id,
                draft.nickname,
                draft.cid,
                draft.body,
                draft.event,
                draft.reply_to,
                draft.target,
            )
            entries.append(entry)
            answers.append(Numbered(seq, now))
        return Plan(tuple(entries), tuple(answers))

    def committed(self, plan: Plan) -> None:
        """The plan's entries are durable: their numbers are used."""
        for entry in plan.entries:
            self._tops[entry.room_id] = entry.seq

    def forget(self, rooms: Collection[RoomId]) -> None:
        """What this sequencer held of these rooms may be wrong: it is read again before it is used."""
        for room_id in rooms:
            self._tops.pop(room_id, None)


def _same(draft: Draft, entry: Entry) -> bool:
    """Whether a sender said the same with both: what `digest` is of."""
    return (draft.type, draft.body, draft.reply_to) == (entry.type, entry.body, entry.reply_to)
