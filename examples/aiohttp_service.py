"""An aiohttp service: `python aiohttp_service.py`."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler
from capillary_service import body_of, headers_of, make_client, status_of, tier_by_mobile, tier_of

from capillary_async import CapillaryClient, CapillaryError

CLIENT = web.AppKey("client", CapillaryClient)
dumps = partial(json.dumps, default=str)


async def keep_client(app: web.Application) -> AsyncIterator[None]:
    """Open the client when the service starts, and close it after the last answer."""
    async with make_client() as client:
        app[CLIENT] = client
        yield


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with a status for each error of the client."""
    try:
        return await handler(request)
    except CapillaryError as error:
        return web.json_response(body_of(error), status=status_of(error), headers=headers_of(error))


async def show_tier(request: web.Request) -> web.Response:
    """Answer `GET /customers/{id}/tier`."""
    tier = await tier_of(request.app[CLIENT], int(request.match_info["id"]))
    return web.json_response(asdict(tier), dumps=dumps)


async def show_tier_by_mobile(request: web.Request) -> web.Response:
    """Answer `POST /tiers` with a body such as `{"mobile": "919988123456"}`."""
    tier = await tier_by_mobile(request.app[CLIENT], (await request.json())["mobile"])
    return web.json_response(asdict(tier), dumps=dumps)


async def make_app() -> web.Application:
    """Create the service; gunicorn can also run it (`--worker-class aiohttp.GunicornWebWorker`)."""
    app = web.Application(middlewares=[answer_errors])
    app.cleanup_ctx.append(keep_client)
    app.router.add_get("/customers/{id:[1-9][0-9]{0,17}}/tier", show_tier)
    app.router.add_post("/tiers", show_tier_by_mobile)
    return app


if __name__ == "__main__":
    # Without `handler_cancellation` a call continues after its caller has disconnected.
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), handler_cancellation=True)
