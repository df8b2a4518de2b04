"""Name a customer in a request of `/v2`: by the id in the path, or by another identifier in the query.

Every endpoint of a customer has both forms: `/v2/customers/{customerId}/…` and `/v2/customers/lookup/…`.
"""

from typing import Final, TypeVar

import capillary_async.api.arguments as take
from capillary_async.models.enumerations import IdentifierName, Source
from capillary_async.pipeline.request import Read, Request

T = TypeVar("T")

CUSTOMER_PATH: Final = "/v2/customers/{customerId}"
LOOKUP_PATH: Final = "/v2/customers/lookup"


def by_id(
    customer_id: int, what: str, query: take.Query, into: type[T], *, at: str = "", read: Read | None = None
) -> Request[T]:
    """Build the request for a part of a customer's data, by the customer's id.

    Args:
        customer_id: The customer.
        what: The end of the path, such as `/tierDetails`.
        query: Parameters in the API's form.
        into: The type of the part.
        at: The answer's member that holds the part.
        read: Reads the part from an answer that does not hold it in one member.
    """
    path_values = {"customerId": take.identifier("customer_id", customer_id)}
    return Request(CUSTOMER_PATH + what, path_values, query, into, at, read=read)


def by_identifier(who: take.Query, what: str, query: take.Query, into: type[T], *, at: str = "") -> Request[T]:
    """Build the request for a part of a customer's data, by another identifier; see `by_id`."""
    return Request(LOOKUP_PATH + what, {}, (*who, *query), into, at)


def identity(
    identifier_name: IdentifierName | str, identifier_value: str | int, source: Source | str, account_id: str | None
) -> take.Query:
    """Build the parameters that name the customer."""
    return take.query(
        source=take.text("source", source),
        accountId=take.optional_text("account_id", account_id),
        identifierName=take.text("identifier_name", identifier_name),
        identifierValue=take.identifying("identifier_value", identifier_value),
    )
