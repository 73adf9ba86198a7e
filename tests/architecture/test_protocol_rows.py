"""Every row of the protocol that the code or docs/PROTOCOL.md lists is a row of tests/protocol_rows.toml, and so has
a test that names it: an op, a code, a route or a page cannot come without one."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from pac.ids import SeededIds
from pac.live import protocol
from pac.live.disconnects import Disconnect
from pac.live.protocol import REQUESTS, Unsubscribed
from pac.live.protocol_v1 import MEMBER_REQUESTS
from pac.rooms.events import LINES, Fact
from pac.rooms.model import RoomPublic, RoomRole
from tests.architecture.test_docs import PROTOCOL, SOCKET_REFUSALS
from tests.ledger import ROWS
from tests.support.clock import SteppedClock
from tests.web.service import open_house
from tests.web.test_routes import INVENTORY

OF_RFC_6455 = {Disconnect.NORMAL, Disconnect.GOING_AWAY}
"""A peer's goodbye and a server's: no row of ours."""
NOT_TO_A_MEMBER = {Fact.RENAMED, Fact.CHANGED, Fact.DELETED, Fact.VOIDED, Fact.UNVOIDED}
"""Of these no `membership` tells: they are about the room or its log."""


def column(heading: str) -> list[str]:
    """The first cells of the table under this heading of docs/PROTOCOL.md."""
    section = PROTOCOL.split(f"\n### {heading}\n")[1].split("\n#")[0]
    return [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")][1:]


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def row_of_route(method: str, path: str) -> str:
    """API routes by method and path; a page by its path, whatever its form posts to it."""
    return f"{method} {path}" if path.startswith("/api/") else f"page {path}"


SAID = list(REQUESTS) + [op for cell in column("You say") for op in in_backticks(cell)]
HEARD = [
    *(str(kind.__struct_config__.tag) for kind in vars(protocol).values()
      if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag
      and kind not in protocol.REQUESTS.values()),
    *(op for cell in column("You hear") for op in in_backticks(cell)),
]  # fmt: skip
REFUSED = [refusal.code for refusal in SOCKET_REFUSALS] + in_backticks(
    PROTOCOL.split("\nError codes: ")[1].split("\n")[0]
)
CLOSED = [str(code.value) for code in Disconnect if code not in OF_RFC_6455] + [
    code for cell in column("Close codes") for code in cell.split(", ")
]
LISTED = [
    *SAID,
    *(f"hear {op}" for op in HEARD),
    *(f"error {code}" for code in REFUSED),
    *(f"close {code}" for code in CLOSED),
    *(f"v1 {command}" for command in MEMBER_REQUESTS),
    *(f"event {fact}" for fact in LINES),
    *(f"change {fact}" for fact in Fact if fact not in NOT_TO_A_MEMBER),
    *(f"unsubscribed {code}" for code in get_args(get_type_hints(Unsubscribed)["code"])),
    *(f"promise {number}" for number in re.findall(r"^(\d)\. ", PROTOCOL, re.MULTILINE)),
    *(f"room {public}" for public in RoomPublic),
    *(f"role {role}" for role in RoomRole),
    *(row_of_route(*line.split(" ")) for line in INVENTORY.read_text(encoding="utf-8").splitlines()
      if not line.startswith("HEAD ")),
]  # fmt: skip


def test_the_lists_are_found_where_they_stand() -> None:
    """So that a page or a table that is written in another way does not empty them silently."""
    assert len(set(SAID)) == len(column("You say")) == 10
    assert len(set(HEARD)) >= 12
    assert set(HEARD) == {op for cell in column("You hear") for op in in_backticks(cell)}
    assert len(set(REFUSED)) == 15
    assert len(set(CLOSED)) == 17
    assert len(set(LISTED)) >= 150


@pytest.mark.parametrize("row", sorted(set(LISTED)))
def test_what_the_code_or_the_page_lists_is_a_row(row: str) -> None:
    assert row in ROWS.lines, "give it a row in tests/protocol_rows.toml, and a test that names it"


async def test_every_route_and_page_of_the_app_is_a_row(
    tmp_path: Path, clock: SteppedClock, ids: SeededIds
) -> None:
    async with open_house(tmp_path / "data", clock, ids) as house:
        found = {row_of_route(method, path) for method, path in house.routes() if method != "HEAD"}
    assert found <= ROWS.lines.keys()
    named = {row for row in ROWS.lines if re.match(r"(GET|POST|PUT|DELETE|page) /", row)}
    assert named <= found, "a row of something that is gone"


def test_a_row_of_an_op_a_code_or_an_event_is_of_one_that_is_there() -> None:
    kinds = ("hear", "error", "close", "event", "change", "unsubscribed")
    named = {row for row in ROWS.lines if re.fullmatch(rf"({'|'.join(kinds)}) [a-z0-9_]+", row)}
    assert named - set(LISTED) == {"close reasons", "close return"}
