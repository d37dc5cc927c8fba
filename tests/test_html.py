"""The report as a web page, as far as that can be told without a browser (see tests/browser for the rest)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_render import empty, findings, hostile, hours, problem

import logscan
from logscan.errors import MissingExtraError
from logscan.findings import Findings
from logscan.render import charts, html, ready, render
from logscan.render.page import Look
from logscan.traffic import Delays, Peer, ReasonCount, Traffic

PNG = b"\x89PNG\r\n\x1a\n"


def busy(count: int = 168, text: str = "x") -> Findings:
    """A report with everything for every chart."""
    peers = [
        Peer(str(n), f"{text} {n}", 9, 3, 3, 3, "x", text, Delays(99, 1.5, 20, 9000), [3] * count, [n] * count)
        for n in range(30)
    ]
    reasons = [ReasonCount(str(n), f"{text} {n}", 9, [7] * count) for n in range(30)]
    return findings(traffic=Traffic(1, hours(count), peers, reasons, Delays(99, 1, 2, 3)))


class Reader(HTMLParser):
    """Elements, text, and scripts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.text = ""
        self.code: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = [tag] if tag in self.code else []
        if self.inside:
            self.code[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = []

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.code[self.inside[0]][-1] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return render(busy(), "html")


def test_the_policy_names_every_script_and_the_style_and_allows_nothing_else(page: str) -> None:
    read = Reader(page)
    policy = next(meta["content"] for meta in read.all("meta") if "http-equiv" in meta) or ""
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy
    types = [attrs.get("type") for attrs in read.all("script")]
    assert types == ["application/json", None, None]
    for kind, codes in (("script-src", read.code["script"][1:]), ("style-src", read.code["style"])):
        hashes = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in codes]
        assert {*rules[kind].split()} == {f"'sha256-{each}'" for each in hashes}


def test_nothing_is_loaded_and_nothing_is_styled_or_run_in_an_attribute(page: str) -> None:
    for tag, attrs in Reader(page).elements:
        assert not {"src", "srcset", "style", "action", "data", "xlink:href"} & attrs.keys(), tag
        assert not [name for name in attrs if name.startswith("on")], tag
        assert tag not in ("link", "base", "iframe", "img", "object", "embed", "foreignobject", "use", "image"), tag
        if href := attrs.get("href"):
            assert tag == "a"
            assert href.startswith(("#", "https://support.example/")), href


@given(st.text(st.sampled_from("<>/!-&'\"\u2028\u2029\\scripta]"), max_size=30) | st.text(max_size=30))
def test_embedded_json_ends_no_script(text: str) -> None:
    out = html.embedded({text: [text, 1]})
    assert json.loads(out) == {text: [text, 1]}
    assert not re.search("[<>&\u2028\u2029]", out)


@pytest.mark.parametrize("text", ["</script><b>", "<!--", "\u2028", "{{ x }}", "'\"\\", "\u202e\x1b"])
def test_names_in_charts_are_texts(text: str) -> None:
    read = Reader(render(busy(3, text), "html"))
    json.loads(read.code["script"][0])
    assert len(read.all("script")) == 3


def test_no_log_makes_a_page_too_large() -> None:
    long = "<&'\u202e" * 2000
    many = [problem(title=f"{n}{long}", example=long, source=long, check=long, remedy=f"{n} {long}"[:2000])
            for n in range(600)]  # fmt: skip
    usual = hostile(long)
    worst = replace(
        busy(168, "長" * 400), problems=many, refusals=many, notices=usual.notices * 300, conflicts=usual.conflicts,
        destinations=usual.destinations * 50, skipped=[(long, long)] * 500,
    )  # fmt: skip
    out = render(worst, "html", top=None)
    assert len(out.encode()) < html.LIMIT
    assert "of 600" in out


@pytest.mark.parametrize("make", [empty, findings, lambda: hostile("x"), lambda: hostile("")])
@pytest.mark.parametrize("top", [1, None])
def test_every_report_has_a_page(make: object, top: int | None) -> None:
    out = Reader(render(make(), "html", top=top))  # type: ignore[operator]  # one of those above
    assert out.all("html") == [{"lang": "en"}]
    assert len(out.all("h1")) == 1
    heads = [int(tag[1]) for tag, _ in out.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(heads))


def test_charts_are_pictures_too() -> None:
    drawn = charts.charts(busy(30))
    assert [chart.id for chart in drawn] == ["volume", "trouble", "heat", "reasons", "delays"]
    for chart in drawn:
        assert charts.png(chart, scale=1)[:8] == PNG
        still = charts.svg(chart)
        assert still.startswith("<svg ")
        assert "style=" not in still
        assert "<script" not in still


def test_where_there_is_nothing_to_draw_no_chart_is_drawn() -> None:
    assert charts.charts(empty()) == []
    assert "vegaEmbed=" not in render(empty(), "html")


@pytest.mark.parametrize("missing", ["jinja2", "vl_convert"])
def test_a_missing_package_is_named_with_the_way_to_get_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'logscan\[report\]'"):
        ready("html")
    with pytest.raises(MissingExtraError, match=missing):
        html.to_html(findings(), Look())


def test_the_times_of_charts_are_those_of_the_zone() -> None:
    found = replace(busy(3), zone="Europe/Berlin")
    (volume, *_) = charts.charts(found)
    first = volume.spec["data"]["values"][0]["at"]
    assert first == (found.traffic.steps[0].hour.timestamp() + 3600) * 1000


def test_of_real_logs() -> None:
    samples = Path(logscan.__file__).parent.parent / "sample_logs"
    out = Reader(logscan.report(samples / "exim", year=2026, tz="UTC").to_html())
    for text in ("What to do", "To act:", "Our own refusals", "Coverage", "mainlog.log:"):
        assert text in out.text, text
