"""How many findings of each kind a document has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tenderline.review.findings import shown
from tenderline.review.models import ACCEPTED, READER, REJECTED, UNDECIDED, FindingRow

Json = dict[str, Any]
Kinds = Iterable[tuple[str, str, str, str, int]]
"""Risk, category, decision, source, and how many there are of that kind."""

RISKS = ("High", "Medium", "Low")


def kinds(session: Session, *which: ColumnElement[bool]) -> list[tuple[str, str, str, str, int]]:
    """How many of the findings that are shown there are of each kind, in one question to the database."""
    columns = (FindingRow.risk_level, FindingRow.category, FindingRow.decision, FindingRow.source)
    counted = select(*columns, func.count()).where(shown(), *which).group_by(*columns)
    return [(risk, category, decision, source, number) for risk, category, decision, source, number in session.execute(counted)]


def counts(session: Session, session_id: str) -> Json:
    """``{total, pending, accepted, rejected, own, by_risk, by_category}`` of a document's findings."""
    return totals(kinds(session, FindingRow.session_id == session_id))


def decisions_of(session: Session, session_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """``{pending, accepted, rejected, own}`` of each of these documents; one's own are accepted too."""
    columns = (FindingRow.session_id, FindingRow.decision, FindingRow.source)
    counted = select(*columns, func.count()).where(FindingRow.session_id.in_(session_ids), shown()).group_by(*columns)
    found = {session_id: dict.fromkeys((UNDECIDED, ACCEPTED, REJECTED, "own"), 0) for session_id in session_ids}
    for session_id, decision, source, number in session.execute(counted):
        found[session_id][decision] += number
        found[session_id]["own"] += number if source == READER else 0
    return found


def totals(found: Kinds) -> Json:
    """The sums of ``kinds``; categories in the order of their number."""
    decisions = dict.fromkeys((UNDECIDED, ACCEPTED, REJECTED), 0)
    by_risk = dict.fromkeys(RISKS, 0)
    by_category: dict[str, int] = {}
    own = total = 0
    for risk, category, decision, source, number in found:
        total += number
        own += number if source == READER else 0
        decisions[decision] = decisions.get(decision, 0) + number
        by_risk[risk] = by_risk.get(risk, 0) + number
        by_category[category] = by_category.get(category, 0) + number
    ordered = dict(sorted(by_category.items(), key=lambda item: (-item[1], item[0])))
    return {"total": total, **decisions, "own": own, "by_risk": by_risk, "by_category": ordered}
