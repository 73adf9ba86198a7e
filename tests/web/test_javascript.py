"""The browser's modules under Node: each file of tests/js is run by Node's own runner, with a clock that is stepped."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "js"
FILES = sorted(HERE.glob("*.test.js"))


def test_there_is_something_to_run() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_javascript(file: Path) -> None:
    node = shutil.which("node")
    if node is None:
        assert os.environ.get("CI") != "true", "node is missing: apt-get install nodejs"
        pytest.skip("node is not installed: apt-get install nodejs")
    done = subprocess.run(
        [node, "--test", str(file)], capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
