"""Notebooks: the examples of the README and the tutorial, tables and progress bars."""

import pickle
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from capillary_async import CapillaryClient, SlabChange, TargetEvent
from capillary_async.cli.notebook import model_to_html, rows_to_html

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs" / "tutorial.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "how-to" / "notebooks.md").read_text("utf-8")
# The examples that are neither servers nor tests.
EXAMPLES = [
    code
    for code in re.findall(r"^```python\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)
    if "asyncio.run(main())" in code
]
SHOWN = """
%load_ext capillary_async
from capillary_async import BasicAuth, CapillaryClient, lookup_many
from capillary_async.sandbox import Sandbox
from capillary_async.telemetry import ProgressSink
"""
LOOKED_UP = """
async with Sandbox() as server, CapillaryClient(server.base_url, BasicAuth(server.till, server.password)) as client:
    async with lookup_many(client.customers.get, range(1, 51)) as outcomes:
        found = [outcome.value async for outcome in ProgressSink("customers").track(outcomes, total=50)]
    events = await client.targets.list_events(1, 7).collect()
    page = await anext(client.user_groups.list_members(93257).pages())
"""
JOB = """
from capillary_async.jobs import BulkJob

job = BulkJob.create("job", "active-targets", range(1, 41))
async with Sandbox() as server, CapillaryClient(server.base_url, BasicAuth(server.till, server.password)) as client:
    with ProgressSink("june") as bar:
        await job.run(client, on_progress=bar)
"""
EVENT = TargetEvent(event_log_id=7, unique_id="<b>&", target_value=Decimal("1.500"))


def run(cells: Sequence[str], folder: Path) -> list[list[dict[str, Any]]]:
    """Execute a notebook, and return the output of each cell."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells]


# Warnings of jupyter_client.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_readme_runs_by_top_level_await(tmp_path: Path) -> None:
    """A notebook already runs an event loop, so `asyncio.run` must be replaced by `await`."""
    outputs = run([code.replace("asyncio.run(main())", "await main()") for code in EXAMPLES], tmp_path)

    assert len(outputs) >= 3
    assert all(any(output["output_type"] == "stream" for output in cell) for cell in outputs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_page_on_notebooks_runs(tmp_path: Path) -> None:
    """Readers copy its cells."""
    _, events, customers, job, _ = run(re.findall(r"^```ipython\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL), tmp_path)

    shown = [str(output) for output in (*events, *customers, *job)]
    assert sum("<table>" in output for output in shown) == 2
    assert sum("<progress" in output for output in shown) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_models_are_tables_and_lookups_have_a_bar(tmp_path: Path) -> None:
    """A hundred `repr`s are hard to read."""
    cells = (SHOWN, LOOKED_UP, "events", "page", "found[0]", "[1, 2]", JOB)

    _, looked_up, events, page, single, others, job = run(cells, tmp_path)

    bar = '<label>customers <progress value="50" max="50"></progress> 50 of 50</label>'
    assert [output["data"]["text/html"] for output in looked_up] == [bar]
    assert events[0]["data"]["text/html"].startswith("<table><thead><tr><th>event_log_id</th>")
    assert page[0]["data"]["text/html"].startswith("<table><thead><tr><th>fleet_user_id</th>")
    assert "<th>loyalty_info.lifetime_purchases</th>" in single[0]["data"]["text/html"]
    assert "text/html" not in others[0]["data"]
    assert '<label>june <progress value="40" max="40">' in job[0]["data"]["text/html"]


async def test_what_a_listing_returns_is_a_table_without_an_extension(capillary_client: CapillaryClient) -> None:
    """The result must still be a list."""
    events = await capillary_client.targets.list_events(1, 7).collect(limit=2)

    assert cast("Any", events)._repr_html_() == rows_to_html(events)
    assert events == list(events)
    assert pickle.loads(pickle.dumps(events)) == events


def test_a_table_leaves_empty_columns_out() -> None:
    """Most attributes of most models are empty."""
    table = rows_to_html([EVENT])

    assert table is not None
    assert re.findall("<th>(.*?)</th>", table) == ["event_log_id", "unique_id", "target_value"]
    assert re.findall("<td>(.*?)</td>", table) == ["7", "&lt;b&gt;&amp;", "1.500"]


def test_a_long_table_shows_twenty_rows_and_a_count() -> None:
    """A notebook with a million rows could not be opened."""
    table = rows_to_html((EVENT,) * 1000)

    assert table is not None
    assert table.count("<tr>") == 21
    assert table.endswith("<p>980 more rows</p>")


@pytest.mark.parametrize("rows", [[], [1], [EVENT, 1], [EVENT, SlabChange()]])
def test_other_lists_are_no_tables(rows: list[object]) -> None:
    """Lists without models must keep their default display."""
    assert rows_to_html(rows) is None


def test_a_model_has_a_line_for_each_value() -> None:
    """A customer has hundreds of values, too many for columns."""
    assert model_to_html(EVENT).count("<tr>") == 3
