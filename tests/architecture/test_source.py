"""House rules that a machine can read off the source."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "pac"
FILES = sorted(SOURCE.rglob("*.py"))


def names_of(path: Path) -> set[str]:
    """Every attribute and name that the file mentions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def calls_of(path: Path) -> list[tuple[str, str]]:
    """(what it is called on, name) of every method call: `tx.rooms.by_id(…)` is ("rooms", "by_id")."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.func.value.attr, node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
    ]


@pytest.mark.req("4.1")
@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(SOURCE / "web")], ids=str)
def test_web_fetches_rooms_only_through_access(path: Path) -> None:
    """Rule 12: no store is asked by id on somebody's behalf. Lists that are made for the asker are not by id."""
    assert ("rooms", "by_id") not in calls_of(path)
    assert ("rooms", "membership") not in calls_of(path)


@pytest.mark.req("4.1")
@pytest.mark.parametrize(
    "path", [path for path in FILES if {"web", "live"} & set(path.relative_to(SOURCE).parts)], ids=str
)
def test_no_edge_compares_roles_or_visibilities_to_branch(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            named = {
                side.value.id
                for side in sides
                if isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name)
            }
            assert not named & {"RoomRole", "RoomPublic", "RoomStatus", "RoomMemberStatus"}, (
                f"line {node.lineno}"
            )


@pytest.mark.req("5.8")
@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_deserialises_objects_or_evaluates_text(path: Path) -> None:
    assert not names_of(path) & {"pickle", "marshal", "shelve", "dill", "eval", "exec", "yaml"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module docstring states the one idea"


LONG_WITH_A_REASON = {
    SOURCE / "live" / "protocol.py": 450,  # every frame of the protocol, in one list
}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_fits_in_a_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONG_WITH_A_REASON.get(path, 350)
