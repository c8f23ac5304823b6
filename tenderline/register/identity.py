"""When two rows are the same contract: the identity of a row, as a hash of 128 bits.

The number of a contract (``contract_no``, or else ``reference_id``) and its organization, and where an item is given also the item
(``item_name``, ``item_description``) and the awardee. A row without any number goes by organization, item, awardee, titles, date and amount
together. Text counts folded. Rows of the same identity, date and amount are duplicates, those with another amount disagree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow

HASH = np.dtype([("hi", "<u8"), ("lo", "<u8")])
NUMBER_FIELDS = ("contract_no", "reference_id", "organization_name")
IDENTITY_FIELDS = (*NUMBER_FIELDS, "item_name", "item_description", "awardee_name", "award_title", "notice_title")
"""The texts that an identity is made of, beside the date and the amount."""


class IdentityIndex:
    """The identities of a segment.

    Args:
        hashes: sorted by ``hi``, then ``lo`` (``HASH``).
        rows: the row of each (int32), ascending among equal ones.
    """

    def __init__(self, hashes: NDArray[np.void], rows: NDArray[np.int32]) -> None:
        self.hashes = hashes
        self.rows = rows

    def matches(self, hashes: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where these identities occur: pairs (place among ``hashes``, row of the segment), one array each, by place and row ascending."""
        known = self.hashes["hi"]
        first = np.searchsorted(known, hashes["hi"], side="left")
        counts = np.searchsorted(known, hashes["hi"], side="right") - first
        hits = np.flatnonzero(counts)
        counts = counts[hits]
        place = np.repeat(hits, counts)
        at = np.repeat(first[hits] - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        same = self.hashes["lo"][at] == hashes["lo"][place]
        return place[same], self.rows[at[same]]


def identities(batch: pyarrow.RecordBatch) -> NDArray[np.void]:
    """The identity of each row of a prepared batch (``HASH``)."""
    import pyarrow.compute as pc

    days = pc.cast(batch.column("award_date"), "int32")
    return hashes_of(_folded(batch, IDENTITY_FIELDS), days, batch.column("contract_amount"))


def numbers_of(batch: pyarrow.RecordBatch) -> NDArray[np.uint64]:
    """For each row of a prepared batch a hash of its number and organization: which purchase order it belongs to. 0 without a number."""
    return number_hashes(_folded(batch, NUMBER_FIELDS))


def hashes_of(folded: Mapping[str, pyarrow.Array], days: pyarrow.Array, amounts: pyarrow.Array) -> NDArray[np.void]:
    """The identities of rows.

    Args:
        folded: the folded texts by field (``IDENTITY_FIELDS``), empty where nothing is known.
        days, amounts: null where nothing is known.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    number, numbered = _number(folded)
    item, description, awardee = folded["item_name"], folded["item_description"], folded["awardee_name"]
    itemised = pc.or_(pc.not_equal(item, ""), pc.not_equal(description, ""))
    empty = pa.scalar("", pa.large_string())
    told_awardee = pc.if_else(pc.and_(numbered, pc.invert(itemised)), empty, awardee)
    told = [
        folded["award_title"],
        folded["notice_title"],
        *(pc.fill_null(pc.cast(values, pa.large_string()), "") for values in (days, amounts)),
    ]
    rest = [pc.if_else(numbered, empty, values) for values in told]
    return _hashed([number, folded["organization_name"], item, description, told_awardee, *rest], HASH)


def number_hashes(folded: Mapping[str, pyarrow.Array]) -> NDArray[np.uint64]:
    """The same as ``numbers_of`` from folded texts (``NUMBER_FIELDS``), empty where nothing is known."""
    number, numbered = _number(folded)
    hashes = _hashed([number, folded["organization_name"]], np.dtype("<u8"))
    return np.where(numbered.to_numpy(zero_copy_only=False), hashes, np.uint64(0))


def _folded(batch: pyarrow.RecordBatch, fields: Sequence[str]) -> dict[str, pyarrow.Array]:
    from tenderline.register.folding import fold_array, large

    return {name: fold_array(large(batch.column(name))) for name in fields}


def _number(folded: Mapping[str, pyarrow.Array]) -> tuple[pyarrow.Array, pyarrow.Array]:
    """The number of each row, and whether it has one."""
    import pyarrow.compute as pc

    contract_no = folded["contract_no"]
    number = pc.if_else(pc.not_equal(contract_no, ""), contract_no, folded["reference_id"])
    return number, pc.not_equal(number, "")


def _hashed(parts: list[pyarrow.Array], kind: np.dtype[Any]) -> NDArray[Any]:
    """A hash of each row's parts together, as wide as ``kind``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pc.binary_join_element_wise(*parts, pa.scalar("\n", pa.large_string()))
    offsets = np.frombuffer(keys.buffers()[1], np.int64)[keys.offset : keys.offset + len(keys) + 1].tolist()
    data = keys.buffers()[2].to_pybytes() if keys.buffers()[2] is not None else b""
    blake2b, size = hashlib.blake2b, kind.itemsize
    digests = [blake2b(data[begin:end], digest_size=size).digest() for begin, end in pairwise(offsets)]
    return np.frombuffer(b"".join(digests), kind)
