"""Stories the machine came upon in which the product once said something else than the page, each by itself."""

import pytest

from tests.model.product import Product


@pytest.fixture
def room(product: Product) -> int:
    """Ada's, with Cho and an administrator in it; each has said something: 1, 2 and 3 of the log."""
    for name in ("ada", "cho", "boss"):
        product.sign_up(name, admin=name == "boss")
    product.create("ada", "Plaza", 9, "AVAILABLE", 0)
    for name in ("cho", "boss"):
        product.join(name, 0)
    for seq, name in enumerate(("ada", "cho", "boss"), 1):
        assert product.send(name, 0, "first", "안녕", None)[:2] == ("ok", seq)
    return 0


def test_a_sysop_deletes_their_own_message_in_an_ended_room_as_any_other(product: Product, room: int) -> None:
    product.end("ada", room, as_administrator=False)
    assert product.delete("cho", room, 2) == "room_ended"
    assert [product.delete("ada", room, seq) for seq in (1, 2)] == ["ok", "ok"]
    assert [entry.deleted for entry in product.entries(room)[:3]] == ["author", "moderator", None]


@pytest.mark.row("role ROLE_ADMIN deletes")
def test_an_administrator_deletes_their_own_message_where_they_are_no_member(
    product: Product, room: int
) -> None:
    product.exit("boss", room)
    assert [product.delete("boss", room, seq) for seq in (2, 3)] == ["ok", "ok"]
    assert [entry.deleted for entry in product.entries(room)[:3]] == [None, "moderator", "author"]


def test_a_room_ends_once_also_for_an_administrator_who_is_banned_there(product: Product, room: int) -> None:
    product.set_status("ada", room, "boss", "VOID", None)
    assert product.end("boss", room, as_administrator=True) == "ok"
    assert product.end("boss", room, as_administrator=True) == "room_ended"


def test_an_administrator_in_a_void_room_is_in_it_and_may_not_leave_it(product: Product, room: int) -> None:
    product.void("boss", room, undo=False)
    assert product.exit("boss", room) == "forbidden"
    product.void("boss", room, undo=True)
    assert product.exit("boss", room) == "ok"
    assert product.exit("boss", room) == "not_joined"


def test_an_administrator_with_an_invitation_to_a_void_room_has_not_joined_it(
    product: Product, room: int
) -> None:
    product.invite("ada", room, None, None)
    assert product.accept("boss", 0, room) == "already_joined"
    product.exit("boss", room)
    product.void("boss", room, undo=False)
    assert product.accept("boss", 0, room) == "forbidden"
