"""The report as Markdown: whatever the log holds, it forms no markup, no link, no mention."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from test_render import empty, findings, problem, refusal

from logscan.findings import Destination, DomainCount, Findings
from logscan.render import render
from logscan.render.escape import safe
from logscan.render.markdown import cell, code, prose
from logscan.traffic import Delays, Peer, Traffic

PARSER = MarkdownIt("gfm-like")  # linkify finds bare names, as GitHub does and more
ATTACKS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/p.png)",
    "[click](javascript:alert(1))", "https://evil.example/", "www.evil.example", "evil.example", "a@evil.example",
    "@everyone", "#1", "org/repo#1", "`code`", "``", "a ` b", "`", "| a | b |", "\\|", "\\", "\\`", "**bold**", "_x_",
    "~~x~~", "# head", "- item", "1. item", "> quote", "---", "***", "&lt;b&gt;", "&#64;x", "<!-- x", "]]>",
    "<https://e.example>",
    "[x]: https://e.example", "[^1]", ":smile:", "$x$", "\n\n# head", "\r\n| a |", "\u202e", "\x1b[31m", "\x00", " ",
    "", "```", "~~~", "    code", "<details>", "mailto:x@e.example", "ftp://e.example", "HTTP://e.example", "\u2028# x",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=6)), max_size=4).map("".join),
    st.text(st.sampled_from("`|\\<>@#[]()!*_~&:./ aw\n"), max_size=20),
)
FORMS = ("html_block", "html_inline", "image", "em_open", "s_open", "fence", "code_block", "hr", "blockquote_open")


def tokens(markdown: str) -> list[Token]:
    """All tokens, those inside blocks too."""
    out: list[Token] = []
    for token in PARSER.parse(markdown):
        out += [token, *(token.children or [])]
    return out


def links(markdown: str) -> list[str]:
    return [str(token.attrs["href"]) for token in tokens(markdown) if token.type == "link_open"]


def read(markdown: str) -> str:
    """What a reader sees of one paragraph."""
    (inline,) = [token for token in PARSER.parse(markdown) if token.type == "inline"]
    return "".join(child.content for child in inline.children or [])


@given(texts)
def test_prose_is_read_as_it_is(text: str) -> None:
    out = f"x {prose(text)} x"
    assert not {token.type for token in tokens(out)} & {*FORMS, "strong_open", "link_open"}
    assert re.sub(" +", " ", read(out)) == re.sub(" +", " ", f"x {safe(text)} x")
    assert not re.search(r"(?<!`)[@#]", re.sub(r"`[@#]+`", "", out))


@given(texts)
def test_code_is_read_as_it_is(text: str) -> None:
    out = f"x {code(text)} x"
    assert not {token.type for token in tokens(out)} & {*FORMS, "strong_open", "link_open"}
    wanted = safe(text) if safe(text).strip() else "(no text)"
    assert read(out) == f"x {wanted} x"


@given(texts, texts)
def test_a_cell_stays_a_cell(one: str, other: str) -> None:
    out = f"| a | b |\n| --- | --- |\n| {cell(one)} | {prose(other)} |"
    kinds = [token.type for token in tokens(out)]
    assert kinds.count("td_open") == 2
    assert not {*kinds} & {*FORMS, "link_open"}


def hostile(text: str) -> Findings:
    """A report in which every text that may come out of a log is this one."""
    each: dict[str, Any] = {"example": text, "source": text, "domains": [DomainCount(text, 3)]}
    each |= {"check": f"dig {text}", "settings": {"postfix": f"set {text}"}, "more": f"https://x.example/{text}"}
    usual = findings()
    return replace(
        usual,
        problems=[problem(**each, remedy="Do it.")],
        refusals=[refusal(**each)],
        destinations=[Destination(text, None, 3, 1, 1, 1, "x", "some reason")],
        notices=[replace(usual.notices[0], example=text, template=text, source=text)],
        coverage=replace(usual.coverage, samples=[replace(usual.coverage.samples[0], line=text, source=text)]),
        skipped=[(text, text)],
        sources=[text],
        zone=text,
    )


@given(texts)
def test_no_log_text_forms_anything(text: str) -> None:
    plain, out = (render(hostile(each), "markdown") for each in ("plain", text))
    kinds, wanted = ([token.type for token in tokens(each)] for each in (out, plain))
    assert not {*kinds} & set(FORMS)
    for kind in ("heading_open", "list_item_open", "td_open", "tr_open", "table_open", "strong_open"):
        assert kinds.count(kind) == wanted.count(kind), kind
    assert all(link.startswith("https://x.example/") for link in links(out))


def test_the_whole_report() -> None:
    out = render(
        findings(traffic=Traffic(peers=[
            Peer("google", "Gmail | x", 90, 70, 19, 1, "rate_limited", "rate limited", Delays(70, 1, 2, 3), [], [])
        ])),
        "markdown",
    )  # fmt: skip
    heads = [line for line in out.split("\n") if line.startswith("#")]
    assert heads[0].startswith("# 88")
    assert [line[3:] for line in heads[1:]] == [
        "What to do", "Providers", "Destinations with trouble", "Our own refusals",
        "Warnings and errors of the server", "Coverage",
    ]  # fmt: skip
    assert "1. **Client name wrong (550 5.7.25, permanent)**" in out
    assert "   - Check: `dig +short -x 2001:db8:20:1::9`" in out
    assert "https://support.example/ptr" in links(out)
    assert "Gmail \\| x | 90 | 70 | 19 | 1 | rate limited |" in out


@pytest.mark.parametrize("top", [1, None])
def test_top_is_how_many(top: int | None) -> None:
    out = render(findings(), "markdown", top=top)
    assert ("1 more cause not shown" in out) == (top == 1)


def test_nothing_to_tell() -> None:
    out = render(empty(), "markdown")
    assert out.startswith("# The log is empty.")
    assert "##" in out
