"""From an outbox row to a line of the log: exactly once, whatever dies in between (ARCHITECTURE, outbox).

The row's id is the entry's cid. A crash after the append and before the row is removed makes the row be
submitted again, and dedup answers with the seq it has.
"""

from collections.abc import Sequence
from typing import Protocol, assert_never

from pac.messages.model import SYSTEM_CID_PREFIX, Cid, Draft, MessageType, Seq
from pac.rooms.events import Fact, RoomFact


class Outbox(Protocol):
    """Facts written in the transaction of the change they tell (rooms.store.RoomStore.record)."""

    async def pending(self, limit: int) -> Sequence[RoomFact]:
        """The oldest facts that are not yet in the log, in the order they were committed."""

    async def remove(self, fact_ids: Sequence[str]) -> None:
        """They are in the log now."""


_ROLES = {"SYSOP": "운영자", "MEMBER": "멤버", "OBSERVER": "관찰자"}


def sentence(fact: Fact, nickname: str, detail: str = "") -> str:
    """The fallback text of a SYSTEM entry, in Korean (PROTOCOL §3): clients say it in their reader's language."""
    match fact:
        case Fact.JOINED:
            return f"{nickname}님이 들어왔습니다."
        case Fact.LEFT:
            return f"{nickname}님이 나갔습니다."
        case Fact.KICKED:
            return f"{nickname}님이 내보내졌습니다."
        case Fact.BANNED:
            return f"{nickname}님의 이용이 제한되었습니다."
        case Fact.UNBANNED:
            return f"{nickname}님의 이용 제한이 풀렸습니다."
        case Fact.ROLE:
            return f"{nickname}님의 역할이 {_ROLES.get(detail, detail)}(으)로 바뀌었습니다."
        case Fact.OWNER:
            return f"{nickname}님이 방장이 되었습니다."
        case Fact.RENAMED:
            return f"{nickname}님이 방 이름을 “{detail}”(으)로 바꾸었습니다."
        case Fact.CHANGED:
            return f"{nickname}님이 방 설정을 바꾸었습니다."
        case Fact.ENDED:
            return f"{nickname}님이 방을 종료했습니다."
        case Fact.DELETED:
            return f"{nickname}님이 메시지를 삭제했습니다."
        case Fact.WARNED | Fact.UNWARNED | Fact.ASKED | Fact.ACCEPTED | Fact.REFUSED:
            raise AssertionError(fact)  # no line of a log: rooms.record tells them quietly
        case Fact.VOIDED | Fact.UNVOIDED:
            raise AssertionError(fact)
        case _:
            assert_never(fact)


def draft_of(fact: RoomFact) -> Draft:
    return Draft(
        room_id=fact.room_id,
        member_id=fact.member_id,
        nickname=fact.nickname,
        cid=Cid(SYSTEM_CID_PREFIX + fact.id),
        type=MessageType.SYSTEM,
        body=sentence(fact.fact, fact.nickname, fact.detail),
        event=fact.fact,
        target=Seq(int(fact.detail)) if fact.fact is Fact.DELETED else None,
    )
