"""What is known about a review: its log, its sums, and the review itself as a file."""

from __future__ import annotations

import io

from flask import Response, current_app, send_file
from flask_openapi.blueprint import APIBlueprint

from tenderline.review.activities import EXPORTED, record_activity
from tenderline.review.log_reading import Log
from tenderline.review.models import DeskSession
from tenderline.review.records import hold
from tenderline.review.review_files import MEDIA_TYPES, file_name, finished_review, written
from tenderline.review.statistics import statistics
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.decision_models import ActivityItem, ExportQuery, LogAnswer, LogQuery, ReviewFile, StatisticsAnswer, StatisticsQuery
from tenderline.web.security import refuse_foreign

review_records = APIBlueprint("review_records", __name__, abp_tags=[{"name": "Review"}], abp_responses={**ERRORS, 409: ErrorAnswer})


@review_records.get("/get_activity_logs", responses={200: LogAnswer})
def get_activity_logs(query: LogQuery) -> Response:
    """A document's log, newest first: who did what, when, to which finding. As CSV it is the whole log."""
    owner = current_owner()
    row = desk().session(query.session_id, owner)
    log = Log(desk().database)
    if query.format == "csv":
        response = current_app.response_class(log.as_csv(row.id, owner), mimetype=MEDIA_TYPES["csv"])
        response.headers.set("Content-Disposition", "attachment", filename="activity-log.csv")
        return response
    lines, total = log.page(row.id, owner, query.page, query.page_size)
    items = [ActivityItem(**line) for line in lines]
    return answer(LogAnswer(activities=items, page=query.page, page_size=query.page_size, total_count=total))


@review_records.get("/get_statistics", responses={200: StatisticsAnswer})
def get_statistics(query: StatisticsQuery) -> Response:
    """What one document, or all of yours, add up to: findings, decisions, time, tokens, and the findings that return most."""
    owner = current_owner()
    session_id = desk().session(query.session_id, owner).id if query.session_id else None
    return answer(StatisticsAnswer(**statistics(desk().database, owner, session_id)))


@review_records.get("/export_review", responses={200: ReviewFile})
def export_review(query: ExportQuery) -> Response:
    """The review as a file: JSON, CSV or Markdown. What was rejected is not in it."""
    refuse_foreign()  # it leaves a line in the log, so another site's picture must not set it off
    row = desk().ready(query.session_id, current_owner())
    review = finished_review(desk().database, row)
    content = written(review, query.format)
    said = "1 finding" if len(review.findings) == 1 else f"{len(review.findings)} findings"
    _remember(row, f"{said} as {query.format}")
    response = send_file(
        io.BytesIO(content),
        mimetype=MEDIA_TYPES[query.format],
        as_attachment=True,
        download_name=file_name(review, query.format),
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _remember(row: DeskSession, text: str) -> None:
    with desk().database.write() as session:
        hold(session, row.id)
        now = desk().database.now(session)
        record_activity(session, now, session_id=row.id, actor=row.owner, action=EXPORTED, text=text)
