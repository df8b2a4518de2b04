"""Turns the part files into one file: JSON lines, CSV or Parquet.

The file appears under its name when it is complete and safe, not before. Memory does not grow
with the output: rows are read back a batch at a time and written on.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from capillary_async.codec import encode_json
from capillary_async.jobs.disk import Disk, NewFile
from capillary_async.jobs.output import Layout, Line
from capillary_async.jobs.problems import JobRefusedError
from capillary_async.jobs.shapes import Shape, shape_of

OutputFormat = Literal["parquet", "jsonl", "csv"]
Lines = Iterable[Line]

# JSON is converted so many bytes at a time, for Python's own objects are large; what comes of it is
# gathered until it makes a row group.
_CHUNK_BYTES: Final = 2**21
_GROUP_BYTES: Final = 2**25
# What pyarrow and Python raise for a value that is not what it should be; their texts quote it.
_MISFITS: Final = (ArithmeticError, AttributeError, TypeError, ValueError)


def output_path(directory: Path, form: OutputFormat) -> Path:
    """Return where a job's output is, or would be."""
    return directory / f"output.{form}"


def check_format(form: str) -> None:
    """See that output can be written in a format; better before a job than at its end.

    Raises:
        JobRefusedError: The format is unknown, or pyarrow is missing.
    """
    if form not in _WRITERS:
        raise JobRefusedError(f"there is no format {form!r}; there are {', '.join(_WRITERS)}")
    if form == "parquet" and find_spec("pyarrow") is None:
        raise JobRefusedError("Parquet takes pyarrow: pip install 'capillary-async[parquet]'")


def seal(disk: Disk, path: Path, form: OutputFormat, layout: Layout, read: Callable[[], Lines]) -> None:
    """Write the output.

    Args:
        disk: Does the work.
        path: The output.
        form: "parquet", "jsonl" or "csv".
        layout: Its columns.
        read: Begins to read the rows; Parquet reads them twice.

    Raises:
        JobRefusedError: The format is unknown, pyarrow is missing, or a row is not what the lookup declares.
        OSError: The disk failed. There is no output, or the one from before.
    """
    check_format(form)
    with NewFile(disk, path) as file:
        _WRITERS[form](file, layout, read)


def _rows(layout: Layout, lines: Lines) -> Iterator[list[Any]]:
    for line in lines:
        for row in line.rows:
            yield layout.cells(line.key, row)


def _write_jsonl(file: NewFile, layout: Layout, read: Callable[[], Lines]) -> None:
    names = layout.names
    for cells in _rows(layout, read()):
        file.write(encode_json(dict(zip(names, cells, strict=True))) + b"\n")


def _write_csv(file: NewFile, layout: Layout, read: Callable[[], Lines]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(layout.names)
    for cells in _rows(layout, read()):
        writer.writerow([_cell(cell) for cell in cells])
        file.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    file.write(text.getvalue().encode())


def _cell(value: Any) -> object:
    """Write texts and numbers as they are, nothing for null, and JSON for what has parts."""
    if value is None or (isinstance(value, str | int | Decimal) and not isinstance(value, bool)):
        return value
    return encode_json(value).decode()


def _write_parquet(file: NewFile, layout: Layout, read: Callable[[], Lines]) -> None:
    arrow: Any = import_module("pyarrow")  # heavy, and optional
    parquet: Any = import_module("pyarrow.parquet")
    shapes = [shape_of(column.hint) for column in (*layout.keys, *layout.rows)]
    if any(shape.has_decimals for shape in shapes):
        _measure(shapes, layout, read())
    schema = arrow.schema([(name, shape.arrow(arrow)) for name, shape in zip(layout.names, shapes, strict=True)])
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(arrow, _tables(arrow, schema, shapes, layout, read())):
            writer.write_table(group)


def _measure(shapes: Sequence[Shape], layout: Layout, lines: Lines) -> None:
    measured = [(place, shape) for place, shape in enumerate(shapes) if shape.has_decimals]
    for cells in _rows(layout, lines):
        for place, shape in measured:
            try:
                shape.measure(cells[place])
            except _MISFITS:
                raise _misfit(layout.names[place]) from None


def _misfit(name: str) -> JobRefusedError:
    return JobRefusedError(
        f"column {name}: a value is not of the type that the lookup declares; CSV and JSONL take any"
    )


def _tables(arrow: Any, schema: Any, shapes: Sequence[Shape], layout: Layout, lines: Lines) -> Iterator[Any]:
    for chunk in _chunks(layout, lines):
        columns = zip(*chunk, strict=True)
        arrays = [_array(arrow, *one) for one in zip(schema, shapes, columns, strict=True)]
        yield arrow.Table.from_arrays(arrays, schema=schema)


def _array(arrow: Any, field: Any, shape: Shape, cells: Iterable[Any]) -> Any:
    try:
        return arrow.array([shape.convert(cell) for cell in cells], field.type)
    except _MISFITS:
        raise _misfit(field.name) from None


def _chunks(layout: Layout, lines: Lines) -> Iterator[list[list[Any]]]:
    chunk: list[list[Any]] = []
    size = 0
    for line in lines:
        chunk.extend(layout.cells(line.key, row) for row in line.rows)
        size += line.size
        if chunk and size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _groups(arrow: Any, tables: Iterable[Any]) -> Iterator[Any]:
    gathered: list[Any] = []
    for table in tables:
        gathered.append(table)
        if sum(one.nbytes for one in gathered) >= _GROUP_BYTES:
            yield arrow.concat_tables(gathered)
            gathered = []
    if gathered:
        yield arrow.concat_tables(gathered)


_WRITERS: Final[dict[str, Callable[[NewFile, Layout, Callable[[], Lines]], None]]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
}
