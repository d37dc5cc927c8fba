"""The web page in Chromium: no log text acts, nothing is loaded, everybody can use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from test_render import empty, hostile, hours

import logscan
from logscan.render.escape import safe
from logscan.result import Report
from logscan.traffic import Delays, Peer, ReasonCount, Traffic

SAMPLES = Path(logscan.__file__).parent.parent / "sample_logs"
ATTACKS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    '"><svg onload=window.pwned=1>',
    "' autofocus onfocus=window.pwned=1 x='",
    "</script><script>window.pwned = 1</script>",
    "</style><script>window.pwned = 1</script>",
    "<!--<script>",
    "javascript:window.pwned=1",
    "https://evil.example/x.js",
    "{{ 7 * 7 }}{% raw %}",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe><link rel=stylesheet href=https://evil.example/x.css>",
    "&lt;script&gt; &#60;img&#62;",
    "\u202etxt.exe\u2066 \u2028\u2029 \x00\x1b[31m\x07 \ufeff\u200b",
    "url(https://evil.example/x.png) expression(alert(1)) ${alert(1)} `",
)


@dataclass
class Visit:
    """A page that was opened, and what happened meanwhile."""

    page: Page
    loaded: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing was loaded but the page, and nothing complained (breaches of the policy do, too)."""
        assert self.loaded == [self.page.url.partition("#")[0]]
        assert self.said == []


Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def visited(
        html: str, *, width: int = 1200, scheme: Any = "light", scripts: bool = True, live: bool = True
    ) -> Visit:
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        out = Visit(context.new_page())
        out.page.on("request", lambda request: out.loaded.append(request.url))
        out.page.on("console", lambda message: out.said.append(message.text))
        out.page.on("pageerror", lambda error: out.said.append(str(error)))
        out.page.on("dialog", lambda dialog: out.said.append(dialog.message))
        out.page.goto(path.as_uri())
        if live and scripts and "data-chart=" in html:
            out.page.wait_for_function("document.querySelector('svg.still') === null")
        return out

    yield visited
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def report() -> Report:
    return logscan.report(SAMPLES, year=2026, tz="UTC")


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return report.to_html()


def point_at_the_tallest_bar(page: Page, chart: str) -> None:
    page.locator(chart).scroll_into_view_if_needed()
    page.wait_for_timeout(200)  # scrolling takes the tip away
    x, y = page.evaluate(
        """(chart) => {
            const boxes = [...document.querySelectorAll(`${chart} .live .mark-rect path`)]
                .map((bar) => bar.getBoundingClientRect()).sort((a, b) => b.height - a.height);
            return [boxes[0].x + boxes[0].width / 2, boxes[0].y + boxes[0].height / 2];
        }""",
        chart,
    )
    page.mouse.move(x, y)
    page.mouse.move(x, y + 1)


def test_a_page_of_real_logs_is_quiet_and_its_charts_are_live(visit: Open, html: str) -> None:
    there = visit(html)
    assert there.page.locator("figure.chart").count() == 5
    assert there.page.locator(".live svg").count() == 5
    assert there.page.locator(".live svg .mark-rect path").count() > 10
    point_at_the_tallest_bar(there.page, "#chart-volume")
    there.page.wait_for_selector(".tip", state="visible")
    assert "delivered" in there.page.locator(".tip").inner_text()
    there.quiet()


@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_text_is_shown_as_text(visit: Open, text: str) -> None:
    steps = hours(26)
    peers = [Peer(f"{n}", f"{n}{text}", 9, 3, 3, 3, text, text, Delays(99, 1, 2, 3), [3] * 26, [1] * 26) for n in "ab"]
    traffic = Traffic(1, steps, peers, [ReasonCount(text, text, 9, [2] * 26)], Delays(99, 1, 2, 3))
    there = visit(Report(replace(hostile(text), traffic=traffic)).to_html())
    there.page.wait_for_timeout(50)
    assert there.page.evaluate("window.pwned") is None
    there.quiet()
    shown = " ".join(there.page.evaluate("document.body.textContent").split())
    assert " ".join(safe(text).split()) in shown
    assert there.page.locator("img, iframe, link, base, object, embed, form:not(.vega-bindings)").count() == 0
    assert there.page.locator("script").count() == 3
    handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')))"
    assert there.page.evaluate(f"{handlers}.length") == 0


