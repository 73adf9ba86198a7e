"""Does a test stand behind each promise? Break the promise on purpose, in a copy, and see the test turn red.

Each file of tests/breaks is a patch of one line of src, headed by the promise it breaks and the tests that guard
it. A patch whose tests stay green has found a promise nobody guards; one that no longer applies is stale. Either
fails the run, and so does a patch that only keeps the code from being loaded: that would turn every test red.

    python scripts/breaks.py --all
    python scripts/breaks.py --sample 5 --seed 7
    python scripts/breaks.py --only ack-before-commit
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "breaks"
RUN_WITHIN_S = 900
REPORT = "report.xml"


class Outcome(StrEnum):
    RED = "RED"
    GREEN = "GREEN   a promise no test guards"
    STALE = "STALE   the patch no longer applies"
    BROKEN = "BROKEN  the tests could not be run: that proves nothing"
    NO_TEST = "NO TEST the test it names is not there"


@dataclass(frozen=True, slots=True)
class Guard:
    """`tests/path.py::name`: every test of that file whose name holds it, with all its parameters."""

    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}::{self.name}"


@dataclass(frozen=True, slots=True)
class Break:
    name: str
    promise: str
    guards: tuple[Guard, ...]
    patch: Path


def read_break(patch: Path) -> Break:
    """Raises ValueError for a patch that is not one line of src with a promise and a guard."""
    text = patch.read_text(encoding="utf-8")
    promises = re.findall(r"^# promise: (.+)$", text, re.MULTILINE)
    guards = re.findall(r"^# red: (tests/\S+\.py)::(\w+)$", text, re.MULTILINE)
    files = re.findall(r"^\+\+\+ b/(\S+)", text, re.MULTILINE)
    added = re.findall(r"^\+(?!\+\+ )", text, re.MULTILINE)
    removed = re.findall(r"^-(?!-- )", text, re.MULTILINE)
    if len(promises) != 1 or not guards:
        raise ValueError(f"{patch.name}: one `# promise:` line and at least one `# red: tests/…py::name`")
    if len(files) != 1 or not files[0].startswith("src/"):
        raise ValueError(f"{patch.name}: one file, under src/")
    if not (len(added) <= 1 and len(removed) <= 1 and added + removed):
        raise ValueError(f"{patch.name}: one changed line")
    return Break(patch.stem, promises[0], tuple(Guard(path, name) for path, name in guards), patch)


def read_breaks(folder: Path = FOLDER) -> list[Break]:
    return [read_break(patch) for patch in sorted(folder.glob("*.patch"))]


def copy_tree(to: Path) -> None:
    """The working tree as it is now, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to / name)


def environment(copy: Path) -> dict[str, str]:
    """In it `pac` is the copy's; no bytecode, which is told apart by its second and size alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PAC_", "PYTEST_"))}
    return {
        **kept,
        "PYTHONPATH": str(copy / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CEILING_DIRECTORIES": str(copy.parent),
    }


def assert_copy_is_imported(copy: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import pac; print(pac.__file__)"],
        cwd=copy,
        env=environment(copy),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    if not Path(found).resolve().is_relative_to(copy.resolve()):
        raise RuntimeError(f"the tests would import {found}, not the copy")


def pytest(copy: Path, *arguments: str) -> int | None:
    """The exit code of these tests, run in the copy with this interpreter; None when they took too long."""
    report = copy / REPORT
    report.unlink(missing_ok=True)
    try:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"),
                *(f"--junitxml={report}", f"--rootdir={copy}", *arguments),
            ],
            cwd=copy,
            env=environment(copy),
            capture_output=True,
            timeout=RUN_WITHIN_S,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def run(copy: Path, guard: Guard) -> Outcome:
    """RED when a test failed; a test that could not be set up has not failed."""
    match pytest(copy, guard.path, "-k", guard.name):
        case 0:
            return Outcome.GREEN
        case 4 | 5:
            return Outcome.NO_TEST
        case 1 if failures_in(copy / REPORT):
            return Outcome.RED
        case _:
            return Outcome.BROKEN


def failures_in(report: Path) -> int:
    if not report.exists():
        return 0
    return sum(int(suite.get("failures", "0")) for suite in ElementTree.parse(report).iter("testsuite"))


def applied(copy: Path, patch: Path) -> bool:
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(patch)],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
    )
    return done.returncode == 0


def tried(pristine: Path, one: Break) -> list[tuple[Guard, Outcome]]:
    """What each guard says to the broken copy."""
    with tempfile.TemporaryDirectory(prefix=f"break-{one.name}-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(pristine, copy)
        if not applied(copy, one.patch):
            return [(guard, Outcome.STALE) for guard in one.guards]
        assert_copy_is_imported(copy)
        return [(guard, run(copy, guard)) for guard in one.guards]


def red_before(pristine: Path, breaks: list[Break]) -> list[Guard]:
    """The guards that do not pass where nothing is broken: what they say later says nothing."""
    guards = sorted({guard for one in breaks for guard in one.guards}, key=str)
    together = pytest(
        pristine, *sorted({guard.path for guard in guards}), "-k", " or ".join(guard.name for guard in guards)
    )
    if together == 0:
        return []
    return [guard for guard in guards if run(pristine, guard) is not Outcome.GREEN]


def chosen(breaks: list[Break], arguments: argparse.Namespace) -> list[Break]:
    if arguments.only:
        found = [one for one in breaks if one.name in arguments.only]
        missing = set(arguments.only) - {one.name for one in found}
        if missing:
            raise SystemExit(f"There is no break {', '.join(sorted(missing))} in tests/breaks.")
        return found
    if arguments.sample:
        return random.Random(arguments.seed).sample(breaks, min(arguments.sample, len(breaks)))
    return breaks


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every break")
    which.add_argument("--sample", type=int, metavar="N", help="so many, by chance")
    which.add_argument("--only", action="append", metavar="NAME", help="this one; may be given again")
    parser.add_argument("--seed", type=int, help="of the sample; printed, so that it can be run again")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.randrange(1_000_000)
    if arguments.sample:
        print(f"seed {arguments.seed}")
    breaks = chosen(read_breaks(), arguments)
    good = True
    with tempfile.TemporaryDirectory(prefix="breaks-") as folder:
        pristine = Path(folder) / "tree"
        copy_tree(pristine)
        assert_copy_is_imported(pristine)
        for guard in red_before(pristine, breaks):
            good = False
            print(f"Does not pass where nothing is broken: {guard}")
        for one in breaks:
            begun = time.monotonic()
            outcomes = tried(pristine, one)
            print(f"{one.name}: {one.promise} ({time.monotonic() - begun:.0f} s)")
            for guard, outcome in outcomes:
                print(f"    {outcome}: {guard}", flush=True)
                good = good and outcome is Outcome.RED
    print("Every broken promise turned its tests red." if good else "Not every broken promise was seen.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
