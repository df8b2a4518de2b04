"""Every documented key has an attribute."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import attrs
import pytest

from capillary_async.codec import Converter, decode_json
from capillary_async.models.customers import Customer
from capillary_async.models.definition import Model
from capillary_async.models.listings import PageDetails, Pagination
from tests.payloads import GOOD, KINDS, kind_of, located


def structured(path: Path) -> Any:
    """Return the models of a sample."""
    return Converter(UTC).structure(*located(path))


def undocumented(value: Any, place: str) -> Iterator[str]:
    """Yield the location of every key in any `extra`."""
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
    """A documented value in `extra` would be untyped and hard to find."""
    models = structured(path)

    assert not list(undocumented(models, path.stem))


def test_every_kind_of_sample_is_looked_at() -> None:
    """A renamed file would silently drop out of the test above."""
    assert {kind_of(path) for path in GOOD} == set(KINDS)


def test_a_key_that_has_no_attribute_is_noticed() -> None:
    """This proves that the test above can fail."""
    customer = Converter(UTC).structure({"id": 1, "profiles": [{"shoeSize": 44}]}, Customer)

    assert list(undocumented(customer, "customer")) == ["customer.profiles[0].shoeSize"]


@pytest.mark.parametrize(
    "path", [path for path in GOOD if '"pagination"' in path.read_text()], ids=lambda path: path.stem
)
def test_every_pagination_is_understood(path: Path) -> None:
    """The pagination decides whether a listing continues."""
    document = decode_json(path.read_bytes())

    pagination = Converter(UTC).structure(document["pagination"], Pagination, "pagination")

    assert not pagination.extra
    assert pagination.total is not None


@pytest.mark.parametrize(
    ("name", "key"), [("ledger_6", "ledgerDetails"), ("member_promotions_1", "pageDetails")], ids=str
)
def test_details_of_a_page_are_understood(name: str, key: str) -> None:
    """Listings that count pages have another pagination object."""
    document = decode_json((Path(__file__).parent / f"{name}.json").read_bytes())

    details = Converter(UTC).structure(document[key], PageDetails, key)

    assert not details.extra
    assert details.total_entries is not None
    assert details.page_count is not None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_no_documented_value_gets_lost(path: Path) -> None:
    """An attribute with a misspelled key would always be None."""
    models = structured(path)

    rows: list[Any] = [*models] if isinstance(models, tuple) else [models]
    for model in rows:
        filled = [name for name, value in attrs.asdict(model, recurse=False).items() if value is not None]
        assert len(filled) > 1
