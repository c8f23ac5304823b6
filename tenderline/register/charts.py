"""The charts of the register, as Vega-Lite specifications with their data inside: the browser only draws them.

Every datum carries ``filter``, what a click on it narrows the search to; ``usermeta`` says which filter that replaces. Text for people who
don't see the chart stands in ``description`` and on every mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from tenderline.register.chart_data import ChartData, Measure, amount_words, chart_data
from tenderline.register.treemap import squarified
from tenderline.register.wording import counted

Json = dict[str, Any]
Theme = Literal["light", "dark"]

TOKENS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {
            "ink": "#18221f",
            "ink-soft": "#4c5954",
            "line": "#d6dbd2",
            "line-strong": "#8a958e",
            "accent": "#0d5b50",
            "accent-strong": "#08443b",
            "accent-wash": "#dcebe5",
        },
        "dark": {
            "ink": "#e4eae6",
            "ink-soft": "#a9b6b0",
            "line": "#303b37",
            "line-strong": "#74827b",
            "accent": "#7ad0bb",
            "accent-strong": "#a5e3d3",
            "accent-wash": "#1d3832",
        },
    }
)
"""The page's colours (static/css/tokens.css)."""

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
_SHORT = "replace(format(datum.value, '.3~s'), 'G', 'B')"
_TREND_HEIGHT, _ROW_HEIGHT, _NARROW_ROW_HEIGHT = 220, 26, 42
_TREEMAP, _NARROW_TREEMAP = (640, 300), (280, 360)
"""Width and height a treemap is divided in; it is stretched to the width of its place."""
_LABEL_PIXELS, _LABEL_LEAST = 220, 48
_LABEL_MARGIN, _LABEL_HEIGHT = 12, 22
_OTHERS = "All others"


def charts(aggregates: Json, names: Sequence[str], *, measure: Measure, theme: Theme, narrow: bool = False) -> list[Json]:
    """``{chart, title, text, spec, table}`` for each name, of the answer of ``aggregates.aggregate``."""
    shown = [chart_data(name, aggregates, measure) for name in names]
    return [
        {"chart": data.name, "title": data.title, "text": data.text, "spec": spec(data, theme, narrow=narrow), "table": data.table}
        for data in shown
    ]


def spec(data: ChartData, theme: Theme, *, narrow: bool = False) -> Json:
    """The Vega-Lite specification of a chart; as wide as its place on the page.

    Args:
        narrow: the place is as wide as a telephone: names stand above their bars, a treemap is higher than wide.
    """
    import altair as alt

    tokens = TOKENS[theme]
    drawn: Any
    if data.name == "shares":
        drawn = _treemap(data, tokens, *(_NARROW_TREEMAP if narrow else _TREEMAP))
    elif data.kind.newest is not None:
        drawn = _trend(data, tokens)
    elif narrow:
        drawn = _narrow_bars(data, tokens)
    else:
        drawn = _bars(data, tokens)
    drawn = drawn.properties(
        description=data.text,
        width="container",
        usermeta={"chart": data.name, "replaces": data.kind.replaces},
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    ).configure(**_config(tokens))
    made: Json = drawn.to_dict()
    return made


def _trend(data: ChartData, tokens: Mapping[str, str]) -> Any:
    import altair as alt

    x = alt.X(
        "label:O",
        title=data.kind.each,
        sort=None,
        axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=10, labelPadding=8, grid=False, ticks=False),
    )
    y = alt.Y(f"{data.measure}:Q", title=data.measured, axis=alt.Axis(labelExpr=_SHORT, tickCount=5))
    return _marks(data, tokens).encode(x=x, y=y, **_told()).properties(height=_TREND_HEIGHT)


def _bars(data: ChartData, tokens: Mapping[str, str]) -> Any:
    import altair as alt

    x = alt.X(f"{data.measure}:Q", title=data.measured, axis=alt.Axis(labelExpr=_SHORT, tickCount=5))
    y = alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_PIXELS, grid=False, ticks=False))
    return _marks(data, tokens).encode(x=x, y=y, **_told()).properties(height=alt.Step(_ROW_HEIGHT))


