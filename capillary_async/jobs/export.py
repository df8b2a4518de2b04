"""Exports a job: a file with the rows, and beside it a file with the outcome of each key.

Both appear under their names when they are whole and safe, not before. Memory does not grow with the output.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, get_args

from capillary_async.codec import encode_json, json_cell
from capillary_async.jobs.database import JOB_FILE, corrupted
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.files import atomic_file, is_url
from capillary_async.jobs.lock import LOCK_FILE
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.outcomes import Reason
from capillary_async.jobs.output import EXPORT_FORMATS, ExportFormat, OutputSchema, check_format, csv_lines, row_objects
from capillary_async.jobs.parquet_export import write_parquet
from capillary_async.jobs.records import Entry
from capillary_async.jobs.shards import how_to_run
from capillary_async.jobs.store import JobStore
from capillary_async.tables import TableSchema, load_pyarrow
from capillary_async.tables.parquet import parquet_file
from capillary_async.tables.text import CsvLines

OutcomesFormat = Literal["csv", "parquet"]
_Facts: TypeAlias = tuple[str, int | None, str, int, datetime | None]

_FACTS: Final = {"status": str, "code": int, "reason": str, "requests": int, "when": datetime}
_OUTCOME_BYTES: Final = 128


def output_path(directory: Path, form: str) -> Path:
    """Return where a job's output is, or would be."""
    return directory / f"output.{form}"


def export_job(
    store: JobStore,
    shards: Sequence[JobStore],
    lookup: Lookup,
    form: ExportFormat,
    to: str | Path | None,
    *,
    outcomes: OutcomesFormat,
    is_partial: bool,
    csv_safe: bool,
) -> Path | str:
    """Export a job together with its shards; see `BulkJob.export`."""
    _check_formats(form, outcomes)
    _check_target(to)
    for part in (store, *shards):
        part.check()
    pending = sum(shard.pending for shard in shards) if shards else store.pending_in_export
    if pending and not is_partial:
        first = how_to_run(store.directory, shards) if shards else "resume the job"
        raise JobRefusedError(f"keys are still pending; {first} first, or ask for a partial output")
    own = output_path(store.directory, form)
    target, beside = (own, own.with_name(f"outcomes.{outcomes}")) if to is None else (to, _beside(to, outcomes))
    revision = store.state.revision + sum(shard.state.revision for shard in shards)
    counts = Counter(store.state.counts)
    for shard in shards:
        counts.update(shard.state.counts)

    def read() -> Iterator[Entry]:
        return _counted(entries_of(store, shards), counts, store.path)

    write(read, lookup, target, beside, form, csv_safe=csv_safe)
    if to is None:
        for other in {"csv", "parquet"} - {outcomes}:  # an older one would contradict the new one
            own.with_name(f"outcomes.{other}").unlink(missing_ok=True)
        store.claim()
        with store.transaction() as state:
            state.exports[own.name] = revision
    return target


def _check_formats(form: str, outcomes: str) -> None:
    check_format(form)
    if outcomes not in get_args(OutcomesFormat):
        raise JobRefusedError(f"outcomes cannot be written as {outcomes!r}; there are csv and parquet")
    check_format(outcomes)


def _check_target(target: str | Path | None) -> None:
    """Check that a file can be made there, and that it takes the place of no file of a job."""
    if target is None or is_url(target):
        return
    path = Path(target)
    if path.is_dir() or not path.parent.is_dir():
        what = f"{path} is a directory" if path.is_dir() else f"there is no directory {path.parent}"
        raise JobRefusedError(f"{what}; give the name of a file in a directory that is there")
    if path.name.startswith(JOB_FILE) or path.name == LOCK_FILE:
        raise JobRefusedError(f"{path.name} is the name of a job's own file; give the export another name")


def _beside(target: str | Path, form: str) -> str:
    """Put the outcomes into the folder of the output, under its name."""
    folder, slash, name = str(target).removesuffix(".gz").rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}.outcomes.{form}"


def rows(store: JobStore, shards: Sequence[JobStore], lookup: Lookup) -> Iterator[dict[str, Any]]:
    """Yield the rows found so far; the job may be running."""
    schema = OutputSchema(lookup.columns, lookup.row_type)
    members = schema.members(()) if schema.is_declared else None
    return row_objects(entries_of(store, shards), schema, members)


def entries_of(store: JobStore, shards: Sequence[JobStore]) -> Iterator[Entry]:
    """Yield every key of a job with its outcome, in order; pending keys of a split job come from its shards."""
    if not shards:
        yield from store.entries()
        return
    others = heapq.merge(*(shard.entries() for shard in shards))
    for entry in store.entries():
        if entry.status != "pending":
            yield entry
            continue
        other = next(others, None)
        if other is None or (other.key_id, other.values) != (entry.key_id, entry.values):
            raise corrupted(store.path, f"key {entry.key_id} is in no shard, or in several")
        yield other
    if next(others, None) is not None:
        raise corrupted(store.path, "a shard has keys that the job does not have")


