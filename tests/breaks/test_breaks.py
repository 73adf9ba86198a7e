"""The patches are in order, and the script that tries them tells red from everything that only looks like it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from scripts.breaks import ROOT, Break, Guard, Outcome, read_break, read_breaks, tried

BREAKS = read_breaks()
PROMISE = "def doubled(number: int) -> int:\n    return 2 * number\n"


def test_there_are_twenty_promises_and_more() -> None:
    assert len(BREAKS) >= 20
    assert len({one.promise for one in BREAKS}) == len(BREAKS)


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_every_patch_applies_and_names_tests_that_are_there(broken: Break) -> None:
    assert shutil.which("git"), "git is what applies them"
    checked = subprocess.run(
        ["git", "apply", "--check", "--whitespace=nowarn", str(broken.patch)], cwd=ROOT, capture_output=True
    )
    assert checked.returncode == 0, f"{broken.patch.name} is stale: {checked.stderr.decode()}"
    for guard in broken.guards:
        assert (ROOT / guard.path).is_file(), guard


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with one promise, a test that guards it and one that does not."""
    tree = tmp_path / "tree"
    (tree / "src" / "pac").mkdir(parents=True)
    (tree / "src" / "pac" / "__init__.py").touch()
    (tree / "src" / "pac" / "numbers.py").write_text(PROMISE)
    (tree / "tests").mkdir()
    (tree / "tests" / "test_numbers.py").write_text(
        "from pac.numbers import doubled\n\n\n"
        "def test_two_is_four():\n    assert doubled(2) == 4\n\n\n"
        "def test_it_is_a_number():\n    assert isinstance(doubled(2), int)\n"
    )
    return tree


def a_break(folder: Path, before: str, after: str, *tests: str) -> Break:
    patch = folder / "wrong-number.patch"
    red = "".join(f"# red: tests/test_numbers.py::{test}\n" for test in tests)
    patch.write_text(
        f"# promise: twice is twice\n{red}--- a/src/pac/numbers.py\n+++ b/src/pac/numbers.py\n"
        f"@@ -1,2 +1,2 @@\n def doubled(number: int) -> int:\n-{before}\n+{after}\n"
    )
    return read_break(patch)


@pytest.mark.parametrize(
    ("before", "after", "test", "outcome"),
    [
        pytest.param(
            "    return 2 * number", "    return 3 * number", "test_two_is_four", Outcome.RED, id="red"
        ),
        pytest.param(
            "    return 2 * number", "    return 3 * number", "test_it_is_a_number", Outcome.GREEN, id="green"
        ),
        pytest.param(
            "    return number + number", "    return 3", "test_two_is_four", Outcome.STALE, id="stale"
        ),
        pytest.param(
            "    return 2 * number",
            "    return 3 *",
            "test_two_is_four",
            Outcome.BROKEN,
            id="no Python at all",
        ),
        pytest.param(
            "    return 2 * number",
            "    return 3",
            "test_of_another_name",
            Outcome.NO_TEST,
            id="no such test",
        ),
    ],
)
def test_a_break_is_told_as_what_it_is(
    tree: Path, tmp_path: Path, before: str, after: str, test: str, outcome: Outcome
) -> None:
    broken = a_break(tmp_path, before, after, test)
    assert tried(tree, broken) == [(Guard("tests/test_numbers.py", test), outcome)]
    assert (tree / "src" / "pac" / "numbers.py").read_text() == PROMISE, "it was broken in place"


def test_a_patch_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one changed line"):
        a_break(tmp_path, "    return 2 * number", "    number = 3\n+    return number", "test_two_is_four")


def test_a_patch_without_a_test_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="red"):
        a_break(tmp_path, "    return 2 * number", "    return 3")
