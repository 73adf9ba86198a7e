"""Fixtures every test may use."""

import pytest

from pac.ids import SeededIds
from tests.support.clock import SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def ids() -> SeededIds:
    return SeededIds(20261123)
