"""Weights, shares and instalments that belong together but don't make 100 %."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from tenderline.review.builtin.amounts import Amount, cell_amount, find_percentages, parse_number, written
from tenderline.review.builtin.patterns import any_of, beginning
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.tables import is_rate_column
from tenderline.review.builtin.text import Block, Cell, Span, Table
from tenderline.review.builtin.view import SectionView

_WHOLE = any_of(
    "weight(?:s|ed|ing|ings|age)?|shares?|split|breakdown|broken down|distribut(?:ed|ion)|divided|allocat(?:ed|ion)|criteria",
    "weighs?|(?:scored|evaluated|assessed|ranked) (?:on|against|by)",
    "parts|portions?|proportions?|spread|apportion(?:ed|ment)|assigned|remainder|the rest|remaining|balance"
    "|consists of|made up of|comprises|falls?|goes"
    "|composition|instal?ments?|payment schedule|paid as follows|payments? (?:shall|will|is|are)|milestones?|tranches?|respectively",
)
_REST = any_of("(?:the )?remaining|the (?:rest|remainder|balance)")
_WEIGHTS = beginning("weigh|criteri|award|evaluat|scor")
_NOT_A_SHARE = any_of(
    "guarantees?|securit(?:y|ies)|bonds?|retention|retain(?:ed)?|penalt(?:y|ies)|damages|interest|discount|tax|vat|gst|margin",
    "up to|at least|at most|minimum|maximum|no more than|not exceed(?:ing)?",
    "more than|less than|(?:below|above|over|under|from) (?:the )?\\d+",
    "per (?:day|week|month|year|annum)|increase[ds]?|decrease[ds]?|higher|lower|rose|fell|grew|changed|each|threshold|inflation",
    "overhead|contingenc(?:y|ies)|only|still|pass mark|uptime|availab(?:le|ility)|instead",
)
_HEADER = beginning("weight|share|proportion|percentage|maximum (?:score|points)")
_MOST_COLUMNS = 60
_LEAD_CHARS = 25
_TOTAL_ROW = re.compile(r"^\W*(?:(?:sub|grand|overall)?[\s-]?(?:total|sum)|all|overall|together|average|mean)\b", re.IGNORECASE)
_POINTS = re.compile(r"(?<![\w.,])(\d{1,4}(?:[.,]\d)?)\s?(?:points?|marks?)\b", re.IGNORECASE)
_ALL_POINTS = re.compile(
    r"\b(?:total|maximum|sum|out|each|scale)\s(?:score\s)?of\s(?:up\sto\s)?(\d{2,4})\s(?:points|marks)\b|\b(\d{2,4})\s(?:points"
    r"|marks)\sin\stotal\b",
    re.IGNORECASE,
)


def shares_not_100(section: SectionView) -> Iterator[Remark]:
    """Percentages of one list, one table column or one sentence that are parts of a whole."""
    yield from _lists(section)
    for table in section.tables:
        section.pulse()
        yield from _columns(section, table)
    for sentence, text in section.each_sentence():
        if text.count("%") + text.lower().count("cent") < 2:
            continue
        shares = list(find_percentages(section.text, sentence.start, sentence.end))
        if not shares or _NOT_A_SHARE.search(_beside(section.text, sentence, shares)):
            continue
        if len(shares) < (2 if _WEIGHTS.search(text) or _REST.search(text) else 3) or any(share.value >= 100 for share in shares):
            continue
        # Where the rest is told without a figure, less than 100 is right.
        rest = list(_REST.finditer(text))
        if rest and sentence.start + rest[-1].start() > shares[-1].start and sum(share.value for share in shares) < 100:
            continue
        if _WHOLE.search(text) or (_enumerated(section.text, shares) and _near_100(shares)):
            yield from _judge(shares, text, 0.88)


def points_not_total(section: SectionView) -> Iterator[Remark]:
    """Points of the criteria in a list that don't make the stated total."""
    for items in section.lists:
        points = [_only_points(section, block) for block in items.items]
        known = [figure for figure in points if figure]
        if len(points) < 2 or len(known) < len(points):
            continue
        stated = _ALL_POINTS.search(section.around(items.items[0].start, 2, 0)) or _ALL_POINTS.search(_lead(section, items.lead))
        if stated is None:
            continue
        total, expected = sum((figure.value for figure in known), Decimal(0)), Decimal(stated[1] or stated[2])
        if total != expected:
            where = _span(known)
            yield Remark(
                "points", "Award criteria", "award", "critical", "High", 0.9, where.start, where.end,
                f"The points of the criteria add up to {written(total)}, not to {written(expected)}.",
                "Correct the points or the stated total.",
            )  # fmt: skip


