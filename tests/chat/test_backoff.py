"""Whether and when the client comes back, for every way a connection can end."""

import pytest

from pac.chat.backoff import RETRY_MAX_S, RETRY_MIN_S, Backoff, Turn, turn_after, turn_after_refusal
from pac.ids import SeededIds
from pac.live.disconnects import Disconnect, may_return
from tests.support.clock import SteppedClock

TURNS = {
    None: Turn.RETURN,
    1000: Turn.RETURN,
    1001: Turn.RETURN,
    1002: Turn.STOP,
    1006: Turn.RETURN,
    1007: Turn.STOP,
    1008: Turn.STOP,
    1009: Turn.STOP,
    1011: Turn.RETURN,
    1012: Turn.RETURN,
    1013: Turn.RETURN,
    4001: Turn.RETURN,
    4002: Turn.RETURN,
    4008: Turn.RETURN,
    4010: Turn.RETURN,
    4011: Turn.RETURN,
    4012: Turn.RETURN,
    4013: Turn.RETURN,
    4099: Turn.RETURN,
    4500: Turn.STOP,
    4501: Turn.SIGN_IN,
    4502: Turn.SIGN_IN,
    4503: Turn.STOP,
    4504: Turn.STOP,
    4505: Turn.STOP,
    4599: Turn.STOP,
}


@pytest.mark.parametrize(("code", "turn"), TURNS.items())
def test_every_close_code_has_its_turn(code: int | None, turn: Turn) -> None:
    assert turn_after(code) is turn


@pytest.mark.row("close return")
@pytest.mark.parametrize("code", [code for code in Disconnect if code is not Disconnect.NORMAL])
def test_the_client_comes_back_exactly_where_the_server_says_it_may(code: Disconnect) -> None:
    assert code in TURNS
    assert (turn_after(code) is Turn.RETURN) is may_return(code)


@pytest.mark.parametrize(
    ("status", "turn"),
    [(400, Turn.STOP), (401, Turn.STOP), (403, Turn.STOP), (404, Turn.STOP), (426, Turn.STOP),
     (429, Turn.RETURN), (500, Turn.RETURN), (502, Turn.RETURN), (503, Turn.RETURN)],
)  # fmt: skip
def test_an_upgrade_that_is_refused_has_its_turn(status: int, turn: Turn) -> None:
    assert turn_after_refusal(status) is turn


@pytest.mark.row("close return")
def test_the_wait_is_drawn_from_half_a_second_to_a_bound_that_doubles_to_thirty(clock: SteppedClock) -> None:
    bounds: list[tuple[float, float]] = []

    class Watched(SeededIds):
        def jitter(self, low: float, high: float) -> float:
            bounds.append((low, high))
            return super().jitter(low, high)

    backoff = Backoff(clock, Watched(1))
    waits = [backoff.next(Turn.RETURN)[1] for _ in range(8)]
    assert bounds == [(RETRY_MIN_S, high) for high in (1, 2, 4, 8, 16, 30, 30, 30)]
    assert all(RETRY_MIN_S <= wait <= RETRY_MAX_S for wait in waits)
    assert len(set(waits)) == len(waits)


@pytest.mark.parametrize(("held_s", "bound"), [(29, 16.0), (30, 1.0)])
def test_only_a_connection_that_held_makes_the_waits_short_again(
    clock: SteppedClock, held_s: int, bound: float
) -> None:
    highest: list[float] = []

    class Watched(SeededIds):
        def jitter(self, low: float, high: float) -> float:
            highest.append(high)
            return low

    backoff = Backoff(clock, Watched(1))
    for _ in range(4):
        backoff.next(Turn.RETURN)
    backoff.welcomed()
    clock.advance(seconds=held_s)
    backoff.next(Turn.RETURN)
    assert highest[-1] == bound


@pytest.mark.row("close return", "hear drain")
def test_after_drain_the_wait_is_what_the_server_said_once(clock: SteppedClock, ids: SeededIds) -> None:
    backoff = Backoff(clock, ids)
    backoff.told(3.25)
    assert backoff.next(Turn.RETURN) == (Turn.RETURN, 3.25)
    assert backoff.next(Turn.RETURN)[1] != 3.25


def test_a_server_that_names_a_longer_wait_is_obeyed(clock: SteppedClock, ids: SeededIds) -> None:
    assert Backoff(clock, ids).next(Turn.RETURN, at_least_s=45.0) == (Turn.RETURN, 45.0)


def test_signing_in_is_tried_once_between_two_welcomes(clock: SteppedClock, ids: SeededIds) -> None:
    backoff = Backoff(clock, ids)
    assert backoff.next(Turn.SIGN_IN)[0] is Turn.SIGN_IN
    assert backoff.next(Turn.SIGN_IN)[0] is Turn.STOP
    backoff.welcomed()
    assert backoff.next(Turn.SIGN_IN)[0] is Turn.SIGN_IN
