"""The JSON of logs (PROTOCOL §5)."""

from pac.messages.access import HISTORY_LIMIT
from pac.messages.model import DeletedBy, MessageType
from pac.web.api.schemas import Answered, Count, Paged, PageQuery, Positive


class LogQuery(PageQuery):
    """By page, or by `before` or `after` with `limit`."""

    before: Count | None = None
    after: Count | None = None
    limit: Positive = HISTORY_LIMIT


class LogRow(Answered):
    """`cid` on the reader's own messages only; `event` on SYSTEM rows."""

    id: str
    roomId: str  # noqa: N815
    userId: str  # noqa: N815
    nickname: str
    message: str
    timestamp: str
    type: MessageType
    seq: int
    event: str | None = None
    target: int | None = None
    deleted: DeletedBy | None = None
    cid: str | None = None


class LogPageResponse(Paged):
    content: list[LogRow]


class LogRange(Answered):
    messages: list[LogRow]
    more: bool
