"""Users' own classes: the JSON keys of their fields, and the hooks that cattrs and pydantic make for them.

A field is read from the key of its name. If there is no such key, the field is read from that name in camelCase,
because the API writes `eventLogId` for Python's `event_log_id`.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, NoReturn, get_args, get_origin, get_type_hints, is_typeddict

import attrs

from capillary_async.codec.scalars import Hook, Mismatch, UnknownTypeError
from capillary_async.models.definition import camel_case


class OwnField(NamedTuple):
    """A field of a class: its name (or its alias of pydantic), its type, and whether it is required."""

    name: str
    into: Any
    is_required: bool


def class_converter(
    is_known: Callable[[Any], bool], hook_for: Callable[[Any], Hook], scalars: Mapping[Any, Hook]
) -> Any:
    """Return the cattrs converter for classes; it asks `hook_for` for the hook of a type that `is_known`.

    The converter's own hooks convert instead of refusing: `int("3")`, `str(None)`, a string as a list of its letters.
    """
    import cattrs  # noqa: PLC0415  (few programs have classes of their own)

    converter = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_refuse_type)
    for kind, hook in scalars.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(is_known, hook_for)
    return converter


def _refuse_type(into: Any) -> NoReturn:
    raise UnknownTypeError(f"an answer cannot be converted to {into!r}")


def own_class_hook(cls: Any, hooks: Mapping[Any, Hook], converter: Callable[[], Any]) -> Hook:
    """Return the hook for a user's own class.

    Args:
        cls: The class, with its type arguments.
        hooks: The hooks of the fields' types.
        converter: Returns the converter of cattrs.
    """
    fields = own_fields(get_origin(cls) or cls)
    if is_pydantic_model(cls):
        hook = _pydantic_hook(cls, fields, hooks)
    elif is_typeddict(cls):
        hook = converter().gen_structure_typeddict(cls)
    else:
        hook = converter().gen_structure_attrs_fromdict(cls)
    return _with_camel_case([field.name for field in fields], hook)


def is_pydantic_model(into: Any) -> bool:
    """Whether a type is a model of pydantic; this does not import pydantic."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(into, type) and issubclass(into, pydantic.BaseModel)


def own_fields(cls: Any) -> list[OwnField]:
    """List the fields of a user's class; return an empty list for any other type."""
    if is_pydantic_model(cls):
        infos = cls.model_fields.items()
        return [OwnField(_alias(info) or name, info.annotation, info.is_required()) for name, info in infos]
    if hasattr(cls, "__attrs_attrs__"):
        return [OwnField(field.name, field.type, field.default is attrs.NOTHING) for field in attrs.fields(cls)]
    if hasattr(cls, "__dataclass_fields__"):
        import dataclasses  # noqa: PLC0415  (few programs have classes of their own)

        hints = get_type_hints(cls)
        return [
            OwnField(field.name, hints[field.name], field.default is field.default_factory is dataclasses.MISSING)
            for field in dataclasses.fields(cls)
        ]
    if is_typeddict(cls):
        return [OwnField(name, hint, name in cls.__required_keys__) for name, hint in get_type_hints(cls).items()]
    return []


def _alias(info: Any) -> str | None:
    alias = info.validation_alias
    return alias if isinstance(alias, str) else None


def key_of(name: str, value: Mapping[str, Any]) -> str:
    """Return the key of an object from which a field is read."""
    camel = camel_case(name)
    return camel if name not in value and camel in value else name


def _with_camel_case(names: Iterable[str], hook: Hook) -> Hook:
    """Return a hook for objects whose keys may be in camelCase where `names` are in snake_case."""
    names_by_key = {camel_case(name): name for name in names if camel_case(name) != name}

    def structure(value: Any, into: Any) -> Any:
        if value.__class__ is not dict:
            raise Mismatch
        # If an object has both keys, the one in snake_case counts.
        named = {names_by_key.get(key, key): item for key, item in value.items() if names_by_key.get(key) not in value}
        return hook(named, into)

    return structure


def _pydantic_hook(cls: Any, fields: Iterable[OwnField], hooks: Mapping[Any, Hook]) -> Hook:
    """Return the hook for a model of pydantic; the model checks the values by its own rules.

    The hook structures dates and inner models first, because pydantic knows neither the cluster's time zone nor the
    camelCase keys.
    """
    inner = {field.name: (hooks[field.into], field.into) for field in fields if _wants_structuring(field.into)}

    def validate(value: Any, _: Any) -> Any:
        read = {name: hook(value[name], into) for name, (hook, into) in inner.items() if name in value}
        return cls.model_validate({**value, **read})

    return validate


def _wants_structuring(into: Any) -> bool:
    if is_pydantic_model(into) or (isinstance(into, type) and issubclass(into, date)):
        return True
    return any(_wants_structuring(part) for part in get_args(into))
