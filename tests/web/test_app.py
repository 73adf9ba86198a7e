"""One edge, whichever app is behind it; and what happens when a store is away."""

import pytest
from fastapi import APIRouter, FastAPI, Request

from pac.errors import NotSignedIn, StoreUnavailable
from tests.web.service import SOCKETS, House


async def test_another_app_behind_the_edge_answers_its_refusals_alike(house: House) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    router = APIRouter()

    @router.get("/api/who")
    async def who(request: Request) -> str:
        return (await house.service.identity.actor(request)).nickname

    @router.get("/api/number")
    async def number(of: int) -> int:
        return of

    @router.get("/api/broken")
    async def broken() -> None:
        raise RuntimeError("inside")

    app.include_router(router)
    house.app = house.service.edge(SOCKETS, app)
    stranger = await house.guest()
    expected = {"/api/who": 401, "/api/number?of=x": 422, "/api/broken": 500, "/api/nowhere": 404}
    for path, status in expected.items():
        answer = await stranger.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "inside" not in answer.text
    assert (await stranger.get("/api/v1/room/list")).status_code == 404, "its own routes, and no others"


@pytest.mark.req("2.17")
@pytest.mark.row("status 503")
async def test_while_the_store_is_away_every_answer_is_503_with_a_time(house: House) -> None:
    """Fail closed: who cannot be looked up is not let in, and is not told to be signed out either."""
    ada = await house.member("ada")
    await house.parts.database.close()  # type: ignore[attr-defined] # the adapter has it
    (house.folder / "pac.db").rename(house.folder / "away.db")
    (house.folder / "pac.db").mkdir()
    for answer in (
        await ada.browser.get("/api/v1/auth/endpoint/check"),
        await ada.browser.get("/api/v1/room/list"),
        await ada.browser.post("/api/v1/auth/login", json={"username": "ada", "password": "x" * 8}),
    ):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["errorCode"] == "UNAVAILABLE"
        assert "set-cookie" not in answer.headers
        assert str(house.folder) not in answer.text
    (house.folder / "pac.db").rmdir()
    (house.folder / "away.db").rename(house.folder / "pac.db")
    assert (await ada.browser.get("/api/v1/auth/endpoint/check")).status_code == 200


def test_refusals_and_faults_of_the_domain_know_no_status() -> None:
    assert not hasattr(NotSignedIn(), "status")
    assert not hasattr(StoreUnavailable("x"), "status_code")
