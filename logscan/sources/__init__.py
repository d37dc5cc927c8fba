"""Where log bytes come from: paths → ``Source`` → ``Span`` → ``Block``.

``find`` turns what the user named (files, patterns, folders, ``-``) into sources, ``spans`` cuts a source
into pieces that can be read independently, ``blocks`` reads one piece as blocks of whole lines, and
``beginning`` looks at the first bytes of a source; ``lines_at`` and ``lines_with`` go back to single lines.
``onward`` is ``find`` for what was written since the last run.
"""

from __future__ import annotations

from logscan.sources.finding import find
from logscan.sources.model import Block, Found, Skipped, Source, Span
from logscan.sources.onward import Onward, onward
from logscan.sources.opening import beginning
from logscan.sources.originals import lines_at, lines_with
from logscan.sources.reading import blocks, spans

__all__ = [
    "Block",
    "Found",
    "Onward",
    "Skipped",
    "Source",
    "Span",
    "beginning",
    "blocks",
    "find",
    "lines_at",
    "lines_with",
    "onward",
    "spans",
]
