"""The servers people would pick instead, each started as its users would start it (bench/peers), on the same core in
the same run."""

import os
import selectors
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pac.bench.dialects import CENTRIFUGE, PLAIN, Dialect
from pac.bench.generator import CannotMeasure
from pac.bench.pac_server import free_port

READY_WITHIN_S = 20.0
STOPS_WITHIN_S = 10.0

PEERS: Mapping[str, Dialect] = {
    "centrifuge": CENTRIFUGE,
    "centrifuge-delay": CENTRIFUGE,
    "centrifuge-lean": CENTRIFUGE,
    "ws": PLAIN,
    "websockets": PLAIN,
    "fastapi": PLAIN,
    "floor": PLAIN,
}


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    dialect: Dialect
    port: int
    pid: int


@contextmanager
def running_peer(folder: Path, name: str, core: int | None) -> Iterator[Peer]:
    """A peer that listens; afterwards it is gone. Raises CannotMeasure where it is not built or does not start."""
    port = free_port()
    command = [str(folder / "run"), name, "--port", str(port)]
    if core is not None:
        command += ["--core", str(core)]
    process = subprocess.Popen(  # noqa: S603 - the peers' own starter
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    try:
        _await_ready(process, name, folder)
        yield Peer(name, PEERS[name], port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _await_ready(process: "subprocess.Popen[bytes]", name: str, folder: Path) -> None:
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        said = process.stdout.readline() if waiting.select(READY_WITHIN_S) else b""
    if said.strip() != b"ready":
        raise CannotMeasure(f"The peer {name} did not start. Build the peers first: {folder}/build")
