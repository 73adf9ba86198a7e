"""Rooms are found by the first consonants of their names; members whose account is gone are found to leave rooms."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("name_initials", sa.String(192), nullable=False, server_default=""))
    rooms = sa.table("rooms", sa.column("id"), sa.column("name_key"), sa.column("name_initials"))
    connection = op.get_bind()
    for room_id, name_key in connection.execute(sa.select(rooms.c.id, rooms.c.name_key)).all():
        changed = sa.update(rooms).where(rooms.c.id == room_id).values(name_initials=initials(name_key))
        connection.execute(changed)
    op.create_index("ix_members_deleted_at", "members", ["deleted_at"])


def initials(name_key: str) -> str:
    return "".join(
        INITIALS[(ord(character) - 0xAC00) // 588] if "가" <= character <= "힣" else character
        for character in unicodedata.normalize("NFC", name_key)
    )