def _narrow_bars(data: ChartData, tokens: Mapping[str, str]) -> Any:
    import altair as alt

    x = alt.X(f"{data.measure}:Q", title=data.measured, axis=alt.Axis(labelExpr=_SHORT, tickCount=3))
    y = alt.Y("label:N", sort=None, axis=None)
    marks = _marks(data, tokens, size=14, yOffset=9).encode(x=x, y=y, **_told())
    names = alt.Chart(marks.data).mark_text(
        align="left", baseline="bottom", fontSize=12, color=tokens["ink"], limit=alt.expr("width"), aria=False
    )
    names = names.encode(x=alt.value(0), y=y, text="label:N")
    return alt.layer(marks, names).properties(height=alt.Step(_NARROW_ROW_HEIGHT))


def _marks(data: ChartData, tokens: Mapping[str, str], **look: Any) -> Any:
    import altair as alt

    values = [_datum(row) for row in data.rows]
    return alt.Chart(alt.InlineData(values)).mark_bar(
        color=tokens["accent"], cursor="pointer", minBandSize=3, cornerRadiusEnd=2, invalid=None, **look
    )


def _treemap(data: ChartData, tokens: Mapping[str, str], width: int, height: int) -> Any:
    import altair as alt

    rows = [row for row in data.rows if row[data.measure] > 0]
    rest = (data.summary[data.measure] or 0) - sum(row[data.measure] for row in data.rows)
    if rest > 0 and rows:
        count = data.summary["count"] - sum(row["count"] for row in data.rows)
        total = (data.summary["total_value"] or 0) - sum(row["total_value"] for row in data.rows)
        rows.append({"label": _OTHERS, "count": count, "total_value": total, "filter": None})
    rows.sort(key=lambda row: -row[data.measure])
    cells = squarified([float(row[data.measure]) for row in rows], width, height)
    values = [
        {**_datum(row), "x": cell.left, "x2": cell.right, "y": cell.bottom, "y2": cell.top} for row, cell in zip(rows, cells, strict=True)
    ]

    def axis(channel: Any, field: str, end: int) -> Any:
        return channel(f"{field}:Q", axis=None, scale=alt.Scale(domain=[0, end], nice=False))

    x, y = axis(alt.X, "x", width), axis(alt.Y, "y", height)
    room = f"((datum.x2 - datum.x) * width / {width} - {_LABEL_MARGIN})"  # in pixels of the place it is drawn in
    fits = f"{room} >= {_LABEL_LEAST} && datum.y2 - datum.y >= {_LABEL_HEIGHT}"
    source = alt.Chart(alt.InlineData(values))
    marks = source.mark_rect(fill=tokens["accent-wash"], stroke=tokens["line-strong"], cursor="pointer")
    boxes = marks.encode(x=x, x2="x2:Q", y=y, y2="y2:Q", **_told())
    words = source.mark_text(
        align="left", baseline="bottom", fontSize=12, dx=6, dy=-6, color=tokens["ink"], aria=False, limit=alt.expr(f"max(1, {room})")
    )
    names = words.encode(x=x, y=y, text=alt.value(alt.expr(f"{fits} ? datum.label : ''")))
    return alt.layer(boxes, names).properties(height=height)


def _datum(row: Json) -> Json:
    words = f"{row['label']}: {amount_words(row['total_value'])} in {counted(row['count'], 'contract')}"
    return {name: row[name] for name in ("label", "count", "total_value", "filter")} | {"words": words}


def _told() -> dict[str, Any]:
    """What is said of a mark: to a pointer, and to a screen reader."""
    import altair as alt

    return {"tooltip": alt.Tooltip("words:N"), "description": alt.Description("words:N")}


def _config(tokens: Mapping[str, str]) -> Json:
    axis = {
        "labelColor": tokens["ink-soft"],
        "titleColor": tokens["ink-soft"],
        "titleFontWeight": "normal",
        "gridColor": tokens["line"],
        "domainColor": tokens["line-strong"],
        "tickColor": tokens["line-strong"],
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    return {"background": "transparent", "font": _FONT, "axis": axis, "view": {"stroke": None}}
