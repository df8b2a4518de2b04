"""Infer the JSON Schema of answers from samples of them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import attrs

Schema = dict[str, Any]
_TYPES: Final[dict[type, str]] = {
    type(None): "null", bool: "boolean", int: "integer", Decimal: "number", float: "number", str: "string",
    dict: "object", list: "array",
}  # fmt: skip
# Objects whose keys a brand defines, or which are maps. Other answers have other keys.
_FREE_FORM: Final = frozenset(
    (
        *(
            "extendedFields",
            "customFields",
            "fields",
            "allFields",
            "segments",
            "attributes",
            "meta",
            "additionalDetails",
        ),
        *("mandatoryPropertiesValues", "netAlternateCurrenciesOnEvent", "companyDetails"),
    )
)


@attrs.define
class Shape:
    """The types and members of one place in the answers, over all samples."""

    kinds: set[str] = attrs.field(factory=set[str])
    members: "dict[str, Shape]" = attrs.field(factory=dict[str, "Shape"])
    required: set[str] | None = None
    items: "Shape | None" = None
    values: "Shape | None" = None

    def add(self, value: Any, *, is_whole: bool = True, key: str = "") -> None:
        """Add a sample.

        Args:
            value: The value at this place.
            is_whole: Whether the sample is complete; a missing member of a fragment is not optional.
            key: The name of the place.
        """
        kind = _TYPES[type(value)]
        self.kinds.add(kind)
        if kind == "array":
            self.items = self.items or Shape()
            for item in value:
                self.items.add(item, is_whole=is_whole)
        elif kind == "object":
            self._add_members(value, is_whole=is_whole, key=key)

    def _add_members(self, members: dict[str, Any], *, is_whole: bool, key: str) -> None:
        if key in _FREE_FORM or (members and all(name.isdigit() for name in members)):
            self.values = self.values or Shape()
            for value in members.values():
                self.values.add(value, is_whole=is_whole)
            return
        for name, value in members.items():
            self.members.setdefault(name, Shape()).add(value, is_whole=is_whole, key=name)
        if is_whole:
            self.required = set(members) if self.required is None else self.required & set(members)

    def schema(self) -> Schema:
        """Return the schema; it accepts all samples, and further members."""
        kinds = self.kinds - ({"integer"} if "number" in self.kinds else set[str]())
        if not kinds:
            return {}
        schema: Schema = {"type": sorted(kinds) if len(kinds) > 1 else next(iter(kinds))}
        if "integer" in kinds:
            schema["format"] = "int64"
        if self.items is not None and self.items.kinds:
            schema["items"] = self.items.schema()
        if self.members:
            schema["properties"] = {name: inferred.schema() for name, inferred in sorted(self.members.items())}
        if self.members and self.required:
            schema["required"] = sorted(self.required)
        if self.values is not None and not self.members:
            # A brand's other fields may have any name and type.
            schema["additionalProperties"] = True
        return schema


def infer(whole: Iterable[Any], fragments: Iterable[Any] = ()) -> Schema:
    """Infer a schema that accepts all samples."""
    inferred = Shape()
    for sample in whole:
        inferred.add(sample)
    for sample in fragments:
        inferred.add(sample, is_whole=False)
    return inferred.schema()
