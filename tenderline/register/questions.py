"""A question to the register, whoever asks it: what it is, under which key its answer is kept, and the answer.

Views answer questions directly, tasks answer those that take longer: with this one function, so they cannot disagree.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from tenderline.register.queries import AggregateQuery, Query, SearchQuery, TableQuery

if TYPE_CHECKING:
    from tenderline.register.estimate import Estimate
    from tenderline.register.snapshot import Snapshot

Json = dict[str, Any]
Kind = Literal["search", "analytics", "analytics-paginated", "export"]

SEARCH_REGISTER, ANALYZE_REGISTER, EXPORT_CONTRACTS = "search_register", "analyze_register", "export_contracts"
"""The operations."""

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {"search": SEARCH_REGISTER, "analytics": ANALYZE_REGISTER, "analytics-paginated": ANALYZE_REGISTER}
)
"""The kind of a question -> the operation that answers it."""
_QUERIES: Mapping[str, type[Query]] = MappingProxyType(
    {"search": SearchQuery, "analytics": AggregateQuery, "analytics-paginated": TableQuery}
)

_KEY = re.compile(rf"({SEARCH_REGISTER}|{ANALYZE_REGISTER}|{EXPORT_CONTRACTS}):([0-9]{{1,18}}):([0-9a-f]{{64}})")
_HOW = {"mode"}
"""What a request says about how it is to be answered."""


@dataclass(frozen=True)
class Question:
    """A page of contracts (``search``), totals (``analytics``) or a page of totals (``analytics-paginated``)."""

    kind: Kind
    query: Query

    @classmethod
    def of_params(cls, params: Json) -> Question:
        """The question that ``params`` was taken from."""
        kind = params["kind"]
        return cls(kind, _QUERIES[kind].model_validate(params["query"]))

    @property
    def operation(self) -> str:
        return OPERATIONS[self.kind]

    @property
    def params(self) -> Json:
        """The question as JSON, for the ledger."""
        return {"kind": self.kind, "query": asked(self.query)}

    def key(self, version: int) -> str:
        """Names the answer: questions of the same key find the same. With the register's version in it, no old answer is ever taken."""
        return key_of(self.operation, version, [self.kind, *parts(self.query)])

    def answer(self, snapshot: Snapshot) -> Json:
        """``{results, pagination, version}``."""
        query = self.query
        if isinstance(query, AggregateQuery):
            from tenderline.register.aggregates import aggregate

            return {"results": aggregate(snapshot, query.filters, query.top_n), "pagination": None, "version": snapshot.version}
        if isinstance(query, TableQuery):
            from tenderline.register.tables import table

            page = table(snapshot, query)
        else:
            from tenderline.register.search import search

            page = search(snapshot, cast(SearchQuery, query))
        return {"results": page.rows, "pagination": page.pagination, "version": snapshot.version}

    def estimate(self, snapshot: Snapshot) -> Estimate:
        """What the answer costs."""
        by_default = not isinstance(self.query, SearchQuery) or self.query.sort_by == "award_date"
        return estimated(snapshot, self.kind, self.query, sorted_by_default=by_default, counted=False)


def estimated(snapshot: Snapshot, kind: Kind, query: Query, *, sorted_by_default: bool = True, counted: bool = True) -> Estimate:
    """What an answer of that kind costs with the filters of a query; not ``counted``, only as exactly as the choice of the way needs it."""
    from tenderline.register.estimate import estimate

    wanted = "table" if kind == "analytics-paginated" else kind
    return estimate(snapshot, query.filters, wanted, sorted_by_default=sorted_by_default, counted=counted)


def asked(query: Query) -> Json:
    """A query as JSON that its model reads again; what was not asked for is left out."""
    return query.model_dump(mode="json", exclude_defaults=True, exclude=_HOW)


def parts(query: Query) -> list[Any]:
    """What the answer to a query depends on, the same for queries that only look different."""
    return [query.filters.canonical(), query.model_dump(mode="json", exclude={"filters", *_HOW})]


def key_of(operation: str, version: int, depends_on: list[Any]) -> str:
    """``operation:version:digest``."""
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode()).hexdigest()
    return f"{operation}:{version}:{digest}"


def parts_of_key(key: str) -> tuple[str, int, str] | None:
    """Operation, version of the register and digest of the question that a key was made of; None when it is no key of ours."""
    found = _KEY.fullmatch(key)
    return (found[1], int(found[2]), found[3]) if found else None
