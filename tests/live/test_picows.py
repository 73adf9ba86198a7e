"""picows' protocol class is semi-private: this fails loudly when what we rely on has changed (decision 002)."""

import inspect
import logging

import picows
from picows import (
    WSAutoPingStrategy,
    WSListener,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol


def test_the_version_is_the_one_that_was_measured() -> None:
    assert picows.__version__ == "2.3.1", (
        "read live/gateway.py against the new version, then move this and the pin"
    )


async def test_the_protocol_is_made_with_the_arguments_we_give_it() -> None:
    protocol = WSProtocol(
        None, None, False, lambda _: None, logging.getLogger("picows"), True, None, False, 20, 20,
        WSAutoPingStrategy.PING_WHEN_IDLE, False, 65_536, None, 2_048,
    )  # fmt: skip
    assert protocol.is_buffered_protocol()
    assert len(protocol.get_buffer(-1)) == 2_048 - 256, (
        "room for the upgrade request that is replayed into it"
    )


def test_the_listener_and_transport_have_what_is_called() -> None:
    for name in ("on_ws_connected", "on_ws_frame", "on_ws_disconnected", "pause_writing", "resume_writing"):
        assert hasattr(WSListener, name)
    assert hasattr(WSTransport, "underlying_transport")
    response = WSUpgradeResponse.create_101_response({"Sec-WebSocket-Protocol": "pac.v2.json"})
    assert WSUpgradeResponseWithListener(response, WSListener()).response is response


def test_a_subclass_sees_every_read() -> None:
    assert inspect.isroutine(WSProtocol.buffer_updated)

    class Counting(WSProtocol):  # type: ignore[misc]
        def buffer_updated(self, nbytes: int) -> None:
            super().buffer_updated(nbytes)

    assert issubclass(Counting, WSProtocol)
