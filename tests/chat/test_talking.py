"""`pac chat` against a real server: two terminals talk, and nothing is lost or doubled whatever happens between."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chat.terminal_client import TerminalClient, terminal_client
from tests.support.client import LiveClient, Person
from tests.support.people import ADA, JIEUN, PASSWORD
from tests.support.server import ServerProcess, running_server

pytestmark = pytest.mark.timeout(180)


@dataclass(slots=True)
class Plaza:
    """A server with a room that Ada made and 지은 joined."""

    server: ServerProcess
    ada: Person
    jieun: Person
    room: str


@pytest.fixture
async def plaza(tmp_path: Path) -> AsyncIterator[Plaza]:
    async with (
        running_server(tmp_path) as server,
        Person(server.url, ADA) as ada,
        Person(server.url, JIEUN) as jieun,
    ):
        yield await made(server, ada, jieun)


async def made(server: ServerProcess, ada: Person, jieun: Person) -> Plaza:
    await (await ada.sign_up()).sign_in()
    await (await jieun.sign_up()).sign_in()
    room = await ada.create_room("광장")
    await jieun.join(room)
    return Plaza(server, ada, jieun, room)


async def bodies(person: Person, room: str) -> list[str]:
    return [row.body for row in await person.log(room) if row.type == "TEXT"]


async def opened(client: TerminalClient) -> None:
    await client.until_noted("— 광장: ")


async def test_two_terminals_talk(plaza: Plaza) -> None:
    async with (
        terminal_client(plaza.server, ADA, "--room", "광장") as ada,
        terminal_client(plaza.server, JIEUN, "--room", plaza.room) as jieun,
    ):
        await opened(ada)
        await opened(jieun)
        ada.enter("안녕하세요")
        await jieun.until_shown("Ada: 안녕하세요")
        jieun.enter("Hello!", "//not a command")
        await ada.until_shown("지은: /not a command")
        assert await ada.end() == 0
        assert await jieun.end() == 0
        for one in (ada, jieun):
            assert one.said_by("Ada") == ["안녕하세요"]
            assert one.said_by("지은") == ["Hello!", "/not a command"]
    assert await bodies(plaza.ada, plaza.room) == ["안녕하세요", "Hello!", "/not a command"]


async def test_a_newcomer_finds_joins_leaves_and_is_told(plaza: Plaza) -> None:
    await plaza.jieun.leave(plaza.room)
    async with terminal_client(plaza.server, JIEUN) as jieun:
        jieun.enter("/rooms")
        await jieun.until_noted("  1. 광장  (1 member, AVAILABLE)")
        jieun.enter("/open 1")
        await jieun.until_noted("/join makes you one")
        jieun.enter("nobody hears this")
        await jieun.until_noted("No room is open.")
        jieun.enter("/join", "now they do")
        await jieun.until_shown("지은: now they do")
        jieun.enter("/leave")
        await jieun.until_noted("You left 광장.")
        assert await jieun.end() == 1, "one line was not sent, and a script should know"
        assert jieun.err.count("You left 광장.") == 1
    assert await bodies(plaza.ada, plaza.room) == ["now they do"]


async def test_older_messages_come_by_the_page(plaza: Plaza) -> None:
    async with LiveClient(plaza.ada, plaza.server.socket_url) as device:
        await device.subscribe(plaza.room)
        for number in range(1, 81):
            await device.send(plaza.room, f"number {number}")
    async with terminal_client(plaza.server, JIEUN, "--room", "광장") as jieun:
        await jieun.until_shown("number 80")
        assert jieun.said_by("Ada") == [f"number {number}" for number in range(31, 81)]
        jieun.enter("/older")
        await jieun.until_noted("there is nothing earlier")
        assert await jieun.end() == 0
        assert jieun.said_by("Ada")[50:] == [f"number {number}" for number in range(1, 31)]


async def test_a_server_killed_while_messages_are_pending_loses_and_doubles_none(plaza: Plaza) -> None:
    server = plaza.server
    written = [f"message {number}" for number in range(400)]
    async with (
        terminal_client(server, ADA, "--room", "광장") as ada,
        terminal_client(server, JIEUN, "--room", "광장") as jieun,
    ):
        await opened(ada)
        await opened(jieun)
        ada.enter(*written[:300])
        await jieun.until_shown("Ada: message ", times=20)
        server.kill9()
        await ada.until_noted("The connection is lost.")
        await jieun.until_noted("The connection is lost.")
        assert len(ada.said_by("Ada")) < 300, "nothing was pending when it was killed"
        ada.enter(*written[300:])
        await server.restart()
        await ada.until_noted("Connected again.")
        await jieun.until_shown(f"Ada: {written[-1]}")
        assert await ada.end() == 0
        assert await jieun.end() == 0
        assert jieun.said_by("Ada") == written
        assert ada.said_by("Ada") == written
    async with Person(server.url, ADA) as again:
        await again.sign_in()
        assert await bodies(again, plaza.room) == written


async def test_input_that_ends_while_the_server_is_away_is_still_delivered(plaza: Plaza) -> None:
    async with terminal_client(plaza.server, ADA, "--room", "광장") as ada:
        await opened(ada)
        plaza.server.kill9()
        await ada.until_noted("The connection is lost.")
        ada.enter("written in the dark")
        ending = asyncio.create_task(ada.end())
        await plaza.server.restart()
        assert await ending == 0
        assert ada.said_by("Ada") == ["written in the dark"]


async def test_what_is_written_too_fast_goes_out_as_the_server_allows(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path, LIMIT_SEND_PER_S=20, LIMIT_SEND_BURST=5) as server,
        Person(server.url, ADA) as ada,
        Person(server.url, JIEUN) as jieun,
    ):
        plaza = await made(server, ada, jieun)
        written = [f"message {number}" for number in range(25)]
        async with terminal_client(server, ADA, "--room", "광장") as client:
            client.enter(*written)
            assert await client.end() == 0
            assert client.said_by("Ada") == written
            assert sum("asks for patience" in line for line in client.err) == 1
        assert await bodies(plaza.ada, plaza.room) == written


async def test_a_session_that_ended_is_begun_again(plaza: Plaza) -> None:
    async with terminal_client(plaza.server, ADA, "--room", "광장") as ada:
        await opened(ada)
        administer(plaza.server, "reset-password", ADA.username)
        await ada.until_noted("Signing in again.")
        await ada.until_noted("Connected again.")
        ada.enter("here again")
        assert await ada.end() == 0
        assert ada.said_by("Ada") == ["here again"]


async def test_a_member_who_cannot_sign_in_again_is_told_and_let_go(plaza: Plaza) -> None:
    async with terminal_client(plaza.server, ADA, "--room", "광장") as ada:
        await opened(ada)
        administer(plaza.server, "reset-password", ADA.username, password="quite another one")
        assert await ada.ended() == 1
        assert ada.err[-2:] == [
            "The session has ended. Signing in again.",
            "Login name or password is wrong. Check both and try again.",
        ]


async def test_a_member_who_is_locked_is_told_and_let_go(plaza: Plaza) -> None:
    async with terminal_client(plaza.server, ADA, "--room", "광장") as ada:
        await opened(ada)
        administer(plaza.server, "lock", ADA.username)
        assert await ada.ended() == 1
        assert ada.err[-1] == "This account is locked."


@pytest.mark.req("1.2")
async def test_no_escape_sequence_reaches_the_terminal(plaza: Plaza) -> None:
    """Not of a message, not of a nickname or a room's name either, should a server ever let one through."""
    server = plaza.server
    assert await server.stop() == 0
    with sqlite3.connect(server.data / "pac.db") as database:
        for table, column, value in (
            ("members", "nickname", "Ev\x1b[31mil\x1b]0;title\x07\u202e\x9b2J\nforged"),
            ("rooms", "name", "\x1b[2J광장\u202e"),
        ):
            changed = database.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?",
                                       (value, plaza.ada.id if table == "members" else plaza.room))  # fmt: skip
            assert changed.rowcount == 1
    database.close()
    await server.restart()
    async with (
        Person(server.url, ADA) as ada,
        terminal_client(server, JIEUN, "--room", plaza.room) as jieun,
    ):
        await ada.sign_in()
        jieun.enter("/rooms")
        await jieun.until_noted("My rooms")
        async with LiveClient(ada, server.socket_url) as device:
            await device.subscribe(plaza.room)
            await device.send(
                plaza.room, "a\x1b[2Jb\x07c\x9b31md\u202ee\r[12:00] 지은: forged\n[12:00] 지은: too"
            )
            await device.send(plaza.room, "the end")
        await jieun.until_shown("the end")
        assert await jieun.end() == 0
        text = jieun.raw.decode()
        assert "a[2Jbc31mde [12:00] 지은: forged\n    [12:00] 지은: too\n" in text
        assert not [character for character in text if character != "\n" and not character.isprintable()]
        assert not any(line.startswith(("forged", "[12:00]")) for line in jieun.out)


