"""Changes told twice: by two amounts, and by the percentage between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from tenderline.review.builtin.amounts import Amount, find_money, find_percentages, written
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

_CHANGE = any_of(
    "above|below|more than|less than|higher|lower|rise|rose|risen|increase\\w*|fall|fell|fallen|decrease\\w*|up by|down by|growth|grew"
    "|drop|dropped|saving|reduction|reduced"
)
# A change per year, or of something else than the two amounts.
_OTHER = any_of("per (?:year|annum|month)|a year|each|annually|yearly|of which|threshold|limit|respectively|margin|vat|tax")
_MOST_PERCENT = 400


def wrong_changes(section: SectionView) -> Iterator[Remark]:
    """ "EUR 2.5 million, 18 per cent above the EUR 2.3 million of 2022": the amounts make another percentage, whichever is the base."""
    for sentence, text in section.each_sentence():
        if "%" not in text and "cent" not in text.lower():
            continue
        change = _CHANGE.search(text)
        if change is None or _OTHER.search(text):
            continue
        shares = list(find_percentages(section.text, sentence.start, sentence.end))
        amounts = list(find_money(section.text, sentence.start, sentence.end))
        if len(shares) != 1 or len(amounts) != 2 or amounts[0].currency != amounts[1].currency:
            continue
        (share,), (one, two) = shares, amounts
        if one.value == two.value or not (one.value and two.value) or share.value > _MOST_PERCENT:
            continue
        made = [100 * abs(one.value - two.value) / base for base in (one.value, two.value)]
        slack = Decimal(10) ** -share.places / 2 + sum(_rounding(section, amount) for amount in amounts)
        if all(abs(share.value - each) > slack for each in made):
            low, high = sorted(made)
            yield Remark(
                "parts-total", CATEGORY, "amounts", "important", "High", 0.86, share.start, share.end,
                f"Between the two amounts of this sentence lie {_percent(high)} or {_percent(low)} %, depending on the base, "
                f"not {written(share.value)} %.",
                "Correct the percentage or the amounts.",
            )  # fmt: skip


def _rounding(section: SectionView, amount: Amount) -> Decimal:
    """What rounding of the amount as written can change in a percentage."""
    digits = re.sub(r"\D", "", section.text[amount.start : amount.end]).lstrip("0")
    return Decimal(100) / int(digits) if digits else Decimal(0)


def _percent(value: Decimal) -> str:
    return written(value.quantize(Decimal("0.1")))
