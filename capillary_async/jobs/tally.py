"""Where every key of a job stands: a byte each, replayed from the journal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from capillary_async.jobs.parts import Place
from capillary_async.jobs.problems import JobCorruptedError
from capillary_async.jobs.verdicts import Failure, Verdict

Entry = Mapping[str, Any]


@attrs.frozen
class Origin:
    """Which organisation a job asks.

    Attributes:
        base_url: Where the API is.
        account: Who asks, without anything secret; empty when that cannot be told.
    """

    base_url: str
    account: str = ""


@attrs.frozen
class Record:
    """A verdict on one key, on its way to the disk.

    Attributes:
        id: The key's.
        verdict: Where the key stands now.
        line: What goes into a part file; empty for a failure.
        failure: Its details, for a failure.
    """

    id: int
    verdict: Verdict
    line: bytes = b""
    failure: Failure | None = None


class Tally:
    """Where every key stands.

    Attributes:
        standings: A `Verdict` for each key, by its id.
        counts: How many keys have each verdict, by its number.
        origin: Which organisation the job asks; `None` before its first run.
        ends: How long each part file is, by its number.
        last: The newest batch, or `None`.
    """

    def __init__(self, keys: int) -> None:
        self.standings = bytearray(keys)
        self.counts = [0] * len(Verdict)
        self.counts[Verdict.PENDING] = keys
        self.origin: Origin | None = None
        self.ends: dict[int, int] = {}
        self.last: Place | None = None

    def set(self, key_id: int, verdict: Verdict) -> None:
        """Note where a key stands now."""
        self.counts[self.standings[key_id]] -= 1
        self.counts[verdict] += 1
        self.standings[key_id] = verdict

    @property
    def failed(self) -> int:
        """How many keys have failed, those that will be tried again included."""
        return self.counts[Verdict.FAILED_ONCE] + self.counts[Verdict.FAILED]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to look up."""
        return not self.counts[Verdict.PENDING] and not self.counts[Verdict.FAILED_ONCE]

    def replay(self, entries: Iterable[Entry]) -> None:
        """Take in the journal's entries.

        Raises:
            JobDamagedError: They cannot be this job's.
        """
        for entry in entries:
            if "origin" in entry:
                self.origin = Origin(**entry["origin"])
            elif "retry" in entry:
                self.forgive()
            else:
                self._replay_batch(entry)

    def forgive(self) -> None:
        """Let the keys that failed be looked up again."""
        for key_id in range(len(self.standings)):
            if self.standings[key_id] == Verdict.FAILED:
                self.set(key_id, Verdict.PENDING)

    def _replay_batch(self, entry: Entry) -> None:
        for number, ids in entry["verdicts"].items():
            for key_id in ids:
                if not 0 <= key_id < len(self.standings) or Verdict(self.standings[key_id]).is_final:
                    raise JobCorruptedError(f"the journal has a second verdict on key {key_id}, or one too many")
                self.set(key_id, Verdict(int(number)))
        place = place_of(entry)
        if place is not None:
            if place.start != self.ends.get(place.part, 0):
                raise JobCorruptedError(f"the journal leaves a gap in part {place.part}")
            self.ends[place.part] = place.end
            self.last = place


def entry_for(records: Sequence[Record], place: Place | None) -> Entry:
    """Make the journal's entry for a batch.

    A key that failed and was tried again may be in a batch twice. Only the later record counts: by verdict, the
    entry does not tell which came first.
    """
    latest = {record.id: int(record.verdict) for record in records}
    verdicts: dict[int, list[int]] = {}
    for key_id, verdict in latest.items():
        verdicts.setdefault(verdict, []).append(key_id)
    return {"verdicts": verdicts, **({} if place is None else {"place": attrs.astuple(place)})}


def place_of(entry: Entry) -> Place | None:
    """Return where an entry's batch is, if it has one."""
    return Place(*entry["place"]) if "place" in entry else None


def places(entries: Iterable[Entry]) -> Iterator[Place]:
    """Yield where the batches are."""
    for entry in entries:
        place = place_of(entry)
        if place is not None:
            yield place
