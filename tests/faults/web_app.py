"""The real application with the fault suite's work added: ``gunicorn 'tests.faults.web_app:create_app()'``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Flask, Response, jsonify, request

import app as real
from tenderline import database
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.web.access import current_owner
from tests.faults.switches import prepare
from tests.faults.work import fault_operations


def create_app() -> Flask:
    """The application; ``POST /faults`` submits work under the caller's ids.

    A request waits for its turn to write for as long as it takes a slow machine: that it is refused then, with 503, is another test's.
    """
    prepare()
    database.BUSY_TIMEOUT_MS = 20_000
    real.create_runtime = partial(create_runtime, child_module="tests.faults.worker_app")  # type: ignore[assignment]
    app = real.create_app(Settings(), start_keeper=False)
    runtime = app.extensions["tenderline"]
    runtime.registry.add(*fault_operations())
    runtime.schedule = replace(runtime.schedule, entries=[])  # a clock that jumps would start what the children here don't know

    @app.post("/faults")
    def submit() -> tuple[Response, int]:
        body = request.get_json()
        for task_id in body["task_ids"]:
            runtime.tasks.submit(
                body["operation"],
                body["params"],
                owner=current_owner(),
                task_id=task_id,
                executor=body.get("executor"),
                wait=body.get("wait", True),
            )
        return jsonify(success=True), 202

    runtime.start_web()
    return app
