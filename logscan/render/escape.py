r"""The one door through which text out of a log enters a report.

Whoever talks to a mail server writes into its log: host names, addresses, replies. Such text must not move
the cursor, recolour the screen, turn the direction of reading round or hide anything. So every character that
does not print as itself is shown as Python would write it: ``\x1b``, ``\u202e``, ``\n``.
"""

from __future__ import annotations

import unicodedata

# Letters and marks by their Unicode category, but nothing to see: fillers, joiners, variation selectors.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_PLAIN = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "×": "x", "→": "->", "·": "-"}
)
# How a cell begins that a spreadsheet takes for a formula and runs (OWASP, CSV injection): the full-width signs count,
# and blanks before them do not. RE2-clean: polars and Python read it alike.
FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MARKS = 3  # accents on one letter; more of them would write over the lines above


def hidden(char: str) -> bool:
    """Whether a character does not print as itself.

    Controls, formats (bidi, zero-width, soft hyphen), surrogates, private and unassigned code points, line
    separators and every blank but the common one (Unicode categories C and Z); and letters without a shape.
    """
    return not char.isprintable() or char in _UNSEEN


def shown(char: str) -> str:
    r"""A character by its number: ``\x1b``, ``\u202e``, ``\U000e0001``; and ``\n``, ``\r``, ``\t``."""
    code = ord(char)
    if code < 0x100:
        return _SHORT.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(text: object, limit: int | None = None, *, ascii: bool = False, tail: bool = False) -> str:
    """Text that a terminal shows and nothing else: one line, no controls, nothing hidden.

    ``limit`` is the greatest number of screen cells; what is longer ends in "…", or begins with it where
    ``tail`` says that the end matters more, as in the name of a domain or file. With ``ascii`` every other
    character is shown by its number too, for outputs that cannot hold it. A backslash of the text itself
    stays as it is: the aim is to read the text, not to restore it.
    """
    raw = str(text)
    if limit is not None and len(raw) > 4 * limit + 4:
        raw = raw[-4 * limit - 4 :] if tail else raw[: 4 * limit + 4]  # marks take no cell; these are enough
    if ascii and not raw.isascii():
        raw = raw.translate(_PLAIN)
        out = "".join(char if char.isascii() and char.isprintable() else shown(char) for char in raw)
    elif raw.isprintable() and raw.isascii():
        out = raw
    else:
        out = _thinned(raw.translate({ord(char): shown(char) for char in set(raw) if hidden(char)}))
    return out if limit is None else cut(out, limit, ascii=ascii, tail=tail)


def _thinned(text: str) -> str:
    """The text with no more than three marks on a letter, and none before the first letter."""
    if text.isascii():
        return text
    out: list[str] = []
    run = _MARKS
    for char in text:
        run = run + 1 if _cell(char) == 0 else 0
        out.append(char if run <= _MARKS else shown(char))
    return "".join(out)


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells(text: str) -> int:
    """How many screen cells a safe text takes: two for a wide East Asian character, none for an accent."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def fitting(text: str, limit: int) -> str:
    """As much of a safe text, from its beginning, as fits ``limit`` cells."""
    if text.isascii():
        return text[:limit]
    used = 0
    for n, char in enumerate(text):
        used += _cell(char)
        if used > limit:
            return text[:n]
    return text


def cut(text: str, limit: int, *, ascii: bool = False, tail: bool = False) -> str:
    """The safe text if it fits ``limit`` cells, else what fits and "…"; with ``tail`` its end is kept."""
    if cells(text) <= limit:
        return text
    mark = "..." if ascii else "…"
    if tail:
        return mark + fitting(text[::-1], limit - len(mark))[::-1]
    return fitting(text, limit - len(mark)) + mark
