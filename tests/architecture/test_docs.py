"""What the docs list is what the code has: settings, ops, error codes, close codes."""

import subprocess
import sys
from pathlib import Path

import pytest
from scripts import conformance, performance
from scripts.make_docs import settings_page

from pac import errors
from pac.live.disconnects import REASONS, Disconnect, may_return
from pac.live.protocol import REQUESTS

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")

SOCKET_REFUSALS = [
    errors.BadRequest, errors.UnknownOp, errors.TooLarge, errors.NotSubscribed, errors.Hidden, errors.Forbidden,
    errors.RoomIsReadOnly, errors.RoomIsFull, errors.RoomHasEnded, errors.RateLimited, errors.TooManyRooms,
    errors.CidConflict, errors.Unavailable, errors.Banned, errors.SlowMode,
]  # fmt: skip


def test_the_settings_page_is_made_from_the_settings() -> None:
    assert (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8") == settings_page(), "run `make docs`"


def test_every_figure_of_the_conformance_page_is_one_of_the_results_beside_it() -> None:
    assert conformance.PAGE.read_text(encoding="utf-8") == conformance.page(), "run `make docs`"


def test_every_figure_of_the_performance_page_is_one_of_the_run_beside_it() -> None:
    assert performance.PAGE.read_text(encoding="utf-8") == performance.page(), "run `make docs`"


@pytest.mark.parametrize("op", REQUESTS)
def test_every_op_is_in_the_protocol_page(op: str) -> None:
    assert f"| `{op}` |" in PROTOCOL


@pytest.mark.parametrize("refusal", SOCKET_REFUSALS, ids=lambda refusal: refusal.code)
def test_every_error_code_is_in_the_protocol_page(refusal: type[errors.Refusal]) -> None:
    assert f"`{refusal.code}`" in PROTOCOL


@pytest.mark.req("3.14")
@pytest.mark.row("close reasons", "close return")
@pytest.mark.parametrize("code", list(Disconnect))
def test_every_close_code_has_words_that_fit_and_its_number_says_whether_to_return(code: Disconnect) -> None:
    assert len(REASONS[code].encode()) <= 123
    assert may_return(code) is (4000 <= code < 4500 or code == 1001)
    if code >= 4000:
        assert f"| {code.value} |" in PROTOCOL


def test_every_link_of_the_docs_leads_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "check_links.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
