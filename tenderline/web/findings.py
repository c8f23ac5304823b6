"""What imports found: contracts told in two ways, and what came in that was new."""

from __future__ import annotations

from typing import Any, cast

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from tenderline.errors import Invalid
from tenderline.register.conflicts import Conflicts
from tenderline.register.created import MATERIALS, SUPPLIERS, file_name
from tenderline.register.lists import ListQuery as Asked
from tenderline.register.lists import list_rows
from tenderline.register.models import UploadRow
from tenderline.register.uploads import Uploads
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer
from tenderline.web.context import ERRORS, answer, runtime
from tenderline.web.ingestion_models import (
    ConflictItem,
    ConflictsAnswer,
    ConflictsBody,
    ConflictsQuery,
    CreatedQuery,
    DecidedAnswer,
    ListQuery,
    RowsAnswer,
    UploadPath,
)

findings = APIBlueprint(
    "findings", __name__, url_prefix="/data-ingestion", abp_tags=[{"name": "Imports"}], abp_responses={**ERRORS, 409: ErrorAnswer}
)

_DIMENSIONS = {SUPPLIERS: "contractor", MATERIALS: "material"}


@findings.get("/uploads/<upload_id>/conflicts/", responses={200: ConflictsAnswer})
def list_conflicts(path: UploadPath, query: ConflictsQuery) -> Response:
    """The contracts that this import tells differently from the register, side by side."""
    found, total, still = _conflicts().list(_own(path.upload_id), query.state, query.page, query.page_size)
    items = [
        ConflictItem(
            conflict_id=shown.row.id,
            state=cast(Any, shown.row.state),
            decided_at=shown.row.decided_at,
            ours=shown.ours,
            theirs=shown.theirs,
            differences=shown.differences,
        )
        for shown in found
    ]
    return answer(ConflictsAnswer(conflicts=items, page=query.page, page_size=query.page_size, total_count=total, open=still))


@findings.post("/uploads/<upload_id>/conflicts/", responses={200: DecidedAnswer})
def decide_conflicts(path: UploadPath, body: ConflictsBody) -> Response:
    """Keep what the register says (ours) or take what the file says (theirs): for some conflicts, or for all that are open."""
    if body.all == (body.conflict_ids is not None):
        raise Invalid("Say which conflicts to decide.", fields={"conflict_ids": "give either conflict_ids or all"})
    upload = _own(path.upload_id)
    decided, still, version = _conflicts().decide(upload, body.decision, None if body.all else body.conflict_ids, current_owner())
    return answer(DecidedAnswer(decided=decided, open=still, version=version))


@findings.get("/uploads/<upload_id>/created/", responses={200: RowsAnswer})
def list_created(path: UploadPath, query: CreatedQuery) -> Response:
    """What an import brought that the register did not have."""
    table = _uploads().kept(_own(path.upload_id), file_name(query.kind))
    asked = Asked(query.kind, query.q or "", page=query.page, page_size=query.page_size, new_only=True)
    return _rows(query, *list_rows([table], asked))


@findings.get("/lists/", responses={200: RowsAnswer})
def list_register(query: ListQuery) -> Response:
    """Suppliers, materials, purchase orders or prices of the whole register."""
    if query.kind in _DIMENSIONS:
        return _rows(query, *_named(query))
    descending = query.sort_direction == "desc"
    asked = Asked(query.kind, query.q or "", query.sort_by, descending, query.page, query.page_size)
    return _rows(query, *list_rows(_uploads().kept_of_all(file_name(query.kind)), asked))


def _named(query: ListQuery) -> tuple[list[dict[str, Any]], int]:
    """Suppliers or materials with their totals."""
    from tenderline.register.queries import TableQuery
    from tenderline.register.tables import table

    asked = {"dimension": _DIMENSIONS[query.kind], "q": query.q, "page": query.page, "page_size": query.page_size}
    order = {"sort_by": "label" if query.sort_by == "name" else query.sort_by, "sort_direction": query.sort_direction}
    found = table(runtime().register.snapshot(), TableQuery.model_validate({**asked, **order}))
    return [{"name": row["label"], "count": row["count"], "total_value": row["total_value"]} for row in found.rows], found.total


def _rows(query: CreatedQuery, rows: list[dict[str, Any]], total: int) -> Response:
    return answer(RowsAnswer(rows=rows, page=query.page, page_size=query.page_size, total_count=total))


def _own(upload_id: str) -> UploadRow:
    return _uploads().get(upload_id, current_owner())


def _uploads() -> Uploads:
    return Uploads(runtime().settings, runtime().database)


def _conflicts() -> Conflicts:
    return Conflicts(runtime().database, runtime().register)
