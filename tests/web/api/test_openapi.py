"""The description of REST says what is there."""

from typing import Any

import pytest

from pac.http.problems import ErrorCode
from pac.web.api import account_schemas, room_schemas
from pac.web.api.schemas import BIGGEST, Asked
from tests.web.service import House


async def schema(house: House) -> dict[str, Any]:
    answer = await (await house.guest()).get("/api/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json()
    return described


@pytest.mark.row("GET /api/openapi.json")
async def test_every_api_route_is_described_and_nothing_else(house: House) -> None:
    described = await schema(house)
    assert described["openapi"].startswith("3.1")
    found = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert found == {route for route in house.routes() if route[1].startswith("/api/v1/")}


async def test_every_refusal_is_described_as_a_problem_document(house: House) -> None:
    described = await schema(house)
    for path, item in described["paths"].items():
        for method, operation in item.items():
            refusals = {
                status: answer for status, answer in operation["responses"].items() if status[0] in "45"
            }
            assert {"500", "503"} <= set(refusals), (method, path)
            for status, answer in refusals.items():
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
                }, (method, path, status)
            if method != "get":
                assert {"400", "403", "413", "415", "422"} <= set(refusals), (method, path)


@pytest.mark.row("rest error", "GET /api/openapi.json")
async def test_the_list_of_error_codes_is_closed_and_complete(house: House) -> None:
    described = await schema(house)
    assert set(described["components"]["schemas"]["ErrorCode"]["enum"]) == {code.value for code in ErrorCode}
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_what_is_answered_has_the_members_that_are_described(house: House) -> None:
    described = await schema(house)
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, "hello")
    for path, name in (
        ("/api/v1/auth/endpoint/check", "SessionMember"),
        (f"/api/v1/room/{room}", "RoomResponse"),
        ("/api/v1/room/list", "RoomList"),
        (f"/api/v1/chat/log/{room}", "LogPageResponse"),
        (f"/api/v1/chat/log/{room}?after=0", "LogRange"),
        ("/api/v1/room/nowhere", "ProblemDocument"),
    ):
        component = described["components"]["schemas"][name]
        members = set((await ada.browser.get(path)).json())
        assert set(component["required"]) <= members <= set(component["properties"]), name


async def test_a_body_is_described_as_closed(house: House) -> None:
    described = await schema(house)
    for name in ("JoinRequest", "LoginRequest", "RoomCreateRequest"):
        assert described["components"]["schemas"][name]["additionalProperties"] is False


def test_every_body_has_an_example_that_its_route_takes() -> None:
    bodies = [kind for module in (account_schemas, room_schemas) for kind in vars(module).values()]
    asked = [
        kind for kind in bodies if isinstance(kind, type) and issubclass(kind, Asked) and kind is not Asked
    ]
    assert len(asked) >= 12
    for kind in asked:
        extra = kind.model_config.get("json_schema_extra")
        assert isinstance(extra, dict), kind
        examples = extra["examples"]
        assert isinstance(examples, list)
        for one in examples:
            kind.model_validate(one)


async def test_a_route_says_who_has_to_be_signed_in(house: House) -> None:
    described = await schema(house)
    assert described["security"] == [{"session": []}, {"token": []}]
    open_to = {
        (method, path): operation["security"]
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if "security" in operation
    }
    assert open_to == {
        ("post", "/api/v1/auth/join"): [],
        ("post", "/api/v1/auth/login"): [],
        ("post", "/api/v1/auth/logout"): [],
        ("post", "/api/v1/auth/validate"): [{"service": []}],
    }
    assert set(described["components"]["securitySchemes"]) == {"session", "token", "service"}


async def test_numbers_of_a_query_are_described_with_their_limits(house: House) -> None:
    described = await schema(house)
    parameters = described["paths"]["/api/v1/chat/log/{room_id}"]["get"]["parameters"]
    limits = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
    assert limits["limit"]["minimum"] == 1
    assert limits["page"]["maximum"] == BIGGEST
    assert limits["after"]["anyOf"][0]["minimum"] == 0


async def test_a_wrong_method_is_told_all_that_its_address_knows(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    for path, methods in (
        (f"/api/v1/room/{room}", "GET, HEAD, PUT, DELETE"),
        (f"/api/v1/room/{room}/member/{ada.id}", "PUT, DELETE"),
        ("/api/v1/room/list", "GET, HEAD"),
    ):
        answer = await ada.browser.options(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, methods), path
