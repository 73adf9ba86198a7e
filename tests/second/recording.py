"""What the second client says and hears, told in the words the history checker judges by."""

from tests.history.model import (
    Ack,
    Disconnected,
    Opened,
    Read,
    Receive,
    Refused,
    Send,
    Subscribed,
    Unsubscribed,
)
from tests.history.recorder import Recorder
from tests.second.picture import Frame


class Recording:
    """Watches one client: `Client(..., watch=Recording(...))`."""

    def __init__(self, recorder: Recorder, name: str, member: str) -> None:
        self._recorder = recorder
        self._name = name
        self._member = member
        self._sends: dict[tuple[int, str], Frame] = {}
        self._afters: dict[tuple[int, str], dict[str, int | None]] = {}
        self.connection = 0

    @property
    def socket(self) -> str:
        """The one it is on now, as the record names it."""
        return f"{self._name}#{self.connection}"

    def __call__(self, connection: int, way: str, frame: Frame) -> None:
        self.connection = connection
        match way:
            case "open":
                self._recorder.note(Opened, socket=self.socket, client=self._name, member=self._member)
            case "→":
                self._said(frame)
            case "←":
                self._heard(frame)
            case "close":
                self._recorder.note(Disconnected, socket=self.socket, code=frame["code"])

    def _said(self, frame: Frame) -> None:
        place = self.connection, str(frame.get("id"))
        match frame["op"]:
            case "send":
                self._sends[place] = frame
                named = {name: frame[name] for name in ("id", "room", "cid", "body")}
                self._recorder.note(Send, socket=self.socket, **named)
            case "subscribe":
                self._afters[place] = {entry["room"]: entry.get("after") for entry in frame["rooms"]}

    def _heard(self, frame: Frame) -> None:
        place = self.connection, str(frame.get("id"))
        match frame["op"]:
            case "ok" | "error" if place in self._sends:
                self._answered(self._sends.pop(place), frame)
            case "ok" if place in self._afters:
                self._subscribed(frame["rooms"], self._afters.pop(place))
            case "ok" if "messages" in frame:
                for entry in frame["messages"]:
                    self._recorder.note(Read, socket=self.socket, room=frame["room"], **_shown(entry))
            case "message":
                self._recorder.note(Receive, socket=self.socket, room=frame["room"], **_shown(frame))
            case "unsubscribed":
                self._recorder.note(Unsubscribed, socket=self.socket, room=frame["room"], code=frame["code"])

    def _answered(self, send: Frame, answer: Frame) -> None:
        named = {name: send[name] for name in ("id", "room", "cid")}
        if answer["op"] == "ok":
            self._recorder.note(
                Ack, socket=self.socket, seq=answer["seq"], dup=answer.get("dup", False), **named
            )
        else:
            self._recorder.note(Refused, socket=self.socket, code=answer["code"], **named)

    def _subscribed(self, entries: list[Frame], afters: dict[str, int | None]) -> None:
        for entry in entries:
            if "code" not in entry:
                self._recorder.note(
                    Subscribed,
                    socket=self.socket,
                    room=entry["room"],
                    after=afters[entry["room"]],
                    top=entry["top"],
                    epoch=entry["epoch"],
                    reset=entry.get("reset", False),
                )


def _shown(entry: Frame) -> Frame:
    return {
        "seq": entry["seq"],
        "member": entry["member"]["id"],
        "body": entry["body"],
        "type": entry["type"],
        "is_deleted": "deleted" in entry,
    }
