"""The charts of a report as Vega-Lite specifications: for a web page, where they are live, and as SVG or PNG.

They hold numbers, times, and words of the packs; no text of a log. Times are the wall clock of the report's zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from logscan.errors import MissingExtraError
from logscan.findings import Findings
from logscan.render.escape import safe
from logscan.render.page import Look, page_for
from logscan.render.pictures import small

Spec = dict[str, Any]
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VERSION = "6.1"  # of Vega-Lite, by which SVG and PNG are drawn
# Tones that stand out (3:1) from white and from near-black alike, and from one another without colour vision.
_OUTCOMES = {"deferred": "#b7791f", "bounced": "#c53f35", "expired": "#8059a8", "refused by us": "#6c7a89"}
_DELIVERED = "#2f8577"
_FAILED = "#c53f35"
_SERIES = ("#3b7cb8", "#b7791f", "#c53f35", "#2f8577", "#8059a8", "#64862f", "#7b756c")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FINE = re.compile(r"[0-9]+\.[0-9]{2,}")  # finer than a pixel
_MOST_PEERS = 12
_MOST_REASONS = 6
_NAME = 80  # cells of a name
_FEW = 4  # attempts below which a share says little
_LEAST_DELAYS = 10
_AXIS = 64  # pixels for the numbers beside charts that stand one below the other
_WIDTH = 860  # pixels where nobody says how much room there is


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its name, what it shows, how to read it, and the specification."""

    id: str
    title: str
    note: str
    spec: Spec


def needed() -> None:
    """Raise MissingExtraError where the packages for charts and pages are not installed."""
    try:
        import jinja2
        import vl_convert
    except ImportError as error:
        raise MissingExtraError(
            f"HTML and charts need a package that is not installed ({error.name}): pip install 'logscan[report]'"
        ) from error
    del jinja2, vl_convert


def charts(findings: Findings) -> list[Chart]:
    """The charts for which the log has the data, in the order in which to show them."""
    zone = page_for(findings, Look()).zone
    makers = (_volume, _trouble, _heat, _reasons, _delays)
    return [chart for make in makers if (chart := make(findings, zone)) is not None]


def png(chart: Chart, *, scale: float = 2.0, width: int = _WIDTH) -> bytes:
    """The chart as a PNG picture on white, with its title."""
    import vl_convert

    return small(vl_convert.vegalite_to_png(_still(chart, titled=True, width=width), vl_version=VERSION, scale=scale))


def svg(chart: Chart) -> str:
    """The chart as SVG without a background, which style sheets may colour."""
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(_still(chart, titled=False), vl_version=VERSION)
    return _FINE.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), drawn)


