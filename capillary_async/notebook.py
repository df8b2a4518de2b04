"""What makes results easy to look at in a notebook: `%load_ext capillary_async.notebook`.

From then on models are shown as tables: a list or a tuple of them with a row for each, one alone with a line for each
of its values. Nothing is changed for others: the formatters are those of this notebook. A bar for jobs and for
`lookup_many` is `capillary_async.telemetry.ProgressSink`.
"""

from collections.abc import Sequence
from typing import Any, cast

from capillary_async.codec.json_text import json_cell
from capillary_async.models.definition import Model
from capillary_async.tables.html import html_record, html_table


def load_ipython_extension(ipython: Any) -> None:
    """Show models as tables; IPython calls this for `%load_ext`."""
    formatter = ipython.display_formatter.formatters["text/html"]
    formatter.for_type(list, rows_to_html)
    formatter.for_type(tuple, rows_to_html)
    formatter.for_type(Model, model_to_html)  # and so for every class below it


def unload_ipython_extension(ipython: Any) -> None:
    """Show everything as before; IPython calls this for `%unload_ext`."""
    formatter = ipython.display_formatter.formatters["text/html"]
    for kind in (list, tuple, Model):
        formatter.pop(kind, None)


def rows_to_html(rows: Sequence[Any]) -> str | None:
    """Write models of one class as a table; `None` when they are something else."""
    kinds = {type(cast("object", row)) for row in rows}
    is_table = len(kinds) == 1 and all(issubclass(kind, Model) for kind in kinds)
    return html_table(rows, json_cell) if is_table else None


def model_to_html(model: Model) -> str:
    """Write everything that a model holds, one line each."""
    return html_record(model, json_cell)
