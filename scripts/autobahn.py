"""Autobahn's own test suite against the gateway's frame layer: `make autobahn`. Its result is kept in docs/conformance.

The suite is written for Python 2.7, which this looks for on PATH and among pyenv's; it is installed from
requirements/autobahn.txt (Linux on x86-64) into build/autobahn. What it talks to is tests/conformance/echo.py.
Exit 1 when a case fails, or is judged in a way that SECURITY 8.1 does not allow; 2 when there is no Python 2.7.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.conformance import FOLDER, ROOT, write_page

BUILD = ROOT / "build" / "autobahn"
REPORT = ROOT / "build" / "autobahn-report"
WANTED = ROOT / "requirements" / "autobahn.txt"
RESULT = FOLDER / "autobahn.json"
SUITE = "autobahntestsuite"
RUN_WITHIN_S = 1_800
AGENT = "PAC"
GROUPS = {
    1: "framing", 2: "pings and pongs", 3: "reserved bits", 4: "opcodes", 5: "fragmentation", 6: "UTF-8",
    7: "closing", 9: "sizes and times", 10: "fragmentation by itself", 12: "compression",
    13: "compression with parameters",
}  # fmt: skip
NO_PYTHON = (
    "Autobahn's test suite needs Python 2.7, and there is none on PATH or among pyenv's.\n"
    "Install it with `pyenv install 2.7.18`, and run `make autobahn` again."
)


def pythons() -> Iterator[Path]:
    """What may be a Python 2.7, the likeliest first."""
    for name in ("python2.7", "python2", "python"):
        found = shutil.which(name)
        if found:
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/2.7*/bin/python2.7"), reverse=True)


def python27() -> Path | None:
    for python in pythons():
        asked = subprocess.run(
            [python, "-c", "import sys, pip; print(sys.version_info[:2] == (2, 7))"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.stdout.strip() == "True":
            return python
    return None


def install(python: Path) -> None:
    """Once for each content of WANTED."""
    mark = BUILD / "requirements.txt"
    if mark.exists() and mark.read_bytes() == WANTED.read_bytes():
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    asked = ("install", "-q", "--require-hashes", "--no-deps", "--target", BUILD, "-r", WANTED)
    subprocess.run([python, "-m", "pip", *asked], check=True)
    shutil.copyfile(WANTED, mark)


def run(python: Path) -> dict[str, Any]:
    """Every case against an echo of its own process: its number → what Autobahn says of it."""
    shutil.rmtree(REPORT, ignore_errors=True)
    REPORT.mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.echo"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as echo:
        assert echo.stdin is not None
        assert echo.stdout is not None
        port = int(echo.stdout.readline())
        server = {"agent": AGENT, "url": f"ws://127.0.0.1:{port}/message"}
        spec = REPORT / "spec.json"
        spec.write_text(
            json.dumps(
                {
                    "outdir": str(REPORT),
                    "servers": [server],
                    "cases": ["*"],
                    "exclude-cases": [],
                    "exclude-agent-cases": {},
                }
            ),
            encoding="utf-8",
        )
        start = f"import site; site.addsitedir({str(BUILD)!r}); from {SUITE}.wstest import run; run()"
        client = [python, "-c", start, "-m", "fuzzingclient", "-s", spec]
        try:
            subprocess.run(client, check=True, timeout=RUN_WITHIN_S, stdout=subprocess.DEVNULL)
        finally:
            told, _ = echo.communicate("end\n", timeout=30)
    assert told.split() == ["own"], "the frame layer was not the gateway's own"
    cases: dict[str, Any] = json.loads((REPORT / "index.json").read_text(encoding="utf-8"))[AGENT]
    return cases


def counted(cases: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Group → result → how many."""
    groups: dict[str, Counter[str]] = {str(number): Counter() for number in GROUPS}
    for number, case in cases.items():
        groups[number.partition(".")[0]][case["behavior"]] += 1
    return {group: dict(sorted(results.items())) for group, results in groups.items()}


def faults(cases: dict[str, Any]) -> list[str]:
    """What SECURITY 8.1 does not allow: only 6.4.x may be NON-STRICT and 7.x INFORMATIONAL; 12 and 13 are
    compression, which there is none of."""
    found = []
    for number, case in cases.items():
        result = case["behavior"]
        allowed = (
            result == "UNIMPLEMENTED"
            if number.partition(".")[0] in ("12", "13")
            else result == "OK"
            or (result == "NON-STRICT" and number.startswith("6.4."))
            or (result == "INFORMATIONAL" and number.startswith("7."))
        )
        if not allowed or case["behaviorClose"] not in ("OK", "INFORMATIONAL"):
            found.append(f"{number}: {result}, its close {case['behaviorClose']}")
    return found


def main() -> int:
    python = python27()
    if python is None:
        print(NO_PYTHON, file=sys.stderr)
        return 2
    install(python)
    cases = run(python)
    wrong = faults(cases)
    version = next(line for line in WANTED.read_text(encoding="utf-8").splitlines() if line.startswith(SUITE))
    RESULT.write_text(
        json.dumps(
            {
                "date": f"{datetime.now(UTC):%Y-%m-%d}",
                "suite": version.split()[0],
                "python": platform.python_version(),
                "cases": len(cases),
                "groups": {f"{number} {GROUPS[int(number)]}": of for number, of in counted(cases).items()},
                "not_allowed": wrong,
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    write_page()
    print(f"{len(cases)} cases; {RESULT.relative_to(ROOT)} and its page are written.")
    print("\n".join(wrong) or "None failed, and none was judged in a way that is not allowed.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
