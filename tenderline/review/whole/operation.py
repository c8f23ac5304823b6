"""A whole document under review: a task of its own for each section, and a closing step that looks at all of them together."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from tenderline.review.desk import Desk, guidelines_of
from tenderline.review.keys import ANALYZE_DOCUMENT, ANALYZE_SECTION, analysis_key, document_key
from tenderline.review.models import WHOLE_DOCUMENT, DeskSession
from tenderline.review.reviewer import Reviewer, SurveyRequest
from tenderline.review.usage import Spending
from tenderline.review.whole.records import known_findings, section_keys, sections_with_text, store_survey
from tenderline.settings import Settings
from tenderline.tasks.operation import Child, Json, TaskContext

CANCELLED = {"code": "conflict", "message": "The analysis of this section was cancelled."}
SUCCESS = "SUCCESS"


class WholeDocument:
    """Plans and closes the review of a document.

    Args:
        settings: name the reviewer.
        desk: holds the documents.
        spending: keeps the costs.
        reviewer: gives the process's reviewer.
    """

    def __init__(self, settings: Settings, desk: Desk, spending: Spending, reviewer: Callable[[], Reviewer]) -> None:
        self._settings = settings
        self._desk = desk
        self._spending = spending
        self._reviewer = reviewer

    def plan(self, params: Json) -> list[Child]:
        """``{session_id, force}`` -> one child for each section with text; unless forced, what was analysed in the same way is done."""
        with self._desk.database.read() as session:
            row = session.get_one(DeskSession, params["session_id"])
            indexes = sections_with_text(session, row.id)
            known = {} if params["force"] else section_keys(session, row.id)
        keys = {index: analysis_key(self._settings, row, index) for index in indexes}
        return [
            Child(
                ANALYZE_SECTION,
                {"session_id": row.id, "section_index": index, "unless_done": not params["force"]},
                key,
                done=known.get(index) == key,
            )
            for index, key in keys.items()
        ]

    def close(self, params: Json, context: TaskContext) -> Json:
        """Sum up the sections and look at the document as a whole; stores what that finds with the task's end."""
        started = time.monotonic()
        context.progress(99, 100, "Looking at the document as a whole")
        row = self._desk.ready(params["session_id"], context.owner)
        document = self._desk.document(row)
        with self._desk.database.read() as session:
            total = len(sections_with_text(session, row.id))
            known = known_findings(session, row.id)
        failed = [
            {
                "section_index": child["params"]["section_index"],
                "section_name": document.sections[child["params"]["section_index"]].title,
                "error": child["error"] or CANCELLED,
            }
            for child in context.children()
            if child["state"] != SUCCESS
        ]
        with self._spending.billed(context, ANALYZE_DOCUMENT, row.id, WHOLE_DOCUMENT) as bill:
            survey = self._reviewer().survey(SurveyRequest(document, row.document_name, guidelines_of(row), known), context)
        duration = round(time.monotonic() - started, 3)
        key = document_key(self._settings, row)

        def effect(session: Session) -> None:
            store_survey(
                session, self._desk.database, session_id=row.id, task_id=context.task_id, key=key, survey=survey, duration=duration
            )
            bill.settle(session, survey.reviewer, survey.usage)

        context.on_finish(effect)
        return {
            "success": True,
            "session_id": row.id,
            "sections": {"done": total - len(failed), "failed": len(failed), "total": total},
            "failed": failed,
            "feedback_count": len(survey.findings),
            "coverage_count": len(survey.coverage),
            "duration": duration,
            "reviewer": survey.reviewer,
            "dropped": survey.dropped,
            "warnings": list(survey.warnings),
        }
