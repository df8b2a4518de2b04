"""Turn the pure functions of the endpoints into the coroutines and pagers that users hold."""

import asyncio
import inspect
import logging
import math
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast, get_args, get_origin

import attrs

from capillary_async.converter import Converter
from capillary_async.errors import CapillaryError, DecodeError, ResponseError
from capillary_async.pagination import Knowledge, Listing, Pager
from capillary_async.protocol import Call, CallInfo, Request, Response, Transport, running_time

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])
_LOGGER: Final = logging.getLogger("capillary_async")


@attrs.define(eq=False)
class Calls:
    """Makes calls: sends a request through the transports, reads the answer, and accounts for both.

    Args:
        transport: The outermost transport.
        converter: Structures answers.
        deadline: Seconds for one call, or `None`.
        on_call: Gets the account of each call that ended.
    """

    _transport: Transport
    converter: Converter
    _deadline: float | None
    _on_call: Callable[[CallInfo], None] | None
    _knowledge: dict[tuple[str, str, str], Knowledge] = attrs.field(factory=dict[tuple[str, str, str], Knowledge])

    def get(self, request: Request[T]) -> Coroutine[Any, Any, T]:
        """Return a coroutine for the answer to `request`."""
        return self.exchange(request, lambda response: self._structure(request, response))

    def list(self, listing: Listing[T]) -> Pager[T]:
        """Return the pager for a listing; what its walks prove is shared by all listings of the endpoint."""
        place = (listing.request.path, listing.offset_name, listing.request.at)
        knowledge = self._knowledge.get(place)
        if knowledge is None:
            knowledge = self._knowledge[place] = Knowledge()
        return Pager(listing, self.exchange, self.converter, knowledge)

    async def exchange(self, request: Request[Any], read: Callable[[Response], T], /) -> T:
        """Send a request and read its answer, within one deadline.

        Raises:
            CapillaryError: With the path template and the number of attempts filled in.
        """
        started = running_time()
        call = Call(math.inf if self._deadline is None else started + self._deadline)
        try:
            answer = read(await self._transport.send(request.charged_to(call)))
        except Exception as error:  # noqa: BLE001  (it is raised again)
            if isinstance(error, CapillaryError):
                error.path, error.attempts = request.path, call.attempts
            # What lies below holds answers and headers in its locals; no traceback must show them, also none that is
            # logged of a listener that fails.
            error.__cause__ = error.__context__ = None
            self._account(request.path, call, started, error.with_traceback(None))
            raise error.with_traceback(None)  # noqa: B904
        except asyncio.CancelledError as cancelled:
            self._account(request.path, call, started, cancelled.with_traceback(None))
            raise cancelled.with_traceback(None)  # noqa: B904
        self._account(request.path, call, started, None)
        return answer

    def _structure(self, request: Request[T], response: Response) -> T:
        document = response.document
        if request.at:
            if not isinstance(document, dict):
                raise DecodeError(f"expected an object with {request.at}")
            document = cast("dict[str, Any]", document).get(request.at)
        structured: T = self.converter.structure(document, request.into, request.at)
        return structured

    def _account(self, path: str, call: Call, started: float, failure: BaseException | None) -> None:
        is_logging = _LOGGER.isEnabledFor(logging.DEBUG)
        if self._on_call is None and not is_logging:
            return
        refusal = failure if isinstance(failure, ResponseError) else None
        info = CallInfo(
            path=path,
            # The refusal of a token that many calls waited for is in no call's own account.
            status=refusal.status if refusal else call.status,
            codes=refusal.codes if refusal else (),
            request_id=refusal.request_id if refusal else call.request_id,
            attempts=call.attempts,
            waited=call.waited,
            seconds=running_time() - started,
            response_bytes=call.size,
            error=None if failure is None else type(failure),
        )
        if is_logging:
            _LOGGER.debug("%s", info)
        if self._on_call is not None:
            try:
                self._on_call(info)
            except Exception:
                _LOGGER.exception("on_call failed")  # the answer must not be lost over its bookkeeping


class Group(Protocol):
    """A group of endpoints, such as `client.customers`."""

    @property
    def calls(self) -> Calls:
        """Makes the group's calls."""
        ...


def endpoint(build: Callable[P, Request[T]]) -> Callable[Concatenate[Group, P], Coroutine[Any, Any, T]]:
    """Make a method of the function that builds an endpoint's request.

    The function is the one home of the endpoint's parameters, their checks and their documentation.
    The method checks and builds when it is called, and returns the coroutine that sends.
    """
    method = _method(build, Calls.get)
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(method)  # for `help`, and for mocks made with autospec
    return method


def listing(build: Callable[P, Listing[T]]) -> Callable[Concatenate[Group, P], Pager[T]]:
    """Make a method of the function that builds an endpoint's listing; see `endpoint`."""
    return _method(build, Calls.list)


def _method(build: Callable[P, R], send: Callable[[Calls, R], S]) -> Callable[Concatenate[Group, P], S]:
    @wraps(build)
    def method(group: Group, /, *args: P.args, **kwargs: P.kwargs) -> S:
        try:
            built = build(*args, **kwargs)
        except ValueError as error:
            refusal = error.with_traceback(None)
        else:
            return send(group.calls, built)
        # What was refused may be a customer's: neither this frame nor those below may show it in a traceback.
        del args, kwargs
        raise refusal

    return _with_signature(method, build)


def _with_signature(method: F, build: Callable[..., Any]) -> F:
    """Show a method with the parameters of the function it came from, and with what a caller gets."""
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.signature(build)
    returned = _returned(signature.return_annotation)
    parameters = [own, *signature.parameters.values()]
    method.__signature__ = signature.replace(parameters=parameters, return_annotation=returned)  # type: ignore[attr-defined]
    method.__annotations__ = {**build.__annotations__, "return": returned}
    return method


def _returned(built: Any) -> Any:
    """Say what is returned where a function builds this: `Customer` for its request, a `Pager` for a listing."""
    pager: Any = Pager
    (answer,) = get_args(built)
    return pager[answer] if get_origin(built) is Listing else answer
