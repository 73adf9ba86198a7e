"""What of a body is read."""

import asyncio

import pytest

from pac.http.bodies import BODY_BYTES, Message, Unreadable, read_body, refusal_of_headers, replayed


class Stream:
    """A body in chunks, and how much of it was taken."""

    def __init__(self, *chunks: bytes, endless: bool = False, gone: bool = False) -> None:
        self._chunks = list(chunks)
        self._endless = endless
        self._gone = gone
        self.taken = 0

    async def __call__(self) -> Message:
        if not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks[0] if self._endless else self._chunks.pop(0)
        self.taken += len(chunk)
        more = self._endless or self._gone or bool(self._chunks)
        return {"type": "http.request", "body": chunk, "more_body": more}


async def test_a_body_is_put_together_from_its_chunks() -> None:
    assert await read_body(Stream(b"ab", b"", b"c")) == b"abc"
    assert await read_body(Stream(b"")) == b""


@pytest.mark.req("1.16")
@pytest.mark.row("status 413")
async def test_64_kib_are_read_and_not_a_byte_more() -> None:
    assert len(await read_body(Stream(b"x" * (BODY_BYTES - 1), b"x"))) == BODY_BYTES
    with pytest.raises(Unreadable) as refusal:
        await read_body(Stream(b"x" * BODY_BYTES, b"x"))
    assert refusal.value.status == 413


@pytest.mark.req("1.16")
async def test_an_endless_body_ends_before_128_kib_are_read() -> None:
    stream = Stream(b"x" * 16_384, endless=True)
    with pytest.raises(Unreadable) as refusal:
        await read_body(stream)
    assert refusal.value.status == 413
    assert stream.taken < 2 * BODY_BYTES


@pytest.mark.req("1.16")
async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def silence() -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value] # it never does

    with pytest.raises(Unreadable) as refusal:
        await read_body(silence, within_s=0)
    assert refusal.value.status == 408


async def test_who_goes_away_is_not_answered() -> None:
    with pytest.raises(Unreadable) as refusal:
        await read_body(Stream(b"ab", gone=True))
    assert refusal.value.status is None


async def test_the_route_reads_the_body_once_and_then_the_connection() -> None:
    receive = replayed(b"abc", Stream())
    assert await receive() == {"type": "http.request", "body": b"abc", "more_body": False}
    assert await receive() == {"type": "http.disconnect"}


@pytest.mark.req("1.16")
@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        (b"content-encoding", b"gzip", 415),
        (b"content-encoding", b"identity", None),
        (b"content-encoding", b"identity, gzip", 415),
        (b"content-encoding", b"", 415),
        (b"content-length", b"65536", None),
        (b"content-length", b"65537", 413),
        (b"content-length", b"9" * 40, 413),
        (b"content-length", b"-1", None),
        (b"x-content-encoding", b"gzip", None),
    ],
)
def test_what_headers_say_of_a_body_is_judged_before_it_is_read(
    name: bytes, value: bytes, status: int | None
) -> None:
    assert refusal_of_headers([(b"host", b"x"), (name, value)]) == status


@pytest.mark.req("1.16")
def test_a_second_encoding_header_is_not_overlooked() -> None:
    assert refusal_of_headers([(b"content-encoding", b"gzip"), (b"content-encoding", b"identity")]) == 415
