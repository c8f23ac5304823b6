"""What a reader's desk adds up to: findings, decisions, time spent, tokens, and the findings that return most.

Everything is summed by the database: a handful of questions, however many documents there are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tenderline.database import Database
from tenderline.review.activities import READING
from tenderline.review.counting import kinds, totals
from tenderline.review.findings import shown
from tenderline.review.models import (
    REJECTED,
    WHOLE_DOCUMENT,
    Activity,
    DeskSession,
    DocumentSection,
    FindingRow,
    SectionReview,
    UsageRecord,
)
from tenderline.review.usage import HELD

Json = dict[str, Any]

LONGEST_GAP = 300.0
"""Seconds between two acts of a reader; after a longer gap they count as two visits."""
PATTERNS = 20
DAYS = 366
MILLION = 1_000_000
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def statistics(database: Database, owner: str, session_id: str | None = None) -> Json:
    """The sums over an owner's documents, or over one of them (which is the owner's, as the caller has made sure)."""
    with database.snapshot() as session:

        def mine(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
            if session_id is not None:
                return column == session_id
            return column.in_(select(DeskSession.id).where(DeskSession.owner == owner))

        found = totals(kinds(session, mine(FindingRow.session_id)))
        reviewed, review_seconds = session.execute(
            select(
                func.coalesce(func.sum(case((SectionReview.section_index != WHOLE_DOCUMENT, 1), else_=0)), 0),
                func.coalesce(func.sum(SectionReview.duration), 0.0),
            ).where(mine(SectionReview.session_id))
        ).one()
        used = [UsageRecord.owner == owner, UsageRecord.model != HELD, *([UsageRecord.session_id == session_id] if session_id else [])]
        return {
            "documents": session.scalar(select(func.count()).select_from(DeskSession).where(mine(DeskSession.id))),
            "sections": session.scalar(select(func.count()).select_from(DocumentSection).where(mine(DocumentSection.session_id))),
            "sections_reviewed": reviewed,
            "findings": found["total"],
            "by_risk": found["by_risk"],
            "by_category": found["by_category"],
            "decisions": {name: found[name] for name in ("pending", "accepted", "rejected")},
            "own": found["own"],
            "review_seconds": round(review_seconds, 3),
            "reading_seconds": round(_reading(session, mine(Activity.session_id)), 3),
            "patterns": _patterns(session, mine(FindingRow.session_id)),
            "usage": _usage(session, used) | {"by_day": _by_day(session, used), "by_section": _by_section(session, session_id, used)},
        }


def _reading(session: Session, mine: ColumnElement[bool]) -> float:
    """Seconds between a reader's acts on the same document, without the gaps that are visits' ends."""
    earlier = func.lag(Activity.at).over(partition_by=Activity.session_id, order_by=Activity.id)
    gaps = select((Activity.at - earlier).label("gap")).where(mine, Activity.action.in_(READING)).subquery()
    within = and_(gaps.c.gap > 0, gaps.c.gap <= LONGEST_GAP)
    return float(session.scalar(select(func.sum(gaps.c.gap)).where(within)) or 0.0)


def _patterns(session: Session, mine: ColumnElement[bool]) -> list[Json]:
    """The kinds of findings that are there more than once, those of most documents first; not those that the reader rejected."""
    number, documents = func.count(), func.count(FindingRow.session_id.distinct())
    grouped = (
        select(FindingRow.category, FindingRow.pattern, number, documents)
        .where(mine, shown(), FindingRow.decision != REJECTED, FindingRow.pattern != "")
        .group_by(FindingRow.category, FindingRow.pattern)
        .having(number > 1)
        .order_by(documents.desc(), number.desc(), FindingRow.pattern)
        .limit(PATTERNS)
    )
    names = ("category", "text", "count", "documents")
    return [dict(zip(names, values, strict=True)) for values in session.execute(grouped)]


def _sums() -> list[ColumnElement[Any]]:
    sums: list[ColumnElement[Any]] = [func.coalesce(func.sum(getattr(UsageRecord, name)), 0) for name in _TOKENS]
    unknown = func.sum(case((UsageRecord.cost.is_(None), 1), else_=0))
    return [*sums, func.sum(UsageRecord.cost), func.coalesce(unknown, 0)]


def _spent(values: Any) -> Json:
    """Tokens and what they cost; None for the cost when the price of any of them is unknown."""
    *tokens, cost, unknown = values
    return dict(zip(_TOKENS, map(int, tokens), strict=True)) | {"cost_usd": None if unknown else int(cost or 0) / MILLION}


def _usage(session: Session, used: list[ColumnElement[bool]]) -> Json:
    return _spent(session.execute(select(*_sums()).where(*used)).one())


def _by_day(session: Session, used: list[ColumnElement[bool]]) -> list[Json]:
    """Of each day (UTC) on which there was work, newest last."""
    day = cast(UsageRecord.created_at, BigInteger) // 86400
    days = select(day, *_sums()).where(*used).group_by(day).order_by(day.desc()).limit(DAYS)
    found = [(datetime.fromtimestamp(number * 86400, UTC).date().isoformat(), values) for number, *values in session.execute(days)]
    return [{"day": name} | _spent(values) for name, values in reversed(found)]


def _by_section(session: Session, session_id: str | None, used: list[ColumnElement[bool]]) -> list[Json]:
    """Of each section of one document, in order; what belongs to none (questions) comes first, without section."""
    if session_id is None:
        return []
    title = and_(DocumentSection.session_id == UsageRecord.session_id, DocumentSection.index == UsageRecord.section_index)
    columns = (UsageRecord.section_index, DocumentSection.title)
    sections = select(*columns, *_sums()).outerjoin(DocumentSection, title).where(*used).group_by(*columns)
    found = sorted(session.execute(sections), key=lambda values: -2 if values[0] is None else values[0])
    return [{"section_index": index, "section": name} | _spent(values) for index, name, *values in found]
