"""Deeds in the wrong order within a passage: paid before the invoice came, delivered before the order, ended before the beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tenderline.review.builtin.moments import in_words
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Dates and deadlines"

# Events by their verbs, in the words of the trade. A clause has the event that is named last before its date.
_EVENTS: tuple[tuple[str, str, str], ...] = (
    ("request", "the request", r"requested|requests?\s(?:was|were|is|of|dated)|requisition(?:ed)?|asked\sfor|applied\sfor"),
    ("order", "the order", r"(?:purchase\s)?orders?\s(?:was|were|is|are|of|dated|placed|issued)|ordered|placed"),
    ("delivery", "the delivery", r"delivered|deliver(?:y|ies)|supplied|shipped|arrived"),
    ("acceptance", "the acceptance", r"accepted|acceptance|taken\sover|handed\sover"),
    ("invoice", "the invoice", r"invoiced|invoices?\b[^.;]{0,20}?\s(?:was|were|is|of|dated|came|received|issued)|invoice"),
    ("payment", "the payment", r"paid|payment|transferred|settled"),
    ("begin", "the beginning", r"beg[iau]ns?|started?|starts|commence[sd]?|opened|opens"),
    ("end", "the end", r"end(?:s|ed)?|finish(?:es|ed)?|completed?|completes|closed|closes|concluded|expire[sd]?"),
    ("registration", "the last day to register", r"regist(?:er|ers|ered|ration)|sign\sup|enrol(?:s|led|ment)?|apply|applications?"),
    ("visit", "the event itself", r"visits?|meeting|conference|takes?\splace|took\splace|(?:is|was|are|were)\sheld"),
    ("publication", "the publication", r"published|publication|advertised|advertisement|invited"),
    ("deadline", "the deadline", r"deadline|closing\sdate|due\sdate|last\sday|(?:tenders|bids|quotations|box)\s(?:\w+\s)?(?:due|closed)"),
    ("appointment", "the appointment", r"appointed|nominated"),
    ("approval", "the approval", r"approved|approval|authori[sz]ed"),
    ("signature", "the signature", r"signed|signature|concluded"),
    ("draft", "the draft", r"(?:first\s)?draft(?:ed)?(?:\s(?:report|version|text|study))?"),
    ("final", "the final version", r"final\s(?:report|version|draft|text|study|account)"),
    ("comment", "the comments", r"comments?\s(?:was|were|came|arrived|received|of|dated)|replied|reply|answered"),
)  # fmt: skip
_PATTERN = re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{pattern})" for name, _, pattern in _EVENTS) + r")\b", re.IGNORECASE)
_LABEL = {name: label for name, label, _ in _EVENTS}
# What cannot come before what; only pairs that hold in every procedure.
_BEFORE = {
    ("request", "order"), ("request", "delivery"), ("request", "payment"), ("request", "approval"), ("order", "delivery"),
    ("order", "acceptance"), ("order", "invoice"), ("order", "payment"), ("delivery", "acceptance"), ("invoice", "payment"),
    ("begin", "end"), ("registration", "visit"), ("publication", "deadline"), ("draft", "comment"), ("draft", "final"),
    ("appointment", "signature"),
}  # fmt: skip
# Money or goods ahead of time, a date that was moved, another matter altogether.
_EXCUSED = re.compile(
    r"\b(?:advance|in\sadvance|pre-?pa(?:id|yment)|deposit|instal\w*|moved|postponed|extend\w*|instead|earlier|later|before|already"
    r"|retrospective\w*|backdated|after\sthe\sfact|although|even\sthough|irregular\w*|wrongly|not\syet|second|previous|other|another)\b",
    re.IGNORECASE,
)
_CLAUSE_CHARS = 140
_SHORTEST_DAYS = 10
_OPEN = re.compile(
    r"\bopen\s(?:\w+\s)?(?:procedure|tender\w*|competition|invitation|advertisement|bidding)|\bcompetitive\s(?:tender\w*|bidding)",
    re.IGNORECASE,
)
_MOST_SENTENCES = 4_000


@dataclass(frozen=True, slots=True)
class _Event:
    name: str
    day: date
    start: int
    end: int


def event_order(section: SectionView) -> Iterator[Remark]:
    """Two dated deeds of one sentence in an order that cannot be; a report that says so itself is left alone."""
    moments = [moment for moment in section.moments if moment.date]
    if len(moments) < 2:
        return
    place = 0
    for count, (sentence, text) in enumerate(section.each_sentence()):
        if count >= _MOST_SENTENCES:
            return
        while place < len(moments) and moments[place].start < sentence.start:
            place += 1
        inside = []
        while place < len(moments) and moments[place].end <= sentence.end:
            inside.append(moments[place])
            place += 1
        if len(inside) < 2 or _EXCUSED.search(text):
            continue
        events, begin = [], sentence.start
        for moment in inside:
            event = _event(section.text[max(begin, moment.start - _CLAUSE_CHARS) : moment.start])
            begin = moment.end
            if event and moment.date:
                events.append(_Event(event, moment.date, moment.start, moment.end))
        yield from _wrong_order(events)
        yield from _too_short(events, text)


def _wrong_order(events: list[_Event]) -> Iterator[Remark]:
    for place, one in enumerate(events):
        for two in events[place + 1 :]:
            first, second = (one, two) if (one.name, two.name) in _BEFORE else (two, one)
            if (first.name, second.name) not in _BEFORE or second.day >= first.day:
                continue
            yield Remark(
                "event-order", CATEGORY, "dates", "important", "High", 0.86, one.start, two.end,
                f"{_LABEL[second.name].capitalize()} ({in_words(second.day)}) is before {_LABEL[first.name]} ({in_words(first.day)}).",
                "Correct the date that is wrong; if both are right, say how it came about and who allowed it.",
            )  # fmt: skip
            return


def _too_short(events: list[_Event], text: str) -> Iterator[Remark]:
    """An open procedure with a few days between publication and deadline, told in one sentence."""
    named = {event.name: event for event in events}
    if "publication" not in named or "deadline" not in named or not _OPEN.search(text):
        return
    days = (named["deadline"].day - named["publication"].day).days
    if 0 <= days < _SHORTEST_DAYS:
        last = named["deadline"]
        yield Remark(
            "short-period", "Competition", "deadlines", "important", "High", 0.84, last.start, last.end,
            f"Companies have {days} {'day' if days == 1 else 'days'} between publication and the deadline for tenders.",
            "Check the legal minimum for this procedure, and give companies enough time for a careful tender.",
            ("Which provision allows a period this short?",),
        )  # fmt: skip


def _event(clause: str) -> str | None:
    last = None
    for match in _PATTERN.finditer(clause):
        last = match.lastgroup
    return last
