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
# Objects whose keys a brand or a map defines: they say nothing about the next answer.
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
    """What one place in the answers held, in all samples together."""

    kinds: set[str] = attrs.field(factory=set[str])
    members: "dict[str, Shape]" = attrs.field(factory=dict[str, "Shape"])
    required: set[str] | None = None
    items: "Shape | None" = None
    values: "Shape | None" = None

    def see(self, value: Any, *, is_whole: bool = True, key: str = "") -> None:
        """Take a sample in.

        Args:
            value: What stands there.
            is_whole: Whether members that are missing may really be missing; a fragment says nothing about that.
            key: The name of the place.
        """
        kind = _TYPES[type(value)]
        self.kinds.add(kind)
        if kind == "array":
            self.items = self.items or Shape()
            for item in value:
                self.items.see(item, is_whole=is_whole)
        elif kind == "object":
            self._see_members(value, is_whole=is_whole, key=key)

    def _see_members(self, members: dict[str, Any], *, is_whole: bool, key: str) -> None:
        if key in _FREE_FORM or (members and all(name.isdigit() for name in members)):
            self.values = self.values or Shape()
            for value in members.values():
                self.values.see(value, is_whole=is_whole)
            return
        for name, value in members.items():
            self.members.setdefault(name, Shape()).see(value, is_whole=is_whole, key=name)
        if is_whole:
            self.required = set(members) if self.required is None else self.required & set(members)

    def schema(self) -> Schema:
        """Write the schema; numbers are no narrower than the samples, and members may come that nobody has seen."""
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
            # What a brand's next field is called or holds is anybody's guess.
            schema["additionalProperties"] = True
        return schema


def infer(whole: Iterable[Any], fragments: Iterable[Any] = ()) -> Schema:
    """Infer the schema of what all samples have in common."""
    inferred = Shape()
    for sample in whole:
        inferred.see(sample)
    for sample in fragments:
        inferred.see(sample, is_whole=False)
    return inferred.schema()
