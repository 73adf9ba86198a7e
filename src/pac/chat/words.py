"""What the client says, in Korean and in English. Everything others wrote is made printable here, once more at
the screen: this module makes the lines, and nothing else does."""

from datetime import UTC, datetime

from pac.chat.account import RoomRow
from pac.chat.backoff import Turn
from pac.chat.events import Lost, NotSent
from pac.chat.frames import Entry, Membership, RoomTold
from pac.chat.printable import printable, printable_body
from pac.clock import from_rfc3339
from pac.language import Language, ntranslate, translate

SHOWN_OF_UNSENT = 60

_SYSTEM_EVENTS: dict[str, str] = {
    "joined": "{name} joined.",
    "left": "{name} left.",
    "ended": "{name} ended the room.",
    "kicked": "{name} was removed from the room.",
    "banned": "{name} was banned from the room.",
    "unbanned": "{name} may come back.",
    "owner": "{name} is the owner now.",
    "role": "{name} has another role now.",
    "renamed": "The room has another name now.",
    "changed": "The room was changed.",
    "deleted": "A message was deleted.",
}

_CLOSED_FOR_GOOD: dict[int, str] = {
    4500: "The server does not understand this client. One of the two may be too old.",
    4501: "Signing in again did not help. Check login name and password, and start again.",
    4502: "Signing in again did not help. Check login name and password, and start again.",
    4503: "This account is locked.",
    4504: "This account has too many connections open. Close one of them and start again.",
}

_ROOM_CLOSED: dict[str, str] = {
    "left": "You left {room}.",
    "kicked": "You were removed from {room}. You may join again as the room allows.",
    "banned": "You were banned from {room}.",
    "ended": "{room} has ended. Its members can still read it: /open it again.",
    "forbidden": "You may no longer read {room}.",
    "gone": "{room} is no longer there.",
}

_MEMBERSHIP: dict[str, str] = {
    **_ROOM_CLOSED,
    "joined": "You are a member of {room} now.",
    "warned": "You were warned in {room}: you can write every 10 seconds.",
    "unwarned": "The warning in {room} is lifted.",
    "unbanned": "You are no longer banned from {room}.",
    "asked": "You asked to be let into {room}.",
    "accepted": "You were let into {room}.",
    "refused": "You were not let into {room}.",
    "invited": "You are invited to {room}.",
    "role": "You have another role in {room} now: {role}.",
    "owner": "{room} has another owner now.",
}

_NOT_SENT: dict[str, str] = {
    "unknown": "The connection went before the answer came: it may have been sent.",
    "left": "You are no longer in this room.",
    "kicked": "You are no longer in this room.",
    "banned": "You are no longer in this room.",
    "ended": "This room has ended. Its members can still read it.",
    "room_ended": "This room has ended. Its members can still read it.",
    "read_only": "You read along in this room. Only members its operators chose can write.",
    "forbidden": "You may not do this here. Join the room first, or ask its owner.",
    "not_found": "This is not here, or not for you to see. Check the address.",
}


