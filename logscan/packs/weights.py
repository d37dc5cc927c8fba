"""What words speak of (``concepts.toml``), and what that speaks for (``weights.json``), as read from ``patterns/``."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from logscan.codes import Reason
from logscan.errors import PackError
from logscan.packs import find

_NO_WORD = re.compile(r"[\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # Kana and Chinese characters, which know no blanks


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """Something that replies speak of; ``words`` as they are sought in what ``plain`` makes of a text."""

    id: str
    title: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """How much each feature of a reply speaks for a reason: pairs of the reason's number and hundredths of log odds."""

    concepts: tuple[Concept, ...]
    reasons: tuple[Reason, ...]
    of: Mapping[str, tuple[tuple[int, int], ...]]


def plain(text: str) -> str:
    """The words of a text in small letters without accents, one blank around each."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return f" {_NO_WORD.sub(' ', text.lower()).strip()} "


def _sought(word: str) -> str:
    """A word as it is sought: from its beginning, to its end where it ends in $; anywhere in unspaced scripts."""
    if _UNSPACED.search(word):
        return plain(word).strip()
    return plain(word) if word.endswith("$") else plain(word).rstrip()


def load_concepts(path: Path) -> tuple[Concept, ...]:
    """The concepts of a file; raises PackError naming file and line."""
    out = []
    for table in find.load_toml(path).get("concept", ()):
        find.refuse_unknown(path, f"concept {table.get('id', '?')!r}", table, {"id", "title", "words"})
        try:
            words = tuple(dict.fromkeys(map(_sought, table["words"])))
            out.append(Concept(table["id"], table["title"], words))
        except (KeyError, TypeError) as error:
            raise PackError(f"{path}: concept {table.get('id', '?')!r}: missing or of another kind: {error}") from error
    return tuple(out)


@cache
def weights() -> Weights:
    """Read concepts.toml and weights.json; raises PackError naming the file."""
    path = find.root() / "weights.json"
    try:
        table = json.loads(path.read_bytes())
        reasons = tuple(Reason(name) for name in table["reasons"])
        of = {name: tuple(zip(said[::2], said[1::2], strict=True)) for name, said in table["features"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackError(f"{path}: no table of weights ({error}); make it with tests/replies/learn.py") from None
    return Weights(load_concepts(find.root() / "concepts.toml"), reasons, of)
