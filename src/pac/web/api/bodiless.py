"""Routes that take no body: a field is one they do not know, so it is 422 here as anywhere (PROTOCOL §5)."""

import json

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from pac.errors import FieldFault, InvalidFields


async def _no_fields(request: Request) -> None:
    body = await request.body()
    if not body:
        return
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",)}]) from error
    if not isinstance(fields, dict):
        raise InvalidFields(FieldFault("body", "form"))
    if fields:
        raise InvalidFields(*(FieldFault(name[:64], "unknown") for name in list(fields)[:16]))


NO_FIELDS = Depends(_no_fields)
