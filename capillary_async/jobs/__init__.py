"""Durable bulk jobs."""

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.job import Account, BulkJob
from capillary_async.jobs.lookups import LOOKUPS, Lookup, find_lookup
from capillary_async.jobs.manifest import JobOptions, Manifest
from capillary_async.jobs.plan import Plan, plan
from capillary_async.jobs.problems import (
    InvalidKeysError,
    JobCorruptedError,
    JobError,
    JobRefusedError,
    JobStoppedError,
)
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.seal import OutputFormat
from capillary_async.jobs.signals import run_with_signals
from capillary_async.jobs.sources import KeyFormat
from capillary_async.jobs.status import JobStatus

__all__ = [
    "LOOKUPS",
    "Account",
    "BulkJob",
    "Disk",
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
    "OutputFormat",
    "Plan",
    "Progress",
    "find_lookup",
    "plan",
    "run_with_signals",
]
