"""LocalBroker keeps the contract."""

import pytest

from pac.adapters.local.broker import LocalBroker
from tests.contracts.broker import BrokerContract, Delivered


class TestLocalBroker(BrokerContract):
    @pytest.fixture
    def broker(self) -> LocalBroker:
        return LocalBroker()

    @pytest.fixture
    def delivered(self) -> Delivered:
        async def at_once() -> None:
            return None

        return at_once
