"""One page of a list, and how many rows all its pages have: two statements, however many rows there are."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, select

from pac.adapters.relational.statements import Statements
from pac.rooms.model import Page

_FARTHEST = 2**62
"""No page begins further on: the driver's integers end at 2⁶³."""

T = TypeVar("T")


def beginning(number: int, size: int) -> int:
    """How many rows lie before page `number`, counted from 0."""
    return min(number * size, _FARTHEST)


async def page_of(
    statements: Statements,
    query: Select[Any],
    order: Sequence[ColumnElement[Any]],
    made: Callable[[Row[Any]], T],
    *,
    number: int,
    size: int,
) -> Page[T]:
    """`made` turns a row of the query into a row of the page."""
    counting = select(func.count()).select_from(query.subquery("counted"))
    total = int((await statements.execute(counting)).scalar_one())
    cut = query.order_by(*order).limit(size).offset(beginning(number, size))
    found = tuple(made(row) for row in await statements.execute(cut))
    return Page(rows=found, number=number, size=size, total=total)
