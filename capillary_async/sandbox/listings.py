"""The sandbox's listings: their kinds, their paging rules, and the changes that tests made."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeVar, get_args

import attrs

from capillary_async.sandbox.paging import Echo, Listing, OffsetMeaning, Paging, TotalMeaning

_T = TypeVar("_T")
Kind = Literal[
    "events",
    "members",
    "search",
    "user_groups",
    "group_trackers",
    "customer_trackers",
    "promotions",
    "member_promotions",
    "customers",
    "transactions",
    "group_transactions",
    "ledger",
    "ledger_balances",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Key = tuple[int | str, ...]

# The rules that the documents state clearly. For target events and a customer's user groups they contradict each other
# on `offset`, so the sandbox's setting `offset_unit` decides.
DOCUMENTED: Final[Mapping[Kind, Paging]] = {
    "events": Paging(),
    "members": Paging(default_limit=100),
    "search": Paging(),
    "user_groups": Paging(),
    "group_trackers": Paging(pagination="dummy"),
    "customer_trackers": Paging(pagination="dummy"),
    "promotions": Paging(offset_unit="pages"),
    "member_promotions": Paging(offset_unit="pages"),
    "customers": Paging(),
    "transactions": Paging(default_limit=20),
    "group_transactions": Paging(default_limit=20, pagination="absent"),
    "ledger": Paging(offset_unit="pages"),
    "ledger_balances": Paging(offset_unit="pages"),
}
IN_DOUBT: Final[frozenset[Kind]] = frozenset(("events", "user_groups", "transactions"))
# For these kinds a larger page is an error and is never capped.
REFUSING: Final[frozenset[Kind]] = frozenset(
    ("promotions", "member_promotions", "transactions", "ledger", "ledger_balances")
)


class ByKind(dict[Kind, _T]):
    """Settings for some kinds of listing; a kind that does not exist is refused with a `ValueError`."""

    def __init__(self, settings: Mapping[Kind, _T] | None = None) -> None:
        super().__init__()
        for kind, setting in (settings or {}).items():
            self[kind] = setting

    def __setitem__(self, kind: Kind, setting: _T) -> None:
        if kind not in KINDS:
            raise ValueError(f"there is no kind of listing called {kind!r}; there are {', '.join(KINDS)}")
        super().__setitem__(kind, setting)


@lru_cache(maxsize=64)
def rules(  # noqa: PLR0917  (positional arguments make a fast cache key)
    kind: Kind,
    offset_unit: OffsetMeaning,
    total_unit: TotalMeaning,
    echo: Echo,
    page_cap: int | None,
    warn_of_cap: bool,  # noqa: FBT001
) -> Paging:
    """Return the paging rules of a kind of listing; the arguments decide what the documents leave open."""
    documented = DOCUMENTED[kind]
    return attrs.evolve(
        documented,
        offset_unit=offset_unit if kind in IN_DOUBT else documented.offset_unit,
        total_unit=total_unit,
        echo=echo,
        page_cap=None if kind in REFUSING else page_cap,
        warn_of_cap=warn_of_cap,
    )


@attrs.frozen
class Listings:
    """Stores the listings that were changed; all others are made for each request."""

    _kept: dict[tuple[Kind, Key], Listing] = attrs.field(factory=dict[tuple[Kind, Key], Listing], init=False)

    def look_up(self, kind: Kind, key: Key, count: int) -> Listing:
        """Return a listing, with `count` rows unless it was changed."""
        return self._kept.get((kind, key)) or Listing(count)

    def keep(self, kind: Kind, key: Key, count: int) -> Listing:
        """Return a listing and store it, so that changes to it last."""
        return self._kept.setdefault((kind, key), Listing(count))
