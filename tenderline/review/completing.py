"""The operation that hands a review in: the document with comments, or a report."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from tenderline.errors import Invalid
from tenderline.review.desk import Desk
from tenderline.review.models import DeskSession
from tenderline.review.reports.report import ReviewReport, gather
from tenderline.review.review_exports import ReviewExports, download_url
from tenderline.tasks.operation import Json, Operation, TaskContext

COMPLETE_REVIEW = "complete_review"

Format = Literal["docx", "md"]
FORMATS: tuple[Format, ...] = ("docx", "md")


def completion_operation(desk: Desk) -> Operation:
    """The operation, ready for the registry."""
    return Operation(COMPLETE_REVIEW, "analysis", _Completion(desk).run)


def read_report(desk: Desk, row: DeskSession, *, include_pending: bool) -> ReviewReport:
    """What would be handed in of a document now. Raises ``Conflict`` when that is nothing."""
    with desk.database.snapshot() as session:
        report = gather(session, row, include_pending=include_pending)
    report.require_findings()
    return report


def completion_key(row: DeskSession, report: ReviewReport, kind: Format) -> str:
    """The same for requests that would give the same file."""
    return f"{COMPLETE_REVIEW}:{hashlib.sha256(f'{row.id} {kind} {report.digest}'.encode()).hexdigest()}"


class _Completion:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._exports = ReviewExports(desk.database, desk.files)

    def run(self, params: Json, context: TaskContext) -> Json:
        """``{session_id, format, include_pending}`` -> the file's name and address; it becomes known with the task's end."""
        context.progress(0, 2, "Gathering the findings")
        row = self._desk.ready(params["session_id"], context.owner)
        if params["format"] not in FORMATS:
            raise Invalid("A finished review is a Word file (docx) or Markdown (md).")
        report = read_report(self._desk, row, include_pending=params["include_pending"])
        context.progress(1, 2, "Writing the file")
        warnings: list[str] = []

        def write(path: Path) -> int:
            if params["format"] == "md":
                return self._markdown(report, path)
            return self._comments(row, report, path, warnings) if row.kind == "docx" else self._word(report, path)

        export = self._exports.write(row, params["format"], write)
        context.on_finish(self._exports.effect(row.id, export))
        return {
            "success": True,
            "session_id": row.id,
            "output_file": export.name,
            "comments_count": export.comments,
            "left_out": report.left_out,
            "download_url": download_url(row.id, export.name),
            "format": export.format,
            "warnings": warnings,
        }

    def _now(self) -> float:
        with self._desk.database.read() as session:
            return self._desk.database.now(session)

    def _markdown(self, report: ReviewReport, path: Path) -> int:
        from tenderline.review.reports.markdown import markdown_report

        path.write_text(markdown_report(report, self._now()), encoding="utf-8")
        return len(report.findings)

    def _word(self, report: ReviewReport, path: Path) -> int:
        from tenderline.review.reports.word import write_word_report

        write_word_report(report, path, self._now())
        return len(report.findings)

    def _comments(self, row: DeskSession, report: ReviewReport, path: Path, warnings: list[str]) -> int:
        """The document itself, with the findings as comments."""
        from tenderline.review.reports.remarks import remarks_of
        from tenderline.review.word_export import write_comments

        document = self._desk.document(row)
        source = self._desk.files.original(row.id, row.kind)
        written = write_comments(source, path, document.text, self._desk.files.read_runs(row.id), remarks_of(report, document))
        warnings += written.warnings
        return written.comments
