"""What a job is, which never changes, and where it stands, which every transaction does."""

import json
import math
import os
from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

STATUSES: Final = ("found", "empty", "not_found", "merged", "invalid", "failed")


@attrs.frozen(kw_only=True)
class JobOptions:
    """How a job works. None of it is secret; all of it is in the job's file.

    Attributes:
        concurrency: Lookups at once at most, or "auto". An API that throttles gets fewer.
        max_failures: Stop when more keys than this have failed: a number, or a share of all keys such as "5%".
            `None` never stops.
        batch: Outcomes that a crash may lose at most; they are looked up again.
        batch_seconds: Longest time until an outcome is safe.
        first_wait: Seconds until an API that does not work is asked again; then twice as long each time.
        longest_wait: The longest of these waits, in seconds.
    """

    concurrency: int | str = 64
    max_failures: int | str | None = None
    batch: int = attrs.field(default=500, validator=attrs.validators.ge(1))
    batch_seconds: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
    first_wait: float = attrs.field(default=5.0, validator=attrs.validators.ge(0))
    longest_wait: float = attrs.field(default=300.0, validator=attrs.validators.ge(0))

    def most_failures(self, keys: int) -> float:
        """Return how many keys may fail, of this many.

        Raises:
            ValueError: `max_failures` is neither a number nor a percentage.
        """
        return math.inf if self.max_failures is None else _most(self.max_failures, keys)

    def __attrs_post_init__(self) -> None:
        """Check the values before they are stored."""
        self.most_failures(1)
        is_whole = isinstance(self.concurrency, int) and not isinstance(self.concurrency, bool)
        if self.concurrency != "auto" and not (is_whole and int(self.concurrency) >= 1):
            raise ValueError(f"concurrency must be a positive whole number or 'auto', not {self.concurrency!r}")


def _most(max_failures: int | str, keys: int) -> float:
    text = str(max_failures)
    number = text.removesuffix("%")
    try:
        value = float(number) / 100 * keys if text.endswith("%") else int(number)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"max_failures must be a number, or a share such as '5%', not {max_failures!r}")
    return value


@attrs.frozen(kw_only=True)
class Manifest:
    """What a job is.

    Attributes:
        lookup: Name of the lookup.
        columns: The key's columns.
        keys: How many keys there are.
        source: Name of what the keys came from.
        created: When the job was made, as an ISO date-time.
        options: How the job works.
        arguments: The lookup's options, such as {"embed": ["points"]}.
        duplicates: Records of the source that repeat an earlier key.
        duplicate_lines: Where the first few of them are.
        source_path: Where the key file is; `None` for a stream or Python's own values.
        source_sha256: Hash of its bytes, or `None`.
        by: The identifier that stands in place of the id, or `None`.
        notes: For the program that continues the job, such as a rate. The job does not use them.
        shard: Number of this part of a job that was split, or `None`.
    """

    lookup: str
    columns: tuple[str, ...]
    keys: int
    source: str
    created: str
    options: JobOptions
    arguments: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    duplicates: int = 0
    duplicate_lines: tuple[int, ...] = ()
    source_path: str | None = None
    source_sha256: str | None = None
    by: str | None = None
    notes: Mapping[str, str] = attrs.field(factory=dict[str, str])
    shard: int | None = None

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        document["options"] = JobOptions(**document["options"])
        for name in ("columns", "duplicate_lines"):
            document[name] = tuple(document[name])
        return cls(**document)


def _no_counts() -> dict[str, int]:
    return dict.fromkeys(STATUSES, 0)


@attrs.define(kw_only=True)
class JobState:
    """Where a job stands.

    Attributes:
        owner: Mark of the run that may write. A run that finds another mark stops.
        counts: How many keys have each status, in the generation that exports show.
        next_counts: The same in the generation that a refresh is making; `None` while there is none.
        generation: 1 for the first, one more with each refresh that came to its end.
        revision: One more whenever an outcome changes that an export may show.
        exports: The revision that each file shows, by its name.
        base_url: The API that gave the first good answer; `None` before.
        account: As whom it was asked.
        started: When the first run of this generation began, as an ISO date-time.
        completed: When the last key of the generation that exports show got its outcome.
        last_error: What the job waits for the end of, or what stopped it last.
        last_error_at: When that was.
        shards: In how many parts the job was split; 0 for none.
        listing_traits: What the listings of the host were found to mean, as `client.listing_traits` has it.
    """

    owner: str = ""
    counts: dict[str, int] = attrs.field(factory=_no_counts)
    next_counts: dict[str, int] | None = None
    generation: int = 1
    revision: int = 0
    exports: dict[str, int] = attrs.field(factory=dict[str, int])
    base_url: str | None = None
    account: str = ""
    started: str | None = None
    completed: str | None = None
    last_error: str = ""
    last_error_at: str | None = None
    shards: int = 0
    listing_traits: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @property
    def is_refreshing(self) -> bool:
        """Whether a refresh is making a new generation."""
        return self.next_counts is not None

    @property
    def active_counts(self) -> dict[str, int]:
        """The counts of the generation that is being made."""
        return self.counts if self.next_counts is None else self.next_counts

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(attrs.asdict(self, recurse=False))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


def new_owner() -> str:
    """Return a mark that no other run has."""
    return os.urandom(8).hex()
