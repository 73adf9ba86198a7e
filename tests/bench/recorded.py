"""The generator's history of a run, as the events and rows that the history checker judges by."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pac.bench.pac_server import PacServer
from pac.bench.population import Population
from tests.history.model import (
    Ack,
    Disconnected,
    Event,
    LogRow,
    Opened,
    Receive,
    Refused,
    Send,
    Settled,
    Subscribed,
)


def events(path: Path) -> Iterator[Event]:
    """In the order they were noted; when a generator is done, everybody it still has is said to hold everything."""
    asked: dict[tuple[str, str], dict[str, Any]] = {}
    tops: dict[str, int] = {}
    reading: dict[str, str] = {}
    at, running = 0.0, ""

    def done() -> Iterator[Event]:
        for socket, room in reading.items():
            yield Settled(at, socket, room, tops.get(room, 0))
            yield Disconnected(at, socket)
        reading.clear()

    for line in path.read_text(encoding="utf-8").splitlines():
        ns, direction, socket, text = line.split("\t", 3)
        if socket.partition("-")[0] != running:  # the next process: a workload may need several
            running = socket.partition("-")[0]
            yield from done()
        at = int(ns) / 1e9
        if direction == "x":
            reading.pop(socket, None)
            code = text.removeprefix("close ")
            yield Disconnected(at, socket, int(code) if code.isdigit() else None)
            continue
        frame = json.loads(text)
        if direction == ">":
            if "id" in frame:
                asked[socket, frame["id"]] = frame
            if frame["op"] == "send":
                yield Send(at, socket, frame["id"], frame["room"], frame["cid"], frame["body"])
            continue
        question = asked.get((socket, frame.get("id", "")), {})
        match frame["op"]:
            case "welcome":
                yield Opened(at, socket, socket.split(".")[0], frame["member"]["id"])
            case "message":
                tops[frame["room"]] = max(tops.get(frame["room"], 0), frame["seq"])
                yield Receive(
                    at,
                    socket,
                    frame["room"],
                    frame["seq"],
                    frame["member"]["id"],
                    frame["body"],
                    frame["type"],
                )
            case "ok" if "rooms" in frame:
                after = {room["room"]: room.get("after") for room in question["rooms"]}
                for room in frame["rooms"]:
                    reading[socket] = room["room"]
                    yield Subscribed(
                        at, socket, room["room"], after[room["room"]], room["top"], room["epoch"],
                        room.get("reset", False),
                    )  # fmt: skip
            case "ok" if question.get("op") == "send":
                yield Ack(
                    at,
                    socket,
                    frame["id"],
                    frame["room"],
                    frame["cid"],
                    frame["seq"],
                    frame.get("dup", False),
                )
            case "error" if question.get("op") == "send":
                yield Refused(at, socket, frame["id"], question["room"], question["cid"], frame["code"])
    yield from done()


def final_log(server: PacServer, population: Population) -> list[LogRow]:
    """Every room, whole, read by one of its members."""
    return [
        LogRow(room, row["seq"], row["userId"], row["message"], row["type"], row.get("cid"))
        for number, room in enumerate(population.rooms)
        for row in server.entries(population.reader(number), room)
    ]
