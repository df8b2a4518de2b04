"""Register a hypothesis strategy for models, when this module is imported.

The strategy generates any model that the API could send: Decimals are finite with up to three decimal places,
date-times have a zone, integers have 64 bits, and `extra` is empty.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, get_args, get_origin

import attrs
from hypothesis import strategies as st

from capillary_async import models
from capillary_async.models.definition import LARGEST_ID, is_model

_JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_ID, LARGEST_ID) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
_SCALARS: Final[Mapping[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    Any: lambda: _JSON,
    str: lambda: st.text(max_size=20),
    int: lambda: st.integers(-LARGEST_ID, LARGEST_ID),
    Decimal: lambda: st.decimals("-1e12", "1e12", allow_nan=False, places=3),
    datetime: lambda: st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}


def _model_strategy(cls: type[Any]) -> st.SearchStrategy[Any]:
    attributes = [attribute for attribute in attrs.fields(attrs.resolve_types(cls)) if attribute.name != "extra"]
    return st.builds(cls, **{attribute.name: _strategy_of(attribute.type) for attribute in attributes})


def _strategy_of(into: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for an attribute's type, recursively for its parts."""
    if into in _SCALARS:
        return _SCALARS[into]()
    origin, arguments = get_origin(into), get_args(into)
    if origin is Annotated:
        return _strategy_of(arguments[0])
    if origin is tuple:
        return st.lists(st.deferred(lambda: _strategy_of(arguments[0])), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(*map(_strategy_of, arguments), max_size=3)
    if arguments and origin is not type:
        return st.one_of([_strategy_of(part) for part in arguments])
    return st.none() if into is type(None) else st.from_type(into)


for _public in (getattr(models, name) for name in models.__all__):
    if is_model(_public):
        st.register_type_strategy(_public, _model_strategy)
