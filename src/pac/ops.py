"""/healthz, /readyz and /metrics: what an operator's tools ask, mounted by both services."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pac import telemetry
from pac.clock import Clock, Instant, rfc3339
from pac.errors import Unavailable

Check = Callable[[], Awaitable[None]]
"""Returns when what it looks at works; raises Unavailable when it does not."""


@dataclass(slots=True)
class _State:
    good: bool
    since: Instant


class Health:
    """What this process needs to do its work, and since when each part is as it is."""

    def __init__(self, clock: Clock, checks: dict[str, Check]) -> None:
        self._clock = clock
        self._checks = checks
        self._states = {name: _State(True, clock.now()) for name in checks}
        self._draining_since: Instant | None = None

    def draining(self) -> None:
        """From SIGTERM on this process is not ready for anybody new."""
        if self._draining_since is None:
            self._draining_since = self._clock.now()

    async def look(self) -> tuple[bool, dict[str, dict[str, str]]]:
        """Every check once: (all good, name → {state, since})."""
        for name, check in self._checks.items():
            try:
                await check()
                good = True
            except Unavailable:
                good = False
            if good is not self._states[name].good:
                self._states[name] = _State(good, self._clock.now())
        report = {
            name: {"state": "ok" if state.good else "failing", "since": rfc3339(state.since)}
            for name, state in self._states.items()
        }
        if self._draining_since is not None:
            report["process"] = {"state": "draining", "since": rfc3339(self._draining_since)}
        ready = self._draining_since is None and all(state.good for state in self._states.values())
        return ready, report


def ops_routes(health: Health, metrics_token: str) -> APIRouter:
    """`metrics_token`: what opens /metrics from elsewhere than loopback; "" opens it to loopback alone."""
    router = APIRouter()

    @router.get("/healthz", include_in_schema=False)
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        ready, checks = await health.look()
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "checks": checks}, status_code=200 if ready else 503
        )

    @router.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        if not _may_read_metrics(request, metrics_token):
            return PlainTextResponse(
                "Metrics are read from loopback, or with PAC_METRICS_TOKEN.\n", status_code=403
            )
        telemetry.tasks.set(len(asyncio.all_tasks()))
        return Response(generate_latest(telemetry.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _may_read_metrics(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
