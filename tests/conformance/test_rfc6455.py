"""The product's own frame layer over TCP against Autobahn's groups 1–7 and 10 (SECURITY 8.1): none may fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pac.live.connection import Connection
from tests.conformance.cases import CLOSE, GROUPS, Case, Frame
from tests.conformance.echo import Echo, Echoes, echoing
from tests.fuzz.observer import frames_of
from tests.live.conftest import House, Wire

WITHIN_S = 5.0


@dataclass
class Port:
    message_port: int


@dataclass
class Harness:
    house: House
    echoes: Echoes


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    async with echoing(tmp_path, monkeypatch) as echoes:
        house = House(Port(echoes.port))  # type: ignore[arg-type]
        yield Harness(house, echoes)
        for wire in house.wires:
            wire.writer.close()


def bytes_of(frame: Frame) -> bytes:
    size = len(frame.payload)
    first = bytes([(0x80 if frame.fin else 0) | frame.reserved << 4 | frame.opcode])
    length = (
        bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < 65_536
        else b"\xff" + size.to_bytes(8, "big")
    )  # fmt: skip
    mask = b"\x37\xfa\x21\x3d"
    padded = frame.payload + b"\0" * (-size % 4)
    masked = int.from_bytes(padded, "big") ^ int.from_bytes(mask * (len(padded) // 4), "big")
    return first + length + mask + masked.to_bytes(len(padded), "big")[:size]


def chopped(case: Case, sent: list[bytes]) -> list[bytes]:
    match case.chops:
        case "whole":
            return [b"".join(sent)]
        case "frames":
            return sent
        case "octets":
            return [bytes([octet]) for octet in b"".join(sent)]
        case size:
            whole = b"".join(sent)
            return [whole[at : at + size] for at in range(0, len(whole), size)]


async def heard_from(wire: Wire, heard: list[tuple[int, bytes]], enough: int, full: asyncio.Event) -> None:
    """Until a close frame. Read while the case is still being sent: what a reset connection held is lost."""
    while not heard or heard[-1][0] != CLOSE:
        if len(heard) >= enough:
            full.set()
        heard.append(await wire.next(WITHIN_S))


async def send(case: Case, wire: Wire) -> None:
    for part in chopped(case, [bytes_of(frame) for frame in case.sent]):
        wire.raw(part)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def result_of(case: Case, wire: Wire) -> str:
    """OK, NON-STRICT, INFORMATIONAL, or FAILED and why: Autobahn's words."""
    heard: list[tuple[int, bytes]] = []
    full = asyncio.Event()
    reading = asyncio.create_task(heard_from(wire, heard, len(case.comes), full))
    await send(case, wire)
    if not case.closes:
        filling = asyncio.create_task(full.wait())
        await asyncio.wait([filling, reading], return_when=asyncio.FIRST_COMPLETED)
        filling.cancel()
        wire.raw(bytes_of(Frame(CLOSE, b"\x03\xe8")))
    try:
        await reading
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as fault:
        return f"FAILED: {type(fault).__name__} instead of a close frame, after {heard}"
    code = int.from_bytes(heard.pop()[1][:2], "big")
    if case.closes and not any(frame.opcode == CLOSE for frame in case.sent):
        wire.raw(bytes_of(Frame(CLOSE, code.to_bytes(2, "big"))))
    rest = b""
    try:
        async with asyncio.timeout(WITHIN_S):
            rest = await wire.reader.read()
    except ConnectionError:
        pass  # it has closed while we still sent
    except TimeoutError:
        return "FAILED: the connection was not closed"
    if any(opcode < CLOSE for opcode, _ in frames_of(rest)):
        return f"FAILED: {rest!r} came behind the close frame"
    if code not in (case.closes or {1000}):
        return f"FAILED: closed with {code}"
    if tuple(heard) == case.comes:
        return "INFORMATIONAL" if case.informational else "OK"
    if case.closes and tuple(heard) == case.comes[: len(heard)]:
        return "NON-STRICT"
    return f"FAILED: {heard} came"


@pytest.mark.req("8.1", "3.6", "3.7")
@pytest.mark.parametrize("group", GROUPS)
async def test_none_of_autobahns_cases_fails(harness: Harness, group: str) -> None:
    results: dict[str, str] = {}
    for case in GROUPS[group]():
        wire = await harness.house.upgrade()
        assert wire.status == 101
        assert case.number not in results
        results[case.number] = await result_of(case, wire)
        wire.writer.close()
    counted = Counter(result.split(":")[0] for result in results.values())
    print(
        f"{group}: {len(results)} cases, "
        + ", ".join(f"{count} {result}" for result, count in counted.items())
    )
    assert {number: result for number, result in results.items() if result.startswith("FAILED")} == {}
    assert all(number.startswith("6.4.") for number, result in results.items() if result == "NON-STRICT")
    assert all(number.startswith("7.") for number, result in results.items() if result == "INFORMATIONAL")


@pytest.mark.req("8.1")
async def test_the_frame_layer_under_test_is_the_gateways_own(harness: Harness) -> None:
    await harness.house.upgrade()
    harness.echoes.check_own()
    assert Connection.receive is type(harness.echoes.sockets[0].connection).receive
    assert vars(Echo).keys() & vars(Connection).keys() == {
        "__init__", "_take", "__slots__", "__module__", "__doc__",
    }  # fmt: skip
