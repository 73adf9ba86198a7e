"""The load generator: a small C program (generator/), compiled on first use, given a plan, asked for its result.

C, because it has to check two million deliveries a second on one core and still be on time with its own sends.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pac.bench.histogram import Histogram
from pac.errors import PacError

SOURCES = Path(__file__).parent / "generator"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra")
COMPILES_WITHIN_S = 120.0
LATE_MS = 1.0
BUSY = 0.9
AGAIN = "again "
ERROR = "error "


class CannotMeasure(PacError):
    """There is no generator, or no result; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Room:
    """`send` and `resume` are frames with @I, @S, @B and @A, @E in them (generator/plan.h)."""

    path: str
    send: str = ""
    resume: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A connection: `flags` as in generator/plan.h, `frames` said right behind the handshake."""

    room: int
    flags: str = ""
    frames: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the generator. Seconds where it says seconds; `rate` is messages a second in all rooms together."""

    dialect: str
    port: int
    rooms: Sequence[Room]
    clients: Sequence[Client]
    server: int = 0
    headers: Sequence[str] = ()
    ready: str = ""
    rate: float = 0
    poisson: int = 0
    count: int = 0
    warm: float = 1
    window: float = 5
    drain: float = 10
    hold: float = 0
    patience: float = 60
    concurrency: int = 40
    wave: int = 0
    pause: tuple[float, float] | None = None
    receive_buffer: int = 0
    body: int = 64
    sources: tuple[int, int] | None = None
    strangers: bool = False
    gate: bool = False
    history: Path | None = None

    def text(self) -> str:
        """As the generator reads it."""
        lines = [f"dialect {self.dialect}", f"port {self.port}"]
        numbers = ("server", "rate", "poisson", "count", "warm", "window", "drain", "hold", "patience")
        for name in (*numbers, "concurrency", "wave", "receive_buffer", "body"):
            if getattr(self, name):
                lines.append(f"{name} {getattr(self, name)}")
        if not self.warm:
            lines.append("warm 0")
        for name, pair in (("pause", self.pause), ("sources", self.sources)):
            if pair is not None:
                lines.append(f"{name} {pair[0]} {pair[1]}")
        if self.strangers:
            lines.append("mode strangers")
        if self.gate:
            lines.append("gate 1")
        if self.ready:
            lines.append(f"ready {self.ready}")
        if self.history is not None:
            lines.append(f"history {self.history}")
        lines += [f"header {header}" for header in self.headers]
        lines += [f"room {room.path}\t{room.send}\t{room.resume}" for room in self.rooms]
        for client in self.clients:
            lines.append(f"conn {client.room} {client.flags or '-'}")
            lines += [f"> {frame}" for frame in client.frames]
        return "\n".join([*lines, ".", ""])


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to; `raw` is the generator's own object, without the buckets."""

    raw: dict[str, Any]
    opened: Histogram = field(default_factory=Histogram)
    ready_in: Histogram = field(default_factory=Histogram)
    lateness: Histogram = field(default_factory=Histogram)
    ack: Histogram = field(default_factory=Histogram)
    delivery: Histogram = field(default_factory=Histogram)
    late_delivery: Histogram = field(default_factory=Histogram)
    """Of those who stopped reading for a while."""

    @staticmethod
    def read(text: str) -> "Result":
        given = json.loads(text)
        names = ("opened", "ready_in", "lateness", "ack", "delivery", "late_delivery")
        histograms = {name: Histogram.read(given.pop(name)) for name in names}
        return Result(given, **histograms)

    @property
    def own_share(self) -> float:
        """How much of its core the generator needed in the window."""
        window = self.raw["window"]
        return float(window["own_cpu"] / window["seconds"]) if window["seconds"] else 0.0

    @property
    def is_saturated(self) -> bool:
        """Whether the generator itself was at its end, so that the figures say more of it than of the server."""
        return self.own_share > BUSY or self.lateness.ms(99) > LATE_MS

    @property
    def faults(self) -> dict[str, int]:
        """What must not be, by kind: lost, doubled, out of order, of nobody, unanswered, cut off. A send that was
        refused and was told so is none: see `refusals`."""
        found = {name: count for name, count in self.raw["faults"].items() if count}
        for name in ("missing", "unanswered", "unsent"):
            if self.raw[name]:
                found[name] = self.raw[name]
        if self.raw["completed"] < self.raw["connections"]:
            found["not_ready"] = self.raw["connections"] - self.raw["completed"]
        kinds = self.raw["kinds"].items()
        return found | {why: n for why, n in kinds if not why.startswith((AGAIN, ERROR))}

    @property
    def refusals(self) -> dict[str, int]:
        """Frames that were answered by `error`, by its code."""
        kinds = self.raw["kinds"].items()
        return {why.removeprefix(ERROR): count for why, count in kinds if why.startswith(ERROR)}

    @property
    def came_again(self) -> dict[str, int]:
        """Who was turned away or cut off and came again, as the protocol asks, by what they were told."""
        kinds = self.raw["kinds"].items()
        return {why.removeprefix(AGAIN): count for why, count in kinds if why.startswith(AGAIN)}


