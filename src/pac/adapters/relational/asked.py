"""A set of keys as one parameter: a JSON array that the database takes apart.

One statement however many keys there are, so it is compiled once. An IN of n keys is another statement for every
n; and for an IN of pairs SQLite reads the whole table, while this looks each pair up in the index. MariaDB's word
for it is JSON_TABLE.
"""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import ColumnElement, String, TableValuedAlias, bindparam, func

_PARAMETER = "asked"


def asked_table() -> TableValuedAlias:
    """One row for each key that is asked for, in `c.value`."""
    return func.json_each(bindparam(_PARAMETER, type_=String)).table_valued("value", name="asked")


def part(table: TableValuedAlias, index: int) -> ColumnElement[str]:
    """A key's part, where keys are tuples."""
    return func.json_extract(table.c.value, f"$[{index}]", type_=String)


def asking(keys: Collection[object]) -> Mapping[str, str]:
    """The parameters of a statement on `asked_table`."""
    return {_PARAMETER: msgspec.json.encode(list(keys)).decode()}