def administer(server: ServerProcess, verb: str, login: str, *, password: str = PASSWORD) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pac.cli", "admin", verb, login],
        env=server.environment(), cwd=server.folder, input=f"{password}\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


async def test_a_wrong_password_and_a_server_that_is_not_there_are_told(plaza: Plaza) -> None:
    async with terminal_client(plaza.server, ADA, password="wrong password") as ada:
        assert await ada.ended() == 1
        assert ada.err == ["Login name or password is wrong. Check both and try again."]
    plaza.server.kill9()
    async with terminal_client(plaza.server, ADA) as ada:
        assert await ada.ended() == 1
        assert ada.err[0] == (
            f"{plaza.server.url} does not answer. Does the server run there? `pac serve` starts one."
        )
        assert not any("Traceback" in line for line in ada.err)


async def test_a_reader_that_goes_away_ends_it_without_a_traceback(plaza: Plaza) -> None:
    async with LiveClient(plaza.ada, plaza.server.socket_url) as device:
        await device.subscribe(plaza.room)
        process = await asyncio.create_subprocess_shell(
            f"{sys.executable} -m pac.cli chat {plaza.server.url} -u {JIEUN.username} -r {plaza.room} | head -n 1",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{PASSWORD}\n".encode())
        assert b"joined" in await process.stdout.readline()
        reading = asyncio.create_task(process.stderr.read())
        async with asyncio.timeout(30):
            while process.returncode is None:  # `head` has gone; its input is still open
                await device.send(plaza.room, "unread")
                await asyncio.sleep(0.1)
        said = await reading
        assert "광장".encode() in said
        assert b"Traceback" not in said
        assert b"BrokenPipe" not in said
