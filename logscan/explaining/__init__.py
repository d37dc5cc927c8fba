"""Explains a reply code, an enhanced status code, a reply or a log line, and compares codes.

Everything said about codes, reasons and remedies is read from ``patterns/``. Neither pandas nor polars is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logscan.errors import OptionError
from logscan.reference import Compared, Explained, plain

if TYPE_CHECKING:
    from logscan.packs import Knowledge
    from logscan.reference import Finding
    from logscan.rules import Reply

__all__ = ["Comparison", "Explanation", "compare", "explain"]


@dataclass(slots=True)
class Explanation(Explained):
    """What a code, a reply, a log line or a reason means, and what to do about it."""

    def to_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The explanation for a terminal of some columns; nothing from a log can control the terminal."""
        from logscan.render import reference

        return reference.text(self, width, colour=colour)

    def to_markdown(self) -> str:
        """The explanation as Markdown (CommonMark with tables)."""
        from logscan.render import reference

        return reference.markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as dictionaries, lists, texts and numbers, fit for JSON."""
        return plain(self)

    def to_json(self) -> str:
        """The same as JSON, in ASCII."""
        from logscan.render import reference

        return reference.as_json(self)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


@dataclass(slots=True)
class Comparison(Compared):
    """Codes side by side: a page for each, what differs, and which applies when."""

    def to_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The comparison for a terminal of some columns."""
        from logscan.render import reference

        return reference.text(self, width, colour=colour)

    def to_markdown(self) -> str:
        """The comparison as Markdown (CommonMark with tables)."""
        from logscan.render import reference

        return reference.markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as dictionaries, lists, texts and numbers, fit for JSON."""
        return plain(self)

    def to_json(self) -> str:
        """The same as JSON, in ASCII."""
        from logscan.render import reference

        return reference.as_json(self)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def explain(text: str, *, patterns: Iterable[str | os.PathLike[str]] = ()) -> Explanation:
    """Explain a reply code, an enhanced status code, a reply, a line of a mail log, or a reason.

    ``text`` may be ``421``, ``4.7.28``, ``X.7.28``, several codes, a reply as the server gave it (on several
    lines, too) or as an MTA quotes it ("host … said: … (in reply to RCPT TO command)"), a log line or a piece of one
    (``stat=Deferred: 451 …``), or the name of a reason (``mailbox_full``). ``patterns`` names folders with packs of
    your own. Replies are read as RFC 5321 section 4.2 and RFC 3463 have it.

    Raises OptionError for anything else, with the next thing to try.
    """
    from logscan.explaining import asked, pages

    want = asked.sort_out(text, pages.catalogue)
    if want.form == "reason":
        return Explanation(text, "reason", reason=pages.reason_page(want.codes[0], pages.catalogue()))
    if want.form == "codes":
        return _codes(text, want.codes, patterns)
    return _pasted(text, want.text, patterns)


def _codes(text: str, codes: tuple[str, ...], patterns: Iterable[str | os.PathLike[str]]) -> Explanation:
    from logscan.explaining import pages

    known = pages.catalogue()
    out = [pages.page(code, known) for code in codes]
    if any(page.kind == "enhanced_code" and not page.listed for page in out):  # a provider may use it
        known = _knowledge(patterns)
        out = [pages.page(code, known) for code in codes]
    pair = len(out) == 2 and [page.kind for page in out] == ["reply_code", "enhanced_code"] and codes[1][0] != "X"
    if not pair:
        return Explanation(text, out[0].kind if len(out) == 1 else "codes", codes=out)
    from logscan.explaining import replies
    from logscan.rules import Reply

    reply = Reply(reply_code=int(codes[0]), enhanced_code=codes[1], diagnostic=" ".join(codes))
    found = replies.finding(reply, replies.Seen(), _knowledge(patterns))
    return Explanation(text, "codes", reply=found, codes=out)


def _knowledge(patterns: Iterable[str | os.PathLike[str]]) -> Knowledge:
    from logscan.packs import knowledge, site_folders

    return knowledge(site_folders([os.fspath(folder) for folder in patterns]))


def _pasted(asked_text: str, text: str, patterns: Iterable[str | os.PathLike[str]]) -> Explanation:
    from logscan.explaining import asked, lines, pages, replies, rows
    from logscan.packs import for_pasting, site_folders

    folders = site_folders([os.fspath(folder) for folder in patterns])
    known, packs = _knowledge(folders), for_pasting(folders)
    lines.refuse_several(asked_text, packs)
    row = rows.table_row(text, packs, known)
    found = row or lines.log_line(text, packs, known) or lines.bare_reply(text, packs, known)
    if found.reply is None:
        return Explanation(asked_text, "line", line=found.line)
    answer = replies.finding(found.reply, found.seen, known)
    if found.line is None and _says_nothing(answer, found.reply):
        raise asked.no_code(text, known)
    codes = [str(code) for code in (answer.reply_code, answer.enhanced_code or answer.dsn) if code]
    return Explanation(
        asked_text,
        "line" if found.line else "reply",
        line=found.line,
        reply=answer,
        codes=[pages.page(code, known) for code in codes],
    )


def _says_nothing(answer: Finding, reply: Reply) -> bool:
    """No code in it, no more than a guess from its words, and no MTA that words its own errors so."""
    coded = answer.reply_code is not None or answer.enhanced_code is not None
    return not coded and answer.confidence in ("none", "guess") and reply.mta is None


def compare(one: str, other: str, *more: str) -> Comparison:
    """Compare two or more reply codes or enhanced status codes (RFC 5321 section 4.2, RFC 3463).

    Raises OptionError for what is no code, with close codes.
    """
    from logscan.explaining import asked, pages, sidebyside

    known = pages.catalogue()
    codes = list(dict.fromkeys(asked.code_of(text, known) for text in (one, other, *more)))
    if len(codes) < 2:
        raise OptionError(f"compare needs two different codes; `logscan explain {codes[0]}` explains one")
    compared = sidebyside.compared([pages.page(code, known) for code in codes])
    return Comparison(**{name: getattr(compared, name) for name in ("codes", "differences", "common", "guide")})
