"""docs/PROTOCOL.md is enough: a client written from it alone talks, keeps its picture, and survives a kill."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.second.client import Client, Refused, Watcher
from tests.second.rest import Account
from tests.support.server import ServerProcess, running_server

PAGE = Path(__file__).parents[2] / "docs" / "PROTOCOL.md"
SOON_S = (0.01, 0.1)
SENDS = 200

pytestmark = pytest.mark.timeout(120)


@dataclass(slots=True)
class Chat:
    server: ServerProcess
    ada: Account
    jieun: Account
    room: str

    def client(self, account: Account, watch: Watcher = lambda *_: None) -> Client:
        return Client(account, self.server.socket_url, jitter_s=SOON_S, watch=watch)


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    """Ada owns a room, and 지은 is in it."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path))
        accounts = []
        for username, nickname in (("ada_l", "Ada"), ("jieun", "지은")):
            account = await stack.enter_async_context(Account(server.url, username))
            await account.sign_up(nickname)
            await account.sign_in()
            accounts.append(account)
        ada, jieun = accounts
        room = await ada.create_room("광장")
        await jieun.join(room)
        yield Chat(server, ada, jieun, room)


def _example() -> list[tuple[str, str]]:
    """What is said and heard in the page's complete session: the direction and the op."""
    section = PAGE.read_text(encoding="utf-8").split("## A session, complete")[1].split("\n## ")[0]
    return re.findall(r'^([→←]) \{"op":"(\w+)"', section, re.MULTILINE)


async def test_the_session_of_the_page_goes_as_it_is_written(chat: Chat) -> None:
    """Every frame of it comes, and in that order where the page's order is a promise: answers after questions."""
    heard: list[tuple[str, str]] = []
    frames: list[dict[str, object]] = []

    def watch(connection: int, way: str, frame: dict[str, object]) -> None:
        if way in "→←":
            heard.append((way, str(frame["op"])))
            frames.append(frame)

    room = chat.room
    async with chat.client(chat.ada, watch) as ada, chat.client(chat.jieun) as jieun:
        await ada.subscribe(room)
        await jieun.subscribe(room)
        said = await jieun.send(room, "안녕하세요")
        jieun.typing(room)
        await ada.until(lambda: ada.rooms[room].who_types() == {chat.jieun.id})
        first = await ada.send(room, "Hello!", cid="a1")
        ada.cut()
        await ada.until(lambda: ada.connections == 2 and bool(ada.rooms[room].fields))
        again = await ada.send(room, "Hello!", cid="a1")
        assert (again["seq"], again["ts"], again["dup"]) == (first["seq"], first["ts"], True)
        await ada.until(lambda: ada.rooms[room].online == 2)
        assert (await ada.presence(room))["count"] == 2
        ada.read(room, first["seq"])
        await jieun.delete(room, said["seq"])
        await ada.until(lambda: ada.rooms[room].messages[said["seq"]].get("deleted") == "author")
        await chat.ada.change_room(room, name="새 광장")
        await ada.until(lambda: ada.rooms[room].fields["name"] == "새 광장")
        await chat.ada.change_member(room, chat.jieun.id, role="OBSERVER")
        await jieun.until(lambda: jieun.rooms[room].role == "OBSERVER")
        with pytest.raises(Refused) as refused:
            await jieun.send(room, "?")
        assert refused.value.code == "read_only"
        await chat.ada.kick(room, chat.jieun.id)
        await jieun.until(lambda: jieun.rooms[room].unsubscribed == "kicked")
        assert jieun.memberships[-1]["change"] == "kicked"
        await ada.until(lambda: ada.rooms[room].messages[ada.rooms[room].last].get("event") == "kicked")

    assert set(_example()) <= set(heard) | {("→", "delete"), ("←", "membership"), ("←", "unsubscribed")}
    assert [frame["op"] for frame in frames[:4]] == ["hello", "welcome", "subscribe", "ok"]


