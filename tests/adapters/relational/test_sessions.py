"""SqlSessions keeps the contract."""

from tests.contracts.sessions import SessionStoreContract


class TestSqlSessions(SessionStoreContract):
    pass
