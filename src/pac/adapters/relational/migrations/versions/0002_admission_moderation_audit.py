"""Asking and inviting, bans with an end, slow mode, disabled rooms, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID = sa.String(36)
KEY = sa.String(64)


def upgrade() -> None:
    op.add_column("rooms", sa.Column("slow_mode_s", sa.Integer, nullable=False, server_default="0"))
    op.add_column("rooms", sa.Column("former_public", sa.String(16)))
    op.add_column("room_members", sa.Column("void_until", sa.BigInteger))
    op.create_index("ix_room_members_status_void_until", "room_members", ["status", "void_until"])
    op.add_column("outbox", sa.Column("detail", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "join_requests",
        sa.Column(
            "room_id", ID, sa.ForeignKey("rooms.id", name="fk_join_requests_room_id"), primary_key=True
        ),
        sa.Column(
            "member_id", ID, sa.ForeignKey("members.id", name="fk_join_requests_member_id"), primary_key=True
        ),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_join_requests_member_id", "join_requests", ["member_id"])
    op.create_table(
        "invitations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id", name="fk_invitations_room_id"), nullable=False),
        sa.Column("token_key", KEY, nullable=False),
        sa.Column(
            "created_by", ID, sa.ForeignKey("members.id", name="fk_invitations_created_by"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("max_uses", sa.Integer),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.UniqueConstraint("token_key", name="uq_invitations_token_key"),
    )
    op.create_index("ix_invitations_room_id_created_at", "invitations", ["room_id", "created_at"])
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("room_id", ID),
        sa.Column("target_id", ID),
        sa.Column("reason", sa.String(200), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_room_id_event", "audit", ["room_id", "event"])
