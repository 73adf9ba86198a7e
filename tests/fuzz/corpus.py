"""Good frames of every op, as docs/PROTOCOL.md has them. What begins with `$` is filled in when a frame is made.

`$room`, `$other`: rooms the fuzzing member is in. `$strange`: one it may know of and not read. `$hidden`: one it may
not know of, whose id it has all the same. `$token`: its live token. The other names are drawn anew each time.
"""

from typing import Any

Frame = dict[str, Any]

CORPUS: dict[str, list[Frame]] = {
    "hello": [
        {"op": "hello", "id": "$id", "client": "fuzz/1", "token": "$token"},
        {"op": "hello", "id": "$id", "token": "no such token"},
        {"op": "hello", "id": "$id"},
    ],
    "subscribe": [
        {"op": "subscribe", "id": "$id", "rooms": [{"room": "$room"}]},
        {"op": "subscribe", "id": "$id", "rooms": [{"room": "$room"}, {"room": "$other", "after": "$seq"}]},
        {"op": "subscribe", "id": "$id", "rooms": [{"room": "$other", "after": 0, "epoch": "$id"}]},
        {"op": "subscribe", "id": "$id", "rooms": [{"room": "$strange"}, {"room": "$room"}]},
        {"op": "subscribe", "id": "$id", "rooms": [{"room": "$hidden", "after": 0}]},
    ],
    "unsubscribe": [
        {"op": "unsubscribe", "id": "$id", "rooms": ["$room"]},
        {"op": "unsubscribe", "id": "$id", "rooms": ["$other", "$hidden", "nowhere"]},
    ],
    "send": [
        {"op": "send", "id": "$id", "room": "$room", "cid": "$cid", "body": "$body"},
        {"op": "send", "id": "$id", "room": "$room", "cid": "$cid", "body": "안녕하세요"},
        {"op": "send", "id": "$id", "room": "$other", "cid": "$cid", "body": "$body", "type": "TEXT", "reply_to": 1},
        {"op": "send", "id": "$id", "room": "$room", "cid": "c1", "body": "said before"},
        {"op": "send", "id": "$id", "room": "$hidden", "cid": "$cid", "body": "$body"},
    ],
    "history": [
        {"op": "history", "id": "$id", "room": "$room", "limit": 10},
        {"op": "history", "id": "$id", "room": "$other", "before": "$seq", "limit": 5},
        {"op": "history", "id": "$id", "room": "$other", "after": "$seq", "limit": 5},
        {"op": "history", "id": "$id", "room": "$hidden"},
        {"op": "history", "id": "$id", "room": "$strange", "limit": 100},
    ],
    "ping": [{"op": "ping", "id": "$id"}, {"op": "ping"}],
    "typing": [{"op": "typing", "room": "$room", "on": True}, {"op": "typing", "room": "$hidden", "on": False}],
    "read": [{"op": "read", "room": "$room", "seq": "$seq"}, {"op": "read", "room": "$hidden", "seq": 1}],
    "presence": [
        {"op": "presence", "id": "$id", "room": "$room"},
        {"op": "presence", "id": "$id", "room": "$hidden"},
    ],
    "delete": [
        {"op": "delete", "id": "$id", "room": "$room", "seq": "$seq"},
        {"op": "delete", "id": "$id", "room": "$hidden", "seq": 1},
    ],
}  # fmt: skip


BODIES = (
    "hello",
    "가나다 라마바",
    "line\nbreak\ttab",
    "<img src=x onerror=alert(1)>",
    "🎉👩‍👩‍👧 e\u0301",
    "a" * 4_000,
    "가" * 4_000,
)

LITERALS = (
    "null", "true", "false", "0", "-1", "1", "1.0", "1e3", "-0",
    "9007199254740991", "9007199254740992", "18446744073709551616", "1" * 30, "-" + "9" * 40,
    '""', '"x"', '"1"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u202e"', '"\\n"', '" "',
    '"' + "x" * 64 + '"', '"' + "x" * 65 + '"', '"' + "가" * 65 + '"', '"' + "x" * 4_001 + '"',
    "[]", "{}", "[null]", "[[]]", '{"room":[]}', '{"$ne":null}', '{"$gt":""}', '"\' OR 1=1--"', '"%_"', '"../../x"',
    '"\\ufffe"', "[" * 1_500 + "]" * 1_500, '{"a":' * 800 + "1" + "}" * 800,
)  # fmt: skip
"""What is put in the place of a value."""

NO_JSON = (
    "01", "1e999", "NaN", "Infinity", '"\\"', "'x'", "undefined", "[1,2", '{"a":', "\x00", "\x7f", "\u2028", "",
)  # fmt: skip
"""Rarely put there: it ends the connection at once."""

EXTRA = (
    "memberId",
    "userId",
    "nickname",
    "role",
    "ts",
    "seq",
    "op",
    "id",
    "room",
    "rooms",
    "",
    "__proto__",
    "\u0000",
    "x" * 300,
)
