"""One lie put into a true history: whatever it is, the checker must see it.

Each takes a history and a source of chance and gives back the changed history with the room it was changed in,
or None where there is nothing in it to be changed in this way.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.history.model import (
    SYSTEM,
    Ack,
    Event,
    LogRow,
    Opened,
    Receive,
    Removed,
    Restored,
    Send,
    Subscribed,
)

LIE = "what was never said"


@dataclass(frozen=True, slots=True)
class Lie:
    events: list[Event]
    rows: list[LogRow]
    room: str


Mutation = Callable[[list[Event], list[LogRow], random.Random], Lie | None]


def _where(events: Sequence[Event], kind: type) -> list[int]:
    return [index for index, event in enumerate(events) if type(event) is kind]


def _acked_rows(events: Sequence[Event], rows: Sequence[LogRow]) -> list[int]:
    acked = {(event.room, event.seq) for event in events if isinstance(event, Ack)}
    return [index for index, row in enumerate(rows) if (row.room, row.seq) in acked]


def _runs(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Pairs of pushes that directly follow each other on one socket, in one room."""
    last: dict[tuple[str, str], int] = {}
    pairs = []
    for index, event in enumerate(events):
        if isinstance(event, Receive):
            place = event.socket, event.room
            before = last.get(place)
            if before is not None:
                previous = events[before]
                assert isinstance(previous, Receive)
                if previous.seq + 1 == event.seq:
                    pairs.append((before, index))
            last[place] = index
        elif isinstance(event, Subscribed):
            last.pop((event.socket, event.room), None)
    return pairs


