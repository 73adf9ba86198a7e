"""One room, many readers, a steady stream: nothing lost, and what it costs the server.

    python -m bench.wide_room --readers 200 --rate 1000 --seconds 10

Starts a server of its own with its limits raised by their settings, signs people up through REST, opens real
sockets with real sessions, and counts every message at every reader. CPU is the server process's own, from
/proc; figures are ratios (CPU per message, per delivery), to be compared within one machine and run.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

SOCKETS_PER_MEMBER = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_server(rate: int) -> Iterator[tuple[int, int]]:
    """(pid, port) of a server with its limits raised."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PAC_DATA_DIR": folder,
            "PAC_WEB_PORT": str(port),
            "PAC_MESSAGE_PORT": str(port),
            "PAC_LOG_LEVEL": "WARNING",
            "PAC_LIMIT_SIGNUP_PER_HOUR": "100000",
            "PAC_LIMIT_SIGNIN_FAILURES": "100000",
            "PAC_LIMIT_SEND_PER_S": str(rate * 2),
            "PAC_LIMIT_SEND_BURST": str(rate * 2),
            "PAC_LIMIT_OPS_PER_S": str(rate * 2),
            "PAC_LIMIT_OPS_BURST": str(rate * 2),
            "PAC_LIMIT_UNGREETED_PER_ADDRESS": "10000",
        }
        server = subprocess.Popen([sys.executable, "-m", "pac.cli", "serve"], env=environment)
        try:
            for _ in range(200):
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(f"http://localhost:{port}/readyz").status_code == 200:
                        break
                time.sleep(0.05)
            yield server.pid, port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Reader(WSListener):
    """Counts the messages of the room and sees that no number is missing."""

    def __init__(self, token: str, room: str) -> None:
        self.token, self.room = token, room
        self.next_seq = 0
        self.received = 0
        self.holes = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.acks: list[float] = []
        self.delays: list[float] = []
        self.sent_at: dict[str, float] = {}

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.say({"op": "hello", "id": "h", "token": self.token})
        self.say({"op": "subscribe", "id": "s", "rooms": [{"room": self.room}]})

    def say(self, frame: dict[str, object]) -> None:
        self.transport.send(WSMsgType.TEXT, json.dumps(frame).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        data = frame.get_payload_as_bytes()
        if data.startswith(b'{"op":"message"'):
            at = data.index(b'"seq":') + 6
            seq = int(data[at : data.index(b",", at)])
            if self.next_seq and seq != self.next_seq:
                self.holes += 1
            self.next_seq = seq + 1
            self.received += 1
            if self.sent_at and b'"body":"t' in data:
                body = json.loads(data)["body"]
                self.delays.append(time.perf_counter() - self.sent_at[body])
        elif data.startswith(b'{"op":"ok"'):
            answer = json.loads(data)
            if answer["id"] == "s" and not self.ready.done():
                self.ready.set_result(None)
            elif answer["id"].startswith("t"):
                self.acks.append(time.perf_counter() - self.sent_at[answer["id"]])
        elif data.startswith(b'{"op":"error"'):
            raise AssertionError(data.decode())


async def people(port: int, count: int) -> tuple[list[str], str]:
    """(live tokens, room): this many members, all in one room."""
    tokens, room = [], ""
    async with httpx.AsyncClient(base_url=f"http://localhost:{port}", timeout=60) as client:
        for number in range(count):
            name = {"username": f"reader{number}", "password": f"a long password {number}"}
            (
                await client.post("/api/v1/auth/join", json={**name, "nickname": f"Reader {number}"})
            ).raise_for_status()
            client.cookies.clear()
            token = (await client.post("/api/v1/auth/login", json=name)).raise_for_status().json()["token"]
            client.cookies.clear()
            bearer = {"Authorization": f"Bearer {token}"}
            if not room:
                made = await client.post(
                    "/api/v1/room", json={"roomName": "wide", "capacity": 1_000}, headers=bearer
                )
                room = made.raise_for_status().json()["roomId"]
            else:
                (await client.post(f"/api/v1/room/{room}/join", headers=bearer)).raise_for_status()
            tokens.append(token)
    return tokens, room


async def measure(readers: int, rate: int, seconds: int) -> bool:
    with running_server(rate) as (pid, port):
        members = -(-readers // (SOCKETS_PER_MEMBER - 1))
        tokens, room = await people(port, members)
        sockets: list[Reader] = []
        for number in range(readers):
            reader = Reader(tokens[number % members], room)
            await ws_connect(lambda reader=reader: reader, f"ws://localhost:{port}/message", extra_headers={
                "Sec-WebSocket-Protocol": "pac.v2.json"
            })  # fmt: skip
            sockets.append(reader)
        await asyncio.gather(*(reader.ready for reader in sockets))
        sender = sockets[0]
        await asyncio.sleep(1)
        before = [reader.received for reader in sockets]
        cpu, began = cpu_seconds(pid), time.perf_counter()
        total = rate * seconds
        for number in range(total):
            ahead = began + number / rate - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            name = f"t{number}"
            sender.sent_at[name] = time.perf_counter()
            sender.say({"op": "send", "id": name, "room": room, "cid": f"{time.time_ns():x}", "body": name})
        for _ in range(200):
            if all(reader.received - then >= total for reader, then in zip(sockets, before, strict=True)):
                break
            await asyncio.sleep(0.05)
        took, spent = time.perf_counter() - began, cpu_seconds(pid) - cpu
        got = [reader.received - then for reader, then in zip(sockets, before, strict=True)]
        holes = sum(reader.holes for reader in sockets)
        acks, delays = sorted(sender.acks), sorted(sender.delays)
        print(f"{readers} readers, {rate} messages/s for {seconds} s: {total} sent, {len(acks)} acked")
        print(
            f"delivered {sum(got)} of {total * readers}, holes {holes}; {sum(got) / took:,.0f} deliveries/s"
        )
        print(f"server CPU {spent / took:.0%} of a core; {spent / total * 1e6:.0f} µs a message, "
              f"{spent / sum(got) * 1e6:.2f} µs a delivery")  # fmt: skip
        for name, times in (("send to ok", acks), ("send to own delivery", delays)):
            p99 = times[int(len(times) * 0.99)] * 1e3
            print(f"{name}: p50 {statistics.median(times) * 1e3:.1f} ms, p99 {p99:.1f} ms")
        for reader in sockets:
            reader.transport.disconnect()
        return holes == 0 and all(count == total for count in got) and len(acks) == total


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=10)
    asked = parser.parse_args()
    return 0 if asyncio.run(measure(asked.readers, asked.rate, asked.seconds)) else 1


if __name__ == "__main__":
    sys.exit(main())
