"""What is wrong with a pack file, and where: the checker's findings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from logscan.errors import PackError
from logscan.packs import find

_PLACE = re.compile(
    r"(?::(?P<line>[0-9]+))?: (?:(?P<where>(?:event|message|notice|ignore|part|rule|provider) '[^']*'): )?"
)


class Trouble(NamedTuple):
    """One breach of a law: the file and line, the table it is in (``event 'delivery'``), and what to do."""

    path: Path
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.where}: {self.message}"


@dataclass(slots=True)
class Troubles:
    """The troubles of one file, as they are found."""

    path: Path
    found: list[Trouble] = field(default_factory=list)

    def add(self, where: str, message: str, needle: str = "", after: str = "") -> None:
        """Note one; its line is the first that holds ``needle``, from the first that holds ``after`` on."""
        line = find.line_of(self.path, needle, after) if needle or after else 1
        self.found.append(Trouble(self.path, line, where, message))

    def refused(self, error: PackError) -> None:
        """Note what the loader refused, with the line that it named."""
        text = str(error)
        place = _PLACE.match(text, len(str(self.path))) if text.startswith(str(self.path)) else None
        if place is None:
            self.found.append(Trouble(self.path, 1, "file", text))
        else:
            line = int(place["line"] or 1)
            self.found.append(Trouble(self.path, line, place["where"] or "file", text[place.end() :]))
