"""Refusals and faults as HTTP: the one place that gives them statuses (RFC 9457, PROTOCOL §5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pac import errors
from pac.clock import Instant, rfc3339
from pac.errors import FieldFault
from pac.language import Language, translate, words_of, words_of_fault


class ErrorCode(StrEnum):
    """Every errorCode there is: a closed list, in OpenAPI too."""

    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    INVALID_FIELDS = "INVALID_FIELDS"
    NAME_TAKEN = "NAME_TAKEN"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    READ_ONLY = "READ_ONLY"
    ROOM_FULL = "ROOM_FULL"
    ROOM_ENDED = "ROOM_ENDED"
    ALREADY_JOINED = "ALREADY_JOINED"
    NOT_JOINED = "NOT_JOINED"
    OWNER_MAY_NOT_LEAVE = "OWNER_MAY_NOT_LEAVE"
    BANNED = "BANNED"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    CAPACITY_TOO_SMALL = "CAPACITY_TOO_SMALL"
    SLOW_MODE = "SLOW_MODE"
    BAD_REQUEST = "BAD_REQUEST"
    TOO_LARGE = "TOO_LARGE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    CROSS_SITE = "CROSS_SITE"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    INTERNAL = "INTERNAL"


TABLE: dict[type[errors.PacError], tuple[int, ErrorCode]] = {
    errors.NotSignedIn: (401, ErrorCode.NOT_SIGNED_IN),
    errors.SignInAgain: (403, ErrorCode.SIGN_IN_AGAIN),
    errors.WrongCredentials: (401, ErrorCode.WRONG_CREDENTIALS),
    errors.InvalidFields: (422, ErrorCode.INVALID_FIELDS),
    errors.NameTaken: (409, ErrorCode.NAME_TAKEN),
    errors.Hidden: (404, ErrorCode.NOT_FOUND),
    errors.Forbidden: (403, ErrorCode.FORBIDDEN),
    errors.RoomIsReadOnly: (403, ErrorCode.READ_ONLY),
    errors.RoomIsFull: (409, ErrorCode.ROOM_FULL),
    errors.RoomHasEnded: (409, ErrorCode.ROOM_ENDED),
    errors.AlreadyJoined: (409, ErrorCode.ALREADY_JOINED),
    errors.NotJoined: (403, ErrorCode.NOT_JOINED),
    errors.OwnerMayNotLeave: (409, ErrorCode.OWNER_MAY_NOT_LEAVE),
    errors.Banned: (403, ErrorCode.BANNED),
    errors.NotAMember: (409, ErrorCode.NOT_A_MEMBER),
    errors.CapacityTooSmall: (409, ErrorCode.CAPACITY_TOO_SMALL),
    errors.SlowMode: (429, ErrorCode.SLOW_MODE),
    errors.BadRequest: (400, ErrorCode.BAD_REQUEST),
    errors.UnknownOp: (400, ErrorCode.BAD_REQUEST),
    errors.TooLarge: (413, ErrorCode.TOO_LARGE),
    errors.NotSubscribed: (409, ErrorCode.BAD_REQUEST),
    errors.TooManyRooms: (409, ErrorCode.BAD_REQUEST),
    errors.CidConflict: (409, ErrorCode.BAD_REQUEST),
    errors.RateLimited: (429, ErrorCode.RATE_LIMITED),
    errors.Unavailable: (503, ErrorCode.UNAVAILABLE),
    errors.Fault: (500, ErrorCode.INTERNAL),
}
"""The nearest class in an error's order of resolution counts."""

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is no: as JSON for programs (`document`), and in words for a page."""

    status: int
    code: ErrorCode
    words: str
    faults: tuple[FieldFault, ...] = ()
    retry_after_ms: int | None = None
    until: Instant | None = None
    """Of a ban: when it ends by itself."""

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After in whole seconds, rounded up; the RateLimit fields where it was a rate. A 401 names what it
        takes (RFC 9110 §15.5.2)."""
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        if self.retry_after_ms is None:
            return {}
        seconds = str(max(1, -(-self.retry_after_ms // 1_000)))
        headers = {"Retry-After": seconds}
        if self.status == 429:
            headers |= {"RateLimit-Remaining": "0", "RateLimit-Reset": seconds}
        return headers

    def document(self, error_id: str, language: Language) -> dict[str, Any]:
        """RFC 9457, with the original's members in it too. `error_id` is the request's, which the log has too."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES[self.status],
            "status": self.status,
            "detail": self.words,
            "errorId": error_id,
            "errorCode": self.code.value,
            "errorMessage": self.words,
        }
        if self.code is ErrorCode.BANNED:
            document["until"] = None if self.until is None else rfc3339(self.until)
        if self.faults:
            document["errors"] = [
                {"field": fault.field, "code": fault.code, "message": words_of_fault(fault, language)}
                for fault in self.faults
            ]
        return document


def problem_of(error: errors.PacError, language: Language) -> Problem:
    """What a refusal or fault is over HTTP."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            status, code = TABLE[kind]
            break
    else:
        status, code = 500, ErrorCode.INTERNAL
    assert isinstance(error, errors.Refusal | errors.Fault)  # the tree has no other branch
    faults = error.faults if isinstance(error, errors.InvalidFields) else ()
    if isinstance(error, errors.NameTaken):
        faults = (FieldFault(error.field, "taken"),)
    until = error.until if isinstance(error, errors.Banned) else None
    return Problem(
        status,
        code,
        words_of(error, language),
        faults,
        getattr(error, "retry_after_ms", None),
        None if until is None else Instant(until),
    )


def problem_of_status(status: int, language: Language) -> Problem:
    """What HTTP itself refuses: an unknown path, a wrong method, a body that is too large or of no known type."""
    text, code = _BY_STATUS.get(status, _BY_STATUS[500 if status >= 500 else 400])
    return Problem(status if status in _TITLES else 500, code, translate(language, text))


_BY_STATUS: dict[int, tuple[str, ErrorCode]] = {
    400: ("This request has a form the server does not understand.", ErrorCode.BAD_REQUEST),
    401: ("You are not signed in. Sign in and try again.", ErrorCode.NOT_SIGNED_IN),
    403: ("This request came from another site and was not carried out. Open the page here and try again.",
          ErrorCode.CROSS_SITE),
    404: ("This is not here, or not for you to see. Check the address.", ErrorCode.NOT_FOUND),
    405: ("This address does not know this method.", ErrorCode.METHOD_NOT_ALLOWED),
    408: ("This took too long to arrive. Try again.", ErrorCode.REQUEST_TIMEOUT),
    413: ("This is too large. Send less at once.", ErrorCode.TOO_LARGE),
    415: ("Send this as application/json, without a content encoding.", ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    500: ("Something went wrong on our side. Nothing was changed; please try again.", ErrorCode.INTERNAL),
}  # fmt: skip
