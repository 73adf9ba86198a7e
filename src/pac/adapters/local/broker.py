"""Broker for one process: what is published is received at once, by whoever listens here."""

from collections.abc import Sequence

from pac import telemetry
from pac.messages.broker import Receive
from pac.messages.model import Entry
from pac.rooms.model import RoomId


class LocalBroker:
    def __init__(self) -> None:
        self._receivers: list[Receive] = []

    def listen(self, receive: Receive) -> None:
        self._receivers.append(receive)

    def publish(self, entries: Sequence[Entry]) -> None:
        by_room: dict[RoomId, list[Entry]] = {}
        for entry in entries:
            by_room.setdefault(entry.room_id, []).append(entry)
        for receive in self._receivers:
            for room_id, batch in by_room.items():
                try:
                    receive(room_id, tuple(batch))
                except Exception:  # noqa: BLE001 - the edge of a receiver: the entries are in the log, which it can read
                    telemetry.log.exception(telemetry.LISTENER_FAILED, room=room_id)
