"""The rooms there are: mine and the lobby's, by number as they were listed last, by id, or by name."""

import re

from pac.chat.account import Account, RoomPage, RoomRow

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")


class Directory:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._listed: list[RoomRow] = []
        self._names: dict[str, str] = {}

    def name(self, room: str) -> str:
        """As it was last heard; the id while no name was."""
        return self._names.get(room, room)

    async def listed(self, query: str = "") -> tuple[list[RoomRow], list[RoomRow], bool]:
        """(my rooms, others of the lobby, whether there are more of those). They are numbered in this order."""
        mine = [] if query else await self._account.joined()
        lobby = await self._account.lobby(query)
        mine_ids = {row.room_id for row in mine}
        others = [row for row in lobby.content if row.room_id not in mine_ids]
        self._listed = mine + others
        self._know(self._listed)
        return mine, others, lobby.total_elements > len(lobby.content)

    async def found(self, target: str) -> RoomRow | None:
        """By number, id or name; rooms one is in come first. An id is believed: hidden rooms are in no list."""
        if target.isascii() and target.isdigit() and 0 < int(target) <= len(self._listed):
            return self._listed[int(target) - 1]
        if not target:
            return None
        mine = await self._account.joined()
        row = _named(target, mine)
        if row is None:
            page: RoomPage = await self._account.lobby(target[:64])
            row = _named(target, page.content)
        if row is None and _ID.fullmatch(target):
            return RoomRow(target, self.name(target))
        if row is not None:
            self._know([row])
        return row

    def _know(self, rows: list[RoomRow]) -> None:
        self._names |= {row.room_id: row.name for row in rows}


def _named(target: str, rows: list[RoomRow] | tuple[RoomRow, ...]) -> RoomRow | None:
    wanted = target.casefold()
    return next((row for row in rows if target == row.room_id or wanted == row.name.casefold()), None)
