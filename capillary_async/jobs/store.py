"""The file of a job: its keys and their outcomes. Why every row is in the output exactly once.

`keys` never changes after the job was made. A run writes batches. A batch is one transaction, synced before it counts,
of the outcomes of some keys, their rows and the counts. The key's id is the primary key of `outcomes`, so SQLite
refuses a second outcome. An export reads `keys` and the outcome of each, so it finds every key once. What a kill or a
power cut leaves:

| when | what is there afterwards |
|---|---|
| while the job is made | no `job.sqlite`: it is written under another name, synced and renamed; it is made anew |
| before a batch is committed | the batch before; the keys of this one have no outcome and are looked up again |
| while it is committed | SQLite's log has all of it or nothing; its frames have checksums |
| after it is committed | all of it |
| during a refresh | the whole old generation, and the part of the new one that is done |
| while the generations change places | one or the other: it is one transaction |
| while the output is written | the old output: the new one has another name until it is whole |

So a key is requested at least once and has exactly one outcome. Only one run may write. It holds the lock of the
directory. Locks can fail (somebody removes the file, another machine does not see it), so the run also writes its mark
into the state row, and each transaction first checks the mark.
"""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Self

import attrs

from capillary_async.jobs.database import (
    JOB_FILE,
    NEXT_TABLES,
    RENAMED,
    check_structure,
    checksum_of,
    connect,
    corrupted,
    corruption_named,
)
from capillary_async.jobs.errors import JobRefusedError, JobStoppedError
from capillary_async.jobs.manifest import JobState, Manifest, new_owner
from capillary_async.jobs.records import (
    FIRST,
    Entry,
    Key,
    KeyOutcome,
    checked_failure,
    checked_values,
    encode_blocks,
    failure_row,
    read_entries,
)

_KEYS_AT_ONCE: Final = 1000
_NOT_FINAL: Final = ("failed", "pending")
_STATUS_OF: Final = itemgetter(1)