def test_a_hostile_log_is_harmless_too(visit: Open, tmp_path: Path) -> None:
    line = (
        "2026-11-24T0{n}:00:00Z mx1 postfix/smtp[7]: 3F2A1C0E0{n}: to=<a@example.net>, "
        "relay=mx.example.net[192.0.2.25]:25, delay=1, delays=0/0/0/1, dsn=5.7.1, status=bounced "
        "(host mx.example.net[192.0.2.25] said: 550 5.7.1 {text} (in reply to RCPT TO command))\n"
    )
    texts = [text for text in ATTACKS if text.isprintable()]
    log = tmp_path / "mail.log"
    log.write_text("".join(line.format(n=n % 10, text=text) for n, text in enumerate(texts)), encoding="utf-8")
    there = visit(logscan.report(log, tz="UTC").to_html(top=None))
    assert there.page.evaluate("window.pwned") is None
    there.quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_no_serious_barrier(visit: Open, html: str, scheme: str, width: int) -> None:
    there = visit(html, scheme=scheme, width=width)
    there.page.evaluate("document.querySelectorAll('details').forEach((d, n) => { if (n % 7 === 0) d.open = true; })")
    found = Axe().run(there.page)
    grave = [
        (fault["id"], fault["impact"], [node["target"] for node in fault["nodes"]][:3])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical", "moderate")
    ]
    assert grave == []
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("width", [320, 360, 768, 1200, 2400])
def test_no_page_is_wider_than_the_window(visit: Open, html: str, width: int) -> None:
    there = visit(html, width=width)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert there.page.evaluate(over) == 0
    there.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert there.page.evaluate(over) == 0


def column(page: Page, table: str, number: int) -> list[str]:
    return page.locator(f"#{table} tbody tr:not([hidden]) > :nth-child({number})").all_inner_texts()


def test_a_table_is_sorted_and_filtered_with_the_keyboard(visit: Open, html: str, report: Report) -> None:
    page = visit(html).page
    head = page.locator("#domains thead button").first
    head.focus()
    page.keyboard.press("Enter")
    names = column(page, "domains", 1)
    assert names == sorted(names)
    assert page.locator("#domains thead th").first.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert column(page, "domains", 1) == names[::-1]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    attempts = [int(text.replace(",", "")) for text in column(page, "domains", 3)]
    assert attempts == sorted(attempts, reverse=True)
    assert page.locator("#domains [aria-sort]").count() == 1
    page.locator("#domains-filter").focus()
    name = report.findings.destinations[3].domain
    page.keyboard.type(name)
    shown = column(page, "domains", 1)
    assert name in shown
    assert all(
        name in " ".join(row.split()) for row in page.locator("#domains tbody tr:not([hidden])").all_inner_texts()
    )
    assert (
        page.locator("#domains-filter ~ output").inner_text() == f"{len(shown)} of {len(report.findings.destinations)}"
    )
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert len(column(page, "domains", 1)) == len(report.findings.destinations)


def test_every_link_within_the_page_leads_somewhere(visit: Open, html: str) -> None:
    page = visit(html).page
    lost = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
    assert page.evaluate(f"{lost}.map(a => a.hash)") == []
    assert page.evaluate("document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')]"
                         ".map(e => e.id)).size")  # fmt: skip
    page.evaluate("location.hash = document.querySelector('#all-causes tbody tr[id]').id")
    page.wait_for_function("document.querySelector('#all-causes tbody tr[id] details').open")


def test_without_scripts_the_charts_are_there_as_pictures(visit: Open, html: str) -> None:
    there = visit(html, scripts=False)
    assert there.page.locator("svg.still").count() == 5
    assert there.page.locator("svg.still").first.is_visible()
    assert there.page.locator(".filter").first.is_hidden()
    there.quiet()


def test_on_paper_the_evidence_is_open_and_the_navigation_gone(visit: Open, html: str, tmp_path: Path) -> None:
    there = visit(html, scheme="dark")
    there.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    there.page.emulate_media(media="print", color_scheme="dark")
    assert there.page.locator("nav").is_hidden()
    assert there.page.locator("#actions .evidence q").first.is_visible()
    assert there.page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert there.page.pdf()[:5] == b"%PDF-"
    there.quiet()


def test_nothing_to_tell(visit: Open) -> None:
    there = visit(Report(empty()).to_html())
    assert there.page.locator("h1").inner_text() == "The log is empty."
    there.quiet()
