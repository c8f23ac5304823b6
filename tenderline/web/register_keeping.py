"""What the register keeps for its readers: exports and saved filters, each its owner's own."""

from __future__ import annotations

import time

from flask import Response, current_app, send_file
from flask_openapi.blueprint import APIBlueprint

from tenderline.register.export_query import MEDIA_TYPES, ExportQuery
from tenderline.register.exports import Exports, file_name
from tenderline.register.questions import estimated
from tenderline.register.saved_filters import FilterSets
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer
from tenderline.web.context import ERRORS, runtime
from tenderline.web.register_answers import (
    DeletedIdAnswer,
    ExportEstimateAnswer,
    ExportsAnswer,
    FilterSetAnswer,
    FilterSetsAnswer,
    told,
)
from tenderline.web.register_models import ExportPath, FiltersPath, SaveFiltersBody

register_keeping = APIBlueprint(
    "register_keeping", __name__, url_prefix="/api/v1/contracts", abp_tags=[{"name": "Register"}], abp_responses=ERRORS
)


@register_keeping.post("/chip-export/", responses={200: None, 507: ErrorAnswer})
def chip_export(body: ExportQuery) -> Response:
    """The contracts that match the filters as a file: CSV, Excel or Parquet, in the order of the search.

    Text that a spreadsheet would run as a formula gets an apostrophe in front, in CSV and Excel. A large Excel file is a task's work.
    """
    from tenderline.register.exporting import direct_export

    pieces = direct_export(runtime().register, _exports().files, body)
    response = current_app.response_class(pieces, mimetype=MEDIA_TYPES[body.format])
    response.headers.set("Content-Disposition", "attachment", filename=file_name(body.format, time.time()))
    return response


@register_keeping.post("/chip-export-estimate/", responses={200: ExportEstimateAnswer})
def chip_export_estimate(body: ExportQuery) -> Response:
    """How large an export would be."""
    from tenderline.register.exporting import size_of
    from tenderline.register.search import count

    snapshot = runtime().register.snapshot()
    found = estimated(snapshot, "export", body)
    rows = count(snapshot, body.filters)
    size = size_of(snapshot, body, rows)
    return told({"rows": rows, "bytes": size, "format": body.format, "recommended": found.recommended, "reason": found.sentence()})


@register_keeping.get("/exports/", responses={200: ExportsAnswer})
def list_exports() -> Response:
    """Your exports, newest first."""
    return told({"exports": _exports().owned(current_owner())})


@register_keeping.get("/exports/<export_id>/", responses={200: None})
def download_export(path: ExportPath) -> Response:
    """The file of an export, until it expires."""
    found = _exports().find(current_owner(), path.export_id)
    file = _exports().files.export(found["export_id"])
    kind, name = MEDIA_TYPES[found["format"]], found["file_name"]
    response = send_file(file, mimetype=kind, as_attachment=True, download_name=name, conditional=False, etag=False, last_modified=None)
    response.headers["Cache-Control"] = "no-store"
    return response


@register_keeping.delete("/exports/<export_id>/", responses={200: DeletedIdAnswer})
def delete_export(path: ExportPath) -> Response:
    """Delete an export before it expires."""
    _exports().delete(current_owner(), path.export_id)
    return told({"id": path.export_id})


@register_keeping.get("/filters/", responses={200: FilterSetsAnswer})
def list_filters() -> Response:
    """Your saved filters, by name."""
    return told({"saved": _sets().owned(current_owner())})


@register_keeping.post("/filters/", responses={200: FilterSetAnswer, 409: ErrorAnswer})
def save_filters(body: SaveFiltersBody) -> Response:
    """Save filters under a name; what had that name is replaced."""
    return told({"saved": _sets().save(current_owner(), body.name, body.filters)})


@register_keeping.delete("/filters/<filters_id>/", responses={200: DeletedIdAnswer})
def delete_filters(path: FiltersPath) -> Response:
    """Forget saved filters."""
    _sets().delete(current_owner(), path.filters_id)
    return told({"id": path.filters_id})


def _exports() -> Exports:
    return Exports(runtime().settings, runtime().database)


def _sets() -> FilterSets:
    return FilterSets(runtime().database)
