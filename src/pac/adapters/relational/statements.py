"""What a store may run inside a transaction: each statement has its deadline, and no driver's error gets out.

The errors, as the rest of the code hears them: what the operator or time can mend (locked, full, read-only, too
slow, no database) is StoreUnavailable; a name that is taken is NameTaken; a statement that should not have been
written is a Fault. The block around the statements keeps its own errors, whatever they are called.
"""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Executable, exc
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from pac import telemetry
from pac.errors import Fault, NameTaken, StoreUnavailable

TIDYING_S = 1.0
"""How long a connection may take to be cleaned up after a deadline, before it is left to its thread."""

T = TypeVar("T")

# The constraint stands at the end in both: SQLite's "UNIQUE constraint failed: members.username_key" and
# MariaDB's "Duplicate entry '…' for key 'uq_members_username_key'".
_TAKEN = re.compile(r"(username|nickname)_key\W*$")

_CAN_PASS = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)


class Statements:
    """Runs statements in one transaction, which somebody else begins and ends."""

    def __init__(self, connection: AsyncConnection, patience_s: float) -> None:
        self._connection = connection
        self._patience_s = patience_s

    async def execute(
        self,
        statement: Executable,
        parameters: Sequence[Mapping[str, object]] | Mapping[str, object] | None = None,
    ) -> "CursorResult[Any]":
        """The rows, already fetched. With several `parameters`, the statement runs once for each of them.

        Raises StoreUnavailable, NameTaken, Fault; what the statement did is then undone.
        """
        return await bounded(self._connection.execute(statement, parameters), self._patience_s)


async def bounded(step: Awaitable[T], patience_s: float) -> T:
    """Await one call of the driver. Raises as `translated` does, a missed deadline included."""
    # SQLAlchemy answers the first deadline by closing the connection, and waits until its thread has done so;
    # with a disk that does not answer this takes for ever. The second deadline makes it leave the thread alone.
    with translated():
        async with asyncio.timeout(patience_s + TIDYING_S), asyncio.timeout(patience_s):
            return await step


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors in our words."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise _meaning(error) from error
    except (sqlite3.Error, TimeoutError, OSError) as error:
        raise _unavailable(error) from error
    except ValueError as error:
        if str(error) in ("Connection closed", "no active connection"):  # aiosqlite/core.py
            raise _unavailable(error) from error
        raise


def _meaning(error: exc.SQLAlchemyError) -> Exception:
    if isinstance(error, exc.IntegrityError):
        taken = _TAKEN.search(str(error.orig))
        return NameTaken(taken.group(1)) if taken else Fault("two rows contradict each other")
    # DatabaseError itself, not its children: "file is not a database", "disk image is malformed".
    if isinstance(error, _CAN_PASS) or type(error) is exc.DatabaseError:
        return _unavailable(error)
    return Fault("a statement that the database does not understand")


def _unavailable(error: Exception) -> StoreUnavailable:
    cause = str(getattr(error, "orig", None) or error)
    telemetry.log.warning(
        telemetry.STORE_UNAVAILABLE, store="database", fault=type(error).__name__, cause=cause
    )
    return StoreUnavailable("database")
