"""Whether the service is well."""

from __future__ import annotations

import os
import tempfile

import structlog
from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import celery_integration
from tenderline import __version__
from tenderline.errors import Unavailable
from tenderline.web.answers import HealthAnswer, ReadyAnswer
from tenderline.web.context import ERRORS, answer, runtime

service = APIBlueprint("service", __name__, abp_tags=[{"name": "Service"}])

log = structlog.get_logger(__name__)


@service.get("/health", responses={200: HealthAnswer})
def health() -> Response:
    """Whether the process lives; asks nothing of database or disk."""
    return answer(HealthAnswer(version=__version__))


@service.get("/ready", responses={200: ReadyAnswer, 503: ERRORS[503]})
def ready() -> Response:
    """Whether database and files are usable, and how work is done now: celery, inline or background."""
    current = runtime()
    try:
        with current.database.read() as session:
            session.execute(text("SELECT 1"))
        mode = str(current.tasks.queue_stats()["mode"])
    except SQLAlchemyError as error:
        log.warning("not_ready", part="database", error=type(error).__name__)
        raise Unavailable("The database can't be used.", retry_after=5) from error
    try:
        descriptor, name = tempfile.mkstemp(prefix=".ready-", dir=current.settings.data_dir)
        os.close(descriptor)
        os.unlink(name)
    except OSError as error:
        log.warning("not_ready", part="files", error=type(error).__name__)
        raise Unavailable("Files can't be stored.", retry_after=5) from error
    return answer(ReadyAnswer(mode=mode))


@service.get("/metrics", responses={200: None, **{status: ERRORS[status] for status in (400, 401)}})
def metrics() -> Response:
    """Numbers for Prometheus: tasks, queues, limits, workers, broker, database.

    Takes ``Authorization: Bearer METRICS_TOKEN`` in place of the login.
    """
    body, content_type = celery_integration.get_metrics()
    return current_app.response_class(body, content_type=content_type)
