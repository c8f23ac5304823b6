from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from vl_convert import vegalite_to_vega

from tenderline.register.chart_data import CHARTS, chart_data, filter_of
from tenderline.register.charts import TOKENS, charts
from tenderline.register.filters import Filters
from tenderline.register.treemap import squarified

TOKENS_FILE = Path(__file__).parents[2] / "static" / "css" / "tokens.css"


def bars(*labels: str) -> list[dict[str, Any]]:
    return [{"label": label, "count": 10 - place, "total_value": (place + 1) * 1234567.25} for place, label in enumerate(labels)]


@pytest.fixture
def aggregates() -> dict[str, Any]:
    names = bars('Acme "A" && Sons', "Ñandú 水道 <b>", "=1+1")
    return {
        "summary": {"count": 100, "total_value": 50_000_000, "avg_value": 500_000},
        "by_year": bars("2022", "2023", "2024"),
        "by_quarter": bars("2023-Q4", "2024-Q1"),
        "by_month": bars("2023-12", "2024-02"),
        "by_contractor": names,
        "by_organization": names,
        "by_area": names,
        "by_category": names,
    }


def data_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    [values] = spec["datasets"].values()
    return values


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("measure", ["total_value", "count"])
@pytest.mark.parametrize("narrow", [False, True])
def test_every_chart_is_a_specification_that_vega_lite_takes(aggregates: dict[str, Any], measure: Any, theme: Any, narrow: bool) -> None:
    drawn = charts(aggregates, list(CHARTS), measure=measure, theme=theme, narrow=narrow)
    assert [chart["chart"] for chart in drawn] == list(CHARTS)
    for chart in drawn:
        vegalite_to_vega(chart["spec"] | {"width": 400})
        assert chart["spec"]["description"] == chart["text"]
        assert chart["spec"]["usermeta"] == {"chart": chart["chart"], "replaces": CHARTS[chart["chart"]].replaces}


def test_a_chart_is_the_same_as_its_table(aggregates: dict[str, Any]) -> None:
    for chart in charts(aggregates, [name for name in CHARTS if name != "shares"], measure="total_value", theme="light"):
        keys = [column["key"] for column in chart["table"]["columns"]]
        assert keys == ["label", "count", "total_value"]
        told = [{name: row[name] for name in keys} for row in chart["table"]["rows"]]
        assert [{name: datum[name] for name in keys} for datum in data_of(chart["spec"])] == told


def test_every_bar_stands_for_a_filter_that_is_valid(aggregates: dict[str, Any]) -> None:
    for chart in charts(aggregates, list(CHARTS), measure="count", theme="light"):
        for datum in data_of(chart["spec"]):
            if datum["label"] == "All others":
                assert datum["filter"] is None
                continue
            [name] = datum["filter"]
            assert name == CHARTS[chart["chart"]].replaces
            Filters.model_validate(datum["filter"])


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("2024", {"type": "yearly", "year": 2024}),
        ("2024-Q2", {"type": "quarterly", "year": 2024, "quarter": 2}),
        ("2024-02", {"type": "custom", "startDate": "2024-02-01", "endDate": "2024-02-29"}),
    ],
)
def test_a_period_becomes_its_time_range(label: str, found: dict[str, Any]) -> None:
    assert filter_of("time_ranges", label) == {"time_ranges": [found]}


@pytest.mark.parametrize("label", ["a && b", "&& b", "x" * 300, "x" * 196 + " && y", "a &&"])
def test_a_name_of_any_kind_becomes_a_valid_chip(label: str) -> None:
    found = filter_of("contractors", label)
    assert found is not None
    Filters.model_validate(found)


def test_a_name_that_no_chip_can_tell_is_not_offered_for_a_click() -> None:
    assert filter_of("contractors", "&&") is None


def test_the_treemap_shows_the_rest_as_one(aggregates: dict[str, Any]) -> None:
    [chart] = charts(aggregates, ["shares"], measure="total_value", theme="light")
    cells = data_of(chart["spec"])
    shown = sum(cell["total_value"] for cell in cells)
    assert shown == pytest.approx(50_000_000)
    assert "All others" in {cell["label"] for cell in cells}


def test_cells_fill_the_rectangle_and_keep_their_shares() -> None:
    values = [60.0, 25.0, 10.0, 4.0, 1.0]
    cells = squarified(values, 600, 300)
    areas = [(cell.right - cell.left) * (cell.top - cell.bottom) for cell in cells]
    assert areas == pytest.approx([value / 100 * 600 * 300 for value in values])
    assert all(-1e-6 <= cell.left < cell.right <= 600 + 1e-6 and -1e-6 <= cell.bottom < cell.top <= 300 + 1e-6 for cell in cells)
    for first in range(len(cells)):
        for second in range(first):
            one, other = cells[first], cells[second]
            wide = min(one.right, other.right) - max(one.left, other.left)
            high = min(one.top, other.top) - max(one.bottom, other.bottom)
            assert wide < 1e-6 or high < 1e-6


def test_without_contracts_a_chart_says_so() -> None:
    nothing: dict[str, Any] = {"summary": {"count": 0, "total_value": 0, "avg_value": None}}
    nothing |= {kind.source: [] for kind in CHARTS.values()}
    for chart in charts(nothing, list(CHARTS), measure="total_value", theme="dark"):
        assert chart["text"].endswith("There is nothing to show.")
        assert chart["table"]["rows"] == []
        vegalite_to_vega(chart["spec"] | {"width": 400})


def test_a_long_trend_shows_its_newest_periods_in_the_order_of_time() -> None:
    months = [f"{1980 + month // 12}-{month % 12 + 1:02d}" for month in range(500)]
    told = chart_data("trend_month", {"summary": {"count": 1, "total_value": 1}, "by_month": bars(*reversed(months))}, "total_value")
    assert [row["label"] for row in told.rows] == months[-240:]


def test_the_words_tell_the_largest(aggregates: dict[str, Any]) -> None:
    [chart] = charts(aggregates, ["trend_year"], measure="count", theme="light")
    assert "2022 to 2024" in chart["text"]
    assert "Highest: 2022 with 1.23 million in 10 contracts" in chart["text"]


def test_the_colours_are_those_of_the_page() -> None:
    light, _, dark = TOKENS_FILE.read_text().partition("prefers-color-scheme: dark")
    for theme, text in (("light", light), ("dark", dark)):
        known = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))
        assert {name: known[name] for name in TOKENS[theme]} == dict(TOKENS[theme])


def test_a_chart_is_json(aggregates: dict[str, Any]) -> None:
    json.dumps(charts(aggregates, list(CHARTS), measure="count", theme="light"), allow_nan=False)
