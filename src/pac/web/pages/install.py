"""What makes the pages an app on a phone or desktop: the manifest, the service worker, the page without a network
(UI.md §10). Nothing here knows a member: shared computers are common.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pac.language import translate
from pac.web.identity import language_of
from pac.web.pages.shared import PageParts
from pac.web.templating import Static

WORKER_POLICY = "default-src 'none'; connect-src 'self'"
"""The worker fetches our own pages and files, and nothing else (SECURITY 1.2)."""

LIGHT, DARK = "#f6f7f9", "#101216"
"""--bg of either theme: what is seen before the first page is."""


def install_pages(pages: PageParts, static: Static) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    worker = f'const BUILD = "{static.build}";\n'.encode() + static.bytes_of("js/service_worker.js")

    @router.get("/manifest.webmanifest")
    async def manifest(request: Request) -> Response:
        language = language_of(request)
        icon = static.address
        return JSONResponse(
            {
                "id": "/",
                "name": "Plata Anywhere Chat",
                "short_name": "PAC",
                "lang": language,
                "start_url": "/chat/rooms",
                "scope": "/",
                "display": "standalone",
                "background_color": LIGHT,
                "theme_color": LIGHT,
                "icons": [
                    {"src": icon("images/icon-192.png"), "sizes": "192x192", "type": "image/png"},
                    {"src": icon("images/icon-512.png"), "sizes": "512x512", "type": "image/png"},
                    {
                        "src": icon("images/icon-maskable-512.png"), "sizes": "512x512", "type": "image/png",
                        "purpose": "maskable",
                    },
                ],
                "shortcuts": [
                    {"name": translate(language, "My rooms"), "url": "/chat/rooms"},
                    {"name": translate(language, "Lobby"), "url": "/chat/lobby"},
                ],
            },
            headers={"Cache-Control": "no-cache"},
            media_type="application/manifest+json",
        )  # fmt: skip

    @router.get("/sw.js")
    async def service_worker() -> Response:
        return Response(
            worker,
            media_type="text/javascript",
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": WORKER_POLICY},
        )

    @router.get("/offline")
    async def offline(request: Request) -> Response:
        return await pages.show(request, "offline.html", None)

    return router
