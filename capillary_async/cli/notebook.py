"""The notebook extension, `%load_ext capillary_async`: show models as tables.

The notebook shows a list or a tuple of models as a table with a row for each model, and a single model as a table with
a line for each value. The extension changes the formatters of this notebook only.
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
    formatter.for_type(Model, model_to_html)  # IPython uses it for derived classes too


def unload_ipython_extension(ipython: Any) -> None:
    """Remove the formatters; IPython calls this for `%unload_ext`."""
    formatter = ipython.display_formatter.formatters["text/html"]
    for kind in (list, tuple, Model):
        formatter.pop(kind, None)


def rows_to_html(rows: Sequence[Any]) -> str | None:
    """Return an HTML table of models of one class; `None` for any other rows."""
    kinds = {type(cast("object", row)) for row in rows}
    is_table = len(kinds) == 1 and all(issubclass(kind, Model) for kind in kinds)
    return html_table(rows, json_cell) if is_table else None


def model_to_html(model: Model) -> str:
    """Return an HTML table with a line for each value of a model."""
    return html_record(model, json_cell)
