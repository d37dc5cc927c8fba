"""The HTML of a mail: nothing active, nothing from afar, short enough, whatever the log holds."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_render import findings, hostile, hours, problem

from logscan.findings import Findings, Traffic
from logscan.mailing import message
from logscan.render import mail, pictures
from logscan.render.page import Look

ROOT = Path(__file__).parent.parent
TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "th", "h1", "h2", "p", "div", "span", "b",
    "br", "code", "a", "img",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "http-equiv", "content", "name", "class", "style", "role", "width", "height", "align", "valign", "bgcolor",
    "cellpadding", "cellspacing", "border", "href", "src", "alt",
}  # fmt: skip


class Seen(HTMLParser):
    """Collects what a page is made of, and that it is nested as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.sources += [value or "" for name, value in attrs if name == "src"]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    assert parser.open == []
    assert parser.tags <= TAGS
    assert parser.attributes <= ATTRIBUTES
    return parser


def drawn(report: Findings, top: int | None = 10) -> mail.Drawn:
    return mail.to_mail(report, Look(top=top), ["lost > 1: lost 7"], "mx1.example", "1.0")


def busy() -> Findings:
    return findings(traffic=Traffic(steps=hours(48)))


def test_it_says_what_the_report_says() -> None:
    html = drawn(busy()).html
    for piece in ("88.1 % of 12,345 recipients got the mail", "lost &gt; 1: lost 7", "What to do", "Our own refusals",
                  "Destinations with trouble", "gmail.com", "Sent by logscan 1.0 on mx1.example"):  # fmt: skip
        assert piece in html


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=https://x.example/ onerror=alert(1)>', "{{ 7 * 7 }}", "cid:volume",
     "\x1b[31m\u202eabc\u200b", "javascript:alert(1)", "https://x.example/<b>", "</style></title><svg onload=x>",
     "&lt;b&gt;"],
)  # fmt: skip
def test_log_text_stays_text(text: str) -> None:
    html = drawn(hostile(text)).html
    parser = seen(html)
    assert all(link.startswith("https://") for link in parser.links)
    assert all(source.startswith("cid:") for source in parser.sources)
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_pictures_are_named_and_carried() -> None:
    page = drawn(busy())
    assert [f"cid:{name}" for name, _ in page.pictures] == seen(page.html).sources
    assert len(page.pictures) >= 2
    letter = message.Letter("s", "t", page.html, tuple(message.Picture(*picture) for picture in page.pictures))
    me = Address("", addr_spec="a@example.com")
    built = message.build(letter, me, [me]).as_bytes()
    got = email.message_from_bytes(built, policy=email.policy.default)
    assert isinstance(got, EmailMessage)
    assert [part.get_content_type() for part in got.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", *["image/png"] * len(page.pictures)
    ]  # fmt: skip
    html = got.get_body(("related", "html"))
    assert html is not None
    body = got.get_body(("html",))
    assert body is not None
    sources = seen(body.get_content()).sources
    images = [part for part in got.walk() if part.get_content_maintype() == "image"]
    assert [f"<{source.removeprefix('cid:')}>" for source in sources] == [part["Content-ID"] for part in images]
    assert all(part.get_content().startswith(b"\x89PNG") for part in images)
    assert all("@" in part["Content-ID"] for part in images)


@pytest.mark.parametrize("top", [10, 1, None])
def test_no_mail_program_cuts_it_off(top: int | None) -> None:
    text = "550 5.7.1 " + "<x@example.com>: a long & winding reply " * 40
    many = [problem(title=f"cause {n}", example=text, remedy="Do " * 300, settings={"postfix": "postconf " * 50})
            for n in range(200)]  # fmt: skip
    html = drawn(findings(problems=many, refusals=many), top).html
    assert len(html.encode()) < 102_000
    assert "1. Cause 0" in html
    assert "more causes that are not shown" in html


def test_a_report_without_mail() -> None:
    from test_render import empty

    assert "The log is empty" in seen_text(drawn(empty()).html)


def seen_text(html: str) -> str:
    seen(html)
    return html


def test_without_the_packages_for_it_the_text_is_mailed(tmp_path: Path) -> None:
    (tmp_path / "vl_convert.py").write_text("raise ImportError('no', name='vl_convert')\n")
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f"#!/bin/sh\ncat > {tmp_path}/mail\n")
    sendmail.chmod(0o755)
    command = [sys.executable, "-m", "logscan", "sample_logs/postfix/mixed.log", "--year", "2026"]
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*command, "--mail-to", "a@example.com", "--mail-via", str(sendmail)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith("logscan: the mail has its text alone: ")
    assert "pip install 'logscan[report]'" in done.stderr
    got = email.message_from_bytes((tmp_path / "mail").read_bytes(), policy=email.policy.default)
    assert got.get_content_type() == "text/plain"


def test_pictures_are_small_and_whole() -> None:
    for name, png in drawn(busy()).pictures:
        assert png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82"), name
        assert len(png) < 60_000, name
        assert pictures.small(png) == png, name
