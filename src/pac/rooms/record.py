"""Writing down what happened in a room, in the transaction of the change itself."""

from pac.accounts.events import Audited
from pac.accounts.model import Actor, MemberId
from pac.clock import Instant
from pac.ids import IdSource
from pac.rooms.events import LINES, Fact, RoomFact, RoomsChanged
from pac.rooms.model import Membership, Room
from pac.rooms.store import AuditEvent, RoomTransaction


async def record(
    tx: RoomTransaction,
    room: Room,
    fact: Fact,
    whom: Actor | Membership,
    *,
    now: Instant,
    ids: IdSource,
    quiet: bool = False,
    detail: str = "",
) -> None:
    """`whom` it is about. Facts that are no line of the log are told quietly by themselves."""
    member_id = whom.member_id if isinstance(whom, Membership) else whom.id
    silent = quiet or fact not in LINES
    await tx.rooms.record(
        RoomFact(ids.uuid7(now), room.id, fact, member_id, whom.nickname, now, silent, detail)
    )
    tx.emit(RoomsChanged())


async def audit(
    tx: RoomTransaction,
    event: str,
    actor: Actor,
    room: Room | None,
    *,
    now: Instant,
    ids: IdSource,
    target: MemberId | None = None,
    reason: str = "",
) -> None:
    """A line of the audit log that is there exactly when the change is (SECURITY 10.4)."""
    room_id = None if room is None else room.id
    await tx.audit.add(AuditEvent(ids.uuid7(now), now, event, actor.id, room_id, target, reason))
    tx.emit(Audited(event, actor.id, room_id or "", target or "", reason))
