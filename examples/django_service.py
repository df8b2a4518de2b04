"""A Django service in one file: `uvicorn django_service:application`.

Django ignores lifespan events, so the ASGI application at the end opens the client.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from capillary_service import body_of, headers_of, make_client, status_of, tier_by_mobile, tier_of
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from capillary_async import CapillaryClient, CapillaryError

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY="not secret, because this example signs nothing",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
)

View = Callable[..., Awaitable[JsonResponse]]
_clients: list[CapillaryClient] = []


def answers_errors(view: View) -> View:
    """Answer with a status for each error of the client."""

    @wraps(view)
    async def answering(request: HttpRequest, **arguments: Any) -> JsonResponse:
        try:
            return await view(request, **arguments)
        except CapillaryError as error:
            return JsonResponse(body_of(error), status=status_of(error), headers=headers_of(error))

    return answering


@answers_errors
async def show_tier(_: HttpRequest, customer_id: int) -> JsonResponse:
    """Answer `GET /customers/{id}/tier`."""
    return JsonResponse(asdict(await tier_of(_clients[0], customer_id)))


@answers_errors
async def show_tier_by_mobile(request: HttpRequest) -> JsonResponse:
    """Answer `POST /tiers` with a body such as `{"mobile": "919988123456"}`."""
    return JsonResponse(asdict(await tier_by_mobile(_clients[0], json.loads(request.body)["mobile"])))


urlpatterns = [
    path("customers/<int:customer_id>/tier", show_tier),
    path("tiers", show_tier_by_mobile),
]
django = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Keep the client open while the server runs, and pass requests to Django."""
    if scope["type"] != "lifespan":
        await django(scope, receive, send)
        return
    await receive()
    async with make_client() as client:
        _clients[:] = [client]
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
