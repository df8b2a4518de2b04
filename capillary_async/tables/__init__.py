"""Rows as tables: Arrow schemas and record batches, and the cells of CSV."""

from capillary_async.tables.columns import load_pyarrow
from capillary_async.tables.schema import TableSchema

__all__ = ["TableSchema", "load_pyarrow"]