def _counted(entries: Iterable[Entry], expected: Counter[str], path: Path) -> Iterator[Entry]:
    """Yield entries, and check at the end that there were as many of each status as were counted."""
    seen: Counter[str] = Counter()
    for entry in entries:
        seen[entry.status] += 1
        yield entry
    del seen["pending"]
    if +seen != +expected:
        raise corrupted(path, "there are other outcomes than were counted")


def write(
    read: Callable[[], Iterable[Entry]],
    lookup: Lookup,
    target: Path | str,
    beside: Path | str,
    form: str,
    *,
    csv_safe: bool = False,
    chunk_bytes: int = 2**20,
    group_bytes: int = 2**25,
) -> None:
    """Write a row for each row that was found, and a row for each key.

    Args:
        read: Begins to read the keys with their outcomes. Rows without a declared type are read twice.
        lookup: What was looked up.
        target: A path, or a URL that `fsspec` can write to; compressed if it ends in `.gz`.
        beside: The same for the outcomes; Parquet if it ends so, else CSV.
        form: "parquet", "jsonl" or "csv".
        csv_safe: Whether texts that a spreadsheet would take for formulas get an apostrophe in front, in CSV.
        chunk_bytes: JSON that becomes Parquet at once, because Python's own objects are large.
        group_bytes: Size of a row group in Parquet.
    """
    check_format(form)
    suffix = Path(str(target).removesuffix(".gz")).suffix[1:]
    if suffix != form and suffix in EXPORT_FORMATS:
        raise JobRefusedError(f"a file that ends in .{suffix} cannot be written as {form}")
    if form == "parquet" and str(target).endswith(".gz"):
        raise JobRefusedError("Parquet is compressed already; give a name without .gz")
    schema = OutputSchema(lookup.columns, lookup.row_type)
    scanned = () if schema.is_declared else read()
    with atomic_file(beside) as other, atomic_file(target) as file:
        if str(beside).endswith(".parquet"):
            entries = _parquet_outcomes(other, schema, read(), at_once=max(1, chunk_bytes // _OUTCOME_BYTES))
        else:
            entries = _csv_outcomes(other, schema, read(), csv_safe=csv_safe)
        if form == "parquet":
            write_parquet(file, entries, schema, scanned, chunk_bytes=chunk_bytes, group_bytes=group_bytes)
        elif form == "csv":
            file.writelines(csv_lines(entries, schema, schema.members(scanned), is_safe=csv_safe))
        else:
            found = row_objects(entries, schema, schema.members(scanned))
            file.writelines(encode_json(row) + b"\n" for row in found)
        other.flush()  # a full disk must leave both files as they were


def _csv_outcomes(file: BinaryIO, schema: OutputSchema, entries: Iterable[Entry], *, csv_safe: bool) -> Iterator[Entry]:
    """Write a line for each entry that passes through."""
    lines = CsvLines(json_cell, csv_safe)
    facts_of = lru_cache(lambda *facts: lines.line(_facts(*facts)))  # many keys have the same facts
    file.write(lines.line((*schema.key_names, *schema.names_of(_FACTS).values())).encode())
    for entry in entries:
        _, values, status, requests, at, reason, _ = entry
        file.write(f"{lines.cells(values)},{facts_of(status, requests, at, reason)}".encode())
        yield entry


def _parquet_outcomes(
    file: BinaryIO, schema: OutputSchema, entries: Iterable[Entry], *, at_once: int
) -> Iterator[Entry]:
    """Write a row for each entry that passes through."""
    kinds = {column.name: column.kind for column in schema.keys}
    names = schema.names_of(_FACTS)
    columns = TableSchema.of_columns(kinds | {names[name]: kind for name, kind in _FACTS.items()})
    facts_of, passed = lru_cache(_facts), list[Entry]()

    def table() -> Any:
        values = zip(*[(*entry.values, *facts_of(*entry[2:6])) for entry in passed], strict=True)
        arrays = [column.array(each) for column, each in zip(columns.columns.values(), values, strict=True)]
        return load_pyarrow().table(arrays, schema=columns.arrow)

    with parquet_file(file, columns.arrow, schema.key_names) as add:
        for entry in entries:
            passed.append(entry)
            if len(passed) == at_once:
                add(table())
                passed.clear()
            yield entry
        if passed:
            add(table())


def _facts(status: str, requests: int, at: int, reason: str) -> _Facts:
    """Return the columns of an outcome behind the key's."""
    when = datetime.fromtimestamp(at, UTC) if at else None
    found = Reason.from_json(reason)
    return status, found.codes[0] if found.codes else None, str(found), requests, when
