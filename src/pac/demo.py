"""Demo data: six people, twenty rooms and a conversation, so that the first page a newcomer sees is alive.

Names are the original's (PROTOCOL §2): members test1…test6 with their name as password, nickname 테스트N; rooms
테스트방 and 채팅방 1번째…20번째. Made through the same actions as everything else.
"""

from dataclasses import replace

from pac.accounts.model import Actor, AppRole, Member, MemberId
from pac.accounts.store import AccountTransaction
from pac.clock import HOUR_MS, MINUTE_MS, Clock, Instant
from pac.ids import IdSource
from pac.messages.model import Cid, Draft, Entry, MessageType, Seq
from pac.rooms.actions import RoomFields, create_room, join_room
from pac.rooms.model import Room, RoomId, RoomPublic
from pac.rooms.store import RoomTransaction

PEOPLE = 6
ROOMS = 20

AGE_MS = 20 * HOUR_MS
"""How long ago the first line was said: yesterday for most of a day, so that a day changes in between."""

CONVERSATION: tuple[tuple[int, int, str], ...] = (
    (0, 1, "안녕하세요! 새로 만든 채팅방입니다."),
    (1, 2, "오 드디어 열렸네요 🎉"),
    (1, 3, "Hello from the other side of the office."),
    (2, 1, "다들 들어오셨나요?"),
    (4, 4, "네, 휴대전화로도 잘 보입니다."),
    (4, 2, "ㅋㅋㅋ"),
    (9, 5, "오늘 회의 몇 시예요?"),
    (9, 1, "오후 3시, 2층 회의실이에요."),
    (12, 3, "Could someone post the agenda here?"),
    (14, 1, "1. 지난주 정리\n2. 새 기능 보여 주기\n3. 질문"),
    (31, 6, "I will join from the train, so expect me to drop out in tunnels."),
    (33, 2, "끊겨도 다시 연결되면 놓친 메시지가 순서대로 와요."),
    (47, 6, "Just came out of one. Nothing is missing!"),
    (-26, 4, "코드도 붙여 볼게요:\nprint('안녕, 세상')\nfor room in rooms: room.read()"),
    (-25, 5, "한글 조합 중에 Enter 눌러도 한 번만 보내지네요 👍"),
    (
        -21,
        3,
        "The documentation is at https://example.org/docs/getting-started?lang=ko#rooms if you need it.",
    ),
    (-12, 2, "점심은 뭐 먹을까요? 🍜 🍣 🥗"),
    (-11, 4, "저는 국수요!"),
    (-11, 5, "저도요."),
    (-3, 1, "그럼 12시에 1층에서 만나요."),
    (-2, 6, "See you there — 이따 봐요!"),
)
"""(when, who, what): 21 messages, as chats people had. `when` in minutes: after the beginning, or, below 0, before
now."""


async def demo_people(
    tx: AccountTransaction, password_hashes: list[str], *, now: Instant, ids: IdSource
) -> list[Actor]:
    """test1…test6; `password_hashes` are those of their names, made by the caller off the loop."""
    people: list[Actor] = []
    for number, password_hash in enumerate(password_hashes, 1):
        member = Member(
            id=MemberId(ids.uuid7(now)),
            username=f"test{number}",
            nickname=f"테스트{number}",
            app_role=AppRole.ROLE_USER,
            created_at=now,
        )
        await tx.accounts.add(member, password_hash)
        people.append(member.actor)
    return people


async def demo_rooms(tx: RoomTransaction, people: list[Actor], *, now: Instant, ids: IdSource) -> Room:
    """테스트방 with everybody in it, and twenty more, two of which one only reads. Returns 테스트방."""
    started = Instant(now - (ROOMS + 1) * MINUTE_MS)
    for number in range(1, ROOMS + 1):
        fields = RoomFields(f"채팅방 {number}번째", "누구나 들어올 수 있는 방입니다.", capacity=50)
        if number % 10 == 0:
            fields = replace(fields, description="운영자의 글을 읽는 방입니다.", public=RoomPublic.OBSERVER)
        at = Instant(started + number * MINUTE_MS)
        await create_room(tx, people[number % PEOPLE], fields, now=at, ids=ids)
    fields = RoomFields("테스트방", "처음 오신 분은 여기서 인사해 보세요. / Say hello here first.")
    room, _ = await create_room(tx, people[0], fields, now=now, ids=ids)
    for person in people[1:]:
        await join_room(tx, person, room.id, now=now, ids=ids)
    return room


def demo_messages(
    room_id: RoomId, people: list[Actor], after: Seq, clock: Clock, ids: IdSource
) -> list[Entry]:
    """The conversation as log entries that follow `after`: most of it from when the room was made, the rest new."""
    now = clock.now()
    entries = []
    for number, (minutes, who, body) in enumerate(CONVERSATION, 1):
        author = people[who - 1]
        draft = Draft(room_id, author.id, author.nickname, Cid(f"demo-{number}"), MessageType.TEXT, body)
        at = Instant((now if minutes < 0 else now - AGE_MS) + minutes * MINUTE_MS)
        entries.append(
            Entry(
                draft.room_id, Seq(after + number), ids.uuid7(at), at, draft.type, draft.member_id,
                draft.nickname, draft.cid, draft.body,
            )
        )  # fmt: skip
    return entries
