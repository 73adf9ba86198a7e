"""Accounts, rooms, memberships, sessions, the change feed and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID = sa.String(36)
KEY = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "members",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("provider_id", sa.String(255)),
        sa.Column("username", sa.String(32), nullable=False),
        sa.Column("username_key", sa.String(64), nullable=False),
        sa.Column("nickname", sa.String(32), nullable=False),
        sa.Column("nickname_key", sa.String(96), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("email", sa.String(254)),
        sa.Column("profile_image", sa.String(512)),
        sa.Column("html_url", sa.String(512)),
        sa.Column("app_role", sa.String(16), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("username_key", name="uq_members_username_key"),
        sa.UniqueConstraint("nickname_key", name="uq_members_nickname_key"),
        sa.UniqueConstraint("provider", "provider_id", name="uq_members_provider_provider_id"),
    )
    op.create_table(
        "rooms",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_key", sa.String(192), nullable=False),
        sa.Column("description", sa.String(256), nullable=False),
        sa.Column("image_url", sa.String(512)),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("public", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("owner_id", ID, sa.ForeignKey("members.id", name="fk_rooms_owner_id"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("last_activity_at", sa.BigInteger, nullable=False),
        sa.Column("members_count", sa.Integer, nullable=False),
    )
    for column in ("created_at", "last_activity_at", "members_count", "name_key"):
        op.create_index(f"ix_rooms_status_{column}_id_public", "rooms", ["status", column, "id", "public"])
    op.create_index("ix_rooms_owner_id_created_at", "rooms", ["owner_id", "created_at"])
    op.create_table(
        "room_members",
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id", name="fk_room_members_room_id"), primary_key=True),
        sa.Column(
            "member_id", ID, sa.ForeignKey("members.id", name="fk_room_members_member_id"), primary_key=True
        ),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
        sa.Column("exited_at", sa.BigInteger),
        sa.Column("read_seq", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_index("ix_room_members_member_id_status", "room_members", ["member_id", "status"])
    op.create_table(
        "sessions",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("member_id", ID, sa.ForeignKey("members.id", name="fk_sessions_member_id"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.Column("address_prefix", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(256), nullable=False),
    )
    op.create_index("ix_sessions_member_id", "sessions", ["member_id"])
    op.create_table(
        "live_tokens",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("session_key", KEY, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_live_tokens_session_key", "live_tokens", ["session_key"])
    op.create_index("ix_live_tokens_expires_at", "live_tokens", ["expires_at"])
    # Numbers that are counted here are never given twice, also when the newest rows were removed.
    op.create_table(
        "ended_sessions",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("key", KEY, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ended_sessions_at", "ended_sessions", ["at"])
    op.create_table(
        "changes",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("room_id", ID),
        sa.Column("fact", sa.String(16)),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_table(
        "outbox",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("fact", sa.String(16), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("nickname", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
        sqlite_autoincrement=True,
    )
