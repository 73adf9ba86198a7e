"""A service of its own for each test (tests/web/service.py)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pac.ids import SeededIds
from tests.support.clock import SteppedClock
from tests.web.service import House, open_house


@pytest.fixture
async def house(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[House]:
    async with open_house(tmp_path / "data", clock, ids) as house:
        yield house