def now_text() -> str:
    """Return the present moment as an ISO date-time."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@attrs.define(eq=False)
class JobStore:
    """A job's file, open. A run's thread may write while the event loop reads.

    Attributes:
        directory: The job's.
        manifest: What the job is.
        state: Where it stands, as of the last transaction or `refresh_state`.
    """

    directory: Path
    manifest: Manifest
    state: JobState
    _database: sqlite3.Connection
    _reader: sqlite3.Connection
    _owner: str = attrs.field(default="", init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @classmethod
    def open(cls, directory: Path, *, is_reader: bool = False) -> Self:
        """Open a job's file.

        Args:
            directory: The job's.
            is_reader: Only to read it, also while another process works on it or where nothing can be written.
        """
        path = directory / JOB_FILE
        if not path.is_file():
            raise JobRefusedError(f"there is no job in {directory}")
        database = connect(path, is_reader=is_reader)
        try:
            with corruption_named(path):
                manifest = Manifest.from_json(_read_meta(database, "manifest"))
                state = JobState.from_json(_read_meta(database, "state"))
            reader = database if is_reader else connect(path, is_reader=True)
        except BaseException:
            database.close()
            raise
        return cls(directory, manifest, state, database, reader)

    def close(self) -> None:
        """Close the file; what a log holds is moved into it, so that it is one file again."""
        with self._lock, suppress(sqlite3.Error):
            if self._reader is not self._database:
                self._reader.close()
            self._database.close()

    def __enter__(self) -> Self:
        """Return the open store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self.directory / JOB_FILE

    @property
    def pending(self) -> int:
        """How many keys are left to look up."""
        return self.manifest.keys - sum(self.state.active_counts.values())

    @property
    def pending_in_export(self) -> int:
        """How many keys have no outcome in the generation that exports show."""
        return self.manifest.keys - sum(self.state.counts.values())

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to look up."""
        return not self.pending and self.state.next_counts is None

    def _table(self, name: str) -> str:
        return f"next_{name}" if self.state.is_refreshing else name

    def check(self) -> None:
        """Check the structure of the file, and that there are as many rows of each kind as were counted."""
        check_structure(self._database, self.path)
        with corruption_named(self.path):
            (keys,) = self._reader.execute("SELECT count(*) FROM keys NOT INDEXED").fetchone()
            if keys != self.manifest.keys:
                raise corrupted(self.path, f"it has {keys} keys, and {self.manifest.keys} were written")
            for prefix, counts in (("", self.state.counts), ("next_", self.state.next_counts)):
                if counts is not None and self._count(prefix) != {s: n for s, n in counts.items() if n}:
                    raise corrupted(self.path, "there are other outcomes than were counted")

    def _count(self, prefix: str) -> dict[str, int]:
        outcomes = self._reader.execute(f"SELECT status, count(*) FROM {prefix}outcomes GROUP BY status").fetchall()
        (failed,) = self._reader.execute(f"SELECT count(*) FROM {prefix}failures WHERE status = 'failed'").fetchone()
        return dict(outcomes) | ({"failed": failed} if failed else {})

    # --- writing ---

    @contextmanager
    def transaction(self) -> Generator[JobState]:
        """Change something; the state that is yielded is written with it."""
        with self._lock, corruption_named(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                state = self._own_state()
                yield state
                write_meta(self._database, "state", state.to_json())
                self._database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise
            self.state = state

    def _own_state(self) -> JobState:
        state = JobState.from_json(_read_meta(self._database, "state"))
        if state.owner != self._owner:
            raise JobStoppedError("another process has begun to work on this job")
        return state

    def claim(self) -> None:
        """Begin to write. From now on no other run can."""
        self.refresh_state()
        self._owner = self.state.owner
        owner = new_owner()
        with self.transaction() as state:
            state.owner = owner
        self._owner = owner

    def check_account(self, base_url: str, account: str, *, any_account: bool) -> None:
        """Check that a client calls the API that the job has asked, by the same account."""
        state = self.state
        if state.base_url not in (None, base_url):
            raise JobRefusedError(f"the job asks {state.base_url}, not {base_url}")
        if state.base_url and state.account != account and not any_account:
            before, now = (name or "somebody with an access token" for name in (state.account, account))
            raise JobRefusedError(f"the job asks as {before}, not as {now}; give any_account=True if both may")

    def refresh_state(self) -> JobState:
        """Read again where the job stands, and return it."""
        with corruption_named(self.path):
            self.state = JobState.from_json(_read_meta(self._reader, "state"))
        return self.state

    def begin(self, *, is_refresh: bool) -> None:
        """Note that a run begins; for a refresh, make room for the new generation unless there is one."""
        with self.transaction() as state:
            if is_refresh and state.next_counts is None:
                for statement in NEXT_TABLES.values():
                    self._database.execute(statement)
                state.next_counts, state.started = dict.fromkeys(state.counts, 0), None
            state.started = state.started or now_text()
            state.last_error, state.last_error_at = "", None

    def write(self, outcomes: Sequence[KeyOutcome], base_url: str, account: str) -> None:
        """Make a batch safe.

        Args:
            outcomes: What came of some keys; of several for one key the last counts.
            base_url: The API that was asked. The first that finds anything is the job's from then on.
            account: The account that asked.
        """
        final, failures = _last_of_each(outcomes), list[tuple[Any, ...]]()
        counts = Counter(map(_STATUS_OF, final))
        if counts["failed"] or counts["pending"]:
            failures = [failure_row(outcome) for outcome in final if outcome.status in _NOT_FINAL]
            final = [outcome for outcome in final if outcome.status not in _NOT_FINAL]
        cleared = [outcome[0] for outcome in final if outcome[6]]
        blocks = list(encode_blocks(final))
        with self.transaction() as state:
            failed = self._table("failures")
            # Each statement hands the interpreter over to the event loop, so none is executed in vain.
            if cleared:
                statement = f"DELETE FROM {failed} WHERE key_id IN (SELECT value FROM json_each(?))"
                self._database.execute(statement, (json.dumps(cleared),))
            if failures:
                self._database.executemany(f"INSERT OR REPLACE INTO {failed} VALUES (?, ?, ?, ?, ?, ?, ?)", failures)
            for block, content in blocks:
                self._insert(block, content)
            for status in counts.keys() - {"pending"}:
                state.active_counts[status] += counts[status]
            if state.base_url is None and (counts["found"] or counts["empty"]):
                state.base_url, state.account = base_url, account
            state.revision += not state.is_refreshing

    def _insert(self, outcomes: Sequence[KeyOutcome], content: bytes) -> None:
        """Insert outcomes, all of a status in one step: between two steps the event loop may keep the interpreter."""
        blocks = self._table("blocks")
        (number,) = self._database.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {blocks}").fetchone()
        row = (number, content, checksum_of(str(number), content))
        self._database.execute(f"INSERT INTO {blocks} VALUES (?, ?, ?)", row)
        for status in {*map(_STATUS_OF, outcomes)}:
            ids = [outcome[0] for outcome in outcomes if outcome[1] == status]
            statement = f"INSERT INTO {self._table('outcomes')} SELECT value, ?, ? FROM json_each(?)"
            self._database.execute(statement, (status, number, json.dumps(ids)))

    def note_error(self, message: str, listing_traits: Mapping[str, Any] | None = None) -> None:
        """Write down what the job waits for the end of; empty when it goes on."""
        with self.transaction() as state:
            state.listing_traits |= listing_traits or {}
            state.last_error, state.last_error_at = message, now_text() if message else None

    def complete(self, listing_traits: Mapping[str, Any]) -> None:
        """Note that every key has its outcome; a new generation takes the place of the old one."""
        with self.transaction() as state:
            state.listing_traits |= listing_traits
            if state.next_counts is not None:
                for name in RENAMED:
                    self._database.execute(f"DROP TABLE {name}")
                    self._database.execute(f"ALTER TABLE next_{name} RENAME TO {name}")
                state.counts, state.next_counts = state.next_counts, None
                state.generation += 1
                state.revision += 1
            state.completed = now_text()
            state.last_error, state.last_error_at = "", None

    def reopen(self, statuses: Collection[str]) -> int:
        """Let the keys that have one of these statuses be looked up again; return how many there are."""
        with self.transaction() as state:
            counts = state.active_counts
            count = sum(counts[status] for status in statuses)
            if not count:
                return 0
            for status in statuses:
                table = "failures" if status == "failed" else "outcomes"
                self._database.execute(f"DELETE FROM {self._table(table)} WHERE status = ?", (status,))
                counts[status] = 0
            used = f"SELECT block FROM {self._table('outcomes')}"
            self._database.execute(f"DELETE FROM {self._table('blocks')} WHERE id NOT IN ({used})")
            state.completed = state.completed if self.state.is_refreshing else None
            state.revision += not self.state.is_refreshing
            return count

    # --- reading ---

    def keys_left(self, last: int = FIRST, limit: int = _KEYS_AT_ONCE) -> list[Key]:
        """Return, in order, the next keys to look up.

        Args:
            last: Begin behind the key of this number.
            limit: How many at most.
        """
        outcomes, failures = self._table("outcomes"), self._table("failures")
        query = (
            'SELECT k.id, k."values", k.checksum FROM keys k WHERE k.id > ?'
            f" AND NOT EXISTS (SELECT 1 FROM {outcomes} o WHERE o.key_id = k.id)"
            f" AND NOT EXISTS (SELECT 1 FROM {failures} f WHERE f.key_id = k.id AND f.status <> 'pending')"
            " ORDER BY k.id LIMIT ?"
        )
        with corruption_named(self.path):
            rows = self._reader.execute(query, (last, limit)).fetchall()
            if not rows:
                return []
            query = f"SELECT * FROM {failures} WHERE key_id BETWEEN ? AND ? AND status = 'pending'"
            failed = {row[0]: row for row in self._reader.execute(query, (rows[0][0], rows[-1][0]))}
            values = checked_values(self.path, rows)
            keys = [Key(row[0], each) for row, each in zip(rows, values, strict=True)]
            for key in keys if failed else ():
                if (failure := failed.get(key.id)) is not None:
                    _, key.requests_before, *_ = checked_failure(self.path, key.id, failure[1:])
                    key.tries = failure[1]
            return keys

    def all_keys_left(self) -> Iterator[Key]:
        """Yield, in order, all keys to look up."""
        last = FIRST
        while chunk := self.keys_left(last):
            yield from chunk
            last = chunk[-1].id

    def next_key(self, last: int) -> Key | None:
        """Return a key to look up: the first behind `last`, else the first of all; `None` if none is left."""
        found = self.keys_left(last, 1) or self.keys_left(limit=1)
        return found[0] if found else None

    def canary(self, last: int = FIRST) -> Key | None:
        """Return a key that is known to work, the first behind `last`, else the first of all; `None` without any."""
        tables = ("next_outcomes", "outcomes") if self.state.is_refreshing else ("outcomes",)
        for table, first in ((table, first) for table in tables for first in (last, FIRST)):
            query = (
                f'SELECT k.id, k."values", k.checksum FROM {table} o JOIN keys k ON k.id = o.key_id'
                " WHERE o.key_id > ? AND o.status IN ('found', 'empty', 'not_found') ORDER BY o.key_id LIMIT 1"
            )
            with corruption_named(self.path):
                row = self._reader.execute(query, (first,)).fetchone()
                if row is not None:
                    return Key(row[0], checked_values(self.path, [row])[0])
        return None

    def entries(self) -> Iterator[Entry]:
        """Yield every key with what came of it, in order, verified; of a refresh that goes on, the old generation."""
        return read_entries(self._reader, self.path, self.manifest.keys)


def _last_of_each(outcomes: Sequence[KeyOutcome]) -> Sequence[KeyOutcome]:
    """Return the last outcome of each key; what was found counts in any case, because others may be in its text."""
    if len({outcome[0] for outcome in outcomes}) == len(outcomes):
        return outcomes
    last = {outcome[0]: outcome for outcome in sorted(outcomes, key=lambda outcome: outcome[5] != b"")}
    return [outcome for outcome in outcomes if outcome is last[outcome[0]]]


def _read_meta(database: sqlite3.Connection, name: str) -> str:
    row = database.execute("SELECT value, checksum FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None or checksum_of(f"{name} {row[0]}") != row[1]:
        raise ValueError(name)
    text: str = row[0]
    return text


def write_meta(database: sqlite3.Connection, name: str, text: str) -> None:
    """Write one of the two rows of `meta`."""
    row = (name, text, checksum_of(f"{name} {text}"))
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", row)
