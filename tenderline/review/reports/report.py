"""What a finished review consists of: which findings are handed in, in which order, with what is said about each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenderline.errors import Conflict
from tenderline.review.findings import in_order, shown
from tenderline.review.models import (
    ACCEPTED,
    READER,
    REJECTED,
    WHOLE_DOCUMENT,
    CheckCoverage,
    DeskSession,
    DocumentSection,
    FindingRow,
)
from tenderline.review.reviewer import BUILTIN_MODEL, BUILTIN_NAME

RISKS = ("High", "Medium", "Low")
WHOLE_TITLE = "The document as a whole"
DECIDED, OWN, OPEN = "Accepted", "Added by the reader", "Not decided yet"
STATES = (DECIDED, OWN, OPEN)
_COVERAGE = {"met": "Met", "partly": "Partly met", "missing": "Missing", "unclear": "Unclear"}


@dataclass(frozen=True)
class Place:
    """A passage: ``text_of_section[start:end] == quote``; ``quote`` is "" for the section itself."""

    section: int
    title: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class ReportedFinding:
    """A finding as it is handed in.

    Attributes:
        section: the section's index, ``WHOLE_DOCUMENT`` for the document.
        title: the section's title.
        places: its passages; for a finding on a section the one it quotes, if it quotes any.
        checks: the checks it refers to, "C01 Deadlines" each.
        state: one of ``STATES``.
        author: the model or reviewer; "" for the reader's own.
        at: when it was decided, else made; seconds since 1970.
    """

    section: int
    title: str
    category: str
    risk: str
    description: str
    suggestion: str
    questions: tuple[str, ...]
    checks: tuple[str, ...]
    places: tuple[Place, ...]
    state: str
    edited: bool
    author: str
    at: float


@dataclass(frozen=True)
class CoverageLine:
    """What became of one check of the guidelines, in words."""

    check: str
    state: str
    note: str


@dataclass(frozen=True)
class ReviewReport:
    """A review to be handed in.

    Attributes:
        document_name: what the document is called.
        findings: in the order of the document, what is about the whole of it first.
        left_out: findings nobody decided about, which are not among them.
        coverage: the checks, empty when the whole document was not reviewed.
    """

    document_name: str
    findings: tuple[ReportedFinding, ...]
    left_out: int
    coverage: tuple[CoverageLine, ...]

    @property
    def digest(self) -> str:
        """The same for reviews that say the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def groups(self) -> Iterator[tuple[str, list[ReportedFinding]]]:
        """The titles of the sections with findings, in order, each with its findings."""
        group: list[ReportedFinding] = []
        for finding in self.findings:
            if group and group[-1].section != finding.section:
                yield group[-1].title, group
                group = []
            group.append(finding)
        if group:
            yield group[-1].title, group

    @property
    def summary(self) -> list[tuple[str, list[int]]]:
        """Risk -> how many findings of each of ``STATES``; the last line is the sum."""
        rows = [(risk, [sum(1 for one in self.findings if (one.risk, one.state) == (risk, state)) for state in STATES]) for risk in RISKS]
        return [*rows, ("All", [sum(column) for column in zip(*(counts for _, counts in rows), strict=True)])]

    def require_findings(self) -> None:
        """Raise ``Conflict`` when there is nothing to hand in."""
        if self.findings:
            return
        if self.left_out:
            raise Conflict(
                "No finding has been accepted yet, so there is nothing to hand in.",
                hint="Accept findings or add your own; or include those that nobody has decided about (include_pending).",
            )
        raise Conflict("There are no findings to hand in.", hint="Analyze the document first, accept findings or add your own.")


def gather(session: Session, row: DeskSession, *, include_pending: bool) -> ReviewReport:
    """Read what is to be handed in of a document: accepted findings and the reader's own; those nobody decided about only if told so.

    Rejected ones are never part of it.
    """
    titles = dict(
        session.execute(select(DocumentSection.index, DocumentSection.title).where(DocumentSection.session_id == row.id)).all()
    ) | {WHOLE_DOCUMENT: WHOLE_TITLE}
    checks = {check["id"]: f"{check['id']} {check['title']}" for check in row.guidelines}
    wanted = select(FindingRow).where(FindingRow.session_id == row.id, FindingRow.decision != REJECTED, shown())
    found: Sequence[FindingRow] = session.scalars(wanted.order_by(*in_order())).all()
    kept = [one for one in found if include_pending or one.decision == ACCEPTED or one.source == READER]
    return ReviewReport(
        row.document_name,
        tuple(_reported(one, titles, checks) for one in kept),
        len(found) - len(kept),
        tuple(
            CoverageLine(checks.get(line.check_id, line.check_id), _COVERAGE.get(line.state, line.state), line.note)
            for line in session.scalars(select(CheckCoverage).where(CheckCoverage.session_id == row.id).order_by(CheckCoverage.check_id))
        ),
    )


def _reported(row: FindingRow, titles: dict[int, str], checks: dict[str, str]) -> ReportedFinding:
    places: list[dict[str, Any]] = list(row.places)
    if row.section_index != WHOLE_DOCUMENT and row.quote:
        places = [{"section": row.section_index, "quote": row.quote, "start": row.start, "end": row.end}]
    state = OWN if row.source == READER else DECIDED if row.decision == ACCEPTED else OPEN
    return ReportedFinding(
        section=row.section_index,
        title=titles.get(row.section_index, ""),
        category=row.category,
        risk=row.risk_level,
        description=row.description,
        suggestion=row.suggestion,
        questions=tuple(row.questions),
        checks=tuple(checks.get(reference, reference) for reference in row.checklist_refs),
        places=tuple(
            Place(place["section"], titles.get(place["section"], ""), place["quote"], place["start"], place["end"]) for place in places
        ),
        state=state,
        edited=row.original is not None,
        author="" if row.source == READER else BUILTIN_NAME if row.model == BUILTIN_MODEL else row.model,
        at=row.decided_at or row.created_at,
    )
