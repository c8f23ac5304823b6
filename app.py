"""The web application: ``create_app()`` puts it together, nothing happens at import. ``gunicorn 'app:create_app()'`` serves it."""

from __future__ import annotations

from pathlib import Path

import structlog
from flask import Flask
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI

from tenderline import __version__, commands
from tenderline.database import migrate
from tenderline.logs import configure_logging
from tenderline.register.routing import Router
from tenderline.review.desk import Desk
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.web.access import register_access
from tenderline.web.answers import ErrorAnswer
from tenderline.web.context import DESK, ROUTER, RUNTIME
from tenderline.web.decisions import decisions
from tenderline.web.errors import refuse_invalid, register_errors
from tenderline.web.findings import findings
from tenderline.web.guidelines import guidelines
from tenderline.web.incoming import register_incoming
from tenderline.web.ingestion import ingestion
from tenderline.web.journal import register_journal
from tenderline.web.pages import describe, pages, version_of
from tenderline.web.register import register
from tenderline.web.register_keeping import register_keeping
from tenderline.web.register_tasks import register_tasks
from tenderline.web.review import review
from tenderline.web.review_exports import review_exports
from tenderline.web.review_records import review_records
from tenderline.web.secrets import secret_key
from tenderline.web.security import VERSION_KEY, register_security
from tenderline.web.service import service
from tenderline.web.sessions import sessions
from tenderline.web.sockets import register_sockets
from tenderline.web.streams import prepare_streams
from tenderline.web.tasks import tasks
from tenderline.web.uploads import uploads
from tenderline.web.whole import whole

ROOT = Path(__file__).parent


def create_app(settings: Settings | None = None, *, start_keeper: bool = True) -> Flask:
    """The application, its database migrated and its runtime built. For Flask's command line: the commands and nothing else.

    Args:
        settings: by default those of the environment.
        start_keeper: start the thread that beats, ticks and hands over; without it nothing happens beside requests.

    Raises:
        ConfigurationError: the settings are not safe.
    """
    if settings is None and commands.asked_for():
        return commands.command_app()
    settings = settings or Settings()
    settings.require_safe()
    configure_logging(settings)
    migrate(settings)
    version = version_of(ROOT / "static", ROOT / "templates")
    app = OpenAPI(
        __name__,
        info=Info(title="Tenderline", version=__version__, description="A review desk for public procurement."),
        validation_error_model=ErrorAnswer,
        validation_error_callback=refuse_invalid,
        doc_ui=False,
        root_path=str(ROOT),
        static_folder="static",
        # The version is part of the path, not a query, so that modules find each other under it and may be kept for good.
        static_url_path=f"/static/{version}",
    )
    app.config[VERSION_KEY] = version
    app.extensions[RUNTIME] = runtime = create_runtime(settings)
    runtime.background.open()
    app.extensions[DESK] = desk = Desk(settings, runtime.database)
    app.extensions[ROUTER] = Router(runtime.register)
    prepare_streams(app.extensions, settings.web_threads)
    register_journal(app)
    register_incoming(app)
    register_security(app, settings)
    register_access(app, secret_key(settings), settings)
    register_errors(app)
    register_sockets(app, settings)
    app.register_blueprint(pages)
    for blueprint in (service, sessions, uploads, review, whole, decisions, review_records, review_exports, guidelines, tasks):
        app.register_api(blueprint)
    for blueprint in (ingestion, findings, register, register_keeping, register_tasks):
        app.register_api(blueprint)
    describe(app, settings)
    if swept := desk.sweep():
        structlog.get_logger(__name__).info("orphaned_files_removed", documents=swept)
    if start_keeper:
        runtime.start_web()
    return app
