"""Rows as tables: Arrow schemas and record batches, and the cells of CSV."""

from capillary_async.tables.columns import load_pyarrow
from capillary_async.tables.schema import TableSchema, check_row_type

__all__ = ["TableSchema", "check_row_type", "load_pyarrow"]
