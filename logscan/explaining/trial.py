"""Tries the rules on a file of replies, and says how often they are right where the file says what is right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from logscan.codes import Event, Outcome, Party, Reason, SmtpCommand, Status
from logscan.doubts import ranked
from logscan.errors import InputError, OptionError
from logscan.explaining import lines
from logscan.packs import Mta
from logscan.packs.knowledge import Knowledge
from logscan.rules import Reply, decide, status_of

_GIVEN = ("mta", "event", "outcome", "smtp_command", "dsn")
_WORDS: Mapping[str, type[StrEnum]] = {
    "reason": Reason,
    "party": Party,
    "status": Status,
    "event": Event,
    "outcome": Outcome,
    "smtp_command": SmtpCommand,
}
_LABELS = ("reason", "party", "status")


@dataclass(frozen=True, slots=True)
class Tried:
    """One reply, what was decided of it, and what the file says is right (``wanted``, as far as it says).

    ``sure`` tells whether a rule, or a code that may decide alone, said so and nothing else in the reply contradicts.
    """

    id: str
    diagnostic: str
    reason: str
    party: str
    status: str
    rule: str
    basis: str
    sure: bool
    wanted: Mapping[str, str] = field(default_factory=dict)

    def right(self, name: str) -> bool:
        """Tell whether a column is what the file wants it to be."""
        return bool(getattr(self, name) == self.wanted.get(name))


@dataclass(frozen=True, slots=True)
class Score:
    """How many labelled replies there are of a kind, and how many of them were decided rightly.

    ``sure`` counts reasons that were called sure, right or wrong, ``wrong_sure`` the wrong ones among them, and
    ``undefined`` reasons that were left open where there is one.
    """

    kind: str
    replies: int
    reason: int
    party: int
    status: int
    sure: int
    wrong_sure: int
    undefined: int


def tried(path: Path, packs: tuple[Mta, ...], known: Knowledge) -> list[Tried]:
    """Decide every reply of a file.

    A file of JSON lines (``.jsonl``) holds objects with ``diagnostic`` and any of id, mta, event, outcome,
    smtp_command, dsn, remote_mta, recipient_domain, and what is right: reason, party, status. Any other file holds one
    reply or log line on each line; empty lines, and lines that begin with ``#``, are left out.

    Raises InputError naming file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); name a text file with one reply on each line") from None
    read = labelled if path.suffix == ".jsonl" else _plain
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            try:
                name, reply, wanted = read(line, packs, known)
            except (ValueError, OptionError) as error:
                raise InputError(f"{path}:{number}: {error}") from None
            out.append(_decided(name or str(number), reply, wanted, known))
    return out


def labelled(line: str, packs: tuple[Mta, ...], known: Knowledge) -> tuple[str, Reply, Mapping[str, str]]:
    """The id, the reply and what is right of one JSON line; raises ValueError where it is none."""
    entry = json.loads(line)
    if not isinstance(entry, dict) or not isinstance(entry.get("diagnostic"), str):
        raise ValueError('not an object with "diagnostic", the reply as a text')
    told = lines.reply_in(entry["diagnostic"], packs, known).reply or Reply()
    given: dict[str, Any] = {name: entry[name] for name in _GIVEN if entry.get(name)}
    provider = known.provider_of(entry.get("remote_mta"), entry.get("recipient_domain"), told.diagnostic)
    reply = told._replace(provider=provider, **given)
    wanted = {name: str(entry[name]) for name in _LABELS if entry.get(name)}
    for name, words in _WORDS.items():
        if (word := entry.get(name)) and word not in {*words}:
            raise ValueError(f"{word!r} is no {name}; they are {', '.join(words)}")
    return str(entry.get("id") or ""), reply, wanted


def _plain(line: str, packs: tuple[Mta, ...], known: Knowledge) -> tuple[str, Reply, Mapping[str, str]]:
    found = lines.log_line(line, packs, known) or lines.bare_reply(line, packs, known)
    if found.reply is None:
        raise ValueError("holds no reply")
    return "", found.reply, {}


def _decided(name: str, reply: Reply, wanted: Mapping[str, str], known: Knowledge) -> Tried:
    decision = decide(reply, known)
    guess = ranked(reply, known, status_of(reply))[0]
    return Tried(
        id=name,
        diagnostic=reply.diagnostic or "",
        reason=decision.reason or "",
        party=decision.party or "",
        status=decision.status,
        rule=decision.rule or "",
        basis=decision.basis or "",
        sure=guess.sure and guess.reason != Reason.UNDEFINED,
        wanted=wanted,
    )


def scores(rows: Iterable[Tried]) -> list[Score]:
    """The scores of the labelled replies: of all, and of those that are transient and permanent."""
    labelled = [row for row in rows if "reason" in row.wanted]
    kinds = {"all": labelled} | {
        kind: [row for row in labelled if row.wanted.get("status") == kind]
        for kind in (Status.TRANSIENT, Status.PERMANENT)
    }
    return [_score(str(kind), members) for kind, members in kinds.items() if members]


def _score(kind: str, rows: list[Tried]) -> Score:
    wrong = [row for row in rows if not row.right("reason")]
    return Score(
        kind=kind,
        replies=len(rows),
        reason=len(rows) - len(wrong),
        party=sum(row.right("party") for row in rows),
        status=sum(row.right("status") for row in rows),
        sure=sum(row.sure for row in rows),
        wrong_sure=sum(row.sure for row in wrong),
        undefined=sum(row.reason == Reason.UNDEFINED for row in wrong),
    )


def shown(rows: Iterable[Tried], *, only_wrong: bool = False) -> Iterator[dict[str, Any]]:
    """The rows as plain dictionaries, fit for JSON; with ``only_wrong`` those that are not as the file wants."""
    for row in rows:
        missed = {name: wanted for name, wanted in row.wanted.items() if not row.right(name)}
        if not only_wrong or missed:
            values = {name: getattr(row, name) for name in Tried.__slots__ if name != "wanted"}
            yield values | ({"wanted": missed} if missed else {})
