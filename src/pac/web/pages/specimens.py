"""`/dev/ui`: every component in every state on one page, for whoever changes how something looks and for the pictures
that tests compare (scripts/screenshots.py). Only where PAC_DEV_UI says so, and never where others come.
"""

from fastapi import APIRouter, Request, Response

from pac.web.pages.shared import PageParts

FORM = {"username": "하늘", "nickname": "지은", "password": ""}


def specimen_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/dev/ui")
    async def specimens(request: Request) -> Response:
        return await pages.show(request, "specimens.html", None, form=FORM)

    return router
