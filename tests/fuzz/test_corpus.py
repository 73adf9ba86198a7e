"""The corpus has every op, its frames are good, and the mutations are the same for the same seed."""

import pytest

from pac.live.protocol import REQUESTS, read_envelope, read_request
from tests.fuzz.corpus import CORPUS
from tests.fuzz.mutation import Mutator
from tests.fuzz.observer import frames_of

PLACES = {f"${name}": name * 4 for name in ("room", "other", "strange", "hidden", "token")}


def test_every_op_has_its_rows() -> None:
    assert REQUESTS.keys() - CORPUS.keys() == set(), "a new op needs rows in tests/fuzz/corpus.py"
    assert not CORPUS.keys() - REQUESTS.keys()
    assert all(CORPUS.values())


@pytest.mark.parametrize("op", sorted(REQUESTS))
def test_the_frames_of_the_corpus_are_good(op: str) -> None:
    mutator = Mutator(1, PLACES)
    for _ in range(50):
        payload = mutator.good(op)
        assert read_envelope(payload).op == op
        assert isinstance(read_request(op, payload), REQUESTS[op])


def test_the_same_seed_makes_the_same_frames() -> None:
    one, two, other = Mutator(7, PLACES), Mutator(7, PLACES), Mutator(8, PLACES)
    first = [one.step() for _ in range(500)]
    assert first == [two.step() for _ in range(500)]
    assert first != [other.step() for _ in range(500)]


def test_the_observer_reads_frames_of_every_length() -> None:
    for size, head in (
        (5, b"\x81\x05"),
        (300, b"\x81\x7e\x01\x2c"),
        (70_000, b"\x81\x7f" + (70_000).to_bytes(8, "big")),
    ):
        assert list(frames_of((head + b"x" * size) * 2)) == [(1, b"x" * size)] * 2
