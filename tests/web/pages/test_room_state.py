"""What the room page's script is given: the same in the page and alone, and nothing the viewer may not know."""

import json
import re
from typing import Any

import pytest

from pac.live.protocol import encode_entry
from tests.web.service import House, Person

STATE = re.compile(r'<script type="application/json" id="state">(.*?)</script>', re.DOTALL)


async def state(person: Person, room: str) -> dict[str, Any]:
    answer = await person.browser.get(f"/chat/room/{room}", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def test_the_page_carries_what_is_given_alone(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada, "</script><b>방")
    await house.say(room, ada, "1 < 2 </script>", "둘")
    page = (await ada.browser.get(f"/chat/room/{room}")).text
    embedded = STATE.search(page)
    assert embedded is not None
    assert "</b>" not in embedded[1]
    alone = await state(ada, room)
    assert json.loads(embedded[1]) == alone
    assert alone["me"] == {"id": ada.id, "nickname": ada.nickname, "isAdmin": False}
    assert alone["room"]["name"] == "</script><b>방"
    assert alone["may"] == dict.fromkeys(("read", "send", "leave", "end", "change", "moderate", "delete"), True) | {
        "join": False, "leave": False,
    }  # fmt: skip
    assert [row["roomId"] for row in alone["rooms"]] == [room]
    stranger = await state(ben, room)
    assert (stranger["log"], stranger["rooms"], stranger["may"]["join"]) == (None, [], True)


async def test_entries_are_as_the_socket_pushes_them(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, "안녕", "둘")
    log = (await state(ada, room))["log"]
    kept = await house.parts.log.read_before(room, None, 50)
    assert log["entries"] == [json.loads(encode_entry(entry)) for entry in kept.entries]
    assert (log["top"], log["more"]) == (kept.entries[-1].seq, False)


async def test_a_stranger_sees_the_badge_of_a_private_room_and_no_more(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada, "사랑방", description="secret plans", roomPublic="PRIVATE")
    found = await state(ben, room)
    assert "secret plans" not in json.dumps(found)
    assert (found["room"]["owner"], found["room"]["asks"], found["room"]["hasAsked"]) == (None, True, False)
    assert (await ben.browser.post(f"/api/v1/room/{room}/join")).status_code == 202
    assert (await state(ben, room))["room"]["hasAsked"]
    assert (await state(ada, room))["room"]["requests"] == 1


@pytest.mark.parametrize("public", ["INVISIBLE", "VOID"])
async def test_a_room_that_may_not_be_known_is_not_there(house: House, public: str) -> None:
    ada, ben, root = (
        await house.member("ada"),
        await house.member("ben"),
        await house.member("root", admin=True),
    )
    room = await house.room(ada, roomPublic="INVISIBLE")
    if public == "VOID":
        voided = await root.browser.put(f"/api/v1/admin/room/{room}", json={"void": True, "reason": "spam"})
        assert voided.status_code == 200
    answer = await ben.browser.get(f"/chat/room/{room}", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "state" not in answer.text
