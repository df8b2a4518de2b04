"""Turn the functions that build a request or a listing into methods of the endpoint groups."""

import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import (
    Any,
    Concatenate,
    Final,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    overload,
)

import capillary_async.paging as paging  # noqa: PLR0402  (`from` would name the package, which imports this module)
from capillary_async.errors import InvalidArgumentError
from capillary_async.options import ClientOptions
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.dispatch import Dispatcher
from capillary_async.pipeline.request import InternalState, ProcessBound, Request

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])
_MOST_LISTINGS: Final = 1024  # endpoints whose traits are kept; `paginate` takes any path


class EndpointClient(ProcessBound, InternalState):
    """Sends the requests and walks the listings that the endpoint functions build; all groups of a client share it."""

    dispatcher: Dispatcher
    _traits: "dict[str, tuple[paging.ListingTraits, paging.Scout]]"

    def check(self, into: Any) -> None:
        """Check that answers can be converted to this type; raise `InvalidArgumentError` if not."""
        self.dispatcher.converter.check(into)

    def with_options(self, options: ClientOptions, is_bulk: bool | None) -> "EndpointClient":  # noqa: FBT001  (a value)
        """Return an `EndpointClient` that has other options and shares the listing traits."""
        return EndpointClient(self.dispatcher.with_options(options, is_bulk), self._traits)

    def get(self, request: Request[T]) -> Coroutine[Any, Any, T]:
        """Return a coroutine for the answer to `request`."""
        return self.dispatcher.get(request)

    def paginate(self, listing: Listing[T]) -> "paging.Pager[T]":
        """Return the pager for a listing. All listings of an endpoint share the traits that their walks observe."""
        endpoint = f"{listing.request.path} {listing.offset_name} {listing.request.at}"
        known = self._traits.pop(endpoint, None) or (paging.ListingTraits(), paging.Scout())
        self._traits[endpoint] = known  # keeps the order of last use
        if len(self._traits) > _MOST_LISTINGS:
            del self._traits[next(iter(self._traits))]
        source = paging.PageSource(listing, self.dispatcher.call, self.dispatcher.converter, *known)
        return paging.Pager(listing, source)

    @property
    def listing_traits(self) -> dict[str, dict[str, Any]]:
        """The observed traits of listings by endpoint, as JSON values."""
        found = {endpoint: traits.to_dict() for endpoint, (traits, _) in self._traits.items()}
        return {endpoint: saved for endpoint, saved in found.items() if saved}

    def know(self, listing_traits: Mapping[str, Any]) -> None:
        """Start with the traits that an earlier client observed; new observations override them."""
        for endpoint, saved in listing_traits.items():
            if isinstance(saved, Mapping) and len(self._traits) < _MOST_LISTINGS:
                traits = paging.ListingTraits.from_dict(cast("Mapping[str, Any]", saved))
                self._traits[str(endpoint)] = (traits, paging.Scout())


class Group(ProcessBound):
    """A group of endpoints, such as `client.customers`."""

    __slots__ = ("endpoint_client",)

    def __init__(self, endpoint_client: EndpointClient) -> None:
        """Send the group's requests by `endpoint_client`."""
        self.endpoint_client: EndpointClient = endpoint_client


class Endpoint(Protocol[P, T_co]):
    """The type of a method that fetches one answer.

    `__get__` declares how the method binds to a group. Without it, some type checkers treat the method as a function
    and require its first parameter twice.
    """

    @overload
    def __get__(self, group: None, owner: type[Any], /) -> "Endpoint[P, T_co]": ...
    @overload
    def __get__(self, group: Group, owner: type[Any] | None = None, /) -> Callable[P, Coroutine[Any, Any, T_co]]: ...
    def __get__(self, group: Any, owner: type[Any] | None = None, /) -> Any:
        """Return the method bound to a group."""
        ...


class ListingEndpoint(Protocol[P, T]):
    """The type of a method that returns a `Pager`; see `Endpoint`."""

    @overload
    def __get__(self, group: None, owner: type[Any], /) -> "ListingEndpoint[P, T]": ...
    @overload
    def __get__(self, group: Group, owner: type[Any] | None = None, /) -> Callable[P, "paging.Pager[T]"]: ...
    def __get__(self, group: Any, owner: type[Any] | None = None, /) -> Any:
        """Return the method bound to a group."""
        ...


def endpoint(build: Callable[P, Request[T]]) -> Endpoint[P, T]:
    """Turn the function that builds an endpoint's request into a method.

    The function alone declares the endpoint's parameters, their checks and their documentation. The method checks the
    arguments and builds the request when it is called, and returns the coroutine that sends the request.
    """
    return cast("Endpoint[P, T]", _MethodMadeOnFirstUse(build, EndpointClient.get))


def listing(build: Callable[P, Listing[T]]) -> ListingEndpoint[P, T]:
    """Turn the function that builds an endpoint's listing into a method; see `endpoint`."""
    return cast("ListingEndpoint[P, T]", _MethodMadeOnFirstUse(build, EndpointClient.paginate))


class _MethodMadeOnFirstUse:
    """Puts a method in its place when the method is first used, because a group has many methods."""

    def __init__(self, build: Callable[..., Any], send: Callable[[EndpointClient, Any], Any]) -> None:
        self._build, self._send = build, send

    def __set_name__(self, group: type[Group], name: str) -> None:
        self._group, self._name = group, name

    def __get__(self, group: Group | None, owner: type[Group]) -> Any:
        method: Any = _method(self._build, self._send)
        if self._send is EndpointClient.get and sys.version_info >= (3, 12):
            inspect.markcoroutinefunction(method)  # for `help`, and for mocks made with autospec
        setattr(self._group, self._name, method)
        return method.__get__(group, owner)


def without_frames(function: Callable[P, R]) -> Callable[P, R]:
    """Raise a function's errors without its frames, because a traceback would show arguments, which may be personal."""

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
        return send(group.endpoint_client, build(*args, **kwargs))

    return _set_signature(method, build)


def _set_signature(method: F, build: Callable[..., Any]) -> F:
    """Give a method the parameters and the documentation of its function, and its own return type."""
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.signature(build)
    returned = _return_type(signature.return_annotation)
    parameters = [own, *signature.parameters.values()]
    method.__signature__ = signature.replace(parameters=parameters, return_annotation=returned)  # type: ignore[attr-defined]
    method.__annotations__ = {**build.__annotations__, "return": returned}
    return method


def _return_type(built: Any) -> Any:
    """Return a method's return type from its function's: `Customer` for a request, a `Pager` for a listing."""
    (answer,) = get_args(built)
    if get_origin(built) is not Listing:
        return answer
    pager: Any = paging.Pager
    return pager[answer]
