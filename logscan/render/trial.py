"""What the rules made of a file of replies, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from logscan.render.escape import safe

_COLUMNS = ("replies", "reason", "party", "status", "sure", "wrong_sure", "undefined")
_HEADS = ("replies", "reason", "party", "status", "sure", "sure, wrong", "left open")


def rows(found: Iterable[Mapping[str, Any]], width: int) -> str:
    """One reply after the other: what was decided, by what, and what would have been right."""
    out = []
    for row in found:
        by = f"rule {row['rule']}" if row["rule"] else f"{row['basis']}{'' if row['sure'] else ', a guess'}"
        out.append(f"{safe(row['id'], 12)}  {row['status']}, {row['reason']}, {row['party']} ({by})")
        out += [f"    wanted: {', '.join(f'{name} {safe(value, 40)}' for name, value in row.get('wanted', {}).items())}"
                ] if row.get("wanted") else []  # fmt: skip
        out.append(f"    {safe(row['diagnostic'], max(width - 4, 20))}")
    return "\n".join(out)


def table(scores: Iterable[Any]) -> str:
    """How often the rules were right, as a table with shares (%)."""
    out = [f"{'':<10}" + "".join(f"{head:>12}" for head in _HEADS)]
    for score in scores:
        shares = [100 * getattr(score, name) / score.replies for name in _COLUMNS[1:]]
        out.append(f"{score.kind:<10}{score.replies:>12,}" + "".join(f"{share:>10.1f} %" for share in shares))
    return "\n".join(out)
