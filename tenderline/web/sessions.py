"""The documents on the desk: the list, one document, one section, deleting."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.errors import NotFound
from tenderline.review.keys import ANALYZE_DOCUMENT, ANALYZE_SECTION
from tenderline.review.models import PARSING, WHOLE_DOCUMENT, DeskSession
from tenderline.web.access import current_owner
from tenderline.web.answers import (
    ActiveTask,
    ChatTurn,
    DecisionCounts,
    DeletedAnswer,
    FeedbackItem,
    LookupItem,
    QuestionsAnswer,
    SectionAnswer,
    SectionItem,
    SessionAnswer,
    SessionItem,
    SessionsAnswer,
    SourceItem,
    WholeDocumentItem,
)
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import PageQuery, SectionBody, SessionPath

sessions = APIBlueprint("sessions", __name__, abp_tags=[{"name": "Review"}], abp_responses=ERRORS)

INTERRUPTED = {
    "code": "interrupted",
    "message": "The server was stopped while it read this document.",
    "hint": "Please upload it again.",
}
CANCELLED = {"code": "conflict", "message": "Reading this document was cancelled.", "hint": "Upload it again if you need it."}


@sessions.get("/sessions", responses={200: SessionsAnswer})
def list_sessions(query: PageQuery) -> Response:
    """Your documents, newest first."""
    found, total = desk().sessions(current_owner(), query.page, query.page_size)
    items = []
    for summary in found:
        row = settled(summary.row)
        items.append(
            SessionItem(
                session_id=row.id,
                document_name=row.document_name,
                kind=row.kind,
                size=row.size,
                state=row.state,
                created_at=row.created_at,
                total_sections=summary.sections,
                sections_with_words=summary.with_words,
                analyzed_sections=summary.analyzed,
                findings=summary.findings,
                decisions=DecisionCounts(**summary.decisions),
                error=row.error,
            )
        )
    return answer(SessionsAnswer(sessions=items, page=query.page, page_size=query.page_size, total_count=total))


@sessions.get("/sessions/<session_id>", responses={200: SessionAnswer})
def get_session(path: SessionPath) -> Response:
    """A document: its sections with their state, the conversation about it, the tasks under way."""
    celery_integration.expect_analysis()
    owner = current_owner()
    row = settled(desk().session(path.session_id, owner))
    active = celery_integration.active_tasks(owner, row.id)
    running = {index for task in active if (index := section_of(task)) is not None}
    outline = desk().outline(row.id)
    return answer(
        SessionAnswer(
            session_id=row.id,
            document_name=row.document_name,
            kind=row.kind,
            size=row.size,
            characters=row.characters,
            state=row.state,
            error=row.error,
            created_at=row.created_at,
            guidelines_preference=row.guidelines_preference,
            guidelines=row.guidelines,
            sections=[
                SectionItem(
                    name=section.title,
                    index=section.index,
                    level=section.level,
                    state="running" if section.index in running else "new" if section.findings is None else "done",
                    findings=section.findings or 0,
                    has_words=section.has_words,
                )
                for section in outline
            ],
            total_sections=len(outline),
            warnings=row.warnings,
            chat=[
                ChatTurn(
                    role=turn.role,
                    text=turn.text,
                    sources=[SourceItem(**source) for source in turn.sources],
                    lookups=[LookupItem(**lookup) for lookup in turn.lookups],
                    created_at=turn.created_at,
                )
                for turn in desk().conversation(row.id)
            ],
            active_tasks=[
                ActiveTask(task_id=task.task_id, operation=task.operation, state=task.state, section_index=section_of(task))
                for task in active
            ],
            document=_whole(row.id, active),
        )
    )


@sessions.get("/sessions/<session_id>/questions", responses={200: QuestionsAnswer})
def suggest_questions(path: SessionPath) -> Response:
    """Questions worth asking, going by what stands in the document."""
    from tenderline.review.suggestions import suggested_questions

    row = desk().ready(path.session_id, current_owner())
    return answer(QuestionsAnswer(questions=suggested_questions(desk().document(row))))


@sessions.delete("/sessions/<session_id>", responses={200: DeletedAnswer})
def delete_session(path: SessionPath) -> Response:
    """Delete a document with its sections, findings and conversation; its unfinished tasks are cancelled."""
    owner = current_owner()
    row = desk().session(path.session_id, owner)
    cancelled = celery_integration.forget_tasks(row.id, owner)
    desk().delete(row.id, owner)
    return answer(DeletedAnswer(session_id=row.id, cancelled_tasks=cancelled))


@sessions.post("/get_section_content", responses={200: SectionAnswer})
def get_section_content(body: SectionBody) -> Response:
    """A section's text, its findings and the analysis under way, if there is one."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    section = desk().section(row.id, body.section_name)
    active = [task.task_id for task in celery_integration.active_tasks(owner, row.id) if section_of(task) == section.index]
    review = section.review
    return answer(
        SectionAnswer(
            section_name=section.title,
            title=section.title,
            index=section.index,
            level=section.level,
            content=section.text,
            findings=[FeedbackItem(**finding) for finding in section.findings],
            analyzed_at=review.analyzed_at if review else None,
            reviewer=review.reviewer if review else None,
            warnings=review.warnings if review else [],
            dropped=review.dropped if review else 0,
            active_task_id=active[-1] if active else None,
        )
    )


def settled(row: DeskSession) -> DeskSession:
    """The document, after noting that its reading has ended if the task that did it failed or is gone."""
    if row.state != PARSING:
        return row
    error = None
    try:
        status = celery_integration.get_task_status(row.parse_task_id or "", row.owner)
    except NotFound:
        error = INTERRUPTED if desk().abandoned(row) else None
    else:
        if status.ready and status.state != celery_integration.SUCCESS:
            error = status.error or CANCELLED
    if error is not None:
        desk().fail(row.id, error)
    return desk().find(row.id, row.owner) or row


def _whole(session_id: str, active: Sequence[celery_integration.TaskStatus]) -> WholeDocumentItem:
    review, found = desk().review(session_id, WHOLE_DOCUMENT)
    task_id = next((task.task_id for task in active if task.operation == ANALYZE_DOCUMENT), None)
    state = "running" if task_id else "done" if review else "new"
    if review is None:
        return WholeDocumentItem(state=state, task_id=task_id)
    return WholeDocumentItem(
        state=state,
        task_id=task_id,
        findings=len(found),
        analyzed_at=review.analyzed_at,
        reviewer=review.reviewer,
        warnings=review.warnings,
    )


def section_of(task: celery_integration.TaskStatus) -> int | None:
    """The section that a task analyses."""
    return task.params.get("section_index") if task.operation == ANALYZE_SECTION else None
