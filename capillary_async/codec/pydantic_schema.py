"""The schemas that pydantic and FastAPI ask a model for: for validation, for serialization, and as JSON Schema."""

import inspect
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from types import NoneType
from typing import Annotated, Any, Final, cast, get_args, get_origin

import attrs

from capillary_async.codec.interop import from_dict
from capillary_async.codec.unstructuring import to_dict
from capillary_async.errors import DecodeError
from capillary_async.models.definition import is_model
from capillary_async.models.members import members_of
from capillary_async.models.type_hints import alternatives

JsonSchema = dict[str, Any]

_SCALARS: Final[Mapping[Any, JsonSchema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
    Any: {},
    object: {},
}


def core_schema_of(cls: Any) -> Any:
    """Return the pydantic schema that accepts a model or a dict of `to_dict`, and serializes by `to_dict`."""
    schema: Any = import_module("pydantic_core.core_schema")  # installed, because pydantic is the caller

    def validate(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a {cls.__name__} or an object")
        try:
            return from_dict(cls, cast("Mapping[str, Any]", value))
        except DecodeError as error:
            message = str(error)
        raise ValueError(message)

    return schema.no_info_plain_validator_function(
        validate,
        ref=f"{cls.__module__}.{cls.__qualname__}",
        serialization=schema.plain_serializer_function_ser_schema(to_dict),
    )


def json_schema_of(cls: Any, *, is_output: bool) -> JsonSchema:
    """Return the JSON Schema of a model: of what `to_dict` returns (`is_output`), or of what `from_dict` accepts."""
    return _SchemaWriter(is_output).schema_of_model(cls)


@attrs.frozen
class _SchemaWriter:
    """Writes the JSON Schema of types.

    Attributes:
        is_output: Whether the schema describes output; output has every attribute.
        inside: The models that contain the type.
    """

    is_output: bool
    inside: tuple[Any, ...] = ()

    def schema_of_model(self, cls: Any) -> JsonSchema:
        if cls in self.inside:
            return {"type": "object"}  # the class contains itself
        inner, hints = attrs.evolve(self, inside=(*self.inside, cls)), members_of(cls) or {}
        return {
            "title": cls.__name__,
            "description": (inspect.getdoc(cls) or "").partition("\n\n")[0].replace("\n", " "),
            "type": "object",
            "properties": {name: inner.schema_of(hint) for name, hint in hints.items()},
            "required": [each.name for each in attrs.fields(cls) if self.is_output or each.default is attrs.NOTHING],
        }

    def schema_of(self, hint: Any) -> JsonSchema:
        arms, parts = alternatives(hint), get_args(hint)
        if len(arms) > 1:
            return {"anyOf": [self.schema_of(arm) for arm in arms]}
        if get_origin(hint) is Annotated:
            return self.schema_of(parts[0])
        if is_model(hint):
            return self.schema_of_model(hint)
        return _SCALARS[hint] if hint in _SCALARS else self._schema_of_class(get_origin(hint) or hint, parts)

    def _schema_of_class(self, cls: type, parts: tuple[Any, ...]) -> JsonSchema:
        if issubclass(cls, Enum):
            return {"type": "string", "enum": [member.value for member in cls]}
        if issubclass(cls, Mapping):
            return {"type": "object", "additionalProperties": self.schema_of(parts[1]) if parts else True}
        return {"type": "array", "items": self.schema_of(parts[0]) if parts else {}}
