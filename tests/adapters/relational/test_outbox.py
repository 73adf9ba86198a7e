"""SqlOutbox keeps the contract."""

from tests.contracts.outbox import OutboxContract


class TestSqlOutbox(OutboxContract):
    pass
