"""How good the data of a file is: counted while it is read, told as a score from 0 to 100 with its reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tenderline.register.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

WEIGHTS = {
    "rejected": (60.0, "could not be read and were rejected"),
    "no_amount": (30.0, "have no amount"),
    "no_date": (20.0, "have no date"),
    "no_awardee": (25.0, "name no awardee"),
    "no_organization": (15.0, "name no organization"),
    "no_number": (10.0, "have neither contract number nor reference"),
    "no_title": (10.0, "have no title and no item"),
    "year_only": (5.0, "have only a year for a date"),
    "zero_amount": (15.0, "have an amount of zero"),
    "negative_amount": (15.0, "have a negative amount"),
    "repeated": (15.0, "stand in the file more than once"),
    "odd_amount": (5.0, "have an amount more than a thousand times the usual one"),
    "repaired": (10.0, "have characters that had to be repaired"),
}
"""What is counted -> the points it costs if all rows have it, and how it is told of several."""
_OF_ONE = {"have": "has", "were": "was", "name": "names", "stand": "stands"}
_ODD = 1000


@dataclass
class Quality:
    """Counts of what is wrong with the rows seen so far."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 0))
    usual: int | None = None

    def see(self, batch: pa.RecordBatch) -> None:
        """Count the prepared rows of a batch."""
        import pyarrow.compute as pc

        def missing(*names: str) -> int:
            return int(pc.sum(pc.invert(pc.is_valid(pc.coalesce(*map(batch.column, names))))).as_py() or 0)

        def true(mask: pa.Array) -> int:
            return int(pc.sum(mask).as_py() or 0)

        if not batch.num_rows:
            return
        amount = batch.column("contract_amount")
        if self.usual is None and len(amount) > amount.null_count:
            self.usual = abs(int(pc.quantile(amount, 0.5)[0].as_py())) or None
        found = {
            "no_amount": amount.null_count,
            "no_date": batch.column("award_date").null_count,
            "no_awardee": missing("awardee_name"),
            "no_organization": missing("organization_name"),
            "no_number": missing("contract_no", "reference_id"),
            "no_title": missing("award_title", "notice_title", "item_name", "item_description"),
            "year_only": true(batch.column("year_only")),
            "zero_amount": true(pc.equal(amount, 0)),
            "negative_amount": true(pc.less(amount, 0)),
            "odd_amount": true(pc.greater(amount, _ODD * self.usual)) if self.usual else 0,
        }
        for name, count in found.items():
            self.counts[name] += count
        self.rows += batch.num_rows

    def score(self, **further: int) -> dict[str, Any]:
        """``{score, reasons: [{text, count, points}]}``, worst reason first.

        Args:
            further: counts that are known only at the end: ``rejected``, ``repeated``, ``repaired``.
        """
        counts = self.counts | further
        total = self.rows + counts["rejected"]
        if not total:
            return {"score": 0, "reasons": [{"text": "The file has no rows.", "count": 0, "points": 100.0}]}
        reasons = []
        for name, (weight, words) in WEIGHTS.items():
            if count := counts[name]:
                reasons.append({"text": _sentence(count, words), "count": count, "points": round(weight * min(1.0, count / total), 2)})
        reasons.sort(key=lambda reason: -float(str(reason["points"])))
        lost = sum(float(str(reason["points"])) for reason in reasons)
        score = max(0, round(100 - lost))
        return {"score": min(score, 99) if reasons else score, "reasons": reasons}

    def as_dict(self) -> dict[str, Any]:
        """As JSON; ``Quality(**stored)`` makes it whole again."""
        return asdict(self)


def _sentence(count: int, words: str) -> str:
    if count == 1:
        words = " ".join(_OF_ONE.get(word, word) for word in words.split())
    return f"{counted(count, 'row')} {words}."
