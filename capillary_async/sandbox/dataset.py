"""The sandbox's data: all answers, and all listings."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from capillary_async.sandbox.accounts import Accounts
from capillary_async.sandbox.answers import ErrorResponses
from capillary_async.sandbox.customers import Customers
from capillary_async.sandbox.group_accounts import GroupAccounts
from capillary_async.sandbox.groups import UserGroups
from capillary_async.sandbox.history import History
from capillary_async.sandbox.ledger import Ledger
from capillary_async.sandbox.listings import Key, Kind, Listings
from capillary_async.sandbox.paging import Listing, Page
from capillary_async.sandbox.people import People
from capillary_async.sandbox.progress import Progress
from capillary_async.sandbox.promotions import PROMOTION_COUNT, Promotions
from capillary_async.sandbox.settings import SandboxSettings
from capillary_async.sandbox.targets import Events, Targets
from capillary_async.sandbox.transactions import Transactions
from capillary_async.sandbox.wire import Dates


class Dataset:
    """The data of a sandbox, with the length and the row ids of each listing."""

    def __init__(self, settings: SandboxSettings) -> None:
        seed = settings.seed
        self.settings = settings
        self.dates: Dates = Dates(ZoneInfo(settings.timezone))
        self.people: People = People(seed, lambda customer_id: settings.customer_status(customer_id))  # noqa: PLW0108  (the setting may change)
        self.accounts: Accounts = Accounts(seed)
        self.customers: Customers = Customers(seed, self.dates, self.accounts)
        self.events: Events = Events(seed, self.dates)
        self.targets: Targets = Targets(seed, self.dates)
        self.groups: UserGroups = UserGroups(seed, self.dates, self.people)
        self.promotions: Promotions = Promotions(seed, self.dates)
        self.progress: Progress = Progress(self.dates, self.events, self.targets)
        self.transactions: Transactions = Transactions(self.dates, self.accounts)
        self.ledger: Ledger = Ledger(self.dates, self.accounts)
        self.group_accounts: GroupAccounts = GroupAccounts(self.dates, self.accounts, self.people, self.groups)
        self.history: History = History(self.dates, self.accounts)
        self._listings = Listings()
        self._turns = count()
        self._counts = self._count_functions()
        self._ids = self._id_functions()

    def _count_functions(self) -> Mapping[Kind, Callable[..., int]]:
        """Return the function that gives the length of a listing by its key, for each kind."""
        return {
            "events": self.events.count,
            "members": self.groups.member_count,
            "search": self.groups.found_count,
            "user_groups": self.groups.customer_group_count,
            "group_trackers": partial(self.groups.tracker_count, "group"),
            "customer_trackers": partial(self.groups.tracker_count, "customer"),
            "promotions": lambda: PROMOTION_COUNT,
            "member_promotions": self.promotions.member_count,
            "customers": self.people.match_count,
            "transactions": self.accounts.count,
            "group_transactions": self.accounts.count,
            "ledger": self.ledger.count,
            "ledger_balances": self.ledger.balance_count,
        }

    def _id_functions(self) -> Mapping[Kind, Callable[..., Any]]:
        """Return the function that gives a row's id by the listing's key and the row, for each kind."""
        return {
            "events": self.events.event_id,
            "members": self.groups.member_id,
            "search": self.groups.found_id,
            "user_groups": self.groups.customer_group_id,
            "group_trackers": partial(self.groups.tracker_key, "group"),
            "customer_trackers": partial(self.groups.tracker_key, "customer"),
            "promotions": self.promotions.promotion_id,
            "member_promotions": self.promotions.member_promotion_id,
            "customers": self.people.match_id,
            "transactions": self.accounts.key,
            "group_transactions": self.accounts.key,
            "ledger": self.ledger.event_id,
            "ledger_balances": self.ledger.balance_key,
        }

    @property
    def error_responses(self) -> ErrorResponses:
        """The form of refusals, by the current settings."""
        return ErrorResponses(
            with_status=self.settings.error_status == "4xx",
            envelope_code_as_text=self.settings.envelope_code == "text",
        )

    def turn(self) -> int:
        """Return the next number of a counter."""
        return next(self._turns)

    def listing(self, kind: Kind, *key: int | str) -> Listing:
        """Return a listing and keep it, so that changes to it last."""
        return self._listings.keep(kind, key, self._count(kind, key))

    def look_up(self, kind: Kind, *key: int | str) -> Listing:
        """Return a listing for reading."""
        return self._listings.look_up(kind, key, self._count(kind, key))

    def ids(self, kind: Kind, *key: int | str) -> list[Any]:
        """Return the ids of a listing's rows, in order."""
        return [self._ids[kind](*key, row) for row in self.look_up(kind, *key).rows]

    def page(self, kind: Kind, key: Key, window: tuple[int | None, int], among: Sequence[int] | None = None) -> Page:
        """Return one page of a listing by the current rules.

        Args:
            kind: Of the listing.
            key: Of the listing.
            window: Requested limit and offset.
            among: The rows to divide into pages, if they are not all rows in order.

        Raises:
            RefusedOffsetError: The offset is negative, and the rules refuse that.
        """
        paging = self.settings.paging_of(kind)
        listing = self.listing(kind, *key) if paging.remembers else self.look_up(kind, *key)
        return listing.page(paging, *window, among)

    def _count(self, kind: Kind, key: Key) -> int:
        fixed = self.settings.rows.get(kind)
        return self._counts[kind](*key) if fixed is None else fixed
