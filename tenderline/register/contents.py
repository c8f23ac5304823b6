"""What is said about a purchase, as one number each: equal when amount, date and awardee are the same, upper and lower case aside."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tenderline.register.schema import NO_AMOUNT, NO_DATE, fold

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.segment import Segment

_SPREAD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def contents_of_batch(batch: pa.RecordBatch, awardees: pa.Array) -> NDArray[np.uint64]:
    """What each row of a prepared batch says; ``awardees`` are its folded awardees, empty where none is known."""
    import numpy as np

    names = awardees.dictionary_encode()
    codes = np.asarray(names.indices)
    amounts = batch.column("contract_amount").fill_null(NO_AMOUNT).to_numpy()
    days = batch.column("award_date").cast("int32").fill_null(NO_DATE).to_numpy()
    return _mixed(_hashes(names.dictionary.to_pylist())[codes], amounts, days)


def contents_of_rows(segment: Segment, rows: NDArray[Any]) -> NDArray[np.uint64]:
    """What these rows of a segment say."""
    import numpy as np

    contractors = segment.dimension("contractors")
    codes, places = np.unique(contractors.codes[rows], return_inverse=True)
    names = [fold(contractors.names[code] or "") if code >= 0 else "" for code in codes.tolist()]
    return _mixed(_hashes(names)[places], segment.amount[rows], segment.date[rows])


def _hashes(names: Iterable[str]) -> NDArray[np.uint64]:
    """Of folded names."""
    import numpy as np

    return np.frombuffer(b"".join([blake2b(name.encode(), digest_size=8).digest() for name in names]), dtype="<u8")


def _mixed(hashes: NDArray[np.uint64], amounts: NDArray[Any], days: NDArray[Any]) -> NDArray[np.uint64]:
    import numpy as np

    mixed = hashes
    for values in (amounts, days):
        mixed = _stirred(mixed ^ np.asarray(values).astype(np.int64).view(np.uint64))
    return mixed


def _stirred(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of splitmix64: every bit of a value has a say in every bit of the result."""
    import numpy as np

    step, first, second = (np.uint64(constant) for constant in _SPREAD)
    values = values + step
    values = (values ^ (values >> np.uint64(30))) * first
    values = (values ^ (values >> np.uint64(27))) * second
    return values ^ (values >> np.uint64(31))
