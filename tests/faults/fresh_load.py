"""What a member is given who opens a room anew, and where the picture a client has put together differs from it."""

import asyncio
from collections.abc import Callable

from tests.faults.mixed_rooms import READABLE_BY_ALL, Chat, Host, Place, Talker
from tests.history.model import LogRow, Settled
from tests.second.picture import Frame, Picture
from tests.second.rest import Problem

QUIET_WITHIN_S = 20.0
ASKED_AGAIN_AFTER_S = 0.5
NOT_IN_PUSHES = frozenset({"participates"})
"""Members are told of by the log, and compared with the member list."""


async def compare(chat: Chat, host: Host, rows: dict[tuple[str, int], LogRow]) -> list[str]:
    """A line for each fault. `rows` is given the room's log, as its readers together know it."""
    top = (await host.owner.account.log(host.room))[-1]["seq"]
    faults: list[str] = []
    for talker in chat.talkers:
        found = await _compare_one(chat, host, talker, top, rows)
        faults += [
            f"{talker.account.username} ({host.places[talker.id]}) in {host.room}: {it}" for it in found
        ]
    return faults


async def _compare_one(
    chat: Chat, host: Host, talker: Talker, top: int, rows: dict[tuple[str, int], LogRow]
) -> list[str]:
    room, client = host.room, talker.client
    try:
        log = await talker.account.log(room)
    except Problem as problem:
        if client.reads(room):
            return [f"reads on, though REST says {problem.status}"]
        return [] if host.places[talker.id] is not Place.IN else [f"is in it, and REST says {problem.status}"]
    if not client.reads(room):
        may_have_left = host.public == READABLE_BY_ALL and host.places[talker.id] is Place.OUT
        return [] if may_have_left else [f"does not read ({client.rooms[room].unsubscribed}), and may"]
    _merge(rows, room, log)
    picture = client.rooms[room]
    faults: list[str] = []
    if not await _comes(talker, lambda: picture.last == top):
        return [f"holds {picture.last} of {top}"]
    chat.recorder.note(Settled, socket=talker.recording.socket, room=room, top=top)

    fresh = {row["seq"]: as_frame(row) for row in log}
    faults += [
        f"seq {seq}: {picture.messages.get(seq)} is {fresh.get(seq)}"
        for seq in sorted(fresh.keys() | picture.messages.keys())
        if picture.messages.get(seq) != fresh.get(seq)
    ]
    faults += await _compare_room(talker, picture, await talker.account.room(room))
    faults += _compare_members(talker, picture, await talker.account.members(room))
    faults += await _compare_online(talker, picture)
    read, role, status = picture.read, picture.role, picture.status
    entry = (await client.ask("subscribe", rooms=[{"room": room}]))["rooms"][0]
    # Who reads along without being in it has no mark of their own.
    if (read, role, status) != (entry.get("read", read), entry.get("role"), entry.get("status")):
        faults.append(f"read, role, status {read, role, status} is {entry}")
    return faults


def as_frame(row: Frame) -> Frame:
    """A row of GET log in the names of a `message` frame."""
    told = {name: row[name] for name in ("reply_to", "event", "target", "deleted") if name in row}
    return {
        "seq": row["seq"],
        "id": row["id"],
        "ts": row["timestamp"],
        "type": row["type"],
        "member": {"id": row["userId"], "nickname": row["nickname"]},
        "body": row["message"],
        **told,
    }


async def _compare_room(talker: Talker, picture: Picture, fresh: Frame) -> list[str]:
    def differing() -> list[str]:
        return [
            f"{name} {picture.fields.get(name)!r} is {fresh[name]!r}"
            for name in fresh.keys() - NOT_IN_PUSHES
            if picture.fields.get(name) != fresh[name]
        ]

    await _comes(talker, lambda: not differing())
    return differing()


def _compare_members(talker: Talker, picture: Picture, fresh: list[Frame]) -> list[str]:
    faults = []
    listed = {member["id"]: member["nickname"] for member in fresh}
    if picture.members != listed:
        faults.append(f"members {sorted(picture.members.values())} are {sorted(listed.values())}")
    for member in fresh:
        mine = picture.role, picture.status
        if member["id"] == talker.id and mine != (member["role"], member["status"]):
            faults.append(f"own place {mine} is {member}")
    return faults


async def _compare_online(talker: Talker, picture: Picture) -> list[str]:
    """Asked again while they differ: who went or came with the last cut line is told of a moment after it."""
    until = asyncio.get_running_loop().time() + QUIET_WITHIN_S
    while (count := (await talker.client.presence(picture.room))["count"]) != picture.online:
        if asyncio.get_running_loop().time() > until:
            return [f"online {picture.online} is {count}"]
        await asyncio.sleep(ASKED_AGAIN_AFTER_S)
    return []


async def _comes(talker: Talker, holds: Callable[[], bool]) -> bool:
    try:
        await talker.client.until(holds, QUIET_WITHIN_S)
    except TimeoutError:
        return False
    return True


def _merge(rows: dict[tuple[str, int], LogRow], room: str, log: list[Frame]) -> None:
    """Each is told the cids of its own messages alone."""
    for row in log:
        place = room, row["seq"]
        if place not in rows or "cid" in row:
            rows[place] = LogRow(
                room,
                row["seq"],
                row["userId"],
                row["message"],
                row["type"],
                row.get("cid"),
                "deleted" in row,
            )
