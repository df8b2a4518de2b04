"""Connect models to other libraries: `from_dict`, and hooks for cattrs and msgspec."""

from collections.abc import Collection, Mapping
from datetime import UTC
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast, get_args

from capillary_async.codec import Converter
from capillary_async.codec.unstructuring import exact, to_dict
from capillary_async.models.definition import Model, documented, is_model, wire_names
from capillary_async.models.members import members_of
from capillary_async.models.type_hints import kinds_of

ModelT = TypeVar("ModelT", bound=Model)


def from_dict(cls: type[ModelT], value: Mapping[str, Any]) -> ModelT:
    """Make a model from a dict that `to_dict` or `json.loads` returned; the inverse of `to_dict`.

    Args:
        cls: The model's class.
        value: The values by attribute name, or by the API's keys. A date-time without a zone is in UTC.

    Raises:
        DecodeError: The dict does not describe such a model.
    """
    return _converter().structure(_wire_form(value, cls), cls)


def register_cattrs_hooks(converter: Any) -> None:
    """Register hooks on a cattrs converter of yours, so that it converts models by `from_dict` and `to_dict`."""

    def structure(value: Any, cls: Any) -> Any:
        return from_dict(cls, value)

    converter.register_structure_hook_func(is_model, structure)
    converter.register_unstructure_hook_func(is_model, to_dict)


def msgspec_enc_hook(value: Any) -> Any:
    """Convert values that msgspec cannot encode, such as an error of this package; pass it as msgspec's `enc_hook`.

    msgspec encodes models without a hook, but sorts their attributes, and writes decimals as strings unless its encoder
    has `decimal_format="number"`. `to_dict` and `to_json` keep the order and write numbers.

    Raises:
        NotImplementedError: The type of the value is not supported.
    """
    found = exact(value)
    if found is value:
        raise NotImplementedError(f"a {type(value).__qualname__} cannot be encoded")
    return found


def msgspec_dec_hook(cls: Any, value: Any) -> Any:
    """Make a model from a dict; the signature is that of msgspec's `dec_hook`.

    msgspec does not call a hook for attrs classes, and refuses the unions of an enumeration and `str` that models have.
    So declare such a member as `dict`, and call this function with the model's class and the dict.

    Raises:
        NotImplementedError: The class is not a model.
        DecodeError: The value does not describe such a model.
    """
    if not is_model(cls):
        raise NotImplementedError(f"{cls!r} is not a model, so it cannot be decoded")
    return from_dict(cls, value)


@cache
def _converter() -> Converter:
    return Converter(UTC)


def _wire_form(value: Any, hint: Any) -> Any:
    """Return a value with the API's keys, and with `Decimal`s in place of floats."""
    kinds = kinds_of(hint)
    kind = kinds[0] if len(kinds) == 1 else Any
    if isinstance(value, Mapping):
        members = cast("Mapping[Any, Any]", value)
        if is_model(kind):
            return _model_wire_form(members, kind)
        inner = (get_args(kind) or (Any, Any))[-1]
        return {str(key): _wire_form(item, inner) for key, item in members.items()}
    if isinstance(value, list | tuple):
        inner = (get_args(kind) or (Any,))[0]
        return [_wire_form(item, inner) for item in cast("Collection[Any]", value)]
    if isinstance(value, float) or (kind is Decimal and isinstance(value, str)):
        return Decimal(str(value))
    return value


def _model_wire_form(members: Mapping[Any, Any], cls: Any) -> dict[str, Any]:
    found = dict(_wire_form(members.get("extra") or {}, Any))
    attributes, hints = {attribute.name: attribute for attribute in documented(cls)}, members_of(cls) or {}
    by_key = {key: attribute for attribute in attributes.values() for key in wire_names(attribute)}
    for name, value in members.items():
        attribute = attributes.get(name) or by_key.get(name)
        if attribute is not None:
            key = name if name in by_key else wire_names(attribute)[-1]
            found[key] = _wire_form(value, hints[attribute.name])
        elif name != "extra":
            found[name] = _wire_form(value, Any)
    return found
