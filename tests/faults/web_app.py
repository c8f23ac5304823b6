"""The real application with the fault suite's work added: ``gunicorn 'tests.faults.web_app:create_app()'``."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from app import create_app as create_real_app
from tenderline.settings import Settings
from tenderline.web.access import current_owner
from tests.faults.switches import prepare
from tests.faults.work import fault_operations


def create_app() -> Flask:
    """The application; ``POST /faults`` submits work under the caller's id."""
    prepare()
    app = create_real_app(Settings(), start_keeper=False)
    runtime = app.extensions["tenderline"]
    runtime.registry.add(*fault_operations())

    @app.post("/faults")
    def submit() -> tuple[Response, int]:
        body = request.get_json()
        submission = runtime.tasks.submit(
            body["operation"], body["params"], owner=current_owner(), task_id=body["task_id"], executor=body.get("executor")
        )
        return jsonify(success=True, task_id=submission.task_id), 200 if submission.direct else 202

    runtime.start_web()
    return app
