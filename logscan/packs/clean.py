r"""Is a pattern one that both readers understand, and understand alike?

The columnar reader runs packs with Rust's regular expressions (linear time, no lookaround, no back-references), the
slow reader with the ``regex`` package. Whatever only one of them knows, or the two read differently, is refused here:

* lookaround, back-references, atomic groups, possessive repeats, conditions, recursion: Rust has none of them;
* ``\d \w \s \b`` and their opposites: both know them, but their Unicode tables differ, and so does ``\s`` on ASCII
  (U+001C to U+001F); a class in brackets is the same everywhere;
* ``\A \Z \z`` and a ``$`` in the middle: ``\Z`` is no Rust, and the packages disagree about newlines;
* flags: case folding beyond ASCII differs; MTAs write their own words in one case anyway;
* sets within sets (``[a[b]]``, ``&&``, ``--``): Rust reads them as operations, Python as characters;
* unnamed groups: they would become columns without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import regex

_TOKEN = re.compile(
    r"(?P<escape>\\(?:x[0-9A-Fa-f]{2}|.)?)"
    r"|(?P<set>\[\^?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?(?:P?<?[A-Za-z_][A-Za-z0-9_]*>|P?<[=!]|P?.)?)?)"
    r"|(?P<close>\))"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[?+]?)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_NAMED = re.compile(r"\(\?P<[A-Za-z_][A-Za-z0-9_]*>")
_BETTER = {
    "d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]", "s": "[ \\t]", "S": "[^ \\t]",
    "A": "^", "Z": "$", "z": "$",
}  # fmt: skip
_OPENERS = (
    (("(?=", "(?!", "(?<=", "(?<!"), "lookaround"),
    (("(?>",), "an atomic group"),
    (("(?P=", "(?P>", "(?&", "(?R", "(?0"), "a back-reference or recursion"),
    (("(?(", "(?|"), "a condition or branch reset"),
    (("(?<",), "(?P<name>…) is how a group is named, and this"),
    (("(?",), "a flag or comment"),
)
_MOST_REPEATS = 1000  # the limit of RE2


class Bound(Enum):
    """Where a pattern has to be anchored."""

    START = "start"
    EITHER = "either"  # at the start with ^ or at the end with $
    NOWHERE = "nowhere"


def faults(pattern: str, bound: Bound = Bound.START) -> list[str]:
    """What both readers cannot agree on, in words; nothing for a clean pattern."""
    found = [*_anchoring(pattern, bound), *_Scanner(pattern, bound).faults()]
    if not found:
        found += _refused(pattern)
    return list(dict.fromkeys(found))


def _anchoring(pattern: str, bound: Bound) -> Iterator[str]:
    start, end = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith(r"\$")
    if bound is Bound.START and not start:
        yield "has to start with ^: patterns are matched from the start, never searched for"
    elif bound is Bound.EITHER and not (start or end):
        yield "has to start with ^ or end with $"


class _Scanner:
    """One walk over the tokens of a pattern."""

    def __init__(self, pattern: str, bound: Bound) -> None:
        self.pattern = pattern
        self.bound = bound
        self.named: list[bool] = [False]  # for each open group: does it hold a named one?
        self.closed = False  # did the group that was closed just now?
        self.before = ""

    def faults(self) -> Iterator[str]:
        for token in _TOKEN.finditer(self.pattern):
            kind = str(token.lastgroup)
            yield from getattr(self, f"_{kind}")(token[0], token.start())
            self.before = kind
        names = re.findall(r"\(\?P<([^>]*)>", self.pattern)
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"the group {name!r} is there twice"

    def _escape(self, text: str, _: int) -> Iterator[str]:
        letter = text[1:2]
        if letter.isdigit():
            yield f"{text} is a back-reference: the columnar reader has none"
        elif letter in _BETTER:
            yield f"{text} differs between the readers: write {_BETTER[letter]}"
        elif letter.isalpha() and not text.startswith((r"\x", r"\t")):
            yield f"{text} is not the same to both readers: write the characters that are meant"
        elif not letter or not letter.isascii() or text == r"\x":
            yield "a stray backslash"

    def _set(self, text: str, at: int) -> Iterator[str]:
        inner = re.sub(r"\\(?:x[0-9A-Fa-f]{2}|.)", "", text[1:-1], flags=re.DOTALL)
        if not inner.removeprefix("^") and "\\" not in text:
            yield r"an empty set: write \] for a bracket"
        if "[" in inner or any(sign in inner for sign in ("&&", "--", "~~", "||")):
            yield rf"{text}: write \[ for a bracket; sets within sets are not the same to both readers"
        for escape in re.findall(r"\\(?:x[0-9A-Fa-f]{2}|.)", text, flags=re.DOTALL):
            yield from self._escape(escape, at)

    def _open(self, text: str, _: int) -> Iterator[str]:
        named = bool(_NAMED.fullmatch(text))
        self.named.append(named)
        if text == "(" or (named or text == "(?:"):
            if text == "(":
                yield "an unnamed group: write (?:…), or (?P<column>…) to take the text"
            return
        yield f"{text}: {next(name for starts, name in _OPENERS if text.startswith(starts))} is not in RE2"

    def _close(self, _text: str, _: int) -> Iterator[str]:
        if len(self.named) == 1:
            yield "a ) too many"
            return
        self.closed = self.named.pop()
        self.named[-1] |= self.closed

    def _repeat(self, text: str, _: int) -> Iterator[str]:
        if text.endswith("+") and len(text) > 1:
            yield f"{text}: a possessive repeat is not in RE2"
        if self.before in ("repeat", ""):
            yield f"{text}: a repeat of nothing, or of a repeat"
        if any(int(number) > _MOST_REPEATS for number in re.findall("[0-9]+", text)):
            yield f"{text}: no more than {_MOST_REPEATS} repeats"
        if self.before == "close" and self.closed and not text.startswith("?"):
            yield "a named group within a repeat keeps its last turn only: take the whole text instead"

    def _other(self, text: str, at: int) -> Iterator[str]:
        if text == "|" and len(self.named) == 1:
            yield "alternatives belong into (?:…), or else ^ holds for the first only"
        elif text == "^" and at and self.bound is not Bound.EITHER:
            yield "a ^ in the middle"
        elif text == "$" and at != len(self.pattern) - 1:
            yield "a $ in the middle"
        elif text == "{":
            yield r"a brace that repeats nothing: write \{ for the character"
        elif text == "[":
            yield "a [ that is never closed"


def _refused(pattern: str) -> Iterator[str]:
    """What the two compilers say; the quicker and stricter one is asked first."""
    # Only commands that read logs need polars; a pack can be checked without it.
    try:
        import polars as pl
    except ImportError:
        pass
    else:
        try:
            pl.Series([""]).str.extract_groups(f"(?P<_whole>{pattern})")
        except pl.exceptions.PolarsError as error:
            yield f"the columnar reader refuses it: {' '.join(str(error).split())}"
            return
    try:
        regex.compile(pattern)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        yield f"no regular expression: {error}"
