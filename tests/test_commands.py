"""`pac …` as an operator meets it: what goes wrong is said in words, and nothing is half-done."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.server import ServerProcess, running_server


def pac(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
    environment |= {"PAC_DATA_DIR": str(folder / "data")} | settings
    return subprocess.run(
        [sys.executable, "-m", "pac.cli", *arguments],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_wrong_setting_ends_with_2_before_anything_is_made(tmp_path: Path) -> None:
    done = pac(tmp_path, "serve", PAC_WEB_PORT="web")
    assert done.returncode == 2
    assert "PAC_WEB_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = pac(tmp_path, "serve", PAC_WEB_PORT=port, PAC_MESSAGE_PORT=port)
    assert done.returncode == 2
    assert f"Port {port}" in done.stderr
    assert "PAC_WEB_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    done = pac(tmp_path, "serve", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert done.returncode == 2
    assert "data" in done.stderr
    assert "PAC_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    assert pac(tmp_path, "migrate").returncode == 0
    path = tmp_path / "data" / "pac.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = path.read_bytes()
    done = pac(tmp_path, "serve", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert done.returncode == 2
    assert "newer version" in done.stderr
    assert path.read_bytes() == before


def test_a_log_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "messages.db").write_bytes(b"this is not a database, and never was one. " * 50)
    done = pac(tmp_path, "serve", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert done.returncode == 2
    assert "messages.db" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("1.5")
def test_plain_http_beyond_loopback_needs_a_word(tmp_path: Path) -> None:
    done = pac(tmp_path, "serve", PAC_BIND="0.0.0.0", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert done.returncode == 2
    assert "PAC_ALLOW_HTTP" in done.stderr


def test_migrate_says_what_it_did_and_may_be_run_again(tmp_path: Path) -> None:
    assert "brought from nothing" in pac(tmp_path, "migrate").stdout
    assert "Nothing was changed" in pac(tmp_path, "migrate").stdout


def test_an_administrator_can_be_made_before_the_first_start(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
    done = subprocess.run(
        [sys.executable, "-m", "pac.cli", "admin", "create", "root"],
        env=environment | {"PAC_DATA_DIR": str(tmp_path / "data")},
        input="a long password of root\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "root is an administrator" in done.stdout


def test_demo_data_goes_into_an_empty_installation_only(tmp_path: Path) -> None:
    assert "test1" in pac(tmp_path, "seed-demo").stdout
    again = pac(tmp_path, "seed-demo")
    assert again.returncode == 2
    assert "6 members already" in again.stderr
    assert pac(tmp_path, "seed-demo", "--if-empty").returncode == 0


def test_check_says_a_line_for_each_part_and_what_to_do(tmp_path: Path) -> None:
    assert pac(tmp_path, "seed-demo").returncode == 0
    good = pac(tmp_path, "check", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert good.returncode == 0, good.stdout + good.stderr
    for part in ("database: 6 members", "message log: readable, and whole", "outbox: nothing waits"):
        assert part in good.stdout
    (tmp_path / "data" / "messages.db").write_bytes(b"x" * 5_000)
    bad = pac(tmp_path, "check", PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
    assert bad.returncode == 1
    assert "FAIL" in bad.stdout
    assert "Traceback" not in bad.stdout + bad.stderr


async def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        other = pac(tmp_path, "serve", PAC_DATA_DIR=str(server.data), PAC_WEB_PORT="0", PAC_MESSAGE_PORT="0")
        assert other.returncode == 2
        assert "Traceback" not in other.stderr


async def test_ready_turns_to_503_from_sigterm_on_and_the_process_ends_well(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        assert await server.stop() == 0
        assert "process.draining" in server.logs()
        assert "process.stopped" in server.logs()


def _answers(url: str, within_s: float = 20.0) -> str:
    until = time.monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.05)


async def test_pages_and_sockets_may_be_served_by_two_processes(tmp_path: Path) -> None:
    """`pac message` writes the log, `pac web` reads it; what one changes reaches the other by the feed."""
    ports = ServerProcess(tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")} | {
        "PAC_DATA_DIR": str(tmp_path / "data"),
        "PAC_WEB_PORT": str(ports.web_port),
        "PAC_MESSAGE_PORT": str(ports.message_port),
    }
    running = []
    try:
        for role, port in (("message", ports.message_port), ("web", ports.web_port)):
            running.append(
                subprocess.Popen([sys.executable, "-m", "pac.cli", role], env=environment, cwd=tmp_path)
            )
            assert '"status":"ready"' in _answers(f"http://127.0.0.1:{port}/readyz")
        page = _answers(f"http://127.0.0.1:{ports.web_port}/login")
        assert "<form" in page
        assert (
            _answers(f"http://127.0.0.1:{ports.message_port}/api/v1/environment/profiles") == '["embedded"]'
        )

        from tests.support.client import Person
        from tests.support.people import ADA

        async with Person(ports.url, ADA) as ada:
            await (await ada.sign_up()).sign_in()
            room = await ada.create_room("광장")
            import asyncio

            async with asyncio.timeout(10):
                while not await ada.log(room):
                    await asyncio.sleep(0.05)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=30) for process in running]
    assert codes == [0, 0]


@pytest.mark.req("7.1")
async def test_a_full_disk_refuses_sends_keeps_reading_and_goes_on_when_there_is_space(
    tmp_path: Path,
) -> None:
    """A real small volume, where it can be mounted; the log's own test plays it with a VFS."""
    import asyncio
    import json

    from websockets.asyncio.client import connect

    from tests.support.client import Person
    from tests.support.people import ADA

    volume = tmp_path / "volume"
    volume.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(volume)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        assert os.environ.get("CI") != "true", "a volume of its own could not be mounted"
        pytest.skip("needs the right to mount a small volume")
    try:
        async with (
            running_server(tmp_path / "server", DATA_DIR=volume / "data") as server,
            Person(server.url, ADA) as ada,
        ):
            await (await ada.sign_up()).sign_in()
            room = await ada.create_room("광장")
            token = await ada.live_token()
            async with connect(server.socket_url, subprotocols=["pac.v2.json"], max_size=None) as line:

                async def ask(**frame: object) -> dict[str, object]:
                    await line.send(json.dumps({"id": "x"} | frame))
                    while True:
                        answer = json.loads(await asyncio.wait_for(line.recv(), 10))
                        if answer.get("id") == "x":
                            return answer

                await ask(op="hello", token=token)
                await ask(op="subscribe", rooms=[{"room": room}])
                assert (await ask(op="send", room=room, cid="first", body="before"))["op"] == "ok"
                ballast = volume / "ballast"
                with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * 4_096)
                answers = [
                    await ask(op="send", room=room, cid=f"full{number}", body="가" * 4_000)
                    for number in range(40)
                ]
                refused = [answer for answer in answers if answer["op"] == "error"]
                assert refused, "the volume was not full"
                assert {answer["code"] for answer in refused} == {"unavailable"}
                assert all(answer["retry_after_ms"] for answer in refused)
                assert (await ask(op="history", room=room))["op"] == "ok", "reading goes on"
                ballast.unlink()
                async with asyncio.timeout(15):
                    while (await ask(op="send", room=room, cid="full39", body="가" * 4_000))["op"] != "ok":
                        await asyncio.sleep(0.2)
            rows = await ada.log(room)
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            stored = [row.cid for row in rows if row.cid]
            assert len(set(stored)) == len(stored)
    finally:
        subprocess.run(["umount", "-l", str(volume)], check=False)
