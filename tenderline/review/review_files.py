"""A review as a file to hand on: JSON, CSV or Markdown. What its reader rejected is in none of them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import select

from tenderline.cells import defused
from tenderline.database import Database
from tenderline.review.findings import all_findings
from tenderline.review.log_reading import WHOLE
from tenderline.review.models import ACCEPTED, READER, WHOLE_DOCUMENT, DeskSession, DocumentSection

Json = dict[str, Any]
Format = Literal["json", "csv", "md"]

MEDIA_TYPES: dict[str, str] = {"json": "application/json", "csv": "text/csv", "md": "text/markdown"}
CSV_HEAD = (
    "section", "risk_level", "type", "category", "description", "suggestion", "quote", "questions", "checks", "decision", "author",
    "edited", "still_found", "confidence", "start", "end", "id",
)  # fmt: skip

_SPECIAL = re.compile(r"([\\`*_\[\]{}|~$^@!])")
_BEGINS_A_BLOCK = re.compile(r"^([#+=-]|\d+(?=[.)]))")
_LINKS = re.compile(r"(?i)\b(www)\.|://|\b(mailto|xmpp):")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNS_THE_LINE = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True)
class FinishedReview:
    """What a review says, without what its reader rejected.

    Attributes:
        document_name: as its user calls it.
        made_at: when this was put together, seconds since 1970.
        titles: of the sections, by index.
        findings: in the order of the document, as ``findings.finding_dict`` has them.
    """

    document_name: str
    made_at: float
    titles: dict[int, str]
    findings: list[Json]

    def section(self, finding: Json) -> str:
        """What people call the place of a finding."""
        index = finding["section_index"]
        return WHOLE if index == WHOLE_DOCUMENT else self.titles.get(index, "")

    def numbers(self) -> Json:
        """``{total, accepted, pending, own, by_risk}`` of the findings in it."""
        accepted = sum(finding["decision"] == ACCEPTED for finding in self.findings)
        by_risk = {risk: sum(finding["risk_level"] == risk for finding in self.findings) for risk in ("High", "Medium", "Low")}
        own = sum(finding["source"] == READER for finding in self.findings)
        total = len(self.findings)
        return {"total": total, "accepted": accepted, "pending": total - accepted, "own": own, "by_risk": by_risk}


def finished_review(database: Database, row: DeskSession) -> FinishedReview:
    """The review of a document as it is now."""
    with database.snapshot() as session:
        sections = select(DocumentSection.index, DocumentSection.title).where(DocumentSection.session_id == row.id)
        titles = dict(session.execute(sections).all())
        found = all_findings(session, row.id, rejected=False)
        return FinishedReview(row.document_name, database.now(session), titles, found)


def written(review: FinishedReview, format: Format) -> bytes:  # noqa: A002 (the API's word)
    """The file's content, UTF-8."""
    write = {"json": as_json, "csv": as_csv, "md": as_markdown}[format]
    return write(review).encode()


def file_name(review: FinishedReview, format: Format) -> str:  # noqa: A002 (the API's word)
    """What the file is called: the document's name without its ending, and "review"."""
    stem, dot, ending = review.document_name.rpartition(".")
    return f"{stem if dot and stem and len(ending) <= 8 else review.document_name} review.{format}"


def as_json(review: FinishedReview) -> str:
    """Everything that is known of each finding."""
    findings = [{"section": review.section(finding), **finding} for finding in review.findings]
    whole = {"document": review.document_name, "made_at": _moment(review), "counts": review.numbers(), "findings": findings}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def as_csv(review: FinishedReview) -> str:
    """A line for each finding. Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    target = io.StringIO()
    lines = csv.writer(target, lineterminator="\n")
    lines.writerow(CSV_HEAD)
    for finding in review.findings:
        values = (
            review.section(finding),
            *(finding[name] for name in ("risk_level", "type", "category", "description", "suggestion")),
            finding["quote"] or "\n".join(place["quote"] for place in finding["places"]),
            "\n".join(finding["questions"]),
            " ".join(finding["checklist_refs"]),
            finding["decision"],
            finding["source"],
            "yes" if finding["edited"] else "",
            "yes" if finding["present"] else "no",
            *(finding[name] for name in ("confidence", "start", "end", "id")),
        )
        lines.writerow([defused(value) if isinstance(value, str) else value for value in values])
    return target.getvalue()


def as_markdown(review: FinishedReview) -> str:
    """A report by section. Whatever the document or its reviewer wrote stands in it as text, never as markup."""
    numbers = review.numbers()
    risks = ", ".join(f"{number} {risk.lower()}" for risk, number in numbers["by_risk"].items())
    parts = [
        f"# Review of {escaped(review.document_name)}",
        f"{_moment(review)}",
        f"- Findings: {numbers['total']} ({risks} risk)\n- Accepted: {numbers['accepted']}\n- Not decided: {numbers['pending']}\n"
        f"- Added by the reader: {numbers['own']}",
    ]
    if not review.findings:
        parts.append("There are no findings.")
    number = 0
    for section, found in groupby(review.findings, review.section):
        parts.append(f"## {escaped(section)}")
        for finding in found:
            number += 1
            parts += _paragraphs(number, finding)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """The text on one line, so that Markdown shows it as it is: no markup, no HTML, no links, nothing that turns the line's direction."""
    line = " ".join(_UNSEEN.sub(" ", _TURNS_THE_LINE.sub("", text)).split())
    line = _SPECIAL.sub(r"\\\1", line)
    line = _LINKS.sub(lambda found: found[0].replace(".", "\\.").replace(":", "\\:"), line)
    line = _BEGINS_A_BLOCK.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", line)
    return re.sub("[&<>]", lambda found: _ENTITIES[found[0]], line)


def _paragraphs(number: int, finding: Json) -> list[str]:
    decided = "accepted" if finding["decision"] == ACCEPTED else "not decided"
    facts = [escaped(finding["type"]), decided]
    facts += ["added by the reader"] if finding["source"] == READER else []
    facts += ["edited by the reader"] if finding["edited"] else []
    facts += [] if finding["present"] else ["no longer found by the newest review"]
    heading = f"### {number}. {escaped(finding['category'])}, {finding['risk_level'].lower()} risk"
    parts = [heading, f"*{', '.join(facts)}*", escaped(finding["description"])]
    quotes = [("", finding["quote"])] if finding["quote"] else [(place["title"], place["quote"]) for place in finding["places"]]
    parts += [f"> {escaped(quote)}" + (f" ({escaped(title)})" if title else "") for title, quote in quotes if quote]
    if finding["suggestion"]:
        parts.append(f"**Suggestion:** {escaped(finding['suggestion'])}")
    parts += [f"**Question:** {escaped(question)}" for question in finding["questions"]]
    if finding["checklist_refs"]:
        parts.append(f"**Checks:** {escaped(', '.join(finding['checklist_refs']))}")
    return parts


def _moment(review: FinishedReview) -> str:
    return datetime.fromtimestamp(review.made_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