def _lists(section: SectionView) -> Iterator[Remark]:
    for items in section.lists:
        shares = [_only_percentage(section, block) for block in items.items]
        known = [share for share in shares if share]
        if len(shares) < 2 or len(known) < len(shares):
            continue
        body = " ".join(section.text[block.body : block.end][:300] for block in items.items)
        lead = _lead(section, items.lead)
        together = _WHOLE.search(f"{section.title} {lead} {body}") or (len(known) >= 3 and _near_100(known))
        if together and not _NOT_A_SHARE.search(f"{body} {lead}"):
            yield from _judge(known, f"{section.title} {lead} {body}", 0.92)


def _columns(section: SectionView, table: Table) -> Iterator[Remark]:
    heads = " ".join(cell.text for cell in table.header)
    if not _HEADER.search(heads):
        return
    for column, head in enumerate(table.header[:_MOST_COLUMNS]):
        rows = [row for row in table.body if len(row) > column]
        parts = [row for row in rows if not _TOTAL_ROW.match(row[0].text)]
        if is_rate_column(table, column):
            continue
        if len(parts) < 2 or len(rows) - len(parts) > 1 or any(_NOT_A_SHARE.search(row[0].text) for row in parts):
            continue
        shares = [_share_cell(row[column], "%" in head.text or "cent" in head.text.lower()) for row in parts]
        known = [share for share in shares if share]
        if len(known) == len(parts) and all(share.value <= 100 for share in known):
            yield from _judge(known, f"{section.title} {heads}", 0.93)


def _judge(shares: list[Amount], context: str, confidence: float) -> Iterator[Remark]:
    total = sum((share.value for share in shares), Decimal(0))
    weights = bool(_WEIGHTS.search(context))
    rounding = Decimal(0) if weights else Decimal(10) ** -max(share.places for share in shares) * len(shares) / 2
    # Far from 100 they are hardly parts of one whole.
    if abs(total - 100) <= rounding or not 50 <= total <= 150:
        return
    where = _span(shares)
    parts = " + ".join(written(share.value) for share in shares[:8]) + (" + …" if len(shares) > 8 else "")
    category, topic = ("Award criteria", "award") if weights else ("Figures and sums", "amounts")
    yield Remark(
        "shares", category, topic, "critical" if weights else "important", "High", confidence, where.start, where.end,
        f"{'The weights' if weights else 'The shares'} add up to {written(total)} %, not 100 % ({parts}).",
        "Correct the percentages, or say what the rest is.",
    )  # fmt: skip


def _beside(text: str, sentence: Span, shares: list[Amount]) -> str:
    """The sentence from the first share on, with the few words that lead to it: what stands before is about something else."""
    return text[max(sentence.start, shares[0].start - _LEAD_CHARS) : sentence.end]


def _near_100(shares: list[Amount]) -> bool:
    """Whether the shares make nearly, but not exactly, a whole: then they were probably meant to."""
    return abs(sum((share.value for share in shares), Decimal(0)) - 100) <= 10


def _enumerated(text: str, shares: list[Amount]) -> bool:
    """ "30 % wool, 40 % cotton and 20 % silk": short pieces joined by commas, the last one by "and"."""
    gaps = [text[one.end : two.start] for one, two in pairwise(shares)]
    return all(len(gap) <= 60 and re.search(r"[,;]|\band\b", gap) for gap in gaps) and not any(
        re.search(r"\b(?:of which|from|to \d|while|whereas|but|than)\b", gap) for gap in gaps
    )


def _span(shares: list[Amount]) -> Span:
    """From the first to the last share when that is short enough to quote, else the last share."""
    first, last = shares[0], shares[-1]
    return Span(first.start if last.end - first.start <= 180 else last.start, last.end)


def _lead(section: SectionView, index: int) -> str:
    return section.text[section.blocks[index].start : section.blocks[index].end][-400:] if index >= 0 else ""


def _only_percentage(section: SectionView, block: Block) -> Amount | None:
    shares = list(find_percentages(section.text, block.body, min(block.end, block.body + 400)))
    return shares[0] if len(shares) == 1 and shares[0].value < 100 else None


def _only_points(section: SectionView, block: Block) -> Amount | None:
    found = list(_POINTS.finditer(section.text, block.body, min(block.end, block.body + 400)))
    value = parse_number(found[0][1])[0] if len(found) == 1 else None
    return Amount(found[0].start(), found[0].end(), value, "points") if value is not None else None


def _share_cell(cell: Cell, percent_column: bool) -> Amount | None:
    figure = cell_amount(cell.text)
    if figure is None or figure.value < 0 or figure.currency not in (("%", "") if percent_column else ("%",)):
        return None
    return replace(figure, start=cell.start, end=cell.end)
