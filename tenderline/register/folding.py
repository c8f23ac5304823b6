"""Folding whole Arrow columns: ASCII at once, the rest value by value through ``schema.fold``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenderline.register.schema import fold

if TYPE_CHECKING:
    import pyarrow


def large(column: pyarrow.Array) -> pyarrow.Array:
    """A column of text as large_string, empty where it is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(column.cast(pa.large_string()), "")


def fold_array(texts: pyarrow.Array) -> pyarrow.Array:
    """Every text folded. ``texts`` is a large_string array without nulls; so is the result."""
    import pyarrow as pa
    import pyarrow.compute as pc

    folded = pc.ascii_lower(texts)
    plain = pc.string_is_ascii(texts)
    if pc.all(plain, min_count=0).as_py():
        return folded
    odd = pc.invert(plain)
    encoded = texts.filter(odd).dictionary_encode()
    distinct = pa.array(_folded(encoded.dictionary.to_pylist()), pa.large_string())
    return pc.replace_with_mask(folded, odd, distinct.take(encoded.indices))


def _folded(texts: list[str]) -> list[str]:
    """Every text folded, all in one go: neither folding nor composing reaches over a newline, and cleaned text has none."""
    folded = fold("\n".join(texts)).split("\n")
    return folded if len(folded) == len(texts) else [fold(text) for text in texts]
