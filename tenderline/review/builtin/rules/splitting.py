"""One need bought in pieces: amounts just below a threshold, a plan that says so itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tenderline.review.builtin.amounts import Amount, cell_amount, currency_code, money, parse_number
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Competition"

_THRESHOLD = re.compile(r"\b(?:threshold|limit|ceiling)s?\b", re.IGNORECASE)
_SPLITTING = any_of("split(?:ting|s|ted)?|aggregat\\w+|same need|artificial\\w*|subdivi\\w+")
# "up to EUR 5,000 may be bought directly"
_LIMITING = re.compile(
    r"\b(?:below|under|above|over|exceed(?:s|ing)?|up\sto|less\sthan|more\sthan|not\smore\sthan|from)\s(?:the\s\w+\sof\s)?$", re.IGNORECASE
)
# "EUR 40,000 or more calls for an open procedure"
_AND_MORE = re.compile(r"\s(?:and|or)\s(?:more|above|over)\b", re.IGNORECASE)
_CALLS_FOR = any_of(
    "tender(?:s|ing|ed)?|quotations?|competition|competitive|procedure|direct(?:ly)?|approv\\w+|require[sd]?|need(?:s|ed)?|bids?|bidding"
)
_IN_PARTS = re.compile(
    r"\b(?:divid|split|separat|brok|break|spread|parcel|cut\sinto|staggered|(?:two|three|four|five|six|seven|eight|several)\s(?:\w+\s)?"
    r"(?:orders?|contracts?|purchases?|lots?|parts?|packages?|requests?))",
    re.IGNORECASE,
)
_STAYS_BELOW = re.compile(
    r"\b(?:each|all|every|none|any|which|so\sthat|in\sorder|to\s(?:keep|stay|remain))\b[^.]{0,90}?\b(?:below|under|beneath|less\sthan|not\s(?:reach|exceed)"
    r"|within|exceeds?)\b[^.]{0,40}?(?:\b(?:threshold|limit|ceiling)|\b[A-Z]{3}\s?\d|[€£$]\s?\d)"
    r"|\b(?:avoid|bypass|circumvent|escape|without\shaving)\w*\b[^.]{0,50}?\b(?:tender|competition|procedure|threshold|bidding|approval)",
    re.IGNORECASE,
)
_FORBIDDEN = any_of(
    "must not|may not|shall not|not be|never|prohibit\\w*|forbid\\w*|no purchase|without|avoid (?:splitting|dividing)|not (?:divided|split)"
)
_BEFORE_IN_SERIES = re.compile(r"(?<![\w.,])(?P<figure>\d[\d,.]*\d)(?:,\s|\s?,?\sand\s)$")
_AFTER_IN_SERIES = re.compile(r"(?:,\s|\s?,?\sand\s)(?P<figure>\d{1,3}(?:,\d{3})+(?:\.\d\d)?)(?![\w,]\d)")
_SCALED = re.compile(r"\b(?:million|mn|m)\b", re.IGNORECASE)
_MOST_AMOUNTS = 2_000
_NEAR = Decimal("0.90")


def just_below_threshold(section: SectionView) -> Iterator[Remark]:
    """Three or more amounts just below a threshold that the document names: perhaps one purchase in pieces."""
    document = section.document
    thresholds = document.once("thresholds", lambda: _thresholds(document))
    if not thresholds or document.once("splitting", lambda: document.has(_SPLITTING)):
        return
    amounts = [*section.money[:_MOST_AMOUNTS], *_in_columns(section), *_in_series(section), *_after_first(section)]
    for threshold in thresholds:
        near = {
            amount.value: amount
            for amount in amounts
            if amount.currency == threshold.currency and threshold.value * _NEAR <= amount.value < threshold.value
        }
        if len(near) >= 3:
            first, *_ = near.values()
            yield Remark(
                "split", CATEGORY, "splitting", "question", "High", 0.83, first.start, first.end,
                f"{len(near)} amounts in this section lie just below the threshold of {money(threshold)}.",
                "Compare subject, dates and suppliers of these purchases; together they may need an open procedure.",
                ("Do these purchases serve the same need?", "Who decided to buy separately?"),
            )  # fmt: skip
            return


def divided_need(section: SectionView) -> Iterator[Remark]:
    """A plan that says itself that a need is cut into parts which stay below a threshold; an auditor's report may say so of others."""
    if section.document.kind == "report":
        return
    for sentence, text in section.each_sentence():
        if _IN_PARTS.search(text) and _STAYS_BELOW.search(text) and not _FORBIDDEN.search(text):
            yield Remark(
                "split-need", CATEGORY, "splitting", "critical", "High", 0.86, sentence.start, sentence.end,
                "One need is bought in parts that stay below a threshold.",
                "Estimate the value of the whole need and choose the procedure by it; give the reason if parts are bought separately.",
                ("Which provision allows buying the parts separately?",),
            )  # fmt: skip
            return


def _in_series(section: SectionView) -> Iterator[Amount]:
    """ "19,500, 19,800 and 19,700 euros": figures that share the currency of the last one."""
    for last in section.money[:_MOST_AMOUNTS]:
        scale = _SCALED.search(section.text, last.start, last.end)
        end = last.start
        while (before := _BEFORE_IN_SERIES.search(section.text, max(0, end - 24), end)) is not None:
            value, places = parse_number(before["figure"])
            if value is None:
                break
            factor = Decimal(10) ** (6 if scale else 0)
            yield Amount(before.start("figure"), before.end("figure"), value * factor, last.currency, places)
            end = before.start("figure")


def _after_first(section: SectionView) -> Iterator[Amount]:
    """ "EUR 19,500, 19,800 and 19,700": figures that share the currency of the first one."""
    for first in section.money[:_MOST_AMOUNTS]:
        end = first.end
        while (after := _AFTER_IN_SERIES.match(section.text, end)) is not None:
            value, places = parse_number(after["figure"])
            if value is None:
                break
            yield Amount(after.start("figure"), after.end("figure"), value, first.currency, places)
            end = after.end("figure")


def _in_columns(section: SectionView) -> Iterator[Amount]:
    """The amounts of table columns whose header names the currency."""
    for table in section.tables:
        for column, head in enumerate(table.header):
            currency = next((currency_code(word) for word in re.findall(r"[A-Z]{3}|[€£$]", head.text) if currency_code(word)), "")
            for row in table.body[:_MOST_AMOUNTS] if currency else ():
                figure = cell_amount(row[column].text) if len(row) > column else None
                if figure and not figure.currency:
                    yield replace(figure, start=row[column].start, end=row[column].end, currency=currency)


def _thresholds(document: DocumentView) -> list[Amount]:
    found: dict[tuple[str, Decimal], Amount] = {}
    for view in document.sections():
        for amount in view.money:
            if amount.value < 500:
                continue
            before = view.text[max(0, amount.start - 40) : amount.start].rpartition(". ")[2]
            after = view.text[amount.end : amount.end + 40]
            if (
                _THRESHOLD.search(before)
                or _AND_MORE.match(after)
                or (_LIMITING.search(before) and _CALLS_FOR.search(view.around(amount.start, 0, 0)))
            ):
                found.setdefault((amount.currency, amount.value), amount)
    return list(found.values())