def compiled(cache: Path | None = None) -> Path:
    """The program, compiled unless this very source was before. Raises CannotMeasure where there is no compiler."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources) + " ".join(FLAGS).encode())
    folder = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pac-bench"
    program = folder / f"generator-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise CannotMeasure("The load generator is C and needs a compiler: apt-get install gcc libc6-dev")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = program.with_suffix(f".{os.getpid()}")
    command = [compiler, *FLAGS, "-o", str(fresh), str(SOURCES / "generator.c"), "-lm"]
    done = subprocess.run(  # noqa: S603 - a compiler found by name, on our own source
        command, capture_output=True, text=True, timeout=COMPILES_WITHIN_S, check=False
    )
    if done.returncode:
        raise CannotMeasure(
            f"The load generator does not compile (apt-get install gcc libc6-dev):\n{done.stderr}"
        )
    fresh.replace(program)
    return program


def pinned(core: int | None) -> list[str]:
    """What to put before a command, so that it runs on this core and on no other."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core)] if core is not None and taskset else []


def run(plan: Plan, core: int | None = None, before_wave: Callable[[], int] | None = None) -> Result:
    """Carry out the plan. `before_wave` is called between what is missed and the wave that missed it, and gives the
    server's pid. Raises CannotMeasure where the generator ends without a result."""
    plan = replace(plan, gate=before_wave is not None)
    process = start(plan, core)
    try:
        if before_wave is not None:
            assert process.stdout is not None
            assert process.stdin is not None
            if process.stdout.readline().strip() == "gate":
                process.stdin.write(f"{before_wave()}\n")
                process.stdin.flush()
        return finish(process, plan)
    finally:
        end(process)


def start(plan: Plan, core: int | None = None) -> "subprocess.Popen[str]":
    """The generator at work; `finish` waits for it. For two at once."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*pinned(core), str(compiled())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        process.stdin.write(plan.text())
        process.stdin.flush()
    except BrokenPipeError:
        pass  # `finish` tells what it said about the plan
    return process


def finish(process: "subprocess.Popen[str]", plan: Plan) -> Result:
    longest = (
        2 * plan.patience + plan.warm + plan.window + plan.drain + plan.hold + sum(plan.pause or ()) + 30
    )
    try:
        output, errors = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"The generator did not end within {longest:.0f} s.") from None
    if process.returncode:
        raise CannotMeasure(f"The generator ended with {process.returncode}: {errors.strip()}")
    return Result.read(output)


def end(process: "subprocess.Popen[str]") -> None:
    """Whatever became of it: afterwards there is no such process."""
    with process:
        if process.poll() is None:
            process.kill()
