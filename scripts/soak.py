"""An hour of everything, or as many seconds as are given: `make soak`. What it measured is kept in docs/conformance.

The soak is a test (tests/faults/soak.py); this only keeps the figures of one that was an hour at least.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from scripts.conformance import FOLDER, ROOT, write_page

FIGURES = ROOT / "build" / "soak.json"
RESULT = FOLDER / "soak.json"
HOUR_S = 3_600


def main() -> int:
    seconds, *arguments = sys.argv[1:]
    FIGURES.parent.mkdir(exist_ok=True)
    told = {"PAC_SOAK_SECONDS": seconds, "PAC_SOAK_FIGURES": f"{FIGURES}"}
    command = [sys.executable, "-m", "pytest", "tests/faults/soak.py", "-s", *arguments]
    failed = subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, check=False).returncode
    if failed or float(seconds) < HOUR_S:
        return failed
    result = {"date": f"{datetime.now(UTC):%Y-%m-%d}", **json.loads(FIGURES.read_text(encoding="utf-8"))}
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_page()
    print(f"{RESULT.relative_to(ROOT)} and its page are written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
