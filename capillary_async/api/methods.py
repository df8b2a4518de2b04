"""Make methods of the functions that build an endpoint's request or listing."""

import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast, get_args, get_origin, overload

import attrs

from capillary_async.errors import InvalidArgumentError
from capillary_async.options import ClientOptions
from capillary_async.paging import Listing, ListingTraits, Pager, Scout
from capillary_async.pipeline.dispatch import Dispatcher
from capillary_async.pipeline.request import ProcessBound, Request

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])


_MOST_LISTINGS: Final = 1024


@attrs.define(eq=False)
class EndpointClient(ProcessBound):
    """Sends what the functions of the endpoints build."""

    dispatcher: Dispatcher
    _traits: dict[str, tuple[ListingTraits, Scout]] = attrs.field(factory=dict[str, tuple[ListingTraits, Scout]])

    def check(self, into: Any) -> None:
        """See that answers can be made into this type; raises `InvalidArgumentError` if not."""
        self.dispatcher.converter.check(into)

    def with_options(self, options: ClientOptions, is_bulk: bool | None) -> "EndpointClient":  # noqa: FBT001  (a value)
        """Return what sends with other options, and shares what is known of listings."""
        return attrs.evolve(self, dispatcher=self.dispatcher.with_options(options, is_bulk))

    def get(self, request: Request[T]) -> Coroutine[Any, Any, T]:
        """Return a coroutine for the answer to `request`."""
        return self.dispatcher.get(request)

    def paginate(self, listing: Listing[T]) -> Pager[T]:
        """Return the pager for a listing; what its walks show is shared by all listings of the endpoint."""
        endpoint = f"{listing.request.path} {listing.offset_name} {listing.request.at}"
        known = self._traits.pop(endpoint, None) or (ListingTraits(), Scout())
        self._traits[endpoint] = known  # the latest one stands last
        if len(self._traits) > _MOST_LISTINGS:
            del self._traits[next(iter(self._traits))]
        return Pager(listing, self.dispatcher.exchange, self.dispatcher.converter, *known)

    @property
    def listing_traits(self) -> dict[str, dict[str, Any]]:
        """What the listings have shown, by endpoint; JSON can hold it."""
        found = {endpoint: traits.to_dict() for endpoint, (traits, _) in self._traits.items()}
        return {endpoint: saved for endpoint, saved in found.items() if saved}

    def know(self, listing_traits: Mapping[str, Any]) -> None:
        """Take what the listings of an earlier client have shown; evidence overrides it."""
        for endpoint, saved in listing_traits.items():
            if isinstance(saved, Mapping) and len(self._traits) < _MOST_LISTINGS:
                self._traits[str(endpoint)] = (ListingTraits.from_dict(cast("Mapping[str, Any]", saved)), Scout())


@attrs.frozen
class Group(ProcessBound):
    """A group of endpoints, such as `client.customers`.

    Attributes:
        calls: Makes the group's calls.
    """

    calls: EndpointClient = attrs.field(repr=False)


class Endpoint(Protocol[P, T_co]):
    """A method that fetches one answer.

    Its type says how it binds to a group. Without that, some type checkers take it for a plain function, and want its
    first parameter twice.
    """

    @overload
    def __get__(self, group: None, owner: type[Any], /) -> "Endpoint[P, T_co]": ...
    @overload
    def __get__(self, group: Group, owner: type[Any] | None = None, /) -> Callable[P, Coroutine[Any, Any, T_co]]: ...
    def __get__(self, group: Any, owner: type[Any] | None = None, /) -> Any:
        """Return the method of a group; Python's functions do."""
        ...


class ListingEndpoint(Protocol[P, T]):
    """A method that returns a `Pager`; see `Endpoint`."""

    @overload
    def __get__(self, group: None, owner: type[Any], /) -> "ListingEndpoint[P, T]": ...
    @overload
    def __get__(self, group: Group, owner: type[Any] | None = None, /) -> Callable[P, Pager[T]]: ...
    def __get__(self, group: Any, owner: type[Any] | None = None, /) -> Any:
        """Return the method of a group."""
        ...


def endpoint(build: Callable[P, Request[T]]) -> Endpoint[P, T]:
    """Make a method of the function that builds an endpoint's request.

    The function is the one home of the endpoint's parameters, their checks and their documentation.
    The method checks and builds when it is called, and returns the coroutine that sends.
    """
    method: Any = _method(build, EndpointClient.get)
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(method)  # for `help`, and for mocks made with autospec
    return cast("Endpoint[P, T]", method)


def listing(build: Callable[P, Listing[T]]) -> ListingEndpoint[P, T]:
    """Make a method of the function that builds an endpoint's listing; see `endpoint`."""
    return cast("ListingEndpoint[P, T]", _method(build, EndpointClient.paginate))


def without_frames(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function refuse arguments without a frame in which a traceback shows them: they may be a customer's."""

    @wraps(function)
    def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except InvalidArgumentError as error:
            refusal = error.with_traceback(None)
        del args, kwargs
        raise refusal

    return refusing


def _method(build: Callable[P, R], send: Callable[[EndpointClient, R], S]) -> Callable[Concatenate[Group, P], S]:
    @wraps(build)
    @without_frames
    def method(group: Group, /, *args: P.args, **kwargs: P.kwargs) -> S:
        return send(group.calls, build(*args, **kwargs))

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
