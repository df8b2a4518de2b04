"""Find the customer of a `/v2` request, or refuse the request as the API does."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import ACCOUNTS, IDENTIFIER_NAMES, SOURCES, Person, as_id
from capillary_async.sandbox.queries import Query, Refused

_BY_STANDING: Final = {"missing": 8015, "merged": 8069, "denied": 1044}


@attrs.frozen
class Access:
    """Finds the customer of a request.

    Attributes:
        beside: Members that an endpoint sends beside its errors.
    """

    dataset: Dataset
    beside: Mapping[str, Any] = attrs.field(factory=dict[str, Any])

    def by_id(self, customer_id: str) -> Person:
        """Return the customer with an id; refuse any other text with a blank 400."""
        number = as_id(customer_id)
        if number is None:
            raise Refused
        return self.present(number)

    def by_identifier(self, query: Query, *, and_id: bool = False) -> Person:
        """Return the customer that `identifierName` and `identifierValue` name, in the requested source.

        Args:
            query: The request's parameters.
            and_id: Whether the customer's id is also accepted as an identifier.
        """
        source = self.source(query)
        name, value = query.text("identifierName"), query.text("identifierValue")
        if not name or not value:
            raise self.refused(8130)
        if name not in IDENTIFIER_NAMES and not (and_id and name == "id"):
            raise self.refused(8013)
        number = as_id(value) if name == "id" else self.dataset.people.find(name, value)
        if number is None:
            raise self.refused(8015)
        person = self.present(number)
        if source != "ALL" and source not in person.sources:
            raise self.refused(8065)
        return person

    def source(self, query: Query) -> str:
        """Return the source that a request names."""
        source = query.text("source")
        if source not in SOURCES:
            raise self.refused(8012)
        account = query.text("accountId")
        expected = ACCOUNTS.get(source, "")
        if expected and not account:
            raise self.refused(8045)
        if account not in {"", expected}:
            raise self.refused(8011)
        return source

    def present(self, customer_id: int) -> Person:
        """Return a customer that exists and may be read; else raise the refusal."""
        customer_status = self.dataset.people.customer_status(customer_id)
        if customer_status == "deleted":
            raise Refused(self.dataset.error_responses.deleted())
        if customer_status != "present":
            raise self.refused(_BY_STANDING[customer_status])
        return self.dataset.people.person(customer_id)

    def refused(self, code: int) -> Refused:
        """Return the refusal with a code."""
        return Refused(self.dataset.error_responses.v2(code, beside=self.beside))
