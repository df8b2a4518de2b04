"""Durable bulk jobs."""

from capillary_async.jobs.creation import Plan, plan
from capillary_async.jobs.errors import (
    InvalidKeysError,
    JobCorruptedError,
    JobError,
    JobRefusedError,
    JobStoppedError,
)
from capillary_async.jobs.job import BulkJob
from capillary_async.jobs.key_files import KeyFormat
from capillary_async.jobs.lookups import LOOKUPS, Lookup, find_lookup
from capillary_async.jobs.manifest import JobOptions, Manifest
from capillary_async.jobs.output import ExportFormat
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.shard_runner import run_shard
from capillary_async.jobs.signals import run_with_signals
from capillary_async.jobs.status import JobStatus

__all__ = [
    "LOOKUPS",
    "BulkJob",
    "ExportFormat",
    "InvalidKeysError",
    "JobCorruptedError",
    "JobError",
    "JobOptions",
    "JobRefusedError",
    "JobStatus",
    "JobStoppedError",
    "KeyFormat",
    "Lookup",
    "Manifest",
    "Plan",
    "Progress",
    "find_lookup",
    "plan",
    "run_shard",
    "run_with_signals",
]
