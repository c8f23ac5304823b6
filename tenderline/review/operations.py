"""The operations of the review desk: read a document, analyse a section, answer a question, test the reviewer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.review.completing import completion_operation
from tenderline.review.desk import Desk, guidelines_of
from tenderline.review.findings import new_finding_dict
from tenderline.review.keys import ANALYZE_DOCUMENT, ANALYZE_SECTION, analysis_key
from tenderline.review.models import ASSISTANT, SectionReview
from tenderline.review.records import lookup_dicts, source_dicts, store_answer, store_review
from tenderline.review.reviewer import ChatRequest, Reviewer, ReviewRequest, Tool
from tenderline.review.usage import Spending
from tenderline.review.whole.operation import WholeDocument
from tenderline.settings import Settings
from tenderline.tasks.operation import Json, Operation, TaskContext

CHAT, TEST, PARSE_DOCUMENT = "chat", "test", "parse_document"
CLEANUP_SESSIONS = "cleanup_sessions"
HISTORY_MESSAGES = 20
PARSE_SECONDS = 90.0

ReviewerFactory = Callable[[Settings], Reviewer]


def review_operations(
    settings: Settings, database: Database, create: ReviewerFactory | None = None, tools: tuple[Tool, ...] = ()
) -> list[Operation]:
    """The operations, ready for the registry.

    Args:
        settings: choose the reviewer.
        database: holds the desk.
        create: makes the reviewer, once per process and only when one is needed; by default the one the settings name.
        tools: what a chat may look up beside the document.
    """
    desk, spending = Desk(settings, database), Spending(settings, database)
    work = _Work(settings, desk, spending, create or _chosen, tools)
    whole = WholeDocument(settings, desk, spending, lambda: work.reviewer)

    def paid() -> bool:
        return settings.provider != "builtin"

    return [
        Operation(ANALYZE_SECTION, "analysis", work.analyze, needs_grant=paid, admit=spending.require, warm=work.warm),
        Operation(CHAT, "chat", work.chat, needs_grant=paid, admit=spending.require, warm=work.warm),
        Operation(TEST, "test", work.test, needs_grant=paid, admit=spending.require),
        Operation(
            PARSE_DOCUMENT,
            "imports",
            work.parse,
            heavy=True,
            isolated=True,
            repeatable=False,
            soft_time_limit=PARSE_SECONDS,
            time_limit=2 * PARSE_SECONDS,
        ),
        Operation(CLEANUP_SESSIONS, "upkeep", work.clean_up, heavy=True),
        Operation(
            ANALYZE_DOCUMENT,
            "analysis",
            whole.close,
            heavy=True,
            plan=whole.plan,
            parts="sections",
            needs_grant=paid,
            admit=spending.require,
            warm=work.warm,
        ),
        completion_operation(desk),
    ]


def _chosen(settings: Settings) -> Reviewer:
    from tenderline.review.choose import create_reviewer

    return create_reviewer(settings)


def _analysis(session_id: str, title: str, made: SectionReview, items: list[Json]) -> Json:
    """The result of an analysis."""
    return {
        "success": True,
        "session_id": session_id,
        "section_name": title,
        "section_index": made.section_index,
        "feedback_count": len(items),
        "duration": made.duration,
        "reviewer": made.reviewer,
        "dropped": made.dropped,
        "warnings": made.warnings,
        "result": {"feedback_items": items},
    }


class _Work:
    """What the operations share: the desk and one reviewer per process."""

    def __init__(self, settings: Settings, desk: Desk, spending: Spending, create: ReviewerFactory, tools: tuple[Tool, ...]) -> None:
        self._settings = settings
        self._desk = desk
        self._spending = spending
        self._tools = tools
        self._create = create
        self._lock = threading.Lock()
        self._reviewer: Reviewer | None = None

    @property
    def reviewer(self) -> Reviewer:
        with self._lock:
            if self._reviewer is None:
                self._reviewer = self._create(self._settings)
            return self._reviewer

    def warm(self) -> None:
        self.reviewer.warm()

    def analyze(self, params: Json, context: TaskContext) -> Json:
        """``{session_id, section_index}`` -> the findings, in the shape of ``/task_status``; stores them with the task's end.

        ``unless_done``: what the desk has is the answer if it was found in the same way.
        """
        started = time.monotonic()
        context.progress(0, 1, "Reading the section")
        row = self._desk.ready(params["session_id"], context.owner)
        document = self._desk.document(row)
        index = int(params["section_index"])
        if not 0 <= index < len(document.sections):
            raise NotFound("The document has no such section.")
        key = analysis_key(self._settings, row, index)
        title = document.sections[index].title
        if params.get("unless_done"):
            known, items = self._desk.review(row.id, index)
            if known is not None and known.key == key:
                return _analysis(row.id, title, known, items)
        request = ReviewRequest(document, row.document_name, index, guidelines_of(row))
        with self._spending.billed(context, ANALYZE_SECTION, row.id, index) as bill:
            review = self.reviewer.review(request, context)
        duration = round(time.monotonic() - started, 3)

        def effect(session: Session) -> None:
            store_review(
                session,
                self._desk.database,
                session_id=row.id,
                section_index=index,
                task_id=context.task_id,
                review=review,
                duration=duration,
                key=key,
            )
            bill.settle(session, review.reviewer, review.usage)

        context.on_finish(effect)
        made = SectionReview(
            section_index=index, duration=duration, reviewer=review.reviewer, dropped=review.dropped, warnings=list(review.warnings)
        )
        return _analysis(row.id, title, made, [new_finding_dict(finding, index) for finding in review.findings])

    def chat(self, params: Json, context: TaskContext) -> Json:
        """``{session_id, message, section_index?}`` -> the answer and its sources; stores both turns with the task's end."""
        started = time.monotonic()
        context.progress(0, 1, "Reading the document")
        row = self._desk.ready(params["session_id"], context.owner)
        document = self._desk.document(row)
        turns = self._desk.conversation(row.id, HISTORY_MESSAGES)
        request = ChatRequest(
            document,
            row.document_name,
            params["message"],
            section=params.get("section_index"),
            history=tuple(("assistant" if turn.role == ASSISTANT else "user", turn.text) for turn in turns),
            findings=self._desk.known_findings(document, row.id),
            tools=self._tools,
        )
        with self._spending.billed(context, CHAT, row.id, request.section) as bill:
            answer = self.reviewer.answer(request, context, lambda text: context.progress(0, 1, "Answering", partial=text))

        def effect(session: Session) -> None:
            store_answer(
                session, self._desk.database, session_id=row.id, task_id=context.task_id, question=params["message"], answer=answer
            )
            bill.settle(session, answer.reviewer, answer.usage)

        context.on_finish(effect)
        return {
            "success": True,
            "session_id": row.id,
            "response": answer.response,
            "sources": source_dicts(answer),
            "lookups": lookup_dicts(answer),
            "found": answer.found,
            "reviewer": answer.reviewer,
            "duration": round(time.monotonic() - started, 3),
        }

    def test(self, params: Json, context: TaskContext) -> Json:
        """Ask the reviewer whether it can be reached."""
        with self._spending.billed(context, TEST, "") as bill:
            connection = self.reviewer.test(context)
        context.on_finish(bill.settle)
        return {
            "success": True,
            "connected": connection.connected,
            "provider": connection.provider,
            "model": connection.model,
            "latency_ms": round(connection.latency_ms, 1),
            "message": connection.message,
        }

    def parse(self, params: Json, context: TaskContext) -> Json:
        """``{session_id}`` -> reads the stored file in a child process; its sections become known with the task's end."""
        from tenderline.review.parsing import parse_safely

        row = self._desk.session(params["session_id"], context.owner)
        context.progress(0, 1, "Reading the document")

        def cancelled() -> bool:
            context.check()
            return False

        parsed = parse_safely(self._desk.files.original(row.id, row.kind), row.kind, cancelled=cancelled)
        context.progress(1, 1, "Storing the sections")
        context.on_finish(self._desk.fill(row.id, parsed))
        return {"success": True, "session_id": row.id, "total_sections": len(parsed.sections), "characters": len(parsed.text)}

    def clean_up(self, params: Json, context: TaskContext) -> Json:
        """``{}`` -> how many documents were too old (``SESSION_RETENTION_DAYS``) and how many files belonged to none."""
        days = self._settings.session_retention_days
        context.progress(0, 2, "Looking for old documents")
        expired = self._desk.expire(days) if days else 0
        context.progress(1, 2, "Looking for files of no document")
        return {"success": True, "expired_sessions": expired, "removed_files": self._desk.sweep()}