class Words:
    def __init__(self, language: Language) -> None:
        self.language = language

    def entry(self, entry: Entry) -> str:
        """`[date and time] nick: text`, of the reader's own time zone."""
        day = self.date(entry.ts)
        return f"[{day} {self.time(entry.ts)}] {self.said(entry)}" if day else f"[-] {self.said(entry)}"

    def said(self, entry: Entry) -> str:
        name = printable(entry.member.nickname)
        if entry.type == "SYSTEM":
            text = _SYSTEM_EVENTS.get(entry.event or "")
            return f"* {translate(self.language, text, name=name) if text else printable(entry.body)}"
        return f"{name}: {printable_body(entry.body)}"

    @staticmethod
    def date(ts: str) -> str:
        """`2026-11-23`; empty for a time that is none."""
        moment = _local(ts)
        return f"{moment:%Y-%m-%d}" if moment else ""

    @staticmethod
    def time(ts: str) -> str:
        """`14:05:06`; empty for a time that is none."""
        moment = _local(ts)
        return f"{moment:%H:%M:%S}" if moment else ""

    def lost(self, lost: Lost, socket_url: str) -> str:
        seconds = max(1, round(lost.wait_s))
        match lost.turn:
            case Turn.RETURN:
                return translate(
                    self.language, "The connection is lost. Trying again in {seconds} s.", seconds=seconds
                )
            case Turn.SIGN_IN:
                return translate(self.language, "The session has ended. Signing in again.")
            case Turn.STOP if lost.code is None:
                return translate(
                    self.language,
                    "There are no live messages at {url}. Check the address, or give it with --socket.",
                    url=socket_url,
                )
            case Turn.STOP:
                text = _CLOSED_FOR_GOOD.get(lost.code)
                if text:
                    return translate(self.language, text)
                return translate(
                    self.language, "The server closed the connection for good ({code}).", code=lost.code
                )

    def not_sent(self, fact: NotSent) -> str:
        text = printable(fact.pending.body)
        if len(text) > SHOWN_OF_UNSENT:
            text = f"{text[:SHOWN_OF_UNSENT]}…"
        if fact.limit is not None:
            reason = translate(
                self.language, "The message is too long. Shorten it to {limit} characters.", limit=fact.limit
            )
        else:
            reason = printable(fact.message) or translate(
                self.language, _NOT_SENT.get(fact.code, "The server refused it.")
            )
        return translate(self.language, "Not sent: “{body}” {reason}", body=text, reason=reason)

    def room_opened(self, name: str, told: RoomTold) -> str:
        return ntranslate(
            self.language,
            "{room}: {count} member, {online} here now.",
            "{room}: {count} members, {online} here now.",
            told.members,
            room=printable(name),
            online=told.online,
        )

    def room_refused(self, name: str, code: str, message: str) -> str:
        reason = printable(message) or translate(self.language, _NOT_SENT.get(code, "The server refused it."))
        if code == "forbidden":
            return translate(
                self.language, "{room} is read by its members. /join makes you one.", room=printable(name)
            )
        return translate(
            self.language, "{room} cannot be opened. {reason}", room=printable(name), reason=reason
        )

    def room_closed(self, name: str, code: str) -> str:
        text = _ROOM_CLOSED.get(code, "You may no longer read {room}.")
        return translate(self.language, text, room=printable(name))

    def membership(self, name: str, fact: Membership) -> str | None:
        text = _MEMBERSHIP.get(fact.change)
        if text is None:
            return None
        return translate(self.language, text, room=printable(name), role=printable(fact.role or ""))

    def room_row(self, number: int, row: RoomRow, unread: int) -> str:
        count = ntranslate(self.language, "{count} member", "{count} members", row.room_members_count)
        parts = [count, printable(row.room_public), printable(row.role or "")]
        if row.room_status == "ENDED":
            parts.append(translate(self.language, "Ended"))
        if unread:
            parts.append(ntranslate(self.language, "{count} new message", "{count} new messages", unread))
        return f"{number:3}. {printable(row.name)}  ({', '.join(part for part in parts if part)})"

    def help(self) -> list[str]:
        say = self.language
        return [
            translate(say, "/rooms [WORDS]   my rooms and the lobby, or what is called so there"),
            translate(say, "/open N          open a room, by its number in the list or by its name"),
            translate(say, "/join [N]        become a member of a room, or of the one that is open"),
            translate(say, "/leave           leave the open room"),
            translate(say, "/older           earlier messages (or Page Up)"),
            translate(say, "/help            this list"),
            translate(say, "/quit            end (or Ctrl+D)"),
            translate(say, "Everything else is sent to the open room. // begins a message with /."),
        ]


def _local(ts: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(from_rfc3339(ts) / 1_000, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
