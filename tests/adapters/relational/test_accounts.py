"""Accounts on SQL keep the contract, and so do the transactions they live in."""

from tests.contracts.accounts import AccountStoreContract, DatabaseContract


class TestSqlAccounts(AccountStoreContract):
    pass


class TestSqlDatabase(DatabaseContract):
    pass