@pytest.mark.row("promise 1")
async def test_two_clients_talk_and_see_the_same_log(chat: Chat) -> None:
    room = chat.room
    async with chat.client(chat.ada) as ada, chat.client(chat.jieun) as jieun:
        await asyncio.gather(ada.subscribe(room), jieun.subscribe(room))
        said = await asyncio.gather(
            *(
                one.send(room, f"{who} {number}")
                for number in range(50)
                for one, who in ((ada, "Ada"), (jieun, "지은"))
            )
        )
        top = max(answer["seq"] for answer in said)
        for one in (ada, jieun):
            await one.until(lambda one=one: one.rooms[room].last == top)
        assert ada.rooms[room].messages == jieun.rooms[room].messages
        assert len({answer["seq"] for answer in said}) == 100
        assert jieun.rooms[room].read == max(answer["seq"] for answer in said[1::2])


@pytest.mark.row("subscribe reset")
async def test_a_client_that_was_away_for_long_pages_what_it_missed(chat: Chat) -> None:
    """More than 1,000 missed: `reset`, and history from where the picture ends."""
    room = chat.room
    entries = []

    def watch(connection: int, way: str, frame: dict[str, object]) -> None:
        if way == "←" and frame["op"] == "ok":
            entries.extend(frame.get("rooms", ()))

    async with chat.client(chat.ada) as ada:
        await ada.subscribe(room)
        said = await asyncio.gather(*(ada.send(room, f"Ada {number}") for number in range(1_050)))
        top = max(answer["seq"] for answer in said)
        async with chat.client(chat.jieun, watch) as jieun:
            await jieun.subscribe(room)
            assert entries[0]["reset"] is True
            await jieun.until(lambda: jieun.rooms[room].last == top)
            await ada.until(lambda: ada.rooms[room].last == top)
            assert jieun.rooms[room].messages == ada.rooms[room].messages


async def test_a_kill_with_sends_under_way_loses_and_doubles_nothing(chat: Chat) -> None:
    room = chat.room
    async with chat.client(chat.ada) as ada, chat.client(chat.jieun) as jieun:
        await asyncio.gather(ada.subscribe(room), jieun.subscribe(room))
        sent = [
            one.submit(room, f"{who} {number}")
            for number in range(SENDS)
            for one, who in ((ada, "Ada"), (jieun, "지은"))
        ]
        await asyncio.wait([one.answer for one in sent], return_when=asyncio.FIRST_COMPLETED)
        chat.server.kill9()
        under_way = [one for one in sent if not one.answer.done()]
        await chat.server.restart()
        answers = await asyncio.gather(*(one.answer for one in sent))
        log = await chat.ada.log(room)
        top = log[-1]["seq"]
        for one in (ada, jieun):
            await one.until(lambda one=one: one.rooms[room].last == top)

        assert under_way, "the kill hit nothing"
        stored = {entry["seq"]: entry["message"] for entry in log if entry["type"] == "TEXT"}
        assert sorted(stored.values()) == sorted(one.body for one in sent)
        assert all(stored[answer["seq"]] == one.body for one, answer in zip(sent, answers, strict=True))
        assert [entry["seq"] for entry in log] == list(range(1, top + 1))
        assert ada.rooms[room].messages == jieun.rooms[room].messages
        assert ada.connections == jieun.connections == 2


@pytest.mark.row("close 4010", "close 4502", "close return")
async def test_a_client_comes_back_after_a_drain_and_not_after_a_sign_out(chat: Chat) -> None:
    async with chat.client(chat.ada) as ada:
        await ada.subscribe(chat.room)
        assert await chat.server.stop() == 0
        await ada.until(lambda: ada.closed_with == [4010])
        await chat.server.restart()
        await ada.until(lambda: ada.connections == 2)
        await ada.send(chat.room, "again")
        await chat.ada.sign_out()
        await ada.until(lambda: bool(ada.ended_by))
        assert ada.closed_with == [4010, 4502]
        assert ada.connections == 2
