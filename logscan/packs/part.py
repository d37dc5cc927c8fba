"""Parts of a pack's shapes, and what their patterns are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_GROUP = re.compile(r"\(\?P<([A-Za-z_][A-Za-z0-9_]*)>")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A rewrite of one column: where a pattern matches, its groups and ``fixed`` values replace what was there.

    With ``cut`` the pattern describes the end of the text (it ends in ``$``), and what it matches is taken off.
    """

    id: str
    of: str
    patterns: tuple[str, ...]
    anchor: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def fills(self) -> frozenset[str]:
        """Every column this part may write."""
        return (
            frozenset(self.fixed)
            .union([self.of] if self.cut else [])
            .union(*(groups(pattern) for pattern in self.patterns))
        )


def groups(pattern: str) -> tuple[str, ...]:
    """The names of a pattern's groups."""
    return tuple(_GROUP.findall(pattern))


def nameless(pattern: str) -> str:
    """The pattern with its groups left without names, so that it can be joined with others."""
    return _GROUP.sub("(?:", pattern)
