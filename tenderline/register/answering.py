"""The operations that answer questions to the register, and write exports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tenderline.database import Database
from tenderline.errors import TooLarge
from tenderline.register.exporting import export_contracts
from tenderline.register.exports import Exports
from tenderline.register.questions import ANALYZE_REGISTER, EXPORT_CONTRACTS, SEARCH_REGISTER, Question
from tenderline.register.routing import encoded, on_snapshot
from tenderline.settings import Settings
from tenderline.tasks.operation import Operation, TaskContext

if TYPE_CHECKING:
    from tenderline.register.register import Register

Json = dict[str, Any]

MAX_RESULT_BYTES = 4 * 1024 * 1024
"""What the ledger keeps of one answer."""


def answering_operations(settings: Settings, database: Database, register: Register) -> list[Operation]:
    """The operations, ready for the registry."""
    answer, export = partial(_answer, register), partial(export_contracts, register, Exports(settings, database))
    limit = settings.import_time_limit  # an Excel file of millions takes as long as an import of them
    return [
        Operation(SEARCH_REGISTER, "register", answer),
        Operation(ANALYZE_REGISTER, "register", answer),
        Operation(EXPORT_CONTRACTS, "imports", export, heavy=True, soft_time_limit=limit, time_limit=limit + 60),
    ]


def _answer(register: Register, params: Json, context: TaskContext) -> Json:
    """``{kind, query}`` -> ``{success, data: {results, pagination, version}}``."""
    question = Question.of_params(params)
    context.progress(0, 1, "Searching the register")
    data = on_snapshot(register, question.answer)
    context.progress(1, 1, "Sending the answer")
    if len(encoded(data)) > MAX_RESULT_BYTES:
        raise TooLarge("The answer is larger than a task may keep.", hint="Ask for a smaller page.")
    return {"success": True, "data": data}
