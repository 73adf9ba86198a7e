"""Logs over REST, by page as the original had them and by seq."""

from typing import Any

import pytest

from pac.messages.model import Cid, Entry, MessageType, Seq
from pac.rooms.events import Fact
from tests.web.service import House

LOG = "/api/v1/chat/log"


@pytest.mark.row("GET /api/v1/chat/log/{room_id}", "hear message cid")
async def test_a_row_has_these_fields_and_only_the_author_sees_its_cid(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await ben.browser.post(f"/api/v1/room/{room}/join")
    await house.say(room, ada, "<b>안녕</b>")
    own = (await ada.browser.get(f"{LOG}/{room}")).json()["content"][0]
    theirs = (await ben.browser.get(f"{LOG}/{room}")).json()["content"][0]
    assert {name: own[name] for name in own if name != "id"} == {
        "roomId": room, "userId": ada.id, "nickname": "Ada", "message": "<b>안녕</b>",
        "timestamp": "2026-11-24T06:00:00.000Z", "type": "TEXT", "seq": 1, "cid": "c1",
    }  # fmt: skip
    assert theirs == {name: value for name, value in own.items() if name != "cid"}


@pytest.mark.row("GET /api/v1/chat/log/{room_id}")
async def test_a_line_of_the_system_says_its_event_and_no_cid(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    now = house.clock.now()
    entry = Entry(
        room, Seq(1), "an-id", now, MessageType.SYSTEM, ada.id, "Ada", Cid("§x"), "들어왔습니다.", Fact.JOINED
    )
    await house.parts.log.append([entry])
    row = (await ada.browser.get(f"{LOG}/{room}?after=0")).json()["messages"][0]
    assert (row["type"], row["event"]) == ("SYSTEM", "joined")
    assert "cid" not in row


@pytest.mark.row("GET /api/v1/chat/log/{room_id}", "rest page")
async def test_pages_go_back_in_time_fifty_at_a_time(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, *(f"message {number}" for number in range(1, 121)))
    seqs = []
    for number, shown in ((1, 50), (2, 50), (3, 20), (4, 0)):
        page = (await ada.browser.get(f"{LOG}/{room}?page={number}")).json()
        assert (page["totalElements"], page["totalPages"], page["size"]) == (120, 3, 50)
        assert (page["number"], page["numberOfElements"], page["empty"]) == (number - 1, shown, shown == 0)
        assert (page["first"], page["last"]) == (number == 1, number >= 3)
        seqs += [row["seq"] for row in page["content"]]
    assert seqs == list(range(120, 0, -1))
    assert (await ada.browser.get(f"{LOG}/{room}?page=0")).json()["content"][0]["seq"] == 120


@pytest.mark.row("GET /api/v1/chat/log/{room_id}")
@pytest.mark.parametrize(
    ("query", "seqs", "more"),
    [
        ("after=0", list(range(1, 51)), True),
        ("after=0&limit=3", [1, 2, 3], True),
        ("after=117", [118, 119, 120], False),
        ("after=120", [], False),
        ("after=9007199254740991", [], False),
        ("before=4", [1, 2, 3], False),
        ("before=121&limit=2", [119, 120], True),
        ("before=1", [], False),
        ("before=0", [], False),
        ("before=9007199254740991&limit=1", [120], True),
        ("after=0&limit=500", list(range(1, 101)), True),
    ],
)
async def test_a_range_is_ascending_and_says_whether_there_is_more(
    house: House, query: str, seqs: list[int], more: bool
) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, *(f"message {number}" for number in range(1, 121)))
    found = (await ada.browser.get(f"{LOG}/{room}?{query}")).json()
    assert list(found) == ["messages", "more"]
    assert [row["seq"] for row in found["messages"]] == seqs
    assert found["more"] is more


@pytest.mark.req("5.6")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"{field}={value}", field)
          for field in ("before", "after", "limit", "page")
          for value in ("1.0", "1e3", "true", "", "%22", "NaN", "0x1", "+1", "%201", "1_0", "9007199254740992",
                        "9" * 30, "٣", "null", "%00", "-9007199254740992")),
        ("before=-1", "before"), ("after=-1", "after"), ("limit=0", "limit"), ("limit=-1", "limit"),
        ("before=1&after=1", "after"), ("after=1&page=2", "page"),
    ],
)  # fmt: skip
async def test_what_is_no_number_here_is_refused(house: House, query: str, field: str) -> None:
    ada = await _one_reader(house)
    answer = await ada["browser"].get(f"{LOG}/{ada['room']}?{query}")
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def _one_reader(house: House) -> dict[str, Any]:
    ada = await house.member("ada")
    return {"browser": ada.browser, "room": await house.room(ada)}


@pytest.mark.row("GET /api/v1/chat/log")
async def test_the_list_of_logs_is_of_rooms_one_is_in(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await house.room(ben, "Elsewhere")
    await ada.browser.delete(f"/api/v1/room/{room}")
    page = (await ada.browser.get(LOG)).json()
    assert [(row["roomId"], row["roomStatus"]) for row in page["content"]] == [(room, "ENDED")]
    assert page["size"] == 10


@pytest.mark.row("room ENDED")
async def test_an_ended_room_is_read_by_its_members(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada, roomPublic="OBSERVER")
    await house.say(room, ada, "the last word")
    assert (await ben.browser.get(f"{LOG}/{room}")).status_code == 200
    await ada.browser.delete(f"/api/v1/room/{room}")
    assert (await ben.browser.get(f"{LOG}/{room}")).status_code == 403
    assert (await ada.browser.get(f"{LOG}/{room}")).json()["content"][0]["message"] == "the last word"


async def test_an_empty_log_is_an_empty_page(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    page = (await ada.browser.get(f"{LOG}/{room}")).json()
    assert (page["empty"], page["totalElements"], page["totalPages"], page["first"], page["last"]) == (
        True, 0, 0, True, True,
    )  # fmt: skip
