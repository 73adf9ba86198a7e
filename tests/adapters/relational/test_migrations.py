"""From nothing to the form the queries are written against, once, whole, and never backwards."""

import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from pac.accounts.model import MemberId
from pac.adapters.relational import migrations
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate, newest_revision, revision_of
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.adapters.relational.tables import metadata
from pac.errors import CannotStart
from pac.rooms.model import LobbySort, RoomId
from pac.transactions import Listeners
from tests.contracts.accounts import sign_up

EARLIER = ["0001", "0002"]
DATA_OF_0001 = """
INSERT INTO members (id, provider, username, username_key, nickname, nickname_key, app_role, locked, created_at)
  VALUES ('m', 'WEB', 'kim', 'kim', '김', '김', 'ROLE_USER', 0, 1);
INSERT INTO rooms (id, name, name_key, description, capacity, public, status, owner_id, created_at,
  last_activity_at, members_count) VALUES ('r', '광장', '광장', '', 9, 'AVAILABLE', 'ALIVE', 'm', 1, 1, 1);
INSERT INTO room_members (room_id, member_id, role, status, joined_at, read_seq)
  VALUES ('r', 'm', 'SYSOP', 'ALIVE', 1, 7);
"""
BROKEN = '''"""A step that is killed halfway."""

from alembic import op
import sqlalchemy as sa

revision = "9000"
down_revision = "NEWEST"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO members SELECT 1")
'''


def broken() -> str:
    return BROKEN.replace("NEWEST", newest_revision())


def dump(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_an_empty_folder_gets_the_newest_form(folder: Path, file: Path) -> None:
    assert revision_of(sqlite_url(folder)) is None
    assert not folder.exists(), "asking makes nothing"
    assert migrate(sqlite_url(folder)) == (None, newest_revision())
    assert revision_of(sqlite_url(folder)) == newest_revision()


def test_what_the_migrations_make_is_what_the_queries_are_written_against(folder: Path, file: Path) -> None:
    migrate(sqlite_url(folder))
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_migrating_again_changes_nothing(folder: Path, file: Path) -> None:
    migrate(sqlite_url(folder))
    database = SqlDatabase(sqlite_url(folder), Listeners())
    await sign_up(database, "kim")
    await database.close()
    before = file.read_bytes()
    assert migrate(sqlite_url(folder)) == (newest_revision(), newest_revision())
    assert file.read_bytes() == before


async def test_what_an_earlier_form_holds_is_kept(folder: Path, file: Path) -> None:
    """Up from each earlier form, with data in it."""
    for earlier in EARLIER:
        shutil.rmtree(folder, ignore_errors=True)
        migrate(sqlite_url(folder), to=earlier)
        assert revision_of(sqlite_url(folder)) == earlier
        connection = sqlite3.connect(file)
        connection.executescript(DATA_OF_0001)
        connection.close()
        assert migrate(sqlite_url(folder)) == (earlier, newest_revision())
        database = SqlDatabase(sqlite_url(folder), Listeners())
        async with database.reading() as tx:
            room = await tx.rooms.by_id(RoomId("r"))
            membership = await tx.rooms.membership(RoomId("r"), MemberId("m"))
            found = await tx.rooms.lobby(MemberId("m"), number=0, size=9, query="ㄱㅈ", sort=LobbySort.NEWEST)
        await database.close()
        assert found.total == 1, "an older room is found by its first consonants too"
        assert room is not None
        assert (room.name, room.slow_mode_s, room.former_public) == ("광장", 0, None)
        assert membership is not None
        assert (membership.nickname, membership.void_until, membership.read_seq) == ("김", None, 7)


def test_two_processes_that_start_at_once_migrate_once(folder: Path, file: Path) -> None:
    found: list[tuple[str | None, str]] = []
    starters = [threading.Thread(target=lambda: found.append(migrate(sqlite_url(folder)))) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    newest = newest_revision()
    assert sorted(str(before) for before, _ in found) == [newest, newest, newest, "None"]


def test_a_database_of_a_newer_version_is_refused_and_not_touched(folder: Path, file: Path) -> None:
    migrate(sqlite_url(folder))
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    with pytest.raises(CannotStart, match=r"was written by a newer version of PAC .*9999.* restore a backup"):
        migrate(sqlite_url(folder))
    assert file.read_bytes() == before


def test_a_migration_that_is_cut_off_leaves_nothing_and_runs_again(
    folder: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = migrate(sqlite_url(folder))[1]
    before = dump(file)
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    step = scripts / "versions" / "9000_half.py"
    text = broken()
    step.write_text(text)
    monkeypatch.setattr(migrations, "_FOLDER", scripts)
    with pytest.raises(CannotStart, match="cannot be used"):
        migrate(sqlite_url(folder))
    assert dump(file) == before
    shutil.rmtree(scripts / "versions" / "__pycache__", ignore_errors=True)
    step.write_text(text.replace('op.execute("INSERT INTO members SELECT 1")', "pass"))
    assert migrate(sqlite_url(folder)) == (newest, "9000")


def test_a_first_migration_that_is_cut_off_leaves_an_empty_file(
    folder: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    (scripts / "versions" / "9000_half.py").write_text(broken())
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_FOLDER", scripts)
        with pytest.raises(CannotStart):
            migrate(sqlite_url(folder))
    assert dump(file) == ["BEGIN TRANSACTION;", "COMMIT;"]
    assert migrate(sqlite_url(folder)) == (None, newest_revision())


def test_what_others_could_read_is_closed_to_them(folder: Path, file: Path) -> None:
    folder.mkdir(mode=0o755)
    file.touch(0o644)
    migrate(sqlite_url(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_told_to_the_operator(folder: Path, file: Path) -> None:
    folder.mkdir()
    file.write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(CannotStart, match="file is not a database"):
        migrate(sqlite_url(folder))


def test_a_folder_that_cannot_be_made_is_told_to_the_operator(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CannotStart, match="PAC_DATA_DIR"):
        migrate(sqlite_url(tmp_path / "taken"))


def test_a_folder_with_a_percent_sign_is_just_a_folder(tmp_path: Path) -> None:
    assert migrate(sqlite_url(tmp_path / "100%s"))[1] == newest_revision()
