"""What a job is: written once, when the job is made, and the last of its files to appear.

A directory without a manifest holds no job. The manifest carries a hash of itself, so a damaged one
is not taken for another job's.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, Final

import attrs

from capillary_async.jobs.disk import Disk, NewFile
from capillary_async.jobs.problems import JobCorruptedError, JobRefusedError

MANIFEST_FILE: Final = "manifest.json"
SCHEMA_VERSION: Final = 1


@attrs.frozen(kw_only=True)
class JobOptions:
    """How a job works. None of it is secret; all of it is in the manifest.

    Attributes:
        concurrency: Lookups at once, or "auto".
        max_failures: Stop when more keys than this have failed: a number, or a share of all keys such as "5%".
            `None` never stops.
        batch: Outcomes that a crash may lose at most; they are looked up again.
        batch_seconds: Longest time until an outcome is safe.
        part_bytes: A part file that has grown to this size is followed by a new one.
        rate: A note for whoever makes the client when the job goes on: requests that may start in so many
            seconds, such as "1000/60".
        seal: A note, too: the format in which the output is wanted.
    """

    concurrency: int | str = 64
    max_failures: int | str | None = None
    batch: int = attrs.field(default=500, validator=attrs.validators.ge(1))
    batch_seconds: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
    part_bytes: int = attrs.field(default=2**26, validator=attrs.validators.ge(1))
    rate: str | None = None
    seal: str | None = None

    def most_failures(self, keys: int) -> float:
        """Return how many keys of so many may fail.

        Raises:
            ValueError: `max_failures` is neither a number nor a percentage.
        """
        return math.inf if self.max_failures is None else _most(self.max_failures, keys)

    def __attrs_post_init__(self) -> None:
        """Refuse what makes no sense, before it is written down."""
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
        keys_sha256: Hash of `keys.jsonl`.
        duplicates: Rows of the source that repeat an earlier key.
        duplicate_lines: Where the first few of them are.
        source: Name of what the keys came from.
        source_path: Where that file is; `None` for a stream or Python's own values.
        source_sha256: Hash of its bytes, or `None`.
        created: When the job was made, as an ISO date-time.
        options: How the job works.
        version: Of this file's form.
    """

    lookup: str
    columns: tuple[str, ...]
    keys: int
    keys_sha256: str
    duplicates: int
    duplicate_lines: tuple[int, ...]
    source: str
    source_path: str | None
    source_sha256: str | None
    created: str
    options: JobOptions
    version: int = SCHEMA_VERSION

    @property
    def fingerprint(self) -> str:
        """A hash of everything that makes this job what it is."""
        return _hash_of(attrs.asdict(self))


def _hash_of(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def write_manifest(disk: Disk, directory: Path, manifest: Manifest) -> None:
    """Write the manifest; when this returns, the job exists."""
    document = {**attrs.asdict(manifest), "sha256": manifest.fingerprint}
    with NewFile(disk, directory / MANIFEST_FILE) as file:
        file.write(json.dumps(document, indent=2).encode() + b"\n")


def read_manifest(directory: Path) -> Manifest:
    """Read a job's manifest.

    Raises:
        JobRefusedError: There is no job in the directory, or one of a newer version of this package.
        JobDamagedError: The manifest is not what was written.
    """
    try:
        text = (directory / MANIFEST_FILE).read_bytes()
    except FileNotFoundError:
        raise JobRefusedError(f"there is no job in {directory}") from None
    try:
        document: dict[str, Any] = json.loads(text)
        sha256, version = document.pop("sha256"), document["version"]
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise JobCorruptedError(f"{MANIFEST_FILE} is damaged: it is no manifest") from error
    if _hash_of(document) != sha256:
        raise JobCorruptedError(f"{MANIFEST_FILE} is damaged: its hash does not match")
    if version != SCHEMA_VERSION:
        raise JobRefusedError(f"the job has version {version}; this package reads version {SCHEMA_VERSION}")
    document["options"] = JobOptions(**document["options"])
    for name in ("columns", "duplicate_lines"):
        document[name] = tuple(document[name])
    return Manifest(**document)
