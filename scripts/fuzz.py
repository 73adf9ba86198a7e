"""Ten million seeded frames, and how much of the protocol's code they reach: `make fuzz`, kept in docs/conformance.

The frames are the tests' (tests/fuzz); FRAMES says how many. Branches are counted in a second run of ten seeds, since
counting is slow, by coverage.py from requirements/coverage.txt, which is installed into build/coverage.
Exit 1 when a test fails or less than REACHED per cent of the protocol's module is reached.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from scripts.conformance import FOLDER, ROOT, write_page

BUILD = ROOT / "build"
TOOL = BUILD / "coverage"
WANTED = ROOT / "requirements" / "coverage.txt"
LINES = BUILD / "fuzz.jsonl"
RESULT = FOLDER / "fuzz.json"
MODULES = ("src/pac/live/protocol.py", "src/pac/live/frames.py", "src/pac/live/connection.py")
"""What judges a frame: its form, RFC 6455 (its FrameEdges stand before the parser, and are reached over TCP only), and
what may be said when."""
REACHED = 95.0
TCP_FRAMES = 100_000
TCP_SEEDS = 2
MIB = 2**20


def fuzz(frames: int) -> int:
    LINES.unlink(missing_ok=True)
    told = {
        "PAC_FUZZ_FRAMES": f"{frames}",
        "PAC_FUZZ_TCP_FRAMES": f"{TCP_FRAMES}",
        "PAC_FUZZ_FIGURES": f"{LINES}",
    }
    command = [sys.executable, "-m", "pytest", "tests/fuzz", "-s", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, check=False).returncode


def summed(lines: list[dict[str, Any]]) -> dict[str, Any]:
    closes: Counter[str] = Counter()
    for line in lines:
        closes.update(line["closes"])
    frames = sum(line["frames"] for line in lines)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seeds": len(lines),
        "first_seed": min(line["seed"] for line in lines),
        "frames": frames,
        "sockets": sum(line["sockets"] for line in lines),
        "frames_per_s": round(frames / sum(line["seconds"] for line in lines)),
        "slowest_read_ms": round(max(line["slowest_read_s"] for line in lines) * 1_000, 1),
        "grown_mib": [round(pick(line["grown_bytes"] for line in lines) / MIB, 1) for pick in (min, max)],
        "closes": dict(sorted(closes.items())),
        "tcp_frames": TCP_FRAMES,
        "tcp_seeds": TCP_SEEDS,
    }


def coverage() -> dict[str, float]:
    """Module → per cent of its lines and branches that ten seeds reach."""
    mark = TOOL / "requirements.txt"
    if not mark.exists() or mark.read_bytes() != WANTED.read_bytes():
        shutil.rmtree(TOOL, ignore_errors=True)
        asked = ("install", "-q", "--require-hashes", "--no-deps", "--target", TOOL, "-r", WANTED)
        subprocess.run([sys.executable, "-m", "pip", *asked], check=True)
        shutil.copyfile(WANTED, mark)
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(TOOL))))
    told = {"PYTHONPATH": path, "COVERAGE_FILE": str(BUILD / "fuzz.coverage")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
    measured = BUILD / "fuzz-coverage.json"
    start = [sys.executable, "-m", "coverage"]
    tests = ["-m", "pytest", "-q", "tests/fuzz/test_connection.py"]
    for command in (
        [*start, "run", "--branch", "--source=pac.live", *tests],
        [*start, "json", "-q", "-o", str(measured), f"--include={','.join(f'*/{name}' for name in MODULES)}"],
    ):
        subprocess.run(command, cwd=ROOT, env={**kept, **told}, check=True)
    files = json.loads(measured.read_text(encoding="utf-8"))["files"]
    found = {}
    for module in MODULES:
        (file,) = (of for name, of in files.items() if name.endswith(module.removeprefix("src/")))
        found[module] = round(file["summary"]["percent_covered"], 1)
        print(module, found[module], "%; not reached:", file["missing_lines"], file["missing_branches"])
    return found


def main() -> int:
    BUILD.mkdir(exist_ok=True)
    failed = fuzz(int(os.environ.get("FRAMES", "10000000")))
    result = summed([json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()])
    result |= {"coverage_seeds": 10, "coverage": coverage()}
    if failed:
        return 1
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    write_page()
    print(f"{result['frames']:,} frames; {RESULT.relative_to(ROOT)} and its page are written.")
    return 0 if result["coverage"][MODULES[0]] >= REACHED else 1


if __name__ == "__main__":
    sys.exit(main())
