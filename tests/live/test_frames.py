"""RFC 6455 duties that the parser leaves to its listener (SECURITY 3.6–3.9)."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pac.live.disconnects import Disconnect
from pac.live.frames import FrameEdges, FrameReader, Opcode, Violation, check_close, close_frame, framed

TEXT, CONTINUATION, BINARY = Opcode.TEXT, Opcode.CONTINUATION, Opcode.BINARY


def test_a_whole_text_frame_is_a_message() -> None:
    assert FrameReader(100).text(TEXT, True, "안녕".encode()) == "안녕".encode()


def test_fragments_are_joined_also_inside_a_character() -> None:
    reader = FrameReader(100)
    hangul = "가".encode()
    assert reader.text(TEXT, False, hangul[:1]) is None
    assert reader.in_fragments
    assert reader.text(CONTINUATION, False, hangul[1:2]) is None
    assert reader.text(CONTINUATION, True, hangul[2:]) == hangul
    assert not reader.in_fragments


@pytest.mark.req("3.6", "3.7")
@pytest.mark.row(
    "close 1002", "close 1007", "close 1008", "close 1009", "close 4500", "limit fragments", "limit frame"
)
@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param([(TEXT, True, b"\xff")], Disconnect.INVALID_TEXT, id="invalid UTF-8"),
        pytest.param(
            [(TEXT, False, b"\xed\xa0"), (CONTINUATION, True, b"\x80")],
            Disconnect.INVALID_TEXT,
            id="a surrogate",
        ),
        pytest.param([(CONTINUATION, True, b"x")], Disconnect.PROTOCOL_ERROR, id="a continuation of nothing"),
        pytest.param(
            [(TEXT, False, b"a"), (TEXT, True, b"b")],
            Disconnect.PROTOCOL_ERROR,
            id="a message inside another",
        ),
        pytest.param([(BINARY, True, b"x")], Disconnect.BAD_FRAMES, id="binary"),
        pytest.param([(TEXT, True, b"x" * 101)], Disconnect.TOO_BIG, id="one byte over"),
        pytest.param(
            [(TEXT, False, b"x" * 60), (CONTINUATION, True, b"x" * 41)], Disconnect.TOO_BIG, id="over in two"
        ),
        pytest.param(
            [(TEXT, False, b"")] + [(CONTINUATION, False, b"")] * 16,
            Disconnect.POLICY,
            id="seventeen fragments",
        ),
    ],
)
def test_a_peer_that_breaks_the_protocol_is_cut_off(
    frames: list[tuple[Opcode, bool, bytes]], code: Disconnect
) -> None:
    reader = FrameReader(100)
    for frame in frames[:-1]:
        reader.text(*frame)
    with pytest.raises(Violation) as caught:
        reader.text(*frames[-1])
    assert caught.value.code is code


@pytest.mark.row("limit frame", "limit fragments")
def test_a_message_of_exactly_the_limit_passes_whole_and_in_sixteen_fragments() -> None:
    assert FrameReader(100).text(TEXT, True, b"x" * 100) == b"x" * 100
    reader = FrameReader(160)
    for at in range(15):
        assert reader.text(TEXT if at == 0 else CONTINUATION, False, b"x" * 10) is None
    assert reader.text(CONTINUATION, True, b"x" * 10) == b"x" * 160


@pytest.mark.req("3.8")
@pytest.mark.row("close 1008")
def test_ten_control_frames_a_second_pass_and_the_eleventh_does_not() -> None:
    reader = FrameReader(100)
    for second in (5.0, 6.0):
        for count in range(10):
            reader.control(second + count / 100)
    with pytest.raises(Violation) as caught:
        reader.control(6.5)
    assert caught.value.code is Disconnect.POLICY


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_are_written_in_the_shortest_form(size: int) -> None:
    frame = framed(TEXT, b"x" * size)
    header = 2 if size < 126 else 4 if size < 65_536 else 10
    assert len(frame) == header + size
    assert frame[0] == 0x81
    assert frame[1] == (size if size < 126 else 126 if size < 65_536 else 127)
    if header > 2:
        assert int.from_bytes(frame[2:header], "big") == size


def test_a_close_frame_carries_its_code_and_a_reason_that_fits() -> None:
    frame = close_frame(Disconnect.DRAINING, "x" * 500)
    assert frame[2:4] == (4010).to_bytes(2, "big")
    assert frame[1] == 125


@pytest.mark.req("3.7")
def test_a_close_code_that_may_not_be_sent_is_a_protocol_error() -> None:
    for code in (1000, 1003, 1007, 1014, 3000, 4999):
        check_close(code.to_bytes(2, "big"))
    check_close(b"")
    for payload in (
        b"\0\0",
        b"\x03",
        *(code.to_bytes(2, "big") for code in (999, 1004, 1005, 1006, 1015, 2999, 5000)),
    ):
        with pytest.raises(Violation) as refused:
            check_close(payload)
        assert refused.value.code is Disconnect.PROTOCOL_ERROR


def masked(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    size = len(payload)
    length = (
        bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < 65_536
        else b"\xff" + size.to_bytes(8, "big")
    )  # fmt: skip
    return bytes([(0x80 if fin else 0) | opcode]) + length + b"mask" + payload


GOOD = [
    masked(Opcode.TEXT), masked(Opcode.TEXT, b"x" * 125), masked(Opcode.BINARY, b"x" * 126, fin=False),
    masked(Opcode.CONTINUATION, b"x" * 65_536), masked(Opcode.PING, b"x" * 125), masked(Opcode.PONG),
]  # fmt: skip
ENDING = [
    masked(Opcode.CLOSE, b"\x03\xe8"), masked(0x3), masked(0xF, b"x" * 300), masked(Opcode.PING, fin=False),
    masked(Opcode.PING, b"x" * 126), b"\x81\x03abc", b"\x89\x00",
]  # fmt: skip


@pytest.mark.req("3.7", "8.1")
def test_frames_that_end_nothing_are_parsed_as_they_come() -> None:
    edges = FrameEdges()
    assert edges.cuts(b"".join(GOOD)) == []
    assert edges.is_whole


@pytest.mark.req("3.7", "8.1")
@pytest.mark.parametrize("ending", ENDING)
def test_a_frame_that_may_end_the_connection_is_parsed_alone(ending: bytes) -> None:
    edges, before = FrameEdges(), b"".join(GOOD)
    assert edges.cuts(before + ending + GOOD[1]) == [len(before), len(before) + len(ending)]
    assert edges.cuts(ending) == [], "alone it is"
    assert edges.cuts(GOOD[0] + ending) == [len(GOOD[0])]
    assert edges.is_whole


@given(st.lists(st.sampled_from(GOOD[:3] + GOOD[4:] + ENDING), max_size=8), st.data())
def test_however_the_bytes_are_cut_into_reads_no_frame_is_looked_at_ahead_of_another_that_ends(
    frames: list[bytes], data: st.DataObject
) -> None:
    sent = b"".join(frames)
    starts = list(accumulate(map(len, frames), initial=0))
    reads = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=12)) | {0, len(sent)})
    edges, parsed_to = FrameEdges(), set(reads)
    for start, end in pairwise(reads):
        cuts = edges.cuts(memoryview(sent)[start:end])
        assert cuts == sorted(set(cuts))
        parsed_to |= {start + cut for cut in cuts}
        assert edges.is_whole == (end in starts)
    for frame, start in zip(frames, starts, strict=False):
        # one byte of a header tells the parser nothing yet: it may have come with what was before it
        if frame in ENDING:
            assert {start, start + 1} & parsed_to
            assert start + len(frame) in parsed_to or start + len(frame) + 1 in parsed_to