def lose_an_acked_row(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    found = _acked_rows(events, rows)
    if not found:
        return None
    lost = chance.choice(found)
    return Lie(events, rows[:lost] + rows[lost + 1 :], rows[lost].room)


def change_an_acked_row(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    found = _acked_rows(events, rows)
    if not found:
        return None
    index = chance.choice(found)
    changed = replace(rows[index], body=rows[index].body + "!")
    return Lie(events, [*rows[:index], changed, *rows[index + 1 :]], changed.room)


def lose_the_last_row_that_was_seen(
    events: list[Event], rows: list[LogRow], chance: random.Random
) -> Lie | None:
    seen = {(event.room, event.seq) for event in events if isinstance(event, Receive)}
    tops: dict[str, int] = {}
    for row in rows:
        tops[row.room] = max(tops.get(row.room, 0), row.seq)
    found = [
        index for index, row in enumerate(rows) if row.seq == tops[row.room] and (row.room, row.seq) in seen
    ]
    if not found:
        return None
    lost = chance.choice(found)
    return Lie(events, rows[:lost] + rows[lost + 1 :], rows[lost].room)


def write_a_row_twice(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    if not rows:
        return None
    row = chance.choice(rows)
    return Lie(events, [*rows, row], row.room)


def store_a_message_again(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    texts = [row for row in rows if row.type != SYSTEM]
    if not texts:
        return None
    row = chance.choice(texts)
    top = max(other.seq for other in rows if other.room == row.room)
    return Lie(events, [*rows, replace(row, seq=top + 1)], row.room)


def add_a_message_nobody_sent(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    if not rows:
        return None
    row = chance.choice(rows)
    top = max(other.seq for other in rows if other.room == row.room)
    return Lie(events, [*rows, LogRow(row.room, top + 1, row.member, LIE)], row.room)


def put_another_author(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    """Everywhere: in the log and to every reader."""
    found = [row for row in rows if row.type != SYSTEM]
    if not found:
        return None
    row = chance.choice(found)
    other = f"not {row.member}"
    place = row.room, row.seq
    return Lie(
        [
            replace(event, member=other)
            if isinstance(event, Receive) and (event.room, event.seq) == place
            else event
            for event in events
        ],
        [replace(one, member=other) if (one.room, one.seq) == place else one for one in rows],
        row.room,
    )


def number_two_acked_rows_the_other_way_round(
    events: list[Event], rows: list[LogRow], chance: random.Random
) -> Lie | None:
    by_room: defaultdict[str, list[int]] = defaultdict(list)
    for index in _acked_rows(events, rows):
        by_room[rows[index].room].append(index)
    pairs = [pair for found in by_room.values() for pair in itertools.pairwise(found)]
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    changed = list(rows)
    changed[one] = replace(rows[other], seq=rows[one].seq)
    changed[other] = replace(rows[one], seq=rows[other].seq)
    return Lie(events, changed, rows[one].room)


def skip_a_push(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    pairs = _runs(events)
    if not pairs:
        return None
    first, _ = chance.choice(pairs)
    skipped = events[first]
    assert isinstance(skipped, Receive)
    return Lie(events[:first] + events[first + 1 :], rows, skipped.room)


def push_twice(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    found = _where(events, Receive)
    if not found:
        return None
    index = chance.choice(found)
    twice = events[index]
    assert isinstance(twice, Receive)
    return Lie([*events[: index + 1], twice, *events[index + 1 :]], rows, twice.room)


def push_the_other_way_round(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    pairs = _runs(events)
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    changed = list(events)
    first, second = events[one], events[other]
    assert isinstance(first, Receive)
    assert isinstance(second, Receive)
    changed[one], changed[other] = replace(second, at=first.at), replace(first, at=second.at)
    return Lie(changed, rows, first.room)


def tell_one_reader_something_else(
    events: list[Event], rows: list[LogRow], chance: random.Random
) -> Lie | None:
    found = _where(events, Receive)
    if not found:
        return None
    index = chance.choice(found)
    told = events[index]
    assert isinstance(told, Receive)
    return Lie([*events[:index], replace(told, body=LIE), *events[index + 1 :]], rows, told.room)


def ack_with_another_seq(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    found = _where(events, Ack)
    if not found:
        return None
    index = chance.choice(found)
    ack = events[index]
    assert isinstance(ack, Ack)
    changed = replace(ack, seq=ack.seq + chance.choice([-1, 1, 2]))
    return Lie([*events[:index], changed, *events[index + 1 :]], rows, ack.room)


def push_without_a_subscription(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    found = _where(events, Opened)
    if not found or not rows:
        return None
    index = chance.choice(found)
    opened, row = events[index], chance.choice(rows)
    assert isinstance(opened, Opened)
    pushed = Receive(opened.at, opened.socket, row.room, row.seq, row.member, row.body, row.type)
    return Lie([*events[: index + 1], pushed, *events[index + 1 :]], rows, row.room)


def push_long_after_a_removal(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    """To a member who has lost the right for good, at the end of the run."""
    removed: dict[tuple[str, str], Removed] = {}
    sockets: dict[str, str] = {}
    for event in events:
        if isinstance(event, Removed):
            removed[event.member, event.room] = event
        elif isinstance(event, Restored):
            removed.pop((event.member, event.room), None)
        elif isinstance(event, Opened):
            sockets[event.member] = event.socket
    found = [
        (taken, row)
        for taken in removed.values()
        for row in rows
        if row.room == taken.room and taken.member in sockets
    ]
    if not found:
        return None
    taken, row = chance.choice(found)
    late = Receive(
        max(events[-1].at, taken.at) + 2.1,
        sockets[taken.member],
        row.room,
        row.seq,
        row.member,
        row.body,
        row.type,
    )
    return Lie([*events, late], rows, row.room)


def unsay_a_message(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    """It is in the log and was never sent: its sends are taken out, and their answers are answers to nothing."""
    stored = {(row.room, row.body) for row in rows if row.type != SYSTEM}
    said = [event for event in events if isinstance(event, Send) and (event.room, event.body) in stored]
    if not said:
        return None
    send = chance.choice(said)
    kept: list[Event] = [
        event
        for event in events
        if not (isinstance(event, Send) and (event.room, event.body) == (send.room, send.body))
    ]
    return Lie(kept, rows, send.room)


def come_back_as_another_log(events: list[Event], rows: list[LogRow], chance: random.Random) -> Lie | None:
    rooms: defaultdict[str, list[int]] = defaultdict(list)
    for index in _where(events, Subscribed):
        subscribed = events[index]
        assert isinstance(subscribed, Subscribed)
        rooms[subscribed.room].append(index)
    found = [index for indices in rooms.values() if len(indices) > 1 for index in indices]
    if not found:
        return None
    index = chance.choice(found)
    other = events[index]
    assert isinstance(other, Subscribed)
    return Lie([*events[:index], replace(other, epoch="e2"), *events[index + 1 :]], rows, other.room)


MUTATIONS: tuple[Mutation, ...] = (
    lose_an_acked_row,
    change_an_acked_row,
    lose_the_last_row_that_was_seen,
    write_a_row_twice,
    store_a_message_again,
    add_a_message_nobody_sent,
    put_another_author,
    number_two_acked_rows_the_other_way_round,
    skip_a_push,
    push_twice,
    push_the_other_way_round,
    tell_one_reader_something_else,
    ack_with_another_seq,
    push_without_a_subscription,
    push_long_after_a_removal,
    unsay_a_message,
    come_back_as_another_log,
)
