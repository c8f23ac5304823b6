"""The contract register, asked directly: contracts, totals, names, single contracts, charts."""

from __future__ import annotations

import json

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from tenderline.register.chart_data import CHARTS
from tenderline.register.overview import overview
from tenderline.register.queries import AggregateQuery, OptionsQuery, SearchQuery, TableQuery
from tenderline.register.questions import Question
from tenderline.register.routing import on_snapshot
from tenderline.web.context import ERRORS, router, runtime
from tenderline.web.register_answers import (
    AggregatesAnswer,
    ChartsAnswer,
    ChartsListAnswer,
    ContractAnswer,
    LookupAnswer,
    OptionsAnswer,
    OverviewAnswer,
    SearchAnswer,
    TableAnswer,
    told,
    told_results,
)
from tenderline.web.register_models import ChartsBody, ContractPath, NumberQuery, OptionsParameters

register = APIBlueprint("register", __name__, url_prefix="/api/v1/contracts", abp_tags=[{"name": "Register"}], abp_responses=ERRORS)


@register.post("/chip-search/", responses={200: SearchAnswer})
def chip_search(body: SearchQuery) -> Response:
    """A page of the contracts that match the filters, and how many there are.

    Filters stand at top level or in ``filters``; chips of one list are alternatives, the lists hold together.
    """
    return told_results(router().answer(Question("search", body)), body.filters.sentence())


@register.post("/chip-aggregates/", responses={200: AggregatesAnswer})
def chip_aggregates(body: AggregateQuery) -> Response:
    """Totals of the contracts that match the filters: in all, over time, and of the largest names of each dimension."""
    found = json.loads(router().answer(Question("analytics", body)))
    return told({**found["results"], "version": found["version"], "sentence": body.filters.sentence()})


@register.post("/chip-aggregates-paginated/", responses={200: TableAnswer})
def chip_aggregates_paginated(body: TableQuery) -> Response:
    """A page of totals by one dimension: of names, or of time. ``entity_type`` may stand for ``dimension``."""
    return told_results(router().answer(Question("analytics-paginated", body)), body.filters.sentence())


@register.get("/filter-options/", responses={200: OptionsAnswer})
def filter_options(query: OptionsParameters) -> Response:
    """The names that contain ``q``, with how many contracts each has; the most frequent first."""
    return _options(OptionsQuery(dimension=query.dimension, q=query.q, limit=query.limit))


@register.post("/filter-options/", responses={200: OptionsAnswer})
def filter_options_within(body: OptionsQuery) -> Response:
    """The same among the contracts that match the filters."""
    return _options(body)


@register.get("/overview/", responses={200: OverviewAnswer})
def register_overview() -> Response:
    """How much the register holds, its version, and what of it is damaged."""
    return told(on_snapshot(runtime().register, overview))


@register.get("/lookup/", responses={200: LookupAnswer})
def lookup(query: NumberQuery) -> Response:
    """The contracts with a contract number or reference number; at most 100."""
    from tenderline.register.contract import by_number

    found, total = on_snapshot(runtime().register, lambda snapshot: by_number(snapshot, query.number))
    return told({"data": found, "total": total})


@register.get("/<contract_id>/", responses={200: ContractAnswer})
def contract(path: ContractPath) -> Response:
    """A contract with every column of its source, and the import that brought it."""
    from tenderline.register.contract import contract as whole

    return told(on_snapshot(runtime().register, lambda snapshot: whole(snapshot, runtime().database, path.contract_id)))


@register.get("/charts/", responses={200: ChartsListAnswer})
def list_charts() -> Response:
    """The charts that there are."""
    return told({"charts": [{"chart": name, "title": kind.title} for name, kind in CHARTS.items()]})


@register.post("/charts/", responses={200: ChartsAnswer})
def charts(body: ChartsBody) -> Response:
    """Charts of the contracts that match the filters, each with its numbers as a table and in words."""
    from tenderline.register import charts as drawing

    question = Question("analytics", AggregateQuery().model_copy(update={"filters": body.filters, "top_n": body.top_n}))
    found = json.loads(router().answer(question))
    names = list(CHARTS) if body.charts is None else list(dict.fromkeys(body.charts))
    drawn = drawing.charts(found["results"], names, measure=body.measure, theme=body.theme, narrow=body.narrow)
    return told({"charts": drawn, "version": found["version"], "sentence": body.filters.sentence()})


def _options(query: OptionsQuery) -> Response:
    from tenderline.register.options import options

    found = on_snapshot(runtime().register, lambda snapshot: options(snapshot, query))
    return told({"dimension": query.dimension, "options": [{"name": each["name"], "count": each["count"]} for each in found]})
