"""Bulk jobs on the machines of an engine that is there already."""

from capillary_async.distributed.on_dask import run_on_dask

__all__ = ["run_on_dask"]
