"""What the JSON of every route is made of. Fields a route does not know are 422 (PROTOCOL §5)."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from pac.http.problems import ErrorCode

NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(max_length=8_192, pattern=NO_NUL)]
"""Bounded here so that nothing longer is looked at; the real limits stand in the domain. U+0000 is in no text."""


def described(kind: str, **limits: Any) -> WithJsonSchema:
    """What a field takes, for OpenAPI: its real limits. They are checked in the domain, which says of all fields at
    once what is wrong with them; the type itself is checked here."""
    return WithJsonSchema({"type": kind, **limits})


BIGGEST = 2**53 - 1
_WHOLE = re.compile(r"-?[0-9]{1,16}")


def _whole(given: Any) -> Any:
    """Plain digits only: int() and pydantic would take `1_0`, ` 1`, `+1`, `1.0` and digits of other scripts."""
    if isinstance(given, str) and not _WHOLE.fullmatch(given):
        raise ValueError("a whole number in plain digits")
    return given


Whole = Annotated[int, Field(ge=-BIGGEST, le=BIGGEST), BeforeValidator(_whole)]
"""A number in a query."""

Count = Annotated[int, Field(ge=0, le=BIGGEST), BeforeValidator(_whole)]
Positive = Annotated[int, Field(ge=1, le=BIGGEST), BeforeValidator(_whole)]
"""With their limits before the validator: behind it they would hold, and not be described."""

Number = Annotated[int, Field(ge=-BIGGEST, le=BIGGEST)]
"""A number in a body."""


class Asked(BaseModel):
    """What a client sends: strict types, no unknown field."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(**fields: Any) -> ConfigDict:
    """What a body may look like, for those who read the OpenAPI page; added to what its class says already."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Queried(BaseModel):
    """What a client asks in the query; texts there, so not strict about them, but no unknown field either."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Queried):
    page: Whole = 1


class Answered(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldProblem(Answered):
    field: str
    code: str
    message: str


class ProblemDocument(Answered):
    """RFC 9457, with the original's members in it too."""

    type: str
    title: str
    status: int
    detail: str
    errorId: str  # noqa: N815 - names on the wire, here and below
    errorCode: ErrorCode  # noqa: N815
    errorMessage: str  # noqa: N815
    errors: list[FieldProblem] | None = None
    until: str | None = None
    """Of BANNED: when it ends by itself, null for until it is lifted."""


_REFUSALS = {
    400: "The body is not JSON",
    401: "No session, or one that has ended",
    403: "Known, but not allowed; or a request another site may have started",
    404: "Not there, or not yours to know",
    409: "In conflict with what is",
    413: "A body over 64 KiB",
    415: "Not application/json, or with a content encoding",
    422: "Fields that do not fit, or that the route does not know",
    429: "Too often; Retry-After says when it works again",
    500: "A fault of ours",
    503: "A store is away, or too much waits; Retry-After says when to try again",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside its good end, for OpenAPI: these, and what any route may."""
    return {
        status: {"description": _REFUSALS[status], "model": ProblemDocument}
        for status in sorted({*statuses, 500, 503})
    }


FOR_EVERYBODY: dict[str, Any] = {"security": []}
"""`openapi_extra` of a route that nobody has to be signed in for."""

UNSAFE = (400, 403, 413, 415, 422)
"""What anything but a GET may be answered before its route looks at it."""


class Paged(Answered):
    """A page as the original's clients know it; `number` counts from 0."""

    totalPages: int  # noqa: N815
    totalElements: int  # noqa: N815
    number: int
    size: int
    first: bool
    last: bool
    numberOfElements: int  # noqa: N815
    empty: bool


class Done(Answered):
    state: Literal["JOINED", "EXITED", "ENDED", "KICKED", "ACCEPTED", "REFUSED", "REVOKED", "DELETED"]


class Saved(Answered):
    key: Literal["ok"] = "ok"
    message: str


def paged(number: int, size: int, total: int, shown: int) -> dict[str, Any]:
    """The numbers of a page, from what was asked and found."""
    pages = -(-total // size)
    return {
        "totalPages": pages,
        "totalElements": total,
        "number": number,
        "size": size,
        "first": number == 0,
        "last": number >= pages - 1,
        "numberOfElements": shown,
        "empty": shown == 0,
    }


def page_index(page: int) -> int:
    """`page` counts from 1 outside; 0 and below mean the first (PROTOCOL §5)."""
    return max(0, min(page, 1_000_000) - 1)
