"""From an outbox row to a line of the log: exactly once, whatever dies in between (ARCHITECTURE, outbox).

The row's id is the entry's cid. A crash after the append and before the row is removed makes the row be
submitted again, and dedup answers with the seq it has.
"""

from collections.abc import Sequence
from typing import Protocol, assert_never

from pac.messages.model import SYSTEM_CID_PREFIX, Cid, Draft, MessageType
from pac.rooms.events import Fact, RoomFact


class Outbox(Protocol):
    """Facts written in the transaction of the change they tell (rooms.store.RoomStore.record)."""

    async def pending(self, limit: int) -> Sequence[RoomFact]:
        """The oldest facts that are not yet in the log, in the order they were committed."""

    async def remove(self, fact_ids: Sequence[str]) -> None:
        """They are in the log now."""


def sentence(fact: Fact, nickname: str) -> str:
    """The fallback text of a SYSTEM entry, in Korean (PROTOCOL §3): clients say it in their reader's language."""
    match fact:
        case Fact.JOINED:
            return f"{nickname}님이 들어왔습니다."
        case Fact.LEFT:
            return f"{nickname}님이 나갔습니다."
        case Fact.ENDED:
            return f"{nickname}님이 방을 종료했습니다."
        case _:
            assert_never(fact)


def draft_of(fact: RoomFact) -> Draft:
    return Draft(
        room_id=fact.room_id,
        member_id=fact.member_id,
        nickname=fact.nickname,
        cid=Cid(SYSTEM_CID_PREFIX + fact.id),
        type=MessageType.SYSTEM,
        body=sentence(fact.fact, fact.nickname),
        event=fact.fact,
    )
