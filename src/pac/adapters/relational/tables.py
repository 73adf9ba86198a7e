"""The tables of accounts, rooms, sessions and the audit log: SQLAlchemy Core, portable to SQLite and MariaDB.

Times are milliseconds UTC in BIGINT, closed sets are their names, and every text has its length (SECURITY
5.1): code points are counted in names.py and rooms/actions.py, and repeated here so that no writer can pass
them by. Migrations make the schema; this file is what the queries are written against, and a test holds the two
against each other.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A counted key: SQLite counts only an INTEGER primary key."""

ID = String(36)
KEY = String(64)

members = Table(
    "members",
    metadata,
    Column("id", ID, primary_key=True),
    Column("provider", String(16), nullable=False),
    Column("provider_id", String(255)),
    Column("username", String(32), nullable=False),
    Column("username_key", String(64), nullable=False),
    Column("nickname", String(32), nullable=False),
    Column("nickname_key", String(96), nullable=False),
    Column("password_hash", String(255)),
    Column("email", String(254)),
    Column("profile_image", String(512)),
    Column("html_url", String(512)),
    Column("app_role", String(16), nullable=False),
    Column("locked", Boolean(create_constraint=False), nullable=False),
    Column("deleted_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("username_key", name="uq_members_username_key"),
    UniqueConstraint("nickname_key", name="uq_members_nickname_key"),
    UniqueConstraint("provider", "provider_id"),
    Index(None, "deleted_at"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_key", String(192), nullable=False),
    Column("name_initials", String(192), nullable=False, server_default=""),
    Column("description", String(256), nullable=False),
    Column("image_url", String(512)),
    Column("capacity", Integer, nullable=False),
    Column("public", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("owner_id", ID, ForeignKey("members.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("last_activity_at", BigInteger, nullable=False),
    Column("members_count", Integer, nullable=False),
    Column("slow_mode_s", Integer, nullable=False, server_default="0"),
    Column("former_public", String(16)),
    # One for each sort of the lobby: the id breaks ties, and `public` is at hand without reading the row.
    Index(None, "status", "created_at", "id", "public"),
    Index(None, "status", "last_activity_at", "id", "public"),
    Index(None, "status", "members_count", "id", "public"),
    Index(None, "status", "name_key", "id", "public"),
    Index(None, "owner_id", "created_at"),
)

room_members = Table(
    "room_members",
    metadata,
    Column("room_id", ID, ForeignKey("rooms.id"), primary_key=True),
    Column("member_id", ID, ForeignKey("members.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("exited_at", BigInteger),
    Column("read_seq", BigInteger, nullable=False, server_default="0"),
    Column("void_until", BigInteger),
    Index(None, "member_id", "status"),
    Index(None, "status", "void_until"),
)

join_requests = Table(
    "join_requests",
    metadata,
    Column("room_id", ID, ForeignKey("rooms.id"), primary_key=True),
    Column("member_id", ID, ForeignKey("members.id"), primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Index(None, "member_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("room_id", ID, ForeignKey("rooms.id"), nullable=False),
    Column("token_key", KEY, nullable=False),
    Column("created_by", ID, ForeignKey("members.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False),
    Column("revoked_at", BigInteger),
    UniqueConstraint("token_key"),
    Index(None, "room_id", "created_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("actor_id", ID, nullable=False),
    Column("room_id", ID),
    Column("target_id", ID),
    Column("reason", String(200), nullable=False),
    Index(None, "room_id", "event"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("member_id", ID, ForeignKey("members.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("address_prefix", String(64), nullable=False),
    Column("agent", String(256), nullable=False),
    Index(None, "member_id"),
)

live_tokens = Table(
    "live_tokens",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("session_key", KEY, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "session_key"),
    Index(None, "expires_at"),
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("key", KEY, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

changes = Table(
    "changes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("member_id", ID, nullable=False),
    Column("room_id", ID),
    Column("fact", String(16)),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False),
    Column("room_id", ID, nullable=False),
    Column("fact", String(16), nullable=False),
    Column("member_id", ID, nullable=False),
    Column("nickname", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("detail", String(64), nullable=False, server_default=""),
    UniqueConstraint("id"),
    sqlite_autoincrement=True,
)
