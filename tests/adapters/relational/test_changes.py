"""SqlChangeFeed keeps the contract."""

from tests.contracts.change_feed import ChangeFeedContract


class TestSqlChangeFeed(ChangeFeedContract):
    pass
