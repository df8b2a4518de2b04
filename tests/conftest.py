"""Hooks for all tests."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline, because a busy machine may be slow.
settings.register_profile("any-machine", deadline=None)
# For mutation tests: the same few inputs each time, because tests run several times in a process.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.differing_executors],
)
# For the gate: the same inputs each time, because a change may not fail for what it did not touch. Elsewhere each run
# tries new ones.
settings.register_profile("gate", deadline=None, derandomize=True, database=None)
settings.load_profile("gate" if "CI" in os.environ else "any-machine")

# Documents, services, tools, stories of many keys, damaged files and plain arithmetic: they add nothing to the coverage
# and do not depend on the interpreter, so they run once, and without the coverage that would double their time.
UNMEASURED = (
    *("test_documents.py", "test_type_checkers.py", "test_release.py", "api/test_typing.py"),
    *("docs/", "examples/", "openapi/", "faults/test_matrix.py", "cli/test_bulk_gateways.py"),
    *("jobs/test_against_sandbox.py", "jobs/test_crashes.py", "jobs/test_gateways.py", "jobs/test_stories.py"),
    *("jobs/test_damage.py", "pipeline/test_gcra.py"),
    *("paging/test_requests.py", "paging/test_small_scopes.py", "paging/test_every_reading.py"),
    *("paging/test_changing_lists.py", "paging/test_walks_end.py", "paging/test_recorded_walks.py"),
)
# These do not depend on the interpreter either.
ONCE = (
    *UNMEASURED,
    *("bulk/test_pace.py", "cli/test_demo.py", "cli/test_notebook.py", "distributed/", "jobs/test_disk_failures.py"),
    *("pipeline/test_shared_limit.py", "sandbox/test_pytest_plugin.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run once, and those that run without coverage."""
    folder = Path(__file__).parent
    for item in items:
        path = str(item.path.relative_to(folder))
        if path.startswith(UNMEASURED):
            item.add_marker("unmeasured")
        if path.startswith(ONCE):
            item.add_marker("once")


def pytest_collection_finish() -> None:
    """Freeze what collecting the tests made, because a test that collects garbage would scan all of it."""
    gc.collect()
    gc.freeze()