@cache
def script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one classic script that makes ``vegaEmbed``."""
    import vl_convert

    return f"(()=>{{{vl_convert.javascript_bundle('window.vegaEmbed = vegaEmbed;', vl_version=VERSION)}}})();"


def _still(chart: Chart, *, titled: bool, width: int = _WIDTH) -> Spec:
    spec = {**chart.spec, "width": width}
    return {**spec, "background": "white", "padding": 12, "title": chart.title} if titled else spec


def _spec(rows: list[dict[str, Any]], **parts: Any) -> Spec:
    return {
        "$schema": _SCHEMA,
        "data": {"values": rows},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "config": {
            "aria": False,  # the figure has a name, and its numbers stand in a table
            "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
            "view": {"stroke": None},
            "axis": {"domain": False, "gridColor": "#8884", "tickColor": "#8888", "labelColor": "#444", "titleColor":
                     "#444", "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
            "legend": {"labelColor": "#444", "titleColor": "#444", "labelFontSize": 12, "symbolType": "square"},
            "title": {"color": "#222", "anchor": "start", "fontSize": 14},
        },
        **parts,
    }  # fmt: skip


def _wall(at: datetime, zone: tzinfo) -> int:
    """Milliseconds that a chart in UTC shows as the clock of the zone."""
    return int((at.astimezone(zone).replace(tzinfo=UTC) - _EPOCH) / _MILLISECOND)


def _starts(findings: Findings, zone: tzinfo) -> list[int]:
    """When each step begins."""
    return [_wall(hour.hour, zone) for hour in findings.traffic.steps]


def _ends(findings: Findings) -> Spec:
    """The transform that says when a step ends: on the hour, though it may begin within one (a zone of half hours)."""
    width = int(timedelta(hours=findings.traffic.step_hours) / _MILLISECOND)
    return {"calculate": f"datum.at + {width}", "as": "to"}


def _time() -> Spec:
    label = "utchours(datum.value) + utcminutes(datum.value) == 0 ? utcFormat(datum.value, '%a %d %b') : "
    axis = {"title": None, "grid": False, "labelOverlap": True, "tickCount": {"expr": "max(2, width / 100)"},
            "labelExpr": label + "utcFormat(datum.value, '%H:%M')", "labelFlush": True}  # fmt: skip
    return {"field": "at", "type": "temporal", "bin": "binned", "scale": {"type": "utc"}, "axis": axis}


_NAMES = {"title": None, "ticks": False, "labelLimit": {"expr": "max(90, min(220, width / 3))"}}
_WHEN = {"field": "when", "title": "from"}
_TOLD = {"calculate": "utcFormat(datum.at, '%a %d %b %H:%M')", "as": "when"}


def _count(title: str, **more: Any) -> Spec:
    axis = {"title": title, "minExtent": _AXIS, "tickMinStep": 1, "tickCount": 4, "format": ",d"}
    return {"field": "n", "type": "quantitative", "axis": axis, **more}


def _span(findings: Findings) -> str:
    hours = findings.traffic.step_hours
    if hours < 24:
        return "hour" if hours == 1 else f"{hours} hours"
    return "day" if hours == 24 else f"{hours // 24} days"


def _volume(findings: Findings, zone: tzinfo) -> Chart | None:
    steps = findings.traffic.steps
    if len(steps) < 2 or not any(step.delivered for step in steps):
        return None
    rows = [{"at": at, "n": step.delivered} for at, step in zip(_starts(findings, zone), steps, strict=True)]
    return Chart(
        "volume", f"Delivered per {_span(findings)}", "Attempts that delivered mail.",
        _spec(
            rows, height=80,
            transform=[_ends(findings), _TOLD],
            mark={"type": "bar", "color": _DELIVERED, "binSpacing": 1, "tooltip": True},
            encoding={"x": _time(), "x2": {"field": "to"}, "y": _count("attempts"),
                      "tooltip": [_WHEN, {"field": "n", "title": "delivered", "format": ",d"}]},
        ),
    )  # fmt: skip


def _trouble(findings: Findings, zone: tzinfo) -> Chart | None:
    steps = findings.traffic.steps
    series = [
        (what, [(step.deferred, step.bounced, step.expired, step.rejected)[n] for step in steps])
        for n, what in enumerate(_OUTCOMES)
    ]
    series = [(what, counts) for what, counts in series if any(counts)]
    if len(steps) < 2 or not series:
        return None
    return Chart(
        "trouble", f"Failed and refused per {_span(findings)}",
        "Attempts deferred or bounced, messages expired, and what this server refused. A click on a word of the legend "
        "shows it alone.",
        _stack(findings, series, "count", [_OUTCOMES[what] for what, _ in series], zone),
    )  # fmt: skip


def _stack(
    findings: Findings, series: list[tuple[str, list[int]]], title: str, tones: Sequence[str], zone: tzinfo
) -> Spec:
    """Bars of several series one upon the other."""
    starts, names = _starts(findings, zone), _unlike(name for name, _ in series)
    edges = {starts[0], starts[-1]}  # so that all charts span the same time
    rows = [{"at": at, "k": k, "n": n} for k, (_, counts) in enumerate(series)
            for at, n in zip(starts, counts, strict=True) if n or (k == 0 and at in edges)]  # fmt: skip
    return _spec(
        rows, height=190,
        transform=[_ends(findings), _TOLD, {"calculate": f"{json.dumps(names)}[datum.k]", "as": "what"}],
        params=[{"name": "chosen", "select": {"type": "point", "fields": ["what"]}, "bind": "legend"}],
        mark={"type": "bar", "binSpacing": 1, "tooltip": True},
        encoding={
            "x": _time(), "x2": {"field": "to"}, "y": _count(title, stack="zero"),
            "color": {"field": "what", "type": "nominal", "scale": {"domain": names, "range": list(tones)},
                      "legend": {"title": None, "orient": "top", "columns": {"expr": "max(1, floor(width / 150))"}}},
            "order": {"field": "k", "type": "quantitative"},
            "opacity": {"condition": {"param": "chosen", "value": 1}, "value": 0.12},
            "tooltip": [_WHEN, {"field": "what", "title": "what"}, {"field": "n", "title": title, "format": ",d"}],
        },
    )  # fmt: skip


def _heat(findings: Findings, zone: tzinfo) -> Chart | None:
    starts = _starts(findings, zone)
    peers = [peer for peer in findings.traffic.peers if peer.deferred or peer.bounced][:_MOST_PEERS]
    if len(starts) < 2 or len(peers) < 2:
        return None
    names = _unlike(peer.name for peer in peers)
    rows = [
        {"at": at, "w": w, "bad": bad, "of": good + bad}
        for w, peer in enumerate(peers)
        for at, good, bad in zip(starts, peer.delivered_by_step, peer.failed_by_step, strict=True)
        if bad or (w == 0 and at in (starts[0], starts[-1]))
    ]  # fmt: skip
    return Chart(
        "heat", "Share of attempts that failed, by provider and time",
        f"The stronger the colour, the more of the attempts failed; where there were fewer than {_FEW}, it is paler.",
        _spec(
            rows, height=22 * len(peers),
            transform=[_ends(findings), _TOLD, {"calculate": f"{json.dumps(names)}[datum.w]", "as": "who"},
                       {"calculate": f"datum.bad && 0.08 + 0.92 * datum.bad / max(datum.of, {_FEW})", "as": "ink"}],
            mark={"type": "rect", "color": _FAILED, "tooltip": True},
            encoding={
                "x": _time(), "x2": {"field": "to"},
                "y": {"field": "who", "type": "nominal", "sort": names, "axis": {**_NAMES, "grid": True}},
                "opacity": {"field": "ink", "type": "quantitative", "scale": None},
                "tooltip": [_WHEN, {"field": "who", "title": "provider"},
                            {"field": "bad", "title": "failed", "format": ",d"},
                            {"field": "of", "title": "of attempts", "format": ",d"}],
            },
        ),
    )  # fmt: skip


def _reasons(findings: Findings, zone: tzinfo) -> Chart | None:
    ranked = findings.traffic.reasons
    if len(findings.traffic.steps) < 2 or not ranked:
        return None
    series = [(reason.title, reason.failed_by_step) for reason in ranked[:_MOST_REASONS]]
    if len(ranked) > _MOST_REASONS:
        series.append(("all other reasons", _added(reason.failed_by_step for reason in ranked[_MOST_REASONS:])))
    return Chart(
        "reasons", f"Why attempts failed, per {_span(findings)}",
        "A click on a word of the legend shows it alone.",
        _stack(findings, series, "failed attempts", _SERIES[: len(series)], zone),
    )  # fmt: skip


def _added(rows: Iterable[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _unlike(names: Iterable[str]) -> list[str]:
    """Names as a chart shows them, no two alike."""
    out: dict[str, None] = {}
    for name in names:
        shown = safe(name, _NAME)
        while shown in out:
            shown += "'"
        out[shown] = None
    return list(out)


def _delays(findings: Findings, zone: tzinfo) -> Chart | None:
    del zone
    peers = [peer for peer in findings.traffic.peers if peer.delays and peer.delays.count >= _LEAST_DELAYS]
    peers = sorted(peers, key=lambda peer: -(peer.delays.count if peer.delays else 0))[:_MOST_PEERS]
    names = _unlike(peer.name for peer in peers)
    rows = [
        {"who": name, "share": share, "seconds": seconds, "count": peer.delays.count}
        for name, peer in zip(names, peers, strict=True) if peer.delays
        for share, seconds in (("50 %", peer.delays.p50), ("90 %", peer.delays.p90), ("99 %", peer.delays.p99))
    ]  # fmt: skip
    if not rows:
        return None
    who = {"field": "who", "type": "nominal", "sort": names, "axis": _NAMES}
    told = ("datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + ' min' : "
            "datum.value < 86400 ? datum.value / 3600 + ' h' : datum.value / 86400 + ' d'")  # fmt: skip
    marks = [0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400, 5 * 86400]
    axis = {"title": "time in the queue", "labelExpr": told, "values": marks, "labelOverlap": True}
    return Chart(
        "delays", "How long delivered mail was in the queue",
        "Within which time half, 90 % and 99 % of it was through, by provider; the scale is logarithmic.",
        _spec(
            rows, height=24 * len(peers),
            encoding={"y": who},
            layer=[
                {"mark": {"type": "rule", "color": "#6c7a89", "strokeWidth": 2},
                 "encoding": {"x": {"aggregate": "min", "field": "seconds", "type": "quantitative"},
                              "x2": {"aggregate": "max", "field": "seconds"}}},
                {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "tooltip": True},
                 "encoding": {
                     "x": {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}, "axis": axis},
                     "shape": {"field": "share", "type": "nominal", "scale": {"range": ["circle", "diamond",
                               "triangle-up"]}, "legend": {"title": None, "orient": "top", "symbolType": "circle"}},
                     "color": {"field": "share", "type": "nominal", "scale": {"range": [_DELIVERED, _SERIES[1],
                               _FAILED]}, "legend": {"title": None, "orient": "top"}},
                     "tooltip": [{"field": "who", "title": "provider"}, {"field": "share", "title": "of the mail"},
                                 {"field": "seconds", "title": "within seconds", "format": ",.3~r"},
                                 {"field": "count", "title": "delivered", "format": ",d"}]}},
            ],
        ),
    )  # fmt: skip
