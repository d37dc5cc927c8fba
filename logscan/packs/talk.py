"""How a table tells of SMTP conversations, a row for each line: the ``[session]`` of a pack.

A reply belongs to a command by their order alone (RFC 2920): the next final reply answers the first command that has
none yet. A reply that asks for more (RFC 5321 4.2.1: 3yz) leaves its command open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

# What a conversation adds to its rows; ``patterns/README.md`` says what each is.
COLUMNS = (
    "_row", "_said", "_class", "_step", "_note", "_mail", "_begun", "smtp_command", "envelope_recipient",
)  # fmt: skip
SCOPES = ("session", "message", "recipient")
BY = "\n"  # parts the recipients of one message; a row holds none itself
# The start of a line of a reply: its code, and whether another line follows (RFC 5321 4.2.1).
REPLY = r"^(?P<code>[2-5][0-9][0-9])(?P<more>[- ]|$)"
DATA = ("DATA", "END-OF-DATA")


class Note(NamedTuple):
    """A name for rows whose column matches a pattern."""

    name: str
    of: str
    pattern: str


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """What rows say that holds for others: for the rest of the session, for a message, or for a recipient.

    ``rows`` are the kinds of rows that may say it: command, reply, note (any other). For a message the last one up to
    its MAIL command counts, for a recipient its own RCPT command.
    """

    of: str
    patterns: tuple[str, ...]
    rows: tuple[str, ...]
    scope: str


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """Which columns tell session, order, kind and text of a row, and what its commands are.

    ``ends`` says by which values of which columns a row is the last of its session. ``goes_on`` is a pattern of what
    a client sends within a command. ``last`` is a pattern of commands that end a message (BDAT … LAST, RFC 3030).
    """

    session: str
    order: str
    mark: str
    text: str
    opens: str
    commands: str
    replies: str
    goes_on: str
    last: str
    ends: Mapping[str, tuple[str, ...]]
    resets: frozenset[str]
    verbs: Mapping[str, str]
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]

    def kind(self, mark: str | None) -> str:
        """What kind of row it is, by its mark alone: command, reply or note."""
        return {self.commands: "command", self.replies: "reply"}.get(mark or "", "note")

    def holding(self, scope: str) -> list[str]:
        """The columns whose facts hold so far."""
        return [name for name, other in self.scopes.items() if other == scope]

    @property
    def scopes(self) -> dict[str, str]:
        """How far each fact holds, by its column."""
        from logscan.packs.part import groups

        return {name: fact.scope for fact in self.facts for pattern in fact.patterns for name in groups(pattern)}


def talk_of(table: Mapping[str, Any], format_: Mapping[str, Any], expand: Callable[[str], str]) -> Talk:
    """Read ``[session]`` for one format; ``expand`` puts macros in. Raises KeyError for what is missing."""
    facts = tuple(
        Fact(fact["of"], tuple(expand(p) for p in fact["patterns"]), tuple(fact["rows"]), fact["holds"])
        for fact in table.get("fact", ())
    )
    return Talk(
        session=table["id"],
        order=table["order"],
        mark=table["mark"],
        text=table["text"],
        opens=table["opens"],
        commands=format_["commands"],
        replies=format_["replies"],
        goes_on=expand(table.get("goes_on", "")),
        last=expand(table.get("last", "")),
        ends={name: tuple(expand(value) for value in values) for name, values in table["ends"].items()},
        resets=frozenset(table.get("resets", ())),
        verbs=table["verbs"],
        facts=facts,
        notes=tuple(Note(name, of, expand(pattern)) for name, of, pattern in table.get("notes", ())),
    )
