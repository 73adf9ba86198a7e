"""The administrators' page: every room, every member, what was done last. Each deed asks for a reason."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pac.accounts.model import AppRole, MemberId
from pac.errors import BadRequest, Refusal
from pac.http.problems import problem_of
from pac.language import words_of_fault
from pac.rooms import administration
from pac.rooms.access import Standing, may
from pac.rooms.model import RoomId
from pac.rooms.rules import Action, is_void
from pac.web.identity import language_of
from pac.web.pages.lobby import page_number
from pac.web.pages.shared import PageParts, form_of, see_other

PAGE = 20
READ_AT_ONCE = 200

MEMBER_DEEDS: dict[str, tuple[bool | None, AppRole | None]] = {
    "lock": (True, None),
    "unlock": (False, None),
    "promote": (None, AppRole.ROLE_ADMIN),
    "demote": (None, AppRole.ROLE_USER),
}


def administration_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/admin", include_in_schema=False)
    parts, identity, accounts = pages.parts, pages.identity, pages.accounts

    async def page(request: Request, refusal: Refusal | None = None) -> Response:
        actor = await identity.administrator(request)
        viewer, now = await identity.viewer(request), parts.clock.now()
        query = request.query_params.get("q", "")[:64].strip()
        number = page_number(request)
        async with parts.database.reading() as tx:
            rooms = await tx.rooms.every_room(actor.id, number=number, size=PAGE, query=query)
            members = await tx.accounts.find(query, PAGE)
            audit = await tx.audit.page(number=0, size=PAGE)
        rows: list[dict[str, Any]] = [
            {
                "row": row,
                "is_void": is_void(row.room),
                "may_end": may(actor, Standing(row.room, row.membership), Action.END, now),
            }
            for row in rooms.rows
        ]
        trouble, status = "", 200
        if refusal is not None:
            problem = problem_of(refusal, language_of(request))
            status, trouble = problem.status, problem.words
            if problem.faults:
                trouble = words_of_fault(problem.faults[0], language_of(request))
        return await pages.show(
            request,
            "admin.html",
            viewer,
            status=status,
            query=query,
            page=rooms,
            last=number >= -(-rooms.total // PAGE) - 1,
            rooms=rows,
            members=members,
            audit=audit,
            trouble=trouble,
            done=request.query_params.get("done") == "1",
        )

    @router.get("")
    async def overview(request: Request) -> Response:
        return await page(request)

    @router.post("/room/{room_id}")
    async def room(room_id: str, request: Request) -> Response:
        actor, now = await identity.administrator(request), parts.clock.now()
        form = await form_of(request, "do", "reason")
        room_id, reason = RoomId(room_id), form["reason"]
        try:
            async with parts.database.writing() as tx:
                match form["do"]:
                    case "void":
                        await administration.void_room(tx, actor, room_id, reason, now=now, ids=parts.ids)
                    case "unvoid":
                        await administration.unvoid_room(tx, actor, room_id, reason, now=now, ids=parts.ids)
                    case "end":
                        await administration.end_by_administrator(tx, actor, room_id, now=now, ids=parts.ids)
                    case "read":
                        await administration.break_glass(tx, actor, room_id, reason, now=now, ids=parts.ids)
                    case _:
                        raise BadRequest("do: not one of the buttons")
        except Refusal as refusal:
            return await page(request, refusal)
        if form["do"] == "read":
            return await read(room_id, request)
        return see_other("/admin?done=1")

    async def read(room_id: RoomId, request: Request) -> Response:
        """Shown in answer to the call that gave its reason, and not to be had by an address."""
        viewer = await identity.viewer(request)
        found = await parts.log.read_before(room_id, None, READ_AT_ONCE)
        async with parts.database.reading() as tx:
            standing = await administration.known_room(tx, viewer.member.actor, room_id, parts.clock.now())
        return await pages.show(request, "glass.html", viewer, room=standing.room, rows=found.entries)

    @router.post("/member/{member_id}")
    async def member(member_id: str, request: Request) -> Response:
        actor = await identity.administrator(request)
        form = await form_of(request, "do", "reason")
        try:
            if form["do"] not in MEMBER_DEEDS:
                raise BadRequest("do: not one of the buttons")
            locked, role = MEMBER_DEEDS[form["do"]]
            await accounts.administer(
                actor, MemberId(member_id), locked=locked, role=role, reason=form["reason"]
            )
        except Refusal as refusal:
            return await page(request, refusal)
        return see_other("/admin?done=1")

    return router
