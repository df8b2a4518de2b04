"""Hooks for all tests."""

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
settings.load_profile("any-machine")

# These tests check documents, services, tools and stories of many keys, which do not depend on the interpreter, so one
# run is enough.
ONCE = (
    *("test_documents.py", "cli/test_notebook.py", "test_type_checkers.py", "test_release.py", "api/test_typing.py"),
    *("distributed/", "docs/", "examples/", "openapi/"),
    *("jobs/test_crashes.py", "jobs/test_damage.py", "jobs/test_disk_failures.py", "jobs/test_gateways.py"),
    *("bulk/test_pace.py", "faults/test_matrix.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that other interpreters and older releases need not run again."""
    folder = Path(__file__).parent
    for item in items:
        if str(item.path.relative_to(folder)).startswith(ONCE):
            item.add_marker("once")
