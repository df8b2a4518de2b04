"""Every documented sample can be exported without loss: as a dict, as JSON, as a table, and as a job's row."""

import json
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capillary_async import to_dict, to_json
from capillary_async.codec import Converter, decode_json, json_cell
from capillary_async.codec.interop import from_dict
from capillary_async.codec.records import record_cell, record_decoder
from capillary_async.codec.row_text import TABLE, decode_rows, encode_rows
from capillary_async.tables import TableSchema
from tests.payloads import GOOD, located

SAMPLES = pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)


def rows_of(path: Path) -> list[Any]:
    """Return the models of a sample."""
    models = Converter(UTC).structure(*located(path))
    return [*models] if isinstance(models, tuple) else [models]


@SAMPLES
@pytest.mark.parametrize("by_alias", [False, True])
def test_a_model_comes_back_from_json_as_it_was(path: Path, by_alias: bool) -> None:  # noqa: FBT001
    """Data stored today must be readable tomorrow."""
    for row in rows_of(path):
        text = json.dumps(to_dict(row, by_alias=by_alias))

        assert from_dict(row.__class__, json.loads(text)) == row
        assert from_dict(row.__class__, json.loads(to_json(row, by_alias=by_alias), parse_float=Decimal)) == row


@SAMPLES
def test_what_a_job_stores_is_what_json_says(path: Path) -> None:
    """The fast encoder and the exact encoder must agree."""
    rows = rows_of(path)

    assert decode_rows(encode_rows(rows)) == decode_json(to_json(rows).encode())


@SAMPLES
def test_a_table_is_the_same_from_models_and_from_what_a_job_stores(path: Path) -> None:
    """A listing and a job must write the same Parquet file."""
    pytest.importorskip("pyarrow")
    rows = rows_of(path)
    row_type: Any = rows[0].__class__
    read = record_decoder(row_type)

    direct = TableSchema.of(row_type, json_cell).batch(rows)

    text = encode_rows(rows)
    stored = TableSchema.of(row_type, record_cell)

    assert read is not None
    assert stored.batch(decode_rows(text)) == direct
    assert text.startswith(TABLE) or stored.batch(read([text])[0]) == direct
    assert direct.num_rows == len(rows)
