"""When two rows tell of the same thing: hashes that are equal exactly then, whatever file, import or segment a row stands in.

The same number (contract number, else reference), organisation, item and awardee are the same purchase; of a contract without an item the
number and the organisation alone, so that another awardee is a contradiction and not another contract. Rows without any number are the
same only when titles, date and amount are the same too. Upper and lower case make no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tenderline.register.schema import NO_AMOUNT, NO_DATE, fold

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

IDENTITY = (("hi", "<u8"), ("lo", "<u8"), ("content", "<u8"), ("number", "<u8"), ("row", "<i4"))
"""The fields of a segment's ``identity.npy`` (``numpy.dtype(list(IDENTITY))``), sorted by hi, then lo, then row."""
_BETWEEN = "\x1f"
_SPREAD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@dataclass(frozen=True)
class Identities:
    """Of each row: 128 bits of what it is about (``hi``, ``lo``), 64 of what is said about it (``content``: amount, date, awardee) and 64 of
    its number and organisation (``number``, 0 without a number): the purchase order it belongs to."""

    hi: np.ndarray[Any, np.dtype[np.uint64]]
    lo: np.ndarray[Any, np.dtype[np.uint64]]
    content: np.ndarray[Any, np.dtype[np.uint64]]
    number: np.ndarray[Any, np.dtype[np.uint64]]


def identities(batch: pa.RecordBatch) -> Identities:
    """The identities of the rows of a prepared batch; further columns don't matter. About 1 s for a million rows."""
    import numpy as np

    digests = np.frombuffer(
        b"".join([blake2b(key, digest_size=16).digest() for key in _folded(_keys(batch)).cast("binary").to_pylist()]), dtype="<u8"
    ).reshape(-1, 2)
    return Identities(np.ascontiguousarray(digests[:, 0]), np.ascontiguousarray(digests[:, 1]), _contents(batch), _numbers(batch))


def _keys(batch: pa.RecordBatch) -> pa.Array:
    """What a row is about, as one text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column
    number = pc.coalesce(column("contract_no"), column("reference_id"))
    numbered = pc.is_valid(number)
    itemised = pc.or_(pc.is_valid(column("item_name")), pc.is_valid(column("item_description")))
    nothing = pa.scalar(None, pa.string())
    parts = [
        pc.if_else(numbered, pa.scalar("n"), pa.scalar("t")),
        number,
        column("organization_name"),
        column("item_name"),
        column("item_description"),
        pc.if_else(pc.and_(numbered, pc.invert(itemised)), nothing, column("awardee_name")),
    ]
    if not pc.all(numbered).as_py():
        told = (
            column("award_title"),
            column("notice_title"),
            column("award_date").cast("string"),
            column("contract_amount").cast("string"),
        )
        parts += [pc.if_else(numbered, nothing, part) for part in told]
    else:
        parts += [pa.scalar("")] * 4
    return pc.binary_join_element_wise(*parts, _BETWEEN, null_handling="replace", null_replacement="")


def _folded(texts: pa.Array) -> pa.Array:
    """The texts as ``schema.fold`` makes them. Of plain ASCII, which most are, lower case is all there is to do."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.fill_null(pc.string_is_ascii(texts), True)
    lowered = pc.ascii_lower(texts)
    if pc.all(plain).as_py() in (True, None):
        return lowered
    others = pc.invert(plain)
    folded = pa.array([fold(text) for text in texts.filter(others).to_pylist()], pa.string())
    return pc.replace_with_mask(lowered, others, folded)


def _contents(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A hash of amount, date and awardee of each row."""
    import numpy as np

    mixed = _hashes(batch.column("awardee_name"))
    amount = batch.column("contract_amount").fill_null(NO_AMOUNT).to_numpy(zero_copy_only=False).astype(np.int64)
    days = batch.column("award_date").cast("int32").fill_null(NO_DATE).to_numpy(zero_copy_only=False).astype(np.int64)
    for value in (amount, days):
        mixed = _stir(mixed ^ value.view(np.uint64))
    return mixed


def _numbers(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A hash of number and organisation of each row."""
    import numpy as np
    import pyarrow.compute as pc

    number = pc.coalesce(batch.column("contract_no"), batch.column("reference_id"))
    mixed = _stir(_hashes(number) ^ _stir(_hashes(batch.column("organization_name"))))
    return np.where(number.is_valid().to_numpy(zero_copy_only=False), mixed, np.uint64(0))


def _hashes(texts: pa.Array) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A hash of each folded text; 0 for a missing one."""
    import numpy as np

    encoded = texts.dictionary_encode()
    distinct = _folded(encoded.dictionary).cast("binary").to_pylist()
    hashes = np.frombuffer(b"".join([blake2b(text, digest_size=8).digest() for text in distinct] + [bytes(8)]), dtype="<u8")
    hashed: np.ndarray[Any, np.dtype[np.uint64]] = hashes[encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)]
    return hashed


def _stir(value: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The finalizer of splitmix64: every bit of the value has a say in every bit of the result."""
    import numpy as np

    step, first, second = (np.uint64(constant) for constant in _SPREAD)
    value = value + step
    value = (value ^ (value >> np.uint64(30))) * first
    value = (value ^ (value >> np.uint64(27))) * second
    stirred: np.ndarray[Any, np.dtype[np.uint64]] = value ^ (value >> np.uint64(31))
    return stirred
