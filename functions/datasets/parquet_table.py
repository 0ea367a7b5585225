"""Parquet files: the footer and every page are measured before Arrow unpacks any of them."""

from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from functions.datasets.arrays import Samples
from functions.datasets.cells import BLANK, LONGEST, Words
from functions.datasets.columns import Growing, check_names, check_size
from functions.datasets.definition import Definition
from functions.datasets.labels import Labels
from functions.datasets.limits import Limits
from functions.datasets.parquet_pages import check_footer, check_pages
from functions.datasets.vectors import vector
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

_BATCH = 65_536
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError)


def read_parquet(file: BinaryIO, definition: Definition, limits: Limits) -> Samples:
    """Read a Parquet file with exactly the declared columns.

    Raises:
        Rejected: It is damaged or hostile, has other columns, other types, empty cells, or too much of anything.
    """
    check_footer(file)
    try:
        parquet = pq.ParquetFile(
            file, pre_buffer=False, thrift_string_size_limit=1 << 24, thrift_container_size_limit=1 << 20,
            read_dictionary=[definition.label] if definition.columns[definition.label] == "str" else None,
        )  # fmt: skip
        return _read(parquet, file, definition, limits)
    except _BROKEN as error:
        sentence = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        if sentence.startswith("Not yet implemented"):
            what = "the Parquet file is written in a way that is not read"
            raise Rejected(f"{what}: {sentence}", hint="write it anew, with pyarrow's or pandas' defaults") from None
        raise Rejected(f"the Parquet file is damaged: {sentence}", hint="write it anew and upload it again") from None


def _read(parquet: Any, file: BinaryIO, definition: Definition, limits: Limits) -> Samples:  # noqa: ANN401 - no stubs
    schema, about = parquet.schema_arrow, parquet.metadata
    if len(schema.names) > limits.columns:
        raise Rejected(f"it has {len(schema.names):,} columns, more than the limit of {limits.columns:,}")
    check_names(schema.names, definition)
    for column in schema:
        _check_type(column, definition.columns[column.name])
    if not about.num_rows:
        raise Rejected("it has columns and no rows", hint="upload the data")
    check_size(about.num_rows, len(schema.names), limits)
    check_pages(file, about, limits)
    return _rows(parquet, definition, limits)


def _rows(parquet: Any, definition: Definition, limits: Limits) -> Samples:  # noqa: ANN401 - no stubs
    kind = definition.columns[definition.label]
    words = Words(limits.classes)
    x = Growing(len(definition.features), np.float32, limits)
    labels = Growing(1, np.float64 if kind == "float" else np.int64, limits)
    for batch in parquet.iter_batches(batch_size=_BATCH, use_threads=False):
        first = x.rows
        x.grow(batch.num_rows)
        labels.grow(batch.num_rows)
        for place, name in enumerate((*definition.features, definition.label)):
            target = labels.part[:, 0] if name == definition.label else x.part[:, place]
            target[:] = _values(batch.column(name), name, definition.columns[name], first=first, words=words)
    if x.rows != parquet.metadata.num_rows:
        raise Rejected(f"it says {parquet.metadata.num_rows:,} rows, but has {x.rows:,}", hint="write it anew")
    known = Labels(kind, labels.whole()[:, 0], lambda row: f"row {row + 1}", tuple(words.numbers))
    return Samples(x.whole(), known)


def _values(column: Any, name: str, kind: str, *, first: int, words: Words) -> NDArray[Any]:  # noqa: ANN401 - no stubs
    def where(place: int) -> str:
        return f"row {first + place + 1}"

    if column.null_count:
        place = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise Rejected(f"{where(place)}: column {shown(name)} is empty", hint="fill it in, or leave the row out")
    if kind != "str":
        return vector(column.to_numpy(zero_copy_only=False), kind, name=name, where=where)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    places = encoded.indices.to_numpy(zero_copy_only=False)
    used, inverse = np.unique(places, return_inverse=True)
    texts = encoded.dictionary.take(pa.array(used)).to_pylist()
    for number, text in enumerate(texts):
        if not text.strip(BLANK) or len(text) > LONGEST:
            what = f"is {shown(text)}, longer than {LONGEST} characters" if text.strip(BLANK) else "is empty"
            place = int(np.flatnonzero(inverse == number)[0])
            raise Rejected(f"{where(place)}: column {shown(name)} {what}", hint="give each row a short class name")
    return np.array([words.number(text) for text in texts], np.int64)[inverse]


def _check_type(column: Any, kind: str) -> None:  # noqa: ANN401 - no stubs
    stored, types = column.type, pa.types
    texts = stored.value_type if types.is_dictionary(stored) else stored
    fits = {
        "float": types.is_floating(stored) or types.is_integer(stored),
        "int": types.is_integer(stored),
        "bool": types.is_boolean(stored),
        "str": types.is_string(texts) or types.is_large_string(texts),
    }
    if not fits[kind]:
        hint = "store it as numbers, booleans or text, or correct its type in columns"
        raise Rejected(f"column {shown(column.name)} holds {str(stored)[:60]}, but is declared {kind}", hint=hint)
