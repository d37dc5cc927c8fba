"""What a pack of evidence is about, and for whom it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from logscan.errors import OptionError


class For(StrEnum):
    """Who is to read a pack."""

    PROVIDER = "provider"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class About:
    """What a pack is about: one of these, or lines that were not understood."""

    problem: int | None = None  # by its place in the report
    queue_id: str | None = None
    domain: str | None = None
    provider: str | None = None
    unparsed: bool = False

    def words(self) -> str:
        """The same in words; raises OptionError unless one thing is named."""
        named = {
            f"problem {self.problem} of the report": self.problem,
            f"message {self.queue_id}": self.queue_id,
            f"mail to {self.domain} that failed": self.domain,
            f"mail to {self.provider} that failed": self.provider,
        }
        said = [words for words, value in named.items() if value is not None]
        if len(said) > 1 or not (said or self.unparsed):
            raise OptionError(
                "name one thing that the evidence is about: --problem N, --queue-id ID, --domain D, --provider P; "
                "or --unparsed for lines that were not understood"
            )
        return said[0] if said else "lines that were not understood"


class Line(NamedTuple):
    """A line as it stands in a file."""

    source: str
    offset: int
    text: str
