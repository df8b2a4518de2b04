"""Every key that the documentation shows has an attribute."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from capillary_async.codec import Converter, decode_json
from capillary_async.models import (
    Customer,
    GroupMember,
    Model,
    Pagination,
    Target,
    TargetEvent,
    TargetGroup,
    Tracker,
    UserGroupSummary,
)
from tests.payloads import SAMPLES

# By the beginning of the file's name: the member that holds the models, and their class.
KINDS: Final[dict[str, tuple[str, type[Model]]]] = {
    "customer": ("", Customer),
    "enrolled_targets": ("data", Target),
    "group_members": ("data", GroupMember),
    "group_search": ("data", UserGroupSummary),
    "target_events": ("data", TargetEvent),
    "target_groups": ("data", TargetGroup),
    "trackers": ("data", Tracker),
}
GOOD: Final = [path for path in SAMPLES if "refused" not in path.name and not path.name.startswith("token")]


def structured(path: Path) -> Any:
    """Return the models of a sample."""
    at, cls = next(kind for start, kind in KINDS.items() if path.name.startswith(start))
    document = decode_json(path.read_bytes())
    into: Any = tuple[cls, ...] if at else cls  # type: ignore[valid-type]
    return Converter(UTC).structure(document[at] if at else document, into, at)


def undocumented(value: Any, place: str) -> Iterator[str]:
    """Yield the place of every key that ended up in some `extra`."""
    if isinstance(value, Model):
        yield from (f"{place}.{key}" for key in value.extra)
        for field in attrs.fields(type(value)):
            if field.name != "extra":
                yield from undocumented(getattr(value, field.name), f"{place}.{field.name}")
    elif value.__class__ is tuple:
        for index, item in enumerate(value):
            yield from undocumented(item, f"{place}[{index}]")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_key_of_a_sample_has_an_attribute(path: Path) -> None:
    """A key in `extra` is a documented value that users would have to dig for, untyped."""
    models = structured(path)

    assert not list(undocumented(models, path.stem))


def test_every_kind_of_sample_is_looked_at() -> None:
    """A renamed file would drop out of the test above without a word."""
    seen = {start for start in KINDS for path in GOOD if path.name.startswith(start)}

    assert seen == set(KINDS)


def test_a_key_that_has_no_attribute_is_noticed() -> None:
    """The walk over the samples has to be able to fail."""
    customer = Converter(UTC).structure({"id": 1, "profiles": [{"shoeSize": 44}]}, Customer)

    assert list(undocumented(customer, "customer")) == ["customer.profiles[0].shoeSize"]


@pytest.mark.parametrize(
    "path", [path for path in GOOD if "pagination" in path.read_text()], ids=lambda path: path.stem
)
def test_every_pagination_is_understood(path: Path) -> None:
    """It decides whether a listing goes on."""
    document = decode_json(path.read_bytes())

    pagination = Converter(UTC).structure(document["pagination"], Pagination, "pagination")

    assert not pagination.extra
    assert pagination.total is not None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_no_documented_value_gets_lost(path: Path) -> None:
    """An attribute with a misspelled key would be None for ever, and nobody would notice."""
    models = structured(path)

    rows: list[Any] = [*models] if isinstance(models, tuple) else [models]
    for model in rows:
        filled = [name for name, value in attrs.asdict(model, recurse=False).items() if value is not None]
        assert len(filled) > 1
